//! Unix: mmap(2) in the process itself, for a program that is built for the
//! machine as well as for guests.

use std::io::{self, Result};
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::{self, NonNull};
use std::slice;

use rustix::mm::{self, MapFlags, MprotectFlags, MsyncFlags, ProtFlags};
use rustix::param::page_size;

use super::common::check_range;
use crate::advice::{Advice, UncheckedAdvice};
use crate::request::{Request, Sharing};

/// Pages that are mapped until this is dropped.
pub struct Pages {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: nothing else in the process has the pages, and any thread can unmap
// them.
unsafe impl Send for Pages {}
// SAFETY: a shared borrow only reads the bytes.
unsafe impl Sync for Pages {}

pub fn file_len(file: RawFd) -> Result<u64> {
    let stat = rustix::fs::fstat(borrow(file))?;
    Ok(stat.st_size.cast_unsigned())
}

fn borrow<'a>(file: RawFd) -> BorrowedFd<'a> {
    // SAFETY: the call uses the number at once, and does not keep it. If it names
    // no open file, the operating system says so.
    unsafe { BorrowedFd::borrow_raw(file) }
}

impl Pages {
    pub fn map(file: RawFd, request: &Request) -> Result<Self> {
        let mut protection = ProtFlags::READ;
        protection.set(ProtFlags::WRITE, request.writable);
        #[cfg_attr(
            not(target_os = "linux"),
            expect(unused_mut, reason = "no flag to add")
        )]
        let mut flags = match request.sharing {
            Sharing::Shared => MapFlags::SHARED,
            Sharing::Private => MapFlags::PRIVATE,
        };
        #[cfg(target_os = "linux")]
        flags.set(MapFlags::POPULATE, request.populate);
        #[cfg(not(target_os = "linux"))]
        let _ = request.populate;

        let lead = (request.offset % page_size() as u64) as usize;
        let page = request.offset - lead as u64;
        let length = mapped_len(lead, request.len)?;
        // SAFETY: at an address of the kernel's choice it replaces nothing.
        let mapped = unsafe {
            mm::mmap(
                ptr::null_mut(),
                length,
                protection,
                flags,
                borrow(file),
                page,
            )
        }?;
        // SAFETY: the lead is less than a page, and the mapping has a page.
        Ok(unsafe { Self::of(mapped.cast::<u8>().add(lead), request.len) })
    }

    pub fn anonymous(len: usize) -> Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let length = mapped_len(0, len)?;
        // SAFETY: at an address of the kernel's choice it replaces nothing.
        let mapped =
            unsafe { mm::mmap_anonymous(ptr::null_mut(), length, protection, MapFlags::PRIVATE) }?;
        // SAFETY: `len` bytes were mapped there, or one if that is 0.
        Ok(unsafe { Self::of(mapped.cast(), len) })
    }

    /// # Safety
    ///
    /// The `len` bytes at `start` are mapped, and so is the page of `start`. The
    /// new value owns them.
    unsafe fn of(start: *mut u8, len: usize) -> Self {
        let start = NonNull::new(start).expect("nothing is mapped at address 0");
        Self { start, len }
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        // SAFETY: the bytes are mapped for reading as long as this is borrowed,
        // and the maker of the map has promised that nobody changes them.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `slice`. Callers borrow only pages that are mapped for
        // writing, and this is the only borrow.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn flush(&self, offset: usize, len: usize, wait: bool) -> Result<()> {
        let flags = if wait {
            MsyncFlags::SYNC
        } else {
            MsyncFlags::ASYNC
        };
        let (start, length) = self.whole_pages(offset, len)?;
        // SAFETY: the pages are mapped, and msync changes none of their bytes.
        Ok(unsafe { mm::msync(start, length, flags) }?)
    }

    pub fn make_read_only(self) -> Result<Self> {
        self.protected(MprotectFlags::READ)
    }

    pub fn make_mut(self) -> Result<Self> {
        self.protected(MprotectFlags::READ | MprotectFlags::WRITE)
    }

    pub fn make_exec(self) -> Result<Self> {
        self.protected(MprotectFlags::READ | MprotectFlags::EXEC)
    }

    fn protected(self, flags: MprotectFlags) -> Result<Self> {
        let (start, length) = self.whole_pages(0, self.len)?;
        // SAFETY: nobody has a slice of the pages, because this owns the value.
        unsafe { mm::mprotect(start, length, flags) }?;
        Ok(self)
    }

    pub fn advise(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
        let advice = match advice {
            Advice::Normal => mm::Advice::Normal,
            Advice::Random => mm::Advice::Random,
            Advice::Sequential => mm::Advice::Sequential,
            Advice::WillNeed => mm::Advice::WillNeed,
            #[cfg(target_os = "linux")]
            Advice::PopulateRead => mm::Advice::LinuxPopulateRead,
            #[cfg(target_os = "linux")]
            Advice::PopulateWrite => mm::Advice::LinuxPopulateWrite,
            #[cfg(target_os = "linux")]
            Advice::HugePage => mm::Advice::LinuxHugepage,
            #[cfg(target_os = "linux")]
            Advice::NoHugePage => mm::Advice::LinuxNoHugepage,
            #[cfg(not(target_os = "linux"))]
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        let (start, length) = self.whole_pages(offset, len)?;
        // SAFETY: the pages are mapped, and none of this advice changes a byte.
        Ok(unsafe { mm::madvise(start, length, advice) }?)
    }

    /// # Safety
    ///
    /// Nobody has a slice of bytes of these pages.
    pub unsafe fn unchecked_advise(
        &self,
        advice: UncheckedAdvice,
        offset: usize,
        len: usize,
    ) -> Result<()> {
        let advice = match advice {
            #[cfg(target_os = "linux")]
            UncheckedAdvice::DontNeed => mm::Advice::LinuxDontNeed,
            #[cfg(not(target_os = "linux"))]
            UncheckedAdvice::DontNeed => mm::Advice::DontNeed,
        };
        let (start, length) = self.whole_pages(offset, len)?;
        // SAFETY: the pages are mapped, and nobody borrows what changes.
        Ok(unsafe { mm::madvise(start, length, advice) }?)
    }

    pub fn lock(&self) -> Result<()> {
        let (start, length) = self.whole_pages(0, self.len)?;
        // SAFETY: the pages are mapped.
        Ok(unsafe { mm::mlock(start, length) }?)
    }

    pub fn unlock(&self) -> Result<()> {
        let (start, length) = self.whole_pages(0, self.len)?;
        // SAFETY: the pages are mapped.
        Ok(unsafe { mm::munlock(start, length) }?)
    }

    /// The range, widened to start where a page does.
    fn whole_pages(&self, offset: usize, len: usize) -> Result<(*mut std::ffi::c_void, usize)> {
        check_range(offset, len, self.len)?;
        let start = self.start.as_ptr().wrapping_add(offset);
        let lead = start.addr() % page_size();
        Ok((start.wrapping_sub(lead).cast(), lead + len))
    }
}

/// How many bytes to map for `len` bytes behind `lead`. A mapping has at least
/// one.
fn mapped_len(lead: usize, len: usize) -> Result<usize> {
    let length = lead.checked_add(len).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok(length.max(1))
}

impl Drop for Pages {
    fn drop(&mut self) {
        let lead = self.start.as_ptr().addr() % page_size();
        let start = self.start.as_ptr().wrapping_sub(lead);
        // SAFETY: these are the pages that were mapped, and nobody borrows
        // them any more. A failure leaves them mapped.
        let _ = unsafe { mm::munmap(start.cast(), (lead + self.len).max(1)) };
    }
}
