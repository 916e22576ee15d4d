//! The types of the WIT, and how they correspond to the contract's.

use mem_contract::{ByteRange, MapFlags, MapOptions};

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "mem:mmap/imports",
    });
}

pub(crate) use self::generated::mem::mmap::mapping as wit;

mem_contract::convert_access!(wit::Access);
mem_contract::convert_advice!(wit::Advice);
mem_contract::convert_error_code!(wit::ErrorCode);
mem_contract::convert_flush_mode!(wit::FlushMode);
mem_contract::convert_protection!(wit::Protection);

impl From<wit::MapOptions> for MapOptions {
    fn from(options: wit::MapOptions) -> Self {
        let mut flags = MapFlags::empty();
        for (flag, in_wit) in [
            (MapFlags::ANONYMOUS, wit::MapFlags::ANONYMOUS),
            (MapFlags::EXEC, wit::MapFlags::EXEC),
            (MapFlags::CREATE, wit::MapFlags::CREATE),
            (MapFlags::POPULATE, wit::MapFlags::POPULATE),
        ] {
            flags.set(flag, options.flags.contains(in_wit));
        }
        Self {
            access: options.access.into(),
            flags,
            offset: options.offset,
            length: options.length,
        }
    }
}

impl From<wit::Range> for ByteRange {
    fn from(range: wit::Range) -> Self {
        Self {
            offset: range.offset,
            length: range.length,
        }
    }
}
