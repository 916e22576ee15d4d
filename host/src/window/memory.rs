//! Linear memories whose pages can be replaced.

use crate::calls::Handle;
use mem_contract::ErrorCode;
use mem_mapping::{
    Attachment, Claim, Explain, MemoryId, Reservation, StoreId, WindowCharge, system_error,
};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard, Weak};
use wasmtime::{Config, LinearMemory, MemoryCreator, MemoryType};

/// Prepares `config` for guests that attach windows: this crate then makes the
/// linear memories, by [`Config::with_host_memory`], and
/// [`Config::memory_init_cow`] is off.
///
/// That alone grants nothing; see [`MemCtxBuilder::allow_windows`].
///
/// Later calls must not turn `memory_init_cow` on again: wasmtime cannot do
/// that for memories it does not make, and panics. Modules that were compiled
/// ahead of time with that on cannot be loaded.
///
/// Memories that wasmtime takes from a pool
/// ([`InstanceAllocationStrategy::Pooling`]) or that are shared between threads
/// are still its own. Memories that may move when they grow, such as 64-bit
/// memories without a maximum, cannot hold windows either. Guests then get
/// `unsupported`, and can copy instead. On systems other than Unix, this function
/// changes nothing, and guests get `unsupported` too.
///
/// ```
/// use wasmtime::{Config, Engine};
///
/// let mut config = Config::new();
/// mem_host::enable_windows(&mut config);
/// let engine = Engine::new(&config)?;
/// # wasmtime::Result::<()>::Ok(())
/// ```
///
/// [`MemCtxBuilder::allow_windows`]: crate::MemCtxBuilder::allow_windows
/// [`InstanceAllocationStrategy::Pooling`]: wasmtime::InstanceAllocationStrategy
pub fn enable_windows(config: &mut Config) -> &mut Config {
    if cfg!(unix) {
        config
            .with_host_memory(Arc::new(Creator))
            .memory_init_cow(false);
    }
    config
}

/// A reserved range of addresses with the bytes of a linear memory at its
/// start, and the windows among them.
#[derive(Debug)]
pub(super) struct Memory {
    /// Declared, and so dropped, before `reservation`: windows are registered
    /// for faults as long as they are mapped.
    windows: Mutex<Windows>,
    reservation: Reservation,
    /// No other memory of the process has the same.
    number: u64,
    /// How many bytes the guest's memory can have without moving.
    capacity: usize,
    /// How many bytes the guest can access, in whole pages.
    accessible: AtomicUsize,
    /// How many bytes the guest's memory has; not always whole pages.
    size: AtomicUsize,
    /// Whether the guest's memory stays here whatever it grows to.
    fixed: bool,
}

#[derive(Debug, Default)]
struct Windows {
    /// By the address of their first page.
    attached: BTreeMap<usize, Attached>,
    apart: Vec<Apart>,
}

/// Pages that lay between windows when a window there was detached.
///
/// What the guest touches while it has no neighbors but windows stays a mapping
/// of its own to the kernel, whatever becomes of the windows. So these stay
/// charged, until a window takes the place of them all.
#[derive(Debug)]
struct Apart {
    /// These, and maybe others that the kernel has joined to them.
    pages: Range<usize>,
    _charge: WindowCharge,
}

impl Windows {
    /// The window that has the byte at `address`.
    fn at(&self, address: usize) -> Option<&Attached> {
        let (_, window) = self.attached.range(..=address).next_back()?;
        window.pages.contains(&address).then_some(window)
    }

    fn insert(&mut self, window: Attached) {
        let pages = &window.pages;
        self.apart
            .retain(|apart| apart.pages.start < pages.start || pages.end < apart.pages.end);
        self.attached.insert(pages.start, window);
    }

    /// Removes the window at `start`, which pages of zeros have replaced, and
    /// returns its mapping.
    fn remove(&mut self, start: usize) -> Option<Handle> {
        let Attached {
            pages,
            attachment,
            mapping,
            claim,
            charge,
        } = self.attached.remove(&start)?;
        drop((attachment, claim));
        let neighbors = [pages.start - 1, pages.end];
        let [before, behind] = neighbors.map(|address| self.at(address));
        let zeros_before = before.is_some_and(|window| window.attachment.has_lost());
        let [before, behind] = [before, behind].map(|window| window.is_some());
        for apart in &mut self.apart {
            // The kernel can have joined them.
            if !before && apart.pages.contains(&neighbors[0]) {
                apart.pages.end = apart.pages.end.max(pages.end);
            }
            if !behind && apart.pages.contains(&neighbors[1]) {
                apart.pages.start = apart.pages.start.min(pages.start);
            }
        }
        // Zero pages between windows can be apart already, and the kernel can
        // have joined these to them.
        if (before && behind) || zeros_before {
            self.apart.push(Apart {
                pages,
                _charge: charge,
            });
        }
        Some(mapping)
    }
}

