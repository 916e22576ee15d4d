//! The results of a component's call. Those of the hot functions go from the
//! mapping to the guest's memory without a copy in between, and in one step.

use crate::bindings::wit;
use crate::calls::Handle;
use crate::handles::{Outcome, Owned};
use crate::reading::Reading;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use wasmtime::Result;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lower, Resource};

/// The value of a `result<_, error-code>` that is the only result of a function.
pub(crate) trait ToComponent: Sized + 'static {
    type Lowered: ComponentNamedList + Lower + Send + 'static;

    fn to_component(outcome: Outcome<Self>) -> Self::Lowered;
}

impl ToComponent for () {
    type Lowered = (std::result::Result<(), wit::ErrorCode>,);

    fn to_component(outcome: Outcome<()>) -> Self::Lowered {
        (outcome.map_err(Into::into),)
    }
}

impl<R: Send + 'static> ToComponent for Owned<R> {
    type Lowered = (std::result::Result<Resource<R>, wit::ErrorCode>,);

    fn to_component(outcome: Outcome<Self>) -> Self::Lowered {
        let handle = outcome.map(|handle| Resource::new_own(handle.number));
        (handle.map_err(Into::into),)
    }
}

impl<V: Value<N> + 'static, const N: usize> ToComponent for Loaded<V, N> {
    type Lowered = LoadResult<V, N>;

    #[inline]
    fn to_component(outcome: Outcome<Self>) -> Self::Lowered {
        LoadResult {
            loaded: outcome.map(|loaded| loaded.bytes),
            value: PhantomData,
        }
    }
}

/// The list of results of a read, which is one `result<list<V>, error-code>`,
/// whose bytes are still in the mapping.
pub(crate) struct ReadResult<V, const N: usize> {
    reading: Outcome<(Handle, Reading)>,
    element: PhantomData<V>,
}

/// The type whose canonical ABI layout [`ReadResult`] shares.
type ListResult<V> = (std::result::Result<Vec<V>, wit::ErrorCode>,);

impl<V, const N: usize> ReadResult<V, N> {
    #[inline]
    pub(crate) fn new(reading: Outcome<(Handle, Reading)>) -> Self {
        Self {
            reading,
            element: PhantomData,
        }
    }
}

// SAFETY: `ListResult` is such a list, and the types are checked as its own.
unsafe impl<V: Value<N>, const N: usize> ComponentNamedList for ReadResult<V, N> {}

// SAFETY: everything is that of `ListResult`.
unsafe impl<V: Value<N>, const N: usize> ComponentType for ReadResult<V, N> {
    type Lower = <ListResult<V> as ComponentType>::Lower;

    const ABI: CanonicalAbiInfo = ListResult::<V>::ABI;
    const MAY_REQUIRE_REALLOC: bool = ListResult::<V>::MAY_REQUIRE_REALLOC;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        ListResult::<V>::typecheck(ty, types)
    }
}

// SAFETY: `linear_lower_to_flat` is that of `ListResult`, and
// `linear_lower_to_memory` stores what that of `ListResult` would.
unsafe impl<V: Value<N>, const N: usize> Lower for ReadResult<V, N> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        // Not on the way of a guest's call: its results are in memory.
        let owned: ListResult<V> = match &self.reading {
            Ok((mapping, reading)) => {
                let mut bytes = vec![0; reading.length];
                let read = reading.read(mapping, &mut bytes);
                let (elements, _) = bytes.as_chunks();
                let list = elements.iter().copied().map(V::from_le_bytes);
                (read.map(|()| list.collect()).map_err(Into::into),)
            }
            Err(error) => (Err((*error).into()),),
        };
        owned.linear_lower_to_flat(cx, ty, dst)
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        let error = match &self.reading {
            Ok((mapping, reading)) => {
                let list = cx.realloc(0, 0, V::ALIGN32, reading.length)?;
                // `realloc` has checked that this is inside the memory.
                let to = &mut cx.as_slice_mut()[list..][..reading.length];
                match reading.read(mapping, to) {
                    Ok(()) => return store_list::<V, T>(cx, offset, list, reading.length / N),
                    Err(error) => error,
                }
            }
            Err(error) => *error,
        };
        let owned: ListResult<V> = (Err(error.into()),);
        owned.linear_lower_to_memory(cx, ty, offset)
    }
}

