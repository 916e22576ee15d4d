//! Guests that the embedder interrupts at any point of a call leave nothing
//! behind once their store is dropped. One test, for it looks at the process.

#[allow(dead_code, reason = "not all of it is used here")]
#[path = "core/modules.rs"]
mod modules;

use anyhow::Result;
use std::fs;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use test_host::{Guest, Host, Kind, State};
use wasmtime::{Config, Engine, Linker, Module, Store, UpdateDeadline};

/// All that takes something of the host; each `$ok` and each realloc is a point
/// where the guest can be interrupted.
const BODY: &str = "
    (drop (call $map))
    (call $lock (global.get $mapping) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 64))
    (call $ok (i32.const 64))
    (call $store_u8 (global.get $mapping) (i64.const 0) (i32.const 7) (i32.const 64))
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
    Wasi(Guest),
    Bare(Module),
}

impl Program {
    fn run(&self, store: &mut Store<State>) -> Result<()> {
        let module = match self {
            Self::Wasi(guest) => return guest.run(store),
            Self::Bare(module) => module,
        };
        let mut linker = Linker::new(store.engine());
        mem_host::core::add_to_linker(&mut linker)?;
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
        mem_host::core::add_to_linker_async(&mut linker)?;
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
    /// When it was polled so often, and yields after so much fuel.
    Dropped(u64, u64),
}

/// Whether the guest came to its end.
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

#[test]
fn guests_leave_nothing_behind() -> Result<()> {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config);
    config.consume_fuel(true).epoch_interruption(true);
    let mut host = Host::with_windows();
    host.engine = Engine::new(&config)?;
    host.mem.max_locked_bytes(1 << 20);
    host.write("file", [0; 4 * 4096]);

    let bare = Program::Bare(modules::module_with(&host.engine, EXPORTS, BODY)?);
    for (stop, least) in [
        (Stop::Fuel as fn(u64) -> Stop, 50),
        (Stop::Epoch, 10),
        (|polls| Stop::Dropped(polls, 1), 10),
    ] {
        let points = stop_everywhere(&host, &bare, 1, stop)?;
        println!("{:?}: {points} points", stop(0));
        assert!(points >= least, "{points}");
    }
    for kind in Kind::ALL {
        let guest = Guest::compile(&host.engine, kind, "all_calls")?;
        let guest = Program::Wasi(guest);
        for (step, stop) in [
            (97, Stop::Fuel as fn(u64) -> Stop),
            (1, Stop::Epoch),
            (1, |polls| Stop::Dropped(polls, 100)),
        ] {
            let points = stop_everywhere(&host, &guest, step, stop)?;
            println!("{kind:?}, {:?}: {points} points", stop(0));
            assert!(points >= 10, "{points}");
        }
    }
    Ok(())
}
