//! The driver over TCP, against the simulated scanner's own HTTP host and real time.

use std::io::{Read, Write};
use std::sync::Arc;

use lightbar::clock::{Clock, SystemClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::http::{Address, RememberedIdentities, Scheme, Trust};
use lightbar::minidriver::{AcquireEnd, ColorMode, Condition, DriverError, MiniDriver, Settled, Source, Unusable};
use lightbar::virtual_device::{Options, VirtualScanner};

use crate::support::escl_bench::{Keeper, Person, Sent, acquire, job};
use crate::support::odd_scanner::flooding_scanner;

struct Lent {
    clock: Arc<SystemClock>,
    scanner: VirtualScanner,
    driver: EsclDriver,
    sent: Sent,
    _server: lightbar::virtual_device::HttpServer,
}

fn lent(model: &str, sheets: u32) -> Lent {
    let clock = SystemClock::start();
    let sent = Sent::default();
    let options = Options {
        sheets: Some(sheets),
        reload: None,
        pages_per_minute: Some(0.0),
        sink: Some(Box::new(Keeper(Arc::clone(&sent)))),
        ..Options::default()
    };
    let scanner = VirtualScanner::new(model, options, clock.clone()).expect("a model");
    let server = scanner.serve_http("127.0.0.1:0").expect("a port");
    let address = Address::parse(&server.url()).expect("an address");
    let trust = Trust::new(RememberedIdentities::default());
    let driver = EsclDriver::open_address(address, trust, clock.clone(), &EsclOptions::default()).expect("it opens");
    Lent { clock, scanner, driver, sent, _server: server }
}

fn complete(sent: &Sent) -> Vec<Vec<u8>> {
    let sent = sent.lock().expect("no panic");
    sent.iter().filter(|(_, complete)| *complete).map(|(bytes, _)| bytes.clone()).collect()
}

#[test]
fn flatbed_and_both_sides_of_the_feeder_come_to_the_byte() {
    for (model, source, pages) in
        [("feeder", Source::Flatbed, 1), ("feeder", Source::Duplex, 4), ("slow", Source::Flatbed, 1)]
    {
        let mut lent = lent(model, 2);
        let clock: Arc<dyn Clock> = lent.clock.clone();
        let done = acquire(&mut lent.driver, &*clock, &job(source, ColorMode::Gray, 75), Person::default());
        assert_eq!(done.result, Ok(AcquireEnd::Completed), "{model} {source:?}");
        assert_eq!(done.pages.len(), pages);
        assert_eq!(done.pages, complete(&lent.sent));
        assert!(!lent.scanner.is_busy());
    }
}

#[test]
fn cancel_in_mid_page_settles_over_a_second_connection() {
    let mut lent = lent("feeder", 3);
    let clock: Arc<dyn Clock> = lent.clock.clone();
    let wanted = job(Source::Feeder, ColorMode::Color, 150);
    let done = acquire(&mut lent.driver, &*clock, &wanted, Person::cancels_at(1, 5_000));
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    assert_eq!(lent.driver.settle(), Settled::Ready);
    assert!(!lent.scanner.is_busy());
    let before = complete(&lent.sent).len();
    lent.scanner.load_sheets(1);
    let again = acquire(&mut lent.driver, &*clock, &wanted, Person::default());
    assert_eq!(again.result, Ok(AcquireEnd::Completed));
    assert_eq!(again.pages, complete(&lent.sent)[before..]);
}

/// Closing its connection ends a page that does not end by itself; nobody reads on.
#[test]
fn a_flood_is_ended_by_closing_its_connection() {
    let address = Address::parse(&flooding_scanner()).expect("an address");
    let clock = SystemClock::start();
    let trust = Trust::new(RememberedIdentities::default());
    let mut driver =
        EsclDriver::open_address(address, trust, clock.clone(), &EsclOptions::default()).expect("it opens");
    let wanted = job(Source::Flatbed, ColorMode::Gray, 100);
    let done = acquire(&mut driver, &*clock, &wanted, Person::cancels_at(1, 100_000));
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    let before = driver.notifications().bytes_received();
    assert_eq!(driver.settle(), Settled::Ready);
    let read_on = driver.notifications().bytes_received() - before;
    assert!(read_on < 1 << 20, "{read_on} bytes");
    assert!(driver.is_at_rest());
}

/// A device lent without encryption, and its address as if it had some.
fn unencrypted() -> (VirtualScanner, lightbar::virtual_device::HttpServer, Address) {
    let options = Options { pages_per_minute: Some(0.0), ..Options::default() };
    let scanner = VirtualScanner::new("flatbed", options, SystemClock::start()).expect("a model");
    let server = scanner.serve_http("127.0.0.1:0").expect("a port");
    let address = Address { scheme: Scheme::Https, ..Address::parse(&server.url()).expect("an address") };
    (scanner, server, address)
}

fn opened(address: &Address, plain: Option<Address>) -> Result<EsclDriver, DriverError> {
    let trust = Trust::new(RememberedIdentities::default());
    let options = EsclOptions { plain, ..EsclOptions::default() };
    EsclDriver::open_address(address.clone(), trust, SystemClock::start(), &options)
}

#[test]
fn encryption_is_given_up_only_where_the_device_is_known_to_offer_both() {
    let (scanner, _server, address) = unencrypted();
    let refused = opened(&address, None).map(|_| ()).expect_err("no TLS is spoken there");
    let DriverError::Device(failure) = refused else { panic!("{refused:?}") };
    assert_eq!((failure.condition, failure.address), (Condition::NoEncryption, Some(address.authority())));
    assert!(scanner.requests().is_empty(), "not a word without encryption");

    let plain = Address { scheme: Scheme::Http, ..address.clone() };
    let mut driver = opened(&address, Some(plain)).expect("it opens without");
    assert!(!driver.is_encrypted());
    let clock = SystemClock::start();
    for _ in 0..2 {
        let done = acquire(&mut driver, &*clock, &job(Source::Flatbed, ColorMode::Gray, 75), Person::default());
        assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 1));
        // Taken again, it is not tried with encryption again.
        driver.release();
    }
}

#[test]
fn a_redirect_to_encryption_that_is_not_spoken_is_told_apart() {
    let (_scanner, _server, encrypted) = unencrypted();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address =
        Address::parse(&format!("http://{}/eSCL", listener.local_addr().expect("bound"))).expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let location = format!("{encrypted}/ScannerCapabilities");
        let head = format!("HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("it listens");
    });
    assert!(matches!(opened(&address, None), Err(DriverError::Unusable(Unusable::OldEncryption))));
}

#[test]
fn an_address_where_nobody_answers_is_a_failure_and_no_hang() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address =
        Address::parse(&format!("http://{}/eSCL", listener.local_addr().expect("bound"))).expect("an address");
    drop(listener);
    let trust = Trust::new(RememberedIdentities::default());
    let opened = EsclDriver::open_address(address, trust, SystemClock::start(), &EsclOptions::default());
    assert!(matches!(opened, Err(DriverError::Device(_))));
}
