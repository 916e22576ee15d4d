//! Windows.

use crate::guests::*;
use crate::why_not::*;
use anyhow::{Result, ensure};
use std::fs;
use std::thread;
use test_host::{ENGINE, Host, Surface, WINDOWS_ENGINE, matrix, run_in, tests_on};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Trap};
use wasmtime_wasi::I32Exit;

matrix! {
    show_the_file: WINDOW, Host::with_windows(), [yes yes NO_WINDOWS NO_CONTRACT];

    are_refused_with_a_reason: WINDOW_REFUSED, with_four(), [yes yes NO_WINDOWS NO_CONTRACT];

    of_a_file_made_shorter:
        WINDOW_OF_A_FILE_MADE_SHORTER, Host::with_windows(), [yes yes NO_WINDOWS NO_CONTRACT];

    written_by_the_host:
        WINDOW_WRITTEN_BY_THE_HOST, Host::with_windows(), [yes yes NO_WINDOWS NO_CONTRACT];

    over_the_guests_stack:
        WINDOW_OVER_THE_OWN_MEMORY, with_bytes().arg("stack"),
        [yes yes NO_WINDOWS NO_CONTRACT], the_bytes_are_kept;

    over_the_guests_data:
        WINDOW_OVER_THE_OWN_MEMORY, with_bytes().arg("data"),
        [yes yes NO_WINDOWS NO_CONTRACT], the_bytes_are_kept;

    and_a_growing_memory:
        WINDOW_AND_A_GROWING_MEMORY, Host::with_windows(), [yes yes NO_WINDOWS NO_CONTRACT];

    without_the_grant:
        WINDOW_NOT_GRANTED, Host::new().arg("access-denied"), [yes yes NO_WINDOWS NO_CONTRACT];

    the_engine_alone_grants_nothing:
        WINDOW_NOT_GRANTED, on(WINDOWS_ENGINE.clone(), Host::new()).arg("access-denied"),
        [yes yes NO_WINDOWS NO_CONTRACT];

    on_an_engine_without_them: WINDOW_NOT_GRANTED, without_on(ENGINE.clone()),
        [yes yes NO_WINDOWS NO_CONTRACT];

    on_a_pooling_engine: WINDOW_NOT_GRANTED, without_on(Engine::new(&pooling())?),
        [yes yes NO_WINDOWS NO_CONTRACT];

    on_a_pooling_engine_that_is_prepared: WINDOW_NOT_GRANTED, without_on(prepared_pooling()?),
        [yes yes NO_WINDOWS NO_CONTRACT];

    on_an_engine_whose_memories_move: WINDOW_NOT_GRANTED, without_on(moving()?),
        [yes yes NO_WINDOWS NO_CONTRACT];
}

tests_on! {
    end_with_the_store: [component core_module];
    are_not_seen_by_the_next_instance: [component core_module];
    of_one_store_keep_writers_of_others_out: [component core_module];
}

fn with_four() -> Host {
    let mut host = Host::with_windows();
    host.mem.max_windows(4);
    host
}

const BYTES: [u8; 8192] = [0xfe; 8192];

fn with_bytes() -> Host {
    let host = Host::with_windows();
    host.write("file", BYTES);
    host
}

/// The guest may well trap.
fn the_bytes_are_kept(host: &Host, _: Result<()>) -> Result<()> {
    ensure!(host.path("attaching").exists());
    ensure!(host.read("file") == BYTES);
    // The host goes on.
    host.run(WINDOW)
}

fn on(engine: Engine, mut host: Host) -> Host {
    host.engine = engine;
    host
}

/// A host that grants windows, which its engine does not have.
fn without_on(engine: Engine) -> Host {
    on(engine, Host::with_windows()).arg("unsupported")
}

fn pooling() -> Config {
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(
        PoolingAllocationConfig::new(),
    ));
    config
}

fn prepared_pooling() -> Result<Engine> {
    let mut config = pooling();
    mem_host::enable_windows(&mut config);
    Ok(Engine::new(&config)?)
}

/// Memories of less than 4 GiB have to move when they grow.
fn moving() -> Result<Engine> {
    let mut config = Config::new();
    mem_host::enable_windows(&mut config).memory_reservation(1 << 20);
    Ok(Engine::new(&config)?)
}

/// However a guest ends, its windows go with its store.
fn end_with_the_store(surface: Surface) -> Result<()> {
    for ending in ["return", "exit", "trap"] {
        let host = Host::with_windows().arg(ending);
        host.write("secret", [b's'; 16 * 4096]);
        let mut store = host.store(host.mem.build());
        let ended = run_in(&mut store, surface, WINDOW_LEFT_ATTACHED);
        assert!(ended_by(&host, ended, ending), "{ending}");
        assert_ne!(maps_of(&host)?, 0);
        match ending {
            "return" => drop(store.into_data()),
            "exit" => {
                // The table with the handles outlives the memories.
                let data = store.into_data();
                drop(data.mem);
                drop(data.table);
            }
            _ => drop(store),
        }
        assert_eq!(maps_of(&host)?, 0, "{ending}");
    }
    Ok(())
}

/// Whether the guest came to the ending that its argument asks for.
fn ended_by(host: &Host, result: Result<()>, ending: &str) -> bool {
    fs::remove_file(host.path("ending")).is_ok()
        && match result {
            Ok(()) => ending == "return",
            Err(error) if error.is::<I32Exit>() => ending == "exit",
            Err(error) => ending == "trap" && error.is::<Trap>(),
        }
}

/// How many mappings of files in the host's directory this process has.
fn maps_of(host: &Host) -> Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let name = host.dir_name();
    Ok(maps.lines().filter(|line| line.contains(&name)).count())
}

fn are_not_seen_by_the_next_instance(surface: Surface) -> Result<()> {
    let mut host = Host::with_windows();
    host.surface = surface;
    host.write("secret", [b's'; 16 * 4096]);
    let guest = host.compile(WINDOW_LEFT_ATTACHED)?;
    for ending in ["return", "exit", "trap"].iter().cycle().take(1000) {
        host.args = vec![ending.to_string()];
        let ended = guest.run(&mut host.store(host.mem.build()));
        assert!(ended_by(&host, ended, ending));
    }
    assert_eq!(maps_of(&host)?, 0);
    Ok(())
}

fn of_one_store_keep_writers_of_others_out(surface: Surface) -> Result<()> {
    for held in ["read-only", "read-write"] {
        let mut host = Host::with_windows().arg(held);
        host.surface = surface;
        host.write("shared", "ä".repeat(2048));
        host.write("target", [0; 4096]);
        thread::scope(|scope| {
            let holder = scope.spawn(|| host.run(WINDOW_HELD));
            let other = host.run(WINDOW_OF_ANOTHER_STORE);
            // Otherwise the holder would wait for ever.
            host.write("done", "");
            holder.join().unwrap()?;
            other
        })?;
    }
    Ok(())
}
