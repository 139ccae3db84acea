//! Who may use the device now: one transfer, one settling, one question, or nobody.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::minidriver::TransferId;

/// How often somebody who waits at the gate looks at the clock.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(500);

/// The one place that says what the device is used for. Its lock is held for moments only.
#[derive(Default)]
pub(super) struct Gate {
    stage: Mutex<Stage>,
    changed: Condvar,
}

/// What the device is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Idle,
    /// Being locked for a transfer that is about to begin.
    Locking,
    /// Being locked for a transfer that gave up waiting; it is given back as soon as it is there.
    Unwanted,
    /// From *Acquiring* to *Ending*.
    Transferring,
    /// Over for the application; the driver's closing work has not begun.
    Unsettled,
    /// The driver's closing work runs.
    Settling,
    /// A short question outside of a transfer, with its number.
    Asking(TransferId),
}

/// What came of waiting at the gate.
pub(super) enum Passage {
    /// Whoever asked holds the device now.
    Open,
    /// A transfer is running or about to.
    Busy,
    /// The closing work of an earlier transfer has not begun; whoever asked has to see to it.
    Unsettled,
    /// The closing work of an earlier transfer runs.
    Settling,
    /// Somebody asks the device something short, or it is being given back.
    Asking,
}

impl Gate {
    pub(super) fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the device for `purpose` if it is free.
    pub(super) fn enter(&self, purpose: Stage) -> Passage {
        let mut stage = self.lock();
        match *stage {
            Stage::Idle => {
                *stage = purpose;
                Passage::Open
            }
            Stage::Locking | Stage::Transferring => Passage::Busy,
            Stage::Unsettled => Passage::Unsettled,
            Stage::Settling => Passage::Settling,
            Stage::Asking(_) | Stage::Unwanted => Passage::Asking,
        }
    }

    /// Moves from one stage to another; `false` when it was not the stage expected.
    pub(super) fn advance(&self, from: Stage, to: Stage) -> bool {
        let mut stage = self.lock();
        let right = *stage == from;
        if right {
            *stage = to;
            self.changed.notify_all();
        }
        right
    }

    /// Lets everybody who waits look again.
    pub(super) fn wake(&self) {
        let _stage = self.lock();
        self.changed.notify_all();
    }

    /// The question that the device is being asked.
    pub(super) fn question(&self) -> Option<TransferId> {
        match *self.lock() {
            Stage::Asking(question) => Some(question),
            _ => None,
        }
    }

    /// Waits while the stage is one of these, until `deadline` or until `given_up` says so. Somebody
    /// who sets what `given_up` reads calls [`Gate::wake`].
    pub(super) fn wait_while(
        &self,
        stages: fn(Stage) -> bool,
        clock: &dyn Clock,
        deadline: Moment,
        given_up: &dyn Fn() -> bool,
    ) {
        let mut stage = self.lock();
        while stages(*stage) && !given_up() && clock.now() < deadline {
            stage = match self.changed.wait_timeout(stage, LOOK_AT_CLOCK) {
                Ok((stage, _)) => stage,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}
