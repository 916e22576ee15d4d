//! Sequences of operations with arbitrary arguments, against a model that says
//! what each must give.

mod model;

use self::model::{
    Access, MAX_LOCKED, MAX_MAPPED, MAX_MAPPINGS, MAX_PRIVATE, MAX_READ, Model, Options,
    READ_ONLY_FILE, Target,
};
use crate::files::{Files, pattern};
use crate::guest::{CODES, Failure::*, Function, Guest, Outcome, Running, config};
use crate::input::{Number, Pick, all, page};
use arbitrary::{Arbitrary, Unstructured};
use mem_host::MemCtxBuilder;
use wasmtime::Engine;

/// Where the files of the model are in the host.
const FILES: [&str; 4] = ["rw/a", "rw/b", "rw/new", "ro/c"];

/// Paths of the guest, and where they lead.
const PATHS: [(&str, Target); 14] = [
    ("a", Target::File(0)),
    ("./a", Target::File(0)),
    ("directory/../a", Target::File(0)),
    ("b", Target::File(1)),
    ("new", Target::File(2)),
    ("/ro/c", Target::File(READ_ONLY_FILE)),
    ("ro/c", Target::File(READ_ONLY_FILE)),
    ("directory", Target::Directory),
    (".", Target::Directory),
    ("../ro/c", Target::Outside),
    ("/a", Target::Refused(AccessDenied)),
    ("/proc/self/maps", Target::Refused(AccessDenied)),
    ("", Target::Refused(InvalidArgument)),
    ("a\0", Target::Refused(InvalidArgument)),
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
}

/// The host, which one thread makes once.
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
            guest: Guest::new(&Engine::new(&config()).unwrap(), 4),
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
/// If one gives something else than the model says.
pub fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    HOST.with(|host| host.run(input));
}

impl Host {
    fn run(&self, input: Input) {
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
        // No operation of its own, so that inputs stay what they were.
        for error in 0..CODES.len() as u64 {
            let why = session.guest.explain(error);
            assert!(why.is_none_or(|why| why.len() > 10 && !why.contains('\n')));
            assert_eq!(session.guest.explain(error), None, "it is told once");
        }
        let model = session.model;
        drop(session.guest);
        for (name, bytes) in FILES.iter().zip(model.files) {
            assert!(self.files.get(name) == bytes, "{name} has other bytes");
        }
    }
}

