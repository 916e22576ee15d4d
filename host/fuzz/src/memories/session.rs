//! What each step does to the host and to the model.

use super::input::{Needs, Operation, PATHS, Step};
use super::model::{Memory, Model, Options, STORES, Windows, store_of};
use crate::argument::Argument;
use crate::files::Files;
use crate::guest::{Exports, Guest, Running, WASM_PAGE};
use crate::input::{Number, page};
use crate::outcome::{Failure::*, within};
use crate::paged::File;
use crate::state::State;
use mem_contract::{Access, ByteRange, FlushMode, MapFlags, MapOptions, Protection};
use mem_host::{MemCtx, process};
use std::thread;
use wasmtime::Store;

/// What all inputs share.
pub struct Shared {
    pub with_windows: Guest,
    pub without: Guest,
    pub files: Files,
}

/// Stores with their guests, and the model of what these must have.
pub struct Session<'h> {
    pub(super) shared: &'h Shared,
    contexts: [MemCtx; STORES],
    stores: [Option<Guests>; STORES],
    pub(super) model: Model,
}

struct Guests {
    store: Store<State>,
    exports: [Exports; 2],
}

pub(super) type Calling<'a> = Running<&'a mut Store<State>, &'a mut Exports>;

impl<'h> Session<'h> {
    pub fn new(shared: &'h Shared, model: Model, contexts: [MemCtx; STORES]) -> Self {
        Self {
            shared,
            contexts,
            stores: [None, None],
            model,
        }
    }

    /// Drops all that is left, and returns what the files must have.
    pub fn end(mut self) -> Vec<File> {
        self.stores = [None, None];
        self.model.files
    }

