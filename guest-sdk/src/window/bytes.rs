//! What a window shows: pages of the file, or a copy.

use super::Placement;
use crate::ErrorCode;
use crate::range::Range;
use crate::shared::Shared;
use crate::sys::Attached;

/// The bytes of a window.
pub(super) enum Bytes {
    Attached(Attached),
    Copied(Vec<u8>),
}

impl Bytes {
    /// Those of a range that lies inside the mapping.
    pub fn of(shared: &Shared, range: Range) -> Result<Self, ErrorCode> {
        if range.length == 0 {
            return Ok(Self::default());
        }
        let page = shared.handle.page_size();
        let placement = Placement::new(shared.file_offset, range, page);
        let placement = placement.ok_or(ErrorCode::QuotaExceeded)?;
        match shared.handle.attach(placement) {
            Ok(attached) => Ok(Self::Attached(attached)),
            // The host cannot, or its embedder does not want it to.
            Err(ErrorCode::Unsupported | ErrorCode::AccessDenied) => {
                shared.copy(range).map(Self::Copied)
            }
            Err(code) => Err(code),
        }
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        match self {
            Self::Attached(attached) => attached.bytes(),
            Self::Copied(copy) => copy,
        }
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Attached(attached) => attached.bytes_mut(),
            Self::Copied(copy) => copy,
        }
    }

    /// Whether no byte is copied.
    pub fn are_the_files(&self) -> bool {
        match self {
            Self::Attached(_) => true,
            Self::Copied(copy) => copy.is_empty(),
        }
    }

    pub fn check(&self) -> Result<(), ErrorCode> {
        match self {
            Self::Attached(attached) => attached.check(),
            Self::Copied(_) => Ok(()),
        }
    }

    pub fn give_back(self) -> Result<(), ErrorCode> {
        match self {
            Self::Attached(attached) => attached.detach(),
            Self::Copied(_) => Ok(()),
        }
    }
}

/// No bytes, for which the host is not asked.
impl Default for Bytes {
    fn default() -> Self {
        Self::Copied(Vec::new())
    }
}
