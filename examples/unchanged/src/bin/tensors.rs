//! Shows what tensors are in a mapped file of the crate `safetensors`, as its
//! documentation does.

use anyhow::{Context, Result, bail};
use memmap2::MmapOptions;
use safetensors::SafeTensors;
use std::fs::File;
use std::io::Write;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run(&args, &mut std::io::stdout().lock())
}

/// Does what `args` say, and prints to `out`.
pub fn run(args: &[&str], out: &mut impl Write) -> Result<()> {
    let [path] = args else {
        bail!("usage: tensors FILE");
    };
    let file = File::open(path).with_context(|| format!("cannot open {path:?}"))?;
    // SAFETY: nobody writes the file while it is mapped.
    let buffer = unsafe { MmapOptions::new().map(&file) };
    let buffer = buffer.with_context(|| format!("cannot map {path:?}"))?;
    let tensors = SafeTensors::deserialize(&buffer)?;
    let mut names = tensors.names();
    names.sort();
    for name in names {
        let tensor = tensors.tensor(name)?;
        let sum: u64 = tensor.data().iter().map(|&byte| u64::from(byte)).sum();
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        writeln!(out, "{name} {dtype:?} {shape:?} bytes {sum}")?;
    }
    Ok(())
}
