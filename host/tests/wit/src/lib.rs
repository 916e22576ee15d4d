//! Reads the contract from `wit/`, so that no test spells it out again.
//!
//! [`contract`] lists every function with the signature that the canonical ABI
//! gives it in a core module. [`Contract::fill`] writes these signatures into
//! modules and components in the text format.

mod component;
mod contract;
mod function;
mod parameter;
mod result;
mod template;
#[cfg(test)]
mod tests;

pub use contract::{Contract, contract};
pub use function::Function;
pub use parameter::{Parameter, Role, Type};
pub use result::{Place, Returns, Value};
