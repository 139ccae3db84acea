//! The way from the compatibility layer to the application during one job: the open stream, what was last
//! said of it, and why the job is over.

use crate::minidriver::{
    CancelIo, Code, Condition, DriverMessage, Flow, MiniDriverCallback, PageFormat, PageInfo, PageStream, StreamGrant,
    Streams, TransferId,
};
use crate::units::Percent;

/// Why the driver is not listened to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Cancelled, by an answer or by CANCEL_IO: both set the same latch (reference, 9.8).
    Cancelled,
    /// The application or its stream failed.
    Application(Code),
    /// The device is gone (R57).
    Gone,
    /// The driver broke the contract; how, for the log.
    Broken(&'static str),
}

impl Stop {
    /// What a driver of the older model is answered.
    pub(super) fn answer(self) -> Code {
        match self {
            Stop::Cancelled => Code::S_FALSE,
            Stop::Application(code) => code,
            Stop::Gone => Code::ERROR_OFFLINE,
            Stop::Broken(_) => Code::ERROR_INVALID_DRIVER_RESPONSE,
        }
    }
}

/// See the module.
pub(super) struct Outlet<'a> {
    callback: &'a mut dyn MiniDriverCallback,
    cancel: &'a CancelIo,
    transfer: TransferId,
    streams: Streams,
    page: Page,
    /// What was last said of the stream that the application holds. It goes on holding it until the next
    /// one is asked for, so before that this is said again (R32, R34).
    last: DriverMessage,
    stop: Option<Stop>,
}

/// Where the bytes of the page go.
enum Page {
    /// Not asked for, of the first page.
    NotYet,
    /// The application holds the last page's stream and knows that it is complete.
    Between,
    Open(Open),
    /// Left out by the application: nothing is told of it (R18).
    Skipped,
}

struct Open {
    stream: Box<dyn PageStream>,
    format: PageFormat,
    /// Bytes written to this stream (R34).
    written: u64,
    percent: Percent,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(
        callback: &'a mut dyn MiniDriverCallback,
        cancel: &'a CancelIo,
        transfer: TransferId,
        streams: Streams,
    ) -> Outlet<'a> {
        let last = DriverMessage::Status { percent: Percent::ZERO, transferred: 0 };
        Outlet { callback, cancel, transfer, streams, page: Page::NotYet, last, stop: None }
    }

    /// Why the job is over, if it is; a cancel counts from the moment it comes.
    pub(super) fn stop(&mut self) -> Option<Stop> {
        if self.stop.is_none() {
            if self.cancel.is_cancelled(self.transfer) {
                self.stop = Some(Stop::Cancelled);
            } else if self.cancel.is_gone() {
                self.stop = Some(Stop::Gone);
            }
        }
        self.stop
    }

    /// The driver did what it must not do; it is not listened to any more.
    pub(super) fn broken(&mut self, how: &'static str) -> Stop {
        *self.stop.get_or_insert(Stop::Broken(how))
    }

    /// A page begins: its stream, or its place in the one for all.
    pub(super) fn begin(&mut self, page: &PageInfo) -> Result<(), Stop> {
        if let Page::Open(open) = &self.page {
            if open.format != page.format {
                return Err(self.broken("a page unlike the first one in the same stream"));
            }
            return self.send(&DriverMessage::NewPage);
        }
        match self.callback.next_stream(page) {
            Ok(StreamGrant::Stream(stream)) => {
                self.page = Page::Open(Open { stream, format: page.format, written: 0, percent: Percent::ZERO });
                self.report(Percent::ZERO)
            }
            Ok(StreamGrant::Skip) => {
                self.page = Page::Skipped;
                self.last = DriverMessage::Status { percent: Percent::ZERO, transferred: 0 };
                Ok(())
            }
            Ok(StreamGrant::Cancelled) => Err(self.ended(Stop::Cancelled)),
            Err(code) => Err(self.ended(Stop::Application(code))),
        }
    }

    /// Appends to the page's stream.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let Page::Open(open) = &mut self.page else { return Ok(()) };
        match open.stream.append(bytes) {
            Ok(()) => {
                open.written += bytes.len() as u64;
                Ok(())
            }
            // A stream answers this as well when the transfer is over.
            Err(error) if error.0.is_abort() && self.cancel.is_cancelled(self.transfer) => {
                Err(self.ended(Stop::Cancelled))
            }
            Err(error) => Err(self.ended(Stop::Application(error.0))),
        }
    }

    /// STATUS with the driver's own percent, as far as the rules for a stream let it: it never falls (R32),
    /// and the end is said by [`Outlet::end_page`] alone (R33).
    pub(super) fn report(&mut self, percent: Percent) -> Result<(), Stop> {
        let below_the_end = percent.min(Percent::new(99));
        match &mut self.page {
            Page::Open(open) => {
                open.percent = open.percent.max(below_the_end);
                self.last = DriverMessage::Status { percent: open.percent, transferred: open.written };
            }
            Page::NotYet => self.last = DriverMessage::Status { percent: below_the_end, transferred: 0 },
            Page::Between => {}
            Page::Skipped => return Ok(()),
        }
        let last = self.last.clone();
        self.send(&last)
    }

    /// The device is busy with itself.
    pub(super) fn delay(&mut self, condition: Condition, percent: Percent) -> Result<(), Stop> {
        let failure = condition.with("said by the driver");
        self.send(&DriverMessage::DeviceStatus { failure, percent })
    }

    /// The page is complete; a stream for all pages stays open.
    pub(super) fn end_page(&mut self) -> Result<(), Stop> {
        match (&self.page, self.streams) {
            (Page::Open(_), Streams::OneForAll) => Ok(()),
            (Page::Open(_), Streams::PerPage) => self.close(),
            (Page::NotYet | Page::Between | Page::Skipped, _) => {
                self.page = Page::Between;
                Ok(())
            }
        }
    }

    /// Says that all bytes of the stream are written (R33) and lets go of it (R30).
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let Page::Open(open) = std::mem::replace(&mut self.page, Page::Between) else { return Ok(()) };
        self.last = DriverMessage::Status { percent: Percent::DONE, transferred: open.written };
        drop(open);
        let last = self.last.clone();
        self.send(&last)
    }

    fn send(&mut self, message: &DriverMessage) -> Result<(), Stop> {
        match self.callback.send_message(message) {
            Ok(Flow::Continue) => Ok(()),
            Ok(Flow::Cancelled) => Err(self.ended(Stop::Cancelled)),
            Err(code) => Err(self.ended(Stop::Application(code))),
        }
    }

    fn ended(&mut self, stop: Stop) -> Stop {
        *self.stop.get_or_insert(stop)
    }
}
