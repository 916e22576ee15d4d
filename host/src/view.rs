//! How the functions of this crate find a store's context.

use crate::ctx::MemCtx;
use wasmtime::component::ResourceTable;

/// Access to a [`MemCtx`] and the store's resource table, which the functions
/// of this crate ask for at each call.
#[derive(Debug)]
pub struct MemCtxView<'a> {
    /// What may be mapped.
    pub ctx: &'a MemCtx,
    /// Where the guests' mappings live.
    pub table: &'a mut ResourceTable,
}

/// The data of a store whose guests can map files.
///
/// ```
/// use mem_host::{MemCtx, MemCtxView, MemView};
/// use wasmtime::component::ResourceTable;
///
/// struct State {
///     mem: MemCtx,
///     table: ResourceTable,
/// }
///
/// impl MemView for State {
///     fn mem(&mut self) -> MemCtxView<'_> {
///         MemCtxView { ctx: &self.mem, table: &mut self.table }
///     }
/// }
/// ```
pub trait MemView: Send {
    /// The context and the table of this store.
    fn mem(&mut self) -> MemCtxView<'_>;
}

/// How to get at the context. It is generic, and not a pointer to a function,
/// so that the compiler can inline it into each call.
pub(crate) trait View<T>:
    Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static
{
}

impl<T, V> View<T> for V where V: Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static {}
