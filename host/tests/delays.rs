//! What a guest's flush costs the other tasks of an asynchronous embedder.

use crate::guests::*;
use anyhow::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use test_host::{Host, Surface, tests_on};

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

tests_on! { in a child;
    of_other_tasks_while_a_large_mapping_is_flushed: [component core_module];
}

/// Other tests make this machine busy as well, which delays a thread that only
/// sleeps by as much.
fn of_other_tasks_while_a_large_mapping_is_flushed(surface: Surface) -> Result<()> {
    // On a disk, where there is something to wait for.
    let mut host = Host::within(env!("CARGO_TARGET_TMPDIR"));
    host.surface = surface;
    let ended = AtomicBool::new(false);
    let (of_tasks, of_threads) = thread::scope(|scope| {
        let of_threads = scope.spawn(|| {
            let mut delays = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let flushing = host.path("flushing").exists();
                let started = Instant::now();
                thread::sleep(INTERVAL);
                if flushing {
                    delays.push(started.elapsed().saturating_sub(INTERVAL));
                }
            }
            delays
        });
        let of_tasks = delays_of_tasks(&host);
        ended.store(true, Ordering::Relaxed);
        anyhow::Ok((of_tasks?, of_threads.join().unwrap()))
    })?;
    let ticks = of_tasks.len();
    let (of_tasks, of_threads) = (median(of_tasks), median(of_threads));
    println!("{of_tasks:?} at the median of {ticks} ticks, and {of_threads:?} of a thread");
    assert!(of_tasks <= Duration::from_millis(10) + of_threads);
    Ok(())
}

/// The delays of a task beside the guest, on a runtime of one thread.
fn delays_of_tasks(host: &Host) -> Result<Vec<Duration>> {
    let guest = host.compile(FLUSH_256_MIB)?;
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        tokio::select! {
            result = guest.run_async(&mut store) => result,
            () = ticks => Ok(()),
        }
    })?;
    Ok(delays)
}
