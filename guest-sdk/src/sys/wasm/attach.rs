//! The interface `window`: pages of a mapping in the guest's own memory.
//!
//! `attach` is a raw import because its memory holds nothing yet, and so there
//! can be no slice of it.

use std::ptr::NonNull;
use std::sync::OnceLock;

use mem_contract::ErrorCode;

use super::bindings::contract::Mapping;
use super::bindings::wit::mem::mmap::window::{self, Window};
use super::bindings::{Result, error_of_number};
use super::memory::Memory;
use crate::cause::Cause;
use crate::placement::Placement;

// `attach` in the canonical ABI. Handles and offsets are `i32` and `i64` there,
// without use of the sign.
#[link(wasm_import_module = "mem:mmap/window@0.1.0")]
unsafe extern "C" {
    #[link_name = "attach"]
    fn import_attach(
        mapping: i32,
        offset: i64,
        buffer: *mut u8,
        len: usize,
        returned: *mut Returned,
    );
}

/// `result<window, error-code>` in memory: the tag at 0, and at 4 the handle,
/// or in the one byte there the error's number.
#[repr(C)]
struct Returned {
    is_err: u8,
    window: u32,
}

const _: () = assert!(size_of::<Returned>() == 8 && align_of::<Returned>() == 4);

/// The host's page size, which is asked for once.
pub(super) fn page_size() -> u32 {
    static PAGE_SIZE: OnceLock<u32> = OnceLock::new();
    *PAGE_SIZE.get_or_init(window::page_size)
}

/// A range of a mapping whose pages are attached to memory of the guest.
pub struct Attached {
    /// The windows on the memory, one chunk after the other.
    windows: Vec<Window>,
    memory: Memory,
    /// Where in the memory the range starts.
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the memory belongs to this value alone, and handles are numbers that
// any thread of the guest may use. A shared borrow only reads bytes.
unsafe impl Send for Attached {}
// SAFETY: as above.
unsafe impl Sync for Attached {}

impl Attached {
    /// Attaches the pages of `mapping` as `placement` says; all of them, or
    /// none after an error.
    pub(super) fn new(mapping: &Mapping, placement: Placement) -> Result<Self> {
        let taken = |placement: Placement| {
            let memory = Memory::new(placement.buffer, placement.align)?;
            Some((placement, memory))
        };
        let (placement, memory) = placement
            .in_huge_pages()
            .and_then(taken)
            .or_else(|| taken(placement))
            .ok_or(ErrorCode::QuotaExceeded)?;
        let mut attached = Self {
            windows: Vec::new(),
            start: memory.part(placement.start, placement.len),
            len: placement.len,
            memory,
        };
        attached
            .windows
            .try_reserve_exact(placement.number_of_chunks())
            .map_err(|_| ErrorCode::QuotaExceeded)?;
        for chunk in placement.chunks() {
            let to = attached.memory.part(chunk.start, chunk.len);
            // SAFETY: these bytes are inside the memory, which belongs to
            // `attached`, and no slice of it exists yet. They are freed only
            // after the window is detached, because both are in `attached`.
            let window = unsafe { attach(mapping, chunk.offset, to, chunk.len) };
            attached.windows.push(window.map_err(Cause::of_host)?);
        }
        Ok(attached)
    }

    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the range lies inside the memory, and every page of that was
        // replaced by one of the file before anyone could call this. It stays
        // so while this value is borrowed, because detaching needs the value.
        // Nobody writes to it then: `Mapping` keeps its own writers out, the
        // host keeps writers of other stores out, and embedders that grant
        // windows promise it for everybody else.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`. The pages are writable, and this is the only
        // borrow of them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// Whether all bytes are still the file's.
    pub fn check(&self) -> Result<()> {
        let mut windows = self.windows.iter();
        windows.try_for_each(|window| window.check().map_err(Cause::of_host))
    }

    /// Detaches the pages, and frees the memory.
    pub fn detach(mut self) -> Result<()> {
        self.put_back()
    }

    /// Puts plain pages back, once. After an error some pages stay the file's, so
    /// the memory does not go back to the allocator.
    fn put_back(&mut self) -> Result<()> {
        let mut result = Ok(());
        for window in self.windows.drain(..) {
            result = result.and(Window::detach(window).map_err(Cause::of_host));
        }
        if result.is_err() {
            self.memory.leak();
        }
        result
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // `put_back` has dealt with an error, and nobody is here to learn of it.
        let _ = self.put_back();
    }
}

/// Puts pages of `mapping` where the `len` bytes at `buffer` lie.
///
/// # Safety
///
/// The bytes belong to the caller, nobody has a reference to them, and they
/// are used for nothing else before the window is detached.
unsafe fn attach(
    mapping: &Mapping,
    offset: u64,
    buffer: NonNull<u8>,
    len: usize,
) -> std::result::Result<Window, ErrorCode> {
    let mut returned = Returned {
        is_err: 0,
        window: 0,
    };
    // SAFETY: the signature is the canonical ABI's for this function. The handle
    // is alive because `mapping` is borrowed. The host puts the pages where the
    // buffer is, without reading it, and writes to `returned`, which has the size
    // and alignment of the result.
    unsafe {
        import_attach(
            mapping.handle().cast_signed(),
            offset.cast_signed(),
            buffer.as_ptr(),
            len,
            &mut returned,
        );
    }
    if returned.is_err != 0 {
        return Err(error_of_number(returned.window as u8));
    }
    // SAFETY: the host has just given us this handle.
    Ok(unsafe { Window::from_handle(returned.window) })
}
