//! The interface `window`.

use super::{Interface, View, finish_one};
use crate::lift::This;
use crate::window::{Window, store_id};
use wasmtime::component::{Resource, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};

impl<T: Send + 'static, V: View<T>> Interface<'_, T, V> {
    /// Windows run in place: to attach or detach one is a system call that
    /// waits for nothing.
    pub(super) fn add_windows(&mut self) -> Result<()> {
        let view = self.view;
        self.instance
            .func_wrap("page-size", |_: StoreContextMut<'_, T>, (): ()| {
                Ok((u32::try_from(mem_mapping::page_size())?,))
            })?;
        self.instance.resource(
            "window",
            ResourceType::host::<Window>(),
            move |mut store, rep| {
                let by = store_id(&store);
                let this = Resource::<Window>::new_own(rep);
                view(store.data_mut()).table.delete(this)?.drop_handle(by);
                Ok(())
            },
        )?;
        self.instance.func_wrap(
            "attach",
            move |mut store: StoreContextMut<'_, T>,
                  (mapping, offset, buffer): (This, u64, WasmList<u8>)| {
                let this = store_id(&store);
                // wasmtime has checked that this lies in the guest's memory.
                let buffer = buffer.as_le_slice(&store).as_ptr_range();
                let buffer = buffer.start.addr()..buffer.end.addr();
                let view = view(store.data_mut());
                let mapping = view.table.get(&mapping.key())?;
                finish_one(
                    match Window::attach(view.ctx, this, mapping, offset, buffer) {
                        Ok(window) => Ok(view.table.push(window)?),
                        Err(error) => Err(error),
                    },
                )
            },
        )?;
        self.instance.func_wrap(
            "[method]window.check",
            move |mut store: StoreContextMut<'_, T>, (this,): (Resource<Window>,)| {
                finish_one(view(store.data_mut()).table.get(&this)?.check())
            },
        )?;
        self.instance.func_wrap(
            "[static]window.detach",
            move |mut store: StoreContextMut<'_, T>, (this,): (Resource<Window>,)| {
                let by = store_id(&store);
                finish_one(view(store.data_mut()).table.delete(this)?.detach(by))
            },
        )
    }
}
