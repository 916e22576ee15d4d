//! The windows on a mapping, and what they have lost.
//!
//! A window maps the same pages once more. What is written to a window can be
//! lost where the mapping's own pages show nothing of it: the disk had no room,
//! or the file was shorter for a while. So every operation that acknowledges what
//! was written asks here.

use super::origin::{self, Origin};
use crate::fault::{self, FaultGuard};
use mem_contract::ErrorCode;
use rangemap::RangeSet;
use std::collections::BTreeMap;
use std::ops::Range;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The windows of one mapping.
#[derive(Debug)]
pub(super) struct Attached {
    origin: Option<Arc<Origin>>,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// By the address of their first page.
    windows: BTreeMap<usize, Place>,
    /// What windows lost that are detached now, by addresses in the mapping.
    lost: RangeSet<usize>,
}

/// Where a window lies.
#[derive(Debug)]
struct Place {
    guard: FaultGuard,
    /// The addresses of its pages.
    window: Range<usize>,
    /// The addresses of the same pages in the mapping.
    pages: Range<usize>,
}

/// Whether to find losses that nobody has met yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Yes: touch the last page. If any page is gone from the file, the last one
    /// is.
    Touch,
    /// No: report the losses that are known.
    Known,
}

impl Attached {
    pub(super) fn new(origin: Option<Arc<Origin>>) -> Self {
        Self {
            origin,
            places: Mutex::default(),
        }
    }

    /// Whether there are windows.
    pub(super) fn any(&self) -> bool {
        !self.places().windows.is_empty()
    }

    /// Counts a window at the addresses `window`, with the pages `pages` of the
    /// mapping, until the attachment is dropped.
    pub(super) fn add(
        self: &Arc<Self>,
        guard: FaultGuard,
        window: Range<usize>,
        pages: Range<usize>,
    ) -> Attachment {
        let start = window.start;
        let place = Place {
            guard,
            window,
            pages,
        };
        self.places().windows.insert(start, place);
        Attachment {
            attached: self.clone(),
            start,
        }
    }

    /// Fails if windows have lost bytes of `pages`, addresses in the mapping.
    ///
    /// # Errors
    ///
    /// `NoSpace` and `Truncated`.
    pub(super) fn check(&self, pages: &Range<usize>, look: Look) -> Result<(), ErrorCode> {
        let places = self.places();
        let before = places.lost.overlapping(pages).next();
        let before = before.map(|lost| lost.start.max(pages.start));
        let lost = before.or_else(|| {
            let mut windows = places.windows.values();
            windows.find_map(|place| place.lost_in(pages, look))
        });
        self.outcome(lost)
    }

    /// The result of a check that found this `lost` page, an address in the
    /// mapping.
    fn outcome(&self, lost: Option<usize>) -> Result<(), ErrorCode> {
        match (lost, &self.origin) {
            (None, _) => Ok(()),
            (Some(address), Some(origin)) => Err(origin.loss(address)),
            (Some(_), None) => Err(origin::shorter()),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // Changes are single insertions and removals.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The pages that are known to be lost, by addresses in the mapping.
    fn lost(&self) -> Range<usize> {
        let from = self.guard.lost_from().min(self.window.end);
        self.pages.start + (from - self.window.start)..self.pages.end
    }

    /// The first page of `pages` that is lost.
    fn lost_in(&self, pages: &Range<usize>, look: Look) -> Option<usize> {
        let both = self.pages.start.max(pages.start)..self.pages.end.min(pages.end);
        if both.is_empty() {
            return None;
        }
        if look == Look::Touch {
            fault::expect();
            let last = self.window.start + (both.end - 1 - self.pages.start);
            let last = ptr::with_exposed_provenance::<u8>(last);
            // SAFETY: the window's pages are mapped and readable as long as its
            // `Attachment` lives. When that is dropped, it leaves the map of
            // windows, which `self` is borrowed from. If the file has lost the
            // page, the handler of faults puts a zero there while we read,
            // because the guard registers the page.
            unsafe { last.read_volatile() };
        }
        let first = self.lost().start.max(both.start);
        (first < both.end).then_some(first)
    }
}

/// A window that is attached. Drop it before its pages are unmapped.
#[derive(Debug)]
pub struct Attachment {
    attached: Arc<Attached>,
    start: usize,
}

impl Attachment {
    /// Fails if bytes of the window are gone from the file, or never reached
    /// it. Losses of other windows on the same pages do not count.
    ///
    /// # Errors
    ///
    /// `Truncated`, and `NoSpace` if the disk had no room for them.
    pub fn check(&self) -> Result<(), ErrorCode> {
        let places = self.attached.places();
        let place = places.windows.get(&self.start);
        let lost = place.and_then(|place| place.lost_in(&place.pages, Look::Touch));
        self.attached.outcome(lost)
    }

    /// Whether zero pages are known to lie where pages of the window are lost.
    pub fn has_lost(&self) -> bool {
        let places = self.attached.places();
        let place = places.windows.get(&self.start);
        place.is_some_and(|place| !place.lost().is_empty())
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let mut places = self.attached.places();
        if let Some(place) = places.windows.remove(&self.start) {
            let lost = place.lost();
            if !lost.is_empty() {
                places.lost.insert(lost);
            }
        }
    }
}
