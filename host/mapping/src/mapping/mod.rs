//! A mapping and what can be done with it.

mod attached;
mod copy;
mod flush;
mod origin;
mod pages;
mod pieces;
mod window;

pub use self::attached::Attachment;
pub use self::window::WindowSource;

use self::attached::Attached;
use self::origin::Origin;
use self::pages::Pages;
use crate::Error;
use crate::fault::FaultGuard;
use crate::gate::Gate;
use crate::quota::{Charge, Charges};
use crate::sharing::Sharing;
use memmap2::{MmapOptions, MmapRaw};
use rangemap::RangeSet;
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
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
    /// For the descriptor of a file that has to stay open.
    pub(crate) descriptor: Option<Charge>,
}

/// Mapped bytes of a file, or mapped anonymous memory.
///
/// The bytes can be changed by others at any time, so no reference to them
/// ever exists; they are copied through raw pointers.
///
/// Threads can share a mapping. Bytes that one reads while another writes them
/// are old ones and new ones mixed, as they are where another process writes.
#[derive(Debug)]
pub struct Mapping {
    /// Declared, and so dropped, before `map`, as its contract asks.
    guard: FaultGuard,
    map: MmapRaw,
    access: Access,
    anonymous: bool,
    may_execute: bool,
    may_attach: bool,
    /// Whether `pages` could hold any that are not writable, so that a write
    /// need not look at them otherwise.
    some_protected: AtomicBool,
    pages: Mutex<Pages>,
    /// Where those who write the bytes enter.
    gate: Arc<Gate>,
    /// Who else has windows on the file, if this mapping can write it.
    sharing: Option<Arc<Sharing>>,
    /// The file, if the mapping can write it or have windows.
    origin: Option<Arc<Origin>>,
    /// The pages that a copy-on-write mapping has copies of, by their addresses,
    /// if it can have windows.
    written: Mutex<RangeSet<usize>>,
    /// The windows, and what those that were have lost.
    attached: Arc<Attached>,
    _descriptor: Option<Charge>,
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
        let private = anonymous || request.access == Access::CopyOnWrite;
        let gate = Arc::<Gate>::default();
        let (mut sharing, mut origin) = (None, None);
        // Who neither writes the file nor has windows on it need not be known.
        if let Some(file) = request.file
            && (writes_file || request.may_attach)
        {
            let known = Sharing::of(crate::os::file_id(&file)?);
            if writes_file {
                known.add_gate(&gate);
                sharing = Some(known.clone());
            }
            origin = Some(Arc::new(Origin {
                file,
                offset: request.offset,
                start: range.start,
                writes_file,
                sharing: known,
            }));
        }
        Ok(Self {
            guard,
            map,
            access: request.access,
            anonymous,
            may_execute: request.may_execute,
            may_attach: request.may_attach,
            some_protected: AtomicBool::new(false),
            pages: Mutex::new(Pages::new(range, protection, request.charges, private)),
            gate,
            sharing,
            attached: Arc::new(Attached::new(origin.clone())),
            origin,
            written: Mutex::default(),
            _descriptor: request.descriptor,
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
    /// lost. After an access to the range this says whether it was a good one.
    #[inline]
    fn check_present(&self, range: &Range<usize>) -> Result<(), Error> {
        let end = self.map.as_ptr().addr() + range.end;
        let lost_from = self.guard.lost_from();
        if lost_from < end && !range.is_empty() {
            return Err(self.loss(lost_from));
        }
        Ok(())
    }

    /// Why the page at `address` was lost.
    #[cold]
    fn loss(&self, address: usize) -> Error {
        let origin = self.origin.as_ref();
        origin.map_or_else(origin::shorter, |origin| origin.loss(address))
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
