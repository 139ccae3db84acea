//! A line on standard error that tells how far a scan is, when that is a terminal.

use std::io::{self, IsTerminal, Write};

use crate::session::{Phase, ScanState, Scanning, Snapshot};

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
            ScanState::Scanning(scanning) => self.write(&line(scanning)),
            ScanState::Paused(paused) => self.write(&line(&paused.scanning)),
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

fn line(scanning: &Scanning) -> String {
    let progress = &scanning.progress;
    match scanning.phase {
        Phase::Starting => "Waiting for the scanner …".to_owned(),
        Phase::WaitingForDevice => "The scanner is finishing the cancelled page …".to_owned(),
        Phase::WarmingUp => "The scanner is warming up …".to_owned(),
        Phase::Calibrating => "The scanner is calibrating …".to_owned(),
        Phase::Receiving if scanning.page.is_none() => "Waiting for the next page …".to_owned(),
        Phase::Receiving => {
            let silent = progress.silent.as_secs();
            let mut text = format!("Page {} · {:.1} MB", scanning.number, progress.bytes as f64 / 1e6);
            if silent >= crate::session::SILENCE_SHOWN_AFTER.as_secs() {
                text += &format!(" · the scanner has been silent for {silent} s");
            } else if progress.bytes_per_second > 0.0 {
                text += &format!(" · {:.1} MB/s", progress.bytes_per_second / 1e6);
            }
            text
        }
    }
}
