//! The same case through the page loop and the broker.

use std::io::SeekFrom;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use lightbar::minidriver::{
    BandRead, CancelIo, Code, Condition, DeviceFailure, DrawnAhead, DriverMessage, Flow, MiniDriverCallback,
    PageFormat, PageInfo, PageLimit, PageSource, PageStream, PageWait, Resumed, Side, StreamError, StreamGrant,
    TransferId, deliver_pages,
};
use lightbar::transfer::outcome_code;
use lightbar::units::Percent;

use super::paper::{Happens, Paper};
use super::reference::Outcome;
use super::scenario::{Incident, Scenario};
use crate::support::transfer::{Acquire, AcquireResult, Journal, ScriptedDriver, Seen, page_info};
use crate::transfer_model::playback::{Canceling, application, broker, handler};

/// What is broken on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    None,
    /// Delivers one page more than was asked for.
    OnePageMore,
    /// Goes on when a STATUS was answered with *cancelled*.
    OverhearsCancel,
    /// Goes on when a STATUS was answered with a failure.
    OverhearsFailure,
    /// Sends no NEW_PAGE.
    NoNewPage,
    /// Does not finish the device's job.
    NoFinish,
    /// Leaves out the STATUS that says that a page is complete.
    NeverComplete,
    /// Looks for paper again without asking anybody.
    AsksNobody,
    /// Does not go to the end of the stream before it writes.
    WritesWhereItStands,
}

/// Plays a case; its transfer's number, and what came of it.
pub fn play(scenario: &Scenario, broken: Breakage) -> (TransferId, Outcome) {
    let journal = Journal::default();
    let canceling = Canceling::new(scenario.script.cancels_by);
    let gone = Arc::new(Mutex::new((0, 0)));
    let mut driver = {
        let (scenario, canceling, gone, journal) =
            (scenario.clone(), canceling.clone(), Arc::clone(&gone), journal.clone());
        ScriptedDriver::with_acquire(&journal.clone(), move |acquire| {
            let mut protocol = Protocol::new(&scenario, &acquire, &canceling, &journal, broken);
            let ended = protocol.acquire(&scenario, acquire, broken);
            *gone.lock().expect("nothing panics with it") = (protocol.paper.sides_gone(), protocol.asked_after_the_end);
            ended
        })
    };
    driver.handler = Mutex::new(Some(Box::new(handler("driver", &journal, &scenario.script, 1))));
    let broker = broker(driver, &journal, &scenario.script);
    let transfer = broker.prepare(scenario.job());
    let id = transfer.id();
    canceling.set(transfer.canceller());
    if scenario.script.cancelled_before {
        canceling.cancel();
    }
    let mut application = application(&journal, &scenario.script, &canceling, scenario.destinations.clone());
    let result = broker.download(transfer, &mut application);
    broker.settle();
    let (sides_gone, asked_after_the_end) = *gone.lock().expect("nothing panics with it");
    let sides = application.infos.iter().map(|page| page.side);
    let streams = sides.zip(application.bytes()).collect();
    (id, Outcome { seen: journal.all(), streams, result: Some(outcome_code(&result)), sides_gone, asked_after_the_end })
}

/// A protocol that pulls pages out of the paper.
struct Protocol {
    paper: Paper,
    heeds_cancel: bool,
    cancel: Arc<CancelIo>,
    transfer: TransferId,
    canceling: Canceling,
    journal: Journal,
    finishes: bool,
    /// Set when a callback or a stream has said that it is over.
    over: Arc<AtomicBool>,
    asked_after_the_end: u32,
}

impl Protocol {
    fn new(
        scenario: &Scenario,
        acquire: &Acquire<'_>,
        canceling: &Canceling,
        journal: &Journal,
        broken: Breakage,
    ) -> Protocol {
        Protocol {
            paper: Paper::of(scenario),
            heeds_cancel: scenario.heeds_cancel,
            cancel: Arc::clone(acquire.cancel_io),
            transfer: acquire.transfer.id,
            canceling: canceling.clone(),
            journal: journal.clone(),
            finishes: broken != Breakage::NoFinish,
            over: Arc::default(),
            asked_after_the_end: 0,
        }
    }

    fn acquire(&mut self, scenario: &Scenario, acquire: Acquire<'_>, broken: Breakage) -> AcquireResult {
        let mut job = acquire.transfer.job.clone();
        if broken == Breakage::OnePageMore && scenario.pages > 0 {
            job.pages = PageLimit::from_pages(scenario.pages + 1);
        }
        let mut callback = Listening { inner: acquire.callback, over: Arc::clone(&self.over), broken };
        deliver_pages(self, &job, &mut callback)
    }

    fn is_cancelled(&self) -> bool {
        self.heeds_cancel && self.cancel.is_cancelled(self.transfer)
    }

    fn asked(&mut self) {
        self.asked_after_the_end += u32::from(self.over.load(Ordering::SeqCst));
    }
}

