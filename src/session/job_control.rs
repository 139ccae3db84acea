//! What other threads may say to the job under way, without a lock that the job holds for long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::clock::Signal;
use crate::transfer::{Broker, Canceller};

use super::ProblemAnswer;

/// Stop, skip and answers for the job that runs or is about to.
#[derive(Clone)]
pub(super) struct JobControl {
    state: Arc<Mutex<State>>,
    answers: (Sender<Reply>, Receiver<Reply>),
    /// Set after every change of [`JobControl::is_at_work`].
    activity: Signal,
}

/// What ends the wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The person answered.
    Answer(ProblemAnswer),
    /// The job was cancelled meanwhile.
    Stopped,
}

#[derive(Default)]
struct State {
    /// Present while a job runs.
    canceller: Option<Canceller>,
    /// The device of the job, until it is at rest.
    device: Option<Broker>,
    /// Jobs asked for that have not begun.
    queued: u32,
    /// A stop came for a job that has not begun.
    stop_queued: bool,
    /// A stop came for the job that runs.
    stopped: bool,
    /// The page that is to be left out.
    skip: Option<u32>,
    /// The computer is about to sleep, and the device has not been given back.
    suspending: bool,
    /// A button of the device is to start a job.
    waits_for_button: bool,
}

impl JobControl {
    pub(super) fn new() -> JobControl {
        JobControl { state: Arc::default(), answers: bounded(1), activity: Signal::new() }
    }

    /// A job was asked for.
    pub(super) fn queue(&self) {
        self.lock().queued += 1;
        self.activity.set();
    }

    /// A job asked for will not begin.
    pub(super) fn withdraw(&self) {
        let mut state = self.lock();
        state.queued = state.queued.saturating_sub(1);
        state.stop_queued &= state.queued > 0;
        drop(state);
        self.activity.set();
    }

    /// The job begins. Says whether it was stopped before.
    pub(super) fn begin(&self, canceller: Canceller, device: &Broker) -> bool {
        let mut state = self.lock();
        state.queued = state.queued.saturating_sub(1);
        state.canceller = Some(canceller);
        state.device = Some(device.clone());
        state.skip = None;
        state.stopped = std::mem::take(&mut state.stop_queued);
        state.stopped
    }

    /// The job is over.
    pub(super) fn end(&self) {
        self.lock().canceller = None;
    }

    /// The job's device is at rest.
    pub(super) fn rested(&self) {
        self.lock().device = None;
        self.activity.set();
    }

    /// Whether a button of the device is to start a job from now on.
    pub(super) fn wait_for_button(&self, wanted: bool) {
        self.lock().waits_for_button = wanted;
    }

    pub(super) fn waits_for_button(&self) -> bool {
        self.lock().waits_for_button
    }

    /// The computer is about to sleep.
    pub(super) fn begin_suspend(&self) {
        self.lock().suspending = true;
        self.activity.set();
    }

    /// There is nothing left to do before it sleeps.
    pub(super) fn end_suspend(&self) {
        self.lock().suspending = false;
        self.activity.set();
    }

    /// Whether a job was asked for or its device is not at rest, or the computer is about to sleep and the device
    /// has not been given back.
    pub(super) fn is_at_work(&self) -> bool {
        let state = self.lock();
        state.queued > 0 || state.device.is_some() || state.suspending
    }

    pub(super) fn activity(&self) -> Signal {
        self.activity.clone()
    }

    /// Bytes received from the device of the job; `None` when it is at rest.
    pub(super) fn traffic(&self) -> Option<u64> {
        self.lock().device.as_ref().map(Broker::bytes_received)
    }

    /// Ends the job that runs, or the one that is about to. Returns at once.
    pub(super) fn stop(&self) {
        let canceller = {
            let mut state = self.lock();
            state.stop_queued = state.queued > 0;
            state.stopped = true;
            state.canceller.clone()
        };
        if let Some(canceller) = canceller {
            canceller.cancel();
        }
        self.reply(Reply::Stopped);
    }

    /// Sets or takes back the page to be left out.
    pub(super) fn set_skip(&self, page: Option<u32>) {
        self.lock().skip = page;
    }

    /// The page that is to be left out.
    pub(super) fn skip(&self) -> Option<u32> {
        self.lock().skip
    }

    /// Whether the page that begins now is to be left out; the request is used up either way once
    /// its page has come.
    pub(super) fn takes_skip(&self, page: u32) -> bool {
        let mut state = self.lock();
        match state.skip {
            Some(wanted) if wanted <= page => {
                state.skip = None;
                wanted == page
            }
            _ => false,
        }
    }

    /// Answers the problem the job waits with.
    pub(super) fn answer(&self, answer: ProblemAnswer) {
        self.reply(Reply::Answer(answer));
    }

    /// Before a question is put: what was answered earlier does not count for it.
    pub(super) fn open_question(&self) {
        while self.answers.1.try_recv().is_ok() {}
    }

    /// Waits for a person: ends on an answer or a stop. Has no limit of its own, since a person may
    /// take a day.
    pub(super) fn wait_for_answer(&self) -> Reply {
        // A stop sets its mark before it replies, so one whose reply was thrown away is seen here.
        if self.lock().stopped {
            return Reply::Stopped;
        }
        self.answers.1.recv().unwrap_or(Reply::Stopped)
    }

    fn reply(&self, reply: Reply) {
        // A stop replaces an answer that nobody has taken yet.
        if let Err(TrySendError::Full(reply)) = self.answers.0.try_send(reply)
            && reply == Reply::Stopped
        {
            let _replaced = self.answers.1.try_recv();
            let _full_again = self.answers.0.try_send(reply);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
