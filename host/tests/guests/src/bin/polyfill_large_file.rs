//! A file of 1 TiB: nothing is done for pages that nobody touches.

use mem::{Access, Advice, Options, Protection};
use test_guests::{PAGE, code};

const LENGTH: u64 = 1 << 40;

fn main() {
    let mapping = mem::open_mut("large").unwrap();
    assert_eq!(mapping.len(), LENGTH);
    mapping.protect(Protection::Read).unwrap();
    let refused = code(mapping.set(LENGTH - 1, 1u8));
    assert_eq!(refused, mem::ErrorCode::ReadOnly);
    mapping
        .protect_range(LENGTH - PAGE.., Protection::ReadWrite)
        .unwrap();
    mapping.set(LENGTH - 1, 1u8).unwrap();
    mapping.advise(Advice::Cold).unwrap();
    mapping.flush().unwrap();
    assert_eq!(mapping.get::<u8>(LENGTH - 1).unwrap(), 1);

    let mut options = Options::new();
    let private = options.access(Access::CopyOnWrite).open("large").unwrap();
    private.set(LENGTH / 2, 2u8).unwrap();
    assert_eq!(private.get::<u8>(LENGTH / 2).unwrap(), 2);
    assert_eq!(mapping.get::<u8>(LENGTH / 2).unwrap(), 0);
    let memory = mem::anonymous(LENGTH).unwrap();
    memory.set(LENGTH - 8, 3u64).unwrap();
    assert_eq!(memory.get::<u64>(LENGTH - 8).unwrap(), 3);
}
