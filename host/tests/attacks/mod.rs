//! What once made a host with windows die, hang, or hold a string that is none:
//! two memories on one file, files that become shorter, engines with and without
//! windows, tables that are dropped elsewhere, and too many of everything.

mod guest;

use self::guest::Guest;
use anyhow::{Result, ensure};
use mem_host::MemView;
use std::fs::{self, OpenOptions};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use test_child::{in_child, this_test};
use test_host::{ENGINE, Host, State, WINDOWS_ENGINE};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use wasmtime::component::{self, Component};
use wasmtime::{Engine, Instance, Memory, MemoryType, Module, Store};

const READ_ONLY: i32 = 0;
const READ_WRITE: i32 = 1;
/// No error.
const OK: i32 = -1;
/// The case of the error code.
const BUSY: i32 = 10;
const QUOTA_EXCEEDED: i32 = 9;

/// A host with the file `file` of one page, whose guests run on `engine`.
fn host(engine: &Engine) -> Host {
    let mut host = Host::with_windows();
    host.engine = engine.clone();
    host.write("file", [7; 4096]);
    host
}

fn store(host: &Host) -> Store<State> {
    host.store(host.mem.build())
}

fn component(engine: &Engine, wat: &str) -> Result<Component> {
    Ok(Component::new(engine, test_wit::contract().fill(wat))?)
}

fn instantiate(store: &mut Store<State>, guest: &Component) -> Result<component::Instance> {
    let mut linker = component::Linker::new(store.engine());
    mem_host::add_to_linker_sync(&mut linker, State::mem)?;
    Ok(linker.instantiate(store, guest)?)
}

