//! The functions that return lists. The guest's realloc hands out the room.

use super::exports::FindExports;
use super::handles::CoreHandles;
use super::linker::{CoreModules, limit, parameters};
use crate::abi::FromCoreList;
use crate::abi::flat::{Flat, GuestMemory};
use crate::abi::store::{LIST_RESULT, ListResult, alignment_of, check_aligned, check_room};
use crate::handles::Call;
use crate::surface::Waiting;
use crate::view::View;
use crate::window::store_id;
use wasmtime::error::Context as _;
use wasmtime::{Caller, Memory, Result, ensure};

/// A list for which the guest's realloc has to hand out room.
pub(super) struct Wanted<P> {
    /// In bytes.
    pub(super) length: usize,
    /// Of an element, in bytes.
    pub(super) size: usize,
    /// What the rest of the call needs.
    pub(super) pending: P,
}

/// Checks that a list of `length` bytes fits into a 32-bit memory.
pub(super) fn check_length(length: usize) -> Result<()> {
    ensure!(
        u32::try_from(length).is_ok(),
        "the list does not fit into a 32-bit memory"
    );
    Ok(())
}

impl<P> Wanted<P> {
    /// The arguments of the guest's realloc.
    #[inline]
    fn realloc_arguments(&self) -> (u32, u32, u32, u32) {
        // `check_length` was called before there was anything to undo.
        (0, 0, alignment_of(self.size) as u32, self.length as u32)
    }

    /// The room at `address`, which the guest's realloc has returned.
    #[inline]
    fn room<'m>(&self, memory: &'m mut [u8], address: u32) -> Result<&'m mut [u8]> {
        check_aligned(address, alignment_of(self.size))?;
        let room = memory.get_mut(address as usize..);
        let room = room.and_then(|room| room.get_mut(..self.length));
        room.context("the guest's realloc returned memory that is out of bounds")
    }
}

impl<T: Send + 'static, V: View<T>, F: FindExports> CoreModules<'_, T, V, F> {
    /// Adds a function that returns a list. `begin` finds out what is wanted, or
    /// what to return without a list. `end` fills the room that the guest's
    /// realloc has handed out.
    pub(super) fn list<A: FromCoreList, P: Send + 'static, R: ListResult>(
        &mut self,
        name: &str,
        begin: impl Fn(
            Call<'_, CoreHandles<F::Entries>>,
            A,
        ) -> Result<std::result::Result<Wanted<P>, R>>
        + Copy
        + Send
        + Sync
        + 'static,
        end: impl Fn(Call<'_, CoreHandles<F::Entries>>, P, Result<&mut [u8]>) -> Result<R>
        + Copy
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        let (view, exports) = (self.view, self.exports.clone());
        let (to_begin, to_end) = (exports.clone(), exports.clone());
        let begin = move |caller: &mut Caller<'_, T>, memory: &Memory, mut numbers: Flat<'_>| {
            let store = store_id(&*caller);
            let limit = limit::<A>(caller);
            let (bytes, data) = memory.data_and_store_mut(caller);
            let arguments = A::from_core(&mut numbers, &GuestMemory { bytes, limit })?;
            let to = numbers.u32();
            check_room(bytes, to, LIST_RESULT, 4)?;
            match begin(to_begin.call(store, view, data)?, arguments)? {
                Ok(wanted) => Ok::<_, wasmtime::Error>(Some((to, wanted))),
                Err(result) => {
                    result.store(bytes, to, (0, 0));
                    Ok(None)
                }
            }
        };
        // Memories never shrink, so there is still room for the result.
        let end = move |caller: &mut Caller<'_, T>,
                        memory: &Memory,
                        to,
                        wanted: Wanted<P>,
                        address: Result<u32>| {
            let store = store_id(&*caller);
            let (bytes, data) = memory.data_and_store_mut(caller);
            let call = to_end.call(store, view, data)?;
            let list = (
                *address.as_ref().unwrap_or(&0),
                (wanted.length / wanted.size) as u32,
            );
            let room = address.and_then(|address| wanted.room(bytes, address));
            end(call, wanted.pending, room)?.store(bytes, to, list);
            Ok(())
        };
        match self.waiting {
            Waiting::InPlace => {
                self.add_with_pointer(name, parameters::<A>(), move |mut caller, numbers| {
                    exports.with(&mut caller, |caller, found| {
                        let realloc = found.realloc(caller)?;
                        let Some((to, wanted)) = begin(caller, found.memory, numbers)? else {
                            return Ok(());
                        };
                        let address = realloc.call(&mut *caller, wanted.realloc_arguments());
                        end(caller, found.memory, to, wanted, address)
                    })
                })
            }
            Waiting::OnItsOwnThread => {
                self.add_async(name, parameters::<A>(), move |mut caller, numbers| {
                    let begun = exports.with(&mut caller, |caller, found| {
                        let realloc = found.realloc(caller)?.into_owned();
                        let begun = begin(caller, found.memory, numbers)?;
                        Ok((*found.memory, realloc, begun))
                    });
                    let end = end.clone();
                    Box::new(async move {
                        let (memory, realloc, Some((to, wanted))) = begun? else {
                            return Ok(());
                        };
                        let arguments = wanted.realloc_arguments();
                        let address = realloc.call_async(&mut caller, arguments).await;
                        end(&mut caller, &memory, to, wanted, address)
                    })
                })
            }
        }
    }
}
