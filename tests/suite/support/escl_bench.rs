//! The eSCL driver on a simulated scanner, without a broker: what a driver says and writes is kept.

use std::io::SeekFrom;
use std::sync::{Arc, Mutex};

use lightbar::clock::{Clock, ManualClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions, PortFactory};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, ColorMode, DriverError, DriverMessage, Flow, MiniDriver, MiniDriverCallback,
    OnMultiFeed, PageInfo, PageLimit, PageStream, PnpEvent, ScanJob, Sides, Source, StreamError, StreamGrant, Streams,
    TransferContext, TransferId,
};
use lightbar::units::{Area, Dpi, Length};
use lightbar::usb::UsbPort;
use lightbar::virtual_device::{DocumentSink, Options, VirtualScanner};

use super::scripted_port::Button;

/// What the device sent: its bytes, and whether it sent all it wanted to.
pub(crate) type Sent = Arc<Mutex<Vec<(Vec<u8>, bool)>>>;

pub(crate) struct Keeper(pub(crate) Sent);

impl DocumentSink for Keeper {
    fn bytes(&mut self, document: u64, bytes: &[u8]) {
        let mut sent = self.0.lock().expect("no panic");
        let length = sent.len().max(document as usize);
        sent.resize(length, (Vec::new(), false));
        sent[document as usize - 1].0.extend_from_slice(bytes);
    }

    fn end(&mut self, document: u64, complete: bool) {
        let mut sent = self.0.lock().expect("no panic");
        if let Some(document) = sent.get_mut(document as usize - 1) {
            document.1 = complete;
        }
    }
}

/// A driver with its device.
pub(crate) struct EsclBench {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) scanner: VirtualScanner,
    pub(crate) driver: EsclDriver,
    pub(crate) sent: Sent,
}

/// A way to one simulated scanner, as often as it is wanted.
pub(crate) fn ports_of(scanner: &VirtualScanner) -> PortFactory {
    let scanner = scanner.clone();
    Box::new(move || scanner.open().map(|port| Box::new(port) as Box<dyn UsbPort>))
}

impl EsclBench {
    /// A model with faults, opened.
    pub(crate) fn new(model: &str, faults: &str) -> EsclBench {
        EsclBench::with(model, Options { faults: faults.parse().expect("faults"), ..Options::default() })
    }

    pub(crate) fn with(model: &str, options: Options) -> EsclBench {
        EsclBench::open(model, options).expect("it opens")
    }

    pub(crate) fn open(model: &str, options: Options) -> Result<EsclBench, DriverError> {
        let clock = ManualClock::start();
        let sent = Sent::default();
        let options = Options { sink: Some(Box::new(Keeper(Arc::clone(&sent)))), ..options };
        let scanner = VirtualScanner::new(model, options, clock.clone()).expect("a model");
        let driver = EsclDriver::open_usb(ports_of(&scanner), clock.clone(), &EsclOptions::default())?;
        Ok(EsclBench { clock, scanner, driver, sent })
    }

    /// Runs a transfer as the broker would, with a person who answers like this.
    pub(crate) fn acquire(&mut self, job: &ScanJob, person: Person) -> Delivered {
        acquire(&mut self.driver, &*self.clock, job, person)
    }

    pub(crate) fn sent(&self) -> Vec<(Vec<u8>, bool)> {
        self.sent.lock().expect("no panic").clone()
    }
}

/// Runs a transfer of a driver as the broker would, with a person who answers like this.
pub(crate) fn acquire(driver: &mut EsclDriver, clock: &dyn Clock, job: &ScanJob, mut person: Person) -> Delivered {
    driver.lock().expect("it locks");
    let transfer = TransferContext { id: TransferId::next(), job: job.clone() };
    let notifications = driver.notifications();
    let cancel = move || notifications.notify(PnpEvent::CancelIo(transfer.id));
    if let Some(button) = &person.button {
        button.wire(cancel.clone());
    }
    person.cancel = Some(Box::new(cancel));
    let mut pages = Pages { person, ..Pages::new() };
    let result = driver.acquire(&transfer, &mut pages);
    let returned_at = clock.now().elapsed();
    driver.unlock();
    let pages_kept = pages.pages.iter().map(|page| page.lock().expect("no panic").clone()).collect();
    Delivered { result, pages: pages_kept, infos: pages.infos, messages: pages.messages, returned_at }
}

/// A page from 1, a number of its bytes, and what is done then.
pub(crate) type ActAt = (u32, u64, Box<dyn FnMut()>);

