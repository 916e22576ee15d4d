//! A core module that maps a file and attaches windows to it.

use super::{OK, QUOTA_EXCEEDED};
use anyhow::Result;
use mem_host::MemView;
use std::fs;
use test_host::State;
use wasmtime::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

/// A guest of `windows.wat`.
pub struct Guest {
    pub memory: Memory,
    pub map: TypedFunc<i32, i32>,
    pub attach: TypedFunc<i32, i32>,
    pub write: TypedFunc<i32, i32>,
    pub detach: TypedFunc<i32, i32>,
    /// The last window.
    pub window: TypedFunc<(), i32>,
    pub touch: TypedFunc<i32, ()>,
}

impl Guest {
    /// A guest that has handles of its own.
    pub fn new(store: &mut Store<State>) -> Result<Self> {
        let (linker, module) = linker_and_module(store.engine())?;
        let guest = mem_host::core::instantiate(&mut *store, &linker, &module, State::mem)?;
        Self::of(store, guest)
    }

    /// A guest whose handles are in the store's table.
    pub fn with_table(store: &mut Store<State>) -> Result<Self> {
        let (linker, module) = linker_and_module(store.engine())?;
        let guest = linker.instantiate(&mut *store, &module)?;
        Self::of(store, guest)
    }

    fn of(store: &mut Store<State>, guest: Instance) -> Result<Self> {
        Ok(Self {
            memory: guest.get_memory(&mut *store, "memory").expect("exported"),
            map: guest.get_typed_func(&mut *store, "map")?,
            attach: guest.get_typed_func(&mut *store, "attach")?,
            write: guest.get_typed_func(&mut *store, "store")?,
            detach: guest.get_typed_func(&mut *store, "detach")?,
            window: guest.get_typed_func(&mut *store, "window")?,
            touch: guest.get_typed_func(&mut *store, "touch")?,
        })
    }

    /// Attaches a window at `page`, unless a quota refuses it.
    pub fn attach(&self, store: &mut Store<State>, page: i32) -> Result<Option<i32>> {
        match self.attach.call(&mut *store, page)? {
            OK => Ok(Some(self.window.call(store, ())?)),
            QUOTA_EXCEEDED => Ok(None),
            error => anyhow::bail!("{error}"),
        }
    }

    /// How many mappings of the kernel the memory takes.
    pub fn mappings_of_memory(&self, store: &Store<State>) -> Result<usize> {
        let start = self.memory.data_ptr(store).addr();
        mappings_within(start..start + self.memory.data_size(store))
    }
}

fn linker_and_module(engine: &Engine) -> Result<(Linker<State>, Module)> {
    let module = Module::new(
        engine,
        test_wit::contract().fill(include_str!("windows.wat")),
    )?;
    let mut linker = Linker::new(engine);
    mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
    Ok((linker, module))
}

/// The mappings of the kernel that start in these addresses.
fn mappings_within(addresses: std::ops::Range<usize>) -> Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let starts = maps.lines().filter_map(|line| line.split_once('-'));
    let starts = starts.filter_map(|(start, _)| usize::from_str_radix(start, 16).ok());
    Ok(starts.filter(|start| addresses.contains(start)).count())
}
