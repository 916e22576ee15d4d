//! Mapping by descriptors of wasi:filesystem.

use std::path::Path;

use wasip2::filesystem::types::Descriptor;

use crate::sys::Handle;
use crate::{Error, Mapping, Options};

impl Options {
    /// Maps the file at `path` in the directory `dir`, a descriptor that the guest
    /// holds. Otherwise it does what [`open`](Options::open) does. The host need
    /// not grant a directory to mem: the guest can map what it could open by
    /// [`Descriptor::open_at`].
    ///
    /// ```no_run
    /// use wasip2::filesystem::preopens;
    ///
    /// for (dir, name) in preopens::get_directories() {
    ///     let mapping = mem::Options::new().open_at(&dir, "notes.txt")?;
    ///     println!("{name}: {} bytes", mapping.len());
    /// }
    /// # Ok::<(), mem::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Options::open), and:
    ///
    /// - [`ErrorCode::AccessDenied`](crate::ErrorCode::AccessDenied): the path
    ///   leads out of the directory; or the descriptor does not let the guest
    ///   write in it and [`Access::ReadWrite`](crate::Access::ReadWrite) is
    ///   asked for; or the host does not let guests map by descriptors
    /// - [`ErrorCode::NotFound`](crate::ErrorCode::NotFound): `dir` is the
    ///   descriptor of a file
    pub fn open_at(&self, dir: &Descriptor, path: impl AsRef<Path>) -> Result<Mapping, Error> {
        self.open_by(path.as_ref(), |path| {
            Handle::map_at(dir, path, self.options)
        })
    }

    /// Maps the open file `file`. Errors call it `name`. You can drop the
    /// descriptor afterwards.
    ///
    /// ```no_run
    /// use wasip2::filesystem::types::Descriptor;
    ///
    /// fn size(file: &Descriptor) -> Result<u64, mem::Error> {
    ///     Ok(mem::Options::new().open_descriptor(file, "the input")?.len())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Options::open) that concern no path, and:
    ///
    /// - [`ErrorCode::AccessDenied`](crate::ErrorCode::AccessDenied): the
    ///   descriptor was not opened for reading, or not for writing and
    ///   [`Access::ReadWrite`](crate::Access::ReadWrite) is asked for; or the
    ///   host does not let guests map by descriptors
    /// - [`ErrorCode::NotAFile`](crate::ErrorCode::NotAFile): it is the
    ///   descriptor of a directory
    pub fn open_descriptor(&self, file: &Descriptor, name: &str) -> Result<Mapping, Error> {
        self.open_by(name.as_ref(), |_| Handle::map_of(file, self.options))
    }
}
