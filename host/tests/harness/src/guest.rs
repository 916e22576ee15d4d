//! Guests that are compiled.

use crate::{State, core};
use anyhow::{Context as _, Result, bail};
use mem_host::MemView;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Module, Store};
use wasmtime_wasi::p2::bindings;

/// Where a guest runs. All tests run it as a component, unless they say
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// As a component, for WASI 0.2.
    Component,
    /// As a component on an asynchronous embedder.
    ComponentAsync,
    /// As a core module, for WASI 0.1.
    CoreModule,
    /// As a core module on an asynchronous embedder.
    CoreModuleAsync,
    /// As a component with the polyfill in it, on a host without mem.
    Bundle,
    /// As a program of this machine, without a host.
    Native,
}

impl Surface {
    /// What a host with mem runs, synchronously.
    pub const WITH_MEM: [Self; 2] = [Self::Component, Self::CoreModule];
    /// What any host runs, synchronously.
    pub const WITH_HOST: [Self; 3] = [Self::Component, Self::CoreModule, Self::Bundle];

    /// The surface on a synchronous embedder, which compiles the same.
    fn synchronous(self) -> Self {
        match self {
            Self::ComponentAsync => Self::Component,
            Self::CoreModuleAsync => Self::CoreModule,
            other => other,
        }
    }
}

/// A guest that is compiled, for many stores.
#[derive(Clone)]
pub enum Compiled {
    /// For WASI 0.2.
    Component(Component),
    /// For WASI 0.1.
    CoreModule(Module),
    /// With the polyfill in it.
    Bundle(Component),
}

/// Guests that were compiled last, which the next tests may run as well: the
/// tests of a row are neighbours.
static LAST: Mutex<Vec<Arc<Entry>>> = Mutex::new(Vec::new());

/// How many guests are kept.
const KEPT: usize = 8;

struct Entry {
    engine: Engine,
    surface: Surface,
    guest: &'static str,
    /// Other tests wait while the guest is compiled.
    compiled: Mutex<Option<Compiled>>,
}

impl Entry {
    /// The entry of the guest, which may be a new one.
    fn find(engine: &Engine, surface: Surface, guest: test_artifacts::Guest) -> Arc<Self> {
        let surface = surface.synchronous();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let found = last.iter().position(|entry| {
            Engine::same(&entry.engine, engine)
                && (entry.surface, entry.guest) == (surface, guest.name)
        });
        let entry = match found {
            Some(index) => last.remove(index),
            None => Arc::new(Self {
                engine: engine.clone(),
                surface,
                guest: guest.name,
                compiled: Mutex::new(None),
            }),
        };
        last.insert(0, entry.clone());
        last.truncate(KEPT);
        entry
    }
}

impl Compiled {
    /// Compiles the guest for this surface, unless it was compiled just before.
    ///
    /// # Errors
    ///
    /// If it cannot be compiled, as nothing can that runs natively.
    pub fn new(engine: &Engine, surface: Surface, guest: test_artifacts::Guest) -> Result<Self> {
        let entry = Entry::find(engine, surface, guest);
        let mut compiled = entry
            .compiled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = &*compiled {
            return Ok(compiled.clone());
        }
        let new = Self::compile(engine, surface, guest)?;
        *compiled = Some(new.clone());
        Ok(new)
    }

    fn compile(engine: &Engine, surface: Surface, guest: test_artifacts::Guest) -> Result<Self> {
        Ok(match surface {
            Surface::Component | Surface::ComponentAsync => {
                Self::Component(component(engine, guest)?)
            }
            Surface::CoreModule | Surface::CoreModuleAsync => {
                Self::CoreModule(Module::from_file(engine, guest.core_module)?)
            }
            Surface::Bundle => {
                let bundle = mem_polyfill::plug(std::fs::read(guest.component)?)?;
                Self::Bundle(Component::new(engine, bundle)?)
            }
            Surface::Native => bail!("no engine runs it"),
        })
    }

    /// Runs it in a store that outlives it.
    ///
    /// # Errors
    ///
    /// If the guest traps or exits with a failure.
    pub fn run(&self, store: &mut Store<State>) -> Result<()> {
        let mut linker = Linker::new(store.engine());
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        let component = match self {
            Self::Component(component) => {
                mem_host::add_to_linker_sync(&mut linker, State::mem)?;
                mem_host::wasi::finish_writes(&mut linker)?;
                component
            }
            Self::CoreModule(module) => return core::run(store, module),
            Self::Bundle(component) => component,
        };
        let command = bindings::sync::Command::instantiate(&mut *store, component, &linker)?;
        let result = command.wasi_cli_run().call_run(store)?;
        result.ok().context("the guest exits with a failure")
    }

    /// Like [`run`](Self::run), on an asynchronous embedder.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn run_async(&self, store: &mut Store<State>) -> Result<()> {
        let mut linker = Linker::new(store.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let component = match self {
            Self::Component(component) => {
                mem_host::add_to_linker_async(&mut linker, State::mem)?;
                mem_host::wasi::finish_writes(&mut linker)?;
                component
            }
            Self::CoreModule(module) => return core::run_async(store, module).await,
            Self::Bundle(component) => component,
        };
        let command = bindings::Command::instantiate_async(&mut *store, component, &linker).await?;
        let result = command.wasi_cli_run().call_run(store).await?;
        result.ok().context("the guest exits with a failure")
    }
}

/// Compiles the guest as a component.
///
/// # Errors
///
/// If it cannot be compiled.
pub fn component(engine: &Engine, guest: test_artifacts::Guest) -> Result<Component> {
    Ok(Component::from_file(engine, guest.component)?)
}
