//! Guests that are core modules: the tests of other files again, which run
//! their guests as core modules here (see `common::Kind`), and what only core
//! modules can do.

#![allow(clippy::duplicate_mod, reason = "each file has its own `common`")]

#[path = "asynchronous.rs"]
mod asynchronous;
mod common;
#[path = "contexts.rs"]
mod contexts;
#[path = "core/hostile.rs"]
mod hostile;
#[path = "core/instances.rs"]
mod instances;
#[path = "core/modules.rs"]
mod modules;
#[path = "rules.rs"]
mod rules;
#[path = "sdk.rs"]
mod sdk;
#[path = "suites.rs"]
mod suites;
#[path = "windows.rs"]
mod windows;
#[path = "windows_sdk.rs"]
mod windows_sdk;
