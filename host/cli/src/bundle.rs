//! `wasmtime-mem bundle`: a guest for runtimes without mem.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A guest, and where its bundle goes.
#[derive(clap::Args)]
pub struct Bundle {
    /// The guest, a component that maps files.
    guest: PathBuf,

    /// Where to write the bundle. A file that exists is replaced once the
    /// bundle is complete.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

impl Bundle {
    /// Writes the whole bundle, or nothing.
    pub fn execute(&self) -> Result<()> {
        let guest = &self.guest;
        let bytes = fs::read(guest).with_context(|| format!("cannot read {}", guest.display()))?;
        let bundle = plug(bytes).with_context(|| format!("cannot bundle {}", guest.display()))?;
        let output = &self.output;
        write(output, &bundle).with_context(|| format!("cannot write {}", output.display()))
    }
}

#[cfg(feature = "bundle")]
fn plug(guest: Vec<u8>) -> Result<Vec<u8>> {
    Ok(mem_polyfill::plug(guest)?)
}

#[cfg(not(feature = "bundle"))]
fn plug(_: Vec<u8>) -> Result<Vec<u8>> {
    Err(crate::features::missing("`wasmtime-mem bundle`", "bundle"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    // Write to a pipe or a device; do not replace it by a file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(fs::write(path, bytes)?);
    }
    let folder = match path.parent() {
        Some(folder) if folder != "" => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The umask takes from these what it takes from any new file's.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
