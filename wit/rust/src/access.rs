use crate::cases::contract_enum;
use core::fmt;

contract_enum! {
    ($)
    /// What the guest may do with the bytes of a mapping, and who sees what it
    /// writes.
    #[derive(Default)]
    pub enum Access, converted by convert_access {
        /// The guest can read the bytes. The host needs permission to read the
        /// file.
        #[default]
        ReadOnly = "read-only",
        /// The guest can read and write the bytes, and writes reach the file:
        /// other mappings of it see them at once, and its disk has them at the
        /// latest when a synchronous flush returns (`MAP_SHARED` of mmap(2)).
        /// The host needs permission to read and to write the file.
        ReadWrite = "read-write",
        /// The guest can read and write the bytes, and writes stay private to
        /// the mapping: the file never changes (`MAP_PRIVATE` of mmap(2)). The
        /// host needs permission only to read the file. It is unspecified
        /// whether changes that others make to the file become visible.
        CopyOnWrite = "copy-on-write",
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
