//! The handle that every method takes.

use crate::linker::Handle;
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, bad_type_info,
};
use wasmtime::component::{ComponentType, Lift, Resource};
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
