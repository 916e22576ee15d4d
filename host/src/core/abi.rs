//! The canonical ABI: what a guest's numbers and pointers mean.
//!
//! The host trusts neither. Whatever breaks the ABI is an error, and so a trap
//! for the guest.

use crate::Error;
use crate::bindings::wit::{self, ErrorCode};
use mem_mapping::ByteRange;
use wasmtime::error::Context as _;
use wasmtime::{Result, ensure, format_err};

/// A list or a string of the guest's: where it starts, and its length.
pub(super) type List = (u32, u32);

/// An `option<range>`: its case, and the fields of the range.
pub(super) type MaybeRange = (u32, u64, u64);

/// The bytes of a list, which are `length` times `size`.
pub(super) fn list(memory: &[u8], (address, length): List, size: usize) -> Result<&[u8]> {
    let start = address as usize;
    (length as usize)
        .checked_mul(size)
        .and_then(|bytes| memory.get(start..)?.get(..bytes))
        .with_context(|| {
            format!("a list of {length} times {size} bytes at {address:#x} is out of bounds")
        })
}

/// A string, of which the host copies at most `limit` bytes.
pub(super) fn string(memory: &[u8], at: List, limit: usize) -> Result<String> {
    let bytes = list(memory, at, 1)?;
    check_limit(bytes, limit)?;
    // Copied before it is checked: what others write meanwhile does not count.
    String::from_utf8(bytes.to_vec()).context("a string is not UTF-8")
}

/// A `list<range>`, of which the host copies at most `limit` bytes.
pub(super) fn ranges(memory: &[u8], at: List, limit: usize) -> Result<Vec<wit::Range>> {
    const SIZE: usize = 16;
    check_aligned(at.0, 8)?;
    let bytes = list(memory, at, SIZE)?;
    check_limit(bytes, limit)?;
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("8 of 16 bytes"));
    let ranges = bytes.chunks_exact(SIZE).map(|range| wit::Range {
        offset: number(&range[..8]),
        length: number(&range[8..]),
    });
    Ok(ranges.collect())
}

/// As wasmtime limits what components have the host allocate.
fn check_limit(bytes: &[u8], limit: usize) -> Result<()> {
    ensure!(
        bytes.len() <= limit,
        "an argument of {} bytes is larger than the {limit} of the store's hostcall fuel",
        bytes.len()
    );
    Ok(())
}

#[inline]
pub(super) fn check_aligned(address: u32, alignment: usize) -> Result<()> {
    if !(address as usize).is_multiple_of(alignment) {
        return Err(not_aligned(address, alignment));
    }
    Ok(())
}

#[cold]
fn not_aligned(address: u32, alignment: usize) -> wasmtime::Error {
    format_err!("the pointer {address:#x} is not aligned to {alignment} bytes")
}

/// An `option` that flattens to its case and `value`.
pub(super) fn option<V>(case: u32, value: V) -> Result<Option<V>> {
    match case {
        0 => Ok(None),
        1 => Ok(Some(value)),
        _ => Err(no_case(case)),
    }
}

pub(super) fn maybe_range((case, offset, length): MaybeRange) -> Result<Option<ByteRange>> {
    option(case, ByteRange { offset, length })
}

/// The flags that `bits` has. Bits beyond those are ignored, as the canonical
/// ABI says.
pub(super) fn map_flags(bits: u32) -> wit::MapFlags {
    const FLAGS: [wit::MapFlags; 4] = [
        wit::MapFlags::ANONYMOUS,
        wit::MapFlags::EXEC,
        wit::MapFlags::CREATE,
        wit::MapFlags::POPULATE,
    ];
    let set = |(bit, _): &(usize, _)| bits >> bit & 1 != 0;
    let set = FLAGS.into_iter().enumerate().filter(set);
    set.fold(wit::MapFlags::empty(), |flags, (_, flag)| flags | flag)
}

/// An enum of the WIT.
pub(super) trait Enum: Copy + 'static {
    /// Its cases in the order of the WIT.
    const CASES: &'static [Self];

    /// The case of this number.
    fn case(number: u32) -> Result<Self> {
        let case = Self::CASES.get(number as usize).copied();
        case.ok_or_else(|| no_case(number))
    }
}

