//! Plain numbers at an offset.

use crate::cause::Cause;
use crate::sys::Handle;

/// A number of 1, 2, 4 or 8 bytes that [`Mapping::get`](crate::Mapping::get)
/// loads and [`Mapping::set`](crate::Mapping::set) stores.
///
/// In the mapping its bytes are in little-endian order, at any offset, aligned
/// or not. An `f32` or `f64` keeps all its bits, even if it is a NaN.
///
/// The trait is sealed: it is implemented for `u8`, `i8`, `u16`, `i16`, `u32`,
/// `i32`, `u64`, `i64`, `f32` and `f64`, and a guest cannot implement it for
/// others.
///
/// ```
/// fn sum<T: mem::Scalar + std::iter::Sum>(
///     mapping: &mem::Mapping,
///     offsets: &[u64],
/// ) -> Result<T, mem::Error> {
///     offsets.iter().map(|&offset| mapping.get::<T>(offset)).sum()
/// }
/// ```
pub trait Scalar: Copy + sealed::Sealed {}

pub(crate) mod sealed {
    use super::{Cause, Handle};

    pub trait Sealed: Sized {
        fn load(handle: &Handle, offset: u64) -> Result<Self, Cause>;
        fn store(self, handle: &Handle, offset: u64) -> Result<(), Cause>;
    }
}

/// Each type goes over as the unsigned number of its size, by the two
/// conversions that keep every bit.
macro_rules! scalars {
    ($($scalar:ty: $load:ident $from:expr, $store:ident $into:expr;)*) => {$(
        impl Scalar for $scalar {}

        impl sealed::Sealed for $scalar {
            #[inline]
            fn load(handle: &Handle, offset: u64) -> Result<Self, Cause> {
                handle.$load(offset).map($from)
            }

            #[inline]
            fn store(self, handle: &Handle, offset: u64) -> Result<(), Cause> {
                handle.$store(offset, $into(self))
            }
        }
    )*};
}

scalars! {
    u8: load_u8 u8::from, store_u8 u8::from;
    i8: load_u8 u8::cast_signed, store_u8 i8::cast_unsigned;
    u16: load_u16 u16::from, store_u16 u16::from;
    i16: load_u16 u16::cast_signed, store_u16 i16::cast_unsigned;
    u32: load_u32 u32::from, store_u32 u32::from;
    i32: load_u32 u32::cast_signed, store_u32 i32::cast_unsigned;
    u64: load_u64 u64::from, store_u64 u64::from;
    i64: load_u64 u64::cast_signed, store_u64 i64::cast_unsigned;
    f32: load_u32 f32::from_bits, store_u32 f32::to_bits;
    f64: load_u64 f64::from_bits, store_u64 f64::to_bits;
}
