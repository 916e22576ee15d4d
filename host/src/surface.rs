//! What functions can be put on: the linker of components or that of core
//! modules.

use crate::abi::lower::Value;
use crate::abi::{Arguments, Returned};
use crate::calls::{Handle, Mapped};
use crate::handles::{Borrowed, Call, Handles, Held, Outcome};
use crate::operation::Operation;
use crate::reading::Ranges;
use mem_mapping::{Explanation, StoreId};
use wasmtime::component::{ComponentType, Lower};
use wasmtime::{Result, ValRaw, ValType};

/// The linker of one kind of guest, while functions are added to it.
///
/// What a function does is the same for every kind of guest. How its arguments
/// and its result travel is the surface's.
pub(crate) trait Surface {
    type Handles: Handles;

    /// Adds a resource, and what happens when the guest drops a handle of it.
    fn resource<R: Held>(
        &mut self,
        name: &str,
        dropped: impl Fn(StoreId, R) + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds a function that cannot fail and returns a number.
    fn number<A: Arguments, N: Number>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<N> + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds a function that returns a `result` without waiting.
    fn in_place<A: Arguments, R: Returned>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<Outcome<R>> + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds a function that may have to wait for the disk. `start` looks up what
    /// it needs, the job that `start` returns does the work, and `finish` makes
    /// the guest's result of the job's output.
    fn may_wait<A: Arguments, J, O, R: Returned>(
        &mut self,
        name: &str,
        start: impl Fn(Call<'_, Self::Handles>, A) -> Result<J> + Copy + Send + Sync + 'static,
        finish: fn(Call<'_, Self::Handles>, O) -> Result<Outcome<R>>,
    ) -> Result<()>
    where
        J: FnOnce() -> O + Send + 'static,
        O: Send + 'static;

    /// Adds a function that copies a list of bytes from the guest's memory to an
    /// offset of a mapping.
    fn write(
        &mut self,
        name: &str,
        run: impl Fn(&Mapped, StoreId, u64, &[u8]) -> Outcome<()> + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds a function that copies the bytes of ranges of a mapping to a list in
    /// the guest's memory, whose elements are `V`.
    fn read<V: Value<N> + 'static, A: Arguments, const N: usize>(
        &mut self,
        name: &str,
        operation: Operation,
        ranges: impl Fn(A) -> (Borrowed<Handle>, Ranges) + Copy + Send + Sync + 'static,
    ) -> Result<()>;

    /// Adds a function that returns a text, if there is one.
    fn text<A: Arguments>(
        &mut self,
        name: &str,
        run: impl Fn(Call<'_, Self::Handles>, A) -> Result<Option<Explanation>>
        + Copy
        + Send
        + Sync
        + 'static,
    ) -> Result<()>;
}

/// A number that is the only result of a function.
pub(crate) trait Number: ComponentType + Lower + Send + 'static {
    /// Its type in a core module.
    const TYPE: ValType;

    fn into_raw(self) -> ValRaw;
}

impl Number for u32 {
    const TYPE: ValType = ValType::I32;

    fn into_raw(self) -> ValRaw {
        ValRaw::u32(self)
    }
}

impl Number for u64 {
    const TYPE: ValType = ValType::I64;

    fn into_raw(self) -> ValRaw {
        ValRaw::u64(self)
    }
}

/// Where functions run that may have to wait for the disk.
#[derive(Clone, Copy)]
pub(crate) enum Waiting {
    InPlace,
    OnItsOwnThread,
}
