//! The mapping itself: how it is made, and where its bytes and pages lie.

use super::attached::Attached;
use super::origin::{self, Origin};
use super::pages::{Pages, as_region};
use crate::fault::{FaultGuard, install_handler};
use crate::gate::Gate;
use crate::os;
use crate::quota::Charge;
use crate::quotas::Charges;
use crate::sharing::Sharing;
use crate::system_error::system_error;
use mem_contract::{Access, ByteRange, ErrorCode, Protection};
use memmap2::{MmapOptions, MmapRaw};
use rangemap::RangeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What to map, checked and charged.
#[derive(Debug)]
pub(crate) struct Request {
    /// The file, which has at least `offset + length` bytes. None for anonymous
    /// memory.
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
    /// The charge for the descriptor of a file that has to stay open.
    pub(crate) descriptor: Option<Charge>,
}

/// Mapped bytes of a file, or mapped anonymous memory.
///
/// Others can change the bytes at any time, so no reference to them ever exists:
/// this crate copies them through raw pointers.
///
/// Threads can share a mapping. A thread that reads bytes while another writes
/// them gets old and new ones mixed, as it does where another process writes.
#[derive(Debug)]
pub struct Mapping {
    /// It stands before `map` because it has to be dropped first.
    pub(super) guard: FaultGuard,
    pub(super) map: MmapRaw,
    pub(super) access: Access,
    pub(super) anonymous: bool,
    pub(super) may_execute: bool,
    pub(super) may_attach: bool,
    /// Whether some of the pages may not be writable. Otherwise a write need not
    /// look at `pages`.
    pub(super) some_protected: AtomicBool,
    pages: Mutex<Pages>,
    /// Where writers of the bytes enter.
    pub(super) gate: Arc<Gate>,
    /// Who else has windows on the file, if this mapping can write it.
    pub(super) sharing: Option<Arc<Sharing>>,
    /// The file, if the mapping can write it or have windows.
    pub(super) origin: Option<Arc<Origin>>,
    /// The pages that a copy-on-write mapping has copies of, by their addresses,
    /// if it can have windows.
    written: Mutex<RangeSet<usize>>,
    /// The windows, and what those that were have lost.
    pub(super) attached: Arc<Attached>,
    _descriptor: Option<Charge>,
}

impl Mapping {
    /// Maps what `request` names.
    ///
    /// # Errors
    ///
    /// Those of `mmap(2)`, `mprotect(2)` and `sigaction(2)`.
    pub(crate) fn new(request: Request) -> Result<Self, ErrorCode> {
        let protection = Protection::new(request.access != Access::ReadOnly, request.execute);
        if request.handle_bus_errors {
            install_handler().map_err(system_error)?;
        }
        let map = map(&request).map_err(system_error)?;
        let range = pages_around(map.as_mut_ptr().expose_provenance(), map.len());
        if request.execute && !range.is_empty() {
            // SAFETY: the range is the mapping just made, and nothing refers to
            // it yet.
            unsafe { region::protect(map.as_ptr(), map.len(), as_region(protection)) }
                .map_err(system_error)?;
        }
        // SAFETY: the guard is dropped before the map. Any tail of the range may
        // be replaced, because its bytes are only copied, never referred to.
        let guard = unsafe { FaultGuard::new(range.clone()) }.map_err(system_error)?;
        let anonymous = request.file.is_none();
        let writes_file = request.access == Access::ReadWrite;
        let private = anonymous || request.access == Access::CopyOnWrite;
        let gate = Arc::<Gate>::default();
        let (mut sharing, mut origin) = (None, None);
        // A mapping that neither writes the file nor has windows on it need not
        // be known.
        if let Some(file) = request.file
            && (writes_file || request.may_attach)
        {
            let known = Sharing::of(os::file_id(&file).map_err(system_error)?);
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
    pub(super) fn checked(&self, range: ByteRange) -> Result<Range<usize>, ErrorCode> {
        let range = range.within(self.size())?;
        // Neither bound exceeds the size, which is a `usize`.
        Ok(range.start as usize..range.end as usize)
    }

    /// The range as offsets into the mapping. None means the whole mapping.
    pub(super) fn checked_or_all(
        &self,
        range: Option<ByteRange>,
    ) -> Result<Range<usize>, ErrorCode> {
        range.map_or(Ok(0..self.map.len()), |range| self.checked(range))
    }

    /// Fails if bytes of `range`, offsets into the mapping, are known to be
    /// lost. After an access to the range this says whether it was a good one.
    #[inline]
    pub(super) fn check_present(&self, range: &Range<usize>) -> Result<(), ErrorCode> {
        let end = self.map.as_ptr().addr() + range.end;
        let lost_from = self.guard.lost_from();
        if lost_from < end && !range.is_empty() {
            return Err(self.loss(lost_from));
        }
        Ok(())
    }

    /// Why the page at `address` was lost.
    #[cold]
    fn loss(&self, address: usize) -> ErrorCode {
        let origin = self.origin.as_ref();
        origin.map_or_else(origin::shorter, |origin| origin.loss(address))
    }

    pub(super) fn lock_pages(&self) -> MutexGuard<'_, Pages> {
        // A change is committed in one step, after all that could panic.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pages that a copy-on-write mapping has copies of, by their addresses.
    pub(super) fn written(&self) -> MutexGuard<'_, RangeSet<usize>> {
        // Changes are single insertions.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses of the pages that `range`, offsets into the mapping,
    /// touches.
    pub(super) fn pages_of(&self, range: &Range<usize>) -> Range<usize> {
        let address = self.map.as_ptr().addr() + range.start;
        pages_around(address, range.len())
    }
}

/// The whole pages around `length` bytes at `address`.
fn pages_around(address: usize, length: usize) -> Range<usize> {
    let page_size = os::page_size();
    let start = address & !(page_size - 1);
    // A mapping never ends in the last page of the address space.
    let end = (address + length).next_multiple_of(page_size);
    if length == 0 {
        start..start
    } else {
        start..end
    }
}

fn map(request: &Request) -> io::Result<MmapRaw> {
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
