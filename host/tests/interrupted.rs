//! Guests that the embedder interrupts at any point of a call leave nothing
//! behind once their store is dropped. The tests look at the process, so each
//! has its own.

use crate::core::modules;
use crate::guests::*;
use anyhow::Result;
use mem_host::MemView;
use std::fs;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use test_child::{in_child, this_test};
use test_host::{Compiled, Host, State, Surface, tests_on};
use wasmtime::{Config, Engine, Linker, Module, Store, UpdateDeadline};

/// All calls that take something from the host. Each `$ok` and each realloc is a
/// point where the guest can be interrupted.
const BODY: &str = "
    (drop (call $map))
    (call $lock (global.get $mapping) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 64))
    (call $ok (i32.const 64))
    (call $store-u8 (global.get $mapping) (i64.const 0) (i32.const 7) (i32.const 64))
    (call $ok (i32.const 64))
    (call $flush (global.get $mapping) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
        (i32.const 64))
    (call $ok (i32.const 64))
    (call $read (global.get $mapping) (i64.const 0) (i64.const 16) (i32.const 64))
    (call $ok (i32.const 64))
    (call $attach (global.get $mapping) (i64.const 0) (i32.const 32768) (i32.const 4096)
        (i32.const 64))
    (call $ok (i32.const 64))
    (call $detach (i32.load (i32.const 68)) (i32.const 64))
    (call $ok (i32.const 64))
    (call $unlock (global.get $mapping) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 64))
    (call $ok (i32.const 64))
    (call $unmap (global.get $mapping) (i32.const 64))
    (call $ok (i32.const 64))";

/// A realloc that can be interrupted while it runs.
const EXPORTS: &str = r#"
    (memory (export "memory") 1)
    (func $idle (param i32) (if (i32.eqz (i32.const 1)) (then unreachable)))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $i i32)
        (loop $again
            (call $idle (i32.const 0))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))
        (i32.const 1024))"#;

enum Program {
    Wasi(Compiled),
    Bare(Module),
}

impl Program {
    fn run(&self, store: &mut Store<State>) -> Result<()> {
        let module = match self {
            Self::Wasi(guest) => return guest.run(store),
            Self::Bare(module) => module,
        };
        let mut linker = Linker::new(store.engine());
        mem_host::core::add_to_linker_sync(&mut linker, State::mem)?;
        let instance = linker.instantiate(&mut *store, module)?;
        let run = instance.get_typed_func::<(), ()>(&mut *store, "run")?;
        Ok(run.call(store, ())?)
    }

    async fn run_async(&self, store: &mut Store<State>) -> Result<()> {
        let module = match self {
            Self::Wasi(guest) => return guest.run_async(store).await,
            Self::Bare(module) => module,
        };
        let mut linker = Linker::new(store.engine());
        mem_host::core::add_to_linker_async(&mut linker, State::mem)?;
        let instance = linker.instantiate_async(&mut *store, module).await?;
        let run = instance.get_typed_func::<(), ()>(&mut *store, "run")?;
        Ok(run.call_async(store, ()).await?)
    }
}

/// What stops a guest, and how long it may run until then.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Fuel(u64),
    /// At this check of the epoch.
    Epoch(u64),
    /// After this number of polls, where the guest yields after this much fuel.
    Dropped(u64, u64),
}

/// Runs the program, and returns whether it came to its end.
fn run(host: &Host, program: &Program, stop: Stop) -> Result<bool> {
    let mut store = host.store(host.mem.build());
    store.set_fuel(u64::MAX)?;
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(0)));
    match stop {
        Stop::Fuel(fuel) => store.set_fuel(fuel)?,
        Stop::Epoch(mut left) => store.epoch_deadline_callback(move |_| {
            left = left.saturating_sub(1);
            Ok(match left {
                0 => UpdateDeadline::Interrupt,
                _ => UpdateDeadline::Continue(0),
            })
        }),
        Stop::Dropped(polls, fuel) => {
            store.fuel_async_yield_interval(Some(fuel))?;
            // Dropped at the end, which waits for the jobs that block.
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            return runtime.block_on(async {
                let mut running = pin!(program.run_async(&mut store));
                let mut left = polls;
                poll_fn(|cx| {
                    if left == 0 {
                        return Poll::Ready(Ok(false));
                    }
                    left -= 1;
                    running.as_mut().poll(cx).map_ok(|()| true)
                })
                .await
            });
        }
    }
    Ok(program.run(&mut store).is_ok())
}

/// What this process has of the host's files, and what it has locked.
fn left_behind(host: &Host) -> Result<(Vec<String>, String)> {
    let name = host.dir_name();
    let maps = fs::read_to_string("/proc/self/maps")?;
    let mut left: Vec<_> = maps
        .lines()
        .filter(|line| line.contains(&name))
        .map(str::to_owned)
        .collect();
    for entry in fs::read_dir("/proc/self/fd")? {
        // The one that lists is gone again.
        if let Ok(target) = fs::read_link(entry?.path())
            && target.starts_with(host.dir.path().join("file"))
        {
            left.push(target.display().to_string());
        }
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let locked = status.lines().find(|line| line.starts_with("VmLck:"));
    Ok((left, locked.unwrap_or_default().to_owned()))
}

/// Stops the program later and later, until it comes to its end.
fn stop_everywhere(
    host: &Host,
    program: &Program,
    step: u64,
    stop: impl Fn(u64) -> Stop,
) -> Result<u64> {
    let before = left_behind(host)?;
    assert!(before.0.is_empty(), "{before:?}");
    for at in 0.. {
        let stop = stop(1 + at * step);
        let ended = run(host, program, stop)?;
        assert_eq!(left_behind(host)?, before, "{stop:?}");
        if ended {
            return Ok(at);
        }
    }
    unreachable!()
}

fn host() -> Result<Host> {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    config.consume_fuel(true).epoch_interruption(true);
    let mut host = Host::with_windows();
    host.engine = Engine::new(&config)?;
    host.mem.max_locked_bytes(1 << 20);
    host.write("file", [0; 4 * 4096]);
    Ok(host)
}

/// The steps between two points, how to stop at one, and how many there have to be.
type Way = (u64, fn(u64) -> Stop, u64);

/// Stops the program in each way, which has to be possible at so many points.
fn stop_in_each_way(host: &Host, program: &Program, ways: [Way; 3]) -> Result<()> {
    for (step, stop, least) in ways {
        let points = stop_everywhere(host, program, step, stop)?;
        println!("{:?}: {points} points", stop(0));
        assert!(points >= least, "{points}");
    }
    Ok(())
}

#[test]
fn a_module_leaves_nothing_behind() -> Result<()> {
    in_child(this_test!(), || {
        let host = host()?;
        let module = modules::module_with(&host.engine, EXPORTS, BODY)?;
        let ways = [
            (1, Stop::Fuel as fn(u64) -> Stop, 50),
            (1, Stop::Epoch, 10),
            (1, |polls| Stop::Dropped(polls, 1), 10),
        ];
        stop_in_each_way(&host, &Program::Bare(module), ways)
    })
}

tests_on! { in a child;
    a_guest_leaves_nothing_behind: [component core_module];
}

fn a_guest_leaves_nothing_behind(surface: Surface) -> Result<()> {
    let mut host = host()?;
    host.surface = surface;
    let guest = Program::Wasi(host.compile(ALL_CALLS)?);
    let ways = [
        (97, Stop::Fuel as fn(u64) -> Stop, 10),
        (1, Stop::Epoch, 10),
        (1, |polls| Stop::Dropped(polls, 100), 10),
    ];
    stop_in_each_way(&host, &guest, ways)
}
