//! Arguments that are often near a boundary, where things go wrong.

use arbitrary::{Arbitrary, Result, Unstructured};
use std::sync::LazyLock;

/// The page size of the host.
#[inline]
pub fn page() -> usize {
    static SIZE: LazyLock<usize> = LazyLock::new(rustix::param::page_size);
    *SIZE
}

/// As many operations as the input has bytes for. A plain vector would end after
/// each with even odds.
pub fn all<'a, O: Arbitrary<'a>>(u: &mut Unstructured<'a>) -> Result<Vec<O>> {
    let mut operations = Vec::new();
    while !u.is_empty() {
        operations.push(u.arbitrary()?);
    }
    Ok(operations)
}

/// An offset or a length: mostly near a multiple of the page size, and sometimes
/// any number at all.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub u64);

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let page = page() as u64;
        let kind: u8 = u.arbitrary()?;
        let around = |pages: u64, delta: u8| {
            let delta = [0, 0, 0, 1, 2, 7, 8, 63][usize::from(delta % 8)];
            (pages * page).wrapping_add(delta)
        };
        Ok(Self(match kind % 16 {
            0 => 0,
            1..=4 => around(u64::from(kind >> 6), kind >> 4),
            5..=6 => (u64::from(kind >> 5) * page).wrapping_sub(u64::from(kind >> 4 & 1) + 1),
            7..=9 => u64::from(kind >> 4),
            10..=12 => u64::from(u.arbitrary::<u16>()?) % (5 * page),
            13 => u.arbitrary()?,
            14 => u64::MAX - u64::from(kind >> 4),
            _ => 1 << (u.arbitrary::<u8>()? % 64),
        }))
    }
}

/// One of the handles that the guest has, or one that it never got.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Pick(u8);

impl Pick {
    pub fn of(self, handles: &[u32]) -> u32 {
        match handles {
            [] => u32::from(self.0),
            _ if self.0 > 250 => [0, 77, 1000, u32::MAX][usize::from(self.0 % 4)],
            _ => handles[usize::from(self.0) % handles.len()],
        }
    }
}
