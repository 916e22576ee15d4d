//! What a window shows: pages of the file, or a copy.

use mem_contract::{Access, ByteRange, ErrorCode};

use super::copied::Copied;
use crate::cause::Cause;
use crate::claims::Kind;
use crate::placement::Placement;
use crate::shared::Shared;
use crate::sys::Attached;

/// The bytes of a window.
pub(super) enum Bytes {
    Attached(Attached),
    Copied(Copied),
    /// Nothing, because the bytes were given back.
    Gone,
}

impl Bytes {
    /// The bytes of a range that lies inside the mapping.
    pub fn of(shared: &Shared, range: ByteRange, kind: Kind) -> Result<Self, Cause> {
        let page = shared.handle.page_size();
        let placement = Placement::new(shared.file_offset, range, page);
        let placement = placement.ok_or(ErrorCode::QuotaExceeded)?;
        // A window of no bytes needs no host.
        if range.length != 0 {
            match shared.handle.attach(placement) {
                Ok(attached) => return Ok(Self::Attached(attached)),
                // The host cannot, or its embedder does not want it to.
                Err(Cause {
                    code: ErrorCode::Unsupported | ErrorCode::AccessDenied,
                    ..
                }) => {}
                Err(cause) => return Err(cause),
            }
        }
        let mut copied = Copied::new(shared, range, placement)?;
        if kind == Kind::Writable && shared.access == Access::ReadWrite {
            copied = copied.keeping_what_it_was()?;
        }
        Ok(Self::Copied(copied))
    }

    #[inline]
    pub fn slice(&self) -> &[u8] {
        match self {
            Self::Attached(attached) => attached.bytes(),
            Self::Copied(copied) => copied.slice(),
            Self::Gone => &[],
        }
    }

    #[inline]
    pub fn slice_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Attached(attached) => attached.bytes_mut(),
            Self::Copied(copied) => copied.slice_mut(),
            Self::Gone => &mut [],
        }
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        match self {
            Self::Copied(copied) => copied.as_mut_ptr(),
            _ => self.slice_mut().as_mut_ptr(),
        }
    }

    /// Whether no byte is copied.
    pub fn are_the_files(&self) -> bool {
        match self {
            Self::Attached(_) | Self::Gone => true,
            Self::Copied(copied) => copied.slice().is_empty(),
        }
    }

    pub fn check(&self) -> Result<(), Cause> {
        match self {
            Self::Attached(attached) => attached.check(),
            Self::Copied(_) | Self::Gone => Ok(()),
        }
    }

    pub fn give_back(self) -> Result<(), Cause> {
        match self {
            Self::Attached(attached) => attached.detach(),
            Self::Copied(_) | Self::Gone => Ok(()),
        }
    }
}
