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
//! no windows. [`MemCtxBuilder`] grants them. It also sets the quotas: mapped,
//! private and locked bytes, mappings, windows, and the bytes of one read. The
//! kernel limits the mappings and descriptors of a process; [`process`] sets how
//! many of them all contexts together may use. A guest that asks for more gets an
//! error and can go on.
//!
//! WASI's directories are not mem's. To let a guest both open a directory's files
//! by `std::fs` and map them, grant the directory to both. Guests that hold
//! descriptors of wasi:filesystem can also map by those: see [`wasi`](mod@wasi),
//! which needs the default feature `wasi`.
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
//! guest loads and stores the file's bytes with no call and no copy. To grant
//! windows, first prepare the engine's configuration by [`enable_windows`]: this
//! crate then makes the guests' linear memories. Then call
//! [`MemCtxBuilder::allow_windows`]. It is `unsafe` because you promise that
//! nobody else writes the files:
//!
//! ```
//! use mem_host::{FsPerms, MemCtx};
//! use wasmtime::{Config, Engine};
//!
//! let mut config = Config::new();
//! mem_host::enable_windows(&mut config);
//! let engine = Engine::new(&config)?;
//!
//! # let dir = std::env::temp_dir();
//! let mut builder = MemCtx::builder();
//! builder.preopened_dir(&dir, "/index", FsPerms::ReadOnly)?;
//! // SAFETY: nobody writes the files of this directory while guests run.
//! unsafe { builder.allow_windows(true) };
//! let ctx = builder.build();
//! # wasmtime::Result::<()>::Ok(())
//! ```
//!
//! While a guest has a window on a file, nobody else may write the file or make
//! it shorter. WASI does both for guests; [`wasi::finish_writes`] makes its
//! streams write while the guest waits.
//!
//! When the guest writes to a page of a read-only window, it gets a copy of the
//! page, and the file never changes. A window ends with the guest's memory at
//! the latest: no other instance ever sees a page of it.
//!
//! # Synchronous and asynchronous
//!
//! [`add_to_linker_sync`] is for embedders that call guests on a thread of their
//! own. [`add_to_linker_async`] is for embedders that must not be blocked while a
//! flush waits for the disk.
//!
//! # Core modules
//!
//! Guests need not be components: [`core`] serves core modules that import the
//! same interfaces. Their calls take a fraction of the time of a component's.
//!
//! # Files that others change
//!
//! The bytes of a mapping are the file's, and other processes can change them
//! at any time. The host copies them by raw pointers and never holds a
//! reference to them.
//!
//! If somebody makes a mapped file shorter, or its disk has no room for a page,
//! touching the page raises SIGBUS (`mmap(2)`). The first mapping of a process
//! installs a handler for that signal:
//!
//! - A fault inside a mapping of this crate makes the guest's call fail with
//!   `truncated` or `no-space`.
//! - A fault inside a window puts zeros there. The window's `check` and the
//!   mapping's `flush` and `unmap` report it.
//! - Any other fault goes to the handler that was installed before, or ends the
//!   process as it would have without this crate.
//!
//! A program that installs a handler for SIGBUS later has to call its
//! predecessor. A program that must not have this handler turns it off by
//! [`MemCtxBuilder::handle_bus_errors`].
//!
//! The operating system notices whole pages only: behind the new end of a
//! file, the rest of its last page reads as zeros, and bytes written there are
//! lost.
//!
//! # What a flush promises
//!
//! When a synchronous `flush` returns, it has done this:
//!
//! - Linux: `msync(2)` with `MS_SYNC`. The file system has written the range to
//!   the disk and, if it behaves as `fsync(2)` says, has made the disk empty its
//!   cache. On a file system in memory nothing is written.
//! - macOS: `msync(2)` with `MS_SYNC`. The disk has the range, maybe only in its
//!   cache: `F_FULLFSYNC`, which would empty the cache, is not called. A loss of
//!   power can lose bytes that were flushed.
//! - Windows: `FlushViewOfFile`, then `FlushFileBuffers`, which also makes the
//!   disk empty its cache.
//!
//! Bytes that were written and not flushed are in the operating system's cache.
//! They survive the process, however it ends, but not a crash of the system. A
//! flush of a file does not flush the directory that has its name.
//!
//! # Logs
//!
//! The guest's calls that map and unmap are [`tracing`] spans of level debug,
//! named `map` and `unmap`. Events quote the operating system's errors; some have
//! the target `mem_mapping`, the crate that maps.
//!
//! Each call that returns to the guest is an event of level trace and target
//! `mem_host::calls`, with these fields:
//!
//! - `operation`: its name in the WIT;
//! - `result`: `ok`, or the name of the error in the WIT;
//! - `why`: why the call failed, in words, where that is known;
//! - `mapping`: the number of the mapping, which counts from 1 in each context;
//! - `offset` and `length`: the range of the mapping in bytes; for `read-many`,
//!   where the first range starts, and the length of all;
//! - `nanoseconds`: how long the call took;
//! - for `file-map` also the `access`, and the `path` unless the mapping is
//!   anonymous. The `offset` is the one in the file.
//!
//! If nobody subscribes to these events, the clock is not read.
//!
//! # What guests use
//!
//! [`MemCtx::usage`] reports what the guests of a context have mapped and locked,
//! how often they have called each operation, and how often that has failed.
//! [`MemCtx::resident_bytes`] reports how much of what they have mapped is in RAM.
//!
//! # Platforms
//!
//! Everything works and is tested on Linux. On other systems, advice that the
//! system does not know is `unsupported`. Windows are `unsupported` on systems
//! other than Unix.
//!
//! [wasmtime]: https://docs.rs/wasmtime
//! [`ResourceTable`]: wasmtime::component::ResourceTable

mod abi;
mod bindings;
mod calls;
mod component;
pub mod core;
mod ctx;
mod grant;
mod handles;
mod linker;
mod operation;
pub mod process;
mod reading;
mod rows;
mod surface;
mod usage;
mod view;
#[cfg(feature = "wasi")]
pub mod wasi;
mod window;

pub use self::ctx::{MemCtx, MemCtxBuilder};
pub use self::grant::{FsPerms, GrantError};
pub use self::linker::{add_to_linker_async, add_to_linker_sync};
pub use self::operation::Operation;
pub use self::usage::{Amount, Calls, Usage};
pub use self::view::{MemCtxView, MemView};
pub use self::window::enable_windows;

/// Compiles the programs of the READMEs of this crate and of the repository.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../../README.md")]
struct Readme;
