//! The loads, by raw imports: they end up in the guest's loops, and the compiler
//! inlines none of the functions that wit-bindgen makes.

use mem_contract::ErrorCode;

use super::bindings::contract::Mapping;
use super::bindings::error_of_number;

/// `result<V, error-code>` in memory: the tag at 0, and behind it, where it is
/// aligned, the number, or in the first byte the error's number.
#[repr(C)]
struct Returned<V> {
    is_err: u8,
    number: V,
}

macro_rules! loads {
    ($($import:literal $load:ident $number:ty;)*) => {$(
        const _: () = assert!(size_of::<Returned<$number>>() == 2 * size_of::<$number>());

        #[inline]
        pub(super) fn $load(mapping: &Mapping, offset: u64) -> Result<$number, ErrorCode> {
            // The function in the canonical ABI. Handles and offsets are `i32`
            // and `i64` there, without use of the sign.
            #[link(wasm_import_module = "mem:mmap/mapping@0.1.0")]
            unsafe extern "C" {
                #[link_name = $import]
                fn import(handle: i32, offset: i64, returned: *mut Returned<$number>);
            }
            let handle = mapping.handle().cast_signed();
            let mut returned = Returned { is_err: 0, number: 0 };
            // SAFETY: the signature is the canonical ABI's for this function.
            // The handle is alive because `mapping` is borrowed. The host writes
            // to `returned`, which has the size and alignment of the result.
            unsafe { import(handle, offset.cast_signed(), &mut returned) };
            match returned.is_err {
                0 => Ok(returned.number),
                _ => Err(error_of_number(returned.number.to_le_bytes()[0])),
            }
        }
    )*};
}

loads! {
    "[method]mapping.load-u8" load_u8 u8;
    "[method]mapping.load-u16" load_u16 u16;
    "[method]mapping.load-u32" load_u32 u32;
    "[method]mapping.load-u64" load_u64 u64;
}
