use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A guest, and where its bundle goes.
#[derive(clap::Args)]
pub struct Bundle {
    /// The guest, a component that maps files.
    guest: PathBuf,

    /// Where to write the bundle. A file that is there is replaced when the
    /// bundle is complete.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

impl Bundle {
    /// Writes the bundle, all of it or nothing.
    pub fn execute(&self) -> Result<()> {
        let guest = &self.guest;
        let bytes = fs::read(guest).with_context(|| format!("cannot read {}", guest.display()))?;
        let bundle = mem_polyfill::plug(bytes)
            .with_context(|| format!("cannot bundle {}", guest.display()))?;
        let output = &self.output;
        write(output, &bundle).with_context(|| format!("cannot write {}", output.display()))
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    // A pipe or a device stays what it is.
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
        // Less those of the umask, as for any other file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
