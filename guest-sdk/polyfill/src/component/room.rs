//! Room for bytes that come from a file.

use super::pages::with_room;
use super::runtime;
use super::wit::exports::mem::mmap::mapping::U64x8;
use super::wit::wasi::filesystem::types::Descriptor;
use super::{ErrorCode, Result};
use alloc::alloc::{Layout, dealloc};
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::{ptr, slice};

/// A type that lists have as elements.
///
/// # Safety
///
/// Any bytes are a valid element, and an element has no padding.
pub unsafe trait Element {}

// SAFETY: it is a byte.
unsafe impl Element for u8 {}
// SAFETY: it has `repr(C)`, and eight words of one size.
unsafe impl Element for U64x8 {}

const _: () = assert!(size_of::<U64x8>() == 64);

/// A list that gets its bytes one after the other. Bytes that are not there yet
/// cost nothing.
pub struct Room<E> {
    elements: Vec<E>,
    /// How many bytes are there already. They fit into the capacity of `elements`.
    filled: usize,
}

impl<E: Element> Room<E> {
    /// Room for `count` elements.
    ///
    /// # Errors
    ///
    /// `quota-exceeded` if there is no room.
    pub fn new(count: u64) -> Result<Self> {
        Ok(Self {
            elements: with_room(count)?,
            filled: 0,
        })
    }

    /// The bytes that are there.
    pub fn filled(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes are there, and whatever is written to them is a
        // valid element again.
        unsafe { slice::from_raw_parts_mut(self.elements.as_mut_ptr().cast(), self.filled) }
    }

    /// The room for further bytes.
    fn rest(&mut self) -> &mut [MaybeUninit<u8>] {
        let capacity = self.elements.capacity() * size_of::<E>();
        let start = self.elements.as_mut_ptr().cast::<MaybeUninit<u8>>();
        // SAFETY: all of the capacity is allocated, and `self` borrows it.
        let all = unsafe { slice::from_raw_parts_mut(start, capacity) };
        &mut all[self.filled..]
    }

    /// Adds `bytes`.
    ///
    /// # Panics
    ///
    /// If there is no room for them.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        self.rest()[..bytes.len()].write_copy_of_slice(bytes);
        self.filled += bytes.len();
    }

    /// Adds zeros until there are `length` bytes.
    ///
    /// # Panics
    ///
    /// If there is no room for them.
    pub fn push_zeros(&mut self, length: usize) {
        let zeros = &mut self.rest()[..length];
        zeros.fill(MaybeUninit::new(0));
        self.filled += length;
    }

    /// The list of the elements that are there.
    pub fn into_list(mut self) -> Vec<E> {
        // SAFETY: the bytes of so many elements are there.
        unsafe { self.elements.set_len(self.filled / size_of::<E>()) };
        self.elements
    }

    /// Adds bytes of `file` from `at` on, `most` or fewer. Returns how many, and
    /// whether the file ends behind them.
    ///
    /// It does what the bindings do, but the bytes go right into their place.
    ///
    /// # Errors
    ///
    /// Those of the runtime.
    ///
    /// # Panics
    ///
    /// If there is no room for them.
    pub fn read(&mut self, file: &Descriptor, at: u64, most: usize) -> Result<(usize, bool)> {
        let room = &mut self.rest()[..most];
        let target = room.as_mut_ptr().cast::<u8>();
        let mut returned = Returned {
            is_err: 0,
            list: ptr::null_mut(),
            len: 0,
            is_end: 0,
        };
        runtime::arm(target, most);
        // SAFETY: the signature is the canonical ABI's for this function. The
        // handle is alive because `file` is borrowed. The runtime writes to
        // `returned`, which has the size and alignment of the result, and to the
        // memory that `cabi_realloc` hands out: the room, or an allocation.
        unsafe {
            import_read(
                file.handle().cast_signed(),
                (most as u64).cast_signed(),
                at.cast_signed(),
                &mut returned,
            );
        }
        runtime::disarm();
        if returned.is_err != 0 {
            // The bindings know its case.
            let (bytes, is_end) = file.read(most as u64, at)?;
            self.push(&bytes);
            return Ok((bytes.len(), is_end));
        }
        let length = returned.len.min(most);
        if returned.list != target && returned.len > 0 {
            let layout = Layout::array::<u8>(returned.len).map_err(|_| ErrorCode::Io)?;
            // SAFETY: it is not the room, so `cabi_realloc` has allocated the
            // list for this call with this layout, and the call has made it
            // ours. The room is at least `length` bytes long.
            unsafe {
                ptr::copy_nonoverlapping(returned.list, target, length);
                dealloc(returned.list, layout);
            }
        }
        // The bytes are there now.
        self.filled += length;
        Ok((length, returned.is_end != 0))
    }
}

// Handles and numbers are `i32` and `i64` in the canonical ABI, without use of
// the sign.
#[link(wasm_import_module = "wasi:filesystem/types@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]descriptor.read"]
    fn import_read(handle: i32, length: i64, offset: i64, returned: *mut Returned);
}

/// `result<tuple<list<u8>, bool>, error-code>` in memory: the tag at 0, the
/// list's address and length at 4 and 8, whether the file ends at 12.
#[repr(C)]
struct Returned {
    is_err: u8,
    list: *mut u8,
    len: usize,
    is_end: u8,
}

const _: () = assert!(size_of::<Returned>() == 16 && align_of::<Returned>() == 4);