fn no_case(number: u32) -> wasmtime::Error {
    format_err!("unexpected discriminant: {number}")
}

macro_rules! enums {
    ($($name:ident: $($case:ident)*;)*) => {$(
        impl Enum for wit::$name {
            const CASES: &'static [Self] = {
                const CASES: &[wit::$name] = &[$(wit::$name::$case),*];
                let mut number = 0;
                while number < CASES.len() {
                    assert!(CASES[number] as usize == number);
                    number += 1;
                }
                CASES
            };
        }
    )*};
}

enums! {
    Access: ReadOnly ReadWrite CopyOnWrite;
    ErrorCode: AccessDenied NotFound NotAFile InvalidArgument OutOfBounds ReadOnly Truncated
        NotLocked LockLimit QuotaExceeded Busy NoSpace Unsupported Io;
    FlushMode: Synchronous Asynchronous;
    Protection: Read ReadWrite ReadExecute ReadWriteExecute;
    Advice: Normal Random Sequential WillNeed Cold PageOut PopulateRead PopulateWrite
        HugePage NoHugePage;
}

/// The alignment of a number or a record of `u64` that takes `N` bytes.
pub(super) const fn alignment_of<const N: usize>() -> usize {
    if N < 8 { N } else { 8 }
}

/// Checks that a `result<V, error-code>` can be stored at `address`, where `V`
/// is such a number or record. The result is aligned as `V` is, and the value
/// follows the case at the next place where it is aligned.
#[inline]
pub(super) fn check_result<const N: usize>(memory: &[u8], address: u32) -> Result<()> {
    let alignment = alignment_of::<N>();
    check_room(memory, address, alignment + N, alignment)
}

/// Checks that `size` bytes can be stored at `address`.
#[inline]
pub(super) fn check_room(memory: &[u8], address: u32, size: usize, alignment: usize) -> Result<()> {
    check_aligned(address, alignment)?;
    if memory.len() < size || address as usize > memory.len() - size {
        return Err(no_room(address));
    }
    Ok(())
}

#[cold]
fn no_room(address: u32) -> wasmtime::Error {
    format_err!("the return pointer {address:#x} is out of bounds")
}

/// Stores a result where `check_result` has found room for it.
#[inline]
pub(super) fn store_result<const N: usize>(
    memory: &mut [u8],
    address: u32,
    result: std::result::Result<[u8; N], Error>,
) {
    let value_at = alignment_of::<N>();
    let result_at = &mut memory[address as usize..][..value_at + N];
    match result {
        Ok(value) => {
            result_at[0] = 0;
            result_at[value_at..].copy_from_slice(&value);
        }
        Err(error) => {
            result_at[0] = 1;
            result_at[value_at] = ErrorCode::from(error) as u8;
        }
    }
}

/// The size of a `result<list<V>, error-code>`, which is aligned to 4 bytes.
pub(super) const LIST_RESULT: usize = 12;

/// Stores a result of which the list is in place already, where there is room
/// for it.
#[inline]
pub(super) fn store_list_result(
    memory: &mut [u8],
    address: u32,
    result: std::result::Result<List, Error>,
) {
    let result_at = &mut memory[address as usize..][..LIST_RESULT];
    match result {
        Ok((list, length)) => {
            result_at[0] = 0;
            result_at[4..8].copy_from_slice(&list.to_le_bytes());
            result_at[8..].copy_from_slice(&length.to_le_bytes());
        }
        Err(error) => {
            result_at[0] = 1;
            result_at[4] = ErrorCode::from(error) as u8;
        }
    }
}

/// The size of an `option<string>`, which is aligned to 4 bytes.
pub(super) const OPTION_STRING: usize = 12;

/// Stores an option whose string is in place already, where there is room for
/// it.
pub(super) fn store_option_string(memory: &mut [u8], address: u32, string: Option<List>) {
    let option_at = &mut memory[address as usize..][..OPTION_STRING];
    option_at[0] = string.is_some().into();
    if let Some((string, length)) = string {
        option_at[4..8].copy_from_slice(&string.to_le_bytes());
        option_at[8..].copy_from_slice(&length.to_le_bytes());
    }
}
