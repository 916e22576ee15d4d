use super::{Access, ByteRange, FlushMode, Mapping};
use crate::Error;

impl Mapping {
    /// Writes what was changed in `range` to the disk.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`; `Truncated` if bytes of the range are gone, when the
    /// others have been flushed; those of `msync(2)`.
    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if self.access != Access::ReadWrite || self.anonymous || range.is_empty() {
            return Ok(());
        }
        match mode {
            FlushMode::Synchronous => {
                self.map.flush_range(range.start, range.len())?;
                // Pages that are gone were not written, and msync(2) does not
                // say so.
                self.probe(&range)
            }
            FlushMode::Asynchronous => {
                self.map.flush_async_range(range.start, range.len())?;
                self.check_present(&range)
            }
        }
    }
}
