//! The command, run as a user runs it.

mod common;

mod bundle;
mod calls;
mod core;
mod durability;
mod examples;
mod examples_windows;
mod languages;
mod messages;
mod new;
mod readme;
mod run;
mod unchanged;
mod wasi;

/// The guests that only these tests run. One that no test names is not used,
/// and fails the build.
#[deny(dead_code)]
mod guests {
    macro_rules! guest {
        ($name:ident) => {
            pub(crate) const $name: test_artifacts::Guest = test_artifacts::$name;
        };
    }
    test_artifacts::foreach_command_guest!(guest);
}
