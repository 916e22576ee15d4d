use crate::engine;
use crate::options::MemOptions;
use anyhow::{Result, bail};
use mem_host::{MemCtx, MemCtxView};
use std::sync::OnceLock;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_cli::commands::{CliLinker, Host, RunCommand};
use wasmtime_wasi::WasiView;

/// The options of `wasmtime run`, and those of mem.
#[derive(clap::Args)]
pub struct Run {
    #[command(flatten)]
    mem: MemOptions,
    #[command(flatten)]
    wasmtime: RunCommand,
}

impl Run {
    /// Runs the guest. Ends the process with the guest's exit code if that is
    /// not 0, and as `wasmtime run` does if it traps.
    pub fn execute(mut self) -> Result<()> {
        if self.wasmtime.run.common.debug.debugger.is_some() {
            bail!("`-D debugger` is not supported: use `wasmtime run`");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_time()
            .enable_io()
            .build()?;
        runtime.block_on(self.execute_async())
    }

    async fn execute_async(&mut self) -> Result<()> {
        let wasmtime = &mut self.wasmtime;
        wasmtime.run.common.init_logging()?;
        // Before WASI opens the same directories, for a better error.
        let windows = self.mem.windows && engine::can_have_windows(wasmtime);
        let ctx = self.mem.ctx(&wasmtime.run.dirs, windows)?;
        CTX.get_or_init(|| ctx);
        let engine = if windows {
            engine::with_windows(wasmtime)?
        } else {
            wasmtime.new_engine()?
        };
        let guest = wasmtime.module_and_args[0].as_ref();
        let guest = wasmtime.run.load_module(&engine, guest, None)?;
        let (mut store, mut linker) = wasmtime.new_store_and_linker(&engine, &guest)?;
        if let CliLinker::Component(linker) = &mut linker {
            // The linker is of the same kind as the guest.
            self.add_mem(&engine, linker, guest.unwrap_component())?;
        }
        self.wasmtime
            .instantiate_and_run(&engine, &mut linker, &guest, &mut store)
            .await?;
        Ok(())
    }

    fn add_mem(&self, engine: &Engine, linker: &mut Linker<Host>, guest: &Component) -> Result<()> {
        let options = &self.wasmtime.run.common;
        let imports_mem = guest
            .component_type()
            .imports(engine)
            .any(|(name, _)| name.starts_with("mem:mmap/"));
        if !imports_mem {
            return Ok(());
        }
        if options.wasi.cli == Some(false) {
            bail!("the guest maps files, which does not work with `-S cli=n`");
        }
        // As `wasmtime run` does for WASI: there is no other task that waiting
        // on this thread could delay, except the one that ends the guest.
        if options.wasm.timeout.is_none() {
            mem_host::add_to_linker_with(linker, view)?;
        } else {
            mem_host::add_to_linker_async_with(linker, view)?;
        }
        Ok(())
    }
}

/// The store's data is a type of `wasmtime-cli`, with no room for this.
static CTX: OnceLock<MemCtx> = OnceLock::new();

fn view(host: &mut Host) -> MemCtxView<'_> {
    MemCtxView {
        ctx: CTX.get_or_init(|| MemCtx::builder().build()),
        table: WasiView::ctx(host).table,
    }
}
