//! Arbitrary modules that import everything. Whatever they do, the host lives,
//! files that are granted for reading do not change, and nothing stays mapped.

mod tamer;

use self::tamer::{tamed_imports, tamer};
use crate::files::{Files, pattern};
use crate::input::page;
use crate::state::{State, config};
use arbitrary::{Arbitrary, Unstructured};
use mem_host::{FsPerms, MemCtx, MemCtxBuilder, MemView};
use test_wit::contract;
use wasm_smith::{InstructionKind, InstructionKinds, Module as Generated};
use wasmtime::{Engine, Instance, InstancePre, Linker, Module, OptLevel, Store, Val};

/// A module that calls the host itself. It exports what the host needs, and what
/// this target calls.
const UNTAMED: &str = r#"(module {imports}
    (memory (export "memory") 1 4)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "run") unreachable)
    (func (export "run-with-result") (result i32) unreachable))"#;

/// What follows the functions of the tamer in a module that calls them. The tamer
/// has its memory and its realloc.
const TAMED_EXPORTS: &str = r#"
    (import "tamer" "memory" (memory 4 6))
    (func (export "run") unreachable)
    (func (export "run-with-result") (result i32) unreachable)"#;

struct Host {
    engine: Engine,
    linker: Linker<State>,
    /// Stands between the host and modules that would seldom call it well.
    tamer: InstancePre<State>,
    files: Files,
    grants: MemCtxBuilder,
    /// What modules look like that call the host themselves.
    untamed_shape: Vec<u8>,
    /// What modules look like that call the tamer.
    tamed_shape: Vec<u8>,
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Runs the module that `data` describes.
///
/// # Panics
///
/// If it harms the host.
pub fn run(data: &[u8]) {
    HOST.with(|host| host.run(data).unwrap_or_default());
}

impl Host {
    fn new() -> Self {
        let mut config = config();
        mem_host::enable_windows(&mut config)
            .consume_fuel(true)
            .cranelift_opt_level(OptLevel::None);
        let engine = Engine::new(&config).unwrap();
        let mut linker = Linker::new(&engine);
        mem_host::core::add_to_linker_sync(&mut linker, State::mem).unwrap();
        let files = Files::new();
        let mut grants = MemCtx::builder();
        for (dir, name, access) in [
            ("ro", ".", FsPerms::ReadOnly),
            ("rw", "/", FsPerms::ReadWrite),
        ] {
            grants.preopened_dir(files.path(dir), name, access).unwrap();
        }
        grants
            .max_mapped_bytes(1 << 20)
            .max_private_bytes(1 << 20)
            .max_locked_bytes(1 << 15)
            .max_mappings(16)
            .max_windows(4);
        // SAFETY: nobody else knows the directory. Only this thread writes its
        // files: through its guests, and while none of them runs.
        unsafe { grants.allow_windows(true) };
        let tamer = Module::new(&engine, wat::parse_str(tamer()).unwrap()).unwrap();
        let tamed_shape = format!("(module {} {TAMED_EXPORTS})", tamed_imports());
        Self {
            tamer: linker.instantiate_pre(&tamer).unwrap(),
            engine,
            linker,
            files,
            grants,
            untamed_shape: wat::parse_str(contract().fill(UNTAMED)).unwrap(),
            tamed_shape: wat::parse_str(tamed_shape).unwrap(),
        }
    }

    fn run(&self, data: &[u8]) -> arbitrary::Result<()> {
        let mut u = Unstructured::new(data);
        let is_tamed = u.ratio(3, 4)?;
        let opening: Opening = u.arbitrary()?;
        let shape = if is_tamed {
            &self.tamed_shape
        } else {
            &self.untamed_shape
        };
        let config = wasm_smith::Config {
            module_shape: Some(shape.clone()),
            max_funcs: 4,
            max_instructions: 200,
            // Without most of arithmetic, which has so many instructions that few
            // would be calls.
            allowed_instructions: InstructionKinds::new(&[
                InstructionKind::Control,
                InstructionKind::Memory,
                InstructionKind::NumericInt,
                InstructionKind::Parametric,
                InstructionKind::Variable,
            ]),
            max_memory32_bytes: 4 << 16,
            threads_enabled: false,
            shared_everything_threads_enabled: false,
            gc_enabled: false,
            reference_types_enabled: false,
            exceptions_enabled: false,
            simd_enabled: false,
            relaxed_simd_enabled: false,
            memory64_enabled: false,
            custom_page_sizes_enabled: false,
            wide_arithmetic_enabled: false,
            allow_start_export: false,
            // Otherwise most modules would end before their first call.
            disallow_traps: is_tamed,
            max_memories: 1,
            ..Default::default()
        };
        let generated = Generated::new(config, &mut u)?;
        let Ok(module) = Module::new(&self.engine, generated.to_bytes()) else {
            return Ok(());
        };
        let bytes = pattern(2 * page() + 100, 7);
        self.files.set("ro/ab", Some(&bytes));
        self.files.set("rw/a", Some(&bytes));
        let mut store = Store::new(&self.engine, State::new(self.grants.build()));
        store.set_fuel(20_000).unwrap();
        let instance = if is_tamed {
            self.instantiate_tamed(&mut store, &module, opening)
        } else {
            self.linker.instantiate(&mut store, &module)
        };
        if let Ok(instance) = instance {
            for name in ["run", "run-with-result"] {
                let function = instance.get_func(&mut store, name).unwrap();
                let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
                // Most calls trap.
                let _ = function.call(&mut store, &[], &mut results);
            }
        }
        drop(store);
        assert!(self.files.get("ro/ab").as_deref() == Some(&bytes));
        self.files.check_unmapped();
        Ok(())
    }

    fn instantiate_tamed(
        &self,
        store: &mut Store<State>,
        module: &Module,
        opening: Opening,
    ) -> wasmtime::Result<Instance> {
        let tamer = self.tamer.instantiate(&mut *store)?;
        let functions = contract().core_functions();
        let maps = opening.maps.map(|number| ("file-map", number));
        let calls = opening.calls.iter().map(|(function, number)| {
            let function = &functions[usize::from(*function) % functions.len()];
            (function.operation.as_str(), *number)
        });
        for (name, number) in maps.into_iter().chain(calls) {
            let function = tamer.get_typed_func::<i32, i32>(&mut *store, name)?;
            // A call with an unknown handle traps.
            let _ = function.call(&mut *store, number);
        }
        let imports = module.imports();
        let imports = imports.map(|import| tamer.get_export(&mut *store, import.name()).unwrap());
        let imports: Vec<_> = imports.collect();
        Instance::new(store, module, &imports)
    }
}

/// The calls that go through the tamer before the module runs, because few
/// modules would map a file first.
#[derive(Arbitrary, Debug)]
struct Opening {
    maps: [i32; 3],
    calls: [(u8, i32); 12],
}
