//! Who has windows on a file.
//!
//! wasmtime assumes that a guest's memory changes only while the guest runs
//! or the host writes to it, and that two memories never overlap: it checks a
//! string's UTF-8 where it lies, and copies it afterwards, maybe into another
//! memory. Two rules keep that true for the pages of files:
//!
//! - As long as a window on a file can write it, all windows on that file lie
//!   in one linear memory. Read-only windows count, because a page that nobody
//!   has written to shows the file.
//! - As long as guests of one store have windows on a file, guests of no other
//!   store write it through a mapping.
//!
//! A guest of the same store can write through a mapping beside a window of its
//! sibling. It calls its host for that, and a store runs one call at a time, while
//! wasmtime checks and copies a string within one call. Meanwhile only the
//! guest's realloc runs, which makes room. It cannot call its host either, because
//! the component model forbids an instance to leave while its realloc runs.

use crate::explanation::Explain;
use crate::gate::{Gate, Writer};
use crate::os::FileId;
use mem_contract::ErrorCode;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

/// Who writes: for a host, the store of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(usize);

impl StoreId {
    /// The store with the number `id`. No other store that exists has it.
    #[inline]
    pub const fn new(id: usize) -> Self {
        Self(id)
    }
}

/// Who has a window: a linear memory, and the store of the guest that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryId {
    store: StoreId,
    memory: u64,
}

impl MemoryId {
    /// The memory of `store` with the number `memory`. No other memory of the
    /// process has it.
    pub const fn new(store: StoreId, memory: u64) -> Self {
        Self { store, memory }
    }
}

/// The only memory of a store.
impl From<StoreId> for MemoryId {
    fn from(store: StoreId) -> Self {
        Self::new(store, 0)
    }
}

/// The windows on one file, shared by all its mappings in this process.
#[derive(Debug)]
pub(crate) struct Sharing {
    file: FileId,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    /// How many windows each memory has.
    of_memory: HashMap<MemoryId, usize>,
    /// How many of them can write the file. If any can, one memory has all.
    writable: usize,
    /// How many callers are making the file longer.
    growing: usize,
    /// The gates of the mappings that can write the file.
    gates: Vec<Weak<Gate>>,
}

impl Windows {
    /// Makes writers of the file ask here first if there are windows.
    fn watch(&mut self) {
        let watched = !self.of_memory.is_empty();
        self.gates.retain(|gate| match gate.upgrade() {
            Some(gate) => {
                gate.watch(watched);
                true
            }
            None => false,
        });
    }

    fn nobody_writes(&self) -> bool {
        self.gates
            .iter()
            .filter_map(Weak::upgrade)
            .all(|gate| gate.is_empty_soon())
    }
}

/// The mapped files.
static FILES: LazyLock<Mutex<HashMap<FileId, Weak<Sharing>>>> = LazyLock::new(Mutex::default);

fn files() -> MutexGuard<'static, HashMap<FileId, Weak<Sharing>>> {
    // Changes are single insertions and removals.
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sharing {
    /// The windows on `file`. Keep the file open or mapped as long as you use
    /// this: otherwise another file could get its identity.
    pub(crate) fn of(file: FileId) -> Arc<Self> {
        let mut files = files();
        if let Some(known) = files.get(&file).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(Self {
            file,
            windows: Mutex::default(),
        });
        files.insert(file, Arc::downgrade(&new));
        new
    }

    /// Adds the `gate` of one more mapping that can write the file.
    pub(crate) fn add_gate(&self, gate: &Arc<Gate>) {
        let mut windows = self.windows();
        windows.gates.push(Arc::downgrade(gate));
        windows.watch();
    }

    /// Lets a guest of `store` enter `gate`, which windows have closed.
    ///
    /// # Errors
    ///
    /// `Busy` if guests of another store have windows on the file.
    pub(crate) fn writing<'a>(
        &self,
        store: StoreId,
        gate: &'a Gate,
    ) -> Result<Writer<'a>, ErrorCode> {
        let windows = self.windows();
        if windows.of_memory.keys().any(|holder| holder.store != store) {
            return Err(of_another_store());
        }
        Ok(gate.enter_closed())
    }

    /// Keeps new windows off the file while a guest of `store` makes it longer.
    /// If the change `shows` in pages that the file has already, even this store
    /// may have none: its guest need not be waiting, because an asynchronous
    /// embedder can abandon a call.
    ///
    /// It calls `shows` while nobody can get a window, so that the answer still
    /// holds when somebody gets one.
    ///
    /// # Errors
    ///
    /// Those of `shows`; `Busy` if there are such windows, or others of another
    /// store.
    pub(crate) fn growing(
        self: &Arc<Self>,
        store: StoreId,
        shows: impl FnOnce() -> Result<bool, ErrorCode>,
    ) -> Result<Growing, ErrorCode> {
        let mut windows = self.windows();
        let shows = shows()?;
        let mut holders = windows.of_memory.keys();
        if holders.any(|holder| holder.store != store) {
            return Err(of_another_store());
        }
        if shows && !windows.of_memory.is_empty() {
            let why = "the file has windows whose last page would change; detach them first";
            return Err(ErrorCode::Busy.because(why));
        }
        windows.growing += 1;
        Ok(Growing(self.clone()))
    }

    /// Counts one more window in `memory`, `writable` or not.
    ///
    /// # Errors
    ///
    /// `Busy` if the file has windows in another memory and any of all these can
    /// write it; or if somebody is writing the file at this moment, or making it
    /// longer.
    pub(crate) fn claim(
        self: &Arc<Self>,
        memory: MemoryId,
        writable: bool,
    ) -> Result<Claim, ErrorCode> {
        let mut windows = self.windows();
        let other = windows.of_memory.keys().any(|&holder| holder != memory);
        if windows.growing > 0 {
            return Err(
                ErrorCode::Busy.because("somebody is making the file longer; try again later")
            );
        }
        if other && (writable || windows.writable > 0) {
            let why = "the file has windows in another memory, and a window can write it; try \
                       again when they are detached";
            return Err(ErrorCode::Busy.because(why));
        }
        *windows.of_memory.entry(memory).or_default() += 1;
        windows.writable += usize::from(writable);
        windows.watch();
        let nobody_writes = windows.nobody_writes();
        drop(windows);
        // Dropping it gives the window back if somebody writes.
        let claim = Claim {
            sharing: self.clone(),
            memory,
            writable,
        };
        nobody_writes.then_some(claim).ok_or_else(|| {
            ErrorCode::Busy.because("somebody is writing the file at this moment; try again later")
        })
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        // Counts are right whatever panicked.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_another_store() -> ErrorCode {
    ErrorCode::Busy.because(
        "guests of another store have windows on the file; try again when they are detached",
    )
}

