//! Guests: windows of the crate `mem`, on the file at the path by which the
//! descriptor was opened.

mod file;
mod opened;

use std::io::{Error, ErrorKind, Result};

use mem::{Access, Mapping, Window, WindowMut};

use self::file::OpenFile;
use super::heap::Heap;
use super::{Request, check_range, unsupported};
use crate::descriptor::Raw;
use crate::options::Sharing;
use crate::{Advice, UncheckedAdvice};

pub struct Pages(Bytes);

enum Bytes {
    Readable(Window, Mapped),
    Writable(WindowMut, Mapped),
    Heap(Heap),
}

/// What the bytes of a window are of.
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

    /// Of pages that can be written.
    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Bytes::Writable(window, _) => window,
            Bytes::Heap(heap) => heap.slice_mut(),
            Bytes::Readable(..) => unreachable!("what can be written has a window for it"),
        }
    }

    /// Of pages that can be written.
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

    /// A window that can be written stays one, for others to see what was
    /// written, and is only read.
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
        // It was made to be read, whatever its sharing.
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
            // The pages of a file that is shared keep their bytes, and so the
            // system need only know that they can go first.
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
        // Behind the mapping, so that what is at the path has been mapped; and
        // before its error, which can be that of another file.
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

/// `ENOMEM` of mmap(2) is lack of memory or of mappings, as is this code.
fn error(error: mem::Error) -> Error {
    match error.code() {
        mem::ErrorCode::QuotaExceeded => Error::new(ErrorKind::OutOfMemory, error),
        _ => error.into(),
    }
}
