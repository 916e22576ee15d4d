//! Tables in mapped files that remember each write, and so can be stopped
//! between any two.

use super::*;
use mem::{Access, Mapping, Options};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::rc::Rc;

enum Event {
    Write(u64, Vec<u8>),
    Flush(Range<u64>),
}

#[derive(Clone)]
struct Recorded {
    mapping: Rc<Mapping>,
    events: Rc<RefCell<Vec<Event>>>,
}

impl Recorded {
    /// Of a file with these bytes. It is not changed, so that no test waits
    /// for the disk.
    fn of(bytes: Vec<u8>) -> Self {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let mut options = Options::new();
        options.access(Access::CopyOnWrite);
        Recorded {
            mapping: Rc::new(options.open(file.path()).unwrap()),
            events: Rc::default(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.mapping.bytes().unwrap()
    }

    fn record(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }
}

fn put_bytes(at: &mut [u8], offset: u64, bytes: &[u8]) {
    let offset = offset as usize;
    at[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl Store for Recorded {
    fn len(&self) -> u64 {
        Store::len(&*self.mapping)
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.mapping.read(offset, buffer)
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.record(Event::Write(offset, bytes.to_vec()));
        self.mapping.write(offset, bytes)
    }

    fn load(&self, offset: u64) -> Result<u64> {
        self.mapping.load(offset)
    }

    fn store(&self, offset: u64, value: u64) -> Result<()> {
        assert_eq!(offset % 8, 0, "a store must be aligned");
        self.record(Event::Write(offset, value.to_le_bytes().to_vec()));
        self.mapping.store(offset, value)
    }

    fn flush(&self, range: Range<u64>) -> Result<()> {
        self.record(Event::Flush(range.clone()));
        Store::flush(&*self.mapping, range)
    }
}

/// Pseudo-random numbers (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

fn pairs_of(table: &Table<impl Store>) -> Pairs {
    let pairs: Pairs = table
        .records()
        .map(|record| record.map(|Record { key, value }| (key, value)))
        .collect::<Result<_>>()
        .unwrap();
    for (key, value) in &pairs {
        assert_eq!(table.get(key).unwrap().as_ref(), Some(value));
    }
    pairs
}

fn empty(slots: u64, bytes: u64) -> Table<Recorded> {
    let store = Recorded::of(vec![0; file_size(slots, bytes) as usize]);
    Table::format(store, slots).unwrap()
}

/// Changes `table` at random, and calls `after` with the pairs after each
/// change.
fn change_at_random(table: &Table<Recorded>, changes: u64, mut after: impl FnMut(&Pairs)) {
    let mut random = Random(1);
    let mut expected = Pairs::new();
    for _ in 0..changes {
        let key = format!("key {}", random.below(9)).into_bytes();
        if random.below(3) == 0 {
            let deleted = table.delete(&key).unwrap();
            assert_eq!(deleted, expected.remove(&key).is_some());
        } else {
            let value = vec![b'v'; random.below(40) as usize];
            assert!(table.put(&key, &value).unwrap());
            expected.insert(key, value);
        }
        after(&expected);
    }
}

#[test]
fn does_what_a_map_does() {
    let table = empty(32, 1 << 16);
    change_at_random(&table, 500, |expected| {
        assert_eq!(&pairs_of(&table), expected)
    });
    let reopened = Table::open(table.store.clone()).unwrap();
    assert_eq!(pairs_of(&reopened), pairs_of(&table));
}

#[test]
fn says_when_it_is_full() {
    let table = empty(8, 1 << 16);
    for key in 0..6 {
        assert!(table.put(&[key], b"").unwrap());
    }
    assert!(!table.put(&[6], b"").unwrap());
    assert!(table.put(&[5], b"another").unwrap());
    assert!(table.delete(&[0]).unwrap());
    // A slot that was used once can be used again, if it is on the key's way.
    assert!(table.put(&[0], b"").unwrap());
    assert_eq!(pairs_of(&table).len(), 6);

    let table = empty(8, 100);
    assert!(!table.put(b"key", &[0; 100]).unwrap());
    assert_eq!(pairs_of(&table).len(), 0);
}

/// The pairs after each change, and how many events there had been.
fn history(table: &Table<Recorded>) -> Vec<(usize, Pairs)> {
    let events = table.store.events.clone();
    let mut history = vec![(events.borrow().len(), Pairs::new())];
    change_at_random(table, 60, |pairs| {
        history.push((events.borrow().len(), pairs.clone()));
    });
    history
}

/// That a table in `bytes` has all changes that were done after `events`
/// events, and perhaps the one that was not.
fn check(bytes: Vec<u8>, history: &[(usize, Pairs)], events: usize) {
    let done = history.partition_point(|(after, _)| *after <= events) - 1;
    let table = Table::open(Recorded::of(bytes)).unwrap();
    let pairs = pairs_of(&table);
    let next = history.get(done + 1);
    assert!(
        pairs == history[done].1 || next.is_some_and(|(_, next)| pairs == *next),
        "{pairs:?} after {events} events"
    );
    // What was left over does not stand in the way of further changes.
    assert!(table.put(b"one more", &[b'1'; 40]).unwrap());
    assert!(table.delete(b"one more").unwrap());
    assert_eq!(pairs_of(&table), pairs);
}

#[test]
fn survives_a_kill_within_any_write() {
    let table = empty(32, 1 << 13);
    let made = table.store.events.borrow().len();
    let mut bytes = vec![0; table.store.len() as usize];
    let history = history(&table);
    for (index, event) in table.store.events.borrow().iter().enumerate() {
        let Event::Write(offset, written) = event else {
            continue;
        };
        if index >= made {
            check(bytes.clone(), &history, index);
            // Only a number is written all at once.
            for part in 0..if written.len() > 8 { written.len() } else { 0 } {
                let mut torn = bytes.clone();
                put_bytes(&mut torn, *offset, &written[..part]);
                check(torn, &history, index);
            }
        }
        put_bytes(&mut bytes, *offset, written);
    }
    check(bytes, &history, usize::MAX);
}

#[test]
fn survives_a_power_failure_at_any_time() {
    let table = empty(32, 1 << 13);
    let made = table.store.events.borrow().len();
    let history = history(&table);
    let mut random = Random(1);
    let mut disk = vec![0; table.store.len() as usize];
    // What may or may not have reached the disk: 8 bytes do so together.
    let mut pending: Vec<(u64, Vec<u8>)> = Vec::new();
    for (index, event) in table.store.events.borrow().iter().enumerate() {
        match event {
            Event::Write(offset, written) => {
                for (word, bytes) in written.chunks(8).enumerate() {
                    pending.push((offset + 8 * word as u64, bytes.to_vec()));
                }
            }
            Event::Flush(range) => pending.retain(|(offset, bytes)| {
                let flushed = range.contains(offset);
                if flushed {
                    put_bytes(&mut disk, *offset, bytes);
                }
                !flushed
            }),
        }
        for _ in 0..if index >= made { 20 } else { 0 } {
            let mut after = disk.clone();
            for (offset, bytes) in &pending {
                if random.below(2) == 0 {
                    put_bytes(&mut after, *offset, bytes);
                }
            }
            check(after, &history, index + 1);
        }
    }
}

#[test]
fn refuses_what_is_not_a_table() {
    let error = |bytes: Vec<u8>| match Table::open(Recorded::of(bytes)) {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    };
    assert_eq!(error(vec![]), "not a kv database");
    assert_eq!(error(vec![0; 4096]), "not a kv database");

    let table = empty(32, 1024);
    let whole = table.store.bytes();
    assert!(error(whole[..whole.len() - 1].to_vec()).ends_with("are missing"));
    for bit in 0..8 * FIXED {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        error(damaged);
    }
}

#[test]
fn serves_no_damaged_record() {
    let table = empty(8, 1024);
    assert!(table.put(b"key", b"value").unwrap());
    let whole = table.store.bytes();
    let start = records_start(8) as usize;
    for bit in 8 * start..8 * (start + Record::encode(b"key", b"value").unwrap().len()) {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let table = Table::open(Recorded::of(damaged)).unwrap();
        assert!(table.get(b"key").is_err());
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let table = empty(8, 256);
    assert!(table.put(b"key", b"value").unwrap());
    let whole = table.store.bytes();
    let mut random = Random(1);
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = FIXED as u64 + random.below((bytes.len() - FIXED) as u64);
            bytes[at as usize] = random.below(256) as u8;
        }
        if let Ok(table) = Table::open(Recorded::of(bytes)) {
            let _ = table.get(b"key");
            let _ = table.put(b"key", b"new");
            let _ = table.put(b"another", b"new");
            let _ = table.delete(b"key");
            table.records().for_each(drop);
        }
    }
}
