//! Counts its runs in a mapped file.

fn main() -> Result<(), mem::Error> {
    let counter = mem::create("runs.bin", 8)?;
    let runs = counter.get::<u64>(0)? + 1;
    counter.set(0, runs)?;
    counter.flush()?;
    println!("run {runs}");
    Ok(())
}
