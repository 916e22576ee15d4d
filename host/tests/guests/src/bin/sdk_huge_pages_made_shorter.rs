//! A file that the operating system can map by huge pages ends in the middle
//! of one after somebody made it shorter.

use mem::ErrorCode::Truncated;
use mem::{Access, Options};
use std::fs::File;
use test_guests::{PAGE, code};

const MIB: u64 = 1 << 20;

fn main() {
    let bytes = std::fs::read("0").unwrap();
    assert_eq!(bytes.len() as u64, 8 * MIB);
    let ends = [7 * MIB + 5 * PAGE, 4 * MIB, 3 * MIB + PAGE + 1, 100];
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        for (number, end) in ends.into_iter().enumerate() {
            let name = (number + ends.len() * access as usize).to_string();
            let mapping = Options::new().access(access).open(&name).unwrap();
            let window = mapping.window(..).unwrap();
            assert!(window.is_zero_copy());
            // Everything is mapped in huge pages, if it can be.
            assert!(*window == bytes && mapping.bytes().unwrap() == bytes);

            let file = File::options().write(true).open(&name).unwrap();
            file.set_len(end).unwrap();
            for lost in [end.next_multiple_of(PAGE), 8 * MIB - 8] {
                assert_eq!(
                    code(mapping.get::<u64>(lost)),
                    Truncated,
                    "{access:?} {end}"
                );
            }
            let mut buffer = vec![0; 8 * MIB as usize];
            assert_eq!(code(mapping.read_exact_at(0, &mut buffer)), Truncated);
            let kept = &mut buffer[..end as usize];
            mapping.read_exact_at(0, kept).unwrap();
            assert!(kept == &bytes[..end as usize], "{access:?} {end}");

            assert!(window[..end as usize] == bytes[..end as usize]);
            assert!(window[end as usize..].iter().all(|&byte| byte == 0));
            assert_eq!(code(window.check()), Truncated, "{access:?} {end}");
        }
    }
}
