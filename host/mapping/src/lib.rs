//! Mapped files as `mem:mmap` promises them, without a WebAssembly runtime.
//!
//! This crate is published for two others, and its interface follows their
//! needs: `mem-host`, which gives guests of wasmtime mapped files, and `mem`,
//! the guest SDK, which uses it where a guest runs natively.
//!
//! A [`Policy`] makes a [`Mapping`] of a file that its caller has opened.
//! Others can change the bytes at any time, so they are copied, never referred
//! to; a file that becomes shorter gives [`Error::Truncated`] on Unix, for which
//! the first mapping installs a handler of SIGBUS.
//!
//! ```no_run
//! use mem_mapping::{Access, MapOptions, Policy, Quota, Quotas, StoreId};
//!
//! let policy = Policy {
//!     allow_exec: false,
//!     allow_windows: false,
//!     handle_bus_errors: true,
//!     quotas: Quotas {
//!         mapped: Quota::new(1 << 30),
//!         private: Quota::new(1 << 20),
//!         pieces: Quota::new(256),
//!         locked: Quota::new(0),
//!         windows: Quota::new(0),
//!     },
//! };
//! let options = MapOptions {
//!     access: Access::ReadOnly,
//!     anonymous: false,
//!     execute: false,
//!     create: false,
//!     populate: false,
//!     offset: 0,
//!     length: None,
//! };
//! let (store, path) = (StoreId::new(0), "data.bin".as_ref());
//! let mapping = policy.map_file(store, options, |opening| opening.open(path))?;
//! let records = u32::from_le_bytes(mapping.load(0)?);
//! # Ok::<(), mem_mapping::Error>(())
//! ```
//!
//! For windows, [`Mapping::window_source`] has pages to put at other addresses,
//! and [`Reservation`] is what the memory there is made of.

mod error;
mod explanation;
mod fault;
mod gate;
mod mapping;
mod opening;
mod os;
mod policy;
pub mod process;
mod quota;
mod sharing;

pub use self::error::Error;
pub use self::explanation::Explanation;
pub use self::mapping::{
    Access, Advice, Attachment, ByteRange, FlushMode, Mapping, Protection, WindowSource,
};
pub use self::opening::Opening;
pub use self::os::{
    OPEN_FLAGS, Reservation, discard_pages, page_size, put_zero_pages, resident_pages,
};
pub use self::policy::{MapOptions, Policy};
pub use self::quota::{Charge, Quota, QuotaName, Quotas, WindowCharge};
pub use self::sharing::{Claim, MemoryId, StoreId};
