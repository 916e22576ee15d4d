//! The bindings of the contract, and how its types correspond to theirs.

use mem_contract::{ByteRange, ErrorCode, MapOptions};

use crate::cause::Cause;

pub mod wit {
    wit_bindgen::generate!({
        path: "wit",
        world: "mem:mmap/imports",
    });
}

pub use self::wit::mem::mmap::mapping as contract;

pub type Result<T> = std::result::Result<T, Cause>;

mem_contract::convert_access!(contract::Access);
mem_contract::convert_advice!(contract::Advice);
mem_contract::convert_error_code!(contract::ErrorCode);
mem_contract::convert_flush_mode!(contract::FlushMode);
mem_contract::convert_protection!(contract::Protection);

impl From<MapOptions> for contract::MapOptions {
    fn from(options: MapOptions) -> Self {
        Self {
            access: options.access.into(),
            flags: contract::MapFlags::from_bits_retain(options.flags.bits()),
            offset: options.offset,
            length: options.length,
        }
    }
}

impl From<ByteRange> for contract::Range {
    fn from(ByteRange { offset, length }: ByteRange) -> Self {
        Self { offset, length }
    }
}

/// The error code in a result that is read from memory.
pub fn error_of_number(number: u8) -> ErrorCode {
    ErrorCode::from_number(number.into()).unwrap_or(ErrorCode::Io)
}

/// What the host knows about its last call that failed with `code`.
pub fn explain(code: ErrorCode) -> Option<Box<str>> {
    contract::explain(code.into()).map(String::into_boxed_str)
}
