use crate::cases::contract_enum;

contract_enum! {
    ($)
    /// What the pages of a range can be used for. Reading is always allowed.
    pub enum Protection, converted by convert_protection {
        /// Reading only. A write gives [`ErrorCode::ReadOnly`](crate::ErrorCode::ReadOnly).
        Read = "read",
        /// Reading and writing.
        ReadWrite = "read-write",
        /// Reading, and execution by the host's machine.
        ReadExecute = "read-execute",
        /// Reading, writing, and execution by the host's machine.
        ReadWriteExecute = "read-write-execute",
    }
}

impl Protection {
    /// The protection that allows reading, and these two if they are true.
    #[inline]
    #[must_use]
    pub const fn new(write: bool, execute: bool) -> Self {
        match (write, execute) {
            (false, false) => Self::Read,
            (true, false) => Self::ReadWrite,
            (false, true) => Self::ReadExecute,
            (true, true) => Self::ReadWriteExecute,
        }
    }

    /// Whether the pages can be written.
    #[inline]
    #[must_use]
    pub const fn allows_write(self) -> bool {
        matches!(self, Self::ReadWrite | Self::ReadWriteExecute)
    }

    /// Whether the pages can be executed.
    #[inline]
    #[must_use]
    pub const fn allows_execute(self) -> bool {
        matches!(self, Self::ReadExecute | Self::ReadWriteExecute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protection_is_what_it_allows() {
        for &protection in Protection::ALL {
            let (write, execute) = (protection.allows_write(), protection.allows_execute());
            assert_eq!(Protection::new(write, execute), protection);
            assert_eq!(protection.name().contains("write"), write);
            assert_eq!(protection.name().contains("execute"), execute);
        }
    }
}
