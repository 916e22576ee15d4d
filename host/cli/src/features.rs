//! What this build lacks because a Cargo feature is off.

use anyhow::Error;

/// The error of a user who asks for `what`, which the Cargo feature `feature`
/// adds.
pub fn missing(what: &str, feature: &str) -> Error {
    anyhow::anyhow!(
        "{what} needs the feature `{feature}`, which this build of wasmtime-mem does not have: \
         install it with `cargo install wasmtime-mem --features {feature}`"
    )
}

/// Checks that this build has what the options ask for. `wasmtime-cli` ignores
/// some of them without the feature, and does not name it for others.
///
/// Call this after the options have been parsed by `CommonOptions::config`.
#[cfg(not(feature = "full"))]
pub fn check(command: &wasmtime_cli::commands::RunCommand) -> anyhow::Result<()> {
    let options = &command.run.common;
    let is_on = |option| option == Some(true);
    let winch = options.codegen.compiler == Some(wasmtime::Strategy::Winch);
    for (asked, option) in [
        (winch, "`-C compiler=winch`"),
        (options.debug.coredump.is_some(), "`-D coredump`"),
        (is_on(options.debug.log_to_files), "`-D log-to-files`"),
        (command.run.profile.is_some(), "`--profile`"),
        (is_on(options.wasi.config), "`-S config`"),
        (is_on(options.wasi.http), "`-S http`"),
        (is_on(options.wasi.keyvalue), "`-S keyvalue`"),
        (is_on(options.wasi.nn), "`-S nn`"),
        (is_on(options.wasi.p3), "`-S p3`"),
        (is_on(options.wasi.tls), "`-S tls`"),
        (
            is_on(options.wasm.component_model_async),
            "`-W component-model-async`",
        ),
    ] {
        if asked {
            return Err(missing(option, "full"));
        }
    }
    Ok(())
}

/// Checks nothing: this build has all there is.
#[cfg(feature = "full")]
pub fn check(_: &wasmtime_cli::commands::RunCommand) -> anyhow::Result<()> {
    Ok(())
}

/// Why a component that cannot be compiled may need the feature `full`.
///
/// Components of WASI 0.3 use asynchronous functions, which a build without the
/// feature refuses as invalid.
pub fn explain(error: Error) -> Error {
    if !cfg!(feature = "full") && format!("{error:#}").contains("component model async") {
        return error.context(missing(
            "this component is asynchronous, as in WASI 0.3; it",
            "full",
        ));
    }
    error
}
