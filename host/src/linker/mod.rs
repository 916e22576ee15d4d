//! The functions of the WIT on a wasmtime linker.
//!
//! They are registered one by one, and not through the trait that `bindgen!`
//! makes, because its lists are always copied through a `Vec`.

mod window;

use crate::bindings::wit;
use crate::calls::Mapped;
use crate::lift::{Text, This};
use crate::lower::{LoadResult, ReadResult, Value};
use crate::reading::Reading;
use crate::window::store_id;
use crate::{Error, MemCtxView, MemView};
use mem_mapping::StoreId;
use std::borrow::Cow;
use std::sync::Arc;
use wasmtime::component::{
    ComponentNamedList, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType, WasmList,
};
use wasmtime::{Result, StoreContextMut};

/// Adds the interfaces of `mem:mmap` to the linker.
///
/// A call that has to wait for the disk blocks the thread. See
/// [`add_to_linker_async`] for embedders that must not be blocked.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker<T: MemView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add(linker, T::mem, Blocking::InPlace)
}

/// Like [`add_to_linker`], for store data that cannot implement [`MemView`].
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_with<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add(linker, view, Blocking::InPlace)
}

/// Adds the interfaces of `mem:mmap` to the linker of an asynchronous embedder.
///
/// `file-map`, `flush`, `lock`, `advise` and `unmap` run on a thread where
/// tokio allows blocking, so guests must be called within a tokio runtime, and
/// through the `_async` functions of wasmtime. Reads and writes run in place:
/// they wait for the disk only where a page is not in memory yet.
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_async<T: MemView + 'static>(linker: &mut Linker<T>) -> Result<()> {
    add(linker, T::mem, Blocking::OnItsOwnThread)
}

/// Like [`add_to_linker_async`], for store data that cannot implement
/// [`MemView`].
///
/// # Errors
///
/// If the linker has one of the interfaces already.
pub fn add_to_linker_async_with<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> MemCtxView<'_>,
) -> Result<()> {
    add(linker, view, Blocking::OnItsOwnThread)
}

/// What the resource table holds for each of the guest's handles.
pub(crate) type Handle = Arc<Mapped>;

/// Where functions run that may have to wait for the disk.
#[derive(Clone, Copy)]
pub(crate) enum Blocking {
    InPlace,
    OnItsOwnThread,
}

fn add<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: impl View<T>,
    blocking: Blocking,
) -> Result<()> {
    let mut interface = Interface {
        instance: linker.instance("mem:mmap/mapping@0.1.0")?,
        view,
        blocking,
    };
    interface.add_resource()?;
    interface.add_copies()?;
    interface.add_scalars()?;
    interface.add_page_functions()?;
    let mut interface = Interface {
        instance: linker.instance("mem:mmap/window@0.1.0")?,
        view,
        blocking,
    };
    interface.add_windows()
}

/// How to get at the context. Each function has its own copy, so that the
/// compiler sees through it.
pub(crate) trait View<T>:
    Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static
{
}

impl<T, V> View<T> for V where V: Fn(&mut T) -> MemCtxView<'_> + Copy + Send + Sync + 'static {}

/// The linker's instance while functions are added to it.
pub(crate) struct Interface<'a, T: 'static, V> {
    pub(crate) instance: LinkerInstance<'a, T>,
    pub(crate) view: V,
    pub(crate) blocking: Blocking,
}

