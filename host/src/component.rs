//! The linker of components.
//!
//! Functions are registered one by one, and not through the trait that
//! `bindgen!` makes, because its lists are always copied through a `Vec`.

use crate::abi::lift::FromComponentList;
use crate::abi::lower::{ReadResult, ToComponent, Value};
use crate::abi::{Arguments, Returned};
use crate::calls::{Handle, Mapped};
use crate::handles::{Borrowed, Call, Handles, Held, Outcome, Owned};
use crate::operation::Operation;
use crate::reading::{Ranges, Reading};
use crate::surface::{Number, Surface, Waiting};
use crate::view::MemCtxView;
use crate::view::View;
use crate::window::store_id;
use mem_mapping::{Explanation, StoreId};
use std::borrow::Cow;
use wasmtime::component::{
    ComponentNamedList, Linker, LinkerInstance, Lower, Resource, ResourceTable, ResourceType,
    WasmList,
};
use wasmtime::{AsContext, Result, StoreContextMut};

/// An interface of the linker while functions are added to it.
pub(crate) struct Components<'a, T: 'static, V> {
    instance: LinkerInstance<'a, T>,
    view: V,
    waiting: Waiting,
}

impl<'a, T: 'static, V: View<T>> Components<'a, T, V> {
    /// The interface `name`, whose functions get at the context by `view`.
    ///
    /// # Errors
    ///
    /// If the linker has the interface already.
    pub(crate) fn interface(
        linker: &'a mut Linker<T>,
        name: &str,
        view: V,
        waiting: Waiting,
    ) -> Result<Self> {
        Ok(Self {
            instance: linker.instance(name)?,
            view,
            waiting,
        })
    }
}

/// The handles of components: wasmtime has looked them up in the guest's own
/// table, and numbers them as the store's resource table does.
pub(crate) struct ComponentHandles;

impl Handles for ComponentHandles {
    type Table = ResourceTable;

    #[inline]
    fn get<R: Held>(table: &ResourceTable, handle: Borrowed<R>) -> Result<&R> {
        Ok(table.get(&Resource::new_borrow(handle.number))?)
    }

    fn take<R: Held>(table: &mut ResourceTable, handle: Owned<R>) -> Result<R> {
        Ok(table.delete(Resource::new_own(handle.number))?)
    }

    fn push<R: Held>(table: &mut ResourceTable, held: R) -> Result<Owned<R>> {
        Ok(Owned::new(table.push(held)?.rep()))
    }
}

/// The call of the guest that has called a function of `store`.
#[inline]
fn call<'a, T: 'static>(
    store: &'a mut StoreContextMut<'_, T>,
    view: impl View<T>,
) -> Call<'a, ComponentHandles> {
    let id = store_id(&*store);
    let MemCtxView { ctx, table } = view(store.data_mut());
    Call {
        store: id,
        ctx,
        table,
    }
}

impl<T: Send + 'static, V: View<T>> Surface for Components<'_, T, V> {
    type Handles = ComponentHandles;

    fn resource<R: Held>(
        &mut self,
        name: &str,
        dropped: impl Fn(StoreId, R) + Send + Sync + 'static,
    ) -> Result<()> {
        let view = self.view;
        self.instance
            .resource(name, ResourceType::host::<R>(), move |mut store, number| {
                let mut call = call(&mut store, view);
                let held = call.take(Owned::new(number))?;
                dropped(call.store, held);
                Ok(())
            })
    }

