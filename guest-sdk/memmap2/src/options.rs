//! How to map.

use std::io::{Error, ErrorKind, Result};

use crate::descriptor::MmapAsRawDesc;
use crate::mmap::Mmap;
use crate::mmap_mut::MmapMut;
use crate::mmap_raw::MmapRaw;
use crate::request::{Request, Sharing};
use crate::safe::MapIfSafeError;
use crate::sys::{self, Pages};

/// How to map, in the manner of [`std::fs::OpenOptions`].
///
/// ```no_run
/// use memmap2::MmapOptions;
///
/// let file = std::fs::File::open("model.bin")?;
/// // SAFETY: nobody writes the file meanwhile.
/// let header = unsafe { MmapOptions::new().len(64).map(&file)? };
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MmapOptions {
    offset: u64,
    len: Option<usize>,
    populate: bool,
}

impl MmapOptions {
    /// All of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where in the file the mapping starts, in bytes. Any offset is valid. It
    /// has no effect on anonymous memory.
    pub fn offset(&mut self, offset: u64) -> &mut Self {
        self.offset = offset;
        self
    }

    /// How many bytes to map. Unless set, all from the offset to the end of
    /// the file. Anonymous memory needs it.
    pub fn len(&mut self, len: usize) -> &mut Self {
        self.len = Some(len);
        self
    }

    /// Taken, and without effect: a guest's stack is not anonymous memory.
    pub fn stack(&mut self) -> &mut Self {
        self
    }

    /// Has no effect: see [`Advice::HugePage`](crate::Advice).
    pub fn huge(&mut self, _page_bits: Option<u8>) -> &mut Self {
        self
    }

    /// Reads the whole range from the disk now instead of at first use
    /// (`MAP_POPULATE` of mmap(2)).
    pub fn populate(&mut self) -> &mut Self {
        self.populate = true;
        self
    }

    /// Has no effect: a file has no swap, and a guest's memory is reserved
    /// already.
    pub fn no_reserve_swap(&mut self) -> &mut Self {
        self
    }

    /// Has no effect: it is for Windows.
    pub fn no_probe_handle(&mut self) -> &mut Self {
        self
    }

    /// Maps a file for reading.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// Nobody changes the file's bytes in the range, or makes it shorter, as
    /// long as a slice of them exists.
    pub unsafe fn map<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        self.map_file(&file, Sharing::Shared, false).map(Mmap)
    }

    /// Maps a file for reading and execution. A guest's memory is never
    /// executed: there it always fails.
    ///
    /// # Errors
    ///
    /// Those of [`MmapMut::make_exec`] and of [`map`](Self::map).
    ///
    /// # Safety
    ///
    /// As for [`map`](Self::map).
    pub unsafe fn map_exec<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        let pages = self.map_file(&file, Sharing::Shared, false)?;
        pages.make_exec().map(Mmap)
    }

    /// Maps a file for reading and writing. Writes reach the file.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// As for [`map`](Self::map).
    pub unsafe fn map_mut<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        self.map_file(&file, Sharing::Shared, true).map(MmapMut)
    }

    /// Maps a file for reading and writing. Writes stay in the mapping.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// As for [`map`](Self::map).
    pub unsafe fn map_copy<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapMut> {
        self.map_file(&file, Sharing::Private, true).map(MmapMut)
    }

    /// Maps a file for reading. [`Mmap::make_mut`] then gives what
    /// [`map_copy`](Self::map_copy) gives.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    ///
    /// # Safety
    ///
    /// As for [`map`](Self::map).
    pub unsafe fn map_copy_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<Mmap> {
        self.map_file(&file, Sharing::Private, false).map(Mmap)
    }

    /// Maps a file if it cannot change. No host says so to a guest.
    ///
    /// # Errors
    ///
    /// Always an error whose [`MapIfSafeError::not_supported`] is true.
    pub fn map_if_safe<T: MmapAsRawDesc>(
        &self,
        _file: T,
    ) -> std::result::Result<Mmap, MapIfSafeError> {
        Err(MapIfSafeError::not_supported_here())
    }

    /// As many zero bytes as [`len`](Self::len) says. They belong to no file. In a
    /// guest they come from its heap.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::OutOfMemory`]: there is no room for them
    /// - [`ErrorKind::InvalidData`]: they are more than `isize::MAX`
    pub fn map_anon(&self) -> Result<MmapMut> {
        let len = self.len.unwrap_or(0);
        check_len(len as u64)?;
        Pages::anonymous(len).map(MmapMut)
    }

    /// As [`map_mut`](Self::map_mut), but gives pointers.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    pub fn map_raw<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        let pages = self.map_file(&file, Sharing::Shared, true)?;
        Ok(MmapMut(pages).into())
    }

    /// As [`map`](Self::map), but gives pointers.
    ///
    /// # Errors
    ///
    /// Those of [the crate](crate#errors).
    pub fn map_raw_read_only<T: MmapAsRawDesc>(&self, file: T) -> Result<MmapRaw> {
        let pages = self.map_file(&file, Sharing::Shared, false)?;
        Ok(Mmap(pages).into())
    }

    fn map_file<T: MmapAsRawDesc>(
        &self,
        file: &T,
        sharing: Sharing,
        writable: bool,
    ) -> Result<Pages> {
        let file = file.as_raw_desc().0;
        let len = match self.len {
            Some(len) => len as u64,
            None => sys::file_len(file)?
                .checked_sub(self.offset)
                .ok_or_else(|| {
                    let why = "the offset is behind the end of the file";
                    Error::new(ErrorKind::InvalidData, why)
                })?,
        };
        let request = Request {
            sharing,
            writable,
            offset: self.offset,
            len: check_len(len)?,
            populate: self.populate,
        };
        Pages::map(file, &request)
    }
}

/// No slice is longer.
fn check_len(len: u64) -> Result<usize> {
    isize::try_from(len)
        .map(isize::cast_unsigned)
        .map_err(|_| Error::new(ErrorKind::InvalidData, "more than isize::MAX bytes"))
}
