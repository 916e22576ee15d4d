//! Makes a component of a program in C, as
//! `wasm-tools component new --adapt ADAPTER PROGRAM -o COMPONENT` does with the
//! adapter for commands of WASI preview 1. `wasmtime-mem bundle` takes that.
//!
//! ```text
//! cargo run --release -p c-bindings --example component -- PROGRAM COMPONENT
//! ```

use anyhow::{Context, Result};
use wasi_preview1_component_adapter_provider as preview1;
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let usage = "usage: component PROGRAM COMPONENT";
    let (program, component) = (args.next().context(usage)?, args.next().context(usage)?);
    let program = std::fs::read(&program).with_context(|| format!("cannot read {program:?}"))?;
    let bytes = ComponentEncoder::default()
        .module(&program)?
        .adapter(
            preview1::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            preview1::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        )?
        .encode()?;
    std::fs::write(&component, bytes).with_context(|| format!("cannot write {component:?}"))
}
