//! The host of the benchmark, as the guest sees it.

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "guest" });
}

pub use self::bindings::mem::bench::host::*;

impl Sample {
    /// For a side that read nothing to compare.
    pub fn without_sum(self) -> Self {
        Self { sum: 0, ..self }
    }
}
