//! The functions of the interface `window`.

use super::abi;
use super::exports::Find;
use super::handle::{Entry, Handles, Reach};
use super::interface::{Interface, done};
use crate::linker::View;
use crate::window::{Window, store_id};
use wasmtime::{Caller, Result};

impl<T: Send + 'static, V: View<T>, F: Find> Interface<'_, T, V, F> {
    pub(super) fn add_windows(&mut self) -> Result<()> {
        let (view, find) = (self.view, self.find.clone());
        let page_size = || -> Result<u32> { Ok(u32::try_from(mem_mapping::page_size())?) };
        self.linker.func_wrap(self.module, "page-size", page_size)?;
        let drop_handle = move |mut caller: Caller<'_, T>, this: u32| {
            let by = store_id(&caller);
            let Reach { handles, .. } = find.reach(view, caller.data_mut())?;
            let window = handles.delete_window(this)?;
            window.drop_handle(by);
            Ok(())
        };
        self.linker
            .func_wrap(self.module, "[resource-drop]window", drop_handle)?;
        self.in_place("attach", |call, Reach { ctx, handles }, params| {
            let (mapping, offset, list, length): (u32, u64, u32, u32) = params;
            let buffer = abi::list(call.memory, (list, length), 1)?.as_ptr_range();
            let buffer = buffer.start.addr()..buffer.end.addr();
            let mapping = handles.mapping(mapping)?;
            match Window::attach(ctx, call.store, mapping, offset, buffer) {
                Ok(window) => Ok(Ok(handles.push(Entry::Window(window))?.to_le_bytes())),
                Err(error) => Ok(Err(error)),
            }
        })?;
        self.in_place("[method]window.check", |_, reach, (this,): (u32,)| {
            Ok(done(reach.handles.window(this)?.check()))
        })?;
        self.in_place("[static]window.detach", |call, reach, (this,): (u32,)| {
            let window = reach.handles.delete_window(this)?;
            Ok(done(window.detach(call.store)))
        })
    }
}
