//! An event of each call.

use super::Mapped;
use crate::Error;
use crate::usage::Operation;
use mem_mapping::{ByteRange, Explanation, MapFlags, MapOptions};
use std::time::Instant;
use tracing::Level;

const TARGET: &str = "mem_host::calls";

/// When a call began, if it is traced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Began(Option<Instant>);

impl Began {
    /// Looks at the clock only if somebody wants to know, for that takes longer
    /// than many a call.
    #[inline]
    pub(crate) fn now() -> Self {
        let traced = tracing::enabled!(target: TARGET, Level::TRACE);
        Self(traced.then(Instant::now))
    }

    /// Tells of a call that has ended.
    #[inline]
    pub(crate) fn tell(
        self,
        operation: Operation,
        mapping: u64,
        range: ByteRange,
        result: Result<(), Error>,
        why: Option<Explanation>,
    ) {
        if let Some(began) = self.0 {
            tell(operation, mapping, range, result, why.as_deref(), began);
        }
    }
}

#[cold]
fn tell(
    operation: Operation,
    mapping: u64,
    ByteRange { offset, length }: ByteRange,
    result: Result<(), Error>,
    why: Option<&str>,
    began: Instant,
) {
    tracing::trace!(
        target: TARGET,
        operation = operation.name(),
        mapping,
        offset,
        length,
        result = name(result),
        why,
        nanoseconds = nanoseconds(began),
    );
}

/// Tells of a `file-map` that has ended.
pub(crate) fn file_mapped(
    began: Began,
    path: &str,
    options: &MapOptions,
    mapped: Result<&Mapped, Error>,
    why: Option<Explanation>,
) {
    let Some(began) = began.0 else { return };
    let nanoseconds = nanoseconds(began);
    let access = options.access.name();
    tracing::trace!(
        target: TARGET,
        operation = Operation::FileMap.name(),
        mapping = mapped.ok().map(Mapped::number),
        path = (!options.flags.contains(MapFlags::ANONYMOUS)).then_some(path),
        access,
        offset = options.offset,
        length = mapped.ok().map(|mapped| mapped.mapping().size()).or(options.length),
        result = name(mapped.map(|_| ())),
        why = why.as_deref(),
        nanoseconds,
    );
}

fn nanoseconds(began: Instant) -> u64 {
    // 64 bits last for centuries.
    began.elapsed().as_nanos() as u64
}

fn name(result: Result<(), Error>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(error) => error_name(error),
    }
}

/// The name in the WIT.
pub(super) fn error_name(error: Error) -> &'static str {
    error.name()
}
