//! Attacks on a host with windows. Each once made a host die, hang, or hold a
//! string that was not UTF-8: two memories on one file, files that become shorter,
//! engines with and without windows, tables that are dropped elsewhere, and too
//! many of everything.

#![cfg(target_os = "linux")]

use anyhow::{Result, ensure};
use mem_host::{Access, MemCtx, MemCtxView, MemView};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::tempdir;
use test_host::{ENGINE, WINDOWS_ENGINE};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use wasmtime::component::{self, Component, ResourceTable};
use wasmtime::{Engine, Instance, Linker, Memory, MemoryType, Module, Store, TypedFunc};

const READ_ONLY: i32 = 0;
const READ_WRITE: i32 = 1;
/// No error.
const OK: i32 = -1;
/// The case of the error code.
const BUSY: i32 = 10;
const QUOTA_EXCEEDED: i32 = 9;

struct State {
    mem: MemCtx,
    table: ResourceTable,
}

impl MemView for State {
    fn mem(&mut self) -> MemCtxView<'_> {
        MemCtxView {
            ctx: &self.mem,
            table: &mut self.table,
        }
    }
}

fn store(engine: &Engine, dir: &Path) -> Store<State> {
    let mut builder = MemCtx::builder();
    builder
        .preopened_dir(dir, ".", Access::ReadWrite)
        .expect("it is a directory");
    // SAFETY: a test that writes or cuts files behind the host's back passes
    // strings to no function but `file-map`, which checks its copy of them.
    unsafe { builder.allow_windows(true) };
    let state = State {
        mem: builder.build(),
        table: ResourceTable::new(),
    };
    Store::new(engine, state)
}

/// The module of `windows.wat`.
fn windows_module(engine: &Engine) -> Result<Module> {
    let module = test_wit::contract().fill(include_str!("windows.wat"));
    Ok(Module::new(engine, module)?)
}

/// A guest of `windows.wat`.
struct Guest {
    memory: Memory,
    map: TypedFunc<i32, i32>,
    attach: TypedFunc<i32, i32>,
    write: TypedFunc<i32, i32>,
}

impl Guest {
    fn new(store: &mut Store<State>) -> Result<Self> {
        let module = windows_module(store.engine())?;
        let mut linker = Linker::new(store.engine());
        mem_host::core::add_to_linker(&mut linker)?;
        Self::of(store, &linker, &module)
    }

    fn of(store: &mut Store<State>, linker: &Linker<State>, module: &Module) -> Result<Self> {
        // Each has handles of its own.
        let guest = mem_host::core::instantiate(&mut *store, linker, module)?;
        Ok(Self {
            memory: guest.get_memory(&mut *store, "memory").expect("exported"),
            map: guest.get_typed_func(&mut *store, "map")?,
            attach: guest.get_typed_func(&mut *store, "attach")?,
            write: guest.get_typed_func(&mut *store, "store")?,
        })
    }
}

fn component(engine: &Engine, wat: &str) -> Result<Component> {
    Ok(Component::new(engine, test_wit::contract().fill(wat))?)
}

fn instantiate(store: &mut Store<State>, guest: &Component) -> Result<component::Instance> {
    let mut linker = component::Linker::new(store.engine());
    mem_host::add_to_linker(&mut linker)?;
    Ok(linker.instantiate(store, guest)?)
}

/// wasmtime would transcode a string from one memory to the other.
#[test]
fn two_components_of_a_store_do_not_share_a_page_that_one_can_write() -> Result<()> {
    for (producer, consumer) in [(1, 1), (0, 1), (1, 0)] {
        let dir = tempdir()?;
        fs::write(dir.path().join("file"), [0; 8192])?;
        let guest = include_str!("two_memories.wat")
            .replace("{producer}", &producer.to_string())
            .replace("{consumer}", &consumer.to_string());
        let guest = component(&WINDOWS_ENGINE, &guest)?;
        let mut store = store(&WINDOWS_ENGINE, dir.path());
        let guest = instantiate(&mut store, &guest)?;
        let run = guest.get_typed_func::<(), ()>(&mut store, "run")?;
        run.call(&mut store, ())?;
        let usage = store.data().mem.usage();
        ensure!(
            usage.windows.now == 1 && usage.errors["busy"] == 1,
            "{usage:?}"
        );
    }
    Ok(())
}

