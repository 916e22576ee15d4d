//! A whole embedder: runs a guest, which can map the files of a directory.
//!
//! ```text
//! cargo run --release -p mem-host --example embed -- GUEST.wasm DIRECTORY [ARGUMENT...]
//! ```

use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi::p2::bindings::sync::Command;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [guest, dir, args @ ..] = args.as_slice() else {
        wasmtime::bail!("usage: embed GUEST.wasm DIRECTORY [ARGUMENT...]");
    };
    let engine = Engine::default();
    let component = Component::from_file(&engine, guest)?;
    let wasi = WasiCtx::builder()
        .inherit_stdio()
        .arg(guest)
        .args(args)
        .build();

    let mem = MemCtx::builder()
        .preopened_dir(dir, "/data", FsPerms::ReadWrite)?
        .build();
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    mem_host::add_to_linker_sync(&mut linker, State::mem)?;
    let table = ResourceTable::new();
    let mut store = Store::new(&engine, State { mem, wasi, table });
    let guest = Command::instantiate(&mut store, &component, &linker)?;
    let result = guest.wasi_cli_run().call_run(&mut store)?;

    result.map_err(|()| wasmtime::format_err!("the guest failed"))
}

struct State {
    mem: MemCtx,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}
