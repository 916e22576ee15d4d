//! Makes the C bindings of the contract, as
//! `wit-bindgen c --world imports --out-dir FOLDER wit` does.
//!
//! ```text
//! cargo run --release -p c-bindings -- FOLDER
//! ```

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit");

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1);
    let folder = PathBuf::from(folder.context("usage: c-bindings FOLDER")?);
    let mut contract = Resolve::default();
    let (package, _) = contract.push_path(Path::new(WIT))?;
    let world = contract.select_world(&[package], Some("imports"))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut contract, world, &mut files)?;

    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder:?}"))?;
    for (name, contents) in files.iter() {
        let path = folder.join(name);
        std::fs::write(&path, contents).with_context(|| format!("cannot write {path:?}"))?;
    }
    Ok(())
}
