//! A guest that has no WASI: a library with one function, which the host calls.
//! It can use files only through mem.

use mem::{Error, Options};

const LENGTH: u64 = 100_000;

/// Makes the file `file`, writes it and reads it back, and returns the sum of
/// its bytes. Traps on any error.
#[unsafe(no_mangle)]
pub extern "C" fn write_and_sum() -> u64 {
    sum().expect("the host grants the directory")
}

fn sum() -> Result<u64, Error> {
    let mapping = mem::create("file", LENGTH)?;
    let bytes: Vec<u8> = (0..LENGTH).map(|i| (i % 251) as u8).collect();
    mapping.write_all_at(0, &bytes)?;
    mapping.set(3, u64::MAX)?;
    mapping.flush()?;
    mapping.unmap()?;

    let mapping = Options::new().offset(1).open("file")?;
    let mut first = [0; 10];
    mapping.read_exact_at(0, &mut first)?;
    let all = mapping.bytes()?;
    assert_eq!(first, all[..10]);
    Ok(all.iter().map(|&byte| u64::from(byte)).sum())
}
