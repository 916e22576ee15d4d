//! Standard output: lines, and below them the table, if it is a terminal.

use console::{Term, truncate_str};
use std::sync::{Mutex, PoisonError};

pub struct Screen {
    term: Term,
    /// The table that is shown.
    table: Mutex<String>,
}

impl Screen {
    pub fn new() -> Self {
        Self {
            term: Term::stdout(),
            table: Mutex::default(),
        }
    }

    /// Prints a line above the table.
    pub fn line(&self, line: &str) {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        // If standard output is closed, nobody wants the line.
        if self.term.is_term() && !table.is_empty() {
            let _ = self.term.clear_last_lines(table.lines().count());
            let _ = self.term.write_line(line);
            let _ = self.term.write_line(&table);
        } else {
            let _ = self.term.write_line(line);
        }
    }

    /// Prints the table. On a terminal it replaces the one before, and is cut to
    /// the width: a line that the terminal breaks would be counted as one.
    pub fn table(&self, mut table: String) {
        let mut shown = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if self.term.is_term() {
            let (_, width) = self.term.size();
            let lines = table.lines();
            let lines: Vec<_> = lines
                .map(|line| truncate_str(line, width.into(), "…"))
                .collect();
            table = lines.join("\n");
            let _ = self.term.clear_last_lines(shown.lines().count());
        }
        let _ = self.term.write_line(&table);
        *shown = table;
    }
}
