//! A mapping and what can be done with it.

mod copy;
mod flush;
mod pages;
mod pieces;
mod window;

pub use self::window::{Attachment, WindowSource};

use self::pages::Pages;
use self::window::Origin;
use crate::Error;
use crate::fault::FaultGuard;
use crate::quota::Charges;
use crate::sharing::Sharing;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

/// What the guest may do with the bytes, and who sees what it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Bytes can be read.
    ReadOnly,
    /// Bytes can be read and written, and writes reach the file.
    ReadWrite,
    /// Bytes can be read and written, and the file never changes.
    CopyOnWrite,
}

/// What the pages of a range can be used for, other than reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Whether they can be written.
    pub write: bool,
    /// Whether they can be executed.
    pub execute: bool,
}

/// How a range is going to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// No special use.
    Normal,
    /// Random order.
    Random,
    /// From lower to higher offsets.
    Sequential,
    /// Soon.
    WillNeed,
    /// Not soon: reclaim these pages first.
    Cold,
    /// Not soon: reclaim these pages now.
    PageOut,
    /// Make the pages present for reading.
    PopulateRead,
    /// Make the pages present for writing.
    PopulateWrite,
    /// Back the range with huge pages.
    HugePage,
    /// Do not back the range with huge pages.
    NoHugePage,
}

/// When a flush returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushMode {
    /// When the bytes are on the disk.
    Synchronous,
    /// At once.
    Asynchronous,
}

/// A range of bytes as the guest names it: not checked, not even for overflow.
#[derive(Clone, Copy, Debug)]
pub struct ByteRange {
    /// Where it starts in the mapping.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

/// What to map, checked and charged.
#[derive(Debug)]
pub(crate) struct Request {
    /// The file, which has at least `offset + length` bytes; none for
    /// anonymous memory.
    pub(crate) file: Option<File>,
    pub(crate) access: Access,
    pub(crate) offset: u64,
    pub(crate) length: usize,
    pub(crate) execute: bool,
    pub(crate) populate: bool,
    /// Whether the embedder lets the guest make pages executable later.
    pub(crate) may_execute: bool,
    /// Whether the embedder lets the guest attach windows later.
    pub(crate) may_attach: bool,
    /// Whether to install the handler for bytes that are gone.
    pub(crate) handle_bus_errors: bool,
    pub(crate) charges: Charges,
}

/// Mapped bytes of a file, or mapped anonymous memory.
///
/// The bytes can be changed by others at any time, so no reference to them
/// ever exists; they are copied through raw pointers.
///
/// A guest has one thread at a time in its host. Whoever shares a mapping
/// between threads has to keep those that write it or protect its pages apart
/// from all others that access it.
#[derive(Debug)]
pub struct Mapping {
    /// Declared, and so dropped, before `map`, as its contract asks.
    guard: FaultGuard,
    map: MmapRaw,
    access: Access,
    anonymous: bool,
    may_execute: bool,
    /// Whether `pages` could hold any that are not writable, so that a write
    /// need not look at them otherwise.
    some_protected: AtomicBool,
    pages: Mutex<Pages>,
    /// Who else has windows on the file, if this mapping can write it.
    sharing: Option<Arc<Sharing>>,
    /// What windows are made of; none for anonymous memory, and where windows
    /// are not granted.
    origin: Option<Origin>,
    /// How many windows are attached.
    attached: Arc<AtomicUsize>,
}

impl Mapping {
    /// Maps what `request` names.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, `mprotect(2)` and `sigaction(2)`.
    pub(crate) fn new(request: Request) -> Result<Self, Error> {
        let protection = Protection {
            write: request.access != Access::ReadOnly,
            execute: request.execute,
        };
        if request.handle_bus_errors {
            crate::fault::install_handler()?;
        }
        let map = map(&request)?;
        let range = pages_around(map.as_mut_ptr().expose_provenance(), map.len());
        if request.execute && !range.is_empty() {
            // SAFETY: the range is the mapping just made, to which nothing
            // refers yet.
            unsafe { region::protect(map.as_ptr(), map.len(), protection.into()) }?;
        }
        // SAFETY: the guard is dropped before the map. Any tail of the range
        // may be replaced, for its bytes are only copied, never referred to.
        let guard = unsafe { FaultGuard::new(range.clone()) }?;
        let anonymous = request.file.is_none();
        let writes_file = request.access == Access::ReadWrite;
        let (mut sharing, mut origin) = (None, None);
        // Who neither writes the file nor has windows on it need not be known.
        if let Some(file) = request.file
            && (writes_file || request.may_attach)
        {
            let known = Sharing::of(crate::os::file_id(&file)?);
            sharing = writes_file.then(|| known.clone());
            origin = request.may_attach.then(|| Origin {
                file,
                offset: request.offset,
                sharing: known,
                written: Mutex::default(),
            });
        }
        Ok(Self {
            guard,
            map,
            access: request.access,
            anonymous,
            may_execute: request.may_execute,
            some_protected: AtomicBool::new(false),
            pages: Mutex::new(Pages::new(range, protection, request.charges)),
            sharing,
            origin,
            attached: Arc::default(),
        })
    }

