//! Windows, each promise met by a real guest.

use anyhow::Result;
use std::fs;
use std::thread;
use test_host::{ENGINE, Host, WINDOWS_ENGINE, component, run_component, run_in};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Trap};
use wasmtime_wasi::I32Exit;

#[test]
fn show_the_file() -> Result<()> {
    Host::with_windows().run("window")
}

#[test]
fn are_refused_with_a_reason() -> Result<()> {
    let mut host = Host::with_windows();
    host.mem.max_windows(4);
    host.run("window_refused")
}

#[tokio::test]
async fn on_an_asynchronous_embedder() -> Result<()> {
    let mut host = Host::with_windows();
    host.mem.max_windows(4);
    for guest in ["window", "window_refused", "window_written_by_the_host"] {
        host.run_async(guest).await?;
    }
    Ok(())
}

#[test]
fn of_a_file_made_shorter() -> Result<()> {
    Host::with_windows().run("window_of_a_file_made_shorter")
}

#[test]
fn written_by_the_host() -> Result<()> {
    Host::with_windows().run("window_written_by_the_host")
}

#[test]
fn over_the_guests_own_memory() -> Result<()> {
    for part in ["stack", "data"] {
        let mut host = Host::with_windows();
        let bytes = [0xfe; 8192];
        host.write("file", bytes);
        host.args.push(part.to_owned());
        // The guest may well trap.
        let _ = host.run("window_over_the_own_memory");
        assert!(host.path("attaching").exists(), "{part}");
        assert_eq!(host.read("file"), bytes);
        // The host goes on.
        host.run("window")?;
    }
    Ok(())
}

#[test]
fn and_a_growing_memory() -> Result<()> {
    Host::with_windows().run("window_and_a_growing_memory")
}

#[test]
fn without_the_grant() -> Result<()> {
    let mut host = Host::new();
    host.args.push("access-denied".to_owned());
    host.run("window_not_granted")?;
    // The engine alone grants nothing.
    host.engine = WINDOWS_ENGINE.clone();
    host.run("window_not_granted")
}

#[test]
fn on_an_engine_without_them() -> Result<()> {
    let mut pooling = Config::new();
    pooling.allocation_strategy(InstanceAllocationStrategy::Pooling(
        PoolingAllocationConfig::new(),
    ));
    let mut prepared = pooling.clone();
    mem_host::enable_windows(&mut prepared);
    // Memories of less than 4 GiB have to move when they grow.
    let mut moving = Config::new();
    mem_host::enable_windows(&mut moving).memory_reservation(1 << 20);
    for engine in [
        ENGINE.clone(),
        Engine::new(&pooling)?,
        Engine::new(&prepared)?,
        Engine::new(&moving)?,
    ] {
        let mut host = Host::with_windows();
        host.engine = engine;
        host.args.push("unsupported".to_owned());
        host.run("window_not_granted")?;
    }
    Ok(())
}

/// However a guest ends, its windows go with its store.
#[test]
fn end_with_the_store() -> Result<()> {
    for ending in ["return", "exit", "trap"] {
        let mut host = Host::with_windows();
        host.write("secret", [b's'; 16 * 4096]);
        host.args.push(ending.to_owned());
        let mut store = host.store(host.mem.build());
        let ended = run_in(&mut store, "window_left_attached");
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

/// Whether the guest came to the ending that it was told.
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

#[test]
fn are_not_seen_by_the_next_instance() -> Result<()> {
    let mut host = Host::with_windows();
    host.write("secret", [b's'; 16 * 4096]);
    let guest = component(&host.engine, "window_left_attached")?;
    for ending in ["return", "exit", "trap"].iter().cycle().take(1000) {
        host.args = vec![ending.to_string()];
        let ended = run_component(&mut host.store(host.mem.build()), &guest);
        assert!(ended_by(&host, ended, ending));
    }
    assert_eq!(maps_of(&host)?, 0);
    Ok(())
}

#[test]
fn of_one_store_keep_writers_of_others_out() -> Result<()> {
    for held in ["read-only", "read-write"] {
        let mut host = Host::with_windows();
        host.args.push(held.to_owned());
        host.write("shared", "ä".repeat(2048));
        host.write("target", [0; 4096]);
        thread::scope(|scope| {
            let holder = scope.spawn(|| host.run("window_held"));
            let other = host.run("window_of_another_store");
            // Or the holder would wait for ever.
            host.write("done", "");
            holder.join().unwrap()?;
            other
        })?;
    }
    Ok(())
}
