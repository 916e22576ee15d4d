//! The arguments of a core module's call: what the canonical ABI says that its
//! numbers and pointers mean.
//!
//! The host trusts neither. Anything that breaks the ABI is an error, and so a
//! trap for the guest.

use super::lift::{Buffer, Text};
use super::store::check_aligned;
use crate::handles::{Borrowed, Owned};
use mem_contract::{
    Access, Advice, ByteRange, ErrorCode, FlushMode, MapFlags, MapOptions, Protection,
};
use wasmtime::error::Context as _;
use wasmtime::{Result, ValRaw, ValType, ensure, format_err};

/// The memory of the guest that calls.
pub(crate) struct GuestMemory<'a> {
    pub(crate) bytes: &'a [u8],
    /// How many bytes of it the host copies for itself at most.
    pub(crate) limit: usize,
}

/// The numbers that a guest passes.
pub(crate) struct Flat<'a>(&'a [ValRaw]);

impl<'a> Flat<'a> {
    pub(crate) fn new(numbers: &'a [ValRaw]) -> Self {
        Self(numbers)
    }

    /// The next number, which is an `i32`.
    #[inline]
    pub(crate) fn u32(&mut self) -> u32 {
        self.next().get_u32()
    }

    /// The next number, which is an `i64`.
    #[inline]
    fn u64(&mut self) -> u64 {
        self.next().get_u64()
    }

    #[inline]
    fn next(&mut self) -> &'a ValRaw {
        let (next, rest) = self.0.split_first().expect("as many numbers as types");
        self.0 = rest;
        next
    }
}

/// A value that a core module passes as one number or more.
pub(crate) trait FromCore: Sized {
    /// Whether the host copies bytes of the guest for it.
    const COPIES: bool = false;

    /// Adds the types of its numbers.
    fn add_types(types: &mut Vec<ValType>);

    /// Reads numbers of these types.
    ///
    /// # Errors
    ///
    /// If they break the ABI.
    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self>;
}

/// A tuple of such values.
pub(crate) trait FromCoreList: Sized {
    /// See [`FromCore::COPIES`].
    const COPIES: bool;

    /// See [`FromCore::add_types`].
    fn add_types(types: &mut Vec<ValType>);

    /// See [`FromCore::from_core`].
    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self>;
}

macro_rules! lists {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: FromCore),*> FromCoreList for ($($name,)*) {
            const COPIES: bool = false $(|| $name::COPIES)*;

            fn add_types(_types: &mut Vec<ValType>) {
                $($name::add_types(_types);)*
            }

            #[inline]
            fn from_core(_flat: &mut Flat<'_>, _memory: &GuestMemory<'_>) -> Result<Self> {
                Ok(($($name::from_core(_flat, _memory)?,)*))
            }
        }
    )*};
}

lists! {
    ()
    (A)
    (A B)
    (A B C)
}

impl FromCore for u32 {
    fn add_types(types: &mut Vec<ValType>) {
        types.push(ValType::I32);
    }

    #[inline]
    fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
        Ok(flat.u32())
    }
}

impl FromCore for u64 {
    fn add_types(types: &mut Vec<ValType>) {
        types.push(ValType::I64);
    }

    #[inline]
    fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
        Ok(flat.u64())
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl FromCore for $number {
            fn add_types(types: &mut Vec<ValType>) {
                types.push(ValType::I32);
            }

            #[inline]
            fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
                // The canonical ABI ignores the bits above.
                Ok(flat.u32() as $number)
            }
        }
    )*};
}

numbers!(u8 u16);

macro_rules! handles {
    ($($handle:ident)*) => {$(
        impl<R> FromCore for $handle<R> {
            fn add_types(types: &mut Vec<ValType>) {
                types.push(ValType::I32);
            }

            #[inline]
            fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
                Ok(Self::new(flat.u32()))
            }
        }
    )*};
}

handles!(Borrowed Owned);

macro_rules! enums {
    ($($name:ident)*) => {$(
        impl FromCore for $name {
            fn add_types(types: &mut Vec<ValType>) {
                types.push(ValType::I32);
            }

            fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
                let number = flat.u32();
                Self::from_number(number).ok_or_else(|| no_case(number))
            }
        }
    )*};
}

enums!(Access Advice ErrorCode FlushMode Protection);

fn no_case(number: u32) -> wasmtime::Error {
    format_err!("unexpected discriminant: {number}")
}

impl<V: FromCore> FromCore for Option<V> {
    const COPIES: bool = V::COPIES;

