use anyhow::Result;
use wasmtime::{Config, Engine};
use wasmtime_cli::commands::RunCommand;

/// The engine for a guest that can attach windows.
///
/// `RunCommand::new_engine` gives no access to its configuration. What it does
/// besides is for options that exclude windows.
pub fn with_windows(mut config: Config) -> Result<Engine> {
    mem_host::enable_windows(&mut config);
    Ok(Engine::new(&config)?)
}

/// Whether the other options leave room for windows.
///
/// - Only the guest's thread may write files. Under a time limit, WASI writes on
///   other threads, and with `-D log-to-files` each thread writes its own log.
/// - A memory cannot hold windows if it comes from a pool or if it is
///   initialized by mapping. A precompiled guest can ask for the latter.
/// - Only `wasmtime-cli` knows how to set up the engine for the profiler.
pub fn can_have_windows(command: &RunCommand) -> bool {
    let common = &command.run.common;
    let guest = &command.module_and_args[0];
    common.wasm.timeout.is_none()
        && common.debug.log_to_files != Some(true)
        && command.run.profile.is_none()
        && common.opts.pooling_allocator != Some(true)
        && common.opts.memory_init_cow != Some(true)
        && !matches!(Engine::detect_precompiled_file(guest), Ok(Some(_)))
}
