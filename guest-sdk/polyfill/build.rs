//! Builds the component, which the library contains, from the library's own
//! source.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// The files that make up the component.
const SOURCES: &[&str] = &["Cargo.toml", "build.rs", "src", "wit"];

fn main() {
    println!("cargo::rerun-if-changed=.");
    // In the workspace, links in `wit` lead there.
    println!("cargo::rerun-if-changed=../../wit");
    // This build is the component itself.
    if variable("CARGO_CFG_TARGET_FAMILY").to_str() == Some("wasm") {
        return;
    }
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    // A target folder for guests: cargo holds the lock on the other. All build
    // scripts that build guests share it, also when they run again for clippy.
    // `OUT_DIR` is `target/release/build/PACKAGE-HASH/out`.
    let target = out.ancestors().nth(4).unwrap_or(&out).join("guests");
    let mut cargo = Command::new(variable("CARGO"));
    // `cargo package` leaves this file beside the manifest that it makes.
    if package.join("Cargo.toml.orig").exists() {
        // A workspace of its own, in whatever folder cargo has unpacked it.
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
        .arg("--target-dir")
        .arg(&target);
    // Flags and wrappers of this build, such as clippy's, do not apply to the
    // component.
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
    let built = target.join(TARGET).join("release/mem_polyfill.wasm");
    let component = out.join("component.wasm");
    fs::copy(built, &component).expect("cargo has built it");
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
