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
//! Nothing is granted by default: no directory, no locks, no executable pages.
//! [`MemCtxBuilder`] grants them, and sets the quotas for mapped, private and
//! locked bytes, for mappings, and for the bytes of one read. A guest that
//! asks for more gets an error and can go on.
//!
//! WASI's directories are not mem's: one that the guest shall both open by
//! `std::fs` and map is granted to both.
//!
//! # Mappings and stores
//!
//! A guest's mappings live in the [`ResourceTable`] of its store. They are
//! unmapped, and what they locked is unlocked, when the guest drops them and
//! at the latest when the store is dropped.
//!
//! # Synchronous and asynchronous
//!
//! [`add_to_linker`] is for embedders that call guests on a thread of their
//! own, [`add_to_linker_async`] for those that must not be blocked while a
//! flush waits for the disk.
//!
//! # Files that others change
//!
//! The bytes of a mapping are the file's, and other processes can change them
//! at any time. The host copies them by raw pointers and never holds a
//! reference to them.
//!
//! If somebody makes a mapped file shorter, touching the lost pages raises
//! SIGBUS (`mmap(2)`). The first mapping of a process installs a handler for
//! it. A fault inside a mapping of this crate makes the guest's call fail with
//! `truncated`; any other goes to the handler that was installed before, or
//! ends the process as it would have. A program that installs a handler for
//! SIGBUS later has to call its predecessor in turn.
//!
//! The operating system notices whole pages only: behind the new end of a
//! file, the rest of its last page reads as zeros, and what is written there is
//! lost.
//!
//! # What a flush promises
//!
//! When a synchronous `flush` returns, the operating system has written the
//! range to the file's disk (`msync(2)` with `MS_SYNC` on Unix,
//! `FlushViewOfFile` and `FlushFileBuffers` on Windows). Without a flush, what
//! was written outlives the process, for it is in the operating system's cache,
//! but not a crash of the system.
//!
//! # Logs
//!
//! The guest's calls that map and unmap are [`tracing`] spans of level debug,
//! named `map` and `unmap`. Events tell what the operating system said where
//! the guest learns only an error code.
//!
//! # Platforms
//!
//! Linux is where everything works and is tested. On other systems advice that
//! they do not know is `unsupported`.
//!
//! [wasmtime]: https://docs.rs/wasmtime
//! [`ResourceTable`]: wasmtime::component::ResourceTable

mod bindings;
mod ctx;
mod error;
mod fault;
mod grant;
mod lift;
mod linker;
mod lower;
mod mapping;
mod os;
mod quota;

pub use self::ctx::{MemCtx, MemCtxBuilder, MemCtxView, MemView};
use self::error::Error;
pub use self::grant::{Access, GrantError};
pub use self::linker::{
    add_to_linker, add_to_linker_async, add_to_linker_async_with, add_to_linker_with,
};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
