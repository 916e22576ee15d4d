use crate::format::{MAX_TEXT, VERSION};

/// What is wrong with an index or its text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not begin as an index does.
    #[error("the index file holds no index")]
    NotAnIndex,
    /// Another version of the format.
    #[error("the index has version {0} of the format, and only {VERSION} can be read")]
    Version(u32),
    /// The header is damaged.
    #[error("the index is damaged: the checksum of its header does not match")]
    Header,
    /// The index was cut, or something was appended.
    #[error("the index is damaged: it has {actual} bytes instead of {expected}")]
    Size {
        /// What its header says.
        expected: usize,
        /// What is there.
        actual: usize,
    },
    /// The table of checksums is damaged.
    #[error("the index is damaged: the checksum of its checksums does not match")]
    Checksums,
    /// A block is damaged.
    #[error("the index is damaged: the checksum of the block at offset {offset} does not match")]
    Block {
        /// Where the block starts in the index.
        offset: usize,
    },
    /// Numbers contradict each other although the checksums match.
    #[error("the index is malformed: {0}")]
    Malformed(&'static str),
    /// The index does not fit into the address space.
    #[error("the index is too large for this machine's memory")]
    IndexTooLarge,
    /// The text does not fit into the format.
    #[error("the text has {0} bytes, and an index can have {MAX_TEXT}")]
    TextTooLarge(u64),
    /// The text was changed while it was indexed.
    #[error("the text was changed while it was indexed")]
    TextChanged,
    /// The text has another length than when it was indexed.
    #[error(
        "the text is not as it was when it was indexed: it has {actual} bytes instead of {indexed}"
    )]
    TextLength {
        /// The length in bytes when it was indexed.
        indexed: u64,
        /// The length in bytes now.
        actual: usize,
    },
    /// A line of the text does not hold what the index says.
    #[error("the text is not as it was when it was indexed: line {0} differs")]
    TextDiffers(u32),
}

/// What is wrong with a query.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// No argument was given.
    #[error("there is no word to look for")]
    Empty,
    /// An argument holds no letter, digit or underscore.
    #[error("{0:?} holds no word: words are of letters, digits and underscores")]
    NoWord(String),
    /// A star that is not at the end of a word.
    #[error("{0:?} has a `*` that does not end it: only the end of a word can be left open")]
    Star(String),
}
