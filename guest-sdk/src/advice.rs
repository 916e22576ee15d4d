//! What a guest can tell the operating system about its use of a range.

/// How the guest is going to use a range, as for madvise(2). Advice never
/// changes a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// No special use (`MADV_NORMAL`).
    #[default]
    Normal,
    /// Random order: reading ahead is of little use (`MADV_RANDOM`).
    Random,
    /// From lower to higher offsets: read ahead far, drop soon
    /// (`MADV_SEQUENTIAL`).
    Sequential,
    /// Soon: start reading the range from the disk (`MADV_WILLNEED`).
    WillNeed,
    /// Not soon: these pages may be reclaimed first (`MADV_COLD`).
    Cold,
    /// Not soon: reclaim these pages now. Written bytes are kept
    /// (`MADV_PAGEOUT`).
    PageOut,
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
