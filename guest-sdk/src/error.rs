//! What went wrong, in which operation, on what.

use std::ops::Bound;
use std::{fmt, io};

use mem_contract::{Access, ByteRange, ErrorCode};

use crate::cause::Cause;
use crate::range::Malformed;
use crate::sys;

/// An operation that failed: what was tried, on what, and why it failed.
///
/// Both `Display` and `Debug` give one sentence that ends with the cause, as far
/// as the host knows it, and what the caller can do, such as
///
/// ```text
/// mem: open "data.bin" read-write: access denied: <what it means and what to do>
/// mem: create "nodir/f" read-write: not found: the directory "nodir" is missing; create it first
/// mem: lock anonymous mapping: lock limit: the quota of locked bytes is 0; <…>
/// ```
///
/// `Debug` is the same as `Display` because it is what a guest prints whose
/// `main` returns the error.
///
/// ```no_run
/// # fn main() -> Result<(), mem::Error> {
/// let mapping = match mem::open("index.bin") {
///     Ok(mapping) => mapping,
///     Err(error) if error.code() == mem::ErrorCode::NotFound => {
///         mem::create("index.bin", 65536)?
///     }
///     Err(error) => return Err(error),
/// };
/// # Ok(())
/// # }
/// ```
///
/// # As `std::io::Error`
///
/// `?` turns it into a [`std::io::Error`] of the kind that `std::fs` would
/// give, with this error as its source ([`std::io::Error::get_ref`]):
///
/// | [`ErrorCode`] | [`std::io::ErrorKind`] |
/// | --- | --- |
/// | `AccessDenied`, `ReadOnly` | `PermissionDenied` |
/// | `NotFound` | `NotFound` |
/// | `NotAFile`, `InvalidArgument`, `NotLocked` | `InvalidInput` |
/// | `OutOfBounds` of a read or a load | `UnexpectedEof`, as `read_exact` gives |
/// | `OutOfBounds` of a write or a store | `WriteZero`, as `write_all` gives |
/// | `OutOfBounds` of anything else | `InvalidInput` |
/// | `Truncated` | `UnexpectedEof` |
/// | `LockLimit`, `QuotaExceeded` | `QuotaExceeded` |
/// | `Busy` | `ResourceBusy` |
/// | `NoSpace` | `StorageFull` |
/// | `Unsupported` | `Unsupported` |
/// | `Io` | `Other` |
#[derive(Clone)]
pub struct Error(Box<Failure>);

impl Error {
    /// Why it failed.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What was tried, in one word: `open`, `create`, `read`, `write`,
    /// `load`, `store`, `flush`, `lock`, `unlock`, `advise`, `protect`,
    /// `window`, `check`, `detach` or `unmap`.
    pub fn operation(&self) -> &str {
        self.0.operation.verb
    }

    /// The path as you gave it. None for an anonymous mapping. U+FFFD replaces
    /// whatever was not UTF-8.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            code,
            operation,
            path,
            why,
        } = &*self.0;
        write!(f, "mem: {} ", operation.verb)?;
        match operation.on {
            On::Whole | On::Opening(_) => {}
            On::Range(ByteRange { offset, length }) => {
                let bytes = if length == 1 { "byte" } else { "bytes" };
                write!(f, "{length} {bytes} at offset {offset} of ")?;
            }
            On::Many(number) => {
                let ranges = if number == 1 { "range" } else { "ranges" };
                write!(f, "{number} {ranges} of ")?;
            }
            On::Malformed(Malformed { start, end }) => {
                f.write_str("bytes ")?;
                match start {
                    Bound::Included(start) => write!(f, "{start}")?,
                    Bound::Excluded(start) => write!(f, ">{start}")?,
                    Bound::Unbounded => {}
                }
                match end {
                    Bound::Included(end) => write!(f, "..={end} of ")?,
                    Bound::Excluded(end) => write!(f, "..{end} of ")?,
                    Bound::Unbounded => f.write_str(".. of ")?,
                }
            }
        }
        match path {
            Some(path) => write!(f, "{path:?}")?,
            None => f.write_str("anonymous mapping")?,
        }
        if let On::Opening(access) = operation.on {
            write!(f, " {access}")?;
        }
        let why = why.as_deref().unwrap_or_else(|| code.help());
        write!(f, ": {code}: {why}")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.0.kind(), error)
    }
}

/// The contents of an [`Error`], in a box: results stay small, and only a failure
/// allocates.
#[derive(Clone)]
struct Failure {
    code: ErrorCode,
    operation: Operation,
    path: Option<Box<str>>,
    /// What the host says about it.
    why: Option<Box<str>>,
}

/// What was tried. It is cheap, because every call makes one.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub verb: &'static str,
    pub on: On,
}

/// The part of the mapping or the file that an operation is about.
#[derive(Clone, Copy)]
pub(crate) enum On {
    Opening(Access),
    Whole,
    Range(ByteRange),
    /// So many ranges.
    Many(usize),
    Malformed(Malformed),
}

impl Error {
    /// Makes an error. If the host says so, call this right after its call that
    /// failed: it asks the host why.
    #[cold]
    pub(crate) fn new(operation: Operation, path: Option<&str>, cause: impl Into<Cause>) -> Self {
        let Cause { code, is_hosts } = cause.into();
        let why = if is_hosts { sys::explain(code) } else { None };
        Error(Box::new(Failure {
            code,
            operation,
            path: path.map(Box::from),
            why,
        }))
    }
}

