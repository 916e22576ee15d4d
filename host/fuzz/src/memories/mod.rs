//! Two stores have two memories each. Their guests map one or two files, attach,
//! write and flush them, and make them longer. The host cuts the files between
//! calls, and drops stores and their tables. A model says who may do what, what
//! each byte is, and what a flush must report.
//!
//! The target counts what all guests have of the process, after each step, so it
//! needs a process of its own.

mod changes;
mod copies;
mod input;
mod model;
mod session;

use self::input::{FILES, Input};
use self::model::{MAX_MAPPINGS, MAX_WINDOWS, Model, Windows};
use self::session::{Session, Shared};
use crate::files::{Files, pattern};
use crate::guest::Guest;
use crate::input::page;
use crate::paged::File;
use crate::state::{engine, windows_engine};
use crate::target::{self, Target};
use mem_host::{MemCtxBuilder, process};
use std::cell::Cell;
use std::fs;

struct Host {
    shared: Shared,
    grants: MemCtxBuilder,
    grants_with_windows: MemCtxBuilder,
    /// How many inputs it has run.
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
    target::run(&HOST, data);
}

impl Host {
    fn new() -> Self {
        let files = Files::new();
        files.set("rw/a", Some(&[]));
        fs::hard_link(files.path("rw/a"), files.path("rw/again")).unwrap();
        let limited = |mut grants: MemCtxBuilder| {
            grants
                .max_windows(MAX_WINDOWS as u64)
                .max_mappings(MAX_MAPPINGS as u64);
            grants
        };
        Self {
            grants: limited(files.grants()),
            grants_with_windows: limited(files.grants_with_windows()),
            shared: Shared {
                with_windows: Guest::new(&windows_engine(), 2),
                without: Guest::new(&engine(), 2),
                files,
            },
            inputs: Cell::new(0),
        }
    }

    fn session(&self, input: &Input) -> Session<'_> {
        let files = [0, 1].map(|file| {
            let length = usize::from(input.lengths[file]) % (4 * page() + 2);
            let bytes = pattern(length, file as u8 + 1);
            self.shared.files.set(FILES[file], Some(&bytes));
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
        // Most limits are more than the guests can use.
        let limit = |number: u8| if number < 64 { number / 4 } else { u8::MAX };
        let [mappings, descriptors] = input.limits.map(limit);
        model.max_kernel_mappings = mappings.into();
        model.max_descriptors = descriptors.into();
        process::set_max_kernel_mappings(mappings.into());
        process::set_max_descriptors(descriptors.into());
        let contexts = windows_of.map(|windows| match windows {
            Windows::NotGranted => self.grants.build(),
            Windows::NotPrepared | Windows::Allowed => self.grants_with_windows.build(),
        });
        Session::new(&self.shared, model, contexts)
    }
}

impl Target for Host {
    type Input = Input;

    fn run(&self, input: &Input) {
        // Counting takes as long as several inputs.
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
            // Spare mappings, memories, and what the allocator may map meanwhile.
            let others = 16 + 3 * 4 + 20;
            let charged = process::kernel_mappings() as usize;
            let now = kernel_mappings();
            assert!(now <= before + charged + others, "{before} {charged} {now}");
        }
        for (name, file) in FILES.iter().zip(session.end()) {
            self.shared.files.check(name, Some(&file.bytes()));
        }
        assert_eq!((process::kernel_mappings(), process::descriptors()), (0, 0));
        self.shared.files.check_unmapped();
        if let Some(before) = before {
            let now = kernel_mappings();
            assert!(now <= before + 16 + 20, "{before} {now}");
        }
    }
}

/// How many mappings of this process the kernel has.
fn kernel_mappings() -> usize {
    fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .count()
}
