//! What a guest passes to the functions of the contract.

use mem_contract::{Access, Advice, ByteRange, ErrorCode, FlushMode, MapOptions, Protection};

/// A value of a WIT type, or the number of a core function's parameter.
pub trait Argument {
    /// Appends the value as the canonical ABI lowers it.
    fn lower(&self, to: &mut Lowered);
}

/// Arguments as the core function gets them.
pub struct Lowered {
    /// One number for each parameter.
    pub numbers: Vec<u64>,
    /// What strings and lists have in the guest's memory.
    pub bytes: Vec<u8>,
    /// Where the bytes lie there.
    address: usize,
}

impl Lowered {
    /// Lowers the arguments. `address` is free, and a multiple of 8.
    pub fn new(arguments: &[&dyn Argument], address: usize) -> Self {
        let mut lowered = Self {
            numbers: Vec::with_capacity(8),
            bytes: Vec::new(),
            address,
        };
        for argument in arguments {
            argument.lower(&mut lowered);
        }
        lowered
    }

    /// Appends a list of `length` elements.
    fn list(&mut self, length: usize, bytes: impl IntoIterator<Item = u8>) {
        // No element has a larger alignment.
        let start = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(start, 0);
        self.bytes.extend(bytes);
        self.numbers.push((self.address + start) as u64);
        self.numbers.push(length as u64);
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => {
        $(impl Argument for $ty {
            fn lower(&self, to: &mut Lowered) {
                to.numbers.push(*self as u64);
            }
        })*
    };
}

numbers!(
    u8, u32, usize, Access, Advice, ErrorCode, FlushMode, Protection
);

impl Argument for u64 {
    fn lower(&self, to: &mut Lowered) {
        to.numbers.push(*self);
    }
}

impl Argument for &str {
    fn lower(&self, to: &mut Lowered) {
        to.list(self.len(), self.bytes());
    }
}

impl Argument for &[u8] {
    fn lower(&self, to: &mut Lowered) {
        to.list(self.len(), self.iter().copied());
    }
}

impl Argument for &[ByteRange] {
    fn lower(&self, to: &mut Lowered) {
        let numbers = self.iter().flat_map(|range| [range.offset, range.length]);
        to.list(self.len(), numbers.flat_map(u64::to_le_bytes));
    }
}

impl Argument for Option<ByteRange> {
    fn lower(&self, to: &mut Lowered) {
        to.numbers.extend(match self {
            Some(range) => [1, range.offset, range.length],
            None => [0; 3],
        });
    }
}

impl Argument for MapOptions {
    fn lower(&self, to: &mut Lowered) {
        to.numbers.extend([
            self.access as u64,
            self.flags.bits().into(),
            self.offset,
            self.length.is_some().into(),
            self.length.unwrap_or(0),
        ]);
    }
}