    fn number<A: Arguments, N: Number>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, ComponentHandles>, A) -> Result<N> + Send + Sync + 'static,
    ) -> Result<()> {
        self.function(name, move |call, arguments| Ok((run(call, arguments)?,)))
    }

    fn in_place<A: Arguments, R: Returned>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, ComponentHandles>, A) -> Result<Outcome<R>> + Send + Sync + 'static,
    ) -> Result<()> {
        self.function(name, move |call, arguments| {
            Ok(R::to_component(run(call, arguments)?))
        })
    }

    fn may_wait<A: Arguments, J, O, R: Returned>(
        &mut self,
        name: &str,
        start: impl Fn(Call<'_, ComponentHandles>, A) -> Result<J> + Copy + Send + Sync + 'static,
        finish: fn(Call<'_, ComponentHandles>, O) -> Result<Outcome<R>>,
    ) -> Result<()>
    where
        J: FnOnce() -> O + Send + 'static,
        O: Send + 'static,
    {
        self.may_wait(name, start, finish)
    }

    fn write(
        &mut self,
        name: &str,
        run: impl Fn(&Mapped, StoreId, u64, &[u8]) -> Outcome<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let view = self.view;
        self.instance.func_wrap(
            name,
            move |mut store: StoreContextMut<'_, T>,
                  (mapping, offset, bytes): (Borrowed<Handle>, u64, WasmList<u8>)| {
                let call = call(&mut store, view);
                let (mapping, id) = (Handle::clone(call.get(mapping)?), call.store);
                let outcome = run(&mapping, id, offset, bytes.as_le_slice(&store));
                Ok(<()>::to_component(outcome))
            },
        )
    }

    fn read<E: Value<N> + 'static, A: Arguments, const N: usize>(
        &mut self,
        name: &str,
        operation: Operation,
        ranges: impl Fn(A) -> (Borrowed<Handle>, Ranges) + Copy + Send + Sync + 'static,
    ) -> Result<()> {
        self.function(name, move |call, arguments| {
            let (mapping, ranges) = ranges(arguments);
            let mapping = Handle::clone(call.get(mapping)?);
            let limit = call.ctx.inner.max_read_bytes;
            let reading = Reading::new(&mapping, operation, ranges, limit);
            Ok(ReadResult::<E, N>::new(
                reading.map(|reading| (mapping, reading)),
            ))
        })
    }

    fn text<A: Arguments>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, ComponentHandles>, A) -> Result<Option<Explanation>>
        + Copy
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        self.function(name, move |call, arguments| {
            Ok((run(call, arguments)?.map(Cow::into_owned),))
        })
    }
}

impl<T: Send + 'static, V: View<T>> Components<'_, T, V> {
    /// Adds a function that returns without waiting.
    fn function<A: FromComponentList, R: ComponentNamedList + Lower + 'static>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, ComponentHandles>, A) -> Result<R> + Send + Sync + 'static,
    ) -> Result<()> {
        let view = self.view;
        self.instance.func_wrap(
            name,
            move |mut store: StoreContextMut<'_, T>, arguments: A::Lifted| {
                let arguments = A::from_component(arguments, &store.as_context());
                run(call(&mut store, view), arguments)
            },
        )
    }

    /// [`Surface::may_wait`], also for arguments that only components can pass.
    pub(crate) fn may_wait<A: FromComponentList, J, O, R: ToComponent>(
        &mut self,
        name: &str,
        start: impl Fn(Call<'_, ComponentHandles>, A) -> Result<J> + Copy + Send + Sync + 'static,
        finish: fn(Call<'_, ComponentHandles>, O) -> Result<Outcome<R>>,
    ) -> Result<()>
    where
        J: FnOnce() -> O + Send + 'static,
        O: Send + 'static,
    {
        let view = self.view;
        let start = move |store: &mut StoreContextMut<'_, T>, arguments| {
            let arguments = A::from_component(arguments, &store.as_context());
            start(call(store, view), arguments)
        };
        let finish = move |store: &mut StoreContextMut<'_, T>, output| {
            let outcome = finish(call(store, view), output)?;
            Ok(R::to_component(outcome))
        };
        match self.waiting {
            Waiting::InPlace => self.instance.func_wrap(
                name,
                move |mut store: StoreContextMut<'_, T>, arguments: A::Lifted| {
                    let job = start(&mut store, arguments)?;
                    finish(&mut store, job())
                },
            ),
            Waiting::OnItsOwnThread => self.instance.func_wrap_async(
                name,
                move |mut store: StoreContextMut<'_, T>, arguments: A::Lifted| {
                    Box::new(async move {
                        let job = start(&mut store, arguments)?;
                        let output = tokio::task::spawn_blocking(job).await?;
                        finish(&mut store, output)
                    })
                },
            ),
        }
    }
}
