//! While another store has a window on the file `shared`, as the first argument
//! says, one that does not go with it is refused, and not made a copy.

use mem::ErrorCode;
use test_guests::code;

fn main() {
    let read_only = mem::open("shared").unwrap();
    let read_write = mem::open_mut("shared").unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("window") => assert!(read_only.window(..).unwrap().is_zero_copy()),
        Some("window_mut") => assert_eq!(code(read_only.window(..)), ErrorCode::Busy),
        other => panic!("{other:?}"),
    }
    assert_eq!(code(read_write.window(..)), ErrorCode::Busy);
    assert_eq!(code(read_write.window_mut(..)), ErrorCode::Busy);
    assert_eq!(code(read_write.set(0, 1_u8)), ErrorCode::Busy);
    // What was refused leaves nothing behind that says so itself.
    assert_eq!(code(read_write.window_mut(..)), ErrorCode::Busy);
    assert_eq!(read_write.get::<u8>(0).unwrap(), b's');
}
