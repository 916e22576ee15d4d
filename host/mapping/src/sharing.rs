//! Who has windows on a file.
//!
//! wasmtime takes it that a guest's memory changes only while the guest runs
//! or the host writes to it: it checks a string's UTF-8 where it lies, and
//! copies it afterwards. Pages of a file that another thread of this process
//! writes meanwhile would break that. So as long as guests of one store have
//! windows on a file, guests of no other store can write it, be it through a
//! window or through a mapping.

use crate::Error;
use crate::os::FileId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};

/// Whose a window or a write is: for a host, the store of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(usize);

impl StoreId {
    /// That of the store which `id` tells from all others that exist.
    #[inline]
    pub const fn new(id: usize) -> Self {
        Self(id)
    }
}

/// The windows on one file, shared by all its mappings in this process.
#[derive(Debug)]
pub(crate) struct Sharing {
    file: FileId,
    windows: RwLock<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    /// How many windows each store has.
    of_store: HashMap<StoreId, usize>,
    /// How many of them can write the file. If any can, all are of one store.
    writable: usize,
}

impl Windows {
    #[inline]
    fn other_than(&self, store: StoreId) -> bool {
        self.of_store.keys().any(|&holder| holder != store)
    }
}

/// The files that are mapped.
static FILES: LazyLock<Mutex<HashMap<FileId, Weak<Sharing>>>> = LazyLock::new(Mutex::default);

fn files() -> MutexGuard<'static, HashMap<FileId, Weak<Sharing>>> {
    // Changes are single insertions and removals.
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sharing {
    /// That of `file`, which must stay open or mapped as long as this is used:
    /// another file could get its identity otherwise.
    pub(crate) fn of(file: FileId) -> Arc<Self> {
        let mut files = files();
        if let Some(known) = files.get(&file).and_then(Weak::upgrade) {
            return known;
        }
        let new = Arc::new(Self {
            file,
            windows: RwLock::default(),
        });
        files.insert(file, Arc::downgrade(&new));
        new
    }

    /// Lets a guest of `store` write the file as long as the permit lives.
    ///
    /// # Errors
    ///
    /// `Busy` if guests of another store have windows on the file.
    #[inline]
    pub(crate) fn writing(&self, store: StoreId) -> Result<WritePermit<'_>, Error> {
        // A count is right whatever panicked.
        let windows = self.windows.read().unwrap_or_else(PoisonError::into_inner);
        if windows.other_than(store) {
            return Err(Error::Busy);
        }
        Ok(WritePermit { _windows: windows })
    }

    /// Counts one more window of `store`, `writable` or not.
    ///
    /// # Errors
    ///
    /// `Busy` if guests of another store have windows on the file, unless none
    /// of them can write it.
    pub(crate) fn claim(self: &Arc<Self>, store: StoreId, writable: bool) -> Result<Claim, Error> {
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        if (writable || windows.writable > 0) && windows.other_than(store) {
            return Err(Error::Busy);
        }
        *windows.of_store.entry(store).or_default() += 1;
        windows.writable += usize::from(writable);
        Ok(Claim {
            sharing: self.clone(),
            store,
            writable,
        })
    }
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

/// As long as it lives, no other store gets a window on the file.
pub(crate) struct WritePermit<'a> {
    _windows: RwLockReadGuard<'a, Windows>,
}

/// A window that counts.
#[derive(Debug)]
pub struct Claim {
    sharing: Arc<Sharing>,
    store: StoreId,
    writable: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let windows = self.sharing.windows.write();
        let mut windows = windows.unwrap_or_else(PoisonError::into_inner);
        windows.writable -= usize::from(self.writable);
        if let Some(count) = windows.of_store.get_mut(&self.store) {
            *count -= 1;
            if *count == 0 {
                windows.of_store.remove(&self.store);
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn readers_of_many_stores_or_the_windows_of_one() {
        let file = Sharing::of((0, 1));
        let [a, b] = [StoreId::new(1), StoreId::new(2)];
        let readers = [file.claim(a, false), file.claim(b, false)].map(Result::unwrap);
        assert_eq!(file.claim(a, true).unwrap_err(), Error::Busy);
        drop(readers);
        let mine = [file.claim(a, true), file.claim(a, false)].map(Result::unwrap);
        assert_eq!(file.claim(b, false).unwrap_err(), Error::Busy);
        assert_eq!(file.claim(b, true).unwrap_err(), Error::Busy);
        assert!(file.claim(a, true).is_ok());
        drop(mine);
        assert!(file.claim(b, true).is_ok());
    }

    #[test]
    fn windows_keep_the_writes_of_other_stores_out() {
        let file = Sharing::of((0, 2));
        let [a, b] = [StoreId::new(1), StoreId::new(2)];
        let window = file.claim(a, false).unwrap();
        assert!(file.writing(a).is_ok());
        assert!(file.writing(b).is_err());
        drop(window);
        assert!(file.writing(b).is_ok());
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
