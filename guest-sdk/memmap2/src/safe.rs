//! The error of maps that are made only where that is safe.

use std::{fmt, io};

/// Why [`MmapOptions::map_if_safe`](crate::MmapOptions::map_if_safe) failed:
/// nobody here knows whether a file can change.
#[derive(Debug)]
pub struct MapIfSafeError(());

impl MapIfSafeError {
    pub(crate) fn not_supported_here() -> Self {
        Self(())
    }

    /// Whether nobody knows of any file that it cannot change. True.
    pub fn not_supported(&self) -> bool {
        true
    }

    /// Whether the file can change. False.
    pub fn not_safe(&self) -> bool {
        false
    }

    /// Whether the file cannot change, and could not be mapped. False.
    pub fn map_failed(&self) -> bool {
        false
    }
}

impl fmt::Display for MapIfSafeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody can tell whether the file can change")
    }
}

impl std::error::Error for MapIfSafeError {}

impl From<MapIfSafeError> for io::Error {
    fn from(error: MapIfSafeError) -> Self {
        io::Error::new(io::ErrorKind::Unsupported, error)
    }
}
