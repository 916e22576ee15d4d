//! Files that are made shorter and longer all the time while guests of several
//! stores have them mapped.

use crate::guests::*;
use anyhow::{Context, Result, ensure};
use mem_host::FsPerms;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use test_host::{Host, Surface};

const PAGE: u64 = 4096;
const LENGTH: u64 = 64 * PAGE;

#[test]
fn each_access_gives_the_file_or_zeros_or_truncated() -> Result<()> {
    let shared = tempfile::tempdir()?;
    let bytes: Vec<u8> = (0..LENGTH).map(|offset| (offset % 251) as u8 + 1).collect();
    for name in ["file", "windowed", "other", "other-windowed"] {
        std::fs::write(shared.path().join(name), &bytes)?;
    }
    let running = AtomicUsize::new(2 * Surface::WITH_MEM.len());
    thread::scope(|scope| {
        let guests: Vec<_> = (1..=2)
            .flat_map(|seed| Surface::WITH_MEM.map(|surface| (seed, surface)))
            .map(|(seed, surface)| {
                let (shared, running) = (shared.path(), &running);
                scope.spawn(move || {
                    let mut host = Host::with_windows();
                    host.surface = surface;
                    host.args.push(seed.to_string());
                    host.mem.max_locked_bytes(1 << 20);
                    host.mem
                        .preopened_dir(shared, "shared", FsPerms::ReadWrite)?;
                    host.wasi_dirs.push((shared.to_owned(), "shared"));
                    let result = host.run(SHRINKING);
                    running.fetch_sub(1, Ordering::SeqCst);
                    result
                })
            })
            .collect();

        let open = |name| File::options().write(true).open(shared.path().join(name));
        let files = [open("file")?, open("windowed")?];
        let until = Instant::now() + Duration::from_secs(4);
        let mut random = fastrand::Rng::with_seed(7);
        let mut rounds = 0;
        while Instant::now() < until
            && running.load(Ordering::SeqCst) == 2 * Surface::WITH_MEM.len()
        {
            for file in &files {
                file.set_len(random.u64(..LENGTH))?;
                thread::sleep(Duration::from_micros(random.u64(..300)));
                file.set_len(LENGTH)?;
                if random.bool() {
                    file.write_all_at(&bytes, 0)?;
                }
                thread::sleep(Duration::from_micros(random.u64(..2000)));
            }
            rounds += 1;
        }
        for file in &files {
            file.set_len(LENGTH)?;
            file.write_all_at(&bytes, 0)?;
        }
        std::fs::write(shared.path().join("stop"), "")?;
        for guest in guests {
            guest.join().ok().context("a guest's thread panics")??;
        }
        ensure!(rounds > 100, "{rounds}");
        ensure!(std::fs::read(shared.path().join("other"))? == bytes);
        Ok(())
    })
}
