//! Mapping by descriptors: the interface `directory`.

use mem_contract::MapOptions;
use wasip2::filesystem::types::Descriptor;

use super::bindings::Result;
use super::bindings::wit::mem as base;
use super::handle::Handle;
use crate::cause::Cause;

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
    pub fn map_at(dir: &Descriptor, path: &str, options: MapOptions) -> Result<Self> {
        contract::file_map_at(dir, path, options.into())
            .map(Self)
            .map_err(Cause::of_host)
    }

    pub fn map_of(file: &Descriptor, options: MapOptions) -> Result<Self> {
        contract::file_map_of(file, options.into())
            .map(Self)
            .map_err(Cause::of_host)
    }
}
