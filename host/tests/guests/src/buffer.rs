//! Memory of the guest for windows.

use crate::PAGE;
use crate::raw::window::{self, Window};
use crate::raw::{self, ErrorCode, Mapping};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::Range;
use std::slice;

/// Pages of the guest's memory, zeros at first.
///
/// Its bytes are read and written as volatile ones, because the host puts
/// others there behind the compiler's back.
pub struct Buffer {
    start: *mut u8,
    layout: Layout,
}

impl Buffer {
    /// `pages` whole pages.
    pub fn new(pages: u64) -> Self {
        let layout = Layout::from_size_align((pages * PAGE) as usize, PAGE as usize);
        let layout = layout.expect("not too large");
        // SAFETY: no test wants 0 pages.
        let start = unsafe { alloc_zeroed(layout) };
        assert!(!start.is_null(), "the guest has room");
        Self { start, layout }
    }

    /// Its length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.layout.size()
    }

    /// Its first byte.
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.start
    }

    /// The byte at `index`.
    pub fn get(&self, index: usize) -> u8 {
        assert!(index < self.len());
        // SAFETY: the byte is inside.
        unsafe { self.start.add(index).read_volatile() }
    }

    /// Makes the byte at `index` `value`.
    pub fn set(&self, index: usize, value: u8) {
        assert!(index < self.len());
        // SAFETY: the byte is inside.
        unsafe { self.start.add(index).write_volatile(value) }
    }

    /// A copy of the bytes of `range`.
    pub fn bytes(&self, range: Range<usize>) -> Vec<u8> {
        range.map(|index| self.get(index)).collect()
    }

    /// Attaches all of it to `mapping`, from `offset` on.
    pub fn attach(&self, mapping: &Mapping, offset: u64) -> Result<Window, ErrorCode> {
        self.attach_part(mapping, offset, 0..self.len())
    }

    /// Attaches the bytes of `part`.
    pub fn attach_part(
        &self,
        mapping: &Mapping,
        offset: u64,
        part: Range<usize>,
    ) -> Result<Window, ErrorCode> {
        assert!(part.start <= part.end && part.end <= self.len());
        // SAFETY: the part is inside, and initialized.
        let part = unsafe { slice::from_raw_parts(self.start.add(part.start), part.len()) };
        window::attach(mapping, offset, part)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it comes from the same allocator with this layout.
        unsafe { dealloc(self.start, self.layout) }
    }
}

/// Maps all of the file `path` by the raw bindings.
pub fn map(path: &str, access: raw::Access) -> Mapping {
    map_from(path, access, 0)
}

/// Maps the file `path` from `offset` on by the raw bindings.
pub fn map_from(path: &str, access: raw::Access, offset: u64) -> Mapping {
    let options = raw::MapOptions {
        access,
        flags: raw::MapFlags::empty(),
        offset,
        length: None,
    };
    raw::file_map(path, options).expect("the file can be mapped")
}
