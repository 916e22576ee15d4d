//! Windows that are attached and detached in any order, while the guest and
//! the host write to them, against a model of what each byte must be.

mod model;

use self::model::{Access, MAX_WINDOWS, Model};
use crate::files::{Files, pattern};
use crate::guest::{Failure::*, Function, Guest, Outcome, Running, WASM_PAGE, config};
use crate::input::{Number, Pick, all, page};
use crate::paged::File;
use arbitrary::{Arbitrary, Unstructured};
use mem_host::MemCtxBuilder;
use wasmtime::Engine;

const FILES: [&str; 3] = ["rw/a", "rw/b", "ro/c"];
const PATHS: [&str; 3] = ["a", "b", "/ro/c"];

#[derive(Arbitrary, Debug)]
struct Input {
    lengths: [u16; 3],
    #[arbitrary(with = all)]
    operations: Vec<Operation>,
}

#[derive(Arbitrary, Debug)]
enum Operation {
    Map(u8, u8, Number, Option<Number>),
    /// A mapping, an offset in it, and an address and a length in pages, and
    /// what the two are off by.
    Attach(Pick, Number, u8, u8, Option<(u8, u8)>),
    /// Whole pages from the start of a mapping, as guests mostly do it.
    AttachFirst(Pick, u8, u8),
    Check(Pick),
    Detach(Pick),
    DropWindow(Pick),
    Unmap(Pick),
    Drop(Pick),
    Grow(u8),
    /// The guest stores to its own memory.
    Store(Number, u64),
    /// The host stores to a mapping.
    StoreMapped(Pick, Number, u64),
    /// The host copies from the guest's memory to a mapping.
    Write(Pick, Number, Number, u16),
    /// And back.
    Read(Pick, Number, Number, u16),
    Load(Pick, Number),
    Compare,
}

struct Host {
    guest: Guest,
    files: Files,
    grants: MemCtxBuilder,
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Runs the operations that `data` encodes.
///
/// # Panics
///
/// If a byte, or what an operation gives, is not what the model says.
pub fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    HOST.with(|host| host.run(input));
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        let mut grants = files.grants();
        grants.max_windows(MAX_WINDOWS as u64);
        // SAFETY: nobody writes these files while the one guest runs that maps
        // them.
        unsafe { grants.allow_windows(true) };
        let mut config = config();
        mem_host::enable_windows(&mut config);
        Self {
            guest: Guest::new(&Engine::new(&config).unwrap(), 4),
            files,
            grants,
        }
    }

    fn run(&self, input: Input) {
        let length = |length: u16| usize::from(length) % (4 * page() + 2);
        let files = input.lengths.map(length);
        let files: Vec<Vec<u8>> = files
            .into_iter()
            .zip(1..)
            .map(|(l, s)| pattern(l, s))
            .collect();
        for (name, bytes) in FILES.iter().zip(&files) {
            self.files.set(name, Some(bytes));
        }
        let files = files.iter().map(|bytes| File::new(bytes)).collect();
        let guest = self.guest.start(self.grants.build());
        let mut session = Session {
            model: Model::new(files, guest.memory().len() / WASM_PAGE),
            guest,
        };
        let got = session.guest.call(Function::PageSize, &[]);
        assert_eq!(got, Ok(page() as u64));
        for operation in input.operations.iter().take(64) {
            session.run(operation);
        }
        session.compare();
        let model = session.model;
        drop(session.guest);
        for (name, file) in FILES.iter().zip(&model.files) {
            let bytes = self.files.get(name).unwrap();
            assert!(bytes == file.bytes(), "{name} has other bytes");
        }
        self.files.check_unmapped();
    }
}

/// A guest, and what the host has to do for it.
struct Session {
    guest: Running,
    model: Model,
}

