use crate::cases::contract_enum;
use core::fmt;

/// Defines the error codes: each with its documentation, its name in the WIT,
/// the words that messages call it, and what messages say where nobody knows
/// more.
macro_rules! error_codes {
    (
        ($dollar:tt)
        $(#[$attribute:meta])*
        pub enum ErrorCode {
            $($(#[$doc:meta])* $case:ident = $name:literal, $words:literal, $help:literal;)*
        }
    ) => {
        contract_enum! {
            ($dollar)
            $(#[$attribute])*
            pub enum ErrorCode, converted by convert_error_code {
                $($(#[$doc])* $case = $name,)*
            }
        }

        impl ErrorCode {
            /// What it means, and what the caller can do, where the cause is not
            /// known: a sentence without an end, for messages.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self {
                    $(Self::$case => $help,)*
                }
            }

            /// What messages call it.
            const fn words(self) -> &'static str {
                match self {
                    $(Self::$case => $words,)*
                }
            }
        }
    };
}

error_codes! {
    ($)
    /// Why an operation failed, and what the caller can do about it.
    ///
    /// The cases are those of `error-code` in the contract, `mem:mmap@0.1.0`.
    #[non_exhaustive]
    pub enum ErrorCode {
        /// The path is outside every directory the host granted, the grant is
        /// read-only, the file's permissions forbid the access, or the host has
        /// not granted execution. Ask the embedder for the grant, or for less
        /// access.
        AccessDenied = "access-denied", "access denied",
            "it is not granted, or the file's permissions forbid it; ask for less access";
        /// The path lies inside a granted directory and nothing is there. Create
        /// the file, or map it with the flag `create`.
        NotFound = "not-found", "not found", "nothing is at this path; create the file first";
        /// The path names a directory, a FIFO, a socket or a device. Only regular
        /// files can be mapped.
        NotAFile = "not-a-file", "not a file", "only regular files can be mapped";
        /// The arguments contradict each other or the documentation. The caller
        /// has to change them.
        InvalidArgument = "invalid-argument", "invalid argument",
            "the arguments contradict each other or the documentation";
        /// The range is not wholly inside the mapping, or the mapping asked for is
        /// not wholly inside the file.
        OutOfBounds = "out-of-bounds", "out of bounds",
            "the range must lie wholly inside the mapping or the file";
        /// The bytes are not writable: the mapping is read-only, or `protect` has
        /// made these pages read-only.
        ReadOnly = "read-only", "read-only",
            "these bytes are not writable; map them with another access";
        /// The file behind the mapping has become shorter, if only for a while, or
        /// its disk has failed, and the bytes asked for are gone. Bytes before them
        /// can still be reached, unless the host's process has as many mappings as
        /// it may have. Unmap, and map the file anew. The operating system notices
        /// whole pages only: behind the new end of the file, the rest of its last
        /// page reads as zeros.
        Truncated = "truncated", "truncated",
            "the file became shorter, and these bytes are gone; unmap it, and map it anew";
        /// The range, or a page of it, is not locked.
        NotLocked = "not-locked", "not locked", "not every page of the range is locked";
        /// The lock would exceed what the host granted or what the operating
        /// system allows the process. Lock less, or unlock something.
        LockLimit = "lock-limit", "lock limit",
            "no more bytes may be locked; lock less, or have the embedder grant more";
        /// The host's quota for mapped bytes, private bytes, mappings, windows or
        /// the size of one read is exhausted, or what its whole process can have of
        /// them, or the guest's own memory. Ask for less, or unmap something.
        QuotaExceeded = "quota-exceeded", "quota exceeded",
            "the host's quota or the guest's memory is exhausted; ask for less, or unmap something";
        /// Somebody else holds the file in a way that excludes this use, or a
        /// window of the guest covers the bytes. Try again later, use another
        /// access, or drop the window.
        Busy = "busy", "busy",
            "somebody else holds the file, or a window covers the bytes; try again later";
        /// The disk is full, or the file would exceed the largest size the file
        /// system or the process allows. Where a page of a mapping was touched for
        /// which the disk had no room, its bytes and those behind it are gone: make
        /// room, unmap, and map the file anew.
        NoSpace = "no-space", "no space", "the disk is full, or the file would become too large";
        /// The host's platform cannot do this.
        Unsupported = "unsupported", "unsupported", "the platform cannot do this";
        /// The operating system reported an error that no other case covers, such
        /// as a failing disk.
        Io = "io", "input/output error",
            "the host's operating system reported a failure of another kind";
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl core::error::Error for ErrorCode {}
