//! The files that guests map.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Directories for the files of one thread, in memory where the system has
/// such a file system, so that a flush does not wait for a disk.
pub struct Files {
    dir: TempDir,
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
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes the file `name` have just these bytes, or removes it.
    pub fn set(&self, name: &str, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => fs::write(self.path(name), bytes).unwrap(),
            None => drop(fs::remove_file(self.path(name))),
        }
    }

    /// The bytes of the file `name`, if it is there.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    /// How many mappings of these files this process has.
    pub fn mapped(&self) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let dir = self.dir.path().to_str().unwrap();
        maps.lines().filter(|line| line.contains(dir)).count()
    }
}

/// Bytes that tell where they are from.
pub fn pattern(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|at| (at as u8) ^ ((at >> 8) as u8).wrapping_mul(31) ^ seed)
        .collect()
}
