//! Builds every guest for `wasm32-wasip2`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// The packages whose binaries are guests.
const PACKAGES: &[&str] = &[
    "bench-guest",
    "cow",
    "grep",
    "inspect",
    "kv",
    "lock",
    "search",
    "test-guests",
    "wc",
];

/// What the guests are built of, relative to the workspace.
const SOURCES: &[&str] = &[
    "Cargo.lock",
    "wit",
    "guest-sdk",
    "host/benches/guest",
    "host/tests/guests",
    "examples",
];

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let workspace = manifest.join("../../..");
    for source in SOURCES {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(source).display()
        );
    }

    // A target folder of their own: cargo holds the lock on the other.
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    build(&workspace, &out);
    let guests = out.join(TARGET).join("release");
    println!("cargo::rustc-env=GUESTS={}", guests.display());
}

fn build(workspace: &Path, target_dir: &Path) {
    let mut cargo = Command::new(env::var_os("CARGO").expect("set by cargo"));
    cargo
        .current_dir(workspace)
        .args(["build", "--release", "--locked", "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir);
    for package in PACKAGES {
        cargo.args(["--package", package]);
    }
    // What applies to this build, as flags and wrappers of clippy, does not
    // apply to the guests.
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
        "the guests do not build; `rustup target add {TARGET}` installs their target"
    );
}
