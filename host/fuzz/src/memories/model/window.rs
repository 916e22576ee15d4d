//! A window.

use std::ops::Range;

#[derive(Debug)]
pub struct Window {
    pub mapping: usize,
    pub memory: usize,
    /// The pages of the memory, counted from 64 KiB on.
    pub pages: Range<usize>,
    /// Its first page in the mapping.
    pub first: usize,
    /// The first of its pages that is known to be gone.
    pub lost_from: usize,
}

impl Window {
    /// Its pages as those of the mapping.
    pub fn in_mapping(&self) -> Range<usize> {
        self.first..self.first + self.pages.len()
    }
}