#[test]
fn windows_that_can_write_a_file_lie_in_one_memory() -> Result<()> {
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    for other_store in [false, true] {
        let mut stores = vec![store(&WINDOWS_ENGINE, dir.path())];
        let one = Guest::new(&mut stores[0])?;
        if other_store {
            stores.push(store(&WINDOWS_ENGINE, dir.path()));
        }
        let last = stores.len() - 1;
        let two = Guest::new(&mut stores[last])?;

        // Windows that only read lie in both memories.
        ensure!(one.map.call(&mut stores[0], READ_ONLY)? == OK);
        ensure!(one.attach.call(&mut stores[0], 16)? == OK);
        ensure!(two.map.call(&mut stores[last], READ_ONLY)? == OK);
        ensure!(two.attach.call(&mut stores[last], 16)? == OK);
        // So no window can write, in either memory.
        ensure!(two.map.call(&mut stores[last], READ_WRITE)? == OK);
        ensure!(two.attach.call(&mut stores[last], 17)? == BUSY);
        // A guest of the same store can write through its mapping.
        let written = two.write.call(&mut stores[last], 9)?;
        ensure!(written == if other_store { BUSY } else { OK });
        let shown = one.memory.data(&stores[0])[16 * 4096];
        ensure!(shown == if other_store { 7 } else { 9 });
        fs::write(dir.path().join("file"), [7; 4096])?;
    }
    Ok(())
}

/// The path for `file-map` lies in a window. The test makes the window's file
/// shorter while the host copies the path.
#[test]
fn a_path_is_utf_8_though_its_file_becomes_shorter() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    let guest = component(&WINDOWS_ENGINE, include_str!("path_in_a_window.wat"))?;
    let mut text = b"a".to_vec();
    text.extend("\u{e9}".repeat(32767).as_bytes());
    text.push(b'a');
    let paths = Paths::default();
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(paths.clone()));
    for round in 0..100 {
        fs::write(&path, &text)?;
        let mut store = store(&WINDOWS_ENGINE, dir.path());
        let guest = instantiate(&mut store, &guest)?;
        let prepare = guest.get_typed_func::<(), ()>(&mut store, "prepare")?;
        prepare.call(&mut store, ())?;
        let run = guest.get_typed_func::<(), ()>(&mut store, "run")?;
        let file = OpenOptions::new().write(true).open(&path)?;
        let start = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                thread::sleep(Duration::from_micros(300 + 100 * (round % 50)));
                file.set_len(4096).unwrap();
            });
            start.wait();
            // The call traps if the bytes are no path any more.
            let _ = run.call(&mut store, ());
        });
        drop(store);
        fs::remove_file(&path)?;
    }
    let (all, broken) = *paths.0.lock().unwrap();
    ensure!(all > 0 && broken == 0, "{broken} of {all}");
    Ok(())
}

/// Counts the paths of calls, and the paths that are not UTF-8.
#[derive(Clone, Default)]
struct Paths(Arc<Mutex<(usize, usize)>>);

impl<S: tracing::Subscriber> Layer<S> for Paths {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut &*self);
    }
}

