use crate::engine;
use crate::options::MemOptions;
use crate::{stats, trace};
use anyhow::{Result, bail};
use mem_host::{MemCtx, MemCtxView};
use std::sync::OnceLock;
use wasmtime::Module;
use wasmtime::component::Component;
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
        if self.mem.trace {
            trace::init(wasmtime)?;
        } else {
            wasmtime.run.common.init_logging()?;
        }
        // Before WASI opens the same directories, for a better error.
        let windows = self.mem.windows && engine::can_have_windows(wasmtime);
        let ctx = self.mem.ctx(&wasmtime.run.dirs, windows)?;
        CTX.get_or_init(|| ctx);
        if self.mem.stats {
            stats::print_at_exit()?;
        }
        let engine = if windows {
            engine::with_windows(wasmtime)?
        } else {
            wasmtime.new_engine()?
        };
        let guest = wasmtime.module_and_args[0].as_ref();
        let guest = wasmtime.run.load_module(&engine, guest, None)?;
        let (mut store, mut linker) = wasmtime.new_store_and_linker(&engine, &guest)?;
        // The linker is of the same kind as the guest.
        let imports_mem = match linker {
            CliLinker::Component(_) => component_imports_mem(guest.unwrap_component()),
            CliLinker::Core(_) => module_imports_mem(guest.unwrap_core()),
        };
        if imports_mem {
            self.add_mem(&mut linker, windows)?;
        }
        self.wasmtime
            .instantiate_and_run(&engine, &mut linker, &guest, &mut store)
            .await?;
        Ok(())
    }

    /// Adds mem to the linker, which already has WASI.
    fn add_mem(&self, linker: &mut CliLinker, windows: bool) -> Result<()> {
        let options = &self.wasmtime.run.common;
        if options.wasi.cli == Some(false) {
            bail!("the guest maps files, which does not work with `-S cli=n`");
        }
        if let CliLinker::Component(linker) = linker
            && windows
        {
            mem_host::wasi::finish_writes(linker)?;
        }
        match linker {
            // As `wasmtime run` does for WASI: there is no other task that
            // waiting on this thread could delay, except the one that ends the
            // guest.
            CliLinker::Component(linker) if options.wasm.timeout.is_none() => {
                mem_host::add_to_linker_with(linker, view)?;
                mem_host::wasi::add_to_linker_with(linker, view)?;
            }
            CliLinker::Component(linker) => {
                mem_host::add_to_linker_async_with(linker, view)?;
                mem_host::wasi::add_to_linker_async_with(linker, view)?;
            }
            // Whose reads of lists have to be asynchronous where the guest is.
            CliLinker::Core(linker) => mem_host::core::add_to_linker_async_with(linker, view)?,
        }
        Ok(())
    }
}

fn component_imports_mem(guest: &Component) -> bool {
    let guest_type = guest.component_type();
    let mut imports = guest_type.imports(guest.engine());
    imports.any(|(name, _)| is_mem(name))
}

fn module_imports_mem(guest: &Module) -> bool {
    guest.imports().any(|import| is_mem(import.module()))
}

fn is_mem(interface: &str) -> bool {
    interface.starts_with("mem:mmap/")
}

/// The store's data is a type of `wasmtime-cli`, with no room for this.
pub static CTX: OnceLock<MemCtx> = OnceLock::new();

fn view(host: &mut Host) -> MemCtxView<'_> {
    MemCtxView {
        ctx: CTX.get_or_init(|| MemCtx::builder().build()),
        table: WasiView::ctx(host).table,
    }
}
