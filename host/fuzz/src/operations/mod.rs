//! Sequences of operations with arbitrary arguments. A model says what each must
//! give.

mod model;

use self::model::{
    MAX_LOCKED, MAX_MAPPED, MAX_MAPPINGS, MAX_PRIVATE, MAX_READ, Model, Path, READ_ONLY_FILE,
    Target::{Directory, File, Outside},
};
use crate::files::{Files, pattern};
use crate::guest::{Guest, Running};
use crate::input::{Number, Pick, all, page};
use crate::outcome::{Failure::*, Outcome};
use crate::state::engine;
use crate::target::{self, Target};
use arbitrary::Arbitrary;
use mem_contract::{Access, Advice, ByteRange, ErrorCode, ErrorCode::*};
use mem_contract::{FlushMode, MapFlags, MapOptions, Protection};
use mem_host::MemCtxBuilder;

/// Where the files of the model are in the host.
const FILES: [&str; 4] = ["rw/a", "rw/b", "rw/new", "ro/c"];

/// Paths of the guest, and where they lead.
const PATHS: [(&str, Path); 14] = [
    ("a", Ok(File(0))),
    ("./a", Ok(File(0))),
    ("directory/../a", Ok(File(0))),
    ("b", Ok(File(1))),
    ("new", Ok(File(2))),
    ("/ro/c", Ok(File(READ_ONLY_FILE))),
    ("ro/c", Ok(File(READ_ONLY_FILE))),
    ("directory", Ok(Directory)),
    (".", Ok(Directory)),
    ("../ro/c", Ok(Outside)),
    ("/a", Err(AccessDenied)),
    ("/proc/self/maps", Err(AccessDenied)),
    ("", Err(InvalidArgument)),
    ("a\0", Err(InvalidArgument)),
];

#[derive(Arbitrary, Debug)]
struct Input {
    lengths: [u16; 3],
    may_execute: bool,
    #[arbitrary(with = all)]
    operations: Vec<Operation>,
}

type MaybeRange = Option<(Number, Number)>;

#[derive(Arbitrary, Debug)]
enum Operation {
    Map(u8, u8, u8, Number, Option<Number>),
    MapAgain(u8, u8, Number, Option<Number>),
    Size(Pick),
    Read(Pick, Number, Number),
    ReadMany(Pick, Vec<(Number, Number)>),
    Write(Pick, Number, Number, u8),
    Load(Pick, u8, Number),
    Store(Pick, u8, Number, u64),
    Flush(Pick, MaybeRange, bool),
    Lock(Pick, MaybeRange),
    Unlock(Pick, MaybeRange),
    Protect(Pick, MaybeRange, u8),
    Advise(Pick, MaybeRange, u8),
    Unmap(Pick),
    Drop(Pick),
    AdviseMany(Pick, Vec<(Number, Number)>, u8),
}

/// The host. Each thread makes one.
struct Host {
    guest: Guest,
    files: Files,
    grants: MemCtxBuilder,
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        let mut grants = files.grants();
        grants
            .max_mapped_bytes(MAX_MAPPED)
            .max_private_bytes(MAX_PRIVATE)
            .max_locked_bytes(MAX_LOCKED)
            .max_mappings(MAX_MAPPINGS)
            .max_read_bytes(MAX_READ);
        Self {
            guest: Guest::new(&engine(), 4),
            files,
            grants,
        }
    }
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Runs the operations that `data` encodes.
///
/// # Panics
///
/// If one does not give what the model says.
pub fn run(data: &[u8]) {
    target::run(&HOST, data);
}

impl Target for Host {
    type Input = Input;

    fn run(&self, input: &Input) {
        let length = |length: u16| usize::from(length) % (4 * page() + 2);
        let [a, b, c] = input.lengths.map(length);
        let files = [
            Some(pattern(a, 1)),
            Some(pattern(b, 2)),
            None,
            Some(pattern(c, 3)),
        ];
        for (name, bytes) in FILES.iter().zip(&files) {
            self.files.set(name, bytes.as_deref());
        }
        let model = Model {
            files,
            mappings: Default::default(),
            may_execute: input.may_execute,
        };
        let mem = self.grants.clone().allow_exec(input.may_execute).build();
        let mut session = Session {
            guest: self.guest.start(mem),
            model,
        };
        for operation in input.operations.iter().take(64) {
            session.run(operation);
        }
        // Not an operation of its own, so that known inputs keep their meaning.
        for &error in ErrorCode::ALL {
            let why = session.guest.explain(error);
            assert!(why.is_none_or(|why| why.len() > 10 && !why.contains('\n')));
            assert_eq!(session.guest.explain(error), None, "the host says it once");
        }
        let model = session.model;
        drop(session.guest);
        for (name, bytes) in FILES.iter().zip(model.files) {
            self.files.check(name, bytes.as_deref());
        }
    }
}

