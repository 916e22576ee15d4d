//! Windows are attached and detached in any order, while the guest and the host
//! write to them. A model says what each byte must be.

mod model;

use self::model::{MAX_WINDOWS, Model};
use crate::files::{Files, pattern};
use crate::guest::{Guest, Running, WASM_PAGE};
use crate::input::{Number, Pick, all, page};
use crate::outcome::{Failure::*, Outcome};
use crate::paged::File;
use crate::state::windows_engine;
use crate::target::{self, Target};
use arbitrary::Arbitrary;
use mem_contract::{Access, ErrorCode, MapFlags, MapOptions};
use mem_host::MemCtxBuilder;

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
    /// A mapping, an offset in it, an address and a length in pages, and how many
    /// bytes to add to these two.
    Attach(Pick, Number, u8, u8, Option<(u8, u8)>),
    /// Whole pages from the start of a mapping, which most guests attach.
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
    /// The host copies from a mapping to the guest's memory.
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
    target::run(&HOST, data);
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        let mut grants = files.grants_with_windows();
        grants.max_windows(MAX_WINDOWS as u64);
        Self {
            guest: Guest::new(&windows_engine(), 4),
            files,
            grants,
        }
    }
}

impl Target for Host {
    type Input = Input;

    fn run(&self, input: &Input) {
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
        let got = session.guest.number("page-size", &[]);
        assert_eq!(got, Ok(page() as u64));
        for operation in input.operations.iter().take(64) {
            session.run(operation);
        }
        session.compare();
        let model = session.model;
        drop(session.guest);
        for (name, file) in FILES.iter().zip(&model.files) {
            self.files.check(name, Some(&file.bytes()));
        }
        self.files.check_unmapped();
    }
}

/// A guest, and the model of what the host must do for it.
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
                let got = self.guest.done("check", &[&window]);
                let want = self.model.windows.get(&window).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Detach(pick) => {
                let window = pick.of(&windows);
                let got = self.guest.done("detach", &[&window]);
                assert_eq!(got, self.model.detach(window), "{operation:?}");
            }
            Operation::DropWindow(pick) => {
                let window = pick.of(&windows);
                let got = self.guest.done("drop-window", &[&window]);
                assert_eq!(got, self.model.detach(window), "{operation:?}");
            }
            Operation::Unmap(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest.done("unmap", &[&handle]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
            }
            Operation::Drop(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest.done("drop-mapping", &[&handle]);
                let want = self.model.mappings.remove(&handle).ok_or(Trap);
                assert_eq!(got, want.map(|_| ()), "{operation:?}");
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
                let got = self.guest.done("store-u64", &[&handle, &offset.0, value]);
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
                let got = self.guest.bytes("load-u64", &[&handle, &offset.0]);
                let want = self.model.mapped(handle, offset.0, 8);
                assert_eq!(got, want, "{operation:?}");
            }
            Operation::Compare => self.compare(),
        }
    }

    fn map(&mut self, file: u8, access: u8, offset: Number, length: Option<Number>) {
        let file = usize::from(file) % FILES.len();
        let path = PATHS[file];
        let options = MapOptions {
            access: Access::ALL[usize::from(access % 3)],
            flags: MapFlags::empty(),
            offset: offset.0,
            length: length.map(|length| length.0),
        };
        let got = self.guest.handle("file-map", &[&path, &options]);
        let want = self.model.map(file, &options);
        match (got, want) {
            (Ok(handle), Ok(mapping)) => {
                let before = self.model.mappings.insert(handle, mapping);
                assert!(before.is_none(), "{handle} is given twice");
            }
            // This model knows no grants. The one of `operations` does.
            (Err(Error(ErrorCode::AccessDenied)), _)
                if file == 2 && options.access == Access::ReadWrite => {}
            (Err(got), Err(want)) if got == want => {}
            (got, want) => panic!("{path} {options:?}: {got:?} instead of {want:?}"),
        }
    }

    fn attach(&mut self, mapping: u32, offset: u64, address: usize, length: usize) {
        let got = self
            .guest
            .handle("attach", &[&mapping, &offset, &address, &length]);
        let what = format!("attach {mapping} {offset} {address} {length}");
        match (got, self.model.attach(mapping, offset, address, length)) {
            (Ok(window), Ok((pages, first))) => {
                self.model.attached(window, mapping, pages, first);
            }
            (Err(got), Err(want)) => assert_eq!(got, want, "{what}"),
            (got, want) => panic!("{what}: {got:?} instead of {want:?}"),
        }
    }

    fn write(&mut self, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = (address_in(at), usize::from(length) % (3 * page()));
        let file = self.model.mappings.get(&mapping).map(|m| m.file);
        if file.is_some_and(|file| self.model.shares(file, address, length)) {
            return;
        }
        let got = self
            .guest
            .done("write", &[&mapping, &offset, &address, &length]);
        let bytes = self.model.guest_bytes(address, length);
        let want = bytes.and_then(|bytes| self.model.write(mapping, offset, &bytes));
        assert_eq!(got, want, "write {mapping} {offset} {address} {length}");
    }

    fn read(&mut self, mapping: u32, offset: u64, at: Number, length: u16) {
        let (address, length) = (address_in(at), usize::from(length) % (3 * page()));
        let file = self.model.mappings.get(&mapping).map(|m| m.file);
        if file.is_some_and(|file| self.model.shares(file, address, length)) {
            return;
        }
        self.guest.set_list(address as u32);
        let got = self.guest.bytes("read", &[&mapping, &offset, &length]);
        let want: Outcome<Vec<u8>> = self.model.mapped(mapping, offset, length as u64);
        let want = want.and_then(|bytes| {
            self.model.write_guest(address, &bytes)?;
            Ok(bytes)
        });
        assert!(got == want, "read {mapping} {offset} {length} to {address}");
    }

    /// Compares all of the guest's memory that windows can be in.
    fn compare(&self) {
        let differs = self.model.differs(self.guest.memory());
        assert_eq!(differs, None, "a page of the guest's memory from 64 KiB on");
    }
}

/// The address of the guest's page of that number. A few lie beyond its memory.
fn address_of(number: u8) -> usize {
    WASM_PAGE + usize::from(number % 52) * page()
}

/// An address in the guest's memory, or sometimes behind it.
fn address_in(at: Number) -> usize {
    WASM_PAGE + at.0.min(1 << 20) as usize
}
