//! The arguments of a component's call.

use crate::bindings::wit;
use crate::handles::{Borrowed, Owned};
use mem_contract::{Advice, ByteRange, ErrorCode, FlushMode, MapOptions, Protection};
use std::ops::Range;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, bad_type_info,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Resource, WasmList};
use wasmtime::error::Context as _;
use wasmtime::{Result, StoreContext, bail};

/// A value that wasmtime lifts as another type.
pub(crate) trait FromComponent: Sized + 'static {
    type Lifted: Lift + Send + 'static;

    fn from_component<T: 'static>(lifted: Self::Lifted, store: &StoreContext<'_, T>) -> Self;
}

/// A tuple of such values.
pub(crate) trait FromComponentList: Sized + 'static {
    type Lifted: ComponentNamedList + Lift + Send + 'static;

    fn from_component<T: 'static>(lifted: Self::Lifted, store: &StoreContext<'_, T>) -> Self;
}

macro_rules! lists {
    ($(($($name:ident)*))*) => {$(
        #[allow(non_snake_case, reason = "a value is named as its type")]
        #[allow(clippy::unused_unit, reason = "the empty list is one too")]
        impl<$($name: FromComponent),*> FromComponentList for ($($name,)*) {
            type Lifted = ($($name::Lifted,)*);

            #[inline]
            fn from_component<T: 'static>(
                ($($name,)*): Self::Lifted,
                _store: &StoreContext<'_, T>,
            ) -> Self {
                ($(<$name as FromComponent>::from_component($name, _store),)*)
            }
        }
    )*};
}

lists! {
    ()
    (A)
    (A B)
    (A B C)
}

macro_rules! converted {
    ($($type:ty: $lifted:ty;)*) => {$(
        impl FromComponent for $type {
            type Lifted = $lifted;

            #[inline]
            fn from_component<T: 'static>(lifted: $lifted, _: &StoreContext<'_, T>) -> Self {
                lifted.into()
            }
        }
    )*};
}

converted! {
    u8: u8;
    u16: u16;
    u32: u32;
    u64: u64;
    Text: Text;
    MapOptions: wit::MapOptions;
    FlushMode: wit::FlushMode;
    Protection: wit::Protection;
    Advice: wit::Advice;
    ErrorCode: wit::ErrorCode;
}

impl FromComponent for Option<ByteRange> {
    type Lifted = Option<wit::Range>;

    fn from_component<T: 'static>(lifted: Self::Lifted, _: &StoreContext<'_, T>) -> Self {
        lifted.map(Into::into)
    }
}

impl FromComponent for Vec<ByteRange> {
    type Lifted = Vec<wit::Range>;

    fn from_component<T: 'static>(lifted: Self::Lifted, _: &StoreContext<'_, T>) -> Self {
        lifted.into_iter().map(Into::into).collect()
    }
}

/// The addresses of a list of bytes in the guest's memory.
pub(crate) struct Buffer(pub(crate) Range<usize>);

impl Buffer {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let pointers = bytes.as_ptr_range();
        Self(pointers.start.addr()..pointers.end.addr())
    }
}

impl FromComponent for Buffer {
    type Lifted = WasmList<u8>;

    fn from_component<T: 'static>(lifted: WasmList<u8>, store: &StoreContext<'_, T>) -> Self {
        // wasmtime has checked that the list lies in the guest's memory.
        Self::of(lifted.as_le_slice(store))
    }
}

impl<R: Send + 'static> FromComponent for Owned<R> {
    type Lifted = Resource<R>;

    fn from_component<T: 'static>(lifted: Resource<R>, _: &StoreContext<'_, T>) -> Self {
        Self::new(lifted.rep())
    }
}

/// [`Resource`] would do for a method, except that it looks up its type at each
/// call again, which costs more than the load of a number.
impl<R: Send + 'static> FromComponent for Borrowed<R> {
    type Lifted = Self;

    #[inline]
    fn from_component<T: 'static>(lifted: Self, _: &StoreContext<'_, T>) -> Self {
        lifted
    }
}

// SAFETY: a handle is a `u32` to the canonical ABI, as it is for `Resource`,
// whose types these are.
unsafe impl<R: Send + 'static> ComponentType for Borrowed<R> {
    type Lower = <u32 as ComponentType>::Lower;

    const ABI: CanonicalAbiInfo = u32::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        match ty {
            InterfaceType::Borrow(_) => Resource::<R>::typecheck(ty, types),
            _ => bail!("expected `borrow`"),
        }
    }
}

// SAFETY: wasmtime looks the handle up in the guest's table for the type that
// `typecheck` has checked, and lends it until the call ends.
unsafe impl<R: Send + 'static> Lift for Borrowed<R> {
    #[inline]
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let handle = u32::linear_lift_from_flat(cx, InterfaceType::U32, src)?;
        lend(cx, ty, handle)
    }

    #[inline]
    fn linear_lift_from_memory(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        bytes: &[u8],
    ) -> Result<Self> {
        let handle = u32::linear_lift_from_memory(cx, InterfaceType::U32, bytes)?;
        lend(cx, ty, handle)
    }
}

#[inline]
fn lend<R>(cx: &mut LiftContext<'_>, ty: InterfaceType, handle: u32) -> Result<Borrowed<R>> {
    match ty {
        InterfaceType::Borrow(table) => {
            let number = cx.guest_resource_lift_borrow(table, handle)?;
            Ok(Borrowed::new(number))
        }
        _ => bad_type_info(),
    }
}

/// A string of the guest, checked after it was copied.
///
/// wasmtime 48 checks it where it lies and copies it afterwards (`WasmStr::to_str`).
/// Where the bytes are a window's, somebody can shorten the file in between.
pub(crate) struct Text(pub(crate) String);

impl Text {
    /// # Errors
    ///
    /// If the copy is not UTF-8.
    fn new(copy: String) -> Result<Self> {
        let text = String::from_utf8(copy.into_bytes());
        text.map(Self)
            .context("a string has changed while the host copied it")
    }
}

// SAFETY: everything is that of `String`.
unsafe impl ComponentType for Text {
    type Lower = <String as ComponentType>::Lower;

    const ABI: CanonicalAbiInfo = String::ABI;
    const MAY_REQUIRE_REALLOC: bool = String::MAY_REQUIRE_REALLOC;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        String::typecheck(ty, types)
    }
}

// SAFETY: both lift a `String`, whose types were checked.
unsafe impl Lift for Text {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        Self::new(String::linear_lift_from_flat(cx, ty, src)?)
    }

    fn linear_lift_from_memory(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        bytes: &[u8],
    ) -> Result<Self> {
        Self::new(String::linear_lift_from_memory(cx, ty, bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_not_utf_8_is_refused() {
        assert_eq!(Text::new("h\u{e9}".to_owned()).unwrap().0, "h\u{e9}");
        // SAFETY: nothing looks at the string but `into_bytes`, as where the
        // bytes change while they are copied.
        let torn = unsafe { String::from_utf8_unchecked(b"h\xc3\0".to_vec()) };
        let error = Text::new(torn).err().unwrap();
        assert!(error.to_string().contains("has changed"), "{error:?}");
    }
}
