//! The API of the crate [memmap2] for WebAssembly guests, so that programs and
//! libraries that map files by it run as guests unchanged.
//!
//! A line in the `Cargo.toml` of the program's workspace puts it in memmap2's
//! place:
//!
//! ```toml
//! [patch.crates-io]
//! memmap2 = { path = "../mem/guest-sdk/memmap2" }
//! ```
//!
//! A program that also uses the crate `mem` depends on it with
//! `default-features = false`: its native implementation needs the real memmap2,
//! and that cannot be in the same graph.
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
//! file's own pages where the host has windows, and a copy where it has none.
//! `flush`, `flush_async`, `make_read_only` and dropping the map write a copy back
//! to the file: the bytes that you changed, and none that others may have written
//! beside them. To find them, the copy of a map made by `map_mut` takes room for
//! its length twice.
//!
//! The bytes of a map lie in memory as they lie in the file: the address equals
//! the offset modulo the page, as it does natively. That is so in windows, in
//! copies and in maps of no bytes.
//!
//! # How a file is found
//!
//! `mem:mmap` maps what is at a path, and a program maps an open file. The path
//! is the one by which the file was opened: wasi-libc, and with it std, asks the
//! host to open a file by certain functions. This crate defines those functions,
//! hands each call on, and keeps the path. The linker needs no argument.
//!
//! After mapping, this crate checks that the path still leads to the file that was
//! opened. It compares the device and the inode that WASI reports for both, so it
//! never mistakes one file for another. It follows symbolic links. A file that it
//! does not find this way is an error:
//!
//! - a file that was renamed, replaced or removed since it was opened:
//!   [`NotFound`](std::io::ErrorKind::NotFound), whatever is at its path by now.
//!   A temporary file without a name, such as `tempfile::tempfile` makes, is
//!   removed already; a temporary file with a name can be mapped.
//! - a file that the program opened by bindings of its own, and not by wasi-libc:
//!   [`Unsupported`](std::io::ErrorKind::Unsupported)
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
//! | [`Mmap::advise`] | goes to the host's operating system |
//! | [`MmapMut::make_read_only`] | writes changes to the file, and reports what was lost |
//! | [`Mmap::make_mut`] | maps a file anew that was mapped to read |
//! | [`MmapOptions::map_exec`], [`MmapMut::make_exec`] | `Unsupported`: the memory of a guest is never executed |
//! | [`MmapOptions::len`] past the end of the file | `InvalidInput`, not bytes that fault |
//! | a write to a read-only map by a pointer | spoils the guest's own copy, and does not fault |
//! | `remap`, and everything else that memmap2 has only on Linux | none |
//!
//! A guest of 32 bits has at most 4 GiB of memory, and each map takes its length
//! from that. A file that does not fit gives
//! [`OutOfMemory`](std::io::ErrorKind::OutOfMemory). A file of 2 GiB or more, longer
//! than any slice, gives [`InvalidData`](std::io::ErrorKind::InvalidData), as it
//! does with memmap2.
//! [`MmapOptions::offset`] and [`MmapOptions::len`] map a part.
//!
//! Two maps of one file, one of them writable, see each other's bytes in
//! windows. In copies they do so once the copies are written back.
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
//!   [`Unsupported`](std::io::ErrorKind::Unsupported): see
//!   [above](crate#how-a-file-is-found)
//!
//! # Targets
//!
//! `wasm32-wasip2` and `wasm32-wasip1`. On Unix the crate maps in the process
//! itself, so that a program with this patch also builds for the machine.
//! Elsewhere there is only anonymous memory.
//!
//! [memmap2]: https://docs.rs/memmap2

mod advice;
mod descriptor;
mod methods;
mod mmap;
mod mmap_mut;
mod mmap_raw;
mod options;
mod request;
mod safe;
mod shortcuts;
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
