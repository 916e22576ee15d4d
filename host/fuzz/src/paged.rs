//! Files as windows show them: page by page.

use crate::input::page;
use std::ops::Range;
use std::sync::LazyLock;

/// A page of zeros.
pub fn zeros() -> &'static [u8] {
    static ZEROS: LazyLock<Vec<u8>> = LazyLock::new(|| vec![0; page()]);
    &ZEROS
}

/// A file, with the bytes behind its end in its last page.
pub struct File {
    pub length: usize,
    pub pages: Vec<Vec<u8>>,
}

impl File {
    pub fn new(bytes: &[u8]) -> Self {
        let mut file = Self {
            length: bytes.len(),
            pages: bytes.chunks(page()).map(Vec::from).collect(),
        };
        file.fill_pages();
        file
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.pages.concat();
        bytes.truncate(self.length);
        bytes
    }

    /// Makes it shorter, or longer with zeros.
    pub fn resize(&mut self, length: usize) {
        self.pages.resize_with(length.div_ceil(page()), Vec::new);
        if length < self.length {
            // The system also clears the rest of the last page.
            self.tail_from(length).fill(0);
        }
        self.length = length;
        self.fill_pages();
    }

    /// The bytes behind `end` in the last page.
    fn tail_from(&mut self, end: usize) -> &mut [u8] {
        match self.pages.last_mut() {
            Some(last) if !end.is_multiple_of(page()) => &mut last[end % page()..],
            _ => &mut [],
        }
    }

    /// Whether a guest wrote behind the end.
    pub fn has_tail(&mut self) -> bool {
        self.tail_from(self.length).iter().any(|&byte| byte != 0)
    }

    fn fill_pages(&mut self) {
        for bytes in &mut self.pages {
            bytes.resize(page(), 0);
        }
    }
}

/// The pages of a range, each with the part of it that is in the range.
pub fn by_page(range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let pages = range.start / page()..range.end.div_ceil(page());
    pages.filter_map(move |index| {
        let start = range.start.max(index * page()) - index * page();
        let end = range.end.min((index + 1) * page()) - index * page();
        (start < end).then_some((index, start..end))
    })
}
