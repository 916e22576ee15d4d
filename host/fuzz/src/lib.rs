//! What the fuzz targets do with their input, and what must come of it.
//!
//! A target panics when the host does not do what the target's model says.

mod argument;
mod files;
mod guest;
mod input;
pub mod memories;
pub mod modules;
pub mod operations;
mod outcome;
mod paged;
mod state;
pub mod strings;
mod target;
pub mod windows;

pub use guest::uncalled;
