use super::attached::Look;
use super::{Access, ByteRange, FlushMode, Mapping};
use crate::Error;

impl Mapping {
    /// Writes what was changed in `range` to the disk, through the mapping and
    /// through the windows on it.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`; `Truncated` if bytes of the range are gone, and `NoSpace`
    /// if the disk had no room for some, when the others have been flushed;
    /// those of `msync(2)`.
    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<(), Error> {
        let range = self.checked_or_all(range)?;
        if self.access != Access::ReadWrite || self.anonymous || range.is_empty() {
            return Ok(());
        }
        // Pages that are gone are not written, and msync(2) does not say so.
        let look = match mode {
            FlushMode::Synchronous => {
                self.map.flush_range(range.start, range.len())?;
                self.probe(&range)?;
                Look::Touch
            }
            FlushMode::Asynchronous => {
                self.map.flush_async_range(range.start, range.len())?;
                self.check_present(&range)?;
                Look::Known
            }
        };
        self.attached.check(&self.pages_of(&range), look)
    }
}
