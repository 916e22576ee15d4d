use anyhow::Result;
use wasmtime::Engine;
use wasmtime_cli::commands::RunCommand;

/// The engine for a guest that can attach windows.
pub fn with_windows(command: &mut RunCommand) -> Result<Engine> {
    // `RunCommand::new_engine` lets nobody at its configuration. What else it
    // does is for options with which there are no windows.
    let mut config = command.run.common.config(None)?;
    mem_host::enable_windows(&mut config);
    Ok(Engine::new(&config)?)
}

/// Whether the other options leave room for windows.
///
/// The guest's thread alone may write files. Under a time limit, WASI writes
/// them on other threads, and each thread writes its own log with
/// `-D log-to-files`. Memories cannot hold windows if they come from a pool, or
/// if they are initialized by mapping, as a precompiled guest can ask for. The
/// profiler sets up the engine in ways that only `wasmtime-cli` knows.
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
