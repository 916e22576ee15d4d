//! The compiled guests of the tests, the benchmarks and the examples.
//! Building this crate builds them, and writes a constant for each.

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// Where the files of a guest are.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// The name of its binary.
    pub name: &'static str,
    /// The component, for WASI 0.2.
    pub component: &'static str,
    /// The core module, for WASI 0.1.
    pub core_module: &'static str,
    /// The program for this machine, if there is one.
    pub native: Option<&'static str>,
}

impl Guest {
    /// The program for this machine.
    ///
    /// # Panics
    ///
    /// If the guest is not built for this machine: only the guests of the tests
    /// and the programs in `examples/unchanged` are.
    pub const fn native(&self) -> &'static str {
        match self.native {
            Some(native) => native,
            None => panic!("this guest is not built for this machine"),
        }
    }
}
