//! A progress bar for long runs of the examples.
//!
//! indicatif draws through `console`, which believes that every stream of a
//! `wasm32-wasip2` guest is a file. So this crate gives the bar its terminal.

mod terminal;

use indicatif::{ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

pub use indicatif::ProgressBar;

/// Work on fewer bytes ends before anyone can read a bar.
const LEAST_BYTES: u64 = 16 << 20;

const DRAWS_PER_SECOND: u8 = 10;

/// A bar on standard error for work on `bytes` bytes, with rate and time left.
///
/// It is hidden if standard error is not a terminal, or the work is short.
pub fn bar(bytes: u64) -> ProgressBar {
    if bytes < LEAST_BYTES || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target =
        ProgressDrawTarget::term_like_with_hz(Box::new(terminal::Stderr), DRAWS_PER_SECOND);
    let style = ProgressStyle::with_template(
        "{wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
    );
    ProgressBar::with_draw_target(Some(bytes), target)
        .with_style(style.expect("the template is well-formed"))
}

/// Standard output for lines that are printed while the bar is shown. The bar
/// makes room for them.
pub struct Stdout<'a> {
    bar: &'a ProgressBar,
}

impl<'a> Stdout<'a> {
    /// Standard output beside `bar`. Buffer it, because each write draws the bar
    /// anew.
    pub fn beside(bar: &'a ProgressBar) -> Self {
        Stdout { bar }
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.bar.suspend(|| io::stdout().flush())
    }
}
