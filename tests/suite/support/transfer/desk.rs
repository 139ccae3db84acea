//! A simulated device on the desk, a broker around its driver, and what the device sent.

use std::sync::{Arc, Mutex, PoisonError};

use lightbar::clock::{Clock, ManualClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::drivers::legacy_sample::LegacySampleDriver;
use lightbar::drivers::{Protocol, driver_for};
use lightbar::minidriver::{AcquireEnd, ColorMode, MiniDriver, ScanJob, Source};
use lightbar::transfer::{BridgedDriver, Broker};
use lightbar::units::{Area, Dpi, Length};
use lightbar::virtual_device::{DocumentSink, Options, VirtualScanner, describe};

use crate::support::counting_port::Traffic;

use super::{Application, Bench, Journal, job, pages_of};

/// A document as the device sent it, and whether it sent all of it.
type Sent = Arc<Mutex<Vec<(Vec<u8>, bool)>>>;

struct Kept(Sent);

impl Kept {
    fn keep(&self, document: u64, use_it: impl FnOnce(&mut (Vec<u8>, bool))) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = document as usize - 1;
        if all.len() <= index {
            all.resize(index + 1, (Vec::new(), false));
        }
        use_it(&mut all[index]);
    }
}

impl DocumentSink for Kept {
    fn bytes(&mut self, document: u64, bytes: &[u8]) {
        self.keep(document, |(kept, _)| kept.extend_from_slice(bytes));
    }

    fn end(&mut self, document: u64, complete: bool) {
        self.keep(document, |(_, whole)| *whole = complete);
    }
}

/// A device on the desk, and a broker for it.
pub struct Desk {
    pub scanner: VirtualScanner,
    pub bench: Bench,
    pub clock: Arc<ManualClock>,
    /// What the driver asked of the device.
    pub traffic: Traffic,
    sent: Sent,
}

impl Desk {
    pub fn with(model: &str, sheets: u32, faults: &str) -> Desk {
        let clock = ManualClock::start();
        let sent = Sent::default();
        let options = Options {
            sheets: Some(sheets),
            reload: None,
            faults: faults.parse().expect("the faults are written right"),
            sink: Some(Box::new(Kept(Arc::clone(&sent)))),
            ..Options::default()
        };
        let scanner = VirtualScanner::new(model, options, clock.clone()).expect("the model exists");
        let traffic = Traffic::default();
        let driver = driver_of(&scanner, &traffic, clock.clone());
        let bench = Bench { broker: Broker::new(driver, clock.clone()), journal: Journal::default() };
        Desk { scanner, bench, clock, traffic, sent }
    }

    pub fn application(&self) -> Application {
        self.bench.application()
    }

    /// The documents that the device sent whole.
    pub fn sent_whole(&self) -> Vec<Vec<u8>> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().filter(|(_, whole)| *whole).map(|(bytes, _)| bytes.clone()).collect()
    }

    /// A job that ends well gives exactly what the device sends from now on.
    #[track_caller]
    pub fn assert_next_scan_is_right_to_the_byte(&self, job: ScanJob) {
        let before = self.sent.lock().unwrap_or_else(PoisonError::into_inner).len();
        let journal = Journal::default();
        let mut application = Application::new(&journal);
        let transfer = self.bench.broker.prepare(job);
        assert_eq!(self.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Completed));
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<Vec<u8>> = sent[before..].iter().map(|(bytes, _)| bytes.clone()).collect();
        assert!(!new.is_empty());
        assert!(application.bytes() == new, "other bytes than the device sent");
        assert!(application.complete().iter().all(|complete| *complete));
    }
}

/// A small page: the rules do not depend on its size.
pub fn small(source: Source) -> ScanJob {
    let area = Area::of_size(Length::from_mm(100), Length::from_mm(80));
    ScanJob { dpi: Dpi(75), mode: ColorMode::Color, areas: vec![area], ..job(source) }
}

pub fn small_pages(source: Source, pages: u32) -> ScanJob {
    ScanJob { pages: pages_of(source, pages).pages, ..small(source) }
}

/// The driver that the device's descriptors call for.
fn driver_of(scanner: &VirtualScanner, traffic: &Traffic, clock: Arc<dyn Clock>) -> Box<dyn MiniDriver> {
    let (plug, traffic) = (scanner.clone(), traffic.clone());
    let ports = Box::new(move || plug.open().map(|port| traffic.of(Box::new(port))));
    let description = describe(&**scanner.socket().device());
    match driver_for(&description).expect("a driver").protocol {
        Protocol::Escl => {
            Box::new(EsclDriver::open_usb(ports, clock, &EsclOptions::default()).expect("the device answers"))
        }
        Protocol::LegacySample => {
            let driver = LegacySampleDriver::open_usb(ports, clock, Some(&description)).expect("the device answers");
            Box::new(BridgedDriver::new(driver).unwrap_or_else(|error| panic!("{error}")))
        }
    }
}
