/// Why a file cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file does not begin as an ELF file does.
    #[error("it is not an ELF file")]
    NotElf,
    /// A part reaches behind the end of the file.
    #[error("the file is cut: it has {len} bytes, and would need {end} for {part}")]
    Cut {
        /// Which part.
        part: String,
        /// Where it ends in the file, in bytes.
        end: u128,
        /// The length of the file in bytes.
        len: usize,
    },
    /// A part does not follow the format.
    #[error("the file is damaged: {part}: {reason}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        reason: object::read::Error,
    },
    /// A string for the dynamic linker is not in the file.
    #[error("the file is damaged: the strings of the dynamic segment have none at {0}")]
    DynamicString(u64),
}
