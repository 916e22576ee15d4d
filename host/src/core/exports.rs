//! What the calling module exports for the host.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use wasmtime::error::Context as _;
use wasmtime::{AsContextMut, Caller, Extern, Instance, Memory, Result, TypedFunc, bail};

const MEMORY: &str = "memory";
/// The first of these that a module has.
const REALLOC: [&str; 2] = ["cabi_import_realloc", "cabi_realloc"];

/// A guest's realloc: old pointer, old size, alignment and new size to pointer.
pub(super) type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

/// How a function finds the exports of the module that calls it.
pub(super) trait Find: Clone + Send + Sync + 'static {
    /// Calls `run` with the exports.
    ///
    /// # Errors
    ///
    /// If there is no calling module, or its memory is none that fits.
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R>;
}

/// The exports of a module.
#[derive(Clone, Copy)]
pub(super) struct Exports<'a> {
    pub(super) memory: &'a Memory,
    realloc: Option<&'a Realloc>,
}

impl<'a> Exports<'a> {
    /// The module's realloc, which is looked up if it is not known.
    #[inline]
    pub(super) fn realloc<T: 'static>(
        &self,
        caller: &mut Caller<'_, T>,
    ) -> Result<Cow<'a, Realloc>> {
        match self.realloc {
            Some(known) => Ok(Cow::Borrowed(known)),
            None => Ok(Cow::Owned(realloc(caller)?)),
        }
    }
}

fn realloc<T: 'static>(caller: &mut Caller<'_, T>) -> Result<Realloc> {
    let export = REALLOC.iter().find_map(|name| caller.get_export(name));
    let Some(Extern::Func(function)) = export else {
        bail!("the module does not export a function `cabi_realloc`");
    };
    let realloc = function.typed(caller);
    realloc.context("the module's `cabi_realloc` has the wrong type")
}

/// Looks the exports up by their names at each call, which takes longer than
/// most calls do otherwise.
#[derive(Clone, Copy)]
pub(super) struct ByName;

impl Find for ByName {
    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R> {
        match &caller.get_export(MEMORY) {
            Some(Extern::Memory(memory)) if memory.ty(&*caller).is_64() => {
                bail!("the module's `memory` is a 64-bit memory")
            }
            Some(Extern::Memory(memory)) => {
                let realloc = None;
                run(caller, Exports { memory, realloc })
            }
            Some(Extern::SharedMemory(_)) => bail!("the module's `memory` is shared"),
            _ => bail!("no module calls that exports a memory `memory`"),
        }
    }
}

/// The exports of the one instance that has the functions, whoever it lets
/// call them: the canonical ABI, too, ties a function to a memory. Until it is
/// known they are looked up by name.
#[derive(Clone, Default)]
pub(super) struct OfInstance(Arc<OnceLock<Known>>);

struct Known {
    memory: Memory,
    realloc: Option<Realloc>,
}

impl OfInstance {
    /// Makes the instance known. What it lacks is told at the call that needs
    /// it.
    pub(super) fn know(&self, mut store: impl AsContextMut, instance: Instance) {
        let Some(memory) = instance.get_memory(&mut store, MEMORY) else {
            return;
        };
        if memory.ty(&store).is_64() {
            return;
        }
        let realloc = REALLOC
            .iter()
            .find_map(|name| instance.get_export(&mut store, name))
            .and_then(Extern::into_func)
            .and_then(|realloc| realloc.typed(&store).ok());
        // Nobody else has this to set it before.
        let _ = self.0.set(Known { memory, realloc });
    }
}

impl Find for OfInstance {
    #[inline]
    fn with<T: 'static, R>(
        &self,
        caller: &mut Caller<'_, T>,
        run: impl Fn(&mut Caller<'_, T>, Exports<'_>) -> Result<R>,
    ) -> Result<R> {
        let Some(known) = self.0.get() else {
            return ByName.with(caller, run);
        };
        let exports = Exports {
            memory: &known.memory,
            realloc: known.realloc.as_ref(),
        };
        run(caller, exports)
    }
}
