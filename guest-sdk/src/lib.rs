//! Memory-mapped files for sandboxed WebAssembly guests.
//!
//! ```no_run
//! fn main() -> Result<(), mem::Error> {
//!     // A file to read.
//!     let text = mem::open("notes.txt")?;
//!     let mut start = [0; 16];
//!     let n = text.read_at(0, &mut start)?;
//!     println!("{} bytes, the first are {:?}", text.len(), &start[..n]);
//!
//!     // A file to write: how often this guest has run.
//!     let counter = mem::create("runs.bin", 8)?;
//!     let runs = counter.get::<u64>(0)? + 1;
//!     counter.set(0, runs)?;
//!     println!("run {runs}");
//!
//!     // Flushes, and says so if that fails.
//!     counter.unmap()
//! }
//! ```
//!
//! A guest is an ordinary program. Its host grants the directories whose files it
//! may map:
//!
//! ```text
//! cargo build --target wasm32-wasip2
//! wasmtime-mem run --dir . target/wasm32-wasip2/debug/guest.wasm
//! ```
//!
//! The [`guide`] says which way to the bytes to choose and what each costs. It has
//! tables for users of memmap2 and of mmap-go.
//!
//! # Coming from Go's `mem`
//!
//! | there | here |
//! | --- | --- |
//! | `RDONLY`, `RDWR`, `COPY` | [`Access::ReadOnly`], [`Access::ReadWrite`] (writes reach the file), [`Access::CopyOnWrite`] (the file never changes), set by [`Options::access`] |
//! | `EXEC` | [`Options::exec`]: host pages executable, only where the embedder grants it |
//! | `ANON` | [`anonymous`], [`Options::anonymous`]: no file |
//! | `FileMap(f, prot, flags)`: an entire file | [`open`], [`open_mut`], or [`Options`] without offset and length |
//! | `OpenMapper(f, prot, flags)` | [`Options::open`] |
//! | `OpenMmap(size, f)` | [`create`]: makes the file `size` bytes long if it is shorter, never cuts it, maps `size` bytes read-write |
//! | `Lock(data)`, `Unlock(data)` on any slice | [`Mapping::lock_range`], [`Mapping::unlock_range`] |
//! | `Object.Bytes` | [`Mapping::window`], [`Mapping::window_mut`]: a slice of the file's pages; [`Mapping::bytes`]: a copy |
//! | `Object.Flush` | [`Mapping::flush`]: the file's contents equal the mapping's when it returns |
//! | `Object.Lock` | [`Mapping::lock`]: held in RAM; `VmLck` of the host grows by the range, rounded to pages |
//! | `Object.Unlock` | [`Mapping::unlock`]: reverses it; unlocking what is not locked is an error |
//! | `Object.Unmap` | [`Mapping::unmap`]: flushes, unmaps, the handle is gone; a failed flush is reported, and it is unmapped all the same |
//!
//! # Mapping
//!
//! [`open`], [`open_mut`], [`create`] and [`anonymous`] are the usual ways;
//! [`Options`] has the rest: copy-on-write, a part of a file, populating,
//! execution. Paths name directories as the host granted them, as with `std::fs`:
//! with `--dir ./data::/data` the guest's name is `/data`. A relative path starts
//! at the guest's current directory. Nothing is granted by default.
//!
//! # The bytes
//!
//! The pages are the host's. A guest can copy to and from them at an offset:
//! [`read_at`](Mapping::read_at) and [`write_at`](Mapping::write_at), which
//! stop at the end of the mapping; [`read_exact_at`](Mapping::read_exact_at)
//! and [`write_all_at`](Mapping::write_all_at), which fail there;
//! [`get`](Mapping::get) and [`set`](Mapping::set) for a single number, in
//! little-endian order; [`read_many`](Mapping::read_many) for bytes from many
//! places by one call. A read copies once, from the page to the guest's buffer.
//! Offsets are 64 bits wide, and the mapping may be larger than the guest's
//! memory.
//!
//! A [`Cursor`] has a position, and with it [`Read`](std::io::Read),
//! [`Write`](std::io::Write), [`Seek`](std::io::Seek) and
//! [`BufRead`](std::io::BufRead) for everything that works on files:
//!
//! ```no_run
//! use std::io::BufRead;
//!
//! fn main() -> std::io::Result<()> {
//!     for line in mem::open("notes.txt")?.into_cursor().lines() {
//!         println!("{}", line?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Windows: the pages themselves
//!
//! [`window`](Mapping::window) and [`window_mut`](Mapping::window_mut) give a
//! range as a slice. Where the embedder grants it and the host's platform can,
//! the slice is the file's own pages, which the host puts into the guest's
//! memory: no byte is copied, an access is a plain load or store, and pages
//! that are not touched are not read from the disk.
//!
//! ```no_run
//! fn main() -> Result<(), mem::Error> {
//!     let index = mem::open("index.bin")?;
//!     let keys = index.window(4096..)?;
//!     let (keys, _) = keys.as_chunks::<8>();
//!     let place = keys.partition_point(|key| u64::from_le_bytes(*key) < 1_000_000);
//!     println!("key {place} of {}", keys.len());
//!
//!     let counters = mem::open_mut("counters.bin")?;
//!     let mut window = counters.window_mut(..)?;
//!     window[0] = window[0].wrapping_add(1);
//!     window.flush()
//! }
//! ```
//!
//! Elsewhere the slice is a copy. The SDK writes back what you change in it, so the
//! guest works all the same; [`is_zero_copy`](Window::is_zero_copy) says which it
//! is. A [`Window`] needs as much room in the guest's memory as a copy does, so a
//! 32-bit guest works on a mapping of many GiB through one window after another.
//! While a window exists, its mapping does not write the window's bytes; [`Window`]
//! says more about this, and what nobody watches.
//!
//! # The pages
//!
//! [`flush`](Mapping::flush), [`lock`](Mapping::lock),
//! [`advise`](Mapping::advise) and [`protect`](Mapping::protect) are what
//! msync(2), mlock(2), madvise(2) and mprotect(2) are to a process. Each has a
//! form for a range in bytes, which the host widens to whole pages.
//!
//! # Descriptors of wasi:filesystem
//!
//! With the feature `wasi`, a guest can map by the descriptor of a directory or of
//! an open file, a [`wasip2::filesystem::types::Descriptor`]:
//! `Options::open_at` and `Options::open_descriptor`. The descriptor is then the
//! grant, if the embedder allows that.
//!
//! [`wasip2::filesystem::types::Descriptor`]: https://docs.rs/wasip2/2/wasip2/filesystem/types/struct.Descriptor.html
//!
//! # Errors
//!
//! An [`Error`] names the operation, the path, an [`ErrorCode`] and what you can do
//! about it, and `?` turns it into a [`std::io::Error`] of the usual kind. A range
//! outside the mapping, a file that becomes shorter or a quota is an error; it does
//! not end the guest.
//!
//! # Targets
//!
//! Guests are built for `wasm32-wasip2`, `wasm32-wasip1` or
//! `wasm32-unknown-unknown`, and run where a host has the WIT package
//! `mem:mmap@0.1.0`: its interface `mapping`, `window` if the guest makes windows,
//! and `directory` if it maps by descriptors, which only hosts have.
//!
//! For other targets the crate maps in the process itself, by its default feature
//! `native` and the same code as the host `mem-host`. What this documentation
//! promises is true there too, with the same errors; on Linux everything works and
//! is tested. Where it says host, read process:
//!
//! - Paths work as in [`std::fs`]: nobody has to grant a directory, and `..` and
//!   symbolic links may lead anywhere. They still have to be UTF-8.
//! - There are no quotas. The operating system's limits count, such as
//!   `RLIMIT_MEMLOCK`, and [`Options::exec`] is granted.
//! - A [`Window`] is a copy, with write-back as everywhere: in a process nobody can
//!   promise that a file's own pages stay as they are while you borrow them as a
//!   slice.
//! - On Unix the first mapping installs a handler of SIGBUS. It turns a fault in a
//!   file that has become shorter into [`ErrorCode::Truncated`], and passes all
//!   faults outside this crate's mappings to the handler before it.
//!
//! # Testing a guest
//!
//! So the unit tests of a guest need no host. A plain `cargo test` maps real files:
//!
//! ```
//! /// How often this was called for the file.
//! fn count(path: &std::path::Path) -> Result<u64, mem::Error> {
//!     let counter = mem::create(path, 8)?;
//!     let runs = counter.get::<u64>(0)? + 1;
//!     counter.set(0, runs)?;
//!     counter.unmap()?;
//!     Ok(runs)
//! }
//!
//! // With `#[test]`, in a guest.
//! fn counts_over_runs() -> Result<(), mem::Error> {
//!     let dir = tempfile::tempdir().unwrap();
//!     let path = dir.path().join("runs.bin");
//!     assert_eq!(count(&path)?, 1);
//!     assert_eq!(count(&path)?, 2);
//!     assert_eq!(std::fs::read(&path).unwrap(), 2_u64.to_le_bytes());
//!     Ok(())
//! }
//! # counts_over_runs()?;
//! # Ok::<(), mem::Error>(())
//! ```
//!
//! # The module of a guest
//!
//! The crate exports `cabi_import_realloc` from the guest's module, through
//! which a host puts the bytes of a read right into the caller's buffer. A
//! guest must not export another function of this name.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

mod cause;
mod claims;
mod cursor;
#[cfg(feature = "wasi")]
mod directory;
mod error;
pub mod guide;
mod mapping;
mod options;
mod pages;
mod placement;
mod range;
mod read_many;
mod scalar;
mod shared;
mod sys;
mod window;

pub use cursor::Cursor;
pub use error::Error;
pub use mapping::Mapping;
#[doc(inline)]
pub use mem_contract::{Access, Advice, ErrorCode, Protection};
pub use options::{Options, anonymous, create, open, open_mut};
pub use scalar::Scalar;
pub use window::{Window, WindowMut};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
