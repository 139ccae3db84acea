//! What the suite asks of a staged session, and the scenes that are only looked at do not.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use lightbar::session::{Command, EstimateWish};

use super::staged_session::StagedSession;

impl StagedSession {
    /// How often the window looked at the feeder since the last call of this or of [`Self::take_sent`].
    pub(crate) fn take_looks(&self) -> usize {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sent).iter().filter(|command| matches!(command, Command::LookAtFeeder)).count()
    }

    /// How often the window asked to stop.
    pub(crate) fn stops(&self) -> usize {
        self.stops.load(Ordering::SeqCst)
    }

    /// The questions about a save that the window asked since the last call; they are answered at once.
    pub(crate) fn take_questions(&self) -> Vec<Option<EstimateWish>> {
        std::mem::take(&mut *self.questions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
