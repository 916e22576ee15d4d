//! Memory-mapped files for guests of [wasmtime].
//!
//! This crate implements the WIT package `mem:mmap` on a wasmtime linker.
//! Guests map the files of directories that their embedder grants, most easily
//! through the guest SDK, the crate `mem`.
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # Grants and quotas
//!
//! Nothing is granted by default: no directory, no locks, no executable pages,
//! no windows. [`MemCtxBuilder`] grants them, and sets the quotas for mapped,
//! private and locked bytes, for mappings and windows, and for the bytes of one
//! read. [`process`] limits what all contexts together take of the mappings and
//! descriptors that the kernel lets a process have. A guest that asks for more
//! gets an error and can go on.
//!
//! WASI's directories are not mem's: one that the guest shall both open by
//! `std::fs` and map is granted to both. Guests that hold descriptors of
//! wasi:filesystem can map by those: see [`wasi`](mod@wasi), which the feature of this name,
//! a default one, brings.
//!
//! # Mappings and stores
//!
//! A guest's mappings live in the [`ResourceTable`] of its store. They are
//! unmapped, and what they locked is unlocked, when the guest drops them and
//! at the latest when the store is dropped.
//!
//! # Windows
//!
//! A window puts the pages of a mapped file into the guest's own memory: the
//! guest loads and stores the file's bytes with no call and no copy. An
//! embedder that grants them prepares the engine's configuration by
//! [`enable_windows`], with which this crate makes the guests' linear memories,
//! and calls [`MemCtxBuilder::allow_windows`], which is `unsafe` because the
//! embedder answers for who else writes the files:
//!
//! ```
//! use mem_host::{Access, MemCtx};
//! use wasmtime::{Config, Engine};
//!
//! let mut config = Config::new();
//! mem_host::enable_windows(&mut config);
//! let engine = Engine::new(&config)?;
//!
//! # let dir = std::env::temp_dir();
//! let mut builder = MemCtx::builder();
//! builder.preopened_dir(&dir, "/index", Access::ReadOnly)?;
//! // SAFETY: nobody writes the files of this directory while guests run.
//! unsafe { builder.allow_windows(true) };
//! let ctx = builder.build();
//! # wasmtime::Result::<()>::Ok(())
//! ```
//!
//! Nobody else may write the files meanwhile, or make them shorter. WASI does
//! both for guests; [`wasi::finish_writes`] has its streams write while the
//! guest waits.
//!
//! The pages of a read-only window are copied when the guest writes to them,
//! and the file never changes. A window ends with the guest's memory at the
//! latest: no page of it is seen by another instance.
//!
//! # Synchronous and asynchronous
//!
//! [`add_to_linker`] is for embedders that call guests on a thread of their
//! own, [`add_to_linker_async`] for those that must not be blocked while a
//! flush waits for the disk.
//!
//! # Core modules
//!
//! Guests need not be components: [`core`] serves core modules that import the
//! same interfaces, at a fraction of the price of a component's call.
//!
//! # Files that others change
//!
//! The bytes of a mapping are the file's, and other processes can change them
//! at any time. The host copies them by raw pointers and never holds a
//! reference to them.
//!
//! If somebody makes a mapped file shorter, or its disk has no room for a page,
//! touching the page raises SIGBUS (`mmap(2)`). The first mapping of a process
//! installs a handler for it. A fault inside a mapping of this crate makes the
//! guest's call fail with `truncated` or `no-space`; one inside a window puts
//! zeros there, and the window's `check` and the mapping's `flush` and `unmap`
//! report it; any other goes to the handler that was installed before, or ends
//! the process as it would have. A program that installs a handler for SIGBUS
//! later has to call its predecessor in turn, and one that cannot have ours
//! leaves it out by [`MemCtxBuilder::handle_bus_errors`].
//!
//! The operating system notices whole pages only: behind the new end of a
//! file, the rest of its last page reads as zeros, and what is written there is
//! lost.
//!
//! # What a flush promises
//!
//! What a synchronous `flush` has done when it returns:
//!
//! - Linux: `msync(2)` with `MS_SYNC`. The file system has written the range to
//!   the disk and, if it does as `fsync(2)` says, has told the disk to empty its
//!   cache. On a file system in memory nothing is written.
//! - macOS: `msync(2)` with `MS_SYNC`. The range was given to the disk, which can
//!   still have it in its cache: `F_FULLFSYNC`, which would empty that, is not
//!   asked for. The loss of power can lose what was flushed.
//! - Windows: `FlushViewOfFile`, then `FlushFileBuffers`, which also asks the
//!   disk to empty its cache.
//!
//! Without a flush, what was written outlives the process, however it ends, for
//! it is in the operating system's cache, but not a crash of the system. A flush
//! of a file does not flush the directory that has its name.
//!
//! # Logs
//!
//! The guest's calls that map and unmap are [`tracing`] spans of level debug,
//! named `map` and `unmap`. Events have what the operating system said; some have the
//! target `mem_mapping`, the crate that maps.
//!
//! Each call that returns to the guest is an event of level trace and target
//! `mem_host::calls`. Its fields are the `operation` and the `result`, both by
//! their names in the WIT or `ok`; the number of the `mapping`, which counts
//! from 1 in each context; `offset` and `length` of the range in it, of
//! `read-many` where the first range starts and the length of all; and
//! `nanoseconds`; of a call that failed also `why`, in words, where that is known. A
//! `file-map` also has the `path`, unless the mapping is
//! anonymous, and the `access`, and its `offset` is that in the file. Where
//! nobody subscribes to them, the clock is not looked at.
//!
//! # What guests use
//!
//! [`MemCtx::usage`] tells what the guests of a context have mapped and locked,
//! how often they have called which operation, and how often that has failed;
//! [`MemCtx::resident_bytes`] how much of what they have mapped is in RAM.
//!
//! # Platforms
//!
//! Linux is where everything works and is tested. On other systems advice that
//! they do not know is `unsupported`, and so are windows on systems other than
//! Unix.
//!
//! [wasmtime]: https://docs.rs/wasmtime
//! [`ResourceTable`]: wasmtime::component::ResourceTable

mod bindings;
mod calls;
pub mod core;
mod ctx;
mod grant;
mod lift;
mod linker;
mod lower;
pub mod process;
mod reading;
mod usage;
#[cfg(feature = "wasi")]
pub mod wasi;
mod window;

pub use self::ctx::{MemCtx, MemCtxBuilder, MemCtxView, MemView};
pub use self::grant::{Access, GrantError};
pub use self::linker::{
    add_to_linker, add_to_linker_async, add_to_linker_async_with, add_to_linker_with,
};
pub use self::usage::{Amount, Calls, Operation, Usage};
pub use self::window::enable_windows;
use mem_mapping::Error;

/// The programs of the READMEs of this crate and of the repository.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
struct Readme;
