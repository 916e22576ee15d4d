//! What only core modules can do: they link against functions, and not against
//! interfaces, and break the canonical ABI if they want to.

mod hostile;
mod instances;
pub mod modules;
mod reallocs;
