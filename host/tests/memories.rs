//! The linear memories of an engine that is prepared for windows work as
//! wasmtime's own do.

use anyhow::Result;
use mem_host::MemView;
use test_host::{Host, State};
use wasmtime::{
    Config, Engine, Instance, Linker, Memory, MemoryType, Module, Store, Trap, TypedFunc,
};

struct Guest<Index> {
    store: Store<()>,
    load: TypedFunc<Index, i32>,
    store_byte: TypedFunc<(Index, i32), ()>,
    grow: TypedFunc<Index, Index>,
    fill: TypedFunc<(Index, i32, Index), ()>,
}

impl<Index: wasmtime::WasmParams + wasmtime::WasmResults + Copy + 'static> Guest<Index>
where
    (Index, i32): wasmtime::WasmParams,
    (Index, i32, Index): wasmtime::WasmParams,
{
    /// A guest whose memory is `memory`, indexed by `index`.
    fn new(config: &Config, index: &str, memory: &str) -> Result<Self> {
        let engine = Engine::new(config)?;
        let wat = format!(
            r#"(module
                (memory {memory})
                (data ({index}.const 3) "\2a")
                (func (export "load") (param {index}) (result i32)
                    (i32.load8_u (local.get 0)))
                (func (export "store") (param {index} i32)
                    (i32.store8 (local.get 0) (local.get 1)))
                (func (export "grow") (param {index}) (result {index})
                    (memory.grow (local.get 0)))
                (func (export "fill") (param {index} i32 {index})
                    (memory.fill (local.get 0) (local.get 1) (local.get 2))))"#
        );
        let module = Module::new(&engine, wat)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        Ok(Self {
            load: instance.get_typed_func(&mut store, "load")?,
            store_byte: instance.get_typed_func(&mut store, "store")?,
            grow: instance.get_typed_func(&mut store, "grow")?,
            fill: instance.get_typed_func(&mut store, "fill")?,
            store,
        })
    }

    fn load(&mut self, index: Index) -> wasmtime::Result<i32> {
        self.load.call(&mut self.store, index)
    }

    fn store(&mut self, index: Index, byte: i32) -> wasmtime::Result<()> {
        self.store_byte.call(&mut self.store, (index, byte))
    }

    fn grow(&mut self, pages: Index) -> wasmtime::Result<Index> {
        self.grow.call(&mut self.store, pages)
    }

    /// Loads and stores at `index` trap, and so do bulk operations up to it.
    fn assert_outside(&mut self, index: Index, one: Index) {
        let results = [
            self.load(index).map(drop),
            self.store(index, 1),
            self.fill.call(&mut self.store, (index, 1, one)),
        ];
        for result in results {
            let trap = result.unwrap_err().downcast::<Trap>().unwrap();
            assert_eq!(trap, Trap::MemoryOutOfBounds);
        }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    config
}

/// Memories that must move when they grow.
fn moving() -> Config {
    let mut config = config();
    config
        .memory_reservation(0)
        .memory_reservation_for_growth(0)
        .memory_guard_size(0);
    config
}

#[test]
fn end_where_they_should_and_grow() -> Result<()> {
    for config in [config(), moving()] {
        let mut guest = Guest::<i32>::new(&config, "i32", "1 100")?;
        assert_eq!(guest.load(3)?, 42);
        let mut pages = 1;
        for more in [1, 2, 13, 60] {
            let end = pages << 16;
            assert_eq!(guest.load(end - 1)?, 0);
            for index in [end, end + 4096, 1 << 30, i32::MAX, i32::MIN, -1] {
                guest.assert_outside(index, 1);
            }
            guest.store(end - 1, pages)?;
            assert_eq!(guest.grow(more)?, pages);
            assert_eq!(guest.load(end - 1)?, pages);
            assert_eq!(guest.load(end)?, 0);
            assert_eq!(guest.load(3)?, 42);
            pages += more;
        }
        // The maximum.
        assert_eq!(guest.grow(24)?, -1);
        assert_eq!(guest.grow(23)?, 77);
        assert_eq!(guest.load((77 << 16) - 1)?, 0);
        assert_eq!(guest.load((100 << 16) - 1)?, 0);
        guest.assert_outside(100 << 16, 1);
    }
    Ok(())
}

