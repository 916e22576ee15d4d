//! Strings that lie in windows go from one component of a store to another, and to
//! the host. Whatever the encodings, the places of the windows and the writes to
//! their files in between, each string arrives unchanged and stays unchanged.

mod text;

use self::text::{Encoding, Text};
use crate::files::{Files, pattern};
use crate::guest::WASM_PAGE;
use crate::input::{all, page};
use crate::state::{State, windows_engine};
use crate::target::{self, Target};
use arbitrary::Arbitrary;
use mem_contract::{Access, ErrorCode};
use mem_host::{MemCtx, MemCtxBuilder, MemView};
use std::cell::OnceCell;
use test_wit::contract;
use wasmtime::component::{
    Component, ComponentNamedList, Instance, InstancePre, Lift, Linker, Lower,
};
use wasmtime::{Engine, Store};

const FILES: [&str; 2] = ["rw/a", "rw/b"];
/// The pages of each file.
const PAGES: usize = 4;
const BUSY: i32 = ErrorCode::Busy as i32;
/// What the guests return when there is no error.
const OK: i32 = -1;

const PRODUCER: usize = 0;
const CONSUMER: usize = 1;
const NAMES: [&str; 2] = ["producer", "consumer"];

#[derive(Arbitrary, Debug)]
struct Input {
    encodings: [Encoding; 2],
    windows: [Window; 2],
    consumer_first: bool,
    #[arbitrary(with = all)]
    steps: Vec<Step>,
}

/// A window, if it exists: a file, an access, and a place and a length in pages.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Window {
    file: bool,
    access: u8,
    at: u8,
    pages: u8,
}

impl Window {
    /// Half of all windows can write their file.
    fn access(self) -> Access {
        use Access::*;
        [ReadOnly, ReadWrite, CopyOnWrite, ReadWrite][usize::from(self.access % 4)]
    }

    fn writes(self) -> bool {
        self.access() == Access::ReadWrite
    }

    fn exists(self) -> bool {
        self.access < 230
    }
}

#[derive(Arbitrary, Debug)]
struct Step {
    text: Text,
    /// Where the text lies, and where it goes.
    places: [u16; 2],
    /// Writes between: the guest whose mapping is written, where, and the byte.
    stores: [Option<(bool, u16, u8)>; 2],
}

struct Host {
    engine: Engine,
    /// One for each encoding of the producer and of the consumer.
    linked: [OnceCell<InstancePre<State>>; 9],
    files: Files,
    grants: MemCtxBuilder,
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Passes the strings that `data` encodes.
///
/// # Panics
///
/// If one arrives as another, or if that is no string.
pub fn run(data: &[u8]) {
    target::run(&HOST, data);
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        Self {
            engine: windows_engine(),
            linked: Default::default(),
            grants: files.grants_with_windows(),
            files,
        }
    }

    fn linked(&self, encodings: [Encoding; 2]) -> &InstancePre<State> {
        let [producer, consumer] = encodings.map(|encoding| encoding as usize);
        self.linked[3 * producer + consumer].get_or_init(|| {
            let guest = |of: usize| {
                let text = include_str!("guest.wat");
                text.replace("{encoding}", encodings[of].name())
            };
            let text = include_str!("two.wat")
                .replace("{producer}", &guest(PRODUCER))
                .replace("{consumer}", &guest(CONSUMER))
                .replace("{encoding}", encodings[PRODUCER].name());
            let component = wat::parse_str(contract().fill(&text)).unwrap();
            let component = Component::new(&self.engine, component).unwrap();
            let mut linker = Linker::new(&self.engine);
            mem_host::add_to_linker_sync(&mut linker, State::mem).unwrap();
            linker.instantiate_pre(&component).unwrap()
        })
    }
}

impl Target for Host {
    type Input = Input;

