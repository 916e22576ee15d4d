//! The hash table.
//!
//! # Format
//!
//! All numbers are little-endian. A file is a header, slots, and records.
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | magic: `mem-kv\r\n` |
//! | 8 | 4 | version: 1 |
//! | 12 | 4 | CRC-32 of bytes 0 to 12 and 16 to 32 |
//! | 16 | 8 | number of slots, a power of two |
//! | 24 | 8 | size of the file |
//! | 32 | 8 | where the next record goes |
//! | 40 | 8 | at least the number of slots that are not empty |
//! | 48 | 16 | 0 |
//! | 64 | 8 each | slots |
//! | … | | records, see [`crate::record`] |
//!
//! A slot has the offset of a record in its low 48 bits, and above them the high
//! 16 bits of the hash of the record's key. It is 0 if it is empty, and 1 if its
//! record was deleted. The search for a key begins at the slot that the low bits
//! of its hash name, and goes on from slot to slot up to an empty one. The hash is
//! FNV-1a of 64 bits.
//!
//! # Order of writes
//!
//! A change counts from the moment that one slot is stored. A slot is stored whole
//! or not at all. Everything that it leads to was flushed before: the record, and
//! the number in the header that says that its bytes are taken. So the file is
//! whole whenever the host dies or the power fails. What a change had begun to
//! write before that moment stays among the records until the table is built anew,
//! but nothing leads to it. A record's bytes never change.

use crate::record::Record;
use crate::store::Store;
use anyhow::{Result, ensure};

const MAGIC: [u8; 8] = *b"mem-kv\r\n";
const VERSION: u32 = 1;

/// The bytes of the header that never change. They are checked when a file is
/// opened.
const FIXED: usize = 32;
const NEXT: u64 = 32;
const USED: u64 = 40;
const SLOTS: u64 = 64;

const EMPTY: u64 = 0;
const DELETED: u64 = 1;
const OFFSET_BITS: u32 = 48;

pub struct Table<S> {
    store: S,
    slots: u64,
}

/// Where the search for a key ended.
enum Found {
    /// In the slot at this offset, which leads to this record.
    Record(u64, Record),
    /// There is no such key, and it can get the slot at this offset.
    Free { slot: u64, was_empty: bool },
    /// There is no such key, and no slot for it.
    Full,
}

impl<S: Store> Table<S> {
    /// Opens the table that `store` holds.
    pub fn open(store: S) -> Result<Self> {
        let mut fixed = [0; FIXED];
        if store.len() >= SLOTS {
            store.read(0, &mut fixed)?;
        }
        ensure!(fixed.starts_with(&MAGIC), "not a kv database");
        let version = u32::from_le_bytes([8, 9, 10, 11].map(|i| fixed[i]));
        ensure!(
            version == VERSION,
            "a kv database of version {version}; this program reads version {VERSION}"
        );
        let (slots, size) = (store.load(16)?, store.load(24)?);
        ensure!(fixed == header(slots, size), "the header is damaged");
        ensure!(
            size <= store.len(),
            "{} of {size} bytes are missing",
            size - store.len()
        );
        let table = Table { store, slots };
        let (next, used) = (table.store.load(NEXT)?, table.store.load(USED)?);
        let sound = slots.is_power_of_two()
            && slots <= size / 8
            && (records_start(slots)..=size).contains(&next)
            && used <= slots;
        ensure!(sound, "the header is damaged");
        Ok(table)
    }

    /// Makes an empty table of a store of zero bytes.
    pub fn format(store: S, slots: u64) -> Result<Self> {
        store.write(0, &header(slots, store.len()))?;
        store.store(NEXT, records_start(slots))?;
        store.flush(0..SLOTS)?;
        Table::open(store)
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(match self.find(key)? {
            Found::Record(_, record) => Some(record.value),
            _ => None,
        })
    }

