//! What an embedder allows, and how a file or memory is mapped by that.

use crate::explanation::Explain;
use crate::mapping::{Mapping, Request, exec_not_granted};
use crate::opening::Opening;
use crate::quota::Charge;
use crate::quotas::{Charges, Quotas};
use crate::sharing::{Sharing, StoreId};
use crate::system_error::system_error;
use crate::{os, process};
use mem_contract::{Access, ErrorCode, MapFlags, MapOptions};
use std::fs::File;
use std::io;

/// What an embedder lets its guests map, and how much of it.
#[derive(Debug)]
pub struct Policy {
    /// Whether pages can be made executable.
    pub allow_exec: bool,
    /// Whether windows can be attached.
    pub allow_windows: bool,
    /// Whether to install the process's handler of SIGBUS.
    pub handle_bus_errors: bool,
    /// How much can be mapped.
    pub quotas: Quotas,
}

/// A mapping of a file that is checked and charged for, before the file is opened.
#[derive(Debug)]
pub struct FileRequest {
    opening: Opening,
    options: MapOptions,
    /// Where in the file the mapping ends at least, in bytes.
    end: u64,
    charges: Charges,
    descriptor: Option<Charge>,
}

impl FileRequest {
    /// What to open the file for.
    pub fn opening(&self) -> Opening {
        self.opening
    }
}

impl Policy {
    /// Maps anonymous memory.
    ///
    /// # Errors
    ///
    /// Those that `file-map` of the WIT documents.
    pub fn map_anonymous(&self, options: MapOptions) -> Result<Mapping, ErrorCode> {
        let length = options.anonymous_length().map_err(contradiction)?;
        let charges = self.charge(options, true, length)?;
        self.map_range(None, options, length, charges, None)
    }

    /// Checks and charges for the mapping of a file, as far as that can be done
    /// before the file is opened. Next, open the file as the request says, and give
    /// both to [`map`](Self::map).
    ///
    /// # Errors
    ///
    /// The errors of `file-map` that concern the options and the quotas.
    pub fn check(&self, options: MapOptions) -> Result<FileRequest, ErrorCode> {
        let end = options.end_in_file().map_err(contradiction)?;
        let create = options.flags.contains(MapFlags::CREATE);
        // Refuse all that can be refused before a file is made or made longer. A
        // file that stays as it is may be too short, and that error comes first.
        let at_first = options.length.filter(|_| create);
        let charges = self.charge(options, false, at_first.unwrap_or(0))?;
        // No file is that long (`off_t`).
        if create && i64::try_from(end).is_err() {
            return Err(system_error(io::ErrorKind::FileTooLarge));
        }
        Ok(FileRequest {
            opening: Opening {
                write: options.access == Access::ReadWrite,
                create,
            },
            options,
            end,
            charges,
            descriptor: self.charge_descriptor(options)?,
        })
    }

    /// Maps the file that `open` returns, for a guest of the store `by`: first
    /// [`check`](Self::check), at last [`map`](Self::map).
    ///
    /// # Errors
    ///
    /// The errors of `open`, and those that `file-map` of the WIT documents.
    pub fn map_file(
        &self,
        by: StoreId,
        options: MapOptions,
        open: impl FnOnce(Opening) -> Result<File, ErrorCode>,
    ) -> Result<Mapping, ErrorCode> {
        let request = self.check(options)?;
        let file = open(request.opening())?;
        self.map(by, request, file)
    }

    /// Maps the file that was opened for `request`, for a guest of the store `by`.
    ///
    /// # Errors
    ///
    /// The errors of `file-map` that concern the file.
    pub fn map(&self, by: StoreId, request: FileRequest, file: File) -> Result<Mapping, ErrorCode> {
        let FileRequest {
            opening,
            options,
            end,
            mut charges,
            descriptor,
        } = request;
        let metadata = file.metadata().map_err(system_error)?;
        // Something else may have been there before the file was opened.
        if !metadata.is_file() {
            return Err(ErrorCode::NotAFile);
        }
        if !os::has_pages_of_the_system(&file).map_err(system_error)? {
            let why = "the pages of this file system (hugetlbfs) are not the system's; copy the \
                       file to another";
            return Err(ErrorCode::Unsupported.because(why));
        }
        let length_now = metadata.len();
        let is_short = opening.create && length_now < end;
        let file_length = if is_short { end } else { length_now };
        if end > file_length {
            let why = format!(
                "the file is {file_length} bytes long, and the mapping would end at {end}; map \
                 less, or have the file made longer by `create`"
            );
            return Err(ErrorCode::OutOfBounds.because(why));
        }
        let length = options.length.unwrap_or(file_length - options.offset);
        charges.resize(length)?;
        if is_short {
            lengthen(&file, by, end)?;
        }
        self.map_range(Some(file), options, length, charges, descriptor)
    }

    fn map_range(
        &self,
        file: Option<File>,
        options: MapOptions,
        length: u64,
        charges: Charges,
        descriptor: Option<Charge>,
    ) -> Result<Mapping, ErrorCode> {
        Mapping::new(Request {
            file,
            access: options.access,
            offset: options.offset,
            // No address space has room for more than `isize::MAX` bytes.
            length: isize::try_from(length).map_err(|_| too_long(length))? as usize,
            execute: options.flags.contains(MapFlags::EXEC),
            populate: options.flags.contains(MapFlags::POPULATE),
            may_execute: self.allow_exec,
            may_attach: self.allow_windows,
            handle_bus_errors: self.handle_bus_errors,
            charges,
            descriptor,
        })
    }

    /// Checks the grant of execution, and charges for `length` bytes of a file
    /// or of `anonymous` memory.
    fn charge(
        &self,
        options: MapOptions,
        anonymous: bool,
        length: u64,
    ) -> Result<Charges, ErrorCode> {
        if options.flags.contains(MapFlags::EXEC) && !self.allow_exec {
            return Err(exec_not_granted());
        }
        let private = anonymous || options.access == Access::CopyOnWrite;
        self.quotas.charge(length, anonymous, private)
    }

    /// Charges for the descriptor, if the [`Mapping`] keeps its file open.
    fn charge_descriptor(&self, options: MapOptions) -> Result<Option<Charge>, ErrorCode> {
        if options.access != Access::ReadWrite && !self.allow_windows {
            return Ok(None);
        }
        process::descriptors().charge(1).map(Some)
    }
}

fn contradiction(why: &'static str) -> ErrorCode {
    ErrorCode::InvalidArgument.because(why)
}

fn too_long(length: u64) -> ErrorCode {
    ErrorCode::QuotaExceeded.because(format!(
        "no address space has room for {length} bytes; map less"
    ))
}

/// Makes `file` `end` bytes long for a guest of the store `by`, unless somebody
/// has made it longer already.
///
/// # Errors
///
/// `Busy` if there are windows on the file that could show the change, or of
/// another store, or if another process has the file locked; those of
/// `fallocate(2)`.
fn lengthen(file: &File, by: StoreId, end: u64) -> Result<(), ErrorCode> {
    // The bytes behind the end of the file, in its last page, become zeros.
    let shows = || {
        let length = file.metadata().map_err(system_error)?.len();
        Ok(!length.is_multiple_of(os::page_size() as u64))
    };
    let sharing = Sharing::of(os::file_id(file).map_err(system_error)?);
    let _growing = sharing.growing(by, shows)?;
    os::lengthen(file, end).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            ErrorCode::Busy.because("another process has locked the file; try again later")
        }
        _ => system_error(error),
    })
}
