//! Counts its runs in a file, and traps in all but every third run. In the third,
//! it asks for more than it may map, and prints what it gets.

fn main() -> Result<(), mem::Error> {
    let runs = mem::create("runs.bin", 8)?;
    let run = runs.get::<u64>(0)? + 1;
    // This is in the file when the guest traps, flushed or not.
    runs.set(0, run)?;
    if run % 3 != 0 {
        panic!("run {run} fails");
    }
    match mem::anonymous(1 << 20) {
        Ok(_) => println!("got 1 MiB in run {run}"),
        Err(error) => println!("no 1 MiB in run {run}: {}", error.code()),
    }
    Ok(())
}
