//! The handle that every method takes, and strings.

use crate::linker::Handle;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, bad_type_info,
};
use wasmtime::component::{ComponentType, Lift, Resource};
use wasmtime::error::Context as _;
use wasmtime::{Result, bail};

/// A handle that a guest lends for a call.
///
/// It is what [`Resource`] is to a method, except that `Resource` looks up its
/// type at each call again, which costs more than the load of a number.
pub(crate) struct This(u32);

impl This {
    /// What finds the mapping in the table.
    #[inline]
    pub(crate) fn key(&self) -> Resource<Handle> {
        Resource::new_borrow(self.0)
    }
}

// SAFETY: a handle is a `u32` to the canonical ABI, as it is for `Resource`,
// whose types these are.
unsafe impl ComponentType for This {
    type Lower = <u32 as ComponentType>::Lower;

    const ABI: CanonicalAbiInfo = u32::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        match ty {
            InterfaceType::Borrow(_) => Resource::<Handle>::typecheck(ty, types),
            _ => bail!("expected `borrow`"),
        }
    }
}

// SAFETY: the handle is looked up in the guest's table for the type that was
// checked, by wasmtime, and lent until the call ends.
unsafe impl Lift for This {
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
fn lend(cx: &mut LiftContext<'_>, ty: InterfaceType, handle: u32) -> Result<This> {
    match ty {
        InterfaceType::Borrow(table) => cx.guest_resource_lift_borrow(table, handle).map(This),
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
