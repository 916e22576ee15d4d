//! A key and its value, as they lie in the file.
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | CRC-32 of all that follows |
//! | 4 | length of the key |
//! | 4 | length of the value |
//! | … | the key |
//! | … | the value |

use crate::store::Store;
use anyhow::{Result, ensure};

pub const MAX_KEY: usize = 64 << 10;
pub const MAX_VALUE: usize = 16 << 20;

const CHECKSUM: usize = 4;
const HEAD: usize = 12;

pub struct Record {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Record {
    /// The bytes of a record with `key` and `value`.
    pub fn encode(key: &[u8], value: &[u8]) -> Result<Vec<u8>> {
        ensure!(
            key.len() <= MAX_KEY,
            "a key has at most {MAX_KEY} bytes, this one has {}",
            key.len()
        );
        ensure!(
            value.len() <= MAX_VALUE,
            "a value has at most {MAX_VALUE} bytes, this one has {}",
            value.len()
        );
        let mut bytes = Vec::with_capacity(HEAD + key.len() + value.len());
        bytes.extend([0; CHECKSUM]);
        bytes.extend((key.len() as u32).to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(key);
        bytes.extend(value);
        let checksum = crc32fast::hash(&bytes[CHECKSUM..]);
        bytes[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads the record at `offset`, if it is whole.
    pub fn read(store: &impl Store, offset: u64) -> Result<Record> {
        let room = store.len().saturating_sub(offset);
        ensure!(room >= HEAD as u64, Damaged(offset));
        let mut head = [0; HEAD];
        store.read(offset, &mut head)?;
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| head[at + i]));
        let (checksum, key, value) = (number(0), number(4) as usize, number(8) as usize);

        let whole = key <= MAX_KEY && value <= MAX_VALUE && (HEAD + key + value) as u64 <= room;
        ensure!(whole, Damaged(offset));
        let mut body = vec![0; key + value];
        store.read(offset + HEAD as u64, &mut body)?;

        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[CHECKSUM..]);
        hasher.update(&body);
        ensure!(hasher.finalize() == checksum, Damaged(offset));
        let value = body.split_off(key);
        Ok(Record { key: body, value })
    }

    /// How many bytes the record has in the file.
    pub fn len(&self) -> u64 {
        (HEAD + self.key.len() + self.value.len()) as u64
    }
}

/// What is wrong with the file.
#[derive(Debug)]
struct Damaged(u64);

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the record at offset {} is damaged", self.0)
    }
}

impl std::error::Error for Damaged {}
