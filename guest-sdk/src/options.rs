//! How to map: the four usual ways, and a builder for the rest.

use std::path::Path;
use std::sync::Arc;

use mem_contract::{Access, ErrorCode, MapFlags, MapOptions};

use crate::cause::Cause;
use crate::error::{Error, On, Operation};
use crate::mapping::Mapping;
use crate::shared::Shared;
use crate::sys::{Handle, path_from_root};

/// Maps the whole file at `path` for reading.
///
/// The host grants directories under names of its choosing. `path` starts with
/// such a name, or is relative to the directory granted as `.`. If the guest has
/// set its current directory by [`std::env::set_current_dir`], a relative path
/// starts there, as it does with [`std::fs`]. An empty file gives a mapping of
/// length 0.
///
/// ```no_run
/// let mapping = mem::open("data.bin")?;
/// println!("{} bytes", mapping.len());
/// # Ok::<(), mem::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Options::open`].
pub fn open(path: impl AsRef<Path>) -> Result<Mapping, Error> {
    Options::new().open(path)
}

/// Maps the whole file at `path` for reading and writing. Writes reach the
/// file.
///
/// ```no_run
/// let mapping = mem::open_mut("data.bin")?;
/// mapping.write_all_at(0, b"MEM1")?;
/// mapping.flush()?;
/// # Ok::<(), mem::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Options::open`].
pub fn open_mut(path: impl AsRef<Path>) -> Result<Mapping, Error> {
    Options::new().access(Access::ReadWrite).open(path)
}

/// Maps the first `size` bytes of the file at `path` for reading and writing. It
/// first makes the file if it is missing, and extends it with zero bytes to `size`
/// bytes if it is shorter. It never cuts a longer file.
///
/// ```no_run
/// let table = mem::create("table.bin", 1 << 20)?;
/// assert_eq!(table.len(), 1 << 20);
/// # Ok::<(), mem::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Options::open`].
pub fn create(path: impl AsRef<Path>, size: u64) -> Result<Mapping, Error> {
    Options::new()
        .access(Access::ReadWrite)
        .create(true)
        .len(size)
        .open(path)
}

/// Maps `size` fresh zero bytes that belong to no file, for reading and
/// writing (`MAP_ANONYMOUS` of mmap(2)). They lie in the host's memory, not in
/// the guest's, and are gone when the mapping is.
///
/// ```no_run
/// let scratch = mem::anonymous(1 << 30)?;
/// scratch.set::<u64>(0, 42)?;
/// # Ok::<(), mem::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Options::anonymous`].
pub fn anonymous(size: u64) -> Result<Mapping, Error> {
    Options::new()
        .access(Access::ReadWrite)
        .len(size)
        .anonymous()
}

/// How to map, in the manner of [`std::fs::OpenOptions`].
///
/// ```no_run
/// // The second mebibyte of a file, for edits that the file never sees.
/// let mapping = mem::Options::new()
///     .access(mem::Access::CopyOnWrite)
///     .offset(1 << 20)
///     .len(1 << 20)
///     .open("data.bin")?;
/// # Ok::<(), mem::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) options: MapOptions,
}

impl Options {
    /// Read-only access to a whole file that exists.
    pub fn new() -> Self {
        Self::default()
    }

    /// What you may do with the bytes, and who sees what you write.
    /// [`Access::ReadOnly`] unless set.
    pub fn access(&mut self, access: Access) -> &mut Self {
        self.options.access = access;
        self
    }

    /// Where in the file the mapping starts, in bytes. Any offset is valid; it
    /// need not be a multiple of the page size. 0 unless set.
    pub fn offset(&mut self, offset: u64) -> &mut Self {
        self.options.offset = offset;
        self
    }

    /// How many bytes to map. 0 gives a mapping of length 0. Unless set, all
    /// bytes from the offset to the end of the file.
    pub fn len(&mut self, len: u64) -> &mut Self {
        self.options.length = Some(len);
        self
    }

