//! The API of the crate [memmap2] for WebAssembly guests, so that programs and
//! libraries that map files by it run as guests unchanged.
//!
//! It takes memmap2's place by a line in the `Cargo.toml` of the program's
//! workspace:
//!
//! ```toml
//! [patch.crates-io]
//! memmap2 = { path = "../mem/guest-sdk/memmap2" }
//! ```
//!
//! A program that uses the crate `mem` as well takes that with
//! `default-features = false`: what it maps with natively needs the real memmap2,
//! which cannot be in the same graph.
//!
//! Every crate of the program that depends on memmap2 0.9 then gets this one:
//!
//! ```no_run
//! use memmap2::Mmap;
//! use std::fs::File;
//!
//! let file = File::open("words.txt")?;
//! // SAFETY: nobody writes the file meanwhile.
//! let text = unsafe { Mmap::map(&file)? };
//! println!("{} lines", text.split(|&byte| byte == b'\n').count());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The host grants the file's directory to WASI and to mem by the same name, as
//! `wasmtime-mem run --dir` does. The bytes are a window of the crate `mem`: the
//! file's own pages where the host has windows, and a copy where it has not.
//! There, what is written to a copy comes to the file by `flush`, by
//! `flush_async`, by `make_read_only` and when the map is dropped: the bytes that
//! were changed, and none that others may have written beside them. To find them,
//! the copy of a map that was made by `map_mut` takes room for its length twice.
//!
//! The bytes of a map lie in memory as they lie in the file: the address equals
//! the offset modulo the page, as natively, in windows, in copies and in maps of
//! no bytes.
//!
//! # How a file is found
//!
//! `mem:mmap` maps what is at a path, and a program maps an open file. The path
//! is the one by which the file was opened: this crate defines the functions by
//! which wasi-libc, and with it std, asks the host to open a file, hands each
//! call on, and keeps the path. Nothing needs to be passed to the linker.
//!
//! After mapping, it is checked that the path still leads to the file that was
//! opened, by the device and the inode that WASI tells of both, so that a file
//! is never mistaken for another. Symbolic links are followed. What this way does
//! not find is an error:
//!
//! - a file that was renamed, replaced or removed since it was opened:
//!   [`NotFound`](std::io::ErrorKind::NotFound), whatever is at its path by now.
//!   A temporary file without a name, as of `tempfile::tempfile`, is one; one
//!   with a name can be mapped.
//! - a file that was not opened by wasi-libc but by bindings of the program's
//!   own: [`Unsupported`](std::io::ErrorKind::Unsupported)
//! - a path that the host has not granted to mem:
//!   [`PermissionDenied`](std::io::ErrorKind::PermissionDenied) or `NotFound`
//!
//! # Coming from memmap2
//!
//! | there | here, in a guest |
//! | --- | --- |
//! | [`Mmap::map`], [`MmapMut::map_mut`], [`MmapOptions::map_copy`], [`MmapRaw`] | a window of the file's pages, or a copy |
//! | [`MmapMut::map_anon`] | zeroed memory of the guest's heap |
//! | [`MmapMut::flush`], [`MmapMut::flush_range`] | the disk has it when they return |
//! | [`Mmap::lock`], [`Mmap::unlock`] | the pages of the file, where the embedder grants locks; anonymous memory cannot be locked |
//! | [`Mmap::advise`] | handed to the host's operating system |
//! | [`MmapMut::make_read_only`] | brings to the file what was written, and reports what was lost |
//! | [`Mmap::make_mut`] | a file that was mapped to be read is mapped anew |
//! | [`MmapOptions::map_exec`], [`MmapMut::make_exec`] | `Unsupported`: the memory of a guest is never executed |
//! | [`MmapOptions::len`] past the end of the file | `InvalidInput`, not bytes that fault |
//! | a map that is read-only, written by a pointer | spoils the guest's own copy, and does not fault |
//! | `remap`, and what else memmap2 has on Linux alone | none |
//!
//! A guest of 32 bits has at most 4 GiB of memory, of which each map takes its
//! length: a file that does not fit is
//! [`OutOfMemory`](std::io::ErrorKind::OutOfMemory), and one of 2 GiB or more, which
//! no slice has, [`InvalidData`](std::io::ErrorKind::InvalidData), as of memmap2.
//! [`MmapOptions::offset`] and [`MmapOptions::len`] map a part.
//!
//! Two maps of one file, one of them writable, see each other's bytes in
//! windows, and not in copies before these come to the file.
//!
//! # Errors
//!
//! Mapping a file gives an [`std::io::Error`] of one of these kinds:
//!
//! - [`PermissionDenied`](std::io::ErrorKind::PermissionDenied): the file was
//!   not opened for what the map does, or the host has not granted it
//! - [`OutOfMemory`](std::io::ErrorKind::OutOfMemory): the guest has no room
//!   for the bytes, or the host allows no further mapping
//! - [`InvalidInput`](std::io::ErrorKind::InvalidInput): the range is not
//!   inside the file, or it is no regular file
//! - [`InvalidData`](std::io::ErrorKind::InvalidData): the offset is behind the
//!   end of the file, or the bytes are more than `isize::MAX`
//! - [`ResourceBusy`](std::io::ErrorKind::ResourceBusy): guests of another
//!   store have windows on the file, and either those or this one can write it
//! - [`NotFound`](std::io::ErrorKind::NotFound) and
//!   [`Unsupported`](std::io::ErrorKind::Unsupported): as told
//!   [above](crate#how-a-file-is-found)
//!
//! # Targets
//!
//! `wasm32-wasip2` and `wasm32-wasip1`. On Unix the crate maps in the process
//! itself, so that a program that has it patched in can be built for the machine
//! as well. Elsewhere, only anonymous memory can be had.
//!
//! [memmap2]: https://docs.rs/memmap2

mod advice;
mod descriptor;
mod methods;
mod mmap;
mod mmap_mut;
mod mmap_raw;
mod options;
mod safe;
mod sys;

pub use advice::{Advice, UncheckedAdvice};
pub use descriptor::{MmapAsRawDesc, MmapRawDescriptor};
pub use mmap::Mmap;
pub use mmap_mut::MmapMut;
pub use mmap_raw::MmapRaw;
pub use options::MmapOptions;
pub use safe::MapIfSafeError;

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
