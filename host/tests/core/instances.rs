//! Several instances, and what belongs to each.

use super::modules::{EXPORTS, Way, host, linker, module_with, succeeds};
use anyhow::Result;
use mem_host::MemView;
use test_host::{Host, State};
use wasmtime::{Linker, Module};

/// A library for `wasm32-unknown-unknown` that uses the SDK.
#[test]
fn without_wasi() -> Result<()> {
    let path = test_artifacts::TEST_GUESTS_CORE;
    let mut host = Host::new();
    host.mem.max_mapped_bytes(1 << 20);
    let module = Module::from_file(&host.engine, path)?;
    assert!(
        module
            .imports()
            .all(|import| import.module().starts_with("mem:mmap/")),
        "the host needs nothing but mem"
    );
    for way in [Way::Linked, Way::WithOwnFunctions] {
        let mut store = host.store(host.mem.build());
        let instance = way.instantiate(&mut store, &module)?;
        let guest = instance.get_typed_func::<(), u64>(&mut store, "write_and_sum")?;
        let sum = guest.call(&mut store, ())?;
        let file = host.read("file");
        assert_eq!(file.len(), 100_000);
        assert_eq!(file[3..11], [0xff; 8]);
        assert_eq!(
            file[11..600],
            (11..600).map(|i| (i % 251) as u8).collect::<Vec<_>>()
        );
        let expected: u64 = file[1..].iter().map(|&byte| u64::from(byte)).sum();
        assert_eq!(sum, expected);
        std::fs::remove_file(host.path("file"))?;
    }
    Ok(())
}

/// Results go to the memory of the calling module, even when more modules take
/// turns than any cache has room for. Modules of one linker share a handle.
#[test]
fn results_go_to_the_caller() -> Result<()> {
    let host = host();
    for way in [Way::Linked, Way::WithOwnFunctions] {
        let mut store = host.store(host.mem.build());
        let mut instances = Vec::new();
        for number in 0..20 {
            let exports = format!(
                r#"(memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (i32.const {}))
                (func (export "read") (param i32 i64)
                    (call $read (local.get 0) (local.get 1) (i64.const 1) (i32.const 64)))
                (export "map" (func $map))"#,
                1024 + number
            );
            let module = module_with(&host.engine, &exports, "")?;
            // Two of each.
            for _ in 0..2 {
                instances.push((number, way.instantiate(&mut store, &module)?));
            }
        }
        let mut handles = Vec::new();
        for (_, instance) in &instances {
            let shared = handles.first().filter(|_| !way.has_own_handles()).copied();
            let map = instance.get_typed_func::<(), u32>(&mut store, "map")?;
            handles.push(match shared {
                Some(handle) => handle,
                None => map.call(&mut store, ())?,
            });
        }
        for round in 0..3 {
            for (index, (number, instance)) in instances.iter().enumerate() {
                let offset = (index + round) as u64;
                let read = instance.get_typed_func::<(u32, u64), ()>(&mut store, "read")?;
                read.call(&mut store, (handles[index], offset))?;
                let memory = instance.get_memory(&mut store, "memory").unwrap();
                let memory = memory.data(&store);
                let expected = b"0123456789abcdef"[offset as usize % 16];
                assert_eq!(memory[1024 + number], expected, "{way:?} {index} {round}");
                assert_eq!(memory[64], 0);
                assert_eq!(memory[68..72], (1024 + *number as u32).to_le_bytes());
            }
        }
    }
    Ok(())
}

/// An instance with its own functions has its own handles, and no others.
#[test]
fn handles_of_another_instance() -> Result<()> {
    let host = host();
    let mut store = host.store(host.mem.build());
    let module = module_with(&host.engine, EXPORTS, "(drop (call $map))")?;
    let mapped = Way::WithOwnFunctions.instantiate(&mut store, &module)?;
    let map = mapped.get_typed_func::<(), ()>(&mut store, "run")?;
    map.call(&mut store, ())?;
    for way in [Way::WithOwnFunctions, Way::Linked] {
        let body = "(drop (call $size (i32.const 1)))";
        let module = module_with(&host.engine, EXPORTS, body)?;
        let other = way.instantiate(&mut store, &module)?;
        let guess = other.get_typed_func::<(), ()>(&mut store, "run")?;
        let error = format!("{:?}", guess.call(&mut store, ()).unwrap_err());
        assert!(error.contains("unknown handle index 1"), "{way:?}: {error}");
    }
    Ok(())
}

/// Bindings generators do the same. A module can then distinguish the lists that
/// it asks for from the lists that others pass to it.
#[test]
fn the_realloc_for_imports_goes_first() {
    let exports = r#"
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32)
            (if (i32.or (local.get 0) (local.get 1)) (then unreachable))
            (if (i32.ne (local.get 2) (i32.const 1)) (then unreachable))
            (i32.store (i32.const 512)
                (i32.add (i32.load (i32.const 512)) (i32.add (i32.const 1000) (local.get 3))))
            (i32.const 1024))"#;
    // The host calls it once for each list, even for an empty one.
    let body = "
        (call $read (call $map) (i64.const 0) (i64.const 16) (i32.const 64))
        (call $read (global.get $mapping) (i64.const 0) (i64.const 0) (i32.const 64))
        (call $ok (i32.const 64))
        (if (i32.ne (i32.load (i32.const 512)) (i32.const 2016)) (then unreachable))
        ;; The host does not call it for an error.
        (call $read (global.get $mapping) (i64.const 250) (i64.const 10) (i32.const 64))
        (if (i32.ne (i32.load16_u (i32.const 64)) (i32.const 0x0001)) (then unreachable))
        (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 4)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 512)) (i32.const 2016)) (then unreachable))";
    succeeds(&host(), exports, body);
}

/// The functions work while the start function runs, before the instance is
/// known.
#[test]
fn a_start_function_maps() {
    let exports = format!("{EXPORTS} (func $start {START}) (start $start)");
    const START: &str = "
        (call $read (call $map) (i64.const 0) (i64.const 16) (i32.const 64))
        (call $ok (i32.const 64))";
    let body = "(if (i64.ne (i64.load (i32.const 1024)) (i64.const 0x3736353433323130))
            (then unreachable))
        (call $drop-mapping (global.get $mapping))";
    succeeds(&host(), &exports, body);
}

#[test]
fn a_linker_takes_the_functions_once() -> Result<()> {
    let host = host();
    let mut linker = linker(&host.engine)?;
    assert!(mem_host::core::add_to_linker_sync(&mut linker, State::mem).is_err());
    assert!(mem_host::core::add_to_linker_async(&mut linker, State::mem).is_err());
    // An instance's own functions take their place.
    let module = module_with(&host.engine, EXPORTS, "(drop (call $map))")?;
    let mut store = host.store(host.mem.build());
    mem_host::core::instantiate(&mut store, &linker, &module, State::mem)?;
    // They do not replace other functions that are missing.
    let other = wat::parse_str(r#"(module (import "other" "function" (func)))"#)?;
    let other = Module::new(&host.engine, other)?;
    let none = Linker::new(&host.engine);
    assert!(mem_host::core::instantiate(&mut store, &none, &other, State::mem).is_err());
    Ok(())
}
