//! The guests' calls. All of them come through here, whether components or core
//! modules make them, to be counted and traced.

mod account;
mod explanations;
mod ledger;
mod mapped;
mod trace;

pub(crate) use self::account::Account;
pub(crate) use self::ledger::Ledger;
pub(crate) use self::mapped::{Handle, Mapped, outcome};
pub(crate) use self::trace::{CallTimer, FileMapCall};
