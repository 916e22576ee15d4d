//! What a guest's flush costs the other tasks of an asynchronous embedder.

use anyhow::Result;
use std::time::{Duration, Instant};
use test_host::{Guest, Host, Kind};

const INTERVAL: Duration = Duration::from_millis(1);

/// The delay at half of the time: a long one counts for as long as it takes.
fn median(mut delays: Vec<Duration>) -> Duration {
    delays.sort();
    let half = delays
        .iter()
        .map(|&delay| delay + INTERVAL)
        .sum::<Duration>()
        / 2;
    let mut time = Duration::ZERO;
    for &delay in &delays {
        time += delay + INTERVAL;
        if time >= half {
            return delay;
        }
    }
    panic!("no other task ran during the flush")
}

#[tokio::test]
async fn of_other_tasks_while_a_large_mapping_is_flushed() -> Result<()> {
    for kind in Kind::ALL {
        // On a disk, where there is something to wait for.
        let host = Host::within(env!("CARGO_TARGET_TMPDIR"));
        let guest = Guest::compile(&host.engine, kind, "flush_256_mib")?;
        let mut store = host.store(host.mem.build());
        let mut delays = Vec::new();
        let ticks = async {
            loop {
                let flushing = host.path("flushing").exists();
                let started = Instant::now();
                tokio::time::sleep(INTERVAL).await;
                if flushing {
                    delays.push(started.elapsed().saturating_sub(INTERVAL));
                }
            }
        };
        tokio::select! {
            result = guest.run_async(&mut store) => result?,
            () = ticks => {}
        }
        let ticks = delays.len();
        let median = median(delays);
        println!("{kind:?}: {median:?} at the median of {ticks} ticks");
        assert!(median <= Duration::from_millis(10), "{kind:?}: {median:?}");
    }
    Ok(())
}
