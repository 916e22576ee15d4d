//! The linker of core modules.

use super::exports::{Exports, FindExports};
use super::handles::CoreHandles;
use super::linker::{CoreModules, limit, parameters};
use super::lists::{Wanted, check_length};
use crate::abi::flat::{Flat, GuestMemory, add_types_of_bytes, bytes};
use crate::abi::lower::Value;
use crate::abi::store::{check_result, store_result};
use crate::abi::{Arguments, FromCoreList, Returned};
use crate::calls::{Handle, Mapped};
use crate::handles::{Borrowed, Call, Held, Outcome, Owned};
use crate::operation::Operation;
use crate::reading::{Ranges, Reading};
use crate::surface::{Number, Surface, Waiting};
use crate::view::View;
use crate::window::store_id;
use mem_mapping::{Explanation, StoreId};
use wasmtime::{Caller, Memory, Result};

impl<T: Send + 'static, V: View<T>, F: FindExports> Surface for CoreModules<'_, T, V, F> {
    type Handles = CoreHandles<F::Entries>;

    fn resource<R: Held>(
        &mut self,
        name: &str,
        dropped: impl Fn(StoreId, R) + Send + Sync + 'static,
    ) -> Result<()> {
        let (view, exports) = (self.view, self.exports.clone());
        let drop_handle = move |mut caller: Caller<'_, T>, handle: u32| {
            let store = store_id(&caller);
            let mut call = exports.call(store, view, caller.data_mut())?;
            dropped(store, call.take(Owned::new(handle))?);
            Ok(())
        };
        let name = format!("[resource-drop]{name}");
        self.linker.func_wrap(self.module, &name, drop_handle)?;
        Ok(())
    }

    fn number<A: Arguments, N: Number>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<N> + Send + Sync + 'static,
    ) -> Result<()> {
        let (view, exports) = (self.view, self.exports.clone());
        self.add(
            name,
            parameters::<A>(),
            Some(N::TYPE),
            move |mut caller, mut numbers: Flat<'_>| {
                let store = store_id(&caller);
                let memory = GuestMemory {
                    bytes: &[],
                    limit: 0,
                };
                let arguments = A::from_core(&mut numbers, &memory)?;
                let call = exports.call(store, view, caller.data_mut())?;
                Ok(Some(run(call, arguments)?.into_raw()))
            },
        )
    }

    fn in_place<A: Arguments, R: Returned>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<Outcome<R>> + Send + Sync + 'static,
    ) -> Result<()> {
        let (view, exports) = (self.view, self.exports.clone());
        self.add_with_pointer(name, parameters::<A>(), move |mut caller, mut numbers| {
            exports.with(&mut caller, |caller, found| {
                let store = store_id(&*caller);
                let limit = limit::<A>(caller);
                let (bytes, data) = found.data_and_store_mut(caller);
                let arguments = A::from_core(&mut numbers, &GuestMemory { bytes, limit })?;
                let to = numbers.u32();
                check_result::<R>(bytes, to)?;
                let outcome = run(exports.call(store, view, data)?, arguments)?;
                store_result(bytes, to, outcome);
                Ok(())
            })
        })
    }

    fn may_wait<A: Arguments, J, O, R: Returned>(
        &mut self,
        name: &str,
        start: impl Fn(Call<'_, Self::Handles>, A) -> Result<J> + Copy + Send + Sync + 'static,
        finish: fn(Call<'_, Self::Handles>, O) -> Result<Outcome<R>>,
    ) -> Result<()>
    where
        J: FnOnce() -> O + Send + 'static,
        O: Send + 'static,
    {
        let (view, exports, exports_again) =
            (self.view, self.exports.clone(), self.exports.clone());
        let begin = move |caller: &mut Caller<'_, T>, mut numbers: Flat<'_>| {
            exports.with(caller, |caller, Exports { memory, .. }| {
                let store = store_id(&*caller);
                let limit = limit::<A>(caller);
                let (bytes, data) = memory.data_and_store_mut(caller);
                let arguments = A::from_core(&mut numbers, &GuestMemory { bytes, limit })?;
                let to = numbers.u32();
                check_result::<R>(bytes, to)?;
                let job = start(exports.call(store, view, data)?, arguments)?;
                Ok((*memory, to, job))
            })
        };
        // No guest runs meanwhile, and memories never shrink, so there is still
        // room for the result.
        let end = move |caller: &mut Caller<'_, T>, memory: Memory, to, output| {
            let store = store_id(&*caller);
            let (bytes, data) = memory.data_and_store_mut(caller);
            let outcome = finish(exports_again.call(store, view, data)?, output)?;
            store_result(bytes, to, outcome);
            Ok(())
        };
        match self.waiting {
            Waiting::InPlace => {
                self.add_with_pointer(name, parameters::<A>(), move |mut caller, numbers| {
                    let (memory, to, job) = begin(&mut caller, numbers)?;
                    end(&mut caller, memory, to, job())
                })
            }
            Waiting::OnItsOwnThread => {
                self.add_async(name, parameters::<A>(), move |mut caller, numbers| {
                    let begun = begin(&mut caller, numbers);
                    let end = end.clone();
                    Box::new(async move {
                        let (memory, to, job) = begun?;
                        let output = tokio::task::spawn_blocking(job).await?;
                        end(&mut caller, memory, to, output)
                    })
                })
            }
        }
    }

    fn write(
        &mut self,
        name: &str,
        run: impl Fn(&Mapped, StoreId, u64, &[u8]) -> Outcome<()> + Send + Sync + 'static,
    ) -> Result<()> {
        let (view, exports) = (self.view, self.exports.clone());
        let mut parameters = parameters::<(Borrowed<Handle>, u64)>();
        add_types_of_bytes(&mut parameters);
        self.add_with_pointer(name, parameters, move |mut caller, mut numbers| {
            exports.with(&mut caller, |caller, found| {
                let store = store_id(&*caller);
                let (bytes_of_guest, data) = found.data_and_store_mut(caller);
                let memory = GuestMemory {
                    bytes: bytes_of_guest,
                    limit: 0,
                };
                let (mapping, offset) = FromCoreList::from_core(&mut numbers, &memory)?;
                let from = bytes(&mut numbers, &memory)?;
                let to = numbers.u32();
                check_result::<()>(memory.bytes, to)?;
                let call = exports.call(store, view, data)?;
                let mapping: &Handle = call.get(mapping)?;
                let outcome = run(mapping, store, offset, from);
                store_result(bytes_of_guest, to, outcome);
                Ok(())
            })
        })
    }

    fn read<E: Value<N> + 'static, A: Arguments, const N: usize>(
        &mut self,
        name: &str,
        operation: Operation,
        ranges: impl Fn(A) -> (Borrowed<Handle>, Ranges) + Copy + Send + Sync + 'static,
    ) -> Result<()> {
        let begin = move |call: Call<'_, Self::Handles>, arguments| {
            let (handle, ranges) = ranges(arguments);
            let limit = call.ctx.inner.max_read_bytes;
            let reading = match Reading::new(call.get(handle)?, operation, ranges, limit) {
                Ok(reading) => reading,
                Err(error) => return Ok(Err(Err(error))),
            };
            check_length(reading.length)?;
            // The mapping is lent meanwhile: that takes less than to share it, and
            // the guest's realloc, which runs next, could do nothing good with it.
            let mapping = CoreHandles::lend(call.table, handle)?;
            Ok(Ok(Wanted {
                length: reading.length,
                size: N,
                pending: (handle, mapping, reading),
            }))
        };
        self.list(
            name,
            begin,
            |call, (handle, mapping, reading): (Borrowed<Handle>, Handle, Reading), room| {
                let mapping = CoreHandles::give_back(call.table, handle, mapping)?;
                Ok(reading.read(mapping, room?))
            },
        )
    }

    fn text<A: Arguments>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<Option<Explanation>>
        + Copy
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let begin = move |call: Call<'_, Self::Handles>, arguments| {
            let Some(text) = run(call, arguments)? else {
                return Ok(Err(None));
            };
            check_length(text.len())?;
            Ok(Ok(Wanted {
                length: text.len(),
                size: 1,
                pending: text,
            }))
        };
        self.list(name, begin, |_, text: Explanation, room| {
            room?.copy_from_slice(text.as_bytes());
            Ok(Some(()))
        })
    }
}
