use crate::cases::contract_enum;

contract_enum! {
    ($)
    /// How the guest is going to use a range, as for madvise(2). Advice never
    /// changes a byte.
    #[derive(Default)]
    #[non_exhaustive]
    pub enum Advice, converted by convert_advice {
        /// No special use (`MADV_NORMAL`).
        #[default]
        Normal = "normal",
        /// Random order: reading ahead is of little use (`MADV_RANDOM`).
        Random = "random",
        /// From lower to higher offsets: read far ahead, drop soon
        /// (`MADV_SEQUENTIAL`).
        Sequential = "sequential",
        /// Soon: start reading the range from the disk (`MADV_WILLNEED`).
        WillNeed = "will-need",
        /// Not soon: the system may reclaim these pages first (`MADV_COLD`).
        Cold = "cold",
        /// Not soon: reclaim these pages now. Written bytes are kept
        /// (`MADV_PAGEOUT`).
        PageOut = "page-out",
        /// Make every page of the range present for reading before returning
        /// (`MADV_POPULATE_READ`).
        PopulateRead = "populate-read",
        /// Make every page of the range present for writing before returning
        /// (`MADV_POPULATE_WRITE`). The range must be writable.
        PopulateWrite = "populate-write",
        /// Back the range with huge pages where possible (`MADV_HUGEPAGE`).
        HugePage = "huge-page",
        /// Do not back the range with huge pages (`MADV_NOHUGEPAGE`).
        NoHugePage = "no-huge-page",
    }
}
