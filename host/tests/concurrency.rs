//! Many stores at once, on all cores.

use crate::guests::*;
use anyhow::Result;
use std::time::Duration;
use std::{env, thread};
use test_host::{Compiled, Host, State, Surface, tests_on};
use wasmtime::Store;

const STORES: usize = 64;

fn time() -> Duration {
    Duration::from_secs(env::var("MEM_TEST_SECONDS").map_or(3, |time| time.parse().unwrap()))
}

/// A host with the shared file, the guest, and the stores.
fn prepare(surface: Surface) -> Result<(Host, Compiled, Vec<Store<State>>)> {
    let mut host = Host::new();
    host.surface = surface;
    host.write("shared", [0; 8 * STORES]);
    let guest = host.compile(COUNT_IN_FILES)?;
    let time = time().as_millis().to_string();
    let stores = (0..STORES).map(|slot| {
        host.args = vec![slot.to_string(), time.clone()];
        host.store(host.mem.build())
    });
    let stores = stores.collect();
    Ok((host, guest, stores))
}

/// Whether the files hold what the guests have counted.
fn check(host: &Host) {
    let shared = host.read("shared");
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let mut total = 0;
    for slot in 0..STORES {
        let counted = String::from_utf8(host.read(&format!("counted-{slot}"))).unwrap();
        let counted: u64 = counted.parse().unwrap();
        assert!(counted > 0, "store {slot}");
        assert_eq!(number(&shared[8 * slot..][..8]), counted, "store {slot}");
        let own = host.read(&format!("own-{slot}"));
        let own = number(&own[4088..4096]) + number(&own[4096..4104]);
        assert_eq!(own, counted, "store {slot}");
        total += counted;
    }
    println!("{total} rounds");
}

tests_on! { in a child;
    stores_on_threads: [component core_module];
    stores_on_an_asynchronous_embedder: [component core_module];
}

fn stores_on_threads(surface: Surface) -> Result<()> {
    let (host, guest, mut stores) = prepare(surface)?;
    thread::scope(|scope| {
        let running: Vec<_> = stores
            .iter_mut()
            .map(|store| scope.spawn(|| guest.run(store)))
            .collect();
        running
            .into_iter()
            .try_for_each(|running| running.join().unwrap())
    })?;
    check(&host);
    Ok(())
}

fn stores_on_an_asynchronous_embedder(surface: Surface) -> Result<()> {
    let (host, guest, stores) = prepare(surface)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let running: Vec<_> = stores
        .into_iter()
        .map(|mut store| {
            let guest = guest.clone();
            runtime.spawn(async move { guest.run_async(&mut store).await })
        })
        .collect();
    runtime.block_on(async {
        for running in running {
            running.await??;
        }
        anyhow::Ok(())
    })?;
    check(&host);
    Ok(())
}
