//! Builds the guests, and writes a constant for each of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

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
    TEST_GUESTS,
    "wc",
];

/// The package of the tests' own guests. They are built for this machine as
/// well, where the SDK maps in the process itself.
const TEST_GUESTS: &str = "test-guests";

/// Where the binaries of that package are, relative to the workspace.
const TEST_GUESTS_FOLDER: &str = "host/tests/guests/src/bin";

/// The tests of the command run the guests whose names begin so, and the tests
/// of the host run all others.
const OF_THE_COMMAND: &str = "command_";

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

    let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    // A target folder apart, because cargo holds the lock on its own. The polyfill
    // shares it, and so does the build of this script for clippy. `OUT_DIR` is
    // `target/release/build/PACKAGE-HASH/out`.
    let out = out_dir
        .ancestors()
        .nth(4)
        .unwrap_or(&out_dir)
        .join("guests");
    let folder = |target: &str| out.join(target).join("release");
    for target in [COMPONENTS, CORE_MODULES, WITHOUT_WASI] {
        remove_guests(&folder(target));
    }
    let wasi = &[COMPONENTS, CORE_MODULES];
    build(&workspace, &out, wasi, PACKAGES);
    build(&workspace, &out, &[WITHOUT_WASI], LIBRARIES);
    build(&workspace, &out, &[], &[TEST_GUESTS]);
    let unchanged = workspace.join(UNCHANGED);
    build(&unchanged, &out, wasi, &["unchanged"]);
    // For this machine as well, to compare with.
    build(&unchanged, &out, &[], &["unchanged"]);

    let mut constants = String::new();
    let native = out.join("release");
    for component in guests(&folder(COMPONENTS)) {
        let name = component.file_stem().expect("a name").to_owned();
        let name = name.to_str().expect("UTF-8");
        let core_module = folder(CORE_MODULES).join(component.file_name().expect("a name"));
        let native = native.join(name).with_extension(env::consts::EXE_EXTENSION);
        writeln!(
            constants,
            "/// The guest `{name}`.\n\
             pub const {}: Guest = Guest {{\n\
             name: {name:?}, component: {component:?}, core_module: {core_module:?}, \
             native: {:?} }};",
            constant(name),
            native.exists().then_some(native),
        )
        .expect("a string takes it");
    }
    for module in guests(&folder(WITHOUT_WASI)) {
        let name = module.file_stem().and_then(|name| name.to_str());
        let name = name.expect("UTF-8");
        writeln!(
            constants,
            "/// The core module `{name}`, which has no WASI.\n\
             pub const {}: &str = {module:?};",
            constant(name),
        )
        .expect("a string takes it");
    }
    let names = names_of_test_guests(&workspace);
    let (command, host): (Vec<_>, Vec<_>) = names
        .iter()
        .partition(|name| name.starts_with(OF_THE_COMMAND));
    constants += &foreach("foreach_host_guest", "host", &host);
    constants += &foreach("foreach_command_guest", "command", &command);
    fs::write(out_dir.join("guests.rs"), constants).expect("the folder is there");
}

/// A macro that passes the constants of `names` to another macro, one by one.
fn foreach(name: &str, of: &str, names: &[&String]) -> String {
    let calls: String = names
        .iter()
        .map(|name| format!("$callback!({});", constant(name)))
        .collect();
    format!(
        "/// Calls a macro with the name of each constant that the tests of the {of} have to name.\n\
         #[macro_export]\n\
         macro_rules! {name} {{ ($callback:ident) => {{ {calls} }}; }}\n"
    )
}

/// The constant of the guest `name`.
fn constant(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

fn names_of_test_guests(workspace: &Path) -> Vec<String> {
    let folder = fs::read_dir(workspace.join(TEST_GUESTS_FOLDER)).expect("it is there");
    let mut names: Vec<_> = folder
        .map(|source| {
            let path = source.expect("the folder can be read").path();
            let name = path.file_stem().and_then(|name| name.to_str());
            name.expect("UTF-8").to_owned()
        })
        .collect();
    names.sort();
    names
}

/// The files of WebAssembly in `folder`, in order.
fn guests(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = files.map(|file| file.expect("the folder can be read").path());
    let mut guests: Vec<_> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect();
    guests.sort();
    guests
}

/// Removes what an earlier build has left, of guests that may not exist any
/// more. Cargo puts the others there again without building them.
fn remove_guests(folder: &Path) {
    for guest in guests(folder) {
        fs::remove_file(guest).expect("it is a file");
    }
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
    // Flags and wrappers are for the outer build, such as those of clippy, and
    // not for the guests.
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
