//! What guests may map by descriptors is at most what the embedder says: the
//! guest's argument is `nothing`, `read-only` or `read-write`. The directory
//! has the file `file`.

use mem::{Access, ErrorCode, Options};
use test_guests::code;
use test_guests::descriptors::{DescriptorFlags, open, preopened};

fn main() {
    let granted = std::env::args().nth(1).expect("what is granted");
    let allowed: &[Access] = match &*granted {
        "nothing" => &[],
        "read-only" => &[Access::ReadOnly, Access::CopyOnWrite],
        "read-write" => &[Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite],
        _ => panic!("{granted}"),
    };
    let dir = preopened(".");
    let mode = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = open(&dir, "file", mode).unwrap();
    for access in [Access::ReadOnly, Access::CopyOnWrite, Access::ReadWrite] {
        let mut options = Options::new();
        options.access(access);
        for mapped in [
            options.open_at(&dir, "file"),
            options.open_descriptor(&file, "file"),
        ] {
            match mapped {
                Ok(mapping) => {
                    assert!(allowed.contains(&access), "{access:?}");
                    assert_eq!(mapping.len(), 3);
                }
                Err(error) => {
                    assert!(!allowed.contains(&access), "{error}");
                    assert_eq!(error.code(), ErrorCode::AccessDenied);
                }
            }
        }
    }
    let made = Options::new()
        .access(Access::ReadWrite)
        .create(true)
        .len(1)
        .open_at(&dir, "made");
    if granted == "read-write" {
        made.unwrap();
    } else {
        assert_eq!(code(made), ErrorCode::AccessDenied);
        assert!(!std::fs::exists("made").unwrap());
    }
}
