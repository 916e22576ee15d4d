//! What every platform needs.

/// An error if the range is not wholly inside `whole` bytes.
pub fn check_range(offset: usize, len: usize, whole: usize) -> std::io::Result<()> {
    if offset.checked_add(len).is_some_and(|end| end <= whole) {
        return Ok(());
    }
    Err(std::io::Error::new(
        std::io::ErrorKind::InvalidInput,
        format!("{len} bytes at offset {offset} are not inside a map of {whole} bytes"),
    ))
}

/// The error of what the platform cannot do.
#[cfg(not(unix))]
pub fn unsupported(why: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::Unsupported, why)
}
