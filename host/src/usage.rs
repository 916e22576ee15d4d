//! What a context can tell of its guests.

use std::collections::BTreeMap;
use std::fmt;

/// What the guests of a [`MemCtx`](crate::MemCtx) have at a moment, and what
/// they have called since it was made. See [`MemCtx::usage`].
///
/// [`MemCtx::usage`]: crate::MemCtx::usage
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// How many mappings exist.
    pub mappings: u64,
    /// Mappings, as [`MemCtxBuilder::max_mappings`] counts them: one for each
    /// run of pages with the same protection, locks and advice.
    ///
    /// [`MemCtxBuilder::max_mappings`]: crate::MemCtxBuilder::max_mappings
    pub pieces: Amount,
    /// The bytes of all mappings.
    pub mapped_bytes: Amount,
    /// The bytes of the anonymous and copy-on-write mappings.
    pub private_bytes: Amount,
    /// The locked bytes, in whole pages.
    pub locked_bytes: Amount,
    /// The windows that are attached.
    pub windows: Amount,
    /// The calls of each operation that was called.
    ///
    /// A call counts when it returns to the guest. One that traps, such as one
    /// with an unknown handle, does not.
    pub calls: BTreeMap<Operation, Calls>,
    /// How many calls failed with each error that any failed with, by the name
    /// of the WIT's `error-code`.
    pub errors: BTreeMap<&'static str, u64>,
}

impl Usage {
    /// The calls of all operations together.
    pub fn total(&self) -> Calls {
        let mut total = Calls::default();
        for calls in self.calls.values() {
            total.add(*calls);
        }
        total
    }
}

/// How much there is of something that has a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amount {
    /// How much there is.
    pub now: u64,
    /// The most there has been at a time.
    pub peak: u64,
    /// The quota.
    pub limit: u64,
}

/// How often something was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// How many calls there were.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many bytes the others read or wrote, mapped, or had in their
    /// ranges.
    pub bytes: u64,
}

impl Calls {
    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.bytes += other.bytes;
    }
}

macro_rules! operations {
    ($($(#[$docs:meta])* $operation:ident = $name:literal,)*) => {
        /// What a guest can call, but for `page-size` and `explain`. Displayed as the WIT
        /// names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operation {
            $(
                #[doc = concat!("`", $name, "`")]
                $(#[$docs])*
                $operation,
            )*
        }

        impl Operation {
            pub(crate) const ALL: &[Self] = &[$(Self::$operation),*];

            /// The name in the WIT.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => $name,)*
                }
            }
        }
    };
}

operations! {
    FileMap = "file-map",
    Size = "size",
    Read = "read",
    ReadU64x8 = "read-u64x8",
    ReadMany = "read-many",
    Write = "write",
    LoadU8 = "load-u8",
    LoadU16 = "load-u16",
    LoadU32 = "load-u32",
    LoadU64 = "load-u64",
    LoadU64x8 = "load-u64x8",
    StoreU8 = "store-u8",
    StoreU16 = "store-u16",
    StoreU32 = "store-u32",
    StoreU64 = "store-u64",
    Flush = "flush",
    Lock = "lock",
    Unlock = "unlock",
    Advise = "advise",
    Protect = "protect",
    Unmap = "unmap",
    /// of the handle of a mapping, by the guest.
    DropMapping = "drop-mapping",
    Attach = "attach",
    Check = "check",
    Detach = "detach",
    /// of the handle of a window, by the guest.
    DropWindow = "drop-window",
}

impl Operation {
    /// The load of a scalar of `size` bytes.
    pub(crate) const fn load(size: usize) -> Self {
        match size {
            1 => Self::LoadU8,
            2 => Self::LoadU16,
            4 => Self::LoadU32,
            8 => Self::LoadU64,
            64 => Self::LoadU64x8,
            _ => panic!("no load has this size"),
        }
    }

    /// The store of a scalar of `size` bytes.
    pub(crate) const fn store(size: usize) -> Self {
        match size {
            1 => Self::StoreU8,
            2 => Self::StoreU16,
            4 => Self::StoreU32,
            8 => Self::StoreU64,
            _ => panic!("no store has this size"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
