use crate::Access;
use bitflags::bitflags;

bitflags! {
    /// Further wishes for a mapping, in the order of the WIT's `map-flags`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct MapFlags: u8 {
        /// Map fresh zero bytes instead of a file.
        const ANONYMOUS = 1;
        /// Make the host's pages executable.
        const EXEC = 1 << 1;
        /// Create the file if it is missing, and make it `offset` + `length`
        /// bytes long if it is shorter.
        const CREATE = 1 << 2;
        /// Read the whole range from the disk now instead of at first use.
        const POPULATE = 1 << 3;
    }
}

/// How to map a file, or anonymous memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MapOptions {
    /// What the guest may do with the bytes.
    pub access: Access,
    /// Further wishes.
    pub flags: MapFlags,
    /// Where in the file the mapping starts, in bytes.
    pub offset: u64,
    /// How many bytes it has. None means all from `offset` to the end of the
    /// file.
    pub length: Option<u64>,
}

impl MapOptions {
    /// The length of the anonymous memory that they describe.
    ///
    /// # Errors
    ///
    /// What contradicts: a sentence for the explanation of
    /// [`ErrorCode::InvalidArgument`](crate::ErrorCode::InvalidArgument).
    pub fn anonymous_length(&self) -> Result<u64, &'static str> {
        match self.length {
            Some(length)
                if length > 0 && self.offset == 0 && !self.flags.contains(MapFlags::CREATE) =>
            {
                Ok(length)
            }
            _ => Err("anonymous memory has a length, no offset, and is not created"),
        }
    }

    /// Where in the file the mapping that they describe ends, as far as they
    /// say: without a length, that is its start.
    ///
    /// # Errors
    ///
    /// What contradicts, as for [`anonymous_length`](Self::anonymous_length).
    pub fn end_in_file(&self) -> Result<u64, &'static str> {
        if self.flags.contains(MapFlags::CREATE) && self.access != Access::ReadWrite {
            return Err("a file that may be created is mapped with read-write access");
        }
        self.offset
            .checked_add(self.length.unwrap_or(0))
            .ok_or("the offset plus the length does not fit into 64 bits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(flags: MapFlags, offset: u64, length: Option<u64>) -> MapOptions {
        MapOptions {
            access: Access::ReadWrite,
            flags,
            offset,
            length,
        }
    }

    #[test]
    fn anonymous_memory_has_a_length_and_nothing_of_a_file() {
        let anonymous = |offset, length| {
            let options = options(MapFlags::ANONYMOUS, offset, length);
            options.anonymous_length().ok()
        };
        assert_eq!(anonymous(0, Some(1)), Some(1));
        assert_eq!(anonymous(0, Some(0)), None);
        assert_eq!(anonymous(0, None), None);
        assert_eq!(anonymous(1, Some(1)), None);
        let created = options(MapFlags::ANONYMOUS | MapFlags::CREATE, 0, Some(1));
        assert!(created.anonymous_length().is_err());
    }

    #[test]
    fn a_mapping_ends_where_its_length_says() {
        let end = |offset, length| options(MapFlags::CREATE, offset, length).end_in_file();
        assert_eq!(end(3, Some(4)), Ok(7));
        assert_eq!(end(3, None), Ok(3));
        assert_eq!(end(1, Some(u64::MAX - 1)), Ok(u64::MAX));
        assert!(end(1, Some(u64::MAX)).is_err());
    }

    #[test]
    fn what_may_be_created_can_be_written() {
        for &access in Access::ALL {
            let flags = MapFlags::CREATE;
            let options = MapOptions {
                access,
                ..options(flags, 0, None)
            };
            assert_eq!(options.end_in_file().is_ok(), access == Access::ReadWrite);
        }
    }
}
