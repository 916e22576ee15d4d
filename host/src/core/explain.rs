//! `explain`, for whose text the guest's realloc hands out the room.

use super::abi::{self, Enum, OPTION_STRING};
use super::exports::Find;
use super::interface::{Interface, enter};
use super::params::Params;
use crate::bindings::wit;
use crate::linker::{Blocking, View};
use mem_mapping::Explanation;
use wasmtime::error::Context as _;
use wasmtime::{Caller, Memory, Result};

const NAME: &str = "explain";

impl<T: Send + 'static, V: View<T>, F: Find> Interface<'_, T, V, F> {
    pub(super) fn add_explain(&mut self) -> Result<()> {
        let (view, find, to_begin) = (self.view, self.find.clone(), self.find.clone());
        let begin = move |caller: &mut Caller<'_, T>, memory: &Memory, error, to| {
            let why = enter(caller, memory, |call, data| {
                abi::check_room(call.memory, to, OPTION_STRING, 4)?;
                let error = wit::ErrorCode::case(error)?;
                let ctx = to_begin.reach(view, data)?.ctx;
                Ok::<_, wasmtime::Error>(ctx.inner.explain(call.store, error.into()))
            })?;
            if why.is_none() {
                abi::store_option_string(memory.data_mut(caller), to, None);
            }
            Ok::<_, wasmtime::Error>(why)
        };
        match self.blocking {
            Blocking::InPlace => {
                let call = move |mut caller: Caller<'_, T>, (error,): (u32,), to| {
                    find.with(&mut caller, |caller, exports| {
                        let realloc = exports.realloc(caller)?;
                        let Some(why) = begin(caller, exports.memory, error, to)? else {
                            return Ok(());
                        };
                        let string = realloc.call(&mut *caller, wanted(&why))?;
                        end(exports.memory.data_mut(caller), to, string, &why)
                    })
                };
                Params::add(self.linker, self.module, NAME, call)
            }
            Blocking::OnItsOwnThread => Params::add_async(
                self.linker,
                self.module,
                NAME,
                move |mut caller, (error,): (u32,), to| {
                    let begun = find.with(&mut caller, |caller, exports| {
                        let realloc = exports.realloc(caller)?.into_owned();
                        let why = begin(caller, exports.memory, error, to)?;
                        Ok((*exports.memory, realloc, why))
                    });
                    Box::new(async move {
                        let (memory, realloc, Some(why)) = begun? else {
                            return Ok(());
                        };
                        let string = realloc.call_async(&mut caller, wanted(&why)).await?;
                        end(memory.data_mut(&mut caller), to, string, &why)
                    })
                },
            ),
        }
    }
}

/// The parameters of the guest's realloc. No explanation is long.
fn wanted(why: &Explanation) -> (u32, u32, u32, u32) {
    (0, 0, 1, why.len() as u32)
}

/// Copies the text to `string`, which the guest's realloc has returned, and
/// stores the result at `to`.
fn end(memory: &mut [u8], to: u32, string: u32, why: &Explanation) -> Result<()> {
    let room = memory.get_mut(string as usize..);
    let room = room.and_then(|room| room.get_mut(..why.len()));
    let room = room.context("the guest's realloc returned memory that is out of bounds")?;
    room.copy_from_slice(why.as_bytes());
    // `begin` has checked that there is room, and memories never shrink.
    abi::store_option_string(memory, to, Some((string, why.len() as u32)));
    Ok(())
}
