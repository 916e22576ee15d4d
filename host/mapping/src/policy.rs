use crate::mapping::{Access, Mapping, Request};
use crate::quota::{Charge, Charges, Quotas};
use crate::sharing::{Sharing, StoreId};
use crate::{Error, Opening, os, process};
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

/// How a guest wants a file, or anonymous memory, mapped.
#[derive(Clone, Copy, Debug)]
pub struct MapOptions {
    /// What it may do with the bytes.
    pub access: Access,
    /// Whether to map memory instead of a file.
    pub anonymous: bool,
    /// Whether to make the pages executable.
    pub execute: bool,
    /// Whether to make the file, and make it longer if it is shorter.
    pub create: bool,
    /// Whether to read the bytes from the disk at once.
    pub populate: bool,
    /// Where in the file the mapping starts, in bytes.
    pub offset: u64,
    /// How many bytes it has; none for all to the end of the file.
    pub length: Option<u64>,
}

impl Policy {
    /// Maps anonymous memory.
    ///
    /// # Errors
    ///
    /// Those that `file-map` of the WIT documents.
    pub fn map_anonymous(&self, options: MapOptions) -> Result<Mapping, Error> {
        let length = options.length.ok_or(Error::InvalidArgument)?;
        if length == 0 || options.offset != 0 || options.create {
            let why = "anonymous memory has a length, no offset, and is not created";
            return Err(Error::InvalidArgument.because(why));
        }
        let charges = self.charge(options, length)?;
        self.map_range(None, options, length, charges, None)
    }

    /// Maps the file that `open` returns, for a guest of the store `by`.
    ///
    /// # Errors
    ///
    /// Those of `open`, and those that `file-map` of the WIT documents.
    pub fn map_file(
        &self,
        by: StoreId,
        options: MapOptions,
        open: impl FnOnce(Opening) -> Result<File, Error>,
    ) -> Result<Mapping, Error> {
        let opening = Opening {
            write: options.access == Access::ReadWrite,
            create: options.create,
        };
        if opening.create && !opening.write {
            let why = "a file that may be created is mapped with read-write access";
            return Err(Error::InvalidArgument.because(why));
        }
        let end = options.offset.checked_add(options.length.unwrap_or(0));
        let end = end.ok_or(Error::InvalidArgument)?;
        // Whatever can be refused is, before a file is made or made longer. A
        // file that stays as it is may be too short, which counts first.
        let at_first = options.length.filter(|_| options.create);
        let mut charges = self.charge(options, at_first.unwrap_or(0))?;
        // No file is that long (`off_t`).
        if options.create && i64::try_from(end).is_err() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
        let descriptor = self.charge_descriptor(options)?;

        let file = open(opening)?;
        let metadata = file.metadata()?;
        // Whatever was there before it was opened.
        if !metadata.is_file() {
            return Err(Error::NotAFile);
        }
        if !os::has_pages_of_the_system(&file)? {
            let why = "the pages of this file system (hugetlbfs) are not the system's; copy the \
                       file to another";
            return Err(Error::Unsupported.because(why));
        }
        let length_now = metadata.len();
        let is_short = options.create && length_now < end;
        let file_length = if is_short { end } else { length_now };
        if end > file_length {
            let why = format!(
                "the file is {file_length} bytes long, and the mapping would end at {end}; map \
                 less, or have the file made longer by `create`"
            );
            return Err(Error::OutOfBounds.because(why));
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
    ) -> Result<Mapping, Error> {
        Mapping::new(Request {
            file,
            access: options.access,
            offset: options.offset,
            // No address space has room for more than `isize::MAX` bytes.
            length: isize::try_from(length).map_err(|_| too_long(length))? as usize,
            execute: options.execute,
            populate: options.populate,
            may_execute: self.allow_exec,
            may_attach: self.allow_windows,
            handle_bus_errors: self.handle_bus_errors,
            charges,
            descriptor,
        })
    }

    /// Checks the grant of execution, and charges for `length` bytes.
    fn charge(&self, options: MapOptions, length: u64) -> Result<Charges, Error> {
        if options.execute && !self.allow_exec {
            return Err(exec_not_granted());
        }
        let private = options.anonymous || options.access == Access::CopyOnWrite;
        self.quotas.charge(length, options.anonymous, private)
    }

    /// Charges for the descriptor of a file that [`Mapping`] keeps open.
    fn charge_descriptor(&self, options: MapOptions) -> Result<Option<Charge>, Error> {
        if options.access != Access::ReadWrite && !self.allow_windows {
            return Ok(None);
        }
        process::descriptors().charge(1).map(Some)
    }
}

/// Only an embedder does not grant it.
pub(crate) fn exec_not_granted() -> Error {
    Error::AccessDenied.because(
        "execution is not granted; ask for less, or have the embedder grant it by \
         `MemCtxBuilder::allow_exec` (`--mem-exec`)",
    )
}

fn too_long(length: u64) -> Error {
    Error::QuotaExceeded.because(format!(
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
fn lengthen(file: &File, by: StoreId, end: u64) -> Result<(), Error> {
    // What follows the end of the file in its last page becomes zeros.
    let shows = || {
        let length = file.metadata()?.len();
        Ok(!length.is_multiple_of(os::page_size() as u64))
    };
    let sharing = Sharing::of(os::file_id(file)?);
    let _growing = sharing.growing(by, shows)?;
    os::lengthen(file, end).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            Error::Busy.because("another process has locked the file; try again later")
        }
        _ => error.into(),
    })
}