    /// The guest of a memory, in a new store if there is none.
    pub(super) fn guest(&mut self, of: usize) -> Calling<'_> {
        let store = store_of(of);
        if self.stores[store].is_none() {
            self.start(store);
        }
        let guests = self.stores[store].as_mut().unwrap();
        Running {
            store: &mut guests.store,
            exports: &mut guests.exports[of % 2],
        }
    }

    fn start(&mut self, number: usize) {
        let guest = match self.model.windows_of[number] {
            Windows::NotPrepared => &self.shared.without,
            _ => &self.shared.with_windows,
        };
        let context = if self.model.one_context { 0 } else { number };
        let mut store = guest.store(self.contexts[context].clone());
        let exports = [0, 1].map(|second| {
            let of = 2 * number + second;
            let mut exports = if self.model.uses_table(of) {
                guest.instantiate(&mut store)
            } else {
                guest.instantiate_alone(&mut store)
            };
            let running = Running {
                store: &mut store,
                exports: &mut exports,
            };
            let memory = running.memory();
            self.model.memories[of] = Memory::new(memory.as_ptr().addr() + WASM_PAGE, memory.len());
            exports
        });
        self.stores[number] = Some(Guests { store, exports });
    }

    pub fn run(&mut self, step: &Step) {
        let of = self.who(step);
        let handles = self.model.handles(of);
        let mappings: Vec<u32> = handles.mappings.keys().copied().collect();
        let windows: Vec<u32> = handles.windows.keys().copied().collect();
        let what = &step.operation;
        match what {
            Operation::Map(kind, create, offset, length) => {
                self.map(of, *kind, *create, offset.0, length.map(|l| l.0));
            }
            Operation::MapAll(kind) => self.map_all(of, *kind),
            Operation::Attach(pick, offset, at, pages, off_by) => {
                let (off, longer) = off_by.unwrap_or((0, 0));
                let address = address_of(*at) + usize::from(off);
                let length = usize::from(pages % 8) * page() + usize::from(longer);
                self.attach(of, pick.of(&mappings), offset.0, address, length);
            }
            Operation::AttachFirst(pick, at, pages) => {
                let length = usize::from(1 + pages % 4) * page();
                self.attach(of, pick.of(&mappings), 0, address_of(*at), length);
            }
            Operation::AttachPage(pick, at) => {
                self.attach(of, pick.of(&mappings), 0, address_of(*at), page());
            }
            Operation::Check(pick) => {
                let window = pick.of(&windows);
                let got = self.guest(of).done("check", &[&window]);
                assert_eq!(got, self.model.check(of, window), "{what:?}");
            }
            Operation::Detach(pick) => {
                let window = pick.of(&windows);
                let got = self.guest(of).done("detach", &[&window]);
                assert_eq!(got, self.model.detach(of, window), "{what:?}");
            }
            Operation::DropWindow(pick) => {
                let window = pick.of(&windows);
                let got = self.guest(of).done("drop-window", &[&window]);
                // The guest does not learn whether the window stays.
                let traps = self.model.detach(of, window) == Err(Trap);
                assert_eq!(got.is_err(), traps, "{what:?}");
            }
            Operation::Unmap(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest(of).done("unmap", &[&handle]);
                let want = self.model.flush(of, handle, None, true);
                assert_eq!(got, want, "{what:?}");
                let _ = self.model.drop_mapping(of, handle);
            }
            Operation::Drop(pick) => {
                let handle = pick.of(&mappings);
                let got = self.guest(of).done("drop-mapping", &[&handle]);
                let want = self.model.drop_mapping(of, handle);
                assert_eq!(got, want, "{what:?}");
            }
            Operation::Load(at, within) => {
                let address = self.address_in(of, *at, *within);
                let got = self.guest(of).load(address as u32);
                let want = self.model.guest_bytes(of, address, 8);
                assert_eq!(got.map(|v| v.to_le_bytes().to_vec()), want, "{what:?}");
            }
            Operation::Store(at, within, value) => {
                let address = self.address_in(of, *at, *within);
                let got = self.guest(of).store(address as u32, *value);
                let want = self.model.write_guest(of, address, &value.to_le_bytes());
                assert_eq!(got, want, "{what:?}");
            }
            Operation::LoadMapped(pick, offset) => {
                let (handle, offset) = (pick.of(&mappings), offset.0);
                let got = self.guest(of).bytes("load-u64", &[&handle, &offset]);
                let mapping = self.model.mapping(of, handle).ok_or(Trap);
                let range = mapping.and_then(|mapping| within(offset, 8, mapping.size));
                let want = range.and_then(|range| {
                    // Bytes before those that are known to be lost can be lost too.
                    let (bytes, present) = self.model.read(of, handle, range);
                    present.map(|()| bytes)
                });
                assert_eq!(got, want, "{what:?}");
            }
            Operation::StoreMapped(pick, offset, value) => {
                let (handle, offset) = (pick.of(&mappings), offset.0);
                let got = self.guest(of).done("store-u64", &[&handle, &offset, value]);
                let range = self.model.may_write(of, handle, offset, 8);
                let want = range.and_then(|range| {
                    let bytes = value.to_le_bytes();
                    self.model.write(of, handle, range, &bytes)
                });
                assert_eq!(got, want, "{what:?}");
            }
            Operation::Write(pick, offset, at, length) => {
                self.write(of, pick.of(&mappings), offset.0, *at, *length);
            }
            Operation::Read(pick, offset, at, length) => {
                self.read(of, pick.of(&mappings), offset.0, *at, *length);
            }
            Operation::Flush(pick, range, waits) => {
                let handle = pick.of(&mappings);
                let range = range.map(range_of);
                let mode = FlushMode::ALL[usize::from(!waits)];
                let got = self.guest(of).done("flush", &[&handle, &range, &mode]);
                let want = self.model.flush(of, handle, range, *waits);
                assert_eq!(got, want, "{what:?}");
            }
            Operation::Protect(pick, range, write) => {
                let handle = pick.of(&mappings);
                let range = range.map(range_of);
                let protection = Protection::new(*write, false);
                let got = self
                    .guest(of)
                    .done("protect", &[&handle, &range, &protection]);
                let want = self.model.protect(of, handle, range, *write);
                assert_eq!(got, want, "{what:?}");
            }
            Operation::Resize(second, length) => self.resize((*second).into(), *length),
            Operation::Overwrite(second, offset, value) => {
                self.overwrite((*second).into(), *offset, *value);
            }
            Operation::DropTable(elsewhere) => {
                let guests = self.stores[store_of(of)].as_mut().unwrap();
                let table = std::mem::take(&mut guests.store.data_mut().table);
                drop_there(table, *elsewhere);
                self.model.drop_table(store_of(of));
            }
            Operation::SwapTables => {
                // This starts the other store.
                self.guest((of + 2) % 4);
                let [Some(one), Some(other)] = &mut self.stores else {
                    unreachable!("both are started");
                };
                let (one, other) = (one.store.data_mut(), other.store.data_mut());
                std::mem::swap(&mut one.table, &mut other.table);
                self.model.swap_tables();
            }
            Operation::DropStore(how) => {
                let guests = self.stores[store_of(of)].take().unwrap();
                match how % 4 {
                    0 => drop_there(guests.store, true),
                    // The table outlives the memories of its windows.
                    1 => drop(guests.store.into_data()),
                    _ => drop(guests.store),
                }
                self.model.drop_store(store_of(of));
            }
            Operation::Compare => self.compare(),
        }
        let got = (process::kernel_mappings(), process::descriptors());
        let want = (self.model.kernel_mappings(), self.model.descriptors());
        assert_eq!(got, (want.0 as u64, want.1 as u64), "{what:?}");
    }

    /// The guest that takes a step. This starts its store.
    fn who(&mut self, step: &Step) -> usize {
        let first = usize::from(step.who);
        let mut others = (first..first + 4).map(|of| of % 4);
        let found = match step.operation.needs() {
            // A few steps get a handle that the guest never got.
            _ if step.who >= 250 => None,
            Needs::Nothing => None,
            Needs::Mapping => others.find(|&of| !self.model.handles(of).mappings.is_empty()),
            Needs::Window => others.find(|&of| !self.model.handles(of).windows.is_empty()),
        };
        let of = found.unwrap_or(first % 4);
        self.guest(of);
        of
    }

    /// Maps all of a file.
    pub fn map_all(&mut self, of: usize, kind: u8) {
        self.guest(of);
        self.map(of, kind, false, 0, None);
    }

    fn map(&mut self, of: usize, kind: u8, create: bool, offset: u64, length: Option<u64>) {
        let (path, file) = PATHS[usize::from(kind / 4) % PATHS.len()];
        // Half of all for writing.
        let access = {
            use Access::*;
            [ReadOnly, ReadWrite, CopyOnWrite, ReadWrite][usize::from(kind % 4)]
        };
        let mut options = Options {
            file,
            access,
            create,
            offset,
            length,
        };
        let before = self.model.files[file].length;
        if create {
            self.bound(&mut options);
        }
        let asked = MapOptions {
            access,
            flags: if create {
                MapFlags::CREATE
            } else {
                MapFlags::empty()
            },
            offset: options.offset,
            length: options.length,
        };
        let got = self.guest(of).handle("file-map", &[&path, &asked]);
        match (got, self.model.map(of, options)) {
            (Ok(handle), Ok(mapping)) => self.model.mapped(of, handle, mapping),
            (Err(got), Err(want)) => assert_eq!(got, want, "{path} {options:?}"),
            (got, want) => panic!("{path} {options:?}: {got:?} instead of {want:?}"),
        }
        self.adopt(file, before);
    }

    fn attach(&mut self, of: usize, mapping: u32, offset: u64, address: usize, length: usize) {
        let arguments: &[&dyn Argument] = &[&mapping, &offset, &address, &length];
        let got = self.guest(of).handle("attach", arguments);
        let what = format!("attach {mapping} {offset} {address} {length}");
        match (got, self.model.attach(of, mapping, offset, address, length)) {
            (Ok(handle), Ok(window)) => self.model.attached(of, handle, window),
            (Err(got), Err(want)) => assert_eq!(got, want, "{what}"),
            (got, want) => panic!("{what}: {got:?} instead of {want:?}"),
        }
    }

    /// Compares all of the memories that windows can be in.
    pub fn compare(&mut self) {
        for of in 0..4 {
            let Some(guests) = &mut self.stores[store_of(of)] else {
                continue;
            };
            let guest = Running {
                store: &mut guests.store,
                exports: &mut guests.exports[of % 2],
            };
            let differs = self.model.differs(of, guest.memory());
            assert_eq!(differs, None, "a page of memory {of} from 64 KiB on");
        }
    }

    /// An address of 8 bytes that lie in the memory, or all behind it.
    fn address_in(&self, of: usize, at: u8, within: u16) -> usize {
        let size = self.model.memories[of].size();
        let address = address_of(at) + usize::from(within) % page();
        if address < size {
            address.min(size - 8)
        } else {
            address
        }
    }
}

fn drop_there<V: Send>(value: V, elsewhere: bool) {
    if elsewhere {
        thread::scope(|scope| scope.spawn(move || drop(value)).join()).unwrap();
    }
}

fn range_of((offset, length): (Number, Number)) -> ByteRange {
    ByteRange {
        offset: offset.0,
        length: length.0,
    }
}

/// The address of the page of that number. The last lies behind the memory.
fn address_of(number: u8) -> usize {
    let pages = WASM_PAGE / page() + 1;
    WASM_PAGE + usize::from(number) % pages * page()
}
