//! `--mem-trace`: a line on standard error for each of the guest's calls.

use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Write};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Prints each call.
pub struct Lines;

impl Lines {
    /// The layer that gets the events of calls, and no others.
    pub fn filtered<S>(self) -> Filtered<Self, Targets, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.with_filter(Targets::new().with_target("mem_host::calls", Level::TRACE))
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut call = Call::default();
        event.record(&mut call);
        // If nobody reads the trace, the guest still runs.
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
            // The guest chose these numbers; their sum may not fit into 64 bits.
            write!(f, "{}", u128::from(self.offset) + u128::from(length))?;
        }
        write!(f, " -> {}, {:.0?}", self.result, self.time)?;
        match &self.why {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}
