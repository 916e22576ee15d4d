//! Mapping by descriptors: the interface `directory`.

use super::wit::mem as base;
use super::{Handle, Result, code, options};
use crate::sys::Request;
use wasip2::filesystem::types::Descriptor;

mod wit {
    wit_bindgen::generate!({
        path: "wit",
        world: "mem:mmap/imports-with-wasi",
        // `imports`, which this world includes, has bindings already.
        type_section_suffix: "wasi",
        with: {
            "mem:mmap/mapping@0.1.0": super::base::mmap::mapping,
            "mem:mmap/window@0.1.0": super::base::mmap::window,
            "wasi:clocks/wall-clock@0.2.0": wasip2::clocks::wall_clock,
            "wasi:filesystem/types@0.2.0": wasip2::filesystem::types,
            "wasi:io/error@0.2.0": wasip2::io::error,
            "wasi:io/poll@0.2.0": wasip2::io::poll,
            "wasi:io/streams@0.2.0": wasip2::io::streams,
        },
    });
}

use self::wit::mem::mmap::directory as contract;

impl Handle {
    pub fn map_at(dir: &Descriptor, path: &str, request: &Request) -> Result<Self> {
        contract::file_map_at(dir, path, options(request, false))
            .map(Self)
            .map_err(code)
    }

    pub fn map_of(file: &Descriptor, request: &Request) -> Result<Self> {
        contract::file_map_of(file, options(request, false))
            .map(Self)
            .map_err(code)
    }
}
