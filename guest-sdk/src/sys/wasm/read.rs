//! `[method]mapping.read`, `read-u64x8` and `read-many` without an allocation.
//!
//! A list that the host returns goes where the guest's `cabi_import_realloc`
//! says. While a read is under way, that is the caller's own buffer. For every
//! other import of the module it is memory from `cabi_realloc`, as if this file
//! did not exist.

use std::alloc::{Layout, dealloc};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::{ops, ptr};

use mem_contract::ErrorCode;

use super::bindings::contract::{Mapping, U64x8};
use super::bindings::error_of_number;
use crate::sys::sizes::{MOST_RANGES, U64X8_LEN};

/// From how many bytes on a read may take three calls in order to read words. A
/// host that is a component hands words over several times as fast.
const SPLIT_FROM: usize = 16 << 10;

// The three functions in the canonical ABI. Handles and lengths are `i32` and
// `i64` there, without use of the sign.
#[link(wasm_import_module = "mem:mmap/mapping@0.1.0")]
unsafe extern "C" {
    #[link_name = "[method]mapping.read"]
    fn import_read(handle: i32, offset: i64, length: i64, returned: *mut Returned);

    #[link_name = "[method]mapping.read-u64x8"]
    fn import_read_u64x8(handle: i32, offset: i64, count: i64, returned: *mut Returned);

    #[link_name = "[method]mapping.read-many"]
    fn import_read_many(
        handle: i32,
        ranges: *const ContractRange,
        number: usize,
        returned: *mut Returned,
    );
}

/// The record `range` in memory.
#[derive(Clone, Copy)]
#[repr(C)]
struct ContractRange {
    offset: u64,
    length: u64,
}

const _: () = assert!(size_of::<ContractRange>() == 16 && align_of::<ContractRange>() == 8);
const _: () = assert!(size_of::<U64x8>() == U64X8_LEN && align_of::<U64x8>() == 8);

/// `result<list<E>, error-code>` in memory: the tag at 0, the list's address
/// at 4, or in the one byte there the error's number, the list's length at 8.
#[repr(C)]
struct Returned {
    is_err: u8,
    list: *mut u8,
    len: usize,
}

const _: () = assert!(size_of::<Returned>() == 12 && align_of::<Returned>() == 4);

thread_local! {
    /// The buffer that the next list goes to, while a read is under way.
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
}

/// A buffer for a list whose elements have this alignment.
#[derive(Clone, Copy)]
struct Armed {
    start: *mut u8,
    len: usize,
    align: usize,
}

/// Fills `buf` with the bytes from `offset` on. `buf` must not be empty.
pub(super) fn read(mapping: &Mapping, offset: u64, buf: &mut [u8]) -> Result<(), ErrorCode> {
    let len = buf.len();
    let unaligned = buf.as_ptr().align_offset(align_of::<U64x8>()).min(len);
    let (before, rest) = buf.split_at_mut(unaligned);
    let (middle, after) = rest.as_chunks_mut::<U64X8_LEN>();
    let middle = middle.as_flattened_mut();
    if middle.is_empty() || middle.len() != len && len < SPLIT_FROM {
        return read_bytes(mapping, offset, buf);
    }
    let middle_at = offset + before.len() as u64;
    let after_at = middle_at + middle.len() as u64;
    if !before.is_empty() {
        read_bytes(mapping, offset, before)?;
    }
    read_u64x8s(mapping, middle_at, middle)?;
    if !after.is_empty() {
        read_bytes(mapping, after_at, after)?;
    }
    Ok(())
}

fn read_bytes(mapping: &Mapping, offset: u64, buf: &mut [u8]) -> Result<(), ErrorCode> {
    let handle = mapping.handle().cast_signed();
    // SAFETY: the signature is the canonical ABI's for this function. The handle
    // is alive because `mapping` is borrowed.
    unsafe {
        fill::<u8>(buf, |length, returned| {
            import_read(handle, offset.cast_signed(), length, returned);
        })
    }
}

/// Fills `buf`, which is aligned for words and has whole elements.
fn read_u64x8s(mapping: &Mapping, offset: u64, buf: &mut [u8]) -> Result<(), ErrorCode> {
    let handle = mapping.handle().cast_signed();
    // SAFETY: as in `read_bytes`.
    unsafe {
        fill::<U64x8>(buf, |count, returned| {
            import_read_u64x8(handle, offset.cast_signed(), count, returned);
        })
    }
}

/// Fills `buf` with the bytes of `ranges`, one after the other. They are no
/// more than `MOST_RANGES`, and `buf` must not be empty.
pub(super) fn read_many(
    mapping: &Mapping,
    ranges: &[ops::Range<u64>],
    buf: &mut [u8],
) -> Result<(), ErrorCode> {
    let handle = mapping.handle().cast_signed();
    let mut list = [const { MaybeUninit::<ContractRange>::uninit() }; MOST_RANGES];
    for (range, element) in ranges.iter().zip(&mut list) {
        element.write(ContractRange {
            offset: range.start,
            length: range.end - range.start,
        });
    }
    let number = ranges.len().min(list.len());
    // SAFETY: as in `read_bytes`. The host reads the first `number` elements of
    // `list`, which are initialised.
    unsafe {
        fill::<u8>(buf, |_, returned| {
            import_read_many(handle, list.as_ptr().cast(), number, returned);
        })
    }
}

