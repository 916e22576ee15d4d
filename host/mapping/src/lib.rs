//! Mapped files as `mem:mmap` promises them, without a WebAssembly runtime.
//!
//! This crate is published for two others, and its interface follows their needs:
//! `mem-host`, which gives mapped files to guests of wasmtime, and `mem`, the guest
//! SDK, which uses it where a guest runs natively.
//!
//! A [`Policy`] makes a [`Mapping`] from a file that you have opened. Others can
//! change the bytes at any time, so this crate copies them and never refers to
//! them. If a file becomes shorter, an access gives [`Error::Truncated`] on Unix:
//! the first mapping installs a handler of SIGBUS for that.
//!
//! The types of the contract come from the crate `mem-contract`. An error is a
//! small code; [`Explain`] has what is known beyond it.
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
//!         mappings: Quota::new(256),
//!         locked: Quota::new(0),
//!         windows: Quota::new(0),
//!     },
//! };
//! let options = MapOptions {
//!     access: Access::ReadOnly,
//!     ..MapOptions::default()
//! };
//! let (store, path) = (StoreId::new(0), "data.bin".as_ref());
//! let request = policy.check(options)?;
//! let file = request.opening().open(path)?;
//! let mapping = policy.map(store, request, file)?;
//! let records = u32::from_le_bytes(mapping.load(0)?);
//! # Ok::<(), mem_mapping::Error>(())
//! ```
//!
//! For windows, [`Mapping::window_source`] has pages to put at other addresses.
//! A [`Reservation`] is the memory that they go into.

mod explanation;
mod fault;
mod gate;
mod mapping;
mod opening;
mod os;
mod policy;
pub mod process;
mod quota;
mod quotas;
mod sharing;
mod system_error;

pub use self::explanation::{Explain, Explanation};
pub use self::mapping::{Attachment, Mapping, WindowSource};
pub use self::opening::Opening;
pub use self::os::{
    OPEN_FLAGS, Reservation, discard_pages, page_size, put_zero_pages, resident_pages,
};
pub use self::policy::{FileRequest, Policy};
pub use self::quota::{Charge, Quota, QuotaName};
pub use self::quotas::{Quotas, WindowCharge};
pub use self::sharing::{Claim, MemoryId, StoreId};
pub use self::system_error::system_error;
pub use mem_contract::{
    Access, Advice, ByteRange, ErrorCode as Error, FlushMode, MapFlags, MapOptions, Protection,
};
