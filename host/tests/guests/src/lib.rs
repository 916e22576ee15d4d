//! What the test guests share. Each guest is a program of its own in
//! `src/bin`, named after the promise that it checks; it panics, and so traps,
//! where the promise is not kept.

mod buffer;
mod counting;
pub mod descriptors;
mod memory;
pub mod paths;

pub use buffer::{Buffer, map, map_from};
pub use counting::Counting;
pub use memory::{WASM_PAGE, grow_memory, memory_pages, trap};

use mem::{Error, ErrorCode};
use std::fmt::Debug;

/// The bindings as `wit-bindgen` makes them. With them a guest can do what the
/// SDK does not allow.
pub mod raw {
    #![expect(missing_docs, reason = "they are generated")]
    wit_bindgen::generate!({
        path: "../../../wit",
        // The SDK has bindings for the same world.
        type_section_suffix: "raw",
        world: "mem:mmap/imports",
    });
    pub use self::mem::mmap::mapping::*;
    pub use self::mem::mmap::window;
}

/// The error code of what has to fail.
#[track_caller]
pub fn code<T: Debug>(result: Result<T, Error>) -> ErrorCode {
    result.expect_err("this has to fail").code()
}

/// `length` bytes in which no two of the first 65,536 pairs of neighbours are
/// alike, so that a copy from the wrong place shows.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i ^ (i >> 8).wrapping_mul(7)) as u8)
        .collect()
}

/// The host's page size, for tests of what is rounded to pages.
pub const PAGE: u64 = 4096;

/// What `/proc/self/smaps` of the host shows of one of its mappings; see
/// `proc_pid_smaps(5)`. The host grants that directory to the tests that ask.
#[derive(Debug)]
pub struct HostMapping {
    /// Such as `rw-s`.
    pub permissions: String,
    fields: Vec<(String, String)>,
}

impl HostMapping {
    /// The host's mappings of the file `name` in the granted directory, whose
    /// name for the host is the guest's first argument.
    pub fn all_of(name: &str) -> Vec<Self> {
        let dir = std::env::args().nth(1).expect("the host's directory");
        let path = format!("{dir}/{name}");
        let smaps = std::fs::read_to_string("/proc/self/smaps").expect("granted");
        let mut mappings: Vec<(bool, Self)> = Vec::new();
        for line in smaps.lines() {
            let (key, value) = line.split_once(' ').expect("a key and a value");
            if let Some(key) = key.strip_suffix(':') {
                let (_, mapping) = mappings.last_mut().expect("a mapping comes first");
                mapping
                    .fields
                    .push((key.to_owned(), value.trim().to_owned()));
            } else {
                let permissions = value.split(' ').next().unwrap_or_default().to_owned();
                let fields = Vec::new();
                mappings.push((
                    line.ends_with(&path),
                    Self {
                        permissions,
                        fields,
                    },
                ));
            }
        }
        let found = mappings.into_iter().filter(|(is_of_file, _)| *is_of_file);
        found.map(|(_, mapping)| mapping).collect()
    }

    /// A field in KiB.
    pub fn kib(&self, key: &str) -> u64 {
        let value = self.field(key).strip_suffix(" kB").expect("a size");
        value.parse().expect("a number")
    }

    /// Whether `VmFlags` has the flag.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.field("VmFlags").split(' ').any(|word| word == flag)
    }

    fn field(&self, key: &str) -> &str {
        let field = self.fields.iter().find(|(name, _)| name == key);
        &field.expect("the kernel shows it").1
    }
}

/// A field of `/proc/self/status` of the host, in KiB; see
/// `proc_pid_status(5)`. The host grants that directory to the tests that ask.
pub fn host_status_kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("granted");
    let field = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let value = field.and_then(|field| field.trim().strip_suffix(" kB"));
    value.expect("a size").parse().expect("a number")
}

/// Whether mem is the polyfill, which does not make some of the promises. The
/// host says so.
pub fn on_polyfill() -> bool {
    std::env::var_os("MEM_POLYFILL").is_some()
}

/// Whether the SDK's windows are pages of the file, or copies, on this host:
/// the guest's last argument says so.
pub fn windows_are_zero_copy() -> bool {
    match std::env::args().next_back().as_deref() {
        Some("zero-copy") => true,
        Some("copy") => false,
        other => panic!("{other:?}"),
    }
}
