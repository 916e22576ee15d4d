//! A guest that has filled a pipe goes on, and can wait for something else.

use wasip2::cli::stdout::get_stdout;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::poll;

fn main() {
    let stdout = get_stdout();
    let pipe = stdout.subscribe();
    loop {
        let room = stdout.check_write().unwrap();
        if room > 0 {
            stdout.write(&vec![b'x'; room as usize]).unwrap();
        } else if poll(&[&pipe, &subscribe_duration(100_000_000)]) == [1] {
            break;
        }
    }
    assert_eq!(stdout.check_write().unwrap(), 0);
}