impl Session {
    fn run(&mut self, operation: &Operation) {
        let mappings: Vec<u32> = self.model.mappings.keys().copied().collect();
        let windows: Vec<u32> = self.model.windows.keys().copied().collect();
        match operation {
            Operation::Map(file, access, offset, length) => {
                self.map(*file, *access, *offset, *length);
            }
            Operation::Attach(pick, offset, at, pages, off_by) => {
                let (off, longer) = off_by.unwrap_or((0, 0));
                let address = address_of(*at) + usize::from(off);
                let length = usize::from(pages % 8) * page() + usize::from(longer);
                self.attach(pick.of(&mappings), offset.0, address, length);
            }
            Operation::AttachFirst(pick, at, pages) => {
                let length = usize::from(1 + pages % 4) * page();
                self.attach(pick.of(&mappings), 0, address_of(*at), length);
            }
            Operation::Check(pick) => {
                let window = pick.of(&windows);
                let got = self.guest.done(Function::Check, &[window.into()]);
                let want = self.model.windows.get(&window).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Detach(pick) => {
                let window = pick.of(&windows);
                let got = self.guest.done(Function::Detach, &[window.into()]);
                assert_eq!(got, self.model.detach(window), "{operation:?}");
            }
            Operation::DropWindow(pick) => {
                let window = pick.of(&windows);
                let got = self.guest.call(Function::DropWindow, &[window.into()]);
                let want = self.model.detach(window);
                assert_eq!(got.map(|_| ()), want, "{operation:?}");
            }
            Operation::Unmap(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest.done(Function::Unmap, &[handle.into()]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Drop(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest.call(Function::Drop, &[handle.into()]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| 0), "{operation:?}");
            }
            Operation::Grow(pages) => {
                let pages = pages % 3;
                if self.guest.grow(pages.into()) {
                    self.model.grow(pages.into());
                }
                assert_eq!(self.guest.memory().len(), self.model.size());
            }
            Operation::Store(at, value) => {
                let address = address_in(*at);
                let got = self.guest.store(address as u32, *value);
                let want = self.model.write_guest(address, &value.to_le_bytes());
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::StoreMapped(pick, offset, value) => {
                let handle = pick.of(&mappings);
                let arguments = [handle.into(), offset.0, *value];
                let got = self.guest.done(Function::StoreU64, &arguments);
                let want = self.model.write(handle, offset.0, &value.to_le_bytes());
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Write(pick, offset, at, length) => {
                self.write(pick.of(&mappings), offset.0, *at, *length);
            }
            Operation::Read(pick, offset, at, length) => {
                self.read(pick.of(&mappings), offset.0, *at, *length);
            }
            Operation::Load(pick, offset) => {
                let handle = pick.of(&mappings);
                let got = self
                    .guest
                    .outcome::<8>(Function::LoadU64, &[handle.into(), offset.0]);
                let want = self.model.mapped(handle, offset.0, 8);
                assert_eq!(got.map(Vec::from), want, "{operation:?}");
            }
            Operation::Compare => self.compare(),
        }
    }

    fn map(&mut self, file: u8, access: u8, offset: Number, length: Option<Number>) {
        let file = usize::from(file) % FILES.len();
        let path = PATHS[file];
        let access = access % 3;
        let (address, path_length) = self.guest.argument(path.as_bytes());
        let got = self.guest.handle(
            Function::FileMap,
            &[
                address,
                path_length,
                access.into(),
                0,
                offset.0,
                length.is_some().into(),
                length.map_or(0, |length| length.0),
            ],
        );
        let access =
            [Access::ReadOnly, Access::ReadWrite, Access::CopyOnWrite][usize::from(access)];
        let want = self.model.map(file, access, offset.0, length.map(|l| l.0));
        // The grant is the other target's.
        match (got, want) {
            (Ok(handle), Ok(mapping)) => {
                let before = self.model.mappings.insert(handle, mapping);
                assert!(before.is_none(), "{handle} is given twice");
            }
            (Err(AccessDenied), _) if file == 2 && access == Access::ReadWrite => {}
            (Err(got), Err(want)) if got == want => {}
            (got, want) => panic!("{path} {offset:?} {length:?}: {got:?} instead of {want:?}"),
        }
    }

    fn attach(&mut self, mapping: u32, offset: u64, address: usize, length: usize) {
        let arguments = [mapping.into(), offset, address as u64, length as u64];
        let got = self.guest.handle(Function::Attach, &arguments);
        match (got, self.model.attach(mapping, offset, address, length)) {
            (Ok(window), Ok((pages, first))) => {
                self.model.attached(window, mapping, pages, first);
            }
            (Err(got), Err(want)) => assert_eq!(got, want, "attach {arguments:?}"),
            (got, want) => panic!("attach {arguments:?}: {got:?} instead of {want:?}"),
        }
    }

    fn write(&mut self, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = (address_in(at), usize::from(length) % (3 * page()));
        let file = self.model.mappings.get(&mapping).map(|m| m.file);
        if file.is_some_and(|file| self.model.shares(file, address, length)) {
            return;
        }
        let arguments = [mapping.into(), offset, address as u64, length as u64];
        let got = self.guest.done(Function::Write, &arguments);
        let bytes = self.model.guest_bytes(address, length);
        let want = bytes.and_then(|bytes| self.model.write(mapping, offset, &bytes));
        assert_eq!(got, want, "write {arguments:?}");
    }

    fn read(&mut self, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = (address_in(at), usize::from(length) % (3 * page()));
        let file = self.model.mappings.get(&mapping).map(|m| m.file);
        if file.is_some_and(|file| self.model.shares(file, address, length)) {
            return;
        }
        self.guest.set_list(address as u32);
        let arguments = [mapping.into(), offset, length as u64];
        let got = self.guest.list(Function::Read, &arguments);
        let want: Outcome<Vec<u8>> = self.model.mapped(mapping, offset, length as u64);
        let want = want.and_then(|bytes| {
            self.model.write_guest(address, &bytes)?;
            Ok(bytes)
        });
        assert!(got == want, "read {arguments:?} to {address}");
    }

    /// Compares all of the guest's memory that windows can be in.
    fn compare(&self) {
        let differs = self.model.differs(self.guest.memory());
        assert_eq!(differs, None, "a page of the guest's memory from 64 KiB on");
    }
}

/// The address of the guest's page of that number, of which a few are beyond
/// its memory.
fn address_of(number: u8) -> usize {
    WASM_PAGE + usize::from(number % 52) * page()
}

/// An address in the guest's memory, or now and then behind it.
fn address_in(at: Number) -> usize {
    WASM_PAGE + at.0.min(1 << 20) as usize
}