/// Fills `buf` with the list of `E` that `call` returns. `call` gets how many
/// elements `buf` has room for, and where to put its result. `buf` has room for
/// whole elements, and is aligned for them.
///
/// # Safety
///
/// `call` calls one import, whose result is such a list or an error, and `E` is
/// a number or a record of numbers.
#[inline]
unsafe fn fill<E>(buf: &mut [u8], call: impl FnOnce(i64, *mut Returned)) -> Result<(), ErrorCode> {
    debug_assert!(!buf.is_empty());
    let target = buf.as_mut_ptr();
    let (count, align) = (buf.len() / size_of::<E>(), align_of::<E>());
    let mut returned = Returned {
        is_err: 0,
        list: ptr::null_mut(),
        len: 0,
    };
    // The host writes to the memory that `cabi_import_realloc` hands out: `buf`,
    // which only this function uses until it returns, or an allocation.
    ARMED.set(Some(Armed {
        start: target,
        len: buf.len(),
        align,
    }));
    call((count as u64).cast_signed(), &mut returned);
    ARMED.set(None);

    if returned.is_err != 0 {
        return Err(error_of_number(returned.list.addr() as u8));
    }
    // A host that keeps the contract returns as many as asked for, already in
    // their place.
    let complete = if returned.len == count {
        Ok(())
    } else {
        Err(ErrorCode::Io)
    };
    if returned.list == target {
        return complete;
    }
    // A host that allocates by `cabi_realloc` alone has made a list.
    if returned.len != 0 {
        let layout = Layout::array::<E>(returned.len).map_err(|_| ErrorCode::Io)?;
        // SAFETY: the list is not `buf`, so the module's allocator has made
        // it for this call with this layout, and the call has made it ours.
        // Both sides are at least the lesser length long, and a fresh
        // allocation does not overlap `buf`. It is not used after `dealloc`,
        // the way wit-bindgen frees the lists of other imports.
        unsafe {
            ptr::copy_nonoverlapping(returned.list, target, layout.size().min(buf.len()));
            dealloc(returned.list, layout);
        }
    }
    complete
}

/// Where a list that an import of this module returns goes. wit-component
/// uses the export of this name for all imports of a module, and the host
/// calls it while an import is under way, so it must not call imports itself.
///
/// # Safety
///
/// As for `realloc`: `old` is null and `old_len` 0, or `old` was handed out by
/// this function with length `old_len` and alignment `align`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_import_realloc(
    old: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    // A request for 0 bytes leaves the buffer for the one that follows.
    if old_len == 0
        && new_len != 0
        && let Some(armed) = ARMED.get()
        && armed.align == align
    {
        // Taken, so that no buffer is handed out twice.
        ARMED.set(None);
        if new_len <= armed.len {
            return armed.start;
        }
    }
    // SAFETY: the caller promises what `reallocate` asks for, unless `old` is the
    // armed buffer. That buffer was handed out for the list of a read, and the
    // canonical ABI allocates a list once: it grows only strings.
    unsafe { reallocate(old, old_len, align, new_len) }
}

/// Does what `cabi_realloc` of wasi-libc does, which the module has on WASI 0.2:
/// wasi-libc itself frees some of the lists, by `free`. We cannot call it by its
/// name: the linker would choose wit-bindgen's, which lacks its other half on
/// this target.
///
/// # Safety
///
/// As for [`cabi_import_realloc`].
#[cfg(target_env = "p2")]
unsafe fn reallocate(old: *mut u8, _old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    unsafe extern "C" {
        fn realloc(old: *mut u8, new_len: usize) -> *mut u8;
    }
    if new_len == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the caller promises that `old` is null, or was handed out for a
    // length other than 0 and so comes from `realloc`.
    let new = unsafe { realloc(old, new_len) };
    if new.is_null() {
        std::process::abort();
    }
    new
}

/// Does what `cabi_realloc` of wit-bindgen does, which the module has elsewhere:
/// Rust's allocator frees the lists.
///
/// # Safety
///
/// As for [`cabi_import_realloc`].
#[cfg(not(target_env = "p2"))]
unsafe fn reallocate(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    use std::alloc;

    if new_len == 0 {
        return ptr::without_provenance_mut(align);
    }
    // SAFETY: the canonical ABI asks for an `align` that is a power of two and
    // for lengths that fit into a 32-bit memory with it. Neither length is 0
    // where it goes to the allocator, and the caller promises that `old`
    // came from here with the layout of `old_len`.
    let new = unsafe {
        if old_len == 0 {
            alloc::alloc(Layout::from_size_align_unchecked(new_len, align))
        } else {
            let layout = Layout::from_size_align_unchecked(old_len, align);
            alloc::realloc(old, layout, new_len)
        }
    };
    if new.is_null() {
        std::process::abort();
    }
    new
}
