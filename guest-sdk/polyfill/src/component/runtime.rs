//! What std would provide, without the imports of std, which a runtime may lack.

use alloc::alloc::{Layout, alloc, realloc};
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Where the next list goes, and how long it can be.
static ARMED: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static ARMED_LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Makes the next list of bytes that the component gets go to `target`, if it has
/// no more than `length` bytes.
pub fn arm(target: *mut u8, length: usize) {
    ARMED_LENGTH.store(length, Ordering::Relaxed);
    ARMED.store(target, Ordering::Relaxed);
}

/// Ends what `arm` began.
pub fn disarm() {
    ARMED.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Makes room for what the component gets, as the canonical ABI asks. For this
/// target, wit-bindgen leaves that to std.
///
/// # Safety
///
/// The canonical ABI calls it: `align` is a power of two. Either `old` is null and
/// `old_len` 0, or this function returned `old` for `old_len` and `align`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    if new_len == 0 {
        return ptr::without_provenance_mut(align);
    }
    if old_len == 0 && align == 1 {
        let armed = ARMED.swap(ptr::null_mut(), Ordering::Relaxed);
        if !armed.is_null() && new_len <= ARMED_LENGTH.load(Ordering::Relaxed) {
            return armed;
        }
    }
    let len = if old_len == 0 { new_len } else { old_len };
    let Ok(layout) = Layout::from_size_align(len, align) else {
        core::arch::wasm32::unreachable()
    };
    let new = if old_len == 0 {
        // SAFETY: the length is not 0.
        unsafe { alloc(layout) }
    } else {
        // SAFETY: `old` was allocated with this layout, and the new length is
        // not 0.
        unsafe { realloc(old, layout, new_len) }
    };
    if new.is_null() {
        core::arch::wasm32::unreachable();
    }
    new
}

/// Compares as `memcmp(3)` does, which the compiler calls to compare slices.
/// All of libc would bring imports of its own.
///
/// # Safety
///
/// `n` bytes can be read at `left` and at `right`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, n: usize) -> i32 {
    for index in 0..n {
        // SAFETY: the index is below `n`.
        let (left, right) = unsafe { (*left.add(index), *right.add(index)) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}
