//! What the guests and the host of the benchmark both run, compiled from the
//! same source, so that only the way to the bytes differs: sums that show
//! whether two sides read the same bytes, the offsets at which they read, and
//! an index of words.

mod digest;
mod offsets;
mod words;

pub use digest::{digest, sum_of, touch};
pub use offsets::{ATTACHED, CACHED, attached_offsets, random_blocks, random_u64s};
pub use words::{index_of_words, look_up, words};