/// Stores the result's case and its list at `offset`, as the [canonical ABI]
/// lays them out.
///
/// [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing
fn store_list<V: ComponentType + Lower, T>(
    cx: &mut LowerContext<'_, T>,
    offset: usize,
    list: usize,
    length: usize,
) -> Result<()> {
    const {
        assert!(ListResult::<V>::SIZE32 == 12);
        assert!(ListResult::<V>::ALIGN32 == 4);
    }
    let result: &mut [u8; 12] = cx.get(offset);
    result[0] = 0;
    result[4..8].copy_from_slice(&u32::try_from(list)?.to_le_bytes());
    result[8..12].copy_from_slice(&u32::try_from(length)?.to_le_bytes());
    Ok(())
}

/// A number, or a record of numbers, that the canonical ABI stores as its `N`
/// bytes.
pub(crate) trait Value<const N: usize>: ComponentType + Lower + Send + Sync {
    fn from_le_bytes(bytes: [u8; N]) -> Self;
}

macro_rules! values {
    ($($number:ty)*) => {$(
        impl Value<{ size_of::<$number>() }> for $number {
            fn from_le_bytes(bytes: [u8; size_of::<$number>()]) -> Self {
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}

values!(u8 u16 u32 u64);

impl Value<64> for wit::U64x8 {
    fn from_le_bytes(bytes: [u8; 64]) -> Self {
        let (words, _) = bytes.as_chunks();
        let word = |index: usize| u64::from_le_bytes(words[index]);
        Self {
            w0: word(0),
            w1: word(1),
            w2: word(2),
            w3: word(3),
            w4: word(4),
            w5: word(5),
            w6: word(6),
            w7: word(7),
        }
    }
}

/// The bytes of a number that was loaded.
pub(crate) struct Loaded<V, const N: usize> {
    pub(crate) bytes: [u8; N],
    value: PhantomData<fn() -> V>,
}

impl<V, const N: usize> Loaded<V, N> {
    #[inline]
    pub(crate) fn new(bytes: [u8; N]) -> Self {
        Self {
            bytes,
            value: PhantomData,
        }
    }
}

/// The list of results of a load, which is one `result<V, error-code>`.
///
/// It is the list and not only its element because wasmtime looks up the types
/// of a list's elements at each call.
pub(crate) struct LoadResult<V, const N: usize> {
    loaded: Outcome<[u8; N]>,
    value: PhantomData<V>,
}

/// The type whose canonical ABI layout [`LoadResult`] shares.
type ValueResult<V> = (std::result::Result<V, wit::ErrorCode>,);

// SAFETY: everything is that of `ValueResult`.
unsafe impl<V: Value<N>, const N: usize> ComponentType for LoadResult<V, N> {
    type Lower = <ValueResult<V> as ComponentType>::Lower;

    const ABI: CanonicalAbiInfo = ValueResult::<V>::ABI;
    const MAY_REQUIRE_REALLOC: bool = ValueResult::<V>::MAY_REQUIRE_REALLOC;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        ValueResult::<V>::typecheck(ty, types)
    }
}

// SAFETY: `ValueResult` is such a list, and the types are checked as its own.
unsafe impl<V: Value<N>, const N: usize> ComponentNamedList for LoadResult<V, N> {}

// SAFETY: `linear_lower_to_flat` is that of `ValueResult`, and
// `linear_lower_to_memory` stores what that of `ValueResult` would.
unsafe impl<V: Value<N>, const N: usize> Lower for LoadResult<V, N> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let loaded = self.loaded.map(V::from_le_bytes);
        (loaded.map_err(wit::ErrorCode::from),).linear_lower_to_flat(cx, ty, dst)
    }

    #[inline]
    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        // The case is at 0, and the value behind it where it is aligned.
        const { assert!(Self::SIZE32 == Self::ALIGN32 as usize + N) };
        match &self.loaded {
            Ok(value) => {
                let result = &mut cx.as_slice_mut()[offset..][..Self::SIZE32];
                result[0] = 0;
                result[Self::ALIGN32 as usize..].copy_from_slice(value);
                Ok(())
            }
            Err(error) => {
                let error: ValueResult<V> = (Err((*error).into()),);
                error.linear_lower_to_memory(cx, ty, offset)
            }
        }
    }
}