    /// Whether to make the file if it is missing, and to extend it with zero
    /// bytes to offset plus length if it is shorter (ftruncate(2)). A longer
    /// file is never cut. Needs [`Access::ReadWrite`]. False unless set.
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.options.flags.set(MapFlags::CREATE, create);
        self
    }

    /// Whether the host's pages are executable (`PROT_EXEC` of mmap(2)). The
    /// embedder must have granted it. The guest cannot run them, but host functions
    /// can. False unless set.
    pub fn exec(&mut self, exec: bool) -> &mut Self {
        self.options.flags.set(MapFlags::EXEC, exec);
        self
    }

    /// Whether to read the whole range from the disk now instead of at first
    /// use (`MAP_POPULATE` of mmap(2)). False unless set.
    pub fn populate(&mut self, populate: bool) -> &mut Self {
        self.options.flags.set(MapFlags::POPULATE, populate);
        self
    }

    /// Maps the file at `path`, by mmap(2) on the host.
    ///
    /// The mapping keeps its length, even if the file grows or is renamed or
    /// removed meanwhile. If somebody makes the file shorter, bytes that are gone
    /// give [`ErrorCode::Truncated`].
    ///
    /// A relative path starts at the guest's current directory, as in [`open`].
    ///
    /// ```no_run
    /// let mapping = mem::Options::new().populate(true).open("index.bin")?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::AccessDenied`]: the path is outside what the host
    ///   granted, directly, through `..` or through a symbolic link; or
    ///   [`Access::ReadWrite`] is asked for where only reading is granted or
    ///   permitted; or execution is not granted
    /// - [`ErrorCode::NotFound`]: nothing is there, and `create` is not set
    /// - [`ErrorCode::NotAFile`]: it is a directory, a FIFO, a socket or a
    ///   device
    /// - [`ErrorCode::InvalidArgument`]: `create` without
    ///   [`Access::ReadWrite`], or a path that is empty, is not UTF-8 or holds
    ///   a NUL
    /// - [`ErrorCode::OutOfBounds`]: offset plus length is behind the end of
    ///   the file, and `create` is not set
    /// - [`ErrorCode::QuotaExceeded`]: the host allows no further mapping, or
    ///   none of this length
    /// - [`ErrorCode::NoSpace`]: the disk has no room for the new length
    /// - [`ErrorCode::Busy`]: somebody else holds the file in a way that
    ///   excludes this use
    /// - [`ErrorCode::Io`]: the operating system reported another failure
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Mapping, Error> {
        self.open_by(path.as_ref(), |path| {
            Handle::map(&path_from_root(path)?, self.options)
        })
    }

    /// Like [`open`](Options::open), except that in a guest a relative path starts
    /// where the host's grants do, whatever the current directory is.
    ///
    /// ```no_run
    /// std::env::set_current_dir("results").unwrap();
    /// let input = mem::Options::new().open_from_root("data.bin")?;
    /// let output = mem::create("data.bin", input.len())?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Options::open).
    pub fn open_from_root(&self, path: impl AsRef<Path>) -> Result<Mapping, Error> {
        self.open_by(path.as_ref(), |path| Handle::map(path, self.options))
    }

    /// Maps fresh zero bytes that belong to no file (`MAP_ANONYMOUS` of
    /// mmap(2)). The length must be set.
    ///
    /// ```no_run
    /// let scratch = mem::Options::new()
    ///     .access(mem::Access::ReadWrite)
    ///     .len(4096)
    ///     .anonymous()?;
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorCode::InvalidArgument`]: the length is not set or 0, or the
    ///   offset is not 0, or `create` is set
    /// - [`ErrorCode::AccessDenied`]: execution is not granted
    /// - [`ErrorCode::QuotaExceeded`]: the host allows no further mapping, or
    ///   none of this length
    /// - [`ErrorCode::Io`]: the operating system reported another failure
    pub fn anonymous(&self) -> Result<Mapping, Error> {
        let mut options = self.options;
        options.flags.insert(MapFlags::ANONYMOUS);
        match Handle::map("", options) {
            Ok(handle) => Ok(self.mapping(handle, None)),
            Err(code) => Err(self.error("open", None, code)),
        }
    }

    /// Maps the file that `map` finds at `path`.
    pub(crate) fn open_by(
        &self,
        path: &Path,
        map: impl FnOnce(&str) -> Result<Handle, Cause>,
    ) -> Result<Mapping, Error> {
        let verb = if self.options.flags.contains(MapFlags::CREATE) {
            "create"
        } else {
            "open"
        };
        let result = path
            .to_str()
            .ok_or(ErrorCode::InvalidArgument.into())
            .and_then(map);
        let path = path.to_string_lossy();
        match result {
            Ok(handle) => Ok(self.mapping(handle, Some(&path))),
            Err(code) => Err(self.error(verb, Some(&path), code)),
        }
    }

    fn mapping(&self, handle: Handle, path: Option<&str>) -> Mapping {
        Mapping {
            shared: Arc::new(Shared::new(handle, &self.options, path)),
        }
    }

    fn error(&self, verb: &'static str, path: Option<&str>, code: impl Into<Cause>) -> Error {
        let on = On::Opening(self.options.access);
        Error::new(Operation { verb, on }, path, code)
    }
}
