//! The polyfill has no windows, which is `unsupported` and no trap.

use test_guests::raw::{Access, ErrorCode, window};
use test_guests::{Buffer, map};

fn main() {
    std::fs::write("file", [1; 4096]).unwrap();
    let mapping = map("file", Access::ReadOnly);
    let page = window::page_size();
    assert!(page.is_power_of_two() && page <= 65_536);
    let refused = Buffer::new(1).attach(&mapping, 0).unwrap_err();
    assert_eq!(refused, ErrorCode::Unsupported);
    assert_eq!(mapping.read(0, 4096).unwrap(), [1; 4096]);
}
