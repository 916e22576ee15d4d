//! The results of a core module's call, as the canonical ABI stores them in the
//! guest's memory.

use super::lower::Loaded;
use crate::handles::{Outcome, Owned};
use wasmtime::{Result, format_err};

/// The value of a `result<_, error-code>`, as its bytes in the guest's memory.
pub(crate) trait ToCore: Sized {
    type Bytes: AsRef<[u8]>;

    fn to_core(self) -> Self::Bytes;
}

impl ToCore for () {
    type Bytes = [u8; 1];

    fn to_core(self) -> [u8; 1] {
        [0]
    }
}

impl<R> ToCore for Owned<R> {
    type Bytes = [u8; 4];

    fn to_core(self) -> [u8; 4] {
        self.number.to_le_bytes()
    }
}

impl<V, const N: usize> ToCore for Loaded<V, N> {
    type Bytes = [u8; N];

    #[inline]
    fn to_core(self) -> [u8; N] {
        self.bytes
    }
}

/// The alignment of a number or a record of `u64` that has `size` bytes.
pub(crate) const fn alignment_of(size: usize) -> usize {
    if size < 8 { size } else { 8 }
}

#[inline]
pub(crate) fn check_aligned(address: u32, alignment: usize) -> Result<()> {
    if !(address as usize).is_multiple_of(alignment) {
        return Err(not_aligned(address, alignment));
    }
    Ok(())
}

#[cold]
fn not_aligned(address: u32, alignment: usize) -> wasmtime::Error {
    format_err!("the pointer {address:#x} is not aligned to {alignment} bytes")
}

/// Checks that a `result<R, error-code>` can be stored at `address`. The result
/// is aligned as the value is, and the value follows the case at the next place
/// where it is aligned.
#[inline]
pub(crate) fn check_result<R: ToCore>(memory: &[u8], address: u32) -> Result<()> {
    let size = size_of::<R::Bytes>();
    let alignment = alignment_of(size);
    check_room(memory, address, alignment + size, alignment)
}

/// Checks that `size` bytes can be stored at `address`.
#[inline]
pub(crate) fn check_room(memory: &[u8], address: u32, size: usize, alignment: usize) -> Result<()> {
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
pub(crate) fn store_result<R: ToCore>(memory: &mut [u8], address: u32, outcome: Outcome<R>) {
    let size = size_of::<R::Bytes>();
    let value_at = alignment_of(size);
    let result_at = &mut memory[address as usize..][..value_at + size];
    match outcome {
        Ok(value) => {
            result_at[0] = 0;
            result_at[value_at..].copy_from_slice(value.to_core().as_ref());
        }
        Err(error) => {
            result_at[0] = 1;
            result_at[value_at] = error as u8;
        }
    }
}

/// The size of a `result<list<V>, error-code>` and of an `option<string>`, which
/// are aligned to 4 bytes.
pub(crate) const LIST_RESULT: usize = 12;

/// A `result<list<V>, error-code>` or an `option<string>`, without the list.
pub(crate) trait ListResult: Sized + Send + 'static {
    /// Stores it with the address and the length of its list, where there is room
    /// for it.
    fn store(self, memory: &mut [u8], address: u32, list: (u32, u32));
}

impl ListResult for Outcome<()> {
    #[inline]
    fn store(self, memory: &mut [u8], address: u32, list: (u32, u32)) {
        match self {
            Ok(()) => store_list(memory, address, 0, list),
            Err(error) => store_list(memory, address, 1, ((error as u8).into(), 0)),
        }
    }
}

impl ListResult for Option<()> {
    fn store(self, memory: &mut [u8], address: u32, list: (u32, u32)) {
        store_list(memory, address, self.is_some().into(), list);
    }
}

#[inline]
fn store_list(memory: &mut [u8], address: u32, case: u8, (list, length): (u32, u32)) {
    let result_at = &mut memory[address as usize..][..LIST_RESULT];
    result_at[0] = case;
    result_at[4..8].copy_from_slice(&list.to_le_bytes());
    result_at[8..].copy_from_slice(&length.to_le_bytes());
}
