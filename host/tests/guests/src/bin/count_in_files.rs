//! Maps, counts, flushes and unmaps in a slot of a shared file and in a file of
//! its own. The first argument is the number of the slot, and the second is for
//! how many milliseconds. Leaves the count in `counted-`.

use std::time::{Duration, Instant};
use test_guests::PAGE;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let slot: u64 = args[1].parse().unwrap();
    let time = Duration::from_millis(args[2].parse().unwrap());
    let own = format!("own-{slot}");
    std::fs::write(&own, vec![0; 2 * PAGE as usize]).unwrap();

    let started = Instant::now();
    let mut count = 0u64;
    while started.elapsed() < time {
        // Across the pages' boundary, too.
        for (path, offset) in [("shared", 8 * slot), (&own, 8 * (count % 2) + PAGE - 8)] {
            let mapping = mem::open_mut(path).unwrap();
            let before = mapping.get::<u64>(offset).unwrap();
            let expected = if path == "shared" { count } else { count / 2 };
            assert_eq!(before, expected, "{path}");
            mapping.set(offset, before + 1).unwrap();
            match count % 4 {
                0 => mapping.flush_range(offset..offset + 8).unwrap(),
                1 => mapping.flush_async().unwrap(),
                2 => mapping.unmap().unwrap(),
                _ => drop(mapping),
            }
        }
        count += 1;
    }
    std::fs::write(format!("counted-{slot}"), count.to_string()).unwrap();
}
