//! Scripted drivers and applications around the broker, and one journal in which both sides write
//! what they were told, in the order in which it happened.

mod application;
mod desk;
mod driver;
mod grammar;
mod legacy;
mod source;
mod watchdog;

use std::sync::{Arc, Mutex, PoisonError};

use lightbar::clock::ManualClock;
use lightbar::minidriver::{
    Code, ColorMode, Condition, DriverMessage, OnMultiFeed, PageFormat, PageInfo, PageLimit, ScanJob, Side, Sides,
    Source, Streams, TransferId,
};
use lightbar::transfer::{Broker, Outcome, outcome_code};
use lightbar::units::{Area, Dpi, Length, Percent};

pub use application::{Application, Handler, StoredPage};
pub use desk::{Desk, small, small_pages};
pub use driver::{Acquire, AcquireResult, ScriptedDriver, flatbed_and_feeder};
pub use grammar::assert_legal;
pub use legacy::{LegacyCall, ScriptedLegacy, TestImage, legacy_properties, read_bitmap};
pub use source::{ScriptedPage, ScriptedSource, Step};
pub use watchdog::without_deadlock;

/// One thing that happened to the application, a handler or the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Waiting,
    /// The application was asked for the stream of this page.
    NextStream(u32),
    Status(u8, u64),
    NewPage,
    EndOfStream {
        complete: bool,
    },
    EndOfTransfer,
    /// A handler was asked: whose, about what, how far.
    Report(&'static str, Code, u8),
    Clear(&'static str),
    Lock,
    Unlock,
    Acquire,
    AcquireReturned,
    Settle,
    Finish,
    CancelIo(TransferId),
    Gone,
    PowerSuspend,
    PowerResume,
    Release,
    FeederState,
}

impl Seen {
    /// Whether it was the application that saw it, as a callback.
    pub fn by_application(&self) -> bool {
        matches!(
            self,
            Seen::NextStream(_) | Seen::Status(..) | Seen::NewPage | Seen::EndOfStream { .. } | Seen::EndOfTransfer
        )
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Seen>>>);

impl Journal {
    pub fn note(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    pub fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The application's callbacks alone.
    pub fn application(&self) -> Vec<Seen> {
        self.all().into_iter().filter(Seen::by_application).collect()
    }

    pub fn count(&self, wanted: &Seen) -> usize {
        self.all().iter().filter(|seen| *seen == wanted).count()
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Where something happened first.
    #[track_caller]
    pub fn position(&self, wanted: &Seen) -> usize {
        let all = self.all();
        all.iter().position(|seen| seen == wanted).unwrap_or_else(|| panic!("{wanted:?} is not in {all:?}"))
    }
}

impl Journal {
    /// Every lock was given back once, before anything else was begun.
    #[track_caller]
    pub fn assert_locks_balanced(&self, case: &str) {
        let mut held = false;
        for seen in self.all() {
            match seen {
                Seen::Lock => assert!(!std::mem::replace(&mut held, true), "{case}: locked twice: {:?}", self.all()),
                Seen::Unlock => assert!(std::mem::take(&mut held), "{case}: unlocked twice: {:?}", self.all()),
                Seen::Acquire | Seen::Settle => assert!(held, "{case}: not locked: {:?}", self.all()),
                _ => {}
            }
        }
        assert!(!held, "{case}: still locked: {:?}", self.all());
    }
}

/// A broker around a driver, and its journal.
pub struct Bench {
    pub broker: Broker,
    pub journal: Journal,
}

impl Bench {
    /// A driver that runs the page loop on one page source for every transfer, in turn.
    pub fn with_pages(transfers: Vec<Vec<Step>>) -> Bench {
        let journal = Journal::default();
        let driver = ScriptedDriver::with_pages(&journal, transfers);
        Bench::around(driver, journal)
    }

    /// A driver that does this in acquire.
    pub fn with_acquire(acquire: impl FnMut(Acquire<'_>) -> driver::AcquireResult + Send + 'static) -> Bench {
        let journal = Journal::default();
        let driver = ScriptedDriver::with_acquire(&journal, acquire);
        Bench::around(driver, journal)
    }

    pub fn around(driver: ScriptedDriver, journal: Journal) -> Bench {
        Bench { broker: Broker::new(Box::new(driver), ManualClock::start()), journal }
    }

    /// An application that takes every page and writes to this bench's journal.
    pub fn application(&self) -> Application {
        Application::new(&self.journal)
    }

    /// A whole transfer with its settling.
    pub fn scan(&self, job: ScanJob, application: &mut Application) -> Outcome {
        let outcome = self.broker.download(self.broker.prepare(job), application);
        self.broker.settle();
        outcome
    }

    /// As [`Bench::scan`], with the code that an application sees.
    pub fn scan_code(&self, job: ScanJob, application: &mut Application) -> Code {
        outcome_code(&self.scan(job, application))
    }

    /// See [`Journal::assert_locks_balanced`].
    #[track_caller]
    pub fn assert_locks_balanced(&self) {
        self.journal.assert_locks_balanced("");
    }
}

/// A4 at 100 dpi in gray.
pub fn job(source: Source) -> ScanJob {
    ScanJob {
        source,
        mode: ColorMode::Gray,
        dpi: Dpi(100),
        sides: Sides::default(),
        format: None,
        areas: vec![Area::of_size(Length::from_mm(210), Length::from_mm(297))],
        pages: PageLimit::All,
        streams: Streams::PerPage,
        on_multi_feed: OnMultiFeed::Fail,
    }
}

/// As [`job`], for this many pages.
pub fn pages_of(source: Source, pages: u32) -> ScanJob {
    ScanJob { pages: PageLimit::from_pages(pages), ..job(source) }
}

/// Bytes that differ from page to page.
pub fn page_bytes(page: u8, length: usize) -> Vec<u8> {
    (0..length).map(|index| page.wrapping_mul(37).wrapping_add((index % 251) as u8)).collect()
}

/// What a driver knows of a page before its first band.
pub fn page_info(number: u32) -> PageInfo {
    PageInfo {
        item: "Feeder".into(),
        full_name: r"0000\Root\Feeder".into(),
        number,
        side: Side::Front,
        format: PageFormat::Jpeg,
        dpi: Dpi(100),
        area: Area::default(),
        expected_width: 100,
        expected_rows: None,
        expected_bytes: None,
    }
}

/// STATUS, as a driver sends it.
pub fn status(percent: u8, transferred: u64) -> DriverMessage {
    DriverMessage::Status { percent: Percent::new(percent), transferred }
}

/// DEVICE_STATUS, as a driver sends it.
pub fn device_status(condition: Condition, percent: u8) -> DriverMessage {
    DriverMessage::DeviceStatus { failure: condition.with("scripted"), percent: Percent::new(percent) }
}
