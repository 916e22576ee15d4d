//! Prints the SHA-256 of every file in the directories that the host grants to
//! WASI, as `sha256sum` does.
//!
//! It shows a guest that works with descriptors of wasi:filesystem, and maps
//! the files that it finds with them.
//!
//! ```text
//! cargo build --release --target wasm32-wasip2 -p digests
//! wasmtime-mem run --dir wit target/wasm32-wasip2/release/digests.wasm
//! ```

use anyhow::Context;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Write};
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, OpenFlags, PathFlags,
};

fn main() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for (dir, name) in get_directories() {
        print_digests(&dir, &name, &mut out)?;
    }
    Ok(out.flush()?)
}

/// Prints the digests of the files in `dir`, which the guest calls `path`, in
/// the order of their names.
fn print_digests(dir: &Descriptor, path: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let list = || {
        let stream = dir.read_directory()?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.read_directory_entry()? {
            entries.push(entry);
        }
        anyhow::Ok(entries)
    };
    let mut entries = list().with_context(|| format!("cannot list {path:?}"))?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    for entry in entries {
        let path = format!("{path}/{}", entry.name);
        match entry.type_ {
            DescriptorType::RegularFile => {
                let mapping = mem::Options::new().open_at(dir, &entry.name)?;
                writeln!(out, "{:x}  {path}", digest(&mapping)?)?;
            }
            DescriptorType::Directory => {
                let (not_links, read) = (PathFlags::empty(), DescriptorFlags::READ);
                let inner = dir
                    .open_at(not_links, &entry.name, OpenFlags::DIRECTORY, read)
                    .with_context(|| format!("cannot open {path:?}"))?;
                print_digests(&inner, &path, out)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn digest(mapping: &mem::Mapping) -> io::Result<sha2::digest::Output<Sha256>> {
    let mut cursor = mapping.cursor();
    let mut digest = Sha256::new();
    loop {
        let bytes = cursor.fill_buf()?;
        if bytes.is_empty() {
            return Ok(digest.finalize());
        }
        digest.update(bytes);
        let length = bytes.len();
        cursor.consume(length);
    }
}
