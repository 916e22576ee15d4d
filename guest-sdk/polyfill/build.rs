//! Builds the component, which the library has in it, of the library's own
//! source.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// What the component is built of.
const SOURCES: &[&str] = &["Cargo.toml", "build.rs", "src", "wit"];

fn main() {
    println!("cargo::rerun-if-changed=.");
    // Where links of `wit` lead to, in the workspace.
    println!("cargo::rerun-if-changed=../../wit");
    // This is the component itself.
    if variable("CARGO_CFG_TARGET_FAMILY").to_str() == Some("wasm") {
        return;
    }
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut cargo = Command::new(variable("CARGO"));
    // `cargo package` leaves this file beside the manifest that it makes.
    if package.join("Cargo.toml.orig").exists() {
        // A workspace of its own, whatever folder cargo has unpacked it in.
        let copy = out.join("package");
        let _ = fs::remove_dir_all(&copy);
        for source in SOURCES {
            copy_all(&package.join(source), &copy.join(source));
        }
        let manifest = copy.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).expect("copied above");
        fs::write(&manifest, text + "\n[workspace]\n").expect("the copy can be written");
        // The contract that this package was resolved with, wherever it came from.
        let contract = mem_contract::SOURCES;
        cargo
            .current_dir(copy)
            .arg("--config")
            .arg(format!("patch.crates-io.mem-contract.path={contract:?}"));
    } else {
        cargo.current_dir(package).arg("--locked");
    }
    cargo
        .args(["rustc", "--release", "--lib", "--crate-type", "cdylib"])
        .args(["--package", env!("CARGO_PKG_NAME"), "--target", TARGET])
        // A target folder of its own: cargo holds the lock on the other.
        .arg("--target-dir")
        .arg(&out);
    // What applies to this build, as flags and wrappers of clippy, does not
    // apply to the component.
    for variable in [
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
    ] {
        cargo.env_remove(variable);
    }
    let status = cargo.status().expect("cargo runs");
    assert!(
        status.success(),
        "the component does not build; `rustup target add {TARGET}` installs its target"
    );
    let component = out.join(TARGET).join("release/mem_polyfill.wasm");
    println!("cargo::rustc-env=COMPONENT={}", component.display());
}

fn variable(name: &str) -> std::ffi::OsString {
    env::var_os(name).expect("set by cargo")
}

fn copy_all(from: &Path, to: &Path) {
    if !from.is_dir() {
        let folder = to.parent().expect("it is in the copy");
        fs::create_dir_all(folder).expect("the copy can be written");
        fs::copy(from, to).expect("the package is whole");
        return;
    }
    for entry in fs::read_dir(from).expect("the package is whole") {
        let entry = entry.expect("the package is whole");
        copy_all(&entry.path(), &to.join(entry.file_name()));
    }
}
