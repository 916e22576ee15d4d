//! The component: the contract in `wit/`, made of wasi:filesystem.

mod cache;
mod code;
mod contract;
mod directories;
mod explanations;
mod exports;
mod file;
mod mapping;
mod pages;
mod room;
mod runtime;

/// Bindings of the world `polyfill`.
mod wit {
    wit_bindgen::generate!({
        path: "wit",
        world: "mem:polyfill/polyfill",
        generate_all,
    });

    pub(super) use self::wasi::filesystem::types::Advice;
}

use wit::exports::mem::mmap::mapping::ErrorCode;

/// What every function of the component can fail with.
type Result<T> = core::result::Result<T, ErrorCode>;
