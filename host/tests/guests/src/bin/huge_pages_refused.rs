//! A file whose pages are huge ones is `unsupported`, whatever the access.

use mem::{Access, ErrorCode, Options};

fn main() {
    let file = std::fs::File::create("huge").unwrap();
    file.set_len(2 << 20).unwrap();
    for access in [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite] {
        let mapped = Options::new().access(access).open("huge");
        assert_eq!(mapped.unwrap_err().code(), ErrorCode::Unsupported);
    }
}
