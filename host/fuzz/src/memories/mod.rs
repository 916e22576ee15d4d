//! Two stores with two memories each, and one or two files that are mapped,
//! attached, written, flushed, made longer by guests, and cut by the host between
//! calls, against a model of who may do what, what each byte is, and what a flush
//! has to report.
//!
//! Stores, and their tables, are dropped in between. What guests have of the
//! process is counted all the time, so this target wants a process of its own.

mod changes;
mod copies;
mod model;
mod session;

use self::model::{MAX_MAPPINGS, MAX_WINDOWS, Model, STORES, Windows};
use self::session::Session;
use crate::files::{Files, pattern};
use crate::guest::{Guest, config};
use crate::input::{Number, Pick, all, page};
use crate::paged::File;
use arbitrary::{Arbitrary, Unstructured};
use mem_host::{MemCtxBuilder, process};
use std::cell::Cell;
use std::fs;
use wasmtime::Engine;

const FILES: [&str; 2] = ["rw/a", "rw/b"];
/// Paths of the guest, and the files they name. The last is a second name.
const PATHS: [(&str, usize); 3] = [("a", 0), ("b", 1), ("again", 0)];

#[derive(Arbitrary, Debug)]
struct Input {
    lengths: [u16; 2],
    /// Whether each store can have windows.
    windows: [u8; STORES],
    /// Bits: instances that use their store's table, and one context for all.
    sharing: u8,
    /// What the process can have.
    limits: [u8; 2],
    /// What each guest maps first of all.
    maps: [u8; 4],
    #[arbitrary(with = all)]
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
struct Step {
    /// Which of the memories' guests, mostly one that has what it needs.
    who: u8,
    operation: Operation,
}

#[derive(Arbitrary, Debug)]
enum Operation {
    /// A path and an access, whether to make the file longer, and the range.
    Map(u8, bool, Number, Option<Number>),
    /// All of the file.
    MapAll(u8),
    /// A mapping, an offset in it, and an address and a length in pages, and
    /// what the two are off by.
    Attach(Pick, Number, u8, u8, Option<(u8, u8)>),
    /// Whole pages from the start of a mapping.
    AttachFirst(Pick, u8, u8),
    AttachPage(Pick, u8),
    Check(Pick),
    Detach(Pick),
    DropWindow(Pick),
    Unmap(Pick),
    Drop(Pick),
    /// The guest's own loads and stores.
    Load(u8, u16),
    Store(u8, u16, u64),
    /// The host's, to a mapping.
    LoadMapped(Pick, Number),
    StoreMapped(Pick, Number, u64),
    /// The host copies from the guest's memory to a mapping, and back.
    Write(Pick, Number, Number, u16),
    Read(Pick, Number, Number, u16),
    Flush(Pick, Option<(Number, Number)>, bool),
    Protect(Pick, Option<(Number, Number)>, bool),
    /// The host makes a file shorter or longer, and writes to it.
    Resize(bool, Number),
    Overwrite(bool, Number, u64),
    /// The store's table is dropped, on another thread or not.
    DropTable(bool),
    /// Another store gets it.
    SwapTables,
    /// The whole store is dropped.
    DropStore(u8),
    Compare,
}

/// What kind of handle an operation is about.
enum Needs {
    Nothing,
    Mapping,
    Window,
}

impl Operation {
    fn needs(&self) -> Needs {
        match self {
            Self::Check(_) | Self::Detach(_) | Self::DropWindow(_) => Needs::Window,
            Self::Map(..)
            | Self::MapAll(_)
            | Self::Load(..)
            | Self::Store(..)
            | Self::Resize(..)
            | Self::Overwrite(..)
            | Self::DropTable(_)
            | Self::SwapTables
            | Self::DropStore(_)
            | Self::Compare => Needs::Nothing,
            _ => Needs::Mapping,
        }
    }
}

struct Host {
    with_windows: Guest,
    without: Guest,
    files: Files,
    grants: MemCtxBuilder,
    inputs: Cell<u32>,
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Runs the steps that `data` encodes.
///
/// # Panics
///
/// If a byte, or what an operation gives, is not what the model says.
pub fn run(data: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    HOST.with(|host| host.run(&input));
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        files.set("rw/a", Some(&[]));
        fs::hard_link(files.path("rw/a"), files.path("rw/again")).unwrap();
        let mut grants = files.grants();
        grants
            .max_windows(MAX_WINDOWS as u64)
            .max_mappings(MAX_MAPPINGS as u64);
        let mut prepared = config();
        mem_host::enable_windows(&mut prepared);
        let guest = |config| Guest::new(&Engine::new(&config).unwrap(), 2);
        Self {
            with_windows: guest(prepared),
            without: guest(config()),
            files,
            grants,
            inputs: Cell::new(0),
        }
    }

    fn run(&self, input: &Input) {
        // This takes as long as several inputs.
        let inputs = self.inputs.replace(self.inputs.get().wrapping_add(1));
        let before = inputs.is_multiple_of(64).then(kernel_mappings);
        let mut session = self.session(input);
        for (who, kind) in input.maps.iter().enumerate() {
            session.map_all(who, *kind);
        }
        for step in input.steps.iter().take(64) {
            session.run(step);
        }
        session.compare();
        if let Some(before) = before {
            // Spares, memories, and what the allocator may take meanwhile.
            let others = 16 + 3 * 4 + 20;
            let charged = process::kernel_mappings() as usize;
            let now = kernel_mappings();
            assert!(now <= before + charged + others, "{before} {charged} {now}");
        }
        for (name, file) in FILES.iter().zip(session.end()) {
            let bytes = self.files.get(name).unwrap();
            assert!(bytes == file.bytes(), "{name} has other bytes");
        }
        assert_eq!((process::kernel_mappings(), process::descriptors()), (0, 0));
        self.files.check_unmapped();
        if let Some(before) = before {
            let now = kernel_mappings();
            assert!(now <= before + 16 + 20, "{before} {now}");
        }
    }

    fn session(&self, input: &Input) -> Session<'_> {
        let files = [0, 1].map(|file| {
            let length = usize::from(input.lengths[file]) % (4 * page() + 2);
            let bytes = pattern(length, file as u8 + 1);
            self.files.set(FILES[file], Some(&bytes));
            File::new(&bytes)
        });
        let windows_of = input.windows.map(|number| match number % 8 {
            0 => Windows::NotGranted,
            1 => Windows::NotPrepared,
            _ => Windows::Allowed,
        });
        let bit = |bit: usize| input.sharing >> bit & 1 != 0;
        let mut model = Model::new(files.into(), windows_of, (0..4).map(bit).collect());
        model.one_context =
            bit(4) && windows_of.map(|w| w == Windows::NotGranted) == [false, false];
        // Mostly more than the guests can use.
        let limit = |number: u8| if number < 64 { number / 4 } else { u8::MAX };
        let [mappings, descriptors] = input.limits.map(limit);
        model.max_kernel_mappings = mappings.into();
        model.max_descriptors = descriptors.into();
        process::set_max_kernel_mappings(mappings.into());
        process::set_max_descriptors(descriptors.into());
        let contexts = windows_of.map(|windows| {
            let mut grants = self.grants.clone();
            // SAFETY: one thread runs the guests and changes the files, and it
            // does not do so while a guest runs.
            unsafe { grants.allow_windows(windows != Windows::NotGranted) };
            grants.build()
        });
        Session::new(self, model, contexts)
    }
}

/// How many mappings the kernel has for this process.
fn kernel_mappings() -> usize {
    fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .count()
}
