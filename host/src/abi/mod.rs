//! How a guest's arguments become Rust values, and how results go back.
//!
//! [`lift`] and [`lower`] do it for components, whose values wasmtime checks.
//! [`flat`] and [`store`] do it for core modules, by the rules of the canonical ABI.

pub(crate) mod flat;
pub(crate) mod lift;
pub(crate) mod lower;
pub(crate) mod store;

pub(crate) use self::flat::FromCoreList;
pub(crate) use self::lift::FromComponentList;
pub(crate) use self::lower::ToComponent;
pub(crate) use self::store::ToCore;

/// The arguments of a function that every kind of guest can call.
pub(crate) trait Arguments: FromComponentList + FromCoreList {}

impl<A: FromComponentList + FromCoreList> Arguments for A {}

/// The value of a `result` that every kind of guest can get.
pub(crate) trait Returned: ToComponent + ToCore {}

impl<R: ToComponent + ToCore> Returned for R {}
