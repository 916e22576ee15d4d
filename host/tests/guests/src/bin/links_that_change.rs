//! The host has the file `link`, and the directory of `directory/file`, lead
//! inside and outside in turn while the guest maps them. The guest's argument
//! is how often it tries at least; it goes on until it has met both.

use mem::{Access, ErrorCode, Options};

fn main() {
    let rounds: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    for path in ["link", "directory/file"] {
        let (mut mapped, mut refused, mut missing) = (0_u64, 0_u64, 0_u64);
        let mut round = 0;
        while round < rounds || mapped == 0 || refused == 0 {
            round += 1;
            let access = match round % 3 {
                0 => Access::ReadOnly,
                1 => Access::ReadWrite,
                _ => Access::CopyOnWrite,
            };
            match Options::new().access(access).open(path) {
                Ok(mapping) => {
                    // The file outside has another size and other bytes.
                    assert_eq!(mapping.len(), 6);
                    assert_eq!(mapping.get::<u32>(0).unwrap(), u32::from_le_bytes(*b"insi"));
                    mapped += 1;
                }
                Err(error) => match error.code() {
                    ErrorCode::AccessDenied => refused += 1,
                    ErrorCode::NotFound => missing += 1,
                    _ => panic!("{error}"),
                },
            }
        }
        println!("{path}: {mapped} mapped, {refused} refused, {missing} missing");
        // The links are replaced in one step, so that there always is one.
        assert_eq!(missing, 0);
    }
}
