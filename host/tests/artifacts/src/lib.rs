//! The compiled guests: those of the tests and the examples. Building this
//! crate builds them.

use std::path::{Path, PathBuf};

/// The component that was built of the binary `name`.
///
/// # Panics
///
/// If there is no such binary.
pub fn guest(name: &str) -> PathBuf {
    file(env!("COMPONENTS"), name)
}

/// The core module that was built of the binary `name` for WASI 0.1.
///
/// # Panics
///
/// If there is no such binary.
pub fn core_module(name: &str) -> PathBuf {
    file(env!("CORE_MODULES"), name)
}

/// The core module that was built of the library `name`, which has no WASI.
///
/// # Panics
///
/// If there is no such library.
pub fn core_module_without_wasi(name: &str) -> PathBuf {
    file(env!("WITHOUT_WASI"), name)
}

/// The program that was built of the binary `name` for this machine, of those
/// in `examples/unchanged`.
///
/// # Panics
///
/// If there is no such binary.
pub fn native(name: &str) -> PathBuf {
    let path = Path::new(env!("NATIVE")).join(name);
    let path = path.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.exists(), "there is no program {name}");
    path
}

fn file(folder: &str, name: &str) -> PathBuf {
    let path = Path::new(folder).join(name).with_extension("wasm");
    assert!(path.exists(), "there is no guest {name}");
    path
}
