//! The functions of the WIT for guests that are core modules.
//!
//! A core module imports them by the names that the component model's
//! [canonical ABI] gives them, as bindings generators emit them: from the
//! modules `mem:mmap/mapping@0.1.0` and `mem:mmap/window@0.1.0` functions such
//! as `file-map` and `[method]mapping.read`. A module that was built to be
//! wrapped into a component runs as it is, and its calls cost a fraction of a
//! component's.
//!
//! ```
//! use mem_host::{Access, MemCtx, MemCtxView, MemView};
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
//!     mem_host::core::add_to_linker::<State>(&mut linker)?;
//!
//!     let mem = MemCtx::builder().preopened_dir("./data", "/data", Access::ReadOnly)?.build();
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
//! `memory`, the 32-bit memory that is not shared in which its pointers lie,
//! and `cabi_import_realloc` or `cabi_realloc`, which hands out the room for
//! the lists that reads return and the text of `explain`. The former is taken if there are both. A guest
//! that calls what needs one of them and does not have it traps.
//!
//! # Handles
//!
//! The handles of a guest are numbers from 1 on. An instance that [`instantiate`]
//! makes has its own. All that use the functions of [`add_to_linker`] in a store
//! share theirs: one module can use, and guess, another's. Those of components
//! are apart.
//!
//! What an instance has mapped is unmapped when its store is dropped. For those
//! of [`instantiate`] that includes [`Store::into_data`](wasmtime::Store::into_data).
//!
//! # Traps
//!
//! What breaks the canonical ABI traps and says why: a handle that is not
//! known or of another type, a pointer outside of the memory or not aligned, a
//! number that is no case of its enum, a string that is not UTF-8. While the
//! guest's realloc runs for a read it must not use the same mapping.
//!
//! [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md

mod abi;
mod explain;
mod exports;
mod handle;
mod interface;
mod mapping;
mod own;
mod params;
mod read;
mod window;

use self::exports::{ByName, Find, OfInstance};
use self::interface::Interface;
use crate::linker::{Blocking, View};
use crate::{MemCtxView, MemView};
use wasmtime::{AsContext, AsContextMut, Instance, Linker, Module, Result};

/// Adds the interfaces of `mem:mmap` to the linker.
///
/// A call that has to wait for the disk blocks the thread. Guests are called
/// through the functions of wasmtime that are not `_async`: otherwise their
/// reads of lists trap.
///
/// # Errors
///
/// If the linker has a function of the interfaces already, unless it allows
/// shadowing.
pub fn add_to_linker<T: MemView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add_functions(linker, T::mem, ByName, Blocking::InPlace)
}

/// Like [`add_to_linker`], for store data that cannot implement [`MemView`].
///
/// # Errors
///
/// As for [`add_to_linker`].
pub fn add_to_linker_with<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add_functions(linker, view, ByName, Blocking::InPlace)
}

/// Adds the interfaces of `mem:mmap` to the linker of an asynchronous embedder.
///
/// What runs where is as for [`add_to_linker_async`](crate::add_to_linker_async),
/// and guests are called in the same way. A read of a list runs the guest's
/// realloc on a stack of its own, which makes short reads slower than
/// [`add_to_linker`] does.
///
/// # Errors
///
/// As for [`add_to_linker`].
pub fn add_to_linker_async<T: MemView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add_functions(linker, T::mem, ByName, Blocking::OnItsOwnThread)
}

/// Like [`add_to_linker_async`], for store data that cannot implement
/// [`MemView`].
///
/// # Errors
///
/// As for [`add_to_linker`].
pub fn add_to_linker_async_with<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add_functions(linker, view, ByName, Blocking::OnItsOwnThread)
}

/// Instantiates `module`, with functions of `mem:mmap` that are made for this
/// instance: they know its memory and have its handles, where those of
/// [`add_to_linker`] look both up at each call, which takes longer than most of
/// them do otherwise.
///
/// Everything else that the module imports is taken from `linker`. It need not
/// have functions of `mem:mmap`; if it has, they are not used. As with
/// [`add_to_linker`], the instance is called through the functions of wasmtime
/// that are not `_async`.
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
///     let guest = mem_host::core::instantiate(&mut *store, linker, guest)?;
///     guest.get_typed_func::<(), ()>(&mut *store, "run")?.call(store, ())?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Those of [`Linker::instantiate`].
pub fn instantiate<T: MemView + 'static>(
    store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    module: &Module,
) -> Result<Instance> {
    instantiate_in(store, linker, T::mem, module)
}

/// Like [`instantiate`], for store data that cannot implement [`MemView`].
///
/// # Errors
///
/// As for [`instantiate`].
pub fn instantiate_with<T: Send + 'static>(
    store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
    module: &Module,
) -> Result<Instance> {
    instantiate_in(store, linker, view, module)
}

fn instantiate_in<T: Send + 'static>(
    mut store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    view: impl View<T>,
    module: &Module,
) -> Result<Instance> {
    let (linker, exports) = with_own_functions(&store, linker, view, Blocking::InPlace)?;
    let instance = linker.instantiate(&mut store, module)?;
    exports.know(store, instance);
    Ok(instance)
}

/// Like [`instantiate`] on an asynchronous embedder; see
/// [`add_to_linker_async`].
///
/// # Errors
///
/// As for [`instantiate`].
pub async fn instantiate_async<T: MemView + 'static>(
    store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    module: &Module,
) -> Result<Instance> {
    instantiate_async_with(store, linker, T::mem, module).await
}

/// Like [`instantiate_async`], for store data that cannot implement
/// [`MemView`].
///
/// # Errors
///
/// As for [`instantiate`].
pub async fn instantiate_async_with<T: Send + 'static>(
    mut store: impl AsContextMut<Data = T>,
    linker: &Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
    module: &Module,
) -> Result<Instance> {
    let (linker, exports) = with_own_functions(&store, linker, view, Blocking::OnItsOwnThread)?;
    let instance = linker.instantiate_async(&mut store, module).await?;
    exports.know(store, instance);
    Ok(instance)
}

/// A linker for one instance, whose exports are to be made known.
fn with_own_functions<T: Send + 'static>(
    store: impl AsContext,
    linker: &Linker<T>,
    view: impl View<T>,
    blocking: Blocking,
) -> Result<(Linker<T>, OfInstance)> {
    let mut linker = linker.clone();
    linker.allow_shadowing(true);
    let exports = OfInstance::new(store);
    add_functions(&mut linker, view, exports.clone(), blocking)?;
    Ok((linker, exports))
}

fn add_functions<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl View<T>,
    find: impl Find,
    blocking: Blocking,
) -> Result<()> {
    let mut interface = Interface {
        linker,
        module: "mem:mmap/mapping@0.1.0",
        view,
        find,
        blocking,
    };
    interface.add_mappings()?;
    interface.add_reads()?;
    interface.add_explain()?;
    interface.module = "mem:mmap/window@0.1.0";
    interface.add_windows()
}
