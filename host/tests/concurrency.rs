//! Many stores at once, on all cores.

use anyhow::Result;
use std::time::Duration;
use std::{env, thread};
use test_host::{Guest, Host, Kind, State};
use wasmtime::Store;

const STORES: usize = 64;

fn time() -> Duration {
    Duration::from_secs(env::var("MEM_TEST_SECONDS").map_or(3, |time| time.parse().unwrap()))
}

/// A host with the shared file, the guest, and the stores.
fn prepare(kind: Kind) -> Result<(Host, Guest, Vec<Store<State>>)> {
    let mut host = Host::new();
    host.write("shared", [0; 8 * STORES]);
    let guest = Guest::compile(&host.engine, kind, "count_in_files")?;
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

#[test]
fn stores_on_threads() -> Result<()> {
    for kind in Kind::ALL {
        let (host, guest, mut stores) = prepare(kind)?;
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
    }
    Ok(())
}

#[test]
fn stores_on_an_asynchronous_embedder() -> Result<()> {
    for kind in Kind::ALL {
        let (host, guest, stores) = prepare(kind)?;
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
    }
    Ok(())
}