impl Drop for Sharing {
    fn drop(&mut self) {
        let mut files = files();
        // Another may have taken its place already.
        if files
            .get(&self.file)
            .is_some_and(|sharing| sharing.strong_count() == 0)
        {
            files.remove(&self.file);
        }
    }
}

/// Keeps new windows off the file as long as it lives.
#[derive(Debug)]
pub(crate) struct Growing(Arc<Sharing>);

impl Drop for Growing {
    fn drop(&mut self) {
        self.0.windows().growing -= 1;
    }
}

/// A window that is counted.
#[derive(Debug)]
pub struct Claim {
    sharing: Arc<Sharing>,
    memory: MemoryId,
    writable: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut windows = self.sharing.windows();
        windows.writable -= usize::from(self.writable);
        if let Some(count) = windows.of_memory.get_mut(&self.memory) {
            *count -= 1;
            if *count == 0 {
                windows.of_memory.remove(&self.memory);
                windows.watch();
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const A: StoreId = StoreId::new(1);
    const B: StoreId = StoreId::new(2);
    const A1: MemoryId = MemoryId::new(A, 1);
    const A2: MemoryId = MemoryId::new(A, 2);
    const B1: MemoryId = MemoryId::new(B, 3);

    #[test]
    fn readers_of_many_memories_or_the_windows_of_one() {
        let file = Sharing::of((0, 1));
        for other in [A2, B1] {
            let readers = [file.claim(A1, false), file.claim(other, false)].map(Result::unwrap);
            assert_eq!(file.claim(A1, true).unwrap_err(), ErrorCode::Busy);
            drop(readers);
            let mine = [file.claim(A1, true), file.claim(A1, false)].map(Result::unwrap);
            assert_eq!(file.claim(other, false).unwrap_err(), ErrorCode::Busy);
            assert_eq!(file.claim(other, true).unwrap_err(), ErrorCode::Busy);
            assert!(file.claim(A1, true).is_ok());
            drop(mine);
            assert!(file.claim(other, true).is_ok());
        }
    }

    #[test]
    fn windows_keep_the_writes_of_other_stores_out() {
        let file = Sharing::of((0, 2));
        let gate = Arc::new(Gate::default());
        file.add_gate(&gate);
        assert!(gate.enter().is_some());
        let window = file.claim(A1, false).unwrap();
        assert!(gate.enter().is_none());
        let later = Arc::new(Gate::default());
        file.add_gate(&later);
        assert!(later.enter().is_none());
        assert!(file.writing(A, &gate).is_ok());
        assert_eq!(file.writing(B, &gate).unwrap_err(), ErrorCode::Busy);
        drop(window);
        assert!(gate.enter().is_some() && later.enter().is_some());
    }

    #[test]
    fn a_write_that_takes_long_keeps_windows_out() {
        let file = Sharing::of((0, 4));
        let gate = Arc::new(Gate::default());
        file.add_gate(&gate);
        let writer = gate.enter().unwrap();
        assert_eq!(file.claim(A1, false).unwrap_err(), ErrorCode::Busy);
        // What was refused has left no trace.
        assert!(gate.enter().is_some());
        drop(writer);
        assert!(file.claim(A1, false).is_ok());
    }

    #[test]
    fn a_file_that_grows_gets_no_windows() {
        let file = Sharing::of((0, 5));
        let (yes, no) = (|| Ok(true), || Ok(false));
        let growing = file.growing(A, no).unwrap();
        assert_eq!(file.claim(A1, false).unwrap_err(), ErrorCode::Busy);
        drop(growing);
        let window = file.claim(A1, false).unwrap();
        assert!(file.growing(A, no).is_ok());
        assert_eq!(file.growing(A, yes).unwrap_err(), ErrorCode::Busy);
        assert_eq!(file.growing(B, no).unwrap_err(), ErrorCode::Busy);
        drop(window);
        assert!(file.growing(B, yes).is_ok());
    }

    /// The end of the file could move while windows can be had.
    #[test]
    fn a_file_is_looked_at_where_it_gets_no_windows() {
        let file = Sharing::of((0, 6));
        let looks = || {
            assert!(file.windows.try_lock().is_err());
            Ok(true)
        };
        assert!(file.growing(A, looks).is_ok());
        let fails = || Err(ErrorCode::Io);
        assert_eq!(file.growing(A, fails).unwrap_err(), ErrorCode::Io);
        assert!(file.claim(A1, true).is_ok());
    }

    #[test]
    fn a_file_is_known_as_long_as_it_is_used() {
        let file = Sharing::of((0, 3));
        let same = Sharing::of((0, 3));
        assert!(Arc::ptr_eq(&file, &same));
        drop((file, same));
        assert!(!files().contains_key(&(0, 3)));
    }
}
