//! The matrix: each row is a guest, and each column is a surface.

use crate::{Host, Surface};
use anyhow::{Context as _, Result};
use test_artifacts::Guest;

/// Tests of guests: one for each row and surface, named
/// `row::surface`, so that one test, one row or one surface can be run alone.
///
/// A row has a name, a guest, a new [`Host`] for it, and four columns:
/// component, core module, bundle and native. A column is `yes`, or the name of
/// a constant that says why the guest does not run there. Components and core
/// modules run on a synchronous and on an asynchronous embedder. The guest has
/// to succeed, unless the row has a function more: it gets the host and the
/// guest's result, and returns the result of the test.
///
/// In `matrix!(in a child; …)` each test runs in a process of its own.
#[macro_export]
macro_rules! matrix {
    (in a child; $($rows:tt)*) => { $crate::matrix_rows!(in_a_child; $($rows)*); };
    ($($rows:tt)*) => { $crate::matrix_rows!(in_this_process; $($rows)*); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! matrix_rows {
    ($process:ident; $(
        $(#[doc = $doc:literal])*
        $row:ident: $guest:expr, $host:expr,
        [$component:ident $core_module:ident $bundle:ident $native:ident]
        $(, $check:expr)?;
    )*) => {$(
        $(#[doc = $doc])*
        mod $row {
            #[allow(unused_imports, reason = "the row may be made of paths only")]
            use super::*;

            fn run(surface: $crate::Surface) -> $crate::Result<()> {
                #[allow(unused_variables, reason = "the row may have another function")]
                let check: $crate::matrix::Check = $crate::matrix::succeeds;
                $(let check: $crate::matrix::Check = $check;)?
                $crate::matrix::run($guest, $host, surface, check)
            }

            $crate::matrix_tests!($process; $component:
                component Component, component_async ComponentAsync);
            $crate::matrix_tests!($process; $core_module:
                core_module CoreModule, core_module_async CoreModuleAsync);
            $crate::matrix_tests!($process; $bundle: bundle Bundle);
            $crate::matrix_tests!($process; $native: native Native);
        }
    )*};
}

#[doc(hidden)]
#[macro_export]
macro_rules! matrix_tests {
    (in_this_process; yes: $($test:ident $surface:ident),*) => {$(
        #[test]
        fn $test() -> $crate::Result<()> {
            run($crate::Surface::$surface)
        }
    )*};
    (in_a_child; yes: $($test:ident $surface:ident),*) => {$(
        #[test]
        fn $test() -> $crate::Result<()> {
            let test = $crate::test_child::this_test!();
            $crate::test_child::in_child(test, || run($crate::Surface::$surface))
        }
    )*};
    ($process:ident; $why_not:ident: $($test:ident $surface:ident),*) => {
        const _: &str = $why_not;
    };
}

/// Tests of functions that do more than run one guest: `function::surface` for
/// each function and surface. The functions get the [`Surface`].
///
/// In `tests_on!(in a child; …)` each test runs in a process of its own.
#[macro_export]
macro_rules! tests_on {
    (in a child; $($functions:tt)*) => { $crate::tests_of!(in_a_child; $($functions)*); };
    ($($functions:tt)*) => { $crate::tests_of!(in_this_process; $($functions)*); };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tests_of {
    ($process:ident; $($function:ident: [$($surface:ident)*];)*) => {$(
        mod $function {
            use super::$function as run;
            $($crate::tests_of!(@$process $surface);)*
        }
    )*};
    (@$process:ident component) => { $crate::matrix_tests!($process; yes: component Component); };
    (@$process:ident core_module) => {
        $crate::matrix_tests!($process; yes: core_module CoreModule);
    };
    (@$process:ident bundle) => { $crate::matrix_tests!($process; yes: bundle Bundle); };
}

/// Makes the result of a test of the guest's result.
#[doc(hidden)]
pub type Check = fn(&Host, Result<()>) -> Result<()>;

/// What rows without a function of their own expect.
#[doc(hidden)]
pub fn succeeds(_host: &Host, result: Result<()>) -> Result<()> {
    result
}

#[doc(hidden)]
pub fn run(guest: Guest, mut host: Host, surface: Surface, check: Check) -> Result<()> {
    host.surface = surface;
    let result = host.run(guest);
    check(&host, result).with_context(|| format!("{} as {surface:?}", guest.name))
}
