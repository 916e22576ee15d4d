//! The compiled guests: those of the tests and the examples. Building this
//! crate builds them.

use std::path::{Path, PathBuf};

/// The component that was built of the binary `name`.
///
/// # Panics
///
/// If there is no such binary.
pub fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("GUESTS")).join(name).with_extension("wasm");
    assert!(path.exists(), "there is no guest {name}");
    path
}
