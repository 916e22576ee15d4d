//! Counts its runs in a file, and traps in all but every third of them. Then
//! it asks for more than it may map, and tells what it gets.

fn main() -> Result<(), mem::Error> {
    let runs = mem::create("runs.bin", 8)?;
    let run = runs.get::<u64>(0)? + 1;
    // What is written is in the file, flushed or not, when this traps.
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
