//! A line on standard error that tells how far a scan is, when that is a terminal.

use std::io::{self, IsTerminal, Write};

use crate::session::{ScanState, Snapshot};
use crate::text::progress::terminal_line;

/// The line. On anything but a terminal it stays silent.
pub(super) struct ProgressLine {
    shown: bool,
    width: usize,
}

impl ProgressLine {
    pub(super) fn on_stderr() -> ProgressLine {
        ProgressLine { shown: io::stderr().is_terminal(), width: 0 }
    }

    /// Draws the line for this state.
    pub(super) fn show(&mut self, snapshot: &Snapshot) {
        if !self.shown {
            return;
        }
        match &snapshot.scan {
            ScanState::Scanning(scanning) => self.write(&terminal_line(scanning)),
            ScanState::Paused(paused) => self.write(&terminal_line(&paused.scanning)),
            ScanState::Idle | ScanState::Settling => self.clear(),
        }
    }

    /// Takes the line away, before something else is printed.
    pub(super) fn clear(&mut self) {
        if self.shown && self.width > 0 {
            self.write("");
            self.width = 0;
        }
    }

    fn write(&mut self, text: &str) {
        let length = text.chars().count();
        let blanks = self.width.saturating_sub(length);
        // A terminal that cannot be written to is no reason to stop a scan.
        let _ = write!(io::stderr(), "\r{text}{:blanks$}\r", "");
        self.width = length;
    }
}
