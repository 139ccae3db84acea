//! The scan button of the device: told by interrupt, heard while the device is held, starts nothing.

use std::time::Duration;

use lightbar::clock::ManualClock;
use lightbar::minidriver::property::keys;
use lightbar::minidriver::{Button, DeviceEvent, Source};
use lightbar::session::Event;
use lightbar::transfer::{Answer, ApplicationItems, Broker, TransferMessage};
use lightbar::usb::{EndpointAddress, TransferKind, UsbPort, Wait};
use lightbar::virtual_device::{Options, VirtualScanner};

use crate::support::bench;
use crate::support::transfer::{Desk, small};

const PRESSED: DeviceEvent = DeviceEvent::Button(Button::Image);

/// What was pressed, and the source that the last button named.
fn pressed(broker: &Broker, items: &mut ApplicationItems) -> (Vec<DeviceEvent>, String) {
    let events = broker.pressed_buttons(items).expect("nobody else uses it");
    (events, items.root().get(keys::SCAN_AVAILABLE_ITEM).unwrap_or_default())
}

#[test]
fn a_press_is_told_once_with_its_source_and_the_device_is_asked_nothing() {
    let desk = Desk::with("legacy", 1, "");
    let mut items = desk.bench.broker.application_items();
    assert!(desk.bench.broker.has_buttons());
    let asked = desk.scanner.requests();
    assert_eq!(pressed(&desk.bench.broker, &mut items), (vec![], String::new()));
    desk.scanner.press_scan();
    assert_eq!(pressed(&desk.bench.broker, &mut items), (vec![PRESSED], "Feeder".to_owned()));
    assert_eq!(pressed(&desk.bench.broker, &mut items).0, []);
    desk.scanner.load_sheets(0);
    desk.scanner.press_scan();
    assert_eq!(pressed(&desk.bench.broker, &mut items), (vec![PRESSED], "Flatbed".to_owned()));
    assert_eq!(desk.scanner.requests(), asked, "told by interrupt, and not asked for as well");
    assert_eq!(desk.scanner.pages_begun(), 0);
}

#[test]
fn a_press_that_nobody_heard_is_told_when_the_device_is_taken_again() {
    let desk = Desk::with("legacy", 1, "");
    let mut items = desk.bench.broker.application_items();
    assert!(desk.bench.broker.release());
    desk.scanner.press_scan();
    assert_eq!(pressed(&desk.bench.broker, &mut items).0, [], "it is not opened for that");
    let (_, events) = desk.bench.broker.poll_events(&mut items).expect("it opens");
    assert_eq!(events, [PRESSED]);
    // However often somebody pressed, it is told a few times at most.
    (0..1000).for_each(|_| desk.scanner.press_scan());
    assert!((1..10).contains(&pressed(&desk.bench.broker, &mut items).0.len()));
}

#[test]
fn a_press_in_mid_page_disturbs_nothing_and_is_told_after_the_job() {
    for faults in ["", "short-reads", "stall@transfer=9*2"] {
        let desk = Desk::with("legacy", 2, faults);
        let mut items = desk.bench.broker.application_items();
        let scanner = desk.scanner.clone();
        let mut application = desk.application().on_message(move |message, pages| {
            if matches!(message, TransferMessage::Status { transferred: 20_000.., .. }) && pages.len() == 1 {
                scanner.press_scan();
            }
            Answer::Continue
        });
        desk.bench.broker.download(desk.bench.broker.prepare(small(Source::Feeder)), &mut application).expect("pages");
        assert!(application.bytes() == desk.sent_whole(), "{faults}");
        let (events, _) = pressed(&desk.bench.broker, &mut items);
        assert!(events.contains(&PRESSED), "{faults}");
        desk.assert_next_scan_is_right_to_the_byte(small(Source::Flatbed));
    }
}

#[test]
fn a_device_that_was_reset_or_hangs_tells_no_old_press() {
    let desk = Desk::with("legacy", 2, "silence@bytes=20000");
    let mut items = desk.bench.broker.application_items();
    let outcome = desk.bench.broker.download(desk.bench.broker.prepare(small(Source::Feeder)), &mut desk.application());
    assert!(outcome.is_err());
    desk.scanner.press_scan();
    desk.bench.broker.settle();
    assert_eq!(pressed(&desk.bench.broker, &mut items).0, []);
    desk.scanner.press_scan();
    assert_eq!(pressed(&desk.bench.broker, &mut items).0, [PRESSED], "it is listened to again");
}

#[test]
fn a_session_tells_of_a_press_without_being_asked_to_look() {
    let bench = bench::Bench::new("legacy", "", 2);
    bench.scanner.press_scan();
    let event = bench.until(|event| match event {
        Event::Device(event) => Some(event),
        _ => None,
    });
    assert_eq!(event, PRESSED);
    assert_eq!((bench.scanner.pages_begun(), bench.session.snapshot().pages.len()), (0, 0));
}

#[test]
fn on_the_wire_it_is_an_interrupt_endpoint_that_says_nothing_until_it_is_pressed() {
    let clock = ManualClock::start();
    let options = Options { press_after: Some(Duration::from_secs(5)), ..Options::default() };
    let mut port = VirtualScanner::new("legacy", options, clock).expect("a model").open().expect("it opens");
    let endpoints = &port.description().interfaces[0].endpoints;
    let event = endpoints.iter().find(|endpoint| endpoint.transfer == TransferKind::Interrupt).expect("one");
    assert_eq!((event.address, event.max_packet), (EndpointAddress(0x82), 8));
    port.claim(0, 0).expect("claimed");
    let tag = port.submit_in(EndpointAddress(0x82), 8).expect("armed");
    assert!(matches!(port.wait(Duration::from_secs(4)), Wait::TimedOut));
    let Wait::Completed(press) = port.wait(Duration::from_secs(2)) else { panic!("nobody pressed") };
    assert_eq!((press.tag, &press.data[..], press.result), (tag, &b"B\x01\x02\0"[..], Ok(())));
    port.submit_in(EndpointAddress(0x82), 8).expect("armed");
    port.cancel_all();
    assert!(matches!(port.wait(Duration::ZERO), Wait::Completed(taken_back) if taken_back.result.is_err()));
}
