//! The contract `mem:mmap@0.1.0` in Rust: the types that hosts and guests
//! exchange, and the rules that both sides keep.
//!
//! Its documentation stands in the WIT files beside this crate. Everything here
//! needs only `core`. A test compares each type with the WIT.
//!
//! # Numbers
//!
//! The cases of each enum are in the order of the WIT. So `case as u8` is the
//! number that the canonical ABI has for a case, and `from_number` goes back:
//!
//! ```
//! use mem_contract::Advice;
//!
//! assert_eq!(Advice::WillNeed as u8, 3);
//! assert_eq!(Advice::from_number(3), Some(Advice::WillNeed));
//! assert_eq!(Advice::ALL[3].name(), "will-need");
//! ```
//!
//! # Bindings
//!
//! Generators of bindings make enums of their own from the same WIT. For each
//! enum here, one macro converts between the two, by [`From`] both ways, in the
//! crate that has the bindings:
//!
//! ```
//! // A generator made this.
//! enum FlushMode {
//!     Synchronous,
//!     Asynchronous,
//! }
//!
//! mem_contract::convert_flush_mode!(FlushMode);
//!
//! let mode = mem_contract::FlushMode::from(FlushMode::Asynchronous);
//! assert_eq!(mode, mem_contract::FlushMode::Asynchronous);
//! ```

#![no_std]

mod access;
mod advice;
mod cases;
mod error;
mod flush;
mod options;
pub mod path;
mod protection;
mod range;

pub use access::Access;
pub use advice::Advice;
pub use error::ErrorCode;
pub use flush::FlushMode;
pub use options::{MapFlags, MapOptions};
pub use protection::Protection;
pub use range::ByteRange;

/// The folder of this crate's sources, for build scripts that compile it for
/// another target.
#[doc(hidden)]
pub const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

/// The 64 bytes of a `u64x8`: eight words in little-endian order, the first
/// bytes in the first word.
pub type U64x8 = [u64; 8];
