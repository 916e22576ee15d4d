//! `--mem-trace`: a line on standard error for each of the guest's calls.

use anyhow::Result;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use wasmtime_cli::commands::RunCommand;

/// Prints each call from here on, and has `wasmtime` log as its options say.
///
/// # Errors
///
/// Those of the options.
pub fn init(command: &mut RunCommand) -> Result<()> {
    let options = &mut command.run.common;
    // What this makes is not wanted, but it reads `-D`.
    options.config(None)?;
    let calls = Targets::new().with_target("mem_host::calls", Level::TRACE);
    let subscriber = tracing_subscriber::registry().with(Lines.with_filter(calls));
    if options.debug.logging == Some(false) || options.debug.log_to_files == Some(true) {
        options.init_logging()?;
        tracing::subscriber::set_global_default(subscriber)?;
    } else {
        // A process has one subscriber, so this does what `init_logging` would.
        let log = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_filter(EnvFilter::from_env("WASMTIME_LOG"));
        subscriber.with(log).try_init()?;
    }
    Ok(())
}

struct Lines;

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut call = Call::default();
        event.record(&mut call);
        // The guest goes on without its trace.
        let _ = writeln!(io::stderr(), "{call}");
    }
}

/// The fields of the event.
#[derive(Default)]
struct Call {
    operation: String,
    mapping: Option<u64>,
    path: Option<String>,
    access: Option<String>,
    offset: u64,
    length: Option<u64>,
    result: String,
    why: Option<String>,
    time: Duration,
}

impl Visit for Call {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "mapping" => self.mapping = Some(value),
            "offset" => self.offset = value,
            "length" => self.length = Some(value),
            "nanoseconds" => self.time = Duration::from_nanos(value),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "operation" => self.operation = value.to_owned(),
            "path" => self.path = Some(value.to_owned()),
            "access" => self.access = Some(value.to_owned()),
            "result" => self.result = value.to_owned(),
            "why" => self.why = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.mapping {
            write!(f, "mapping {number}: ")?;
        }
        f.write_str(&self.operation)?;
        if let Some(access) = &self.access {
            match &self.path {
                Some(path) => write!(f, " {path:?} {access}")?,
                None => write!(f, " anonymous {access}")?,
            }
        }
        write!(f, " {}..", self.offset)?;
        if let Some(length) = self.length {
            // The guest's numbers can be anything.
            write!(f, "{}", u128::from(self.offset) + u128::from(length))?;
        }
        write!(f, " -> {}, {:.0?}", self.result, self.time)?;
        match &self.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}