/// What a window holds.
#[derive(Debug)]
struct Attached {
    pages: Range<usize>,
    attachment: Attachment,
    mapping: Handle,
    claim: Claim,
    charge: WindowCharge,
}

/// All memories that exist, by their first address.
static MEMORIES: RwLock<BTreeMap<usize, Weak<Memory>>> = RwLock::new(BTreeMap::new());

impl Memory {
    /// The memory in which all of `buffer` lies, if its pages can be replaced.
    pub(super) fn with(buffer: &Range<usize>) -> Option<Arc<Self>> {
        let memory = Self::below(buffer.start)?;
        let end = memory.start() + memory.accessible.load(Ordering::Relaxed);
        (memory.fixed && buffer.end <= end).then_some(memory)
    }

    /// The last memory that does not start behind `address`.
    ///
    /// It can be a memory that its store has just dropped, and that is dropped
    /// with what this returns. So the registry must not be locked then.
    fn below(address: usize) -> Option<Arc<Self>> {
        let memories = MEMORIES.read().unwrap_or_else(PoisonError::into_inner);
        let (_, memory) = memories.range(..=address).next_back()?;
        memory.upgrade()
    }

    /// Puts the pages of `mapping` from `offset` on at the addresses `buffer`,
    /// which are whole pages of this memory.
    ///
    /// # Errors
    ///
    /// The errors that `attach` documents.
    pub(super) fn attach(
        &self,
        store: StoreId,
        mapping: &Handle,
        offset: u64,
        buffer: Range<usize>,
        charge: WindowCharge,
    ) -> Result<(), ErrorCode> {
        let source = mapping.mapping().window_source(offset, buffer.len())?;
        let mut windows = self.windows();
        let below = windows.attached.range(..buffer.end).next_back();
        if below.is_some_and(|(_, window)| window.pages.end > buffer.start) {
            let why = "a window is attached to a page of the buffer already; detach it first";
            return Err(ErrorCode::Busy.because(why));
        }
        let claim = source.claim(MemoryId::new(store, self.number))?;
        // SAFETY: wasmtime has checked that the buffer lies in the memory of
        // the guest that calls, which `Memory::with` has found to be this one.
        // So the pages are in this reservation, in the part that the guest can
        // access, and no window is there. They stay readable and writable. A
        // guest takes any change of its memory while it calls its host, and
        // nobody else refers to it then. The attachment is dropped, by
        // `detach` or with `windows`, before the reservation is unmapped.
        let attachment = unsafe { source.attach(&buffer) }.map_err(system_error)?;
        windows.insert(Attached {
            attachment,
            mapping: mapping.clone(),
            pages: buffer,
            claim,
            charge,
        });
        Ok(())
    }

    pub(super) fn check(&self, start: usize) -> Result<(), ErrorCode> {
        match self.windows().attached.get(&start) {
            Some(window) => window.attachment.check(),
            None => Ok(()),
        }
    }

    /// Puts zero pages where the window at `start` is.
    ///
    /// # Errors
    ///
    /// `QuotaExceeded` and other errors of `mmap(2)`; the window then stays.
    pub(super) fn detach(&self, start: usize) -> Result<(), ErrorCode> {
        let mut windows = self.windows();
        let Some(window) = windows.attached.get(&start) else {
            return Ok(());
        };
        // SAFETY: the guest calls, so nobody refers to its memory. The file has
        // what was written to it, and what was private is given up. Should the
        // system refuse to replace the pages, they are as the file has them.
        unsafe { mem_mapping::discard_pages(&window.pages) };
        self.put_zeros(&window.pages)?;
        let mapping = windows.remove(start);
        // This can be the last of the mapping, which takes other locks.
        drop(windows);
        drop(mapping);
        Ok(())
    }
}

/// A guest's linear memory that stays where it is, so that nobody has to ask
/// wasmtime for its address.
#[derive(Debug)]
pub(crate) struct FixedMemory(Arc<Memory>);

