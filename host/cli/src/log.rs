//! What `wasmtime` and mem log, by `WASMTIME_LOG` and the options `-D logging`
//! and `-D log-to-files`.

use crate::trace::Lines;
use anyhow::{Context, Result};
use std::env;
use std::io::{self, IsTerminal};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use wasmtime_cli::commands::RunCommand;

const VARIABLE: &str = "WASMTIME_LOG";

/// Starts the log, and `trace` beside it: a process has one subscriber.
///
/// # Errors
///
/// Fails if `WASMTIME_LOG` is not a list of targets and levels.
pub fn init(command: &mut RunCommand, trace: Option<Lines>) -> Result<()> {
    let debug = &command.run.common.debug;
    let trace = trace.map(Lines::filtered);
    let subscriber = tracing_subscriber::registry().with(trace);
    if debug.logging == Some(false) {
        tracing::subscriber::set_global_default(subscriber)?;
    } else if debug.log_to_files == Some(true) {
        // These files hold what goes through the crate `log`.
        command.run.common.init_logging()?;
        tracing::subscriber::set_global_default(subscriber)?;
    } else {
        subscriber.with(layer()?).try_init()?;
    }
    Ok(())
}

/// Logs to standard error what the variable asks for, or only errors.
fn layer<S>() -> Result<Box<dyn Layer<S> + Send + Sync>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = match env::var(VARIABLE) {
        Ok(targets) => targets
            .parse()
            .with_context(|| format!("`{VARIABLE}` has to be like `mem_host=debug,warn`"))?,
        Err(_) => Targets::new().with_default(LevelFilter::ERROR),
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // As in `wasmtime`.
    if env::var("WASMTIME_LOG_NO_CONTEXT").is_ok_and(|value| value == "1") {
        let layer = layer.with_level(false).with_target(false).without_time();
        return Ok(layer.with_filter(filter).boxed());
    }
    Ok(layer.with_filter(filter).boxed())
}
