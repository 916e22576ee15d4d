//! Bytes of a mapping as slices.

mod bytes;
mod changes;
mod copied;
mod readable;
mod writable;

pub use self::readable::Window;
pub use self::writable::WindowMut;
