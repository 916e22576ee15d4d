use super::attached::Look;
use super::mapped::Mapping;
use crate::system_error::system_error;
use mem_contract::{Access, ByteRange, ErrorCode, FlushMode};

impl Mapping {
    /// Writes what was changed in `range` to the disk, through the mapping and
    /// through the windows on it.
    ///
    /// # Errors
    ///
    /// `OutOfBounds`; `Truncated` if bytes of the range are gone, and `NoSpace`
    /// if the disk had no room for some; both flush the others first; those of
    /// `msync(2)`.
    pub fn flush(&self, range: Option<ByteRange>, mode: FlushMode) -> Result<(), ErrorCode> {
        let range = self.checked_or_all(range)?;
        if self.access != Access::ReadWrite || self.anonymous || range.is_empty() {
            return Ok(());
        }
        // Pages that are gone are not written, and msync(2) does not say so.
        let look = match mode {
            FlushMode::Synchronous => {
                let flushed = self.map.flush_range(range.start, range.len());
                flushed.map_err(system_error)?;
                self.probe(&range)?;
                Look::Touch
            }
            FlushMode::Asynchronous => {
                let begun = self.map.flush_async_range(range.start, range.len());
                begun.map_err(system_error)?;
                self.check_present(&range)?;
                Look::Known
            }
        };
        self.attached.check(&self.pages_of(&range), look)
    }
}
