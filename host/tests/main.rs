//! What the host promises, each promise met by a real guest.
//!
//! A guest runs on each surface that can keep the promise, by a row of a matrix
//! (see `test_host::matrix`). So `cargo test --release --test host empty_file`
//! runs one guest everywhere, and `… --test host core_module` all guests as
//! core modules.

#![cfg(unix)]

mod contexts;
mod core;
mod directory;
mod embed;
mod memories;
mod messages;
mod polyfill;
mod quotas;
mod resources;
mod rules;
mod sandbox;
mod sdk;
mod shrinking;
mod suites;
mod wasi_writes;
mod windows;
mod windows_sdk;

mod bus_errors;
mod calls;
mod concurrency;
mod delays;
mod interrupted;
mod native;
mod spans;

#[cfg(target_os = "linux")]
mod attacks;
#[cfg(target_os = "linux")]
mod file_systems;
#[cfg(target_os = "linux")]
mod map_limit;

mod why_not;

/// The guests. One that no test names is not used, and fails the build.
#[deny(dead_code)]
mod guests {
    macro_rules! guest {
        ($name:ident) => {
            pub(crate) const $name: test_artifacts::Guest = test_artifacts::$name;
        };
    }
    test_artifacts::foreach_host_guest!(guest);
}
