//! Mapping by descriptors of wasi:filesystem: the interface `directory`; and
//! [`finish_writes`], for guests that have windows on files which they can write
//! by WASI too.
//!
//! A guest that holds a [`Descriptor`] maps what it could open by it, whatever
//! directories are granted to mem. That takes the grant
//! [`MemCtxBuilder::allow_descriptors`], and the linker needs both WASI and
//! mem:
//!
//! ```
//! use mem_host::{Access, MemCtx, MemCtxView, MemView};
//! use wasmtime::Engine;
//! use wasmtime::component::{Linker, ResourceTable};
//! use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
//!
//! struct State {
//!     mem: MemCtx,
//!     wasi: WasiCtx,
//!     table: ResourceTable,
//! }
//!
//! impl MemView for State {
//!     fn mem(&mut self) -> MemCtxView<'_> {
//!         MemCtxView { ctx: &self.mem, table: &mut self.table }
//!     }
//! }
//!
//! impl WasiView for State {
//!     fn ctx(&mut self) -> WasiCtxView<'_> {
//!         WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
//!     }
//! }
//!
//! let mut linker = Linker::<State>::new(&Engine::default());
//! wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
//! mem_host::add_to_linker(&mut linker)?;
//! mem_host::wasi::add_to_linker(&mut linker)?;
//!
//! let mem = MemCtx::builder().allow_descriptors(Access::ReadWrite).build();
//! # wasmtime::Result::<()>::Ok(())
//! ```
//!
//! Quotas, windows, locks and execution are those of the [`MemCtx`], as for
//! every mapping.
//!
//! [`MemCtx`]: crate::MemCtx
//! [`MemCtxBuilder::allow_descriptors`]: crate::MemCtxBuilder::allow_descriptors

mod writes;

pub use self::writes::finish_writes;

use crate::bindings::wit;
use crate::ctx::CtxInner;
use crate::grant::{self, Access, Directory};
use crate::lift::Text;
use crate::linker::{Blocking, Handle, Interface, View, hand_over};
use crate::{Error, MemCtxView, MemView};
use cap_std::fs::Dir;
use mem_mapping::{Explain, MapFlags, MapOptions, StoreId, system_error};
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, OpenMode};
use wasmtime_wasi::{FsPerms, WasiView};

/// Adds the interface `directory` of `mem:mmap` to the linker, which has the
/// others by [`crate::add_to_linker`] and those of WASI.
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker<T: MemView + WasiView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add(linker, T::mem, Blocking::InPlace)
}

/// Like [`add_to_linker`], for store data that cannot implement [`MemView`].
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker_with<T: WasiView + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add(linker, view, Blocking::InPlace)
}

/// Like [`add_to_linker`], for the linker of an asynchronous embedder, as
/// [`crate::add_to_linker_async`].
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker_async<T: MemView + WasiView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add(linker, T::mem, Blocking::OnItsOwnThread)
}

/// Like [`add_to_linker_async`], for store data that cannot implement
/// [`MemView`].
///
/// # Errors
///
/// If the linker has the interface already.
pub fn add_to_linker_async_with<T: WasiView + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add(linker, view, Blocking::OnItsOwnThread)
}

fn add<T: WasiView + 'static>(
    linker: &mut Linker<T>,
    view: impl View<T>,
    blocking: Blocking,
) -> Result<()> {
    let mut interface = Interface {
        instance: linker.instance("mem:mmap/directory@0.1.0")?,
        view,
        blocking,
    };
    interface.may_block_with(
        "file-map-at",
        move |by,
              data: &mut T,
              (dir, path, options): (Resource<Descriptor>, Text, wit::MapOptions)| {
            // WASI's table need not be the one of the mappings.
            let dir = data.ctx().table.get(&dir)?.clone();
            let ctx = view(data).ctx.inner.clone();
            Ok(move || ctx.map_at(by, &dir, &path.0, options.into()))
        },
        hand_over,
    )?;
    interface.may_block_with(
        "file-map-of",
        move |by, data: &mut T, (file, options): (Resource<Descriptor>, wit::MapOptions)| {
            let file = data.ctx().table.get(&file)?.clone();
            let ctx = view(data).ctx.inner.clone();
            Ok(move || ctx.map_of(by, &file, options.into()))
        },
        hand_over,
    )
}

impl CtxInner {
    /// Maps the file at `path` in the directory `dir`.
    ///
    /// # Errors
    ///
    /// Those that `file-map-at` documents.
    fn map_at(
        &self,
        by: StoreId,
        dir: &Descriptor,
        path: &str,
        options: MapOptions,
    ) -> std::result::Result<Handle, Error> {
        self.enter(by, path, options, || {
            let granted = self.check_descriptors(options)?;
            grant::check_path(path)?;
            let Descriptor::Dir(dir) = dir else {
                return Err(Error::NotFound);
            };
            // As `open-at`, which does not look at the mode that the directory
            // was opened with.
            let access = access_of(granted, dir.perms);
            let dir = Dir::from_std_file(dir.dir.try_clone().map_err(system_error)?);
            let directory = Directory::new(dir, access);
            let open = |opening| directory.open(path, opening);
            self.policy.map_file(by, options, open)
        })
    }

    /// Maps the open file `file`.
    ///
    /// # Errors
    ///
    /// Those that `file-map-of` documents.
    fn map_of(
        &self,
        by: StoreId,
        file: &Descriptor,
        options: MapOptions,
    ) -> std::result::Result<Handle, Error> {
        self.enter(by, "", options, || {
            let granted = self.check_descriptors(options)?;
            let Descriptor::File(file) = file else {
                return Err(Error::NotAFile);
            };
            let access = access_of(granted, file.perms);
            self.policy.map_file(by, options, |opening| {
                let may_write =
                    access == Access::ReadWrite && file.open_mode.contains(OpenMode::WRITE);
                if !file.open_mode.contains(OpenMode::READ) || (opening.write && !may_write) {
                    return Err(Error::AccessDenied.because(
                        "the descriptor was not opened for this, or the file is granted for \
                         reading only; map it read-only, or open it anew",
                    ));
                }
                let file = file.file.try_clone().map_err(system_error)?;
                if !file.metadata().map_err(system_error)?.is_file() {
                    return Err(Error::NotAFile);
                }
                Ok(file)
            })
        })
    }

    /// How far descriptors are granted.
    ///
    /// # Errors
    ///
    /// `AccessDenied`; `InvalidArgument` for anonymous memory.
    fn check_descriptors(&self, options: MapOptions) -> std::result::Result<Access, Error> {
        let granted = self.descriptors.ok_or_else(|| {
            Error::AccessDenied.because(
                "mapping by descriptors is not granted; use a path, or have the embedder grant it \
                 by `MemCtxBuilder::allow_descriptors`",
            )
        })?;
        if options.flags.contains(MapFlags::ANONYMOUS) {
            let why = "a descriptor is of a file; map anonymous memory by `file-map`";
            return Err(Error::InvalidArgument.because(why));
        }
        Ok(granted)
    }
}

/// What both the embedder's grant and the descriptor allow.
fn access_of(granted: Access, perms: FsPerms) -> Access {
    match perms {
        FsPerms::ReadOnly => Access::ReadOnly,
        FsPerms::ReadWrite => granted,
    }
}
