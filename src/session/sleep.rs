//! The computer's sleep: a job under way ends as by a cancel, and the device is given back before.

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock::Signal;

use super::job_control::JobControl;

/// Words about sleep that may wait. The computer says one before and one after.
const WAITING: usize = 4;

/// What the computer is about to do, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sleep {
    Begins,
    IsOver,
}

/// Tells a session of the computer's sleep. It may outlive the session; nobody listens then.
#[derive(Clone)]
pub struct SleepTeller {
    control: JobControl,
    news: Sender<Sleep>,
}

impl SleepTeller {
    pub(super) fn new(control: JobControl) -> (SleepTeller, Receiver<Sleep>) {
        let (news, told) = bounded(WAITING);
        (SleepTeller { control, news }, told)
    }

    /// The computer is about to sleep. The job under way ends as by a cancel and keeps what came, its device is
    /// brought to rest, told (POWER_SUSPEND) and given back. Returns at once; [`SleepTeller::is_at_work`] says
    /// when that is done.
    pub fn suspend(&self) {
        self.control.begin_suspend();
        if self.news.try_send(Sleep::Begins).is_err() {
            self.control.end_suspend();
        }
    }

    /// The computer is awake again: the device is told (POWER_RESUME) and opened anew when it is needed next.
    pub fn resume(&self) {
        // Who hears nothing of it notices by the clock, before the device is used again.
        let _ = self.news.try_send(Sleep::IsOver);
    }

    /// Whether something is under way that sleep should wait for: a job until its device is at rest, or the way
    /// into sleep.
    pub fn is_at_work(&self) -> bool {
        self.control.is_at_work()
    }

    /// Set whenever [`SleepTeller::is_at_work`] may have changed. For one listener.
    pub fn activity(&self) -> Signal {
        self.control.activity()
    }
}
