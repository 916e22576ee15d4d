//! How an embedder adds mem to the linker of its components.

use crate::component::Components;
use crate::rows;
use crate::surface::Waiting;
use crate::view::{MemCtxView, View};
use wasmtime::Result;
use wasmtime::component::Linker;

/// Adds the interfaces of `mem:mmap` to the linker. `view` gets at the context
/// and the resource table in a store's data: [`MemView::mem`](crate::MemView::mem),
/// or a closure.
///
/// A call that has to wait for the disk blocks the thread. Use
/// [`add_to_linker_async`] where that must not happen.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_sync<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<()> {
    add(linker, view, Waiting::InPlace)
}

/// Adds the interfaces of `mem:mmap` to the linker of an asynchronous embedder.
///
/// Functions that may have to wait for the disk, such as `file-map`, `flush`, `lock`,
/// `advise` and `unmap`, run on a thread where tokio allows blocking. So call guests
/// within a tokio runtime, and through the `_async` functions of wasmtime. Reads and writes run in place: they wait for
/// the disk only where a page is not in memory yet.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_async<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static,
) -> Result<()> {
    add(linker, view, Waiting::OnItsOwnThread)
}

fn add<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl View<T>,
    waiting: Waiting,
) -> Result<()> {
    let mut mapping = Components::interface(linker, "mem:mmap/mapping@0.1.0", view, waiting)?;
    rows::add_mapping(&mut mapping)?;
    let mut window = Components::interface(linker, "mem:mmap/window@0.1.0", view, waiting)?;
    rows::add_window(&mut window)?;
    #[cfg(feature = "wasi")]
    {
        let name = "mem:mmap/directory@0.1.0";
        let mut directory = Components::interface(linker, name, view, waiting)?;
        crate::wasi::add_directory(&mut directory)?;
    }
    Ok(())
}
