//! Mappings without a runtime for guests.

#![cfg(unix)]

mod attacks;
mod process;
mod rounds;
