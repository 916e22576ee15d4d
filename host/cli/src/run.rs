//! `wasmtime-mem run`: `wasmtime run` with mem in its linker.

use crate::context::{self, view};
use crate::options::MemOptions;
use crate::trace::Lines;
use crate::{engine, features, log, stats};
use anyhow::{Result, bail};
use wasmtime::Module;
use wasmtime::component::Component;
use wasmtime_cli::commands::{CliLinker, RunCommand};

/// The options of `wasmtime run` and of mem.
#[derive(clap::Args)]
pub struct Run {
    #[command(flatten)]
    mem: MemOptions,
    #[command(flatten)]
    wasmtime: RunCommand,
}

impl Run {
    /// Runs the guest. If its exit code is not 0, or if it traps, this ends the
    /// process as `wasmtime run` does.
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
        // This parses the options; `check` has the better errors.
        let config = wasmtime.run.common.config(None);
        features::check(wasmtime)?;
        let config = config?;
        log::init(wasmtime, self.mem.trace.then_some(Lines))?;
        // WASI opens the same directories later, with a worse error.
        let windows = self.mem.windows && engine::can_have_windows(wasmtime);
        context::set(self.mem.ctx(&wasmtime.run.dirs, windows)?);
        if self.mem.stats {
            stats::print_at_exit()?;
        }
        let engine = if windows {
            engine::with_windows(config)?
        } else {
            wasmtime.new_engine()?
        };
        let guest = wasmtime.module_and_args[0].as_ref();
        let guest = wasmtime.run.load_module(&engine, guest, None);
        let guest = guest.map_err(|error| features::explain(error.into()))?;
        let (mut store, mut linker) = wasmtime.new_store_and_linker(&engine, &guest)?;
        // The linker is of the guest's kind.
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
            // Waiting on this thread delays no other task, as with WASI in
            // `wasmtime run`. Under a time limit, it would delay the task that
            // ends the guest.
            CliLinker::Component(linker) if options.wasm.timeout.is_none() => {
                mem_host::add_to_linker_sync(linker, view)?;
            }
            CliLinker::Component(linker) => {
                mem_host::add_to_linker_async(linker, view)?;
            }
            // A core module runs asynchronously here, so its reads of lists
            // have to be asynchronous too.
            CliLinker::Core(linker) => mem_host::core::add_to_linker_async(linker, view)?,
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
