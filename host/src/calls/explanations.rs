//! What guests can ask about the errors that they got.

use mem_contract::ErrorCode;
use mem_mapping::{Explanation, StoreId};
use std::collections::VecDeque;

/// How many are kept for all stores of a context.
const MOST: usize = 64;

/// The explanations of the latest errors, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Explanations(VecDeque<(StoreId, ErrorCode, Explanation)>);

impl Explanations {
    /// Notes the explanation of an error that a guest of `store` gets, which
    /// replaces that of the last one with the same code.
    pub(super) fn note(&mut self, store: StoreId, error: ErrorCode, why: Option<Explanation>) {
        self.take(store, error);
        if let Some(why) = why {
            if self.0.len() == MOST {
                self.0.pop_front();
            }
            self.0.push_back((store, error, why));
        }
    }

    /// Takes the explanation of the last error with this code that a guest of
    /// `store` got.
    pub(super) fn take(&mut self, store: StoreId, error: ErrorCode) -> Option<Explanation> {
        let mut kept = self.0.iter();
        let at = kept.position(|(of, noted, _)| (*of, *noted) == (store, error))?;
        self.0.remove(at).map(|(_, _, why)| why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: StoreId = StoreId::new(1);
    const B: StoreId = StoreId::new(2);

    fn why(text: &str) -> Option<Explanation> {
        Some(text.to_owned().into())
    }

    #[test]
    fn each_store_has_the_latest_of_each_error_once() {
        let mut kept = Explanations::default();
        kept.note(A, ErrorCode::Busy, why("old"));
        kept.note(B, ErrorCode::Busy, why("another's"));
        kept.note(A, ErrorCode::Busy, why("new"));
        kept.note(A, ErrorCode::NoSpace, why("full"));
        assert_eq!(kept.take(A, ErrorCode::Busy), why("new"));
        assert_eq!(kept.take(A, ErrorCode::Busy), None);
        assert_eq!(kept.take(A, ErrorCode::NoSpace), why("full"));
        kept.note(B, ErrorCode::Busy, None);
        assert_eq!(kept.take(B, ErrorCode::Busy), None);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut kept = Explanations::default();
        for number in 0..=MOST {
            kept.note(StoreId::new(number), ErrorCode::Busy, why("busy"));
        }
        assert_eq!(kept.0.len(), MOST);
        assert_eq!(kept.take(StoreId::new(0), ErrorCode::Busy), None);
        assert_eq!(kept.take(StoreId::new(MOST), ErrorCode::Busy), why("busy"));
    }
}