/// How the application side of a test answers.
#[derive(Default)]
pub(crate) struct Person {
    /// Pages to skip, from 1.
    pub(crate) skip: Vec<u32>,
    /// Cancel when this many bytes of a page (from 1) have come.
    pub(crate) cancel_at: Option<(u32, u64)>,
    /// Do this once when that many bytes of a page (from 1) have come.
    pub(crate) act_at: Option<ActAt>,
    /// Cancel at the first status without a page after this many messages.
    pub(crate) cancel_after_messages: Option<usize>,
    /// Pressing this cancels.
    pub(crate) button: Option<Button>,
    /// What a problem is answered with, in turn; then it is left unanswered.
    pub(crate) fixes: Vec<Box<dyn FnMut()>>,
    pub(crate) cancel: Option<Box<dyn Fn()>>,
}

impl Person {
    pub(crate) fn cancels_at(page: u32, bytes: u64) -> Person {
        Person { cancel_at: Some((page, bytes)), ..Person::default() }
    }

    pub(crate) fn fixes(fix: impl FnMut() + 'static) -> Person {
        Person { fixes: vec![Box::new(fix)], ..Person::default() }
    }
}

/// What came of a transfer.
pub(crate) struct Delivered {
    pub(crate) result: Result<AcquireEnd, AcquireError>,
    pub(crate) pages: Vec<Vec<u8>>,
    pub(crate) infos: Vec<PageInfo>,
    pub(crate) messages: Vec<DriverMessage>,
    pub(crate) returned_at: std::time::Duration,
}

impl Delivered {
    pub(crate) fn device_statuses(&self) -> Vec<lightbar::minidriver::Condition> {
        let condition = |message: &DriverMessage| match message {
            DriverMessage::DeviceStatus { failure, .. } => Some(failure.condition),
            _ => None,
        };
        self.messages.iter().filter_map(condition).collect()
    }
}

struct Pages {
    person: Person,
    pages: Vec<Arc<Mutex<Vec<u8>>>>,
    infos: Vec<PageInfo>,
    messages: Vec<DriverMessage>,
    cancelled: bool,
    told_after_cancel: usize,
}

impl Pages {
    fn new() -> Pages {
        Pages {
            person: Person::default(),
            pages: Vec::new(),
            infos: Vec::new(),
            messages: Vec::new(),
            cancelled: false,
            told_after_cancel: 0,
        }
    }

    fn cancel(&mut self) {
        if let Some(cancel) = self.person.cancel.as_ref().filter(|_| !self.cancelled) {
            cancel();
            self.cancelled = true;
        }
    }
}

struct Memory(Arc<Mutex<Vec<u8>>>);

impl PageStream for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn seek(&mut self, _to: SeekFrom) -> Result<u64, StreamError> {
        Ok(self.0.lock().expect("no panic").len() as u64)
    }

    fn set_len(&mut self, length: u64) -> Result<(), StreamError> {
        self.0.lock().expect("no panic").resize(length as usize, 0);
        Ok(())
    }
}

impl MiniDriverCallback for Pages {
    fn next_stream(&mut self, page: &PageInfo) -> Result<StreamGrant, Code> {
        self.infos.push(page.clone());
        if self.person.skip.contains(&page.number) {
            return Ok(StreamGrant::Skip);
        }
        let memory = Arc::new(Mutex::new(Vec::new()));
        self.pages.push(Arc::clone(&memory));
        Ok(StreamGrant::Stream(Box::new(Memory(memory))))
    }

    fn send_message(&mut self, message: &DriverMessage) -> Result<Flow, Code> {
        // The band under way is told in portions; after it nothing more may come, although nobody here
        // answers with a cancel.
        self.told_after_cancel += usize::from(self.cancelled);
        assert!(self.told_after_cancel <= 10, "a message after the cancel: {message:?}");
        self.messages.push(message.clone());
        match message {
            DriverMessage::DeviceStatus { failure, .. } if failure.condition.code().is_failure() => {
                return match self.person.fixes.pop() {
                    Some(mut fix) => {
                        fix();
                        Ok(Flow::Continue)
                    }
                    None => Err(failure.condition.code()),
                };
            }
            DriverMessage::Status { transferred, .. } => {
                let page = self.infos.last().map_or(0, |info| info.number);
                if self.person.act_at.as_ref().is_some_and(|(at, bytes, _)| *at == page && *transferred >= *bytes)
                    && let Some((_, _, mut act)) = self.person.act_at.take()
                {
                    act();
                }
                if self.person.cancel_at.is_some_and(|(at, bytes)| at == page && *transferred >= bytes) {
                    self.cancel();
                }
            }
            _ => {}
        }
        if self.person.cancel_after_messages.is_some_and(|count| self.messages.len() >= count) {
            self.cancel();
        }
        Ok(Flow::Continue)
    }
}

/// A job for a whole A4 page.
pub(crate) fn job(source: Source, mode: ColorMode, dpi: u32) -> ScanJob {
    ScanJob {
        source,
        mode,
        dpi: Dpi(dpi),
        sides: Sides::default(),
        format: None,
        areas: vec![Area::of_size(Length::from_mm(210), Length::from_mm(297))],
        pages: PageLimit::All,
        streams: Streams::PerPage,
        on_multi_feed: OnMultiFeed::default(),
    }
}
