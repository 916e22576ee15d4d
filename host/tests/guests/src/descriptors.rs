//! Descriptors of wasi:filesystem. The guests that map by them import it
//! themselves, so they run as components only.

use wasip2::filesystem::preopens;
pub use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// The directory that the host has granted to WASI under this name.
pub fn preopened(name: &str) -> Descriptor {
    let found = preopens::get_directories()
        .into_iter()
        .find(|(_, granted)| granted == name);
    found.expect("granted").0
}

/// Opens what is at `path` in the directory `dir`.
pub fn open(dir: &Descriptor, path: &str, flags: DescriptorFlags) -> Result<Descriptor, ErrorCode> {
    dir.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::empty(), flags)
}
