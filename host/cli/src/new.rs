//! `wasmtime-mem new`: a guest to start from.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where to make the new guest, and with which SDK.
#[derive(clap::Args)]
pub struct New {
    /// The folder to make. The guest gets its name.
    path: PathBuf,

    /// The folder of the guest SDK, `guest-sdk` in a checkout of mem. Without
    /// this, the guest uses the release that has this command's version.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// The SDK's package.
const SDK: &str = "mem-guest";

/// The files that this adds to what `cargo new` makes. In each text, the guest's
/// name replaces `{name}`.
const FILES: &[(&str, &str)] = &[
    ("src/main.rs", include_str!("../template/main.rs")),
    (
        ".cargo/config.toml",
        include_str!("../template/config.toml"),
    ),
    ("README.md", include_str!("../template/README.md")),
    ("wit/world.wit", include_str!("../template/world.wit")),
    (
        "wit/deps/mem-mmap-0.1.0/mapping.wit",
        include_str!("../wit/mapping.wit"),
    ),
    (
        "wit/deps/mem-mmap-0.1.0/window.wit",
        include_str!("../wit/window.wit"),
    ),
    (
        "wit/deps/mem-mmap-0.1.0/directory.wit",
        include_str!("../wit/directory.wit"),
    ),
    (
        "wit/deps/mem-mmap-0.1.0/world.wit",
        include_str!("../wit/world.wit"),
    ),
    (
        "wit/deps/wasi-clocks-0.2.0/package.wit",
        include_str!("../wit/deps/wasi-clocks-0.2.0/package.wit"),
    ),
    (
        "wit/deps/wasi-filesystem-0.2.0/package.wit",
        include_str!("../wit/deps/wasi-filesystem-0.2.0/package.wit"),
    ),
    (
        "wit/deps/wasi-io-0.2.0/package.wit",
        include_str!("../wit/deps/wasi-io-0.2.0/package.wit"),
    ),
];

impl New {
    /// Makes the guest, and says how to run it. Cargo makes the package, so its
    /// rules for names, version control and workspaces apply.
    pub fn execute(self) -> Result<()> {
        // A relative path would lead cargo elsewhere, as it runs in the new folder.
        let sdk = self.sdk.as_deref().map(find_sdk).transpose()?;
        let mut new = Command::new("cargo");
        new.args(["new", "--quiet", "--edition", "2024", "--"]);
        run(new.arg(&self.path))?;
        if let Err(error) = self.fill(sdk.as_deref()) {
            // Half a guest would be in the way of the next attempt.
            let _ = fs::remove_dir_all(&self.path);
            return Err(error);
        }
        println!(
            "Made the guest {path:?}. To run it:\n\n    \
             cd {path:?}\n    \
             cargo run --release --target wasm32-wasip2",
            path = self.path
        );
        Ok(())
    }

    fn fill(&self, sdk: Option<&Path>) -> Result<()> {
        let path = self.path.canonicalize()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for (file, text) in FILES {
            let file = path.join(file);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&file, text.replace("{name}", &name))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        let mut add = Command::new("cargo");
        add.current_dir(&path).args(["add", "--quiet"]);
        match sdk {
            Some(sdk) => run(add.arg(SDK).arg("--path").arg(sdk)),
            None => run(add.arg(format!("{SDK}@{}", env!("CARGO_PKG_VERSION"))))
                .context("cannot add the guest SDK; `--sdk` takes it from a checkout of mem"),
        }
    }
}

/// The absolute path of the folder `sdk`, if it is a package.
fn find_sdk(sdk: &Path) -> Result<PathBuf> {
    let found = sdk
        .canonicalize()
        .ok()
        .filter(|sdk| sdk.join("Cargo.toml").is_file());
    found.with_context(|| format!("there is no guest SDK in {}", sdk.display()))
}

/// Runs cargo. If it fails, its own message is the error.
fn run(cargo: &mut Command) -> Result<()> {
    let output = cargo
        .output()
        .context("cannot run `cargo`, which makes and builds the guest")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}", said.trim_end().trim_start_matches("error: "));
    }
    Ok(())
}
