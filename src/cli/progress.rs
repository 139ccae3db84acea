//! How far a scan is, on standard error: on a terminal a line that changes, elsewhere a word when the scanner is
//! silent for long.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use crate::document::PageId;
use crate::session::{Phase, ScanState, Scanning, Snapshot};
use crate::text::progress::{self, SILENCE_WORTH_A_WORD, silent_scanner, terminal_line};

use super::words::say;

/// See the module.
pub(super) struct ProgressLine {
    shown: bool,
    width: usize,
    silence: Silence,
}

impl ProgressLine {
    pub(super) fn on_stderr() -> ProgressLine {
        ProgressLine { shown: io::stderr().is_terminal(), width: 0, silence: Silence::begins() }
    }

    /// Draws the line for this state.
    pub(super) fn show(&mut self, snapshot: &Snapshot) {
        if !self.shown {
            return self.silence.notice(&snapshot.scan);
        }
        match &snapshot.scan {
            ScanState::Scanning(scanning) => self.write(&terminal_line(scanning)),
            ScanState::Paused(paused) => self.write(&terminal_line(&paused.scanning)),
            ScanState::Idle | ScanState::Settling => self.clear(),
        }
    }

    /// Draws what a job does before rows come.
    pub(super) fn phase(&mut self, phase: Phase) {
        if self.shown {
            self.write(progress::phase(phase));
        }
    }

    /// Draws how much of an image has come.
    pub(super) fn image(&mut self, number: u32, bytes: u64) {
        if self.shown {
            self.write(&progress::page_so_far(number, bytes));
        }
    }

    /// Draws how much is saved.
    pub(super) fn saving(&mut self, done: u32, pages: u32) {
        if self.shown {
            self.write(&progress::saving(done, pages));
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

/// Tells once of each time that nothing comes for long: whoever reads a log wants to know what is waited for.
struct Silence {
    newest: (Option<PageId>, u64),
    since: Instant,
    told: bool,
}

impl Silence {
    fn begins() -> Silence {
        Silence { newest: (None, 0), since: Instant::now(), told: false }
    }

    fn notice(&mut self, scan: &ScanState) {
        let (page, progress) = match scan {
            ScanState::Scanning(Scanning { page, progress, phase: Phase::Starting | Phase::Receiving, .. }) => {
                (page, progress)
            }
            // It has said what it does, or somebody else has the word.
            _ => return *self = Silence::begins(),
        };
        let newest = (*page, progress.bytes);
        if newest != self.newest {
            *self = Silence { newest, ..Silence::begins() };
        } else if !self.told && self.since.elapsed() >= SILENCE_WORTH_A_WORD {
            self.told = true;
            say(format_args!("lightbar: {}", silent_scanner(SILENCE_WORTH_A_WORD)));
        }
    }
}