/// A guest, and the model of what the host must do for it.
struct Session {
    guest: Running,
    model: Model,
}

impl Session {
    fn run(&mut self, operation: &Operation) {
        let handles: Vec<u32> = self.model.mappings.keys().copied().collect();
        match operation {
            Operation::Map(path, access, flags, offset, length) => {
                self.map(*path, *access, *flags, *offset, *length);
            }
            Operation::MapAgain(path, access, offset, length) => {
                self.map(path % 7, *access, 0, *offset, *length);
            }
            Operation::Size(pick) => {
                let handle = pick.of(&handles);
                let got = self.guest.number("size", &[&handle]);
                let want = self.model.mappings.get(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|m| m.size as u64), "{operation:?}");
            }
            Operation::Read(pick, offset, length) => {
                let (handle, offset, length) = (pick.of(&handles), offset.0, length.0);
                let got = self.guest.bytes("read", &[&handle, &offset, &length]);
                self.check_list(handle, &[ByteRange { offset, length }], got);
                // Not an operation of its own, so that known inputs keep their
                // meaning.
                for count in [length, length / 64] {
                    let got = self.guest.bytes("read-u64x8", &[&handle, &offset, &count]);
                    let length = count.saturating_mul(64);
                    self.check_list(handle, &[ByteRange { offset, length }], got);
                }
            }
            Operation::ReadMany(pick, ranges) => {
                let handle = pick.of(&handles);
                let ranges = ranges.iter().take(20).map(range_of);
                let ranges: Vec<ByteRange> = ranges.collect();
                let got = self
                    .guest
                    .bytes("read-many", &[&handle, &ranges.as_slice()]);
                self.check_list(handle, &ranges, got);
            }
            Operation::Write(pick, offset, length, seed) => {
                let handle = pick.of(&handles);
                let bytes = pattern(length.0.min(9000) as usize, *seed);
                let list = bytes.as_slice();
                let got = self.guest.done("write", &[&handle, &offset.0, &list]);
                let want = self.model.write(handle, offset.0, &bytes);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Load(pick, width, offset) => {
                const LOADS: [(&str, u64); 5] = [
                    ("load-u8", 1),
                    ("load-u16", 2),
                    ("load-u32", 4),
                    ("load-u64", 8),
                    ("load-u64x8", 64),
                ];
                let (handle, offset) = (pick.of(&handles), offset.0);
                let (load, length) = LOADS[usize::from(width % 5)];
                let got = self.guest.bytes(load, &[&handle, &offset]);
                let mapping = self.model.mappings.get(&handle).ok_or(Trap);
                let range = ByteRange { offset, length };
                let range = mapping.and_then(|mapping| mapping.checked(range));
                let want = range.map(|range| self.model.bytes(handle, range));
                check_bytes(got, want, &format!("{operation:?}"));
            }
            Operation::Store(pick, width, offset, value) => {
                const STORES: [(&str, usize); 4] = [
                    ("store-u8", 1),
                    ("store-u16", 2),
                    ("store-u32", 4),
                    ("store-u64", 8),
                ];
                let handle = pick.of(&handles);
                let (store, width) = STORES[usize::from(width % 4)];
                let got = self.guest.done(store, &[&handle, &offset.0, value]);
                let bytes = &value.to_le_bytes()[..width];
                let want = self.model.write(handle, offset.0, bytes);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Flush(pick, range, asynchronous) => {
                let (handle, range) = (pick.of(&handles), range.as_ref().map(range_of));
                let mode = FlushMode::ALL[usize::from(*asynchronous)];
                let got = self.guest.done("flush", &[&handle, &range, &mode]);
                assert_eq!(got, self.model.flush(handle, range), "{operation:?}");
            }
            Operation::Lock(pick, range) => {
                let (handle, range) = (pick.of(&handles), range.as_ref().map(range_of));
                let got = self.guest.done("lock", &[&handle, &range]);
                assert_eq!(got, self.model.lock(handle, range), "{operation:?}");
            }
            Operation::Unlock(pick, range) => {
                let (handle, range) = (pick.of(&handles), range.as_ref().map(range_of));
                let got = self.guest.done("unlock", &[&handle, &range]);
                assert_eq!(got, self.model.unlock(handle, range), "{operation:?}");
            }
            Operation::Protect(pick, range, protection) => {
                let (handle, range) = (pick.of(&handles), range.as_ref().map(range_of));
                let protection = Protection::ALL[usize::from(protection % 4)];
                let got = self.guest.done("protect", &[&handle, &range, &protection]);
                let want = self.model.protect(handle, range, protection);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Advise(pick, range, advice) => {
                let (handle, range) = (pick.of(&handles), range.as_ref().map(range_of));
                let advice = Advice::ALL[usize::from(advice % 10)];
                let got = self.guest.done("advise", &[&handle, &range, &advice]);
                let want = self.model.advise(handle, &[range], advice, got);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::AdviseMany(pick, ranges, advice) => {
                let handle = pick.of(&handles);
                let ranges: Vec<_> = ranges.iter().take(8).map(range_of).collect();
                let advice = Advice::ALL[usize::from(advice % 10)];
                let list = ranges.as_slice();
                let got = self.guest.done("advise-many", &[&handle, &list, &advice]);
                let ranges: Vec<_> = ranges.into_iter().map(Some).collect();
                let want = self.model.advise(handle, &ranges, advice, got);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Unmap(pick) => {
                let handle = pick.of(&handles);
                let got = self.guest.done("unmap", &[&handle]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Drop(pick) => {
                let handle = pick.of(&handles);
                let got = self.guest.done("drop-mapping", &[&handle]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
        }
    }

    fn map(&mut self, path: u8, access: u8, flags: u8, offset: Number, length: Option<Number>) {
        let (path, target) = PATHS[usize::from(path) % PATHS.len()];
        let mut options = MapOptions {
            access: Access::ALL[usize::from(access % 3)],
            // The host ignores the bits that are no flags.
            flags: MapFlags::from_bits_retain(flags),
            offset: offset.0,
            length: length.map(|length| length.0),
        };
        // A file of exabytes takes no room in the host, but it does in the model.
        let end = options.offset.checked_add(options.length.unwrap_or(0));
        if options.flags.contains(MapFlags::CREATE)
            && end.is_some_and(|end| end > 16 * page() as u64 && end <= i64::MAX as u64)
        {
            options.offset %= 4 * page() as u64;
            options.length = options.length.map(|length| length % (4 * page() as u64));
        }
        let got = self.guest.handle("file-map", &[&path, &options]);
        match (got, self.model.map(target, &options)) {
            (Ok(handle), Ok(mapping)) => {
                let before = self.model.mappings.insert(handle, mapping);
                assert!(before.is_none(), "{handle} is given twice");
            }
            (Err(got), Err(want)) => assert_eq!(got, want, "{path:?} {options:?}"),
            (got, want) => panic!("{path:?} {options:?}: {got:?} instead of {want:?}"),
        }
    }

    fn check_list(&self, handle: u32, ranges: &[ByteRange], got: Outcome<Vec<u8>>) {
        let want = self.listed(handle, ranges);
        check_bytes(got, want, &format!("{handle} {ranges:?}"));
    }

    fn listed(&self, handle: u32, ranges: &[ByteRange]) -> Outcome<Vec<Option<u8>>> {
        let mapping = self.model.mappings.get(&handle).ok_or(Trap)?;
        let checked = ranges.iter().map(|&range| mapping.checked(range));
        let checked = checked.collect::<Outcome<Vec<_>>>()?;
        if checked.iter().map(ExactSizeIterator::len).sum::<usize>() as u64 > MAX_READ {
            return Err(Error(QuotaExceeded));
        }
        let bytes = checked
            .into_iter()
            .flat_map(|range| self.model.bytes(handle, range));
        Ok(bytes.collect())
    }
}

fn range_of(&(offset, length): &(Number, Number)) -> ByteRange {
    ByteRange {
        offset: offset.0,
        length: length.0,
    }
}

#[track_caller]
fn check_bytes(got: Outcome<Vec<u8>>, want: Outcome<Vec<Option<u8>>>, what: &str) {
    match (got, want) {
        (Ok(got), Ok(want)) => {
            assert_eq!(got.len(), want.len(), "{what}");
            let differs = |(got, want): (&u8, &Option<u8>)| want.is_some_and(|want| *got != want);
            let differs = got.iter().zip(&want).position(differs);
            assert_eq!(differs, None, "{what}");
        }
        (Err(got), Err(want)) => assert_eq!(got, want, "{what}"),
        (got, want) => panic!("{what}: {:?} instead of {:?}", got.err(), want.err()),
    }
}