impl<T: Send + 'static, V: View<T>> Interface<'_, T, V> {
    /// Handles: how they come and go, and what each can tell.
    fn add_resource(&mut self) -> Result<()> {
        let view = self.view;
        self.instance.resource(
            "mapping",
            ResourceType::host::<Handle>(),
            move |mut store, rep| {
                let this = Resource::<Handle>::new_own(rep);
                let mapping = view(store.data_mut()).table.delete(this)?;
                mapping.drop_handle();
                Ok(())
            },
        )?;
        self.may_block(
            "file-map",
            |by, view, (path, options): (Text, wit::MapOptions)| {
                let ctx = view.ctx.inner.clone();
                Ok(move || ctx.map(by, &path.0, options.into()))
            },
            hand_over,
        )?;
        self.may_block(
            "[static]mapping.unmap",
            |_, view, (this,): (Resource<Handle>,)| {
                let mapping = view.table.delete(this)?;
                Ok(move || mapping.unmap())
            },
            finish,
        )?;
        self.instance.func_wrap(
            "explain",
            move |mut store: StoreContextMut<'_, T>, (error,): (wit::ErrorCode,)| {
                let by = store_id(&store);
                let ctx = &view(store.data_mut()).ctx.inner;
                Ok((ctx.explain(by, error.into()).map(Cow::into_owned),))
            },
        )?;
        self.instance.func_wrap(
            "[method]mapping.size",
            move |mut store: StoreContextMut<'_, T>, (this,): (This,)| {
                Ok((view(store.data_mut()).table.get(&this.key())?.size(),))
            },
        )
    }

    /// Lists of bytes, between the mapping and the guest's memory directly.
    fn add_copies(&mut self) -> Result<()> {
        self.read::<u8, _>("[method]mapping.read", Reading::new)?;
        self.read::<wit::U64x8, _>("[method]mapping.read-u64x8", Reading::words)?;
        let view = self.view;
        self.instance.func_wrap(
            "[method]mapping.read-many",
            move |mut store: StoreContextMut<'_, T>, (this, ranges): (This, Vec<wit::Range>)| {
                let view = view(store.data_mut());
                let mapping = view.table.get(&this.key())?.clone();
                let limit = view.ctx.inner.max_read_bytes;
                Ok(ReadResult::<u8, _>::new(mapping, |mapping| {
                    Reading::many(mapping, &ranges, limit)
                }))
            },
        )?;
        self.instance.func_wrap(
            "[method]mapping.write",
            move |mut store: StoreContextMut<'_, T>,
                  (this, offset, bytes): (This, u64, WasmList<u8>)| {
                let by = store_id(&store);
                let mapping = view(store.data_mut()).table.get(&this.key())?.clone();
                finish_one(mapping.write(by, offset, bytes.as_le_slice(&store)))
            },
        )
    }

    /// Adds a read of some elements from an offset on, of which `check` makes a
    /// reading, with the host's limit of bytes.
    fn read<S: Value<N> + 'static, const N: usize>(
        &mut self,
        name: &str,
        check: impl Fn(&Mapped, u64, u64, u64) -> std::result::Result<Reading, Error>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let view = self.view;
        self.instance.func_wrap(
            name,
            move |mut store: StoreContextMut<'_, T>, (this, offset, count): (This, u64, u64)| {
                let view = view(store.data_mut());
                let mapping = view.table.get(&this.key())?.clone();
                let limit = view.ctx.inner.max_read_bytes;
                Ok(ReadResult::<S, N>::new(mapping, |mapping| {
                    check(mapping, offset, count, limit)
                }))
            },
        )
    }

    fn add_scalars(&mut self) -> Result<()> {
        self.load::<u8, _>("[method]mapping.load-u8")?;
        self.load::<u16, _>("[method]mapping.load-u16")?;
        self.load::<u32, _>("[method]mapping.load-u32")?;
        self.load::<u64, _>("[method]mapping.load-u64")?;
        self.load::<wit::U64x8, _>("[method]mapping.load-u64x8")?;
        self.store("[method]mapping.store-u8", u8::to_le_bytes)?;
        self.store("[method]mapping.store-u16", u16::to_le_bytes)?;
        self.store("[method]mapping.store-u32", u32::to_le_bytes)?;
        self.store("[method]mapping.store-u64", u64::to_le_bytes)
    }

    fn load<S: Value<N> + 'static, const N: usize>(&mut self, name: &str) -> Result<()> {
        let view = self.view;
        self.instance.func_wrap(
            name,
            move |mut store: StoreContextMut<'_, T>, (this, offset): (This, u64)| {
                let mapping = view(store.data_mut()).table.get(&this.key())?;
                Ok(LoadResult::<S, N>::new(mapping.load(offset)))
            },
        )
    }

    fn store<const N: usize, S>(
        &mut self,
        name: &str,
        to_bytes: impl Fn(S) -> [u8; N] + Send + Sync + 'static,
    ) -> Result<()>
    where
        S: Lift + 'static,
    {
        let view = self.view;
        self.instance.func_wrap(
            name,
            move |mut store: StoreContextMut<'_, T>, (this, offset, value): (This, u64, S)| {
                let by = store_id(&store);
                let mapping = view(store.data_mut()).table.get(&this.key())?;
                finish_one(mapping.store(by, offset, to_bytes(value)))
            },
        )
    }

    /// What works on whole pages.
    fn add_page_functions(&mut self) -> Result<()> {
        type MaybeRange = Option<wit::Range>;
        self.may_block(
            "[method]mapping.flush",
            |_, view, (this, range, mode): (This, MaybeRange, wit::FlushMode)| {
                let mapping = view.table.get(&this.key())?.clone();
                Ok(move || mapping.flush(range.map(Into::into), mode.into()))
            },
            finish,
        )?;
        self.may_block(
            "[method]mapping.lock",
            |_, view, (this, range): (This, MaybeRange)| {
                let mapping = view.table.get(&this.key())?.clone();
                Ok(move || mapping.lock(range.map(Into::into)))
            },
            finish,
        )?;
        self.may_block(
            "[method]mapping.advise",
            |_, view, (this, range, advice): (This, MaybeRange, wit::Advice)| {
                let mapping = view.table.get(&this.key())?.clone();
                Ok(move || mapping.advise(range.map(Into::into), advice.into()))
            },
            finish,
        )?;
        let view = self.view;
        self.instance.func_wrap(
            "[method]mapping.unlock",
            move |mut store: StoreContextMut<'_, T>, (this, range): (This, MaybeRange)| {
                let mapping = view(store.data_mut()).table.get(&this.key())?;
                finish_one(mapping.unlock(range.map(Into::into)))
            },
        )?;
        self.instance.func_wrap(
            "[method]mapping.protect",
            move |mut store: StoreContextMut<'_, T>,
                  (this, range, protection): (This, MaybeRange, wit::Protection)| {
                let mapping = view(store.data_mut()).table.get(&this.key())?;
                finish_one(mapping.protect(range.map(Into::into), protection.into()))
            },
        )
    }

    /// Adds a function that may have to wait for the disk: `start` looks up
    /// what it needs, the job it returns does the work, `finish` makes the
    /// guest's result of what the job returns.
    fn may_block<Params, Job, Output, Return>(
        &mut self,
        name: &str,
        start: fn(StoreId, MemCtxView<'_>, Params) -> Result<Job>,
        finish: fn(MemCtxView<'_>, Output) -> Result<Return>,
    ) -> Result<()>
    where
        Params: ComponentNamedList + Lift + 'static,
        Job: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
        Return: ComponentNamedList + Lower + 'static,
    {
        let view = self.view;
        let start = move |by, data: &mut T, params| start(by, view(data), params);
        self.may_block_with(name, start, finish)
    }

    /// Like `may_block`, for a `start` that needs more of the store's data
    /// than the view.
    pub(crate) fn may_block_with<Params, Job, Output, Return>(
        &mut self,
        name: &str,
        start: impl Fn(StoreId, &mut T, Params) -> Result<Job> + Copy + Send + Sync + 'static,
        finish: fn(MemCtxView<'_>, Output) -> Result<Return>,
    ) -> Result<()>
    where
        Params: ComponentNamedList + Lift + 'static,
        Job: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
        Return: ComponentNamedList + Lower + 'static,
    {
        let view = self.view;
        match self.blocking {
            Blocking::InPlace => self.instance.func_wrap(
                name,
                move |mut store: StoreContextMut<'_, T>, params: Params| {
                    let by = store_id(&store);
                    let job = start(by, store.data_mut(), params)?;
                    finish(view(store.data_mut()), job())
                },
            ),
            Blocking::OnItsOwnThread => self.instance.func_wrap_async(
                name,
                move |mut store: StoreContextMut<'_, T>, params: Params| {
                    Box::new(async move {
                        let by = store_id(&store);
                        let job = start(by, store.data_mut(), params)?;
                        let output = tokio::task::spawn_blocking(job).await?;
                        finish(view(store.data_mut()), output)
                    })
                },
            ),
        }
    }
}

/// Gives the guest a handle of what was mapped.
pub(crate) fn hand_over(
    view: MemCtxView<'_>,
    mapped: std::result::Result<Handle, Error>,
) -> Result<(std::result::Result<Resource<Handle>, wit::ErrorCode>,)> {
    match mapped {
        Ok(mapping) => Ok((Ok(view.table.push(mapping)?),)),
        Err(error) => Ok((Err(error.into()),)),
    }
}

/// What the guest gets: an error of the mapping is the guest's, and not a trap.
fn finish_one<V>(result: Result<V, Error>) -> Result<(Result<V, wit::ErrorCode>,)> {
    Ok((result.map_err(Into::into),))
}

fn finish(
    _view: MemCtxView<'_>,
    result: Result<(), Error>,
) -> Result<(Result<(), wit::ErrorCode>,)> {
    finish_one(result)
}
