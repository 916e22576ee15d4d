//! How much goes to the host in one call.

/// The most ranges of one call. Their list is made on the stack.
pub const MOST_RANGES: usize = 256;

/// How many bytes a `u64x8` has, the largest load. It needs no list.
pub const U64X8_LEN: usize = size_of::<mem_contract::U64x8>();

/// The bytes of a `u64x8`, word by word.
pub type U64x8 = [[u8; 8]; U64X8_LEN / 8];
