//! How functions get onto a core linker.

use super::abi;
use super::exports::{Exports, Find};
use super::handle::Reach;
use super::params::Params;
use crate::Error;
use crate::linker::{Blocking, View};
use crate::window::store_id;
use mem_mapping::StoreId;
use wasmtime::{AsContextMut, Caller, Linker, Memory, Result};

/// A module of the linker while functions are added to it.
pub(super) struct Interface<'a, T: 'static, V, F> {
    pub(super) linker: &'a mut Linker<T>,
    pub(super) module: &'static str,
    pub(super) view: V,
    pub(super) find: F,
    pub(super) blocking: Blocking,
}

/// Where a call comes from.
pub(super) struct Call<'a> {
    pub(super) store: StoreId,
    /// The guest's memory.
    pub(super) memory: &'a [u8],
    /// How many bytes of it the host copies for itself at the most.
    pub(super) limit: usize,
}

/// What the guest gets: an error of the mapping is the guest's, and not a trap.
pub(super) type Outcome<const N: usize> = std::result::Result<[u8; N], Error>;

/// The outcome of what has no value to tell.
pub(super) fn done(result: std::result::Result<(), Error>) -> Outcome<1> {
    result.map(|()| [0])
}

impl<T: Send + 'static, V: View<T>, F: Find> Interface<'_, T, V, F> {
    /// Adds a function whose result, of `N` bytes, goes where its last
    /// parameter points. The others are `P`.
    pub(super) fn in_place<P: Params<T>, const N: usize>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_>, Reach<'_, F::Handles>, P) -> Result<Outcome<N>> + Send + Sync + 'static,
    ) -> Result<()> {
        let (view, find) = (self.view, self.find.clone());
        let call = move |mut caller: Caller<'_, T>, params, to| {
            find.with(&mut caller, |caller, exports| {
                let store = store_id(&*caller);
                let (memory, data) = exports.data_and_store_mut(caller);
                abi::check_result::<N>(memory, to)?;
                let call = Call {
                    store,
                    memory,
                    limit: 0,
                };
                let outcome = run(call, find.reach(view, data)?, params)?;
                abi::store_result(memory, to, outcome);
                Ok(())
            })
        };
        P::add(self.linker, self.module, name, call)
    }

    /// Adds a function that may have to wait for the disk: `start` looks up
    /// what it needs, the job it returns does the work, `finish` makes the
    /// guest's result of what the job returns.
    pub(super) fn may_block<P: Params<T>, Job, Output, const N: usize>(
        &mut self,
        name: &str,
        start: fn(Call<'_>, Reach<'_, F::Handles>, P) -> Result<Job>,
        finish: fn(Reach<'_, F::Handles>, Output) -> Result<Outcome<N>>,
    ) -> Result<()>
    where
        Job: FnOnce() -> Output + Send + 'static,
        Output: Send + 'static,
    {
        let (view, find, find_again) = (self.view, self.find.clone(), self.find.clone());
        // No guest runs between these two, so the room stays checked.
        let begin = move |caller: &mut Caller<'_, T>, params, to| {
            find.with(caller, |caller, Exports { memory, .. }| {
                let job = enter(caller, memory, |call, data| {
                    abi::check_result::<N>(call.memory, to)?;
                    start(call, find.reach(view, data)?, params)
                })?;
                Ok((*memory, job))
            })
        };
        let end = move |caller: &mut Caller<'_, T>, memory: Memory, output, to| {
            let (memory, data) = memory.data_and_store_mut(caller);
            let outcome = finish(find_again.reach(view, data)?, output)?;
            abi::store_result(memory, to, outcome);
            Ok(())
        };
        match self.blocking {
            Blocking::InPlace => {
                let call = move |mut caller: Caller<'_, T>, params, to| {
                    let (memory, job) = begin(&mut caller, params, to)?;
                    end(&mut caller, memory, job(), to)
                };
                P::add(self.linker, self.module, name, call)
            }
            Blocking::OnItsOwnThread => P::add_async(
                self.linker,
                self.module,
                name,
                move |mut caller, params, to| {
                    let begun = begin(&mut caller, params, to);
                    let end = end.clone();
                    Box::new(async move {
                        let (memory, job) = begun?;
                        let output = tokio::task::spawn_blocking(job).await?;
                        end(&mut caller, memory, output, to)
                    })
                },
            ),
        }
    }
}

/// Runs `run` with the guest's memory and the store's data.
#[inline]
pub(super) fn enter<T: 'static, R>(
    caller: &mut Caller<'_, T>,
    memory: &Memory,
    run: impl FnOnce(Call<'_>, &mut T) -> R,
) -> R {
    let store = store_id(&*caller);
    let limit = caller.as_context_mut().hostcall_fuel();
    let (memory, data) = memory.data_and_store_mut(caller);
    let memory = &*memory;
    let call = Call {
        store,
        memory,
        limit,
    };
    run(call, data)
}
