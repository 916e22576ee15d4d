//! Memory-mapped files for WebAssembly runtimes without the plugin of mem.
//!
//! [`COMPONENT`] is a component that exports the interfaces `mapping` and
//! `window` of the WIT package `mem:mmap`, and imports nothing but
//! `wasi:filesystem`. [`plug`] joins a guest and this component into one
//! component, which runs wherever WASI 0.2 does. `wasmtime-mem bundle` does the
//! same:
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
//! The guest maps the files in the directories that the runtime grants it
//! (`--dir` above). The rules are those of the plugin, except for what this page
//! lists.
//!
//! # What it does
//!
//! It reads pages of 4 KiB as the guest touches them, and keeps up to 256 MiB of
//! pages for all files together. In larger files, random reads take longer than
//! with `std::fs`, because the polyfill has to read a whole page first. What the
//! guest writes to a `read-write` mapping reaches the file with `flush`, with
//! `unmap`, when the mapping is dropped, when the file is mapped again, and when
//! there is no room for another page. All mappings of a file share its pages, so
//! each sees at once what is written through another. `copy-on-write` and
//! anonymous mappings have their own pages, as many as fit into the 4 GiB of the
//! component's memory.
//!
//! The polyfill does not keep the pages of a read of 32 KiB or more if it does
//! not have the first of them: such reads go from the runtime to the guest. A
//! read has at most 64 MiB, which is also the plugin's default.
//!
//! Between components, wasmtime copies lists element by element, so lists of
//! larger elements take less time. A guest that reads much at a time without the
//! crate `mem` should call `read-u64x8` and not `read`.
//!
//! # What it cannot do
//!
//! - **Locks.** `lock` gives `unsupported`, and `unlock` gives `not-locked`,
//!   unless the range is empty.
//! - **Windows.** `attach` gives `unsupported`. The crate `mem` copies then.
//! - **Execution.** It is never granted: `access-denied`.
//! - **Coherence** with other processes, and with what the guest itself reads and
//!   writes through `wasi:filesystem` and `std::fs`. They do not see bytes that
//!   have not been written back. A page that the polyfill keeps does not show
//!   what they write until the file is mapped again, or until the advice `cold`
//!   or `page-out` reclaims the page. Two processes that write different bytes of
//!   one page can undo each other's writes.
//! - **Writing back when the guest ends.** Bytes written to a mapping are lost
//!   unless it is flushed or dropped before the end: when the guest traps, exits
//!   early or leaks the mapping.
//! - **`truncated` at once.** The polyfill notices that a file has become shorter
//!   when it has to read or write a page, and at `flush`, `unmap` and the advices
//!   `populate-read` and `populate-write`. Until then, the guest can read the
//!   pages that it keeps.
//! - **Huge pages.** Both advices give `unsupported`, as do others that the
//!   runtime does not know.
//! - **Quotas.** The embedder cannot set any. The limits are the component's
//!   memory and the runtime's number of open files: each mapped file needs one.

#![cfg_attr(target_family = "wasm", no_std)]

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