/// wasmtime would transcode a string from one memory to the other.
#[test]
fn two_components_of_a_store_do_not_share_a_page_that_one_can_write() -> Result<()> {
    for (producer, consumer) in [(1, 1), (0, 1), (1, 0)] {
        let host = host(&WINDOWS_ENGINE);
        host.write("file", [0; 8192]);
        let guest = include_str!("two_memories.wat")
            .replace("{producer}", &producer.to_string())
            .replace("{consumer}", &consumer.to_string());
        let guest = component(&WINDOWS_ENGINE, &guest)?;
        let mut store = store(&host);
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
    let host = host(&WINDOWS_ENGINE);
    for other_store in [false, true] {
        let mut stores = vec![store(&host)];
        let one = Guest::new(&mut stores[0])?;
        if other_store {
            stores.push(store(&host));
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
        host.write("file", [7; 4096]);
    }
    Ok(())
}

/// The path for `file-map` lies in a window. The test makes the window's file
/// shorter while the host copies the path. It runs alone in a process: a thread
/// without a subscriber can turn off the events that it counts.
#[test]
fn a_path_is_utf_8_though_its_file_becomes_shorter() -> Result<()> {
    in_child(this_test!(), paths_stay_utf_8)
}

fn paths_stay_utf_8() -> Result<()> {
    let host = host(&WINDOWS_ENGINE);
    let path = host.path("file");
    let guest = component(&WINDOWS_ENGINE, include_str!("path_in_a_window.wat"))?;
    let mut text = b"a".to_vec();
    text.extend("\u{e9}".repeat(32767).as_bytes());
    text.push(b'a');
    let paths = Paths::default();
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(paths.clone()));
    for round in 0..100 {
        fs::write(&path, &text)?;
        let mut store = store(&host);
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
    let host = host(&ENGINE);
    let small = Module::new(&WINDOWS_ENGINE, "(module (memory 1))")?;
    let mut store = store(&host);
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

/// A store with a guest in it that has a window at page 16.
fn with_a_window(host: &Host) -> Result<(Store<State>, Guest)> {
    let mut store = store(host);
    let guest = Guest::with_table(&mut store)?;
    ensure!(guest.map.call(&mut store, READ_WRITE)? == OK);
    ensure!(guest.attach.call(&mut store, 16)? == OK);
    Ok((store, guest))
}

/// All of this is safe code, and so no byte may change behind the slice.
#[test]
fn a_table_that_is_dropped_elsewhere_leaves_windows_attached() -> Result<()> {
    let host = host(&WINDOWS_ENGINE);
    let (mut store, guest) = with_a_window(&host)?;
    let table = std::mem::take(&mut store.data_mut().table);
    let bytes = &guest.memory.data(&store)[16 * 4096..][..4096];
    ensure!(bytes == [7; 4096]);
    thread::scope(|scope| scope.spawn(move || drop(table)).join()).expect("it does not panic");
    ensure!(bytes == [7; 4096]);
    // The memory detaches the window that the table left.
    let mem = store.data().mem.clone();
    ensure!(mem.usage().windows.now == 1);
    drop(store);
    ensure!(mem.usage().windows.now == 0 && mem.usage().handles == 0);
    Ok(())
}

/// The same, but another store uses the handles of the table, while this one may
/// be on another thread.
#[test]
fn a_table_that_another_store_gets_leaves_windows_attached() -> Result<()> {
    let host = host(&WINDOWS_ENGINE);
    let (mut one, guest) = with_a_window(&host)?;
    let window = guest.window.call(&mut one, ())?;
    let mut other = store(&host);
    other.data_mut().table = std::mem::take(&mut one.data_mut().table);
    let bytes = &guest.memory.data(&one)[16 * 4096..][..4096];
    ensure!(bytes == [7; 4096]);
    let guest = Guest::with_table(&mut other)?;
    ensure!(guest.detach.call(&mut other, window)? == BUSY);
    ensure!(bytes == [7; 4096]);
    ensure!(one.data().mem.usage().windows.now == 1);
    Ok(())
}

/// A page between windows that the guest touches is a mapping of its own to the
/// kernel, and stays one when the windows are gone.
#[test]
fn pages_between_windows_count_as_long_as_the_memory_exists() -> Result<()> {
    let host = host(&WINDOWS_ENGINE);
    let mut store = store(&host);
    let guest = Guest::with_table(&mut store)?;
    ensure!(guest.map.call(&mut store, READ_ONLY)? == OK);
    let mem = store.data().mem.clone();

    // One page again and again counts once.
    let around = [16, 18].map(|page| guest.attach(&mut store, page));
    for _ in 0..300 {
        let between = guest.attach(&mut store, 17)?.expect("within the quota");
        ensure!(guest.detach.call(&mut store, between)? == OK);
        guest.touch.call(&mut store, 17)?;
    }
    ensure!(mem.usage().windows.now == 3);
    for window in around {
        let window = window?.expect("within the quota");
        guest.detach.call(&mut store, window)?;
    }
    ensure!(mem.usage().windows.now == 1);
    for _ in 0..300 {
        let window = guest.attach(&mut store, 17)?.expect("within the quota");
        ensure!(guest.detach.call(&mut store, window)? == OK);
    }
    ensure!(mem.usage().windows.now == 1);

    // Always another page.
    let mut last = guest.attach(&mut store, 20)?.expect("within the quota");
    let mut many = 0;
    for page in (20..500).step_by(2) {
        let Some(between) = guest.attach(&mut store, page + 1)? else {
            break;
        };
        let Some(next) = guest.attach(&mut store, page + 2)? else {
            break;
        };
        ensure!(guest.detach.call(&mut store, between)? == OK);
        guest.touch.call(&mut store, page + 1)?;
        ensure!(guest.detach.call(&mut store, last)? == OK);
        last = next;
        many += 1;
    }
    ensure!((120..128).contains(&many), "{many}");
    ensure!(guest.mappings_of_memory(&store)? <= 260);
    drop(store);
    ensure!(mem.usage().windows.now == 0);
    Ok(())
}

/// The same where the neighbor is a window whose file became shorter, so that it
/// shows zero pages.
#[test]
fn pages_behind_a_window_that_lost_some_count_as_well() -> Result<()> {
    let host = host(&WINDOWS_ENGINE);
    let file = OpenOptions::new().write(true).open(host.path("file"))?;
    let mut store = store(&host);
    let guest = Guest::with_table(&mut store)?;
    ensure!(guest.map.call(&mut store, READ_ONLY)? == OK);
    for page in (20..400).step_by(4) {
        let mut windows = Vec::new();
        for page in page..page + 3 {
            windows.extend(guest.attach(&mut store, page)?);
        }
        ensure!(windows.len() == 3);
        file.set_len(0)?;
        guest.touch.call(&mut store, page + 1)?;
        file.set_len(4096)?;
        while let Some(window) = windows.pop() {
            ensure!(guest.detach.call(&mut store, window)? == OK);
        }
    }
    let mappings = guest.mappings_of_memory(&store)?;
    let windows = store.data().mem.usage().windows.now as usize;
    ensure!(mappings <= 3 + 2 * windows, "{mappings} {windows}");
    Ok(())
}

/// It counts the mappings of its process.
#[test]
fn instances_at_their_default_limits_leave_the_process_room() -> Result<()> {
    in_child(this_test!(), fill_with_instances)
}

fn fill_with_instances() -> Result<()> {
    // Each mapping on which windows can be attached keeps its file open.
    if raise_descriptors() < 20_000 {
        println!("skipped: the process cannot have that many descriptors");
        return Ok(());
    }
    mem_host::process::set_max_descriptors(64 * 256);
    let kernel_mappings =
        || -> Result<usize> { Ok(fs::read_to_string("/proc/self/maps")?.lines().count()) };
    let host = host(&WINDOWS_ENGINE);
    let before = kernel_mappings()?;

    let mut stores = Vec::new();
    let began = Instant::now();
    for number in 0..64 {
        let mut store = store(&host);
        let guest = Guest::new(&mut store)?;
        ensure!(guest.map.call(&mut store, READ_ONLY)? == OK);
        // Windows that the kernel does not join.
        let mut windows = 0;
        while guest.attach.call(&mut store, 16 + 2 * windows)? == OK {
            windows += 1;
        }
        while guest.map.call(&mut store, READ_ONLY)? == OK {}
        let usage = store.data().mem.usage();
        ensure!(
            (usage.windows.now, usage.handles) == (128, 256),
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