    /// Sets `key` to `value`, and returns when that is on the disk. Says false
    /// and does nothing if there is no room.
    pub fn put(&self, key: &[u8], value: &[u8]) -> Result<bool> {
        let record = Record::encode(key, value)?;
        let mut used = self.store.load(USED)?;
        let slot = match self.find(key)? {
            Found::Record(slot, _) => slot,
            Found::Free { slot, was_empty } => {
                used += u64::from(was_empty);
                slot
            }
            Found::Full => return Ok(false),
        };
        let offset = self.store.load(NEXT)?;
        let next = offset + record.len() as u64;
        if next > self.store.len() || used > most_used(self.slots) {
            return Ok(false);
        }

        self.store.write(offset, &record)?;
        self.store.store(NEXT, next)?;
        self.store.store(USED, used)?;
        self.store.flush(offset..next)?;
        self.store.flush(NEXT..SLOTS)?;
        self.publish(slot, entry(hash(key), offset))?;
        Ok(true)
    }

    /// Deletes `key`, and returns when that is on the disk. Says whether there
    /// was such a key.
    pub fn delete(&self, key: &[u8]) -> Result<bool> {
        let Found::Record(slot, _) = self.find(key)? else {
            return Ok(false);
        };
        self.publish(slot, DELETED)?;
        Ok(true)
    }

    /// All records, in the order of their slots.
    pub fn records(&self) -> impl Iterator<Item = Result<Record>> {
        (0..self.slots).filter_map(|slot| match self.store.load(SLOTS + 8 * slot) {
            Ok(EMPTY | DELETED) => None,
            Ok(entry) => Some(Record::read(&self.store, offset(entry))),
            Err(error) => Some(Err(error)),
        })
    }

    pub fn into_store(self) -> S {
        self.store
    }

    fn publish(&self, slot: u64, entry: u64) -> Result<()> {
        self.store.store(slot, entry)?;
        self.store.flush(slot..slot + 8)
    }

    fn find(&self, key: &[u8]) -> Result<Found> {
        let hash = hash(key);
        let mut deleted = None;
        for step in 0..self.slots {
            let slot = SLOTS + 8 * (hash.wrapping_add(step) % self.slots);
            match self.store.load(slot)? {
                EMPTY => {
                    return Ok(Found::Free {
                        slot: deleted.unwrap_or(slot),
                        was_empty: deleted.is_none(),
                    });
                }
                DELETED => {
                    deleted.get_or_insert(slot);
                }
                found if found == entry(hash, offset(found)) => {
                    let record = Record::read(&self.store, offset(found))?;
                    if record.key == key {
                        return Ok(Found::Record(slot, record));
                    }
                }
                _ => {}
            }
        }
        Ok(match deleted {
            Some(slot) => Found::Free {
                slot,
                was_empty: false,
            },
            None => Found::Full,
        })
    }
}

/// The size of a file with `slots` slots and `bytes` bytes of records.
pub fn file_size(slots: u64, bytes: u64) -> u64 {
    records_start(slots) + bytes
}

/// How many of `slots` slots can be used. With more, searches become long.
pub fn most_used(slots: u64) -> u64 {
    slots / 4 * 3
}

fn records_start(slots: u64) -> u64 {
    SLOTS + 8 * slots
}

/// The part of the header that never changes.
fn header(slots: u64, size: u64) -> [u8; FIXED] {
    let mut bytes = [0; FIXED];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..24].copy_from_slice(&slots.to_le_bytes());
    bytes[24..32].copy_from_slice(&size.to_le_bytes());
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&bytes[..12]);
    checksum.update(&bytes[16..]);
    bytes[12..16].copy_from_slice(&checksum.finalize().to_le_bytes());
    bytes
}

/// A slot that leads to the record at `offset`, with a key of this hash.
fn entry(hash: u64, offset: u64) -> u64 {
    hash >> OFFSET_BITS << OFFSET_BITS | offset
}

fn offset(entry: u64) -> u64 {
    entry & ((1 << OFFSET_BITS) - 1)
}

/// FNV-1a.
fn hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
