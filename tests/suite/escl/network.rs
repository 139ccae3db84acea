//! The driver over TCP, against the simulated scanner's own HTTP host and real time.

use std::sync::Arc;

use lightbar::clock::{Clock, SystemClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::http::{Address, RememberedIdentities, Trust};
use lightbar::minidriver::{AcquireEnd, ColorMode, DriverError, MiniDriver, Settled, Source};
use lightbar::virtual_device::{Options, VirtualScanner};

use crate::support::escl_bench::{Keeper, Person, Sent, acquire, job};

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