/// A guest, and what the host has to do for it.
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
                let got = self.guest.call(Function::Size, &[handle.into()]);
                let want = self.model.mappings.get(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|m| m.size as u64), "{operation:?}");
            }
            Operation::Read(pick, offset, length) => {
                let handle = pick.of(&handles);
                let arguments = [handle.into(), offset.0, length.0];
                let got = self.guest.list(Function::Read, &arguments);
                self.check_list(handle, &[(offset.0, length.0)], got);
                // No operation of its own, so that inputs stay what they were.
                for count in [length.0, length.0 / 64] {
                    let arguments = [handle.into(), offset.0, count];
                    let got = self.guest.list(Function::ReadU64x8, &arguments);
                    self.check_list(handle, &[(offset.0, count.saturating_mul(64))], got);
                }
            }
            Operation::ReadMany(pick, ranges) => {
                let handle = pick.of(&handles);
                let ranges = ranges.iter().take(20).map(|(o, l)| (o.0, l.0));
                let ranges: Vec<(u64, u64)> = ranges.collect();
                let numbers = ranges.iter().flat_map(|&(o, l)| [o, l]);
                let list: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
                let (list, _) = self.guest.argument(&list);
                let arguments = [handle.into(), list, ranges.len() as u64];
                let got = self.guest.list(Function::ReadMany, &arguments);
                self.check_list(handle, &ranges, got);
            }
            Operation::Write(pick, offset, length, seed) => {
                let handle = pick.of(&handles);
                let bytes = pattern(length.0.min(9000) as usize, *seed);
                let (list, length) = self.guest.argument(&bytes);
                let arguments = [handle.into(), offset.0, list, length];
                let got = self.guest.done(Function::Write, &arguments);
                let want = self.model.write(handle, offset.0, &bytes);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Load(pick, width, offset) => {
                self.load(pick.of(&handles), *width, offset.0);
            }
            Operation::Store(pick, width, offset, value) => {
                const STORES: [(Function, usize); 4] = [
                    (Function::StoreU8, 1),
                    (Function::StoreU16, 2),
                    (Function::StoreU32, 4),
                    (Function::StoreU64, 8),
                ];
                let handle = pick.of(&handles);
                let (function, width) = STORES[usize::from(width % 4)];
                let got = self
                    .guest
                    .done(function, &[handle.into(), offset.0, *value]);
                let bytes = &value.to_le_bytes()[..width];
                let want = self.model.write(handle, offset.0, bytes);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Flush(pick, range, mode) => {
                let handle = pick.of(&handles);
                let (range, some) = maybe(range);
                let arguments = [handle.into(), some[0], some[1], some[2], (*mode).into()];
                let got = self.guest.done(Function::Flush, &arguments);
                assert_eq!(got, self.model.flush(handle, range), "{operation:?}");
            }
            Operation::Lock(pick, range) => {
                let handle = pick.of(&handles);
                let (range, some) = maybe(range);
                let arguments = [handle.into(), some[0], some[1], some[2]];
                let got = self.guest.done(Function::Lock, &arguments);
                assert_eq!(got, self.model.lock(handle, range), "{operation:?}");
            }
            Operation::Unlock(pick, range) => {
                let handle = pick.of(&handles);
                let (range, some) = maybe(range);
                let arguments = [handle.into(), some[0], some[1], some[2]];
                let got = self.guest.done(Function::Unlock, &arguments);
                assert_eq!(got, self.model.unlock(handle, range), "{operation:?}");
            }
            Operation::Protect(pick, range, protection) => {
                let handle = pick.of(&handles);
                let (range, some) = maybe(range);
                let protection = protection % 4;
                let arguments = [handle.into(), some[0], some[1], some[2], protection.into()];
                let got = self.guest.done(Function::Protect, &arguments);
                let want = self.model.protect(handle, range, protection);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Advise(pick, range, advice) => {
                let handle = pick.of(&handles);
                let (range, some) = maybe(range);
                let advice = advice % 10;
                let arguments = [handle.into(), some[0], some[1], some[2], advice.into()];
                let got = self.guest.done(Function::Advise, &arguments);
                let want = self.model.advise(handle, range, advice, got);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Unmap(pick) => {
                let handle = pick.of(&handles);
                let got = self.guest.done(Function::Unmap, &[handle.into()]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Drop(pick) => {
                let handle = pick.of(&handles);
                let got = self.guest.call(Function::Drop, &[handle.into()]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| 0), "{operation:?}");
            }
        }
    }

    fn map(&mut self, path: u8, access: u8, flags: u8, offset: Number, length: Option<Number>) {
        let (path, target) = PATHS[usize::from(path) % PATHS.len()];
        let access = access % 3;
        let flag = |bit: u8| flags >> bit & 1 != 0;
        let mut options = Options {
            access: [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite][usize::from(access)],
            anonymous: flag(0),
            execute: flag(1),
            create: flag(2),
            offset: offset.0,
            length: length.map(|length| length.0),
        };
        // A file of exabytes takes no room in the host, but in the model.
        let end = options.offset.checked_add(options.length.unwrap_or(0));
        if options.create
            && end.is_some_and(|end| end > 16 * page() as u64 && end <= i64::MAX as u64)
        {
            options.offset %= 4 * page() as u64;
            options.length = options.length.map(|length| length % (4 * page() as u64));
        }
        let (address, path_length) = self.guest.argument(path.as_bytes());
        let got = self.guest.handle(
            Function::FileMap,
            &[
                address,
                path_length,
                access.into(),
                flags.into(),
                options.offset,
                options.length.is_some().into(),
                options.length.unwrap_or(0),
            ],
        );
        let want = self.model.map(target, options);
        match (got, want) {
            (Ok(handle), Ok(mapping)) => {
                let before = self.model.mappings.insert(handle, mapping);
                assert!(before.is_none(), "{handle} is given twice");
            }
            (Err(got), Err(want)) => assert_eq!(got, want, "{path:?} {options:?}"),
            (got, want) => panic!("{path:?} {options:?}: {got:?} instead of {want:?}"),
        }
    }

    fn check_list(&self, handle: u32, ranges: &[(u64, u64)], got: Outcome<Vec<u8>>) {
        let want = self.listed(handle, ranges);
        check_bytes(got, want, &format!("{handle} {ranges:?}"));
    }

    fn listed(&self, handle: u32, ranges: &[(u64, u64)]) -> Outcome<Vec<Option<u8>>> {
        let mapping = self.model.mappings.get(&handle).ok_or(Trap)?;
        let checked = ranges.iter().map(|&(o, l)| mapping.checked(o, l));
        let checked = checked.collect::<Outcome<Vec<_>>>()?;
        if checked.iter().map(ExactSizeIterator::len).sum::<usize>() as u64 > MAX_READ {
            return Err(QuotaExceeded);
        }
        let bytes = checked
            .into_iter()
            .flat_map(|range| self.model.bytes(handle, range));
        Ok(bytes.collect())
    }

    fn load(&mut self, handle: u32, width: u8, offset: u64) {
        let arguments = [handle.into(), offset];
        let guest = &mut self.guest;
        let got = match width % 5 {
            0 => guest
                .outcome::<1>(Function::LoadU8, &arguments)
                .map(Vec::from),
            1 => guest
                .outcome::<2>(Function::LoadU16, &arguments)
                .map(Vec::from),
            2 => guest
                .outcome::<4>(Function::LoadU32, &arguments)
                .map(Vec::from),
            3 => guest
                .outcome::<8>(Function::LoadU64, &arguments)
                .map(Vec::from),
            _ => guest
                .outcome::<64>(Function::LoadU64x8, &arguments)
                .map(Vec::from),
        };
        let length = [1, 2, 4, 8, 64][usize::from(width % 5)];
        let mapping = self.model.mappings.get(&handle).ok_or(Trap);
        let range = mapping.and_then(|mapping| mapping.checked(offset, length));
        let want = range.map(|range| self.model.bytes(handle, range));
        check_bytes(got, want, &format!("{handle} {offset} {length}"));
    }
}

/// An `option<range>` as the model and as the guest has it.
fn maybe(range: &MaybeRange) -> (Option<(u64, u64)>, [u64; 3]) {
    match range {
        Some((offset, length)) => (Some((offset.0, length.0)), [1, offset.0, length.0]),
        None => (None, [0; 3]),
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