    fn run(&self, input: &Input) {
        for (name, seed) in FILES.iter().zip(1..) {
            self.files.set(name, Some(&pattern(PAGES * page(), seed)));
        }
        let context: MemCtx = self.grants.build();
        let mut store = Store::new(&self.engine, State::new(context.clone()));
        let instance = self.linked(input.encodings).instantiate(&mut store);
        let mut guests = Guests {
            instance: instance.unwrap(),
            store,
        };
        let windows = input.windows;
        for of in [PRODUCER, CONSUMER] {
            guests.map(of, windows[of]);
        }
        let order: [usize; 2] = [input.consumer_first.into(), (!input.consumer_first).into()];
        let mut attached = [false; 2];
        for of in order {
            let (mine, other) = (windows[of], windows[1 - of]);
            if !mine.exists() {
                continue;
            }
            let shared = attached[1 - of] && mine.file == other.file;
            let busy = shared && (mine.writes() || other.writes());
            let want = if busy { BUSY } else { OK };
            assert_eq!(guests.attach(of, mine), want, "{of} of {windows:?}");
            attached[of] = !busy;
        }
        let now = attached.into_iter().filter(|&attached| attached).count();
        assert_eq!(context.usage().windows.now, now as u64);
        for step in input.steps.iter().take(16) {
            // The runtime does not enter a guest again after a trap.
            if !guests.run(input.encodings, step) {
                break;
            }
        }
        drop(guests);
        assert_eq!(context.usage().handles, 0);
        self.files.check_unmapped();
    }
}

struct Guests {
    store: Store<State>,
    instance: Instance,
}

impl Guests {
    fn call<P, R>(&mut self, of: usize, name: &str, parameters: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let guest = self
            .instance
            .get_export_index(&mut self.store, None, NAMES[of]);
        let function = self
            .instance
            .get_export_index(&mut self.store, guest.as_ref(), name)
            .unwrap();
        let function = self
            .instance
            .get_typed_func::<P, R>(&mut self.store, function);
        function.unwrap().call(&mut self.store, parameters)
    }

    fn map(&mut self, of: usize, window: Window) {
        let parameters = (u32::from(window.file), window.access() as u32);
        self.call::<_, ()>(of, "map", parameters).unwrap();
    }

    fn attach(&mut self, of: usize, window: Window) -> i32 {
        let pages = 1 + usize::from(window.pages) % PAGES;
        let room = WASM_PAGE / page() - pages + 1;
        let address = WASM_PAGE + usize::from(window.at) % room * page();
        let parameters = (address as u32, (pages * page()) as u32);
        let (error,) = self.call(of, "attach", parameters).unwrap();
        error
    }

    /// Writes to a guest's file through its mapping. The windows lie in the same
    /// store, so the host allows this unless the mapping is read-only.
    fn store(&mut self, store: Option<(bool, u16, u8)>) {
        if let Some((of, offset, value)) = store {
            let offset = u32::from(offset) % (PAGES * page()) as u32;
            let (_,): (i32,) = self
                .call(of.into(), "store", (offset, u32::from(value)))
                .unwrap();
        }
    }

    /// Passes a text; returns whether no guest trapped.
    fn run(&mut self, encodings: [Encoding; 2], step: &Step) -> bool {
        let bytes = step.text.bytes(encodings[PRODUCER]);
        let length = step.text.length(encodings[PRODUCER], &bytes);
        let place = |place: u16| {
            // Aligned for any encoding, with room for the text in any other.
            let most = WASM_PAGE - 8 * text::MOST;
            (WASM_PAGE + (usize::from(place) % most).next_multiple_of(2)) as u32
        };
        let [from, to] = step.places.map(place);
        self.call::<_, ()>(PRODUCER, "set-room", (from,)).unwrap();
        self.call::<_, ()>(CONSUMER, "set-room", (to,)).unwrap();
        self.call::<_, ()>(PRODUCER, "put", (bytes.clone(),))
            .unwrap();
        step.stores.iter().for_each(|&store| self.store(store));
        // The stores may have changed the text.
        let there: (Vec<u8>,) = self
            .call(PRODUCER, "bytes", (from, bytes.len() as u32))
            .unwrap();
        let want = step.text.decoded(encodings[PRODUCER], &there.0);
        let passed = self.call::<_, ()>(PRODUCER, "pass", (from, length));
        let Some(want) = want else {
            assert!(
                passed.is_err(),
                "{step:?}: bytes that are no string were passed"
            );
            return false;
        };
        passed.unwrap();
        let again: (Vec<u8>,) = self
            .call(PRODUCER, "bytes", (from, bytes.len() as u32))
            .unwrap();
        assert!(again == there, "{step:?}: passing the text changed it");
        let (lifted,): (String,) = self.call(PRODUCER, "text", (from, length)).unwrap();
        assert_eq!(lifted, want, "{step:?}");
        // The producer's writes to its memory do not show in the consumer's.
        let zeros = vec![0_u8; bytes.len()];
        self.call::<_, ()>(PRODUCER, "put", (zeros,)).unwrap();
        let (kept,): (String,) = self.call(CONSUMER, "kept", ()).unwrap();
        assert_eq!(kept, want, "{step:?}");
        true
    }
}
