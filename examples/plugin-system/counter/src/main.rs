//! Counts its runs in a file, and exits.

fn main() -> Result<(), mem::Error> {
    let runs = mem::create("runs.bin", 8)?;
    let run = runs.get::<u64>(0)? + 1;
    runs.set(0, run)?;
    println!("run {run}");
    runs.unmap()
}