    /// The size in bytes.
    #[inline]
    pub fn size(&self) -> u64 {
        self.map.len() as u64
    }

    /// The addresses of all its pages, which are whole ones.
    pub fn pages(&self) -> Range<usize> {
        pages_around(self.map.as_ptr().addr(), self.map.len())
    }

    /// The range as offsets into the mapping, if it is wholly inside.
    #[inline]
    fn checked(&self, range: ByteRange) -> Result<Range<usize>, Error> {
        match range.offset.checked_add(range.length) {
            // Neither bound exceeds the size, which is a `usize`.
            Some(end) if end <= self.size() => Ok(range.offset as usize..end as usize),
            _ => Err(Error::OutOfBounds),
        }
    }

    /// The range as offsets into the mapping; the whole mapping for none.
    fn checked_or_all(&self, range: Option<ByteRange>) -> Result<Range<usize>, Error> {
        range.map_or(Ok(0..self.map.len()), |range| self.checked(range))
    }

    /// Fails if bytes of `range`, offsets into the mapping, are known to be
    /// lost. After an access to the range this tells whether it was a good one.
    #[inline]
    fn check_present(&self, range: &Range<usize>) -> Result<(), Error> {
        let end = self.map.as_ptr().addr() + range.end;
        if self.guard.lost_from() < end && !range.is_empty() {
            return Err(Error::Truncated);
        }
        Ok(())
    }

    /// The addresses of the pages that `range`, offsets into the mapping,
    /// touches.
    fn pages_of(&self, range: &Range<usize>) -> Range<usize> {
        let address = self.map.as_ptr().addr() + range.start;
        pages_around(address, range.len())
    }
}

/// The whole pages around `length` bytes at `address`.
fn pages_around(address: usize, length: usize) -> Range<usize> {
    let page_size = crate::os::page_size();
    let start = address & !(page_size - 1);
    // A mapping never ends in the last page of the address space.
    let end = (address + length).next_multiple_of(page_size);
    if length == 0 {
        start..start
    } else {
        start..end
    }
}

fn map(request: &Request) -> Result<MmapRaw, Error> {
    let mut options = MmapOptions::new();
    options.len(request.length);
    if request.populate {
        options.populate();
    }
    let Some(file) = request.file.as_ref().filter(|_| request.length > 0) else {
        return Ok(options.map_anon()?.into());
    };
    options.offset(request.offset);
    Ok(match request.access {
        Access::ReadOnly => options.map_raw_read_only(file)?,
        Access::ReadWrite => options.map_raw(file)?,
        // SAFETY: the bytes are not referred to, only copied.
        Access::CopyOnWrite => unsafe { options.map_copy(file) }?.into(),
    })
}

impl From<Protection> for region::Protection {
    fn from(protection: Protection) -> Self {
        let mut converted = Self::READ;
        converted.set(Self::WRITE, protection.write);
        converted.set(Self::EXECUTE, protection.execute);
        converted
    }
}
