//! Pages that the polyfill keeps of a file that has become shorter: a flush
//! reports the loss, and does not make the file longer again.

use mem::{Advice, ErrorCode::Truncated};
use std::fs::OpenOptions;
use test_guests::{PAGE, code, pattern};

const LENGTH: u64 = 8 * PAGE;

fn main() {
    for left in [0, 2 * PAGE, 2 * PAGE + 100] {
        std::fs::write("file", pattern(LENGTH as usize)).unwrap();
        let mapping = mem::open_mut("file").unwrap();
        for page in 0..8 {
            mapping.set(page * PAGE, 1u8).unwrap();
        }
        let file = OpenOptions::new().write(true).open("file").unwrap();
        file.set_len(left).unwrap();
        assert_eq!(code(mapping.flush()), Truncated);
        let bytes = std::fs::read("file").unwrap();
        assert_eq!(bytes.len() as u64, left);
        assert!(bytes.iter().step_by(PAGE as usize).all(|&byte| byte == 1));

        // From then on the access itself reports it.
        assert_eq!(code(mapping.get::<u8>(LENGTH - 1)), Truncated);
        assert_eq!(code(mapping.set(LENGTH - 1, 1u8)), Truncated);
        if left > 0 {
            assert_eq!(mapping.get::<u8>(PAGE).unwrap(), 1);
            mapping.set(PAGE, 2u8).unwrap();
            mapping.flush_range(0..2 * PAGE).unwrap();
            assert_eq!(std::fs::read("file").unwrap()[PAGE as usize], 2);
        }
        assert_eq!(code(mapping.unmap()), Truncated);
        assert_eq!(std::fs::metadata("file").unwrap().len(), left);
    }

    std::fs::write("file", pattern(LENGTH as usize)).unwrap();
    let mapping = mem::open("file").unwrap();
    mapping.advise(Advice::PopulateRead).unwrap();
    std::fs::write("file", "short").unwrap();
    // The bytes are kept, and may be read.
    let last = pattern(LENGTH as usize)[LENGTH as usize - 1];
    assert_eq!(mapping.get::<u8>(LENGTH - 1).unwrap(), last);
    assert_eq!(code(mapping.advise(Advice::PopulateRead)), Truncated);
    assert_eq!(code(mapping.get::<u8>(LENGTH - 1)), Truncated);
}
