//! What targets with a model have in common.

use arbitrary::{Arbitrary, Unstructured};
use std::thread::LocalKey;

/// What a target keeps from one input to the next. Each thread has its own.
pub trait Target: Sized + 'static {
    type Input: for<'a> Arbitrary<'a>;

    /// Runs an input.
    ///
    /// # Panics
    ///
    /// If the host does not do what the model says.
    fn run(&self, input: &Self::Input);
}

/// Runs the input that `data` encodes, if it encodes one.
pub fn run<T: Target>(target: &'static LocalKey<T>, data: &[u8]) {
    if let Ok(input) = T::Input::arbitrary_take_rest(Unstructured::new(data)) {
        target.with(|target| target.run(&input));
    }
}
