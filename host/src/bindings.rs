//! The types that `bindgen!` makes of the WIT, and how the contract's correspond.

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
        Self {
            access: options.access.into(),
            flags: options.flags.into(),
            offset: options.offset,
            length: options.length,
        }
    }
}

impl From<wit::MapFlags> for MapFlags {
    fn from(flags: wit::MapFlags) -> Self {
        [
            (wit::MapFlags::ANONYMOUS, Self::ANONYMOUS),
            (wit::MapFlags::EXEC, Self::EXEC),
            (wit::MapFlags::CREATE, Self::CREATE),
            (wit::MapFlags::POPULATE, Self::POPULATE),
        ]
        .into_iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, flag)| flag)
        .collect()
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
