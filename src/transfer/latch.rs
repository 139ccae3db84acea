//! The latch of a transfer, and the handle that sets it from any thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::minidriver::{Code, Notifications, PnpEvent, TransferId};

use super::callback::Stop;
use super::gate::Gate;
use super::outcome::guarded;

/// How long the end of a transfer waits for a driver that does not return from
/// [`Notifications::notify`], although it must do so at once.
const NOTIFY_LIMIT: Duration = Duration::from_secs(1);

/// Ends one transfer. A copy may be kept anywhere and used at any time, from any thread and inside
/// of any callback; it never waits for the transfer and never affects another one (R5, R11).
#[derive(Clone)]
pub struct Canceller {
    latch: Arc<Latch>,
    notifications: Arc<dyn Notifications>,
    gate: Arc<Gate>,
}

impl Canceller {
    pub(super) fn new(latch: Arc<Latch>, notifications: Arc<dyn Notifications>, gate: Arc<Gate>) -> Canceller {
        Canceller { latch, notifications, gate }
    }

    /// The transfer that this ends.
    pub fn id(&self) -> TransferId {
        self.latch.id
    }

    /// Ends the transfer: sets its latch and, while its acquire call runs, delivers one CANCEL_IO to
    /// the driver on this thread (R3). Before the transfer begins it keeps it from beginning; after it
    /// has ended, and a second time, nothing happens (R13).
    #[doc(alias = "IWiaTransfer::Cancel")]
    pub fn cancel(&self) {
        match self.latch.request_cancel() {
            Request::TooLate => {}
            Request::NotBegun => self.gate.wake(),
            Request::TellDriver => {
                // No lock is held here: whatever acquire holds, this call cannot wait for it (part 5).
                let told = guarded("notify", || self.notifications.notify(PnpEvent::CancelIo(self.latch.id)));
                self.latch.driver_was_told();
                if let Err(panic) = told {
                    tracing::error!(%panic, "the driver did not take the cancel");
                }
            }
        }
    }

    /// Whether the transfer was cancelled, by this handle or by an answer of the application.
    pub fn is_cancelled(&self) -> bool {
        self.latch.stop() == Some(Stop::Cancelled)
    }
}

/// Per-transfer memory that the transfer is over; never taken back.
pub(super) struct Latch {
    id: TransferId,
    inner: Mutex<Inner>,
    notified: Condvar,
}

#[derive(Default)]
struct Inner {
    stop: Option<Stop>,
    stage: Stage,
    /// CANCEL_IO was sent, or is being sent.
    cancel_io: bool,
    /// Somebody is inside of the driver's `notify`.
    notifying: bool,
    /// A callback has answered the driver that the transfer is over.
    driver_knows: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    NotBegun,
    Acquiring,
    Ended,
}

enum Request {
    TooLate,
    NotBegun,
    TellDriver,
}

impl Latch {
    pub(super) fn new(id: TransferId) -> Arc<Latch> {
        Arc::new(Latch { id, inner: Mutex::default(), notified: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request_cancel(&self) -> Request {
        let mut inner = self.lock();
        match inner.stage {
            Stage::Ended => Request::TooLate,
            Stage::NotBegun if inner.stop.is_some() => Request::TooLate,
            Stage::NotBegun => {
                inner.stop = Some(Stop::Cancelled);
                Request::NotBegun
            }
            Stage::Acquiring if inner.cancel_io => Request::TooLate,
            // Also when the latch is set already: a driver that did not act on an answer still sits in a
            // device read, which only this ends.
            Stage::Acquiring => {
                inner.stop.get_or_insert(Stop::Cancelled);
                inner.cancel_io = true;
                inner.notifying = true;
                Request::TellDriver
            }
        }
    }

    fn driver_was_told(&self) {
        self.lock().notifying = false;
        self.notified.notify_all();
    }

    /// The acquire call is about to be made; `false` when the transfer was cancelled before.
    pub(super) fn begin(&self) -> bool {
        let mut inner = self.lock();
        if inner.stop.is_some() {
            inner.stage = Stage::Ended;
            return false;
        }
        inner.stage = Stage::Acquiring;
        true
    }

    /// Acquire has returned: a cancel is too late from now on.
    pub(super) fn end(&self) {
        self.lock().stage = Stage::Ended;
    }

    /// Waits for a CANCEL_IO that is on its way, so that it never meets the driver's next call. The
    /// application has been told of the end by then: it does not wait for whoever cancelled.
    pub(super) fn wait_for_notify(&self) {
        let inner = self.lock();
        let waited = self.notified.wait_timeout_while(inner, NOTIFY_LIMIT, |inner| inner.notifying);
        if waited.is_ok_and(|(_, result)| result.timed_out()) {
            tracing::error!("the driver does not return from notify");
        }
    }

    /// The transfer ends without having begun.
    pub(super) fn abandon(&self) {
        self.lock().stage = Stage::Ended;
    }

    /// Sets the latch unless it is set.
    pub(super) fn set(&self, stop: Stop) {
        self.lock().stop.get_or_insert(stop);
    }

    pub(super) fn stop(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// As [`Latch::stop`], for an answer to the driver, which knows from then on.
    pub(super) fn answer_for_driver(&self) -> Option<Stop> {
        let mut inner = self.lock();
        inner.driver_knows |= inner.stop.is_some();
        inner.stop
    }

    /// Why the driver may not touch a stream any more. A band that it holds when a cancel comes has
    /// been received, so it is still taken; what it writes after it was told is dropped (row 11).
    pub(super) fn refusal(&self) -> Option<Code> {
        let inner = self.lock();
        match inner.stop {
            Some(Stop::Failed(code)) => Some(code),
            Some(Stop::Cancelled) if inner.driver_knows => Some(Code::E_ABORT),
            _ => None,
        }
    }

    /// The code of a stream that has ended.
    pub(super) fn code_of_dead_stream(&self) -> Code {
        match self.stop() {
            Some(Stop::Failed(code)) => code,
            _ => Code::E_ABORT,
        }
    }
}
