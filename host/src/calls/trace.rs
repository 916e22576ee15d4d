//! An event of each call.

use crate::operation::Operation;
use mem_contract::{ByteRange, ErrorCode, MapFlags, MapOptions};
use mem_mapping::Explanation;
use std::time::Instant;
use tracing::Level;
use tracing::span::EnteredSpan;

/// Of the events of calls.
const TARGET: &str = "mem_host::calls";

/// Of all other events.
const CRATE: &str = "mem_host";

/// When a call started, if it is traced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallTimer(Option<Instant>);

impl CallTimer {
    /// Reads the clock only if somebody subscribes, because that takes longer
    /// than many a call.
    #[inline]
    pub(crate) fn start() -> Self {
        let traced = tracing::enabled!(target: TARGET, Level::TRACE);
        Self(traced.then(Instant::now))
    }

    /// Traces a call that has ended.
    #[inline]
    pub(super) fn trace(
        self,
        operation: Operation,
        mapping: u64,
        range: ByteRange,
        result: Result<(), ErrorCode>,
        why: Option<Explanation>,
    ) {
        if let Some(started) = self.0 {
            trace(operation, mapping, range, result, why.as_deref(), started);
        }
    }
}

#[cold]
fn trace(
    operation: Operation,
    mapping: u64,
    ByteRange { offset, length }: ByteRange,
    result: Result<(), ErrorCode>,
    why: Option<&str>,
    started: Instant,
) {
    tracing::trace!(
        target: TARGET,
        operation = operation.name(),
        mapping,
        offset,
        length,
        result = name(result),
        why,
        nanoseconds = nanoseconds(started),
    );
}

/// A `file-map` while it runs: its span, and its event when it has ended.
pub(crate) struct FileMapCall<'a> {
    path: &'a str,
    options: MapOptions,
    timer: CallTimer,
    _span: EnteredSpan,
}

impl<'a> FileMapCall<'a> {
    pub(crate) fn start(path: &'a str, options: MapOptions) -> Self {
        let span = tracing::debug_span!(target: CRATE, "map", path, ?options).entered();
        Self {
            path,
            options,
            timer: CallTimer::start(),
            _span: span,
        }
    }

    /// Traces the call's end: it has made the `mapping` of this number and
    /// size, or failed.
    pub(super) fn trace(self, mapping: Result<(u64, u64), ErrorCode>, why: Option<Explanation>) {
        match mapping {
            Ok((_, size)) => tracing::debug!(target: CRATE, size, "mapped"),
            Err(error) => tracing::debug!(target: CRATE, %error, "not mapped"),
        }
        let Some(started) = self.timer.0 else { return };
        let nanoseconds = nanoseconds(started);
        let options = &self.options;
        let anonymous = options.flags.contains(MapFlags::ANONYMOUS);
        let (number, size) = mapping.ok().unzip();
        tracing::trace!(
            target: TARGET,
            operation = Operation::FileMap.name(),
            mapping = number,
            path = (!anonymous).then_some(self.path),
            access = options.access.name(),
            offset = options.offset,
            length = size.or(options.length),
            result = name(mapping.map(|_| ())),
            why = why.as_deref(),
            nanoseconds,
        );
    }
}

fn nanoseconds(started: Instant) -> u64 {
    // 64 bits last for centuries.
    started.elapsed().as_nanos() as u64
}

fn name(result: Result<(), ErrorCode>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(error) => error.name(),
    }
}
