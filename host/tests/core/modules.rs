//! Modules in the text format, and ways to run them.

use anyhow::{Context, Result};
use mem_host::MemView;
use test_host::{Host, State};
use wasmtime::{Engine, Instance, Linker, Module, Store};

/// A module that imports all functions of the contract, has some of its own, and
/// exports `run`, which is `body`. `exports` are its memory and its realloc.
pub fn module_with(engine: &Engine, exports: &str, body: &str) -> Result<Module> {
    let text = format!(
        r#"(module
            {{imports}}
            {exports}
            (global $mapping (mut i32) (i32.const 0))
            (data (i32.const 0) "file")

            ;; Traps if the result at this address is an error.
            (func $ok (param $result i32)
                (if (i32.load8_u (local.get $result)) (then unreachable)))
            ;; Maps `file` for reading and writing.
            (func $map (result i32)
                (call $file-map (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 0)
                    (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
                (call $ok (i32.const 64))
                (global.set $mapping (i32.load (i32.const 68)))
                (global.get $mapping))
            (func (export "run") {body}))"#
    );
    let text = test_wit::contract().fill(&text);
    Ok(Module::new(engine, wat::parse_str(text)?)?)
}

/// A memory of one page, and a realloc that always returns this address.
pub const EXPORTS: &str = r#"
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#;

/// A host whose directory has the file `file`. Its memories can hold windows, so
/// an instance with its own functions reaches its memory without wasmtime.
pub fn host() -> Host {
    let mut host = Host::new();
    host.engine = test_host::WINDOWS_ENGINE.clone();
    host.write("file", b"0123456789abcdef".repeat(16));
    host
}

pub fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
    Ok(linker)
}

/// How a module is linked and called.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Linked,
    LinkedAsync,
    WithOwnFunctions,
    WithOwnFunctionsAsync,
}

impl Way {
    pub const ALL: [Self; 4] = [
        Self::Linked,
        Self::LinkedAsync,
        Self::WithOwnFunctions,
        Self::WithOwnFunctionsAsync,
    ];

    /// Whether an instance keeps its handles outside the resource table.
    pub fn has_own_handles(self) -> bool {
        matches!(self, Self::WithOwnFunctions | Self::WithOwnFunctionsAsync)
    }

    pub fn is_async(self) -> bool {
        matches!(self, Self::LinkedAsync | Self::WithOwnFunctionsAsync)
    }

    pub fn instantiate(self, store: &mut Store<State>, module: &Module) -> Result<Instance> {
        let none = Linker::new(store.engine());
        Ok(match self {
            Self::Linked => linker(store.engine())?.instantiate(store, module)?,
            Self::LinkedAsync => {
                let mut linker = Linker::new(store.engine());
                mem_host::core::add_to_linker_async(&mut linker, State::mem)?;
                block_on(linker.instantiate_async(store, module))?
            }
            Self::WithOwnFunctions => {
                mem_host::core::instantiate(store, &none, module, State::mem)?
            }
            Self::WithOwnFunctionsAsync => block_on(mem_host::core::instantiate_async(
                store,
                &none,
                module,
                State::mem,
            ))?,
        })
    }

    pub fn call(self, store: &mut Store<State>, instance: Instance, name: &str) -> Result<()> {
        let function = instance.get_typed_func::<(), ()>(&mut *store, name)?;
        if self.is_async() {
            block_on(function.call_async(store, ()))?;
        } else {
            function.call(store, ())?;
        }
        Ok(())
    }

    /// Runs the module in a new store.
    pub fn run(self, host: &Host, module: &Module) -> Result<()> {
        let mut store = host.store(host.mem.build());
        let instance = self.instantiate(&mut store, module)?;
        self.call(&mut store, instance, "run")
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// Runs `body` in all ways. Each must succeed.
#[track_caller]
pub fn succeeds(host: &Host, exports: &str, body: &str) {
    let module = module_with(&host.engine, exports, body).unwrap();
    for way in Way::ALL {
        let ran = way.run(host, &module);
        ran.with_context(|| format!("{way:?}: {body}")).unwrap();
    }
}

/// Runs `body` in all ways. Each must trap and say `reason`.
#[track_caller]
pub fn traps(host: &Host, exports: &str, body: &str, reason: &str) {
    let module = module_with(&host.engine, exports, body).unwrap();
    for way in Way::ALL {
        let error = format!("{:?}", way.run(host, &module).unwrap_err());
        assert!(error.contains(reason), "{way:?}: {body}: {error}");
    }
}
