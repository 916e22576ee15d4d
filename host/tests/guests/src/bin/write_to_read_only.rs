//! Writing to a read-only mapping gives `read-only`.

use mem::{ErrorCode::ReadOnly, Options};
use test_guests::code;

fn main() {
    std::fs::write("file", [7; 100]).unwrap();
    let file = mem::open("file").unwrap();
    let anonymous = Options::new().len(100).anonymous().unwrap();
    for mapping in [&file, &anonymous] {
        let before = mapping.bytes().unwrap();
        assert_eq!(code(mapping.write_all_at(0, b"x")), ReadOnly);
        assert_eq!(code(mapping.write_at(0, b"x")), ReadOnly);
        assert_eq!(code(mapping.set(0, 1u8)), ReadOnly);
        assert_eq!(code(mapping.set(0, 1u16)), ReadOnly);
        assert_eq!(code(mapping.set(0, 1u32)), ReadOnly);
        assert_eq!(code(mapping.set(0, 1u64)), ReadOnly);
        assert_eq!(code(mapping.advise(mem::Advice::PopulateWrite)), ReadOnly);
        mapping.flush().unwrap();
        assert_eq!(mapping.bytes().unwrap(), before);
    }
    assert_eq!(std::fs::read("file").unwrap(), [7; 100]);
}
