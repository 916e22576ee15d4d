//! Memory-mapped files for WebAssembly runtimes without the plugin of mem.
//!
//! [`COMPONENT`] is a component that exports the interfaces `mapping` and
//! `window` of the WIT package `mem:mmap`, and imports nothing but
//! `wasi:filesystem`. [`plug`] makes one component of
//! a guest and this one, which runs wherever WASI 0.2 does; so does
//! `wasmtime-mem bundle`:
//!
//! ```no_run
//! let guest = std::fs::read("guest.wasm")?;
//! std::fs::write("bundle.wasm", mem_polyfill::plug(guest)?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! wasmtime run --dir . bundle.wasm
//! ```
//!
//! The guest maps the files of the directories that the runtime grants it
//! (`--dir` above), by the same rules as with the plugin, except for what is
//! listed here.
//!
//! # What it does
//!
//! It reads the pages that the guest touches, of 4 KiB, and keeps up to 256 MiB
//! of them, for all files together. Reads here and there of files that are
//! larger take longer than those of `std::fs`, because each page has to be read
//! first. What the guest writes to a `read-write`
//! mapping is written to the file by `flush`, by `unmap`, when the mapping is
//! dropped, when the file is mapped once more, and when there is no room for
//! another page. All mappings of a file share its pages, and so see at once what
//! is written through one of them. `copy-on-write` and anonymous mappings have
//! pages of their own, as much as fits into the 4 GiB of the component's memory.
//!
//! Reads of 32 KiB or more whose first page is not kept are not kept either:
//! they go from the runtime to the guest. A read has at most 64 MiB, as by
//! default with the plugin.
//!
//! Between components, wasmtime copies lists element by element, and so in less
//! time if their elements are larger. Guests without the crate `mem` that read
//! much at a time had better call `read-u64x8` than `read`.
//!
//! # What it cannot do
//!
//! - **Locks.** `lock` gives `unsupported`, and `unlock` `not-locked`, unless
//!   the range is empty.
//! - **Windows.** `attach` gives `unsupported`. The crate `mem` copies then.
//! - **Execution.** It is never granted: `access-denied`.
//! - **Coherence** with other processes, and with the guest's own writes and
//!   reads through `wasi:filesystem` and `std::fs`. They do not see what has not
//!   been written back; and a page that is kept does not show what they write,
//!   until the file is mapped once more or the page is reclaimed by the advice
//!   `cold` or `page-out`. Two processes that write different bytes of one page
//!   can undo each other's writes.
//! - **Writing back when the guest ends.** What was written to a mapping that
//!   is neither flushed nor dropped before is lost, as when the guest traps,
//!   exits early or leaks the mapping.
//! - **`truncated` at once.** That a file has become shorter is noticed when a
//!   page has to be read or written, and by `flush`, `unmap` and the advices
//!   `populate-read` and `populate-write`. Pages that are kept can be read till
//!   then.
//! - **Huge pages.** Both advices give `unsupported`, as do others where the
//!   runtime does not know them.
//! - **Quotas.** The embedder cannot set any. The limits are the component's
//!   memory and the runtime's number of open files. Each mapped file takes one.

#![cfg_attr(target_family = "wasm", no_std)]
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(target_family = "wasm")]
extern crate alloc;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(not(target_family = "wasm"))]
mod plug;

#[cfg(not(target_family = "wasm"))]
pub use plug::{Error, plug};

/// The component.
#[cfg(not(target_family = "wasm"))]
pub const COMPONENT: &[u8] = include_bytes!(env!("COMPONENT"));