/// The kernel can then map files by huge pages.
#[test]
fn start_at_a_multiple_of_2_mib() -> Result<()> {
    for guard in [0, 64 << 10, 2 << 20] {
        for mut config in [config(), moving()] {
            config.memory_guard_size(guard);
            let engine = Engine::new(&config)?;
            let module = Module::new(&engine, r#"(module (memory (export "memory") 40))"#)?;
            for _ in 0..4 {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[])?;
                let memory = instance.get_memory(&mut store, "memory");
                let start = memory.expect("it is exported").data_ptr(&store).addr();
                assert_eq!(start % (2 << 20), 0, "a guard of {guard}");
            }
        }
    }
    Ok(())
}

#[test]
fn of_4_gib_are_whole() -> Result<()> {
    let mut guest = Guest::<i32>::new(&config(), "i32", "1")?;
    assert_eq!(guest.grow(0xffff)?, 1);
    guest.store(-1, 7)?;
    assert_eq!(guest.load(-1)?, 7);
    assert_eq!(guest.grow(1)?, -1);
    Ok(())
}

#[test]
fn with_64_bit_addresses_move_when_they_have_to() -> Result<()> {
    let mut small = config();
    small.memory_reservation(1 << 20);
    for mut config in [config(), small, moving()] {
        config.wasm_memory64(true);
        let mut guest = Guest::<i64>::new(&config, "i64", "i64 1")?;
        let mut pages = 1;
        for more in [1, 100, 1000] {
            let end = pages << 16;
            for index in [end, end + 4096, 1 << 40, i64::MAX, i64::MIN, -1] {
                guest.assert_outside(index, 1);
            }
            guest.store(end - 1, 9)?;
            assert_eq!(guest.grow(more)?, pages);
            assert_eq!((guest.load(3)?, guest.load(end - 1)?), (42, 9));
            assert_eq!(guest.load(end)?, 0);
            pages += more;
        }
        // Much more than the machine has.
        assert_eq!(guest.grow(1 << 46)?, -1);
        assert_eq!(guest.grow(1 << 32)?, -1);
        assert_eq!(guest.load(3)?, 42);
    }
    Ok(())
}

#[test]
fn of_single_bytes_end_within_a_page() -> Result<()> {
    for mut config in [config(), moving()] {
        config.wasm_custom_page_sizes(true);
        let mut guest = Guest::<i32>::new(&config, "i32", "100 9000 (pagesize 1)")?;
        guest.store(99, 5)?;
        guest.assert_outside(100, 1);
        assert_eq!(guest.grow(5000)?, 100);
        assert_eq!((guest.load(99)?, guest.load(5099)?), (5, 0));
        guest.assert_outside(5100, 1);
        assert_eq!(guest.grow(3901)?, -1);
    }
    Ok(())
}

#[test]
fn that_cannot_be_are_errors() -> Result<()> {
    let mut config = config();
    config.wasm_memory64(true);
    let engine = Engine::new(&config)?;
    let mut store = Store::new(&engine, ());
    for pages in [1 << 32, 1 << 44, 1 << 47, (1 << 48) - 1] {
        let memory = Memory::new(&mut store, MemoryType::new64(pages, None));
        assert!(memory.is_err(), "{pages}");
    }
    // The engine goes on.
    let memory = Memory::new(&mut store, MemoryType::new(2, None))?;
    assert_eq!(memory.data(&store).len(), 2 << 16);
    assert!(memory.data(&store).iter().all(|&byte| byte == 0));
    Ok(())
}

/// wasmtime makes shared memories itself, and no pointer of a guest can point into
/// one.
#[test]
fn that_are_shared_trap_where_mem_needs_them() -> Result<()> {
    let mut config = config();
    config.wasm_threads(true).shared_memory(true);
    let engine = Engine::new(&config)?;
    let module = test_wit::contract().fill(
        r#"(module
            {import load-u8}
            (memory (export "memory") 1 1 shared)
            (func (export "run") (call $load-u8 (i32.const 1) (i64.const 0) (i32.const 0))))"#,
    );
    let module = Module::new(&engine, module)?;
    let mut linker = Linker::new(&engine);
    mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
    let mut host = Host::new();
    host.engine = engine;
    let mut store = host.store(host.mem.build());
    let instances = [
        linker.instantiate(&mut store, &module)?,
        mem_host::core::instantiate(&mut store, &linker, &module, State::mem)?,
    ];
    for instance in instances {
        let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
        let error = format!("{:?}", run.call(&mut store, ()).unwrap_err());
        assert!(error.contains("`memory` is shared"), "{error}");
    }
    Ok(())
}
