//! What a program can say to the operating system about its use of a range.

/// How a range is going to be used, as for madvise(2). Advice never changes a
/// byte.
///
/// These are the values of memmap2 that `mem:mmap` has too. The others exist only
/// on Linux, and portable code names them only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// No special use (`MADV_NORMAL`).
    Normal,
    /// Random order: reading ahead is of little use (`MADV_RANDOM`).
    Random,
    /// From lower to higher offsets: read ahead far, drop soon
    /// (`MADV_SEQUENTIAL`).
    Sequential,
    /// Soon: start reading the range from the disk (`MADV_WILLNEED`).
    WillNeed,
    /// Make every page of the range present for reading before returning
    /// (`MADV_POPULATE_READ`).
    PopulateRead,
    /// Make every page of the range present for writing before returning
    /// (`MADV_POPULATE_WRITE`). The range must be writable.
    PopulateWrite,
    /// Back the range with huge pages where possible (`MADV_HUGEPAGE`).
    HugePage,
    /// Do not back the range with huge pages (`MADV_NOHUGEPAGE`).
    NoHugePage,
}

/// Advice after which bytes may have changed, as for madvise(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UncheckedAdvice {
    /// The program does not need the range soon (`MADV_DONTNEED`). Shared pages
    /// of a file keep their bytes. A private or anonymous mapping would lose
    /// them, and no guest can do that: there it is an error.
    DontNeed,
}
