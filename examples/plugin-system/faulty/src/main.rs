//! Counts its runs in a file, and traps in two of three runs. In the third run it
//! asks for more bytes than it may map, and prints the answer.

fn main() -> Result<(), mem::Error> {
    let runs = mem::create("runs.bin", 8)?;
    let run = runs.get::<u64>(0)? + 1;
    // The file keeps this, even though a trap follows without a flush.
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
