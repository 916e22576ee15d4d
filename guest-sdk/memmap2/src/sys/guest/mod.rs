//! Guests: windows of the crate `mem`, on the file at the path by which the
//! descriptor was opened.

mod file;
mod opened;

use std::io::{Error, ErrorKind, Result};

use mem::{Access, Mapping, Window, WindowMut};

use self::file::OpenFile;
use super::common::{check_range, unsupported};
use super::heap::Heap;
use crate::advice::{Advice, UncheckedAdvice};
use crate::descriptor::Raw;
use crate::request::{Request, Sharing};

pub struct Pages(Bytes);

enum Bytes {
    Readable(Window, Mapped),
    Writable(WindowMut, Mapped),
    Heap(Heap),
}

/// The mapping of a window, and its file.
struct Mapped {
    mapping: Mapping,
    file: OpenFile,
    request: Request,
}

pub fn file_len(file: Raw) -> Result<u64> {
    OpenFile::length(file)
}

impl Pages {
    pub fn map(file: Raw, request: &Request) -> Result<Self> {
        let file = OpenFile::new(file)?;
        file.check_open_for(request)?;
        Mapped::new(file, *request)?.show()
    }

    pub fn anonymous(len: usize) -> Result<Self> {
        let heap = Heap::new(len).ok_or(ErrorKind::OutOfMemory)?;
        Ok(Self(Bytes::Heap(heap)))
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        match &self.0 {
            Bytes::Readable(window, _) => window,
            Bytes::Writable(window, _) => window,
            Bytes::Heap(heap) => heap.slice(),
        }
    }

    /// Only for writable pages.
    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Bytes::Writable(window, _) => window,
            Bytes::Heap(heap) => heap.slice_mut(),
            Bytes::Readable(..) => unreachable!("what can be written has a window for it"),
        }
    }

    /// Only for writable pages.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        match &mut self.0 {
            Bytes::Writable(window, _) => window.as_mut_ptr(),
            _ => self.slice_mut().as_mut_ptr(),
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.slice().len()
    }

    pub fn flush(&self, offset: usize, len: usize, wait: bool) -> Result<()> {
        check_range(offset, len, self.len())?;
        let Bytes::Writable(window, mapped) = &self.0 else {
            return Ok(());
        };
        window.write_back_range(offset..offset + len)?;
        let range = offset as u64..(offset + len) as u64;
        if wait {
            mapped.mapping.flush_range(range)?;
        } else {
            mapped.mapping.flush_async_range(range)?;
        }
        Ok(())
    }

    /// A writable window stays one, so that others see what was written. It is
    /// only read from then on.
    pub fn make_read_only(self) -> Result<Self> {
        // Without windows a host may keep what is written until a flush.
        self.flush(0, self.len(), false)?;
        Ok(self)
    }

    pub fn make_mut(self) -> Result<Self> {
        let Bytes::Readable(window, mapped) = self.0 else {
            return Ok(self);
        };
        window.detach()?;
        let Mapped {
            mapping,
            file,
            mut request,
        } = mapped;
        // It was made to read, whatever its sharing.
        drop(mapping);
        request.writable = true;
        file.check_open_for(&request)?;
        Mapped::new(file, request)?.show()
    }

    pub fn make_exec(self) -> Result<Self> {
        Err(unsupported("the memory of a guest is never executed"))
    }

    pub fn advise(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
        check_range(offset, len, self.len())?;
        let Some(mapped) = self.mapped() else {
            return Ok(());
        };
        let advice = match advice {
            Advice::Normal => mem::Advice::Normal,
            Advice::Random => mem::Advice::Random,
            Advice::Sequential => mem::Advice::Sequential,
            Advice::WillNeed => mem::Advice::WillNeed,
            Advice::PopulateRead => mem::Advice::PopulateRead,
            Advice::PopulateWrite => mem::Advice::PopulateWrite,
            Advice::HugePage => mem::Advice::HugePage,
            Advice::NoHugePage => mem::Advice::NoHugePage,
        };
        mapped.advise(advice, offset, len)
    }

    /// # Safety
    ///
    /// Nobody has a slice of bytes of these pages.
    pub unsafe fn unchecked_advise(
        &self,
        UncheckedAdvice::DontNeed: UncheckedAdvice,
        offset: usize,
        len: usize,
    ) -> Result<()> {
        check_range(offset, len, self.len())?;
        match self.mapped() {
            // Pages of a shared file keep their bytes, so this only says to the
            // system that it can reclaim them first.
            Some(mapped) if mapped.request.sharing == Sharing::Shared => {
                mapped.advise(mem::Advice::Cold, offset, len)
            }
            _ => Err(unsupported("private bytes of a guest cannot be given up")),
        }
    }

    pub fn lock(&self) -> Result<()> {
        Ok(self.lockable()?.mapping.lock()?)
    }

    pub fn unlock(&self) -> Result<()> {
        match self.lockable()?.mapping.unlock() {
            // munlock(2) asks for no lock.
            Err(error) if error.code() == mem::ErrorCode::NotLocked => Ok(()),
            result => Ok(result?),
        }
    }

    fn mapped(&self) -> Option<&Mapped> {
        match &self.0 {
            Bytes::Readable(_, mapped) | Bytes::Writable(_, mapped) => Some(mapped),
            Bytes::Heap(_) => None,
        }
    }

    fn lockable(&self) -> Result<&Mapped> {
        self.mapped()
            .ok_or_else(|| unsupported("the heap of a guest cannot be locked"))
    }
}

impl Mapped {
    fn new(file: OpenFile, request: Request) -> Result<Self> {
        let access = match (request.sharing, request.writable) {
            (_, false) => Access::ReadOnly,
            (Sharing::Shared, true) => Access::ReadWrite,
            (Sharing::Private, true) => Access::CopyOnWrite,
        };
        let mapping = mem::Options::new()
            .access(access)
            .offset(request.offset)
            .len(request.len as u64)
            .populate(request.populate)
            .open_from_root(file.path());
        // After mapping, so that the file at the path is the mapped one. Before
        // its error, which can be the error of another file.
        file.check_still_at_path()?;
        Ok(Self {
            mapping: mapping.map_err(error)?,
            file,
            request,
        })
    }

    fn show(self) -> Result<Pages> {
        Ok(Pages(if self.request.writable {
            let window = self.mapping.window_mut(..).map_err(error)?;
            Bytes::Writable(window, self)
        } else {
            let window = self.mapping.window(..).map_err(error)?;
            Bytes::Readable(window, self)
        }))
    }

    fn advise(&self, advice: mem::Advice, offset: usize, len: usize) -> Result<()> {
        let range = offset as u64..(offset + len) as u64;
        Ok(self.mapping.advise_range(range, advice)?)
    }
}

/// mmap(2) gives `ENOMEM` for a lack of memory or of mappings, which this code
/// means.
fn error(error: mem::Error) -> Error {
    match error.code() {
        mem::ErrorCode::QuotaExceeded => Error::new(ErrorKind::OutOfMemory, error),
        _ => error.into(),
    }
}
