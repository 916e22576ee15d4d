//! What the SDK does not let a guest do: a mapping by descriptor is never
//! anonymous, and what is not a descriptor traps, which the guest's argument
//! asks for.

use test_guests::descriptors::{Descriptor, DescriptorFlags, open, preopened};
use test_guests::raw::{Access, ErrorCode, MapFlags, MapOptions};

mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        type_section_suffix: "directory",
        world: "mem:mmap/imports-with-wasi",
        with: {
            "mem:mmap/mapping@0.1.0": test_guests::raw,
            "mem:mmap/window@0.1.0": test_guests::raw::window,
            "wasi:clocks/wall-clock@0.2.0": wasip2::clocks::wall_clock,
            "wasi:filesystem/types@0.2.0": wasip2::filesystem::types,
            "wasi:io/error@0.2.0": wasip2::io::error,
            "wasi:io/poll@0.2.0": wasip2::io::poll,
            "wasi:io/streams@0.2.0": wasip2::io::streams,
        },
    });
    pub use self::mem::mmap::directory::{file_map_at, file_map_of};
}
use bindings::{file_map_at, file_map_of};

fn main() {
    let dir = preopened(".");
    let file = open(&dir, "file", DescriptorFlags::READ).unwrap();
    let options = |flags, length| MapOptions {
        access: Access::ReadOnly,
        flags,
        offset: 0,
        length,
    };
    for flags in [MapFlags::ANONYMOUS, MapFlags::CREATE] {
        let length = Some(1);
        let at = file_map_at(&dir, "file", options(flags, length));
        assert_eq!(at.unwrap_err(), ErrorCode::InvalidArgument, "{flags:?}");
        let of = file_map_of(&file, options(flags, length));
        assert_eq!(of.unwrap_err(), ErrorCode::InvalidArgument, "{flags:?}");
    }
    let whole = options(MapFlags::empty(), None);
    assert_eq!(file_map_of(&file, whole).unwrap().size(), 3);

    let stdin = wasip2::cli::stdin::get_stdin();
    let handle = match std::env::args().nth(1).as_deref() {
        None => return,
        Some("stream") => stdin.handle(),
        Some("nothing") => u32::MAX,
        Some(argument) => panic!("{argument}"),
    };
    // SAFETY: the handle is only lent to the host, which checks it.
    let wrong = unsafe { Descriptor::from_handle(handle) };
    std::fs::write("called", "").unwrap();
    let _ = file_map_at(&wrong, "file", whole);
    std::fs::write("still running", "").unwrap();
}
