use crate::cases::contract_enum;

contract_enum! {
    ($)
    /// When a flush returns.
    pub enum FlushMode, converted by convert_flush_mode {
        /// When the bytes are on the disk (`MS_SYNC` of msync(2)).
        Synchronous = "synchronous",
        /// At once; the operating system writes the bytes when it sees fit
        /// (`MS_ASYNC` of msync(2)).
        Asynchronous = "asynchronous",
    }
}
