//! How the types of the bindings correspond to the contract's.

use super::ErrorCode;
use super::wit::exports::mem::mmap::mapping as wit;
use mem_contract::{ByteRange, MapFlags, MapOptions};

mem_contract::convert_access!(wit::Access);
mem_contract::convert_error_code!(ErrorCode);

impl From<wit::MapOptions> for MapOptions {
    fn from(options: wit::MapOptions) -> Self {
        Self {
            access: options.access.into(),
            flags: MapFlags::from_bits_truncate(options.flags.bits()),
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
