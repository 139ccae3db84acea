//! What stands between driver and application while acquire runs: rows 2 to 11 of the state table
//! (reference, 7.1). A driver that ignores every answer still gives the application a legal sequence.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::minidriver::{Code, DeviceFailure, DriverMessage, Flow, MiniDriverCallback, PageInfo, StreamGrant, Streams};
use crate::units::Percent;

use super::callback::{Answer, Granted, Stop, TransferCallback, TransferMessage};
use super::latch::Latch;
use super::status::{Handlers, is_device_status, unhandled};
use super::stream::OpenStream;

/// The driver's view of the application during one acquire call.
pub(super) struct Relay<'a> {
    latch: Arc<Latch>,
    application: &'a mut dyn TransferCallback,
    handlers: Handlers<'a>,
    streams: Streams,
    /// State *Streaming* when there is one, *Acquiring* otherwise.
    open: Option<OpenStream>,
    /// The application panicked: it is not called again, and the panic goes on when the device is safe.
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Relay<'a> {
    pub(super) fn new(
        latch: Arc<Latch>,
        application: &'a mut dyn TransferCallback,
        handlers: Handlers<'a>,
        streams: Streams,
    ) -> Relay<'a> {
        Relay { latch, application, handlers, streams, open: None, panic: None }
    }

    /// Row 12: acquire has returned. The answers change nothing any more. Gives back the
    /// application's panic, if there was one.
    pub(super) fn close(mut self) -> Option<Box<dyn Any + Send>> {
        self.clear_notice();
        self.end_stream();
        self.tell(&TransferMessage::EndOfTransfer);
        self.panic
    }

    /// Ends the open stream, if there is one (R21, R22).
    fn end_stream(&mut self) -> Answer {
        let Some(open) = self.open.take() else { return Answer::Continue };
        let (stream, complete) = open.end();
        // The application holds its stream alone when it is told that no more bytes come.
        self.call(|_| drop(stream));
        self.tell(&TransferMessage::EndOfStream { complete })
    }

    fn tell(&mut self, message: &TransferMessage) -> Answer {
        self.call(|application| application.message(message)).unwrap_or(Answer::Code(Code::E_UNEXPECTED))
    }

    /// Calls the application; `None` when it panicked, now or before.
    fn call<T>(&mut self, call: impl FnOnce(&mut dyn TransferCallback) -> T) -> Option<T> {
        if self.panic.is_some() {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| call(self.application))) {
            Ok(answer) => Some(answer),
            Err(panic) => {
                self.latch.set(Stop::Failed(Code::E_UNEXPECTED));
                self.panic = Some(panic);
                None
            }
        }
    }

    fn clear_notice(&mut self) {
        if self.panic.is_some() {
            return;
        }
        let Relay { application, handlers, .. } = self;
        let cleared = catch_unwind(AssertUnwindSafe(|| handlers.clear(application.error_handler())));
        if let Err(panic) = cleared {
            self.latch.set(Stop::Failed(Code::E_UNEXPECTED));
            self.panic = Some(panic);
        }
    }

    /// Sets the latch when an answer says so, and answers the driver by the latch: a cancel from
    /// inside of the callback, or from another thread meanwhile, counts more than the answer (9.9).
    fn flow(&mut self, stop: Option<Stop>) -> Result<Flow, Code> {
        if let Some(stop) = stop {
            self.latch.set(stop);
        }
        match self.latch.answer_for_driver() {
            None => Ok(Flow::Continue),
            Some(Stop::Cancelled) => Ok(Flow::Cancelled),
            Some(Stop::Failed(code)) => Err(code),
        }
    }

    /// Row 5.
    fn relay_status(&mut self, percent: Percent, transferred: u64) -> Result<Flow, Code> {
        self.clear_notice();
        if percent == Percent::DONE
            && let Some(open) = &self.open
        {
            open.set_complete();
        }
        let answer = self.tell(&TransferMessage::Status { percent, transferred });
        self.flow(answer.stop())
    }

    /// Row 6. Without an open stream, and in a job with a stream per page, it is row 8.
    fn relay_new_page(&mut self) -> Result<Flow, Code> {
        let Some(open) = self.open.as_ref().filter(|_| self.streams == Streams::OneForAll) else {
            tracing::warn!("the driver sent NEW_PAGE where there is none");
            return Err(Code::E_INVALIDARG);
        };
        open.set_incomplete();
        let answer = self.tell(&TransferMessage::NewPage);
        self.flow(answer.stop())
    }

    /// Row 7.
    fn relay_device_status(&mut self, failure: &DeviceFailure, percent: Percent) -> Result<Flow, Code> {
        let code = failure.condition.code();
        if !is_device_status(code) {
            // As a success status that nobody handles (R39), and nobody is asked: CLEAR is the broker's own.
            tracing::warn!(%failure, "the driver reported {code}, which is no status of a device");
            return self.flow(None);
        }
        if self.panic.is_some() {
            return self.flow(None);
        }
        let Relay { application, handlers, .. } = self;
        let asked = catch_unwind(AssertUnwindSafe(|| match application.error_handler() {
            Some(handler) => handlers.report(handler, failure, percent),
            None => unhandled(code),
        }));
        match asked {
            Ok(stop) => self.flow(stop),
            Err(panic) => {
                self.panic = Some(panic);
                self.flow(Some(Stop::Failed(Code::E_UNEXPECTED)))
            }
        }
    }
}

impl MiniDriverCallback for Relay<'_> {
    /// Rows 2, 3, 4, 9 and 10.
    fn next_stream(&mut self, page: &PageInfo) -> Result<StreamGrant, Code> {
        if self.flow(None)? == Flow::Cancelled {
            return Ok(StreamGrant::Cancelled);
        }
        self.clear_notice();
        let answer = self.end_stream();
        if self.flow(answer.stop())? == Flow::Cancelled {
            return Ok(StreamGrant::Cancelled);
        }
        let granted = self.call(|application| Granted::from(application.next_stream(page)));
        let stop = match granted {
            Some(Granted::Stream(stream)) => {
                // Also when a cancel came meanwhile: the application gave it and waits for its end.
                self.open = Some(OpenStream::new(stream, Arc::clone(&self.latch)));
                None
            }
            Some(Granted::Skip) => None,
            Some(Granted::Stop(stop)) => Some(stop),
            None => Some(Stop::Failed(Code::E_UNEXPECTED)),
        };
        match self.flow(stop)? {
            Flow::Cancelled => Ok(StreamGrant::Cancelled),
            Flow::Continue => Ok(match &self.open {
                Some(open) => StreamGrant::Stream(open.for_driver()),
                None => StreamGrant::Skip,
            }),
        }
    }

    /// Rows 5 to 10.
    fn send_message(&mut self, message: &DriverMessage) -> Result<Flow, Code> {
        if self.flow(None)? == Flow::Cancelled {
            return Ok(Flow::Cancelled);
        }
        match message {
            DriverMessage::Status { percent, transferred } => self.relay_status(*percent, *transferred),
            DriverMessage::NewPage => self.relay_new_page(),
            DriverMessage::DeviceStatus { failure, percent } => self.relay_device_status(failure, *percent),
        }
    }
}
