//! Builds the guests, as components and as core modules.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMPONENTS: &str = "wasm32-wasip2";
const CORE_MODULES: &str = "wasm32-wasip1";
const WITHOUT_WASI: &str = "wasm32-unknown-unknown";

/// The packages whose binaries are guests.
const PACKAGES: &[&str] = &[
    "bench-guest",
    "cow",
    "digests",
    "grep",
    "inspect",
    "kv",
    "lock",
    "plugin-counter",
    "plugin-faulty",
    "plugin-squares",
    "search",
    "test-guests",
    "wc",
];

/// The packages whose libraries are guests that have no WASI.
const LIBRARIES: &[&str] = &["bench-core-guest", "test-guests-core"];

/// A workspace of its own, whose binaries are guests.
const UNCHANGED: &str = "examples/unchanged";

/// What the guests are built of, relative to the workspace.
const SOURCES: &[&str] = &[
    "Cargo.lock",
    "wit",
    "guest-sdk",
    "host/benches/core-guest",
    "host/benches/guest",
    "host/benches/sums",
    "host/tests/guests",
    "host/tests/guests-core",
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
    // Shared with the polyfill, and with the build of this script for clippy.
    // `OUT_DIR` is `target/release/build/PACKAGE-HASH/out`.
    let out = out.ancestors().nth(4).unwrap_or(&out).join("guests");
    let wasi = &[COMPONENTS, CORE_MODULES];
    build(&workspace, &out, wasi, PACKAGES);
    build(&workspace, &out, &[WITHOUT_WASI], LIBRARIES);
    // For the machine as well, to compare with.
    let unchanged = workspace.join(UNCHANGED);
    build(&unchanged, &out, wasi, &["unchanged"]);
    build(&unchanged, &out, &[], &["unchanged"]);
    for (variable, target) in [
        ("COMPONENTS", COMPONENTS),
        ("CORE_MODULES", CORE_MODULES),
        ("WITHOUT_WASI", WITHOUT_WASI),
    ] {
        let guests = out.join(target).join("release");
        println!("cargo::rustc-env={variable}={}", guests.display());
    }
    let native = out.join("release");
    println!("cargo::rustc-env=NATIVE={}", native.display());
}

fn build(workspace: &Path, target_dir: &Path, targets: &[&str], packages: &[&str]) {
    let mut cargo = Command::new(env::var_os("CARGO").expect("set by cargo"));
    cargo
        .current_dir(workspace)
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(target_dir);
    for target in targets {
        cargo.args(["--target", target]);
    }
    for package in packages {
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
        "the guests do not build; `rustup target add {}` installs their targets",
        targets.join(" ")
    );
}
