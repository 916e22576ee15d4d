//! Run by cargo-fuzz; the work is in the library.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mem_fuzz::strings::run(data));
