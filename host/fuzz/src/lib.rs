//! What the fuzz targets do with their input, and what has to come of it.
//!
//! A target panics when the host does something else than its model says.

mod files;
mod guest;
mod input;
pub mod memories;
pub mod modules;
pub mod operations;
mod paged;
pub mod strings;
pub mod windows;