fn failure(condition: Condition) -> DeviceFailure {
    condition.with("scripted")
}

impl PageSource for Protocol {
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
        self.asked();
        loop {
            if self.is_cancelled() {
                return Ok(PageWait::Cancelled);
            }
            return match self.paper.before_page() {
                Happens::Incident(Incident::CancelElsewhere) => {
                    self.canceling.cancel();
                    continue;
                }
                Happens::Incident(Incident::Wait) => Ok(PageWait::Waiting),
                Happens::Incident(Incident::Delay(condition, percent)) => {
                    Ok(PageWait::Delayed(failure(condition), Percent::new(percent)))
                }
                Happens::Incident(Incident::Trouble(condition)) => Err(failure(condition)),
                Happens::Incident(Incident::CancelButton) => Ok(PageWait::Cancelled),
                // Number and side are the loop's to say.
                Happens::Page(expected_bytes) => Ok(PageWait::Page(PageInfo {
                    side: Side::Front,
                    format: PageFormat::Jpeg,
                    expected_bytes,
                    ..page_info(0)
                })),
                _ => Ok(PageWait::NoMorePages),
            };
        }
    }

    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        self.asked();
        loop {
            if self.is_cancelled() {
                return Ok(BandRead::Cancelled);
            }
            return match self.paper.in_page() {
                Happens::Incident(Incident::CancelElsewhere) => {
                    self.canceling.cancel();
                    continue;
                }
                Happens::Incident(Incident::Wait | Incident::Delay(..)) => Ok(BandRead::Tick),
                Happens::Incident(Incident::Trouble(condition)) => Err(failure(condition)),
                Happens::Incident(Incident::CancelButton) => Ok(BandRead::Cancelled),
                Happens::Band(bytes) => {
                    band.extend_from_slice(&bytes);
                    Ok(BandRead::Band)
                }
                _ => Ok(BandRead::EndOfPage),
            };
        }
    }

    fn resume(&mut self) -> Result<Resumed, DeviceFailure> {
        self.asked();
        self.paper.looked_at_again().map_err(failure)
    }

    fn drawn_ahead(&mut self) -> Result<DrawnAhead, DeviceFailure> {
        self.asked();
        Ok(self.paper.drawn_ahead())
    }

    fn finish(&mut self) {
        self.asked();
        if self.finishes {
            self.journal.note(Seen::Finish);
        }
    }
}

/// Between the page loop and the broker: notes when the driver is told that it is over, and breaks
/// what is to be broken.
struct Listening<'a> {
    inner: &'a mut dyn MiniDriverCallback,
    over: Arc<AtomicBool>,
    broken: Breakage,
}

impl MiniDriverCallback for Listening<'_> {
    fn next_stream(&mut self, page: &PageInfo) -> Result<StreamGrant, Code> {
        let answer = self.inner.next_stream(page);
        match answer {
            Ok(StreamGrant::Stream(inner)) => {
                let seeks = self.broken != Breakage::WritesWhereItStands;
                Ok(StreamGrant::Stream(Box::new(Watched { inner, over: Arc::clone(&self.over), seeks })))
            }
            Ok(StreamGrant::Skip) => Ok(StreamGrant::Skip),
            other => {
                self.over.store(true, Ordering::SeqCst);
                other
            }
        }
    }

    fn send_message(&mut self, message: &DriverMessage) -> Result<Flow, Code> {
        match (self.broken, message) {
            (Breakage::NoNewPage, DriverMessage::NewPage) => return Ok(Flow::Continue),
            (Breakage::NeverComplete, DriverMessage::Status { percent: Percent::DONE, .. }) => {
                return Ok(Flow::Continue);
            }
            (Breakage::AsksNobody, DriverMessage::DeviceStatus { failure, .. })
                if failure.condition.can_be_fixed_now() && failure.condition != Condition::PaperEmpty =>
            {
                return Ok(Flow::Continue);
            }
            _ => {}
        }
        let answer = self.inner.send_message(message);
        let progress = matches!(message, DriverMessage::Status { .. });
        match (self.broken, answer) {
            (Breakage::OverhearsCancel, Ok(Flow::Cancelled)) | (Breakage::OverhearsFailure, Err(_)) if progress => {
                Ok(Flow::Continue)
            }
            (_, Ok(Flow::Continue)) => answer,
            _ => {
                self.over.store(true, Ordering::SeqCst);
                answer
            }
        }
    }
}

/// A stream that notes its own end, and cannot be put at its end when that is broken.
struct Watched {
    inner: Box<dyn PageStream>,
    over: Arc<AtomicBool>,
    seeks: bool,
}

impl PageStream for Watched {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        let answer = self.inner.write(bytes);
        let full = answer == Ok(0) && !bytes.is_empty();
        self.over.fetch_or(full || answer.is_err(), Ordering::SeqCst);
        answer
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, StreamError> {
        if self.seeks { self.inner.seek(to) } else { Ok(0) }
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.inner.set_len(length)
    }
}