impl Visit for &Paths {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "path" {
            let mut counts = self.0.lock().unwrap();
            counts.0 += 1;
            counts.1 += usize::from(std::str::from_utf8(value.as_bytes()).is_err());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// A guest on an engine without windows asks for one, while the memory before its
/// own in the registry is dropped.
#[test]
fn engines_with_and_without_windows_go_on_in_one_process() -> Result<()> {
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    let small = Module::new(&WINDOWS_ENGINE, "(module (memory 1))")?;
    let mut store = store(&ENGINE, dir.path());
    let guest = Guest::new(&mut store)?;
    guest.map.call(&mut store, READ_ONLY)?;
    let counts: Arc<[AtomicU64; 2]> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    // The test does not join the threads if it fails, because they may hang.
    let spawn = |number: usize, mut round: Box<dyn FnMut() + Send>| {
        let (counts, stop) = (counts.clone(), stop.clone());
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                round();
                counts[number].fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let asks = spawn(
        0,
        Box::new(move || {
            guest.attach.call(&mut store, 16).unwrap();
        }),
    );
    let comes_and_goes = spawn(
        1,
        Box::new(move || {
            let mut store = Store::new(small.engine(), ());
            Instance::new(&mut store, &small, &[]).unwrap();
        }),
    );
    let read = || counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    for _ in 0..3 {
        let before = read();
        thread::sleep(Duration::from_secs(1));
        let after = read();
        ensure!(
            before[0] < after[0] && before[1] < after[1],
            "{before:?} {after:?}"
        );
    }
    stop.store(true, Ordering::Relaxed);
    asks.join().and(comes_and_goes.join()).expect("none panics");
    Ok(())
}

/// All of this is safe code, so no byte may change behind the slice.
#[test]
fn a_table_that_is_dropped_elsewhere_leaves_windows_attached() -> Result<()> {
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    let mut store = store(&WINDOWS_ENGINE, dir.path());
    let module = windows_module(&WINDOWS_ENGINE)?;
    let mut linker = Linker::new(&WINDOWS_ENGINE);
    mem_host::core::add_to_linker(&mut linker)?;
    // With handles in the table.
    let guest = linker.instantiate(&mut store, &module)?;
    let map = guest.get_typed_func::<i32, i32>(&mut store, "map")?;
    let attach = guest.get_typed_func::<i32, i32>(&mut store, "attach")?;
    ensure!(map.call(&mut store, READ_WRITE)? == OK && attach.call(&mut store, 16)? == OK);
    let memory = guest.get_memory(&mut store, "memory").expect("exported");
    let table = std::mem::take(&mut store.data_mut().table);
    let bytes = &memory.data(&store)[16 * 4096..][..4096];
    ensure!(bytes == [7; 4096]);
    thread::scope(|scope| scope.spawn(move || drop(table)).join()).expect("it does not panic");
    ensure!(bytes == [7; 4096]);
    // The memory detaches the window that the table left.
    let mem = store.data().mem.clone();
    ensure!(mem.usage().windows.now == 1);
    drop(store);
    ensure!(mem.usage().windows.now == 0 && mem.usage().mappings == 0);
    Ok(())
}

/// The same, but another store uses the handles of the table, while this one may
/// be on another thread.
#[test]
fn a_table_that_another_store_gets_leaves_windows_attached() -> Result<()> {
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    let module = windows_module(&WINDOWS_ENGINE)?;
    let mut linker = Linker::new(&WINDOWS_ENGINE);
    mem_host::core::add_to_linker(&mut linker)?;
    let mut stores = [0; 2].map(|_| store(&WINDOWS_ENGINE, dir.path()));
    let [one, other] = &mut stores;
    let guest = linker.instantiate(&mut *one, &module)?;
    let call = |store: &mut Store<State>, guest: &Instance, name: &str, parameter| {
        let function = guest.get_typed_func::<i32, i32>(&mut *store, name)?;
        function.call(store, parameter)
    };
    ensure!(call(one, &guest, "map", READ_WRITE)? == OK);
    ensure!(call(one, &guest, "attach", 16)? == OK);
    let window = guest.get_typed_func::<(), i32>(&mut *one, "window")?;
    let window = window.call(&mut *one, ())?;
    other.data_mut().table = std::mem::take(&mut one.data_mut().table);
    let memory = guest.get_memory(&mut *one, "memory").expect("exported");
    let bytes = &memory.data(&*one)[16 * 4096..][..4096];
    ensure!(bytes == [7; 4096]);
    let guest = linker.instantiate(&mut *other, &module)?;
    ensure!(call(other, &guest, "detach", window)? == BUSY);
    ensure!(bytes == [7; 4096]);
    ensure!(one.data().mem.usage().windows.now == 1);
    Ok(())
}

/// A page between windows that the guest touches is a mapping of its own to the
/// kernel, and stays one when the windows are gone.
#[test]
fn pages_between_windows_count_as_long_as_the_memory_exists() -> Result<()> {
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    let module = windows_module(&WINDOWS_ENGINE)?;
    let mut linker = Linker::new(&WINDOWS_ENGINE);
    mem_host::core::add_to_linker(&mut linker)?;
    let mut store = store(&WINDOWS_ENGINE, dir.path());
    let guest = linker.instantiate(&mut store, &module)?;
    let [map, attach, detach] = ["map", "attach", "detach"].map(|name| {
        let function = guest.get_typed_func::<i32, i32>(&mut store, name);
        function.expect("exported")
    });
    let window = guest.get_typed_func::<(), i32>(&mut store, "window")?;
    let touch = guest.get_typed_func::<i32, ()>(&mut store, "touch")?;
    ensure!(map.call(&mut store, READ_ONLY)? == OK);
    let attach = |store: &mut Store<State>, page| -> Result<Option<i32>> {
        match attach.call(&mut *store, page)? {
            OK => Ok(Some(window.call(store, ())?)),
            QUOTA_EXCEEDED => Ok(None),
            error => anyhow::bail!("{error}"),
        }
    };
    let mem = store.data().mem.clone();

    // The same page counts once, however often it is attached.
    let around = [16, 18].map(|page| attach(&mut store, page));
    for _ in 0..300 {
        let between = attach(&mut store, 17)?.expect("within the quota");
        ensure!(detach.call(&mut store, between)? == OK);
        touch.call(&mut store, 17)?;
    }
    ensure!(mem.usage().windows.now == 3);
    for window in around {
        detach.call(&mut store, window?.expect("within the quota"))?;
    }
    ensure!(mem.usage().windows.now == 1);
    for _ in 0..300 {
        let window = attach(&mut store, 17)?.expect("within the quota");
        ensure!(detach.call(&mut store, window)? == OK);
    }
    ensure!(mem.usage().windows.now == 1);

    // Another page each time.
    let mut last = attach(&mut store, 20)?.expect("within the quota");
    let mut many = 0;
    for page in (20..500).step_by(2) {
        let Some(between) = attach(&mut store, page + 1)? else {
            break;
        };
        let Some(next) = attach(&mut store, page + 2)? else {
            break;
        };
        ensure!(detach.call(&mut store, between)? == OK);
        touch.call(&mut store, page + 1)?;
        ensure!(detach.call(&mut store, last)? == OK);
        last = next;
        many += 1;
    }
    ensure!((120..128).contains(&many), "{many}");
    let memory = guest.get_memory(&mut store, "memory").expect("exported");
    let start = memory.data_ptr(&store).addr();
    ensure!(mappings_within(start..start + memory.data_size(&store))? <= 260);
    drop(store);
    ensure!(mem.usage().windows.now == 0);
    Ok(())
}

/// The same where the neighbor is a window whose file became shorter, so that it
/// shows zero pages.
#[test]
fn pages_behind_a_window_that_lost_some_count_as_well() -> Result<()> {
    let dir = tempdir()?;
    let path = dir.path().join("file");
    fs::write(&path, [7; 4096])?;
    let file = OpenOptions::new().write(true).open(&path)?;
    let module = windows_module(&WINDOWS_ENGINE)?;
    let mut linker = Linker::new(&WINDOWS_ENGINE);
    mem_host::core::add_to_linker(&mut linker)?;
    let mut store = store(&WINDOWS_ENGINE, dir.path());
    let guest = linker.instantiate(&mut store, &module)?;
    let [map, attach, detach] = ["map", "attach", "detach"].map(|name| {
        let function = guest.get_typed_func::<i32, i32>(&mut store, name);
        function.expect("exported")
    });
    let window = guest.get_typed_func::<(), i32>(&mut store, "window")?;
    let touch = guest.get_typed_func::<i32, ()>(&mut store, "touch")?;
    ensure!(map.call(&mut store, READ_ONLY)? == OK);
    for page in (20..400).step_by(4) {
        let mut windows = Vec::new();
        for page in page..page + 3 {
            ensure!(attach.call(&mut store, page)? == OK);
            windows.push(window.call(&mut store, ())?);
        }
        file.set_len(0)?;
        touch.call(&mut store, page + 1)?;
        file.set_len(4096)?;
        while let Some(window) = windows.pop() {
            ensure!(detach.call(&mut store, window)? == OK);
        }
    }
    let memory = guest.get_memory(&mut store, "memory").expect("exported");
    let start = memory.data_ptr(&store).addr();
    let mappings = mappings_within(start..start + memory.data_size(&store))?;
    let windows = store.data().mem.usage().windows.now as usize;
    ensure!(mappings <= 3 + 2 * windows, "{mappings} {windows}");
    Ok(())
}

/// How many of the kernel's mappings start at these addresses.
fn mappings_within(addresses: std::ops::Range<usize>) -> Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let starts = maps.lines().filter_map(|line| line.split_once('-'));
    let starts = starts.filter_map(|(start, _)| usize::from_str_radix(start, 16).ok());
    Ok(starts.filter(|start| addresses.contains(start)).count())
}

/// Runs alone in a process, because it counts the mappings of the process.
#[test]
fn instances_at_their_default_limits_leave_the_process_room() -> Result<()> {
    const NAME: &str = "instances_at_their_default_limits_leave_the_process_room";
    const IN_CHILD: &str = "MEM_TEST_IN_CHILD";
    if std::env::var_os(IN_CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe()?);
        let status = child
            .args(["--exact", NAME, "--nocapture"])
            .env(IN_CHILD, "1")
            .status()?;
        ensure!(status.success(), "{status}");
        return Ok(());
    }
    // Each mapping on which windows can be attached keeps its file open.
    if raise_descriptors() < 20_000 {
        println!("skipped: the process cannot have that many descriptors");
        return Ok(());
    }
    mem_host::process::set_max_descriptors(64 * 256);
    let kernel_mappings =
        || -> Result<usize> { Ok(fs::read_to_string("/proc/self/maps")?.lines().count()) };
    let dir = tempdir()?;
    fs::write(dir.path().join("file"), [7; 4096])?;
    let module = windows_module(&WINDOWS_ENGINE)?;
    let mut linker = Linker::new(&WINDOWS_ENGINE);
    mem_host::core::add_to_linker(&mut linker)?;
    let before = kernel_mappings()?;

