//! The reads of lists, for which the guest's realloc hands out the room.

use super::abi::{self, LIST_RESULT};
use super::exports::Find;
use super::handle::{Handles, Reach};
use super::interface::{Interface, enter};
use super::params::Params;
use crate::Error;
use crate::calls::Mapped;
use crate::linker::{Blocking, Handle, View};
use crate::reading::Reading;
use wasmtime::error::Context as _;
use wasmtime::{Caller, Memory, Result, WasmTy, ensure};

impl<T: Send + 'static, V: View<T>, F: Find> Interface<'_, T, V, F> {
    pub(super) fn add_reads(&mut self) -> Result<()> {
        self.read::<1, _, _>(
            "[method]mapping.read",
            |_, _, range: (u64, u64)| Ok(range),
            |mapping, (offset, length), limit| Reading::new(mapping, offset, length, limit),
        )?;
        self.read::<64, _, _>(
            "[method]mapping.read-u64x8",
            |_, _, range: (u64, u64)| Ok(range),
            |mapping, (offset, count), limit| Reading::words(mapping, offset, count, limit),
        )?;
        self.read::<1, _, _>(
            "[method]mapping.read-many",
            |caller, memory, list: (u32, u32)| {
                enter(caller, memory, |call, _| {
                    abi::ranges(call.memory, list, call.limit)
                })
            },
            |mapping, ranges, limit| Reading::many(mapping, &ranges, limit),
        )
    }

    /// Adds a read of two parameters: `lift` makes of them what `check` makes
    /// a reading of. The list's elements have `N` bytes.
    fn read<const N: usize, A: WasmTy + Copy + 'static, L>(
        &mut self,
        name: &str,
        lift: impl Fn(&mut Caller<'_, T>, &Memory, (A, A)) -> Result<L> + Copy + Send + Sync + 'static,
        check: impl Check<L>,
    ) -> Result<()> {
        let (view, find) = (self.view, self.find.clone());
        let (to_begin, to_end) = (find.clone(), find.clone());
        let begin = move |caller: &mut Caller<'_, T>, memory: &Memory, params, to| {
            let (this, first, second): (u32, A, A) = params;
            let lifted = lift(caller, memory, (first, second))?;
            let reach = to_begin.reach(view, caller.data_mut())?;
            let begun = begin(reach, this, lifted, check)?;
            if let Err(error) = begun {
                let memory = memory.data_mut(caller);
                abi::check_room(memory, to, LIST_RESULT, 4)?;
                abi::store_list_result(memory, to, Err(error));
            }
            Ok::<_, wasmtime::Error>(begun)
        };
        let end = move |caller: &mut Caller<'_, T>, memory: &Memory, this, to, begun, list| {
            let (memory, data) = memory.data_and_store_mut(caller);
            let reach = to_end.reach(view, data)?;
            end::<N, _>(memory, reach, this, to, begun, list)
        };
        match self.blocking {
            Blocking::InPlace => {
                let call = move |mut caller: Caller<'_, T>, params: (u32, A, A), to| {
                    find.with(&mut caller, |caller, exports| {
                        let realloc = exports.realloc(caller)?;
                        let Ok(begun) = begin(caller, exports.memory, params, to)? else {
                            return Ok(());
                        };
                        let list = realloc.call(&mut *caller, wanted::<N>(&begun.1));
                        end(caller, exports.memory, params.0, to, begun, list)
                    })
                };
                Params::add(self.linker, self.module, name, call)
            }
            Blocking::OnItsOwnThread => Params::add_async(
                self.linker,
                self.module,
                name,
                move |mut caller, params: (u32, A, A), to| {
                    let begun = find.with(&mut caller, |caller, exports| {
                        let realloc = exports.realloc(caller)?.into_owned();
                        let begun = begin(caller, exports.memory, params, to)?;
                        Ok((*exports.memory, realloc, begun))
                    });
                    let end = end.clone();
                    Box::new(async move {
                        let (memory, realloc, Ok(begun)) = begun? else {
                            return Ok(());
                        };
                        let wanted = wanted::<N>(&begun.1);
                        let list = realloc.call_async(&mut caller, wanted).await;
                        end(&mut caller, &memory, params.0, to, begun, list)
                    })
                },
            ),
        }
    }
}

/// Finds out what can be read of a mapping, with the host's limit of bytes.
trait Check<L>:
    Fn(&Mapped, L, u64) -> std::result::Result<Reading, Error> + Copy + Send + Sync + 'static
{
}

impl<L, C> Check<L> for C where
    C: Fn(&Mapped, L, u64) -> std::result::Result<Reading, Error> + Copy + Send + Sync + 'static
{
}

/// What is going to be read. The mapping is not in the table meanwhile: that
/// takes less than to share it, and the guest's realloc, which runs next, could
/// do nothing good with it.
type Begun = (Handle, Reading);

#[inline]
fn begin<L, H: Handles>(
    Reach { ctx, handles }: Reach<'_, H>,
    this: u32,
    lifted: L,
    check: impl Check<L>,
) -> Result<std::result::Result<Begun, Error>> {
    let limit = ctx.inner.max_read_bytes;
    let reading = match check(handles.mapping(this)?, lifted, limit) {
        Ok(reading) => reading,
        Err(error) => return Ok(Err(error)),
    };
    ensure!(
        u32::try_from(reading.length).is_ok(),
        "the list does not fit into a 32-bit memory"
    );
    Ok(Ok((handles.take(this)?, reading)))
}

/// Puts the mapping back, copies the bytes to `list`, which the guest's realloc
/// has returned, and stores the result at `to`.
#[inline]
fn end<const N: usize, H: Handles>(
    memory: &mut [u8],
    reach: Reach<'_, H>,
    this: u32,
    to: u32,
    (mapping, reading): Begun,
    list: Result<u32>,
) -> Result<()> {
    let mapping = reach.handles.put_back(this, mapping)?;
    let list = list?;
    abi::check_aligned(list, abi::alignment_of::<N>())?;
    abi::check_room(memory, to, LIST_RESULT, 4)?;
    let room = memory.get_mut(list as usize..);
    let room = room.and_then(|room| room.get_mut(..reading.length));
    let room = room.context("the guest's realloc returned memory that is out of bounds")?;
    let read = reading.read(mapping, room);
    abi::store_list_result(
        memory,
        to,
        read.map(|()| (list, (reading.length / N) as u32)),
    );
    Ok(())
}

/// The parameters of the guest's realloc for a list of elements of `N` bytes.
#[inline]
fn wanted<const N: usize>(reading: &Reading) -> (u32, u32, u32, u32) {
    // `begin` has checked that it fits.
    (0, 0, abi::alignment_of::<N>() as u32, reading.length as u32)
}
