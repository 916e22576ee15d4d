//! The functions of the WIT for guests that are core modules.
//!
//! A core module imports them by the names that the component model's
//! [canonical ABI] gives them, as generators of bindings emit them. The modules
//! are `mem:mmap/mapping@0.1.0` and `mem:mmap/window@0.1.0`, the functions
//! `file-map`, `[method]mapping.read` and so on. A module that was built to be
//! wrapped into a component runs as it is. Its calls take a fraction of the time
//! of a component's.
//!
//! ```
//! use mem_host::{FsPerms, MemCtx, MemCtxView, MemView};
//! use wasmtime::component::ResourceTable;
//! use wasmtime::{Engine, Linker, Module, Store};
//!
//! struct State {
//!     mem: MemCtx,
//!     table: ResourceTable,
//! }
//!
//! impl MemView for State {
//!     fn mem(&mut self) -> MemCtxView<'_> {
//!         MemCtxView { ctx: &self.mem, table: &mut self.table }
//!     }
//! }
//!
//! fn run(guest: &Module) -> anyhow::Result<()> {
//!     let mut linker = Linker::new(guest.engine());
//!     mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
//!
//!     let mem = MemCtx::builder().preopened_dir("./data", "/data", FsPerms::ReadOnly)?.build();
//!     let state = State { mem, table: ResourceTable::new() };
//!     let mut store = Store::new(guest.engine(), state);
//!     let guest = linker.instantiate(&mut store, guest)?;
//!     guest.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
//!     Ok(())
//! }
//! ```
//!
//! # What a module exports
//!
//! - `memory`, which its pointers point into: a 32-bit memory that is not shared.
//! - `cabi_import_realloc` or `cabi_realloc`, which hands out the room for the
//!   lists that reads return and for the text of `explain`. If a module has both,
//!   the first is used.
//!
//! A guest traps if it calls a function that needs one of these exports and the
//! module does not have it.
//!
//! # Handles
//!
//! The handles of a guest are numbers from 1 on. An instance that [`instantiate`]
//! makes has its own handles. All modules of a store that use the functions of
//! [`add_to_linker_sync`] share their handles: one module can use, and guess,
//! another's. The handles of components are apart.
//!
//! When its store is dropped, everything that an instance has mapped is unmapped.
//! For an instance of [`instantiate`] this includes
//! [`Store::into_data`](wasmtime::Store::into_data).
//!
//! # Traps
//!
//! A call that breaks the canonical ABI traps and says why: a handle that is not
//! known or of another type, a pointer outside of the memory or not aligned, a
//! number that is no case of its enum, a string that is not UTF-8. The guest's
//! realloc, while it runs for a read, must not use the mapping that is read.
//!
//! [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md

mod exports;
mod handles;
mod instance;
mod linker;
mod lists;
mod surface;

use self::exports::{ByName, FindExports};
use self::instance::OfInstance;
use self::linker::CoreModules;
use crate::rows;
use crate::surface::Waiting;
use crate::view::MemCtxView;
use crate::view::View;
use wasmtime::{AsContext, AsContextMut, Instance, Linker, Module, Result};

/// Adds the interfaces of `mem:mmap` to the linker. `view` gets at the context
/// and the resource table in a store's data.
///
/// A call that has to wait for the disk blocks the thread. Guests are called
/// through the functions of wasmtime that are not `_async`: otherwise their
/// reads of lists trap.
///
/// # Errors
///
/// If the linker has a function of the interfaces already, unless it allows
/// shadowing.
pub fn add_to_linker_sync<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<()> {
    add(linker, view, ByName, Waiting::InPlace)
}

/// Adds the interfaces of `mem:mmap` to the linker of an asynchronous embedder.
///
/// What runs where is as for [`add_to_linker_async`](crate::add_to_linker_async),
/// and guests are called in the same way. A read of a list runs the guest's
/// realloc on a stack of its own, which makes short reads slower than with
/// [`add_to_linker_sync`].
///
/// # Errors
///
/// As for [`add_to_linker_sync`].
pub fn add_to_linker_async<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<()> {
    add(linker, view, ByName, Waiting::OnItsOwnThread)
}

/// Instantiates `module` with functions of `mem:mmap` that are made for this
/// instance: they know its memory and have its handles. Those of
/// [`add_to_linker_sync`] look both up at each call, which takes longer than most
/// of them do otherwise.
///
/// Everything else that the module imports comes from `linker`. It need not
/// have functions of `mem:mmap`; if it has, they are not used. As with
/// [`add_to_linker_sync`], the instance is called through the functions of
/// wasmtime that are not `_async`.
///
/// ```
/// use mem_host::{MemCtx, MemCtxView, MemView};
/// # use wasmtime::component::ResourceTable;
/// use wasmtime::{Linker, Module, Store};
///
/// # struct State {
/// #     mem: MemCtx,
/// #     table: ResourceTable,
/// # }
/// # impl MemView for State {
/// #     fn mem(&mut self) -> MemCtxView<'_> {
/// #         MemCtxView { ctx: &self.mem, table: &mut self.table }
/// #     }
/// # }
/// fn run(store: &mut Store<State>, linker: &Linker<State>, guest: &Module) -> anyhow::Result<()> {
///     let guest = mem_host::core::instantiate(&mut *store, linker, guest, State::mem)?;
///     guest.get_typed_func::<(), ()>(&mut *store, "run")?.call(store, ())?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Those of [`Linker::instantiate`].
pub fn instantiate<T: Send + 'static>(
    mut store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    module: &Module,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<Instance> {
    let (linker, exports) = with_own_functions(&store, linker, view, Waiting::InPlace)?;
    let instance = linker.instantiate(&mut store, module)?;
    exports.cache(store, instance);
    Ok(instance)
}

/// Like [`instantiate`], for an asynchronous embedder; see
/// [`add_to_linker_async`].
///
/// # Errors
///
/// As for [`instantiate`].
pub async fn instantiate_async<T: Send + 'static>(
    mut store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    module: &Module,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<Instance> {
    let (linker, exports) = with_own_functions(&store, linker, view, Waiting::OnItsOwnThread)?;
    let instance = linker.instantiate_async(&mut store, module).await?;
    exports.cache(store, instance);
    Ok(instance)
}

/// A linker for one instance, whose exports are to be cached.
fn with_own_functions<T: Send + 'static>(
    store: impl AsContext,
    linker: &Linker<T>,
    view: impl View<T>,
    waiting: Waiting,
) -> Result<(Linker<T>, OfInstance)> {
    let mut linker = linker.clone();
    linker.allow_shadowing(true);
    let exports = OfInstance::new(store);
    add(&mut linker, view, exports.clone(), waiting)?;
    Ok((linker, exports))
}

fn add<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl View<T>,
    exports: impl FindExports,
    waiting: Waiting,
) -> Result<()> {
    let mut surface = CoreModules {
        linker,
        module: "mem:mmap/mapping@0.1.0",
        view,
        exports,
        waiting,
    };
    rows::add_mapping(&mut surface)?;
    surface.module = "mem:mmap/window@0.1.0";
    rows::add_window(&mut surface)
}
