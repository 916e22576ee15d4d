//! The files that guests map.

use mem_host::{FsPerms, MemCtx, MemCtxBuilder};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Directories for the files of one thread. They lie in memory where the system
/// has such a file system, so that a flush does not wait for a disk.
pub struct Files {
    dir: TempDir,
    /// Files that stay, so that `set` need not look them up again.
    open: RefCell<HashMap<&'static str, File>>,
    /// How often `check_unmapped` was called.
    asked: Cell<u32>,
}

impl Files {
    pub fn new() -> Self {
        let shared_memory = Path::new("/dev/shm");
        let dir = if shared_memory.is_dir() {
            tempfile::tempdir_in(shared_memory)
        } else {
            tempfile::tempdir()
        }
        .unwrap();
        for name in ["rw", "rw/directory", "ro"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self {
            dir,
            open: RefCell::default(),
            asked: Cell::new(0),
        }
    }

    /// The directories, granted as `.` and as `/ro`, which is read-only.
    pub fn grants(&self) -> MemCtxBuilder {
        let mut grants = MemCtx::builder();
        for (dir, name, access) in [
            ("rw", ".", FsPerms::ReadWrite),
            ("ro", "/ro", FsPerms::ReadOnly),
        ] {
            let granted = grants.preopened_dir(self.path(dir), name, access);
            granted.unwrap();
        }
        grants
    }

    /// The same directories, on whose files windows can be attached.
    pub fn grants_with_windows(&self) -> MemCtxBuilder {
        let mut grants = self.grants();
        // SAFETY: nobody else knows the directory, which is new. One thread has its
        // files. It writes them through the guests that it runs, and writes or
        // cuts them itself only while no guest runs.
        unsafe { grants.allow_windows(true) };
        grants
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes the file `name` have just these bytes, or removes it.
    pub fn set(&self, name: &'static str, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else {
            self.open.borrow_mut().remove(name);
            // The file is missing most of the time.
            let _ = fs::remove_file(self.path(name));
            return;
        };
        let mut open = self.open.borrow_mut();
        let file = open.entry(name).or_insert_with(|| {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(true);
            options.open(self.path(name)).unwrap()
        });
        // This also clears the rest of the last page, behind the end of the file.
        file.set_len(0).unwrap();
        file.write_all_at(bytes, 0).unwrap();
    }

    /// The bytes of the file `name`, if it exists.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let open = self.open.borrow();
        let Some(file) = open.get(name) else {
            return fs::read(self.path(name)).ok();
        };
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        Some(bytes)
    }

    /// Calls `run` with a file that `set` has made.
    pub fn with<R>(&self, name: &str, run: impl FnOnce(&File) -> R) -> R {
        run(&self.open.borrow()[name])
    }

    /// Checks that the file `name` has just these bytes, or is missing.
    ///
    /// # Panics
    ///
    /// If it has others.
    pub fn check(&self, name: &str, bytes: Option<&[u8]>) {
        assert!(self.get(name).as_deref() == bytes, "{name} has other bytes");
    }

    /// Checks that this process has no mappings of these files. Only the first
    /// call and then one of 64 looks, because looking takes as long as several
    /// inputs, and what stays mapped shows later too.
    ///
    /// # Panics
    ///
    /// If it has some.
    pub fn check_unmapped(&self) {
        let asked = self.asked.get();
        self.asked.set(asked.wrapping_add(1));
        if asked.is_multiple_of(64) {
            assert_eq!(self.mapped(), 0, "one of 64 inputs left something mapped");
        }
    }

    fn mapped(&self) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let dir = self.dir.path().to_str().unwrap();
        maps.lines().filter(|line| line.contains(dir)).count()
    }
}

/// Bytes that show which place they are from.
pub fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|at| (at as u8) ^ ((at >> 8) as u8).wrapping_mul(31) ^ seed)
        .collect()
}