    let mut stores = Vec::new();
    let began = Instant::now();
    for number in 0..64 {
        let mut store = store(&WINDOWS_ENGINE, dir.path());
        let guest = Guest::of(&mut store, &linker, &module)?;
        ensure!(guest.map.call(&mut store, READ_ONLY)? == OK);
        // Windows that the kernel does not join.
        let mut windows = 0;
        while guest.attach.call(&mut store, 16 + 2 * windows)? == OK {
            windows += 1;
        }
        while guest.map.call(&mut store, READ_ONLY)? == OK {}
        let usage = store.data().mem.usage();
        ensure!(
            (usage.windows.now, usage.mappings) == (128, 256),
            "instance {number}: {usage:?}"
        );
        stores.push(store);
    }
    println!("{} mappings in {:?}", kernel_mappings()?, began.elapsed());
    let most: usize = fs::read_to_string("/proc/sys/vm/max_map_count")?
        .trim()
        .parse()?;
    ensure!(kernel_mappings()? < most / 10 * 9);
    ensure!(thread::spawn(|| ()).join().is_ok());
    Module::new(&WINDOWS_ENGINE, "(module (memory 1) (func (export \"f\")))")?;
    let mut other = Store::new(&WINDOWS_ENGINE, ());
    Memory::new(&mut other, MemoryType::new(1, None))?;

    drop((stores, other));
    let after = kernel_mappings()?;
    ensure!(after <= before + 100, "{before} {after}");
    ensure!(mem_host::process::kernel_mappings() == 0);
    ensure!(mem_host::process::descriptors() == 0);
    Ok(())
}

/// Raises the limit of descriptors as far as the process may, and returns it.
fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).expect("up to the maximum");
    maximum.unwrap_or(u64::MAX)
}
