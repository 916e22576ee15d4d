//! The guest's own linear memory, which nothing but a guest has.

/// A page of WebAssembly, in bytes.
pub const WASM_PAGE: usize = 1 << 16;

/// The length of the memory in WebAssembly's pages.
pub fn memory_pages() -> usize {
    imp::size()
}

/// Makes the memory `pages` of WebAssembly's pages longer, and returns the
/// first new byte.
pub fn grow_memory(pages: usize) -> *mut u8 {
    let before = imp::grow(pages);
    assert_ne!(before, usize::MAX, "the memory grows");
    (before * WASM_PAGE) as *mut u8
}

/// Ends the guest by a trap.
pub fn trap() -> ! {
    imp::trap()
}

#[cfg(target_family = "wasm")]
mod imp {
    use core::arch::wasm32;

    pub fn size() -> usize {
        wasm32::memory_size(0)
    }

    pub fn grow(pages: usize) -> usize {
        wasm32::memory_grow(0, pages)
    }

    pub fn trap() -> ! {
        wasm32::unreachable()
    }
}

#[cfg(not(target_family = "wasm"))]
mod imp {
    const NO_GUEST: &str = "this is not a guest";

    pub fn size() -> usize {
        panic!("{NO_GUEST}")
    }

    pub fn grow(_pages: usize) -> usize {
        panic!("{NO_GUEST}")
    }

    pub fn trap() -> ! {
        panic!("{NO_GUEST}")
    }
}
