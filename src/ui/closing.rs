//! Closing the window: its button, its key and a wish from outside all come here. Nothing is asked: the next start shows
//! the document as it was left.
//!
//! ```text
//! Open ── no file is being written, or a signal ──▶ Closed
//!  ▲ └──▶ Writing ─── written, or closed once more ───▲
//!  └──────── not written
//! ```

/// How far a window is on its way to being closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Closing {
    /// It stays open.
    #[default]
    Open,
    /// To be closed once a file is written.
    Writing,
    /// It closes.
    Closed,
}

impl Closing {
    /// Whether the window closes by itself when a file under way is written.
    pub(super) fn waits_for_a_file(self) -> bool {
        self == Closing::Writing
    }

    /// Somebody wants the window closed; whether it may close at once. `insists`: nothing may keep it open. A file that
    /// is being written is waited for, since it may fail; who asks again while it is does not want to wait, and the
    /// session finishes it.
    pub(super) fn asked_for(&mut self, writing: bool, insists: bool) -> bool {
        *self = match *self {
            Closing::Open if writing && !insists => Closing::Writing,
            _ => Closing::Closed,
        };
        *self == Closing::Closed
    }

    /// Goes on as far as the session has come; whether the window is to be closed now. `saved`: a file was written since
    /// the last call; `writing`: one is being written.
    pub(super) fn advance(&mut self, saved: bool, writing: bool) -> bool {
        if *self != Closing::Writing || writing {
            return false;
        }
        *self = if saved { Closing::Closed } else { Closing::Open };
        saved
    }
}
