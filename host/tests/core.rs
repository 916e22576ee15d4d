//! Guests that are core modules: the tests of other files again, which run
//! their guests as core modules here (see `test_host::Kind`), and what only core
//! modules can do.

#[path = "asynchronous.rs"]
mod asynchronous;
#[path = "contexts.rs"]
mod contexts;
#[path = "core/hostile.rs"]
mod hostile;
#[path = "core/instances.rs"]
mod instances;
#[path = "core/modules.rs"]
mod modules;
#[path = "core/reallocs.rs"]
mod reallocs;
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

#[test]
fn guests_are_core_modules_here() {
    assert_eq!(test_host::Kind::of_this_test(), test_host::Kind::CoreModule);
}
