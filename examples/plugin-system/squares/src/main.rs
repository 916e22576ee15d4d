//! Keeps a table of squares locked in RAM, and looks a square up each second. The
//! argument is the number of seconds.

use std::thread::sleep;
use std::time::Duration;

const COUNT: u64 = 4096;

fn main() -> Result<(), mem::Error> {
    let seconds = std::env::args().nth(1);
    let seconds: u64 = seconds
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(1);
    let table = mem::create("squares.bin", 8 * COUNT)?;
    for number in 0..COUNT {
        table.set(8 * number, number * number)?;
    }
    table.lock()?;
    for second in 1..=seconds {
        sleep(Duration::from_secs(1));
        let number = second % COUNT;
        println!(
            "{number} times {number} is {}",
            table.get::<u64>(8 * number)?
        );
    }
    table.unlock()?;
    table.unmap()
}