impl Failure {
    fn kind(&self) -> io::ErrorKind {
        match self.code {
            ErrorCode::AccessDenied | ErrorCode::ReadOnly => io::ErrorKind::PermissionDenied,
            ErrorCode::NotFound => io::ErrorKind::NotFound,
            ErrorCode::NotAFile | ErrorCode::InvalidArgument | ErrorCode::NotLocked => {
                io::ErrorKind::InvalidInput
            }
            ErrorCode::OutOfBounds => match self.operation.verb {
                "read" | "load" => io::ErrorKind::UnexpectedEof,
                "write" | "store" => io::ErrorKind::WriteZero,
                _ => io::ErrorKind::InvalidInput,
            },
            ErrorCode::Truncated => io::ErrorKind::UnexpectedEof,
            ErrorCode::LockLimit | ErrorCode::QuotaExceeded => io::ErrorKind::QuotaExceeded,
            ErrorCode::Busy => io::ErrorKind::ResourceBusy,
            ErrorCode::NoSpace => io::ErrorKind::StorageFull,
            ErrorCode::Unsupported => io::ErrorKind::Unsupported,
            // `Io`, and what later contracts add.
            _ => io::ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(verb: &'static str, on: On, path: Option<&str>, code: ErrorCode) -> Error {
        Error::new(Operation { verb, on }, path, code)
    }

    /// What of the message says what was tried on what, and the code.
    fn tried(error: &Error) -> String {
        let message = error.to_string();
        let (tried, advice) = message.rsplit_once(": ").unwrap();
        assert!(!advice.is_empty());
        tried.to_owned()
    }

    #[test]
    fn an_open_names_the_path_and_the_access() {
        let on = On::Opening(Access::ReadWrite);
        let error = error("open", on, Some("data.bin"), ErrorCode::AccessDenied);
        assert_eq!(
            tried(&error),
            r#"mem: open "data.bin" read-write: access denied"#
        );
        assert_eq!(format!("{error:?}"), error.to_string());
    }

    #[test]
    fn a_range_names_its_length_and_offset() {
        let on = |length| {
            On::Range(ByteRange {
                offset: 4096,
                length,
            })
        };
        let read = error("read", on(16), Some("data.bin"), ErrorCode::OutOfBounds);
        assert_eq!(
            tried(&read),
            r#"mem: read 16 bytes at offset 4096 of "data.bin": out of bounds"#
        );
        let load = error("load", on(1), None, ErrorCode::OutOfBounds);
        assert_eq!(
            tried(&load),
            "mem: load 1 byte at offset 4096 of anonymous mapping: out of bounds"
        );
    }

    #[test]
    fn many_ranges_are_counted() {
        for (number, counted) in [(0, "0 ranges"), (1, "1 range"), (2, "2 ranges")] {
            let on = On::Many(number);
            let read = error("read", on, Some("a"), ErrorCode::InvalidArgument);
            let expected = format!(r#"mem: read {counted} of "a": invalid argument"#);
            assert_eq!(tried(&read), expected);
        }
    }

    #[test]
    fn a_whole_mapping_is_its_path() {
        let flush = error("flush", On::Whole, Some("a\nb"), ErrorCode::Io);
        assert_eq!(tried(&flush), r#"mem: flush "a\nb": input/output error"#);
        let lock = error("lock", On::Whole, None, ErrorCode::LockLimit);
        assert_eq!(tried(&lock), "mem: lock anonymous mapping: lock limit");
    }

    #[test]
    fn a_malformed_range_is_shown_as_written() {
        let on = On::Malformed(Malformed {
            start: Bound::Included(20),
            end: Bound::Included(10),
        });
        let error = error("flush", on, Some("data.bin"), ErrorCode::InvalidArgument);
        assert_eq!(
            tried(&error),
            r#"mem: flush bytes 20..=10 of "data.bin": invalid argument"#
        );
    }

    #[test]
    fn an_io_error_has_the_kind_of_std_and_keeps_the_error() {
        use io::ErrorKind::*;
        for (verb, code, kind) in [
            ("open", ErrorCode::AccessDenied, PermissionDenied),
            ("open", ErrorCode::NotFound, NotFound),
            ("open", ErrorCode::NotAFile, InvalidInput),
            ("open", ErrorCode::InvalidArgument, InvalidInput),
            ("open", ErrorCode::OutOfBounds, InvalidInput),
            ("read", ErrorCode::OutOfBounds, UnexpectedEof),
            ("load", ErrorCode::OutOfBounds, UnexpectedEof),
            ("write", ErrorCode::OutOfBounds, WriteZero),
            ("store", ErrorCode::OutOfBounds, WriteZero),
            ("write", ErrorCode::ReadOnly, PermissionDenied),
            ("write", ErrorCode::Truncated, UnexpectedEof),
            ("unlock", ErrorCode::NotLocked, InvalidInput),
            ("lock", ErrorCode::LockLimit, QuotaExceeded),
            ("read", ErrorCode::QuotaExceeded, QuotaExceeded),
            ("open", ErrorCode::Busy, ResourceBusy),
            ("create", ErrorCode::NoSpace, StorageFull),
            ("advise", ErrorCode::Unsupported, Unsupported),
            ("flush", ErrorCode::Io, Other),
        ] {
            let converted = io::Error::from(error(verb, On::Whole, None, code));
            assert_eq!(converted.kind(), kind, "{verb}: {code}");
            let source = converted.downcast::<Error>().unwrap();
            assert_eq!((source.operation(), source.code()), (verb, code));
        }
    }
}