    fn add_types(types: &mut Vec<ValType>) {
        types.push(ValType::I32);
        V::add_types(types);
    }

    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self> {
        let case = flat.u32();
        let value = V::from_core(flat, memory)?;
        match case {
            0 => Ok(None),
            1 => Ok(Some(value)),
            _ => Err(no_case(case)),
        }
    }
}

impl FromCore for ByteRange {
    fn add_types(types: &mut Vec<ValType>) {
        types.extend([ValType::I64, ValType::I64]);
    }

    fn from_core(flat: &mut Flat<'_>, _: &GuestMemory<'_>) -> Result<Self> {
        Ok(Self {
            offset: flat.u64(),
            length: flat.u64(),
        })
    }
}

impl FromCore for MapOptions {
    fn add_types(types: &mut Vec<ValType>) {
        Access::add_types(types);
        // The flags.
        types.push(ValType::I32);
        u64::add_types(types);
        Option::<u64>::add_types(types);
    }

    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self> {
        let access = Access::from_core(flat, memory)?;
        // The canonical ABI ignores bits that are no flag.
        let flags = MapFlags::from_bits_truncate(flat.u32() as u8);
        let offset = flat.u64();
        let length = Option::from_core(flat, memory)?;
        Ok(Self {
            access,
            flags,
            offset,
            length,
        })
    }
}

/// A list or a string of the guest.
struct List {
    address: u32,
    length: u32,
}

impl List {
    fn add_types(types: &mut Vec<ValType>) {
        types.extend([ValType::I32, ValType::I32]);
    }

    #[inline]
    fn next(flat: &mut Flat<'_>) -> Self {
        Self {
            address: flat.u32(),
            length: flat.u32(),
        }
    }

    /// Its bytes, which are its length times `size`.
    fn bytes<'a>(&self, memory: &GuestMemory<'a>, size: usize) -> Result<&'a [u8]> {
        let Self { address, length } = *self;
        let start = address as usize;
        (length as usize)
            .checked_mul(size)
            .and_then(|bytes| memory.bytes.get(start..)?.get(..bytes))
            .with_context(|| {
                format!("a list of {length} times {size} bytes at {address:#x} is out of bounds")
            })
    }

    /// Its bytes, for the host to copy.
    fn bytes_to_copy<'a>(&self, memory: &GuestMemory<'a>, size: usize) -> Result<&'a [u8]> {
        let bytes = self.bytes(memory, size)?;
        // As wasmtime limits what components make the host allocate.
        ensure!(
            bytes.len() <= memory.limit,
            "an argument of {} bytes is larger than the {} of the store's hostcall fuel",
            bytes.len(),
            memory.limit
        );
        Ok(bytes)
    }
}

/// A list of bytes that the host uses where it lies in the guest's memory.
#[inline]
pub(crate) fn bytes<'a>(flat: &mut Flat<'_>, memory: &GuestMemory<'a>) -> Result<&'a [u8]> {
    List::next(flat).bytes(memory, 1)
}

/// Adds the types of the numbers that [`bytes`] reads.
pub(crate) fn add_types_of_bytes(types: &mut Vec<ValType>) {
    List::add_types(types);
}

impl FromCore for Buffer {
    fn add_types(types: &mut Vec<ValType>) {
        add_types_of_bytes(types);
    }

    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self> {
        Ok(Self::of(bytes(flat, memory)?))
    }
}

impl FromCore for Text {
    const COPIES: bool = true;

    fn add_types(types: &mut Vec<ValType>) {
        List::add_types(types);
    }

    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self> {
        let bytes = List::next(flat).bytes_to_copy(memory, 1)?;
        // Copied before it is checked: what others write meanwhile does not count.
        let text = String::from_utf8(bytes.to_vec());
        text.map(Self).context("a string is not UTF-8")
    }
}

impl FromCore for Vec<ByteRange> {
    const COPIES: bool = true;

    fn add_types(types: &mut Vec<ValType>) {
        List::add_types(types);
    }

    fn from_core(flat: &mut Flat<'_>, memory: &GuestMemory<'_>) -> Result<Self> {
        const SIZE: usize = 16;
        let list = List::next(flat);
        check_aligned(list.address, 8)?;
        let (ranges, _) = list.bytes_to_copy(memory, SIZE)?.as_chunks::<SIZE>();
        let ranges = ranges.iter().map(|range| {
            let (fields, _) = range.as_chunks();
            ByteRange {
                offset: u64::from_le_bytes(fields[0]),
                length: u64::from_le_bytes(fields[1]),
            }
        });
        Ok(ranges.collect())
    }
}
