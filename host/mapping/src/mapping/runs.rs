//! What the system keeps for each page, as runs of equal pages.

use mem_contract::Protection;
use rangemap::RangeMap;
use std::ops::Range;

/// What the operating system keeps for each page of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageState {
    pub(super) protection: Protection,
    pub(super) locked: bool,
    pub(super) order: Order,
    pub(super) huge: Huge,
}

/// In which order the guest is going to read pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Normal,
    Random,
    Sequential,
}

/// Whether huge pages back them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Huge {
    Default,
    Yes,
    No,
}

/// The states of all pages of a mapping, as runs of equal pages.
///
/// The operating system splits a mapping in the same way. It limits how many
/// such parts a process can have, so a guest is charged for them.
#[derive(Clone, Debug)]
pub(super) struct Runs(RangeMap<usize, PageState>);

impl Runs {
    /// One run of `pages`, a range of addresses, with `protection` and otherwise
    /// as the operating system makes them.
    pub(super) fn new(pages: Range<usize>, protection: Protection) -> Self {
        let state = PageState {
            protection,
            locked: false,
            order: Order::Normal,
            huge: Huge::Default,
        };
        let mut runs = RangeMap::new();
        if !pages.is_empty() {
            runs.insert(pages, state);
        }
        Self(runs)
    }

    /// The number of runs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The runs that overlap `pages`, cut to that range.
    pub(super) fn within(
        &self,
        pages: &Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, PageState)> {
        self.0.overlapping(pages.clone()).map(|(run, state)| {
            let cut = run.start.max(pages.start)..run.end.min(pages.end);
            (cut, *state)
        })
    }

    /// The runs after `change` to each page of `pages`.
    pub(super) fn changed(&self, pages: &Range<usize>, change: impl Fn(&mut PageState)) -> Self {
        let mut changed = self.clone();
        for (run, mut state) in self.within(pages) {
            change(&mut state);
            changed.0.insert(run, state);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unprotected(pages: Range<usize>) -> Runs {
        Runs::new(pages, Protection::ReadWrite)
    }

    fn lock(state: &mut PageState) {
        state.locked = true;
    }

    fn unlock(state: &mut PageState) {
        state.locked = false;
    }

    #[test]
    fn a_change_in_the_middle_splits_and_its_reverse_joins() {
        let whole = unprotected(0x1000..0x9000);
        let split = whole.changed(&(0x3000..0x4000), lock);
        assert_eq!(split.len(), 3);
        assert_eq!(split.changed(&(0x3000..0x4000), unlock).len(), 1);
        assert_eq!(split.changed(&(0x1000..0x9000), lock).len(), 1);
        assert_eq!(whole.len(), 1);
    }

    #[test]
    fn within_cuts_runs_to_the_range() {
        let runs = unprotected(0x1000..0x9000).changed(&(0x3000..0x5000), lock);
        let locked: Vec<_> = runs
            .within(&(0x2000..0x4000))
            .map(|(run, state)| (run, state.locked))
            .collect();
        assert_eq!(locked, [(0x2000..0x3000, false), (0x3000..0x4000, true)]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let runs = unprotected(0x1000..0x3000)
            .changed(&(0x1000..0x2000), |state| state.order = Order::Random)
            .changed(&(0x1000..0x3000), lock);
        let states: Vec<_> = runs.within(&(0x1000..0x3000)).collect();
        assert_eq!(states.len(), 2);
        assert!(states.iter().all(|(_, state)| state.locked));
        assert_eq!(states[0].1.order, Order::Random);
        assert_eq!(states[1].1.order, Order::Normal);
    }
}
