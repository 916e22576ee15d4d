//! A table in a file, which grows.

use crate::record::Record;
use crate::store::Unflushed;
use crate::table::{Table, file_size, most_used};
use anyhow::{Context, Result, ensure};
use mem::{ErrorCode, Mapping};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const LEAST_SLOTS: u64 = 1 << 10;
const LEAST_BYTES: u64 = 64 << 10;

pub struct Db {
    path: PathBuf,
    table: Table<Mapping>,
}

impl Db {
    /// Opens the database at `path` for reading.
    pub fn open(path: &Path) -> Result<Db> {
        Db::of(path, mem::open(path)?)
    }

    /// Opens the database at `path` for reading and writing.
    pub fn open_mut(path: &Path) -> Result<Db> {
        Db::of(path, mem::open_mut(path)?)
    }

    /// Opens the database at `path` for reading and writing. Makes an empty one if
    /// nothing is there.
    pub fn create(path: &Path) -> Result<Db> {
        match mem::open_mut(path) {
            Ok(mapping) => Db::of(path, mapping),
            Err(error) if error.code() == ErrorCode::NotFound => {
                build(path, None, 0)?;
                Db::open_mut(path)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn of(path: &Path, mapping: Mapping) -> Result<Db> {
        Ok(Db {
            table: Table::open(mapping)?,
            path: path.to_owned(),
        })
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.table.get(key)
    }

    /// Sets `key` to `value`, and returns when that is on the disk.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if !self.table.put(key, value)? {
            // A mapping never grows, so a larger file replaces this one.
            let room = Record::encode(key, value)?.len() as u64;
            build(&self.path, Some(&self.table), room)?;
            *self = Db::open_mut(&self.path)?;
            ensure!(self.table.put(key, value)?, "no room after growing");
        }
        Ok(())
    }

    /// Deletes `key`, and returns when that is on the disk. The result says whether
    /// the key was there.
    pub fn delete(&self, key: &[u8]) -> Result<bool> {
        self.table.delete(key)
    }

    pub fn records(&self) -> impl Iterator<Item = Result<Record>> {
        self.table.records()
    }
}

/// Puts a file at `path` that has the records of `old`, room for one more of
/// `room` bytes, and room for as much again. The file is built beside `path`,
/// flushed and renamed, so that there is always a whole database at `path`.
fn build(path: &Path, old: Option<&Table<Mapping>>, room: u64) -> Result<()> {
    let mut count = 1;
    let mut bytes = room;
    for record in old.iter().flat_map(|old| old.records()) {
        count += 1;
        bytes += record?.len();
    }
    let mut slots = LEAST_SLOTS;
    while most_used(slots) < 2 * count {
        slots *= 2;
    }
    let bytes = LEAST_BYTES.max(2 * bytes);

    let mut beside = path.to_owned().into_os_string();
    beside.push(".new");
    // A file that is left over was never complete.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {beside:?}"));
        }
        _ => {}
    }
    let mapping = mem::create(&beside, file_size(slots, bytes))?;
    let new = Table::format(Unflushed(mapping), slots)?;
    for record in old.iter().flat_map(|old| old.records()) {
        let Record { key, value } = record?;
        ensure!(new.put(&key, &value)?, "the database was changed meanwhile");
    }
    let Unflushed(mapping) = new.into_store();
    mapping.unmap()?;

    fs::rename(&beside, path).with_context(|| format!("cannot rename {beside:?} to {path:?}"))?;
    if cfg!(all(target_os = "wasi", target_env = "p1")) {
        // wasmtime's WASI 0.1 flushes files only.
        return Ok(());
    }
    let folder = match path.parent() {
        Some(folder) if folder != "" => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("cannot flush the directory {folder:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn pairs_of(db: &Db) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        db.records()
            .map(|record| record.map(|Record { key, value }| (key, value)))
            .collect()
    }

    #[test]
    fn grows_and_is_whole_when_it_is_opened_again() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("db");
        let mut db = Db::create(&path)?;
        let size = fs::metadata(&path)?.len();
        let mut expected = BTreeMap::new();
        for key in 0..10_u8 {
            let value = vec![key; 30_000];
            db.put(&[key], &value)?;
            assert_eq!(Db::open(&path)?.get(&[key])?.as_ref(), Some(&value));
            expected.insert(vec![key], value);
        }
        assert!(fs::metadata(&path)?.len() > size);
        assert!(db.delete(&[3])?);
        assert!(!db.delete(&[3])?);
        expected.remove([3].as_slice());
        drop(db);
        assert!(pairs_of(&Db::create(&path)?)? == expected);
        // What it was built in is gone.
        assert_eq!(fs::read_dir(&dir)?.count(), 1);
        Ok(())
    }

    #[test]
    fn only_writers_make_a_file() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("db");
        for opened in [Db::open(&path), Db::open_mut(&path)] {
            let error = opened.err().context("opened")?;
            let error = error.downcast::<mem::Error>()?;
            assert_eq!(error.code(), ErrorCode::NotFound);
        }
        assert!(!path.exists());
        assert!(pairs_of(&Db::create(&path)?)?.is_empty());
        assert!(path.exists());
        Ok(())
    }
}
