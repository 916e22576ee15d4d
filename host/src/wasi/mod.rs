//! Mapping by descriptors of wasi:filesystem: the interface `directory`; and
//! [`finish_writes`], for guests that have windows on files which they can write
//! by WASI too.
//!
//! A guest that holds a [`Descriptor`] maps what it could open by it, whatever
//! directories are granted to mem. That takes the grant
//! [`MemCtxBuilder::allow_descriptors`]. The linker needs both WASI and mem, and
//! both keep their resources in the same table:
//!
//! ```
//! use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
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
//! mem_host::add_to_linker_sync(&mut linker, State::mem)?;
//!
//! let mem = MemCtx::builder().allow_descriptors(FsPerms::ReadWrite).build();
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

use crate::abi::lift::Text;
use crate::calls::{FileMapCall, Handle};
use crate::component::{ComponentHandles, Components};
use crate::ctx::CtxInner;
use crate::grant::{Directory, FsPerms, check_path};
use crate::handles::{Borrowed, Call, Outcome};
use crate::rows::hand_over;
use crate::view::View;
use cap_std::fs::Dir;
use mem_contract::{ErrorCode, MapFlags, MapOptions};
use mem_mapping::{Explain, Mapping, StoreId, system_error};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, OpenMode};

/// Adds the functions of the interface `directory`.
pub(crate) fn add_directory<T: Send + 'static>(
    surface: &mut Components<'_, T, impl View<T>>,
) -> Result<()> {
    surface.may_wait(
        "file-map-at",
        |call, (dir, path, options): (Borrowed<Descriptor>, Text, MapOptions)| {
            let dir = descriptor(&call, dir)?;
            let (ctx, store) = (call.ctx.inner.clone(), call.store);
            Ok(move || ctx.map_at(store, &dir, &path.0, options))
        },
        hand_over,
    )?;
    surface.may_wait(
        "file-map-of",
        |call, (file, options): (Borrowed<Descriptor>, MapOptions)| {
            let file = descriptor(&call, file)?;
            let (ctx, store) = (call.ctx.inner.clone(), call.store);
            Ok(move || ctx.map_of(store, &file, options))
        },
        hand_over,
    )
}

/// WASI's descriptor, which is in the same table as the mappings.
fn descriptor(
    call: &Call<'_, ComponentHandles>,
    handle: Borrowed<Descriptor>,
) -> Result<Descriptor> {
    let descriptor = call
        .table
        .get(&Resource::<Descriptor>::new_borrow(handle.number));
    Ok(descriptor?.clone())
}

impl CtxInner {
    /// Maps the file at `path` in the directory `dir`.
    ///
    /// # Errors
    ///
    /// Those that `file-map-at` documents.
    fn map_at(
        &self,
        store: StoreId,
        dir: &Descriptor,
        path: &str,
        options: MapOptions,
    ) -> Outcome<Handle> {
        let call = FileMapCall::start(path, options);
        let mapping = self.map_in(store, dir, path, options);
        self.end_file_map(store, call, mapping)
    }

    fn map_in(
        &self,
        store: StoreId,
        dir: &Descriptor,
        path: &str,
        options: MapOptions,
    ) -> Outcome<Mapping> {
        let granted = self.check_descriptors(options)?;
        check_path(path)?;
        let Descriptor::Dir(dir) = dir else {
            return Err(ErrorCode::NotFound);
        };
        let request = self.policy.check(options)?;
        // As `open-at`, which does not look at the mode that the directory was
        // opened with.
        let perms = perms_of(granted, dir.perms);
        let dir = Dir::from_std_file(dir.dir.try_clone().map_err(system_error)?);
        let file = Directory::new(dir, perms).open(path, request.opening())?;
        self.policy.map(store, request, file)
    }

    /// Maps the open file `file`.
    ///
    /// # Errors
    ///
    /// Those that `file-map-of` documents.
    fn map_of(&self, store: StoreId, file: &Descriptor, options: MapOptions) -> Outcome<Handle> {
        let call = FileMapCall::start("", options);
        let mapping = self.map_open(store, file, options);
        self.end_file_map(store, call, mapping)
    }

    fn map_open(&self, store: StoreId, file: &Descriptor, options: MapOptions) -> Outcome<Mapping> {
        let granted = self.check_descriptors(options)?;
        let Descriptor::File(file) = file else {
            return Err(ErrorCode::NotAFile);
        };
        let request = self.policy.check(options)?;
        let may_write = perms_of(granted, file.perms) == FsPerms::ReadWrite
            && file.open_mode.contains(OpenMode::WRITE);
        if !file.open_mode.contains(OpenMode::READ) || (request.opening().write && !may_write) {
            return Err(ErrorCode::AccessDenied.because(
                "the descriptor was not opened for this, or the file is granted for reading only; \
                 map it read-only, or open it anew",
            ));
        }
        let file = file.file.try_clone().map_err(system_error)?;
        if !file.metadata().map_err(system_error)?.is_file() {
            return Err(ErrorCode::NotAFile);
        }
        self.policy.map(store, request, file)
    }

    /// How far descriptors are granted.
    ///
    /// # Errors
    ///
    /// `AccessDenied`; `InvalidArgument` for anonymous memory.
    fn check_descriptors(&self, options: MapOptions) -> Outcome<FsPerms> {
        let granted = self.descriptors.ok_or_else(|| {
            ErrorCode::AccessDenied.because(
                "mapping by descriptors is not granted; use a path, or have the embedder grant it \
                 by `MemCtxBuilder::allow_descriptors`",
            )
        })?;
        if options.flags.contains(MapFlags::ANONYMOUS) {
            let why = "a descriptor is of a file; map anonymous memory by `file-map`";
            return Err(ErrorCode::InvalidArgument.because(why));
        }
        Ok(granted)
    }
}

/// What both the embedder's grant and the descriptor allow.
fn perms_of(granted: FsPerms, perms: wasmtime_wasi::FsPerms) -> FsPerms {
    match perms {
        wasmtime_wasi::FsPerms::ReadOnly => FsPerms::ReadOnly,
        wasmtime_wasi::FsPerms::ReadWrite => granted,
    }
}
