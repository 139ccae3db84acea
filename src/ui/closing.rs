//! Closing the window: its button, its key and a wish from outside all come here.
//!
//! ```text
//!         nothing unsaved, or a signal ───────────────────────────────┐
//! Open ─▶ Asking ── Close without saving ─────────────────────────────┤
//!  ▲ ▲       └───── Save ─▶ Stopping ─▶ Saving ─── all of it saved ───┴─▶ Closed
//!  │ └ Cancel               (the job)      │  ▲
//!  └────────── not saved after all ────────┘  └── closed while a file was written
//! ```

use crate::document::Unsaved;
use crate::session::Snapshot;

/// How far a window is on its way to being closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Closing {
    /// It stays open.
    #[default]
    Open,
    /// The question whether to save first is open.
    Asking,
    /// To be saved and closed once the job has ended.
    Stopping,
    /// To be closed once the document is saved.
    Saving,
    /// It closes.
    Closed,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClosingStep {
    /// The window stays for now.
    Stay,
    /// The document is to be saved.
    Save,
    /// The window is to be closed.
    Close,
}

impl Closing {
    /// Whether the question is open.
    pub(super) fn is_asking(self) -> bool {
        self == Closing::Asking
    }

    /// Whether the window closes by itself when a file under way is written.
    pub(super) fn waits_for_a_file(self) -> bool {
        self == Closing::Saving
    }

    /// Somebody wants the window closed; `insists` when no question may keep it open. A file that is being written is
    /// waited for, since it may fail; who asks again while it is does not want to wait, and the session finishes it.
    pub(super) fn asked_for(&mut self, shown: &Snapshot, insists: bool) -> ClosingStep {
        let writing = shown.saving.is_some();
        *self = match *self {
            _ if insists => Closing::Closed,
            Closing::Closed => Closing::Closed,
            Closing::Saving if writing => Closing::Closed,
            _ if writing => Closing::Saving,
            _ if shown.unsaved == Unsaved::Nothing => Closing::Closed,
            _ => Closing::Asking,
        };
        if *self == Closing::Closed { ClosingStep::Close } else { ClosingStep::Stay }
    }

    /// The answer: save first. The job under way is stopped by whoever asks.
    pub(super) fn save_first(&mut self) {
        if self.is_asking() {
            *self = Closing::Stopping;
        }
    }

    /// The answer: close, whatever is unsaved.
    pub(super) fn close_now(&mut self) {
        *self = Closing::Closed;
    }

    /// The answer: do not close.
    pub(super) fn stay(&mut self) {
        *self = Closing::Open;
    }

    /// Goes on as far as the session has come. `saved`: a file was written since the last call; `saving`: one is on its
    /// way, from the dialog for its name to its last byte.
    pub(super) fn advance(&mut self, shown: &Snapshot, saved: bool, saving: bool) -> ClosingStep {
        let all_saved = shown.unsaved == Unsaved::Nothing;
        let (next, step) = match *self {
            Closing::Asking if all_saved => (Closing::Closed, ClosingStep::Close),
            Closing::Stopping if shown.scan.job().is_some() => return ClosingStep::Stay,
            Closing::Saving if saving => return ClosingStep::Stay,
            Closing::Stopping | Closing::Saving if all_saved => (Closing::Closed, ClosingStep::Close),
            Closing::Stopping => (Closing::Saving, ClosingStep::Save),
            // Pages came while the file was written.
            Closing::Saving if saved => (Closing::Asking, ClosingStep::Stay),
            // Nothing was written after all.
            Closing::Saving => (Closing::Open, ClosingStep::Stay),
            other => (other, ClosingStep::Stay),
        };
        *self = next;
        step
    }
}
