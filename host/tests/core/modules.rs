//! Modules in the text format, and ways to run them.

use anyhow::{Context, Result};
use test_host::{Host, State};
use wasmtime::{Engine, Instance, Linker, Module, Store};

/// All that a module can import, some functions of its own, and `run`, which is
/// `body`. `exports` are its memory and its realloc.
pub fn module_with(engine: &Engine, exports: &str, body: &str) -> Result<Module> {
    let text = format!(
        r#"(module
            (import "mem:mmap/mapping@0.1.0" "file-map" (func $file_map
                (param i32 i32 i32 i32 i64 i32 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "explain" (func $explain
                (param i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.size" (func $size
                (param i32) (result i64)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.read" (func $read
                (param i32 i64 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.read-u64x8" (func $read_u64x8
                (param i32 i64 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.read-many" (func $read_many
                (param i32 i32 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.write" (func $write
                (param i32 i64 i32 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.load-u8" (func $load_u8
                (param i32 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.load-u64" (func $load_u64
                (param i32 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.load-u64x8" (func $load_u64x8
                (param i32 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.store-u8" (func $store_u8
                (param i32 i64 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.flush" (func $flush
                (param i32 i32 i64 i64 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.lock" (func $lock
                (param i32 i32 i64 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.unlock" (func $unlock
                (param i32 i32 i64 i64 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.advise" (func $advise
                (param i32 i32 i64 i64 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[method]mapping.protect" (func $protect
                (param i32 i32 i64 i64 i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[static]mapping.unmap" (func $unmap
                (param i32 i32)))
            (import "mem:mmap/mapping@0.1.0" "[resource-drop]mapping" (func $drop
                (param i32)))
            (import "mem:mmap/window@0.1.0" "page-size" (func $page_size
                (result i32)))
            (import "mem:mmap/window@0.1.0" "attach" (func $attach
                (param i32 i64 i32 i32 i32)))
            (import "mem:mmap/window@0.1.0" "[method]window.check" (func $check
                (param i32 i32)))
            (import "mem:mmap/window@0.1.0" "[static]window.detach" (func $detach
                (param i32 i32)))
            (import "mem:mmap/window@0.1.0" "[resource-drop]window" (func $drop_window
                (param i32)))
            {exports}
            (global $mapping (mut i32) (i32.const 0))
            (data (i32.const 0) "file")

            ;; Traps if the result at this address is an error, aligned so.
            (func $ok (param $result i32)
                (if (i32.load8_u (local.get $result)) (then unreachable)))
            ;; Maps `file` for reading and writing.
            (func $map (result i32)
                (call $file_map (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 0)
                    (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 64))
                (call $ok (i32.const 64))
                (global.set $mapping (i32.load (i32.const 68)))
                (global.get $mapping))
            (func (export "run") {body}))"#
    );
    Ok(Module::new(engine, wat::parse_str(text)?)?)
}

/// A memory of one page, and a realloc that always returns this address.
pub const EXPORTS: &str = r#"
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#;

/// A host whose directory has the file `file`. Its memories can hold windows, so
/// that instances with functions of their own reach them without wasmtime.
pub fn host() -> Host {
    let mut host = Host::new();
    host.engine = test_host::WINDOWS_ENGINE.clone();
    host.write("file", b"0123456789abcdef".repeat(16));
    host
}

pub fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    mem_host::core::add_to_linker(&mut linker)?;
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

    /// Whether an instance's handles are not in the resource table.
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
                mem_host::core::add_to_linker_async(&mut linker)?;
                block_on(linker.instantiate_async(store, module))?
            }
            Self::WithOwnFunctions => mem_host::core::instantiate(store, &none, module)?,
            Self::WithOwnFunctionsAsync => {
                block_on(mem_host::core::instantiate_async(store, &none, module))?
            }
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

/// Runs `body` in all ways, of which each has to succeed.
#[track_caller]
pub fn succeeds(host: &Host, exports: &str, body: &str) {
    let module = module_with(&host.engine, exports, body).unwrap();
    for way in Way::ALL {
        let ran = way.run(host, &module);
        ran.with_context(|| format!("{way:?}: {body}")).unwrap();
    }
}

/// Runs `body` in all ways, of which each has to trap and say `reason`.
#[track_caller]
pub fn traps(host: &Host, exports: &str, body: &str, reason: &str) {
    let module = module_with(&host.engine, exports, body).unwrap();
    for way in Way::ALL {
        let error = format!("{:?}", way.run(host, &module).unwrap_err());
        assert!(error.contains(reason), "{way:?}: {body}: {error}");
    }
}
