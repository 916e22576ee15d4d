//! Guests in a process that has as many mappings as it may have
//! (`vm.max_map_count`). Nothing else can run in such a process.

use crate::guests::*;
use anyhow::Result;
use std::path::Path;
use std::ptr;
use std::time::Duration;
use test_host::{Host, Surface, tests_on};

const PAGE: usize = 4096;

tests_on! { in a child;
    no_more_mappings: [component core_module];
}

fn no_more_mappings(surface: Surface) -> Result<()> {
    let mut host = Host::with_locks(1 << 20);
    host.surface = surface;
    let dir = host.dir.path().to_owned();
    let filler = std::thread::spawn(move || fill(&dir));
    let result = host.run(NO_MORE_MAPPINGS);
    host.write("stop", "");
    filler.join().unwrap();
    result
}

/// Takes all mappings, then gives one back whenever the guest in `dir` asks.
fn fill(dir: &Path) {
    wait_for(dir, "want-0");
    let most: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let length = 2 * most * PAGE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: it makes a mapping of its own.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    // From the end on, each page that differs from its neighbours is one
    // mapping more.
    let mut taken = 0;
    loop {
        let next = start.wrapping_byte_add(length - (taken + 1) * PAGE);
        let protection = [libc::PROT_READ, libc::PROT_WRITE][taken % 2];
        // SAFETY: the page is in the mapping above, which nothing refers to.
        if unsafe { libc::mprotect(next, PAGE, protection) } != 0 {
            break;
        }
        taken += 1;
    }
    std::fs::write(dir.join("have-0"), "").unwrap();
    for left in 1.. {
        if !wait_for(dir, &format!("want-{left}")) {
            break;
        }
        // SAFETY: the last page is a mapping by itself, which nothing refers to.
        let freed = unsafe { libc::munmap(start.wrapping_byte_add(length - left * PAGE), PAGE) };
        assert_eq!(freed, 0);
        std::fs::write(dir.join(format!("have-{left}")), "").unwrap();
    }
    // SAFETY: nothing refers to the pages.
    unsafe { libc::munmap(start, length) };
}

/// Whether the guest makes the file `name` before it stops.
fn wait_for(dir: &Path, name: &str) -> bool {
    loop {
        if dir.join(name).exists() {
            return true;
        }
        if dir.join("stop").exists() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
