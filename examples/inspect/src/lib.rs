//! What is in an ELF file: a program, a shared library, an object file or a
//! core dump.
//!
//! [`Elf::parse`] works on `&[u8]`, whether that is a window on a mapped file or
//! a plain buffer, and what it returns refers to those bytes.
//!
//! ```no_run
//! let program = std::fs::read("/bin/true")?;
//! let elf = inspect::Elf::parse(&program)?;
//! println!("{} sections", elf.sections.len());
//! print!("{elf}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dynamic;
mod elf;
mod error;
mod names;
mod show;

pub use dynamic::Dynamic;
pub use elf::{Elf, Section, Segment, Symbols};
pub use error::Error;