impl FixedMemory {
    /// The memory that `bytes` are all of, if it is such a one.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let start = bytes.as_ptr().addr();
        let memory = Memory::with(&(start..start + bytes.len()))?;
        (memory.start() == start).then_some(Self(memory))
    }

    /// Its bytes, which can be read and written as long as it exists.
    #[inline]
    pub(crate) fn bytes(&self) -> *mut [u8] {
        let size = self.0.size.load(Ordering::Relaxed);
        ptr::slice_from_raw_parts_mut(self.0.as_ptr(), size)
    }
}

/// Makes linear memories.
struct Creator;

// SAFETY: each memory is a reservation of its own, zero-filled, of the size and
// with the guard that wasmtime asks for. What windows change of it, they change
// as the guest could: pages stay readable and writable, and only the guest's
// calls of the host attach and detach them.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        ty: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved_size_in_bytes: Option<usize>,
        guard_size_in_bytes: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = minimum.max(reserved_size_in_bytes.unwrap_or(0));
        let most = match maximum {
            Some(most) => most,
            None if ty.is_64() => usize::MAX,
            None => 1 << 32,
        };
        let memory = Memory::new(capacity, guard_size_in_bytes, most <= capacity);
        let mut memory = Linear {
            memory: memory.map_err(|error| error.to_string())?,
            guard: guard_size_in_bytes,
        };
        match memory.grow_to(minimum) {
            Ok(()) => Ok(Box::new(memory)),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A guest's linear memory.
struct Linear {
    memory: Arc<Memory>,
    guard: usize,
}

// SAFETY: the first `size` bytes of the reservation can be read and written.
// They stay where they are up to `byte_capacity`, and unmapped bytes follow
// behind it, at least as many as the guard is long.
unsafe impl LinearMemory for Linear {
    fn byte_size(&self) -> usize {
        self.memory.size.load(Ordering::Relaxed)
    }

    fn byte_capacity(&self) -> usize {
        self.memory.capacity
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        if new_size <= self.byte_capacity() {
            self.memory.allow(new_size)?;
        } else {
            // As often as a vector moves when it grows.
            let size = self.byte_size();
            let capacity = new_size.max(size.saturating_mul(2));
            let moved = Memory::new(capacity, self.guard, false)?;
            moved.allow(new_size)?;
            // SAFETY: both are readable and writable for `size` bytes, and
            // reservations do not overlap.
            unsafe { ptr::copy_nonoverlapping(self.as_ptr(), moved.as_ptr(), size) };
            self.memory = moved;
        }
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.memory.as_ptr()
    }
}

impl Memory {
    /// Reserves `capacity` bytes, none of them accessible yet, and `guard`
    /// bytes before and behind them that never will be.
    fn new(capacity: usize, guard: usize, fixed: bool) -> io::Result<Arc<Self>> {
        static MADE: AtomicU64 = AtomicU64::new(1);
        let memory = Arc::new(Self {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            windows: Mutex::default(),
            reservation: Reservation::new(guard, capacity, guard)?,
            accessible: AtomicUsize::new(0),
            size: AtomicUsize::new(0),
            capacity,
            fixed,
        });
        memories_mut().insert(memory.start(), Arc::downgrade(&memory));
        Ok(memory)
    }

    /// Lets the guest access the first `size` bytes.
    fn allow(&self, size: usize) -> io::Result<()> {
        let pages = size.next_multiple_of(mem_mapping::page_size());
        let before = self.accessible.load(Ordering::Relaxed);
        if pages > before {
            self.reservation.allow(before..pages)?;
            self.accessible.store(pages, Ordering::Relaxed);
        }
        self.size.store(size, Ordering::Relaxed);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.reservation.as_ptr()
    }

    fn start(&self) -> usize {
        self.as_ptr().addr()
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        // Changes are single insertions and removals.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_zeros(&self, pages: &Range<usize>) -> Result<(), ErrorCode> {
        // SAFETY: the pages lie in this reservation, in the part that the
        // guest can access, and the guest gives up what they hold.
        unsafe { mem_mapping::put_zero_pages(pages.clone()) }.map_err(|error| {
            // The system may have had to split a mapping, and the number of
            // mappings of a process is limited.
            tracing::debug!(%error, "detach");
            ErrorCode::QuotaExceeded.because(format!(
                "the operating system does not put other pages back: {error}; unmap something, so \
                 that the process has fewer mappings"
            ))
        })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        memories_mut().remove(&self.start());
    }
}

fn memories_mut() -> RwLockWriteGuard<'static, BTreeMap<usize, Weak<Memory>>> {
    // Changes are single insertions and removals.
    MEMORIES.write().unwrap_or_else(PoisonError::into_inner)
}
