//! The sample driver of the older model: made-up protocol, USB pipe, compatibility layer, broker, session.

mod button;
mod jpeg;

use std::time::Duration;

use lightbar::clock::{Clock, ManualClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::drivers::{Protocol, driver_for};
use lightbar::minidriver::property::{Batch, DataType, Format, keys};
use lightbar::minidriver::{
    AcquireEnd, Code, ColorMode, Condition, DriverError, FeederState, ItemCategory, ScanJob, Settled, Source, Unusable,
};
use lightbar::session::{JobEnd, PageState};
use lightbar::transfer::{Answer, TransferMessage, outcome_code};
use lightbar::units::Dpi;
use lightbar::usb::{EndpointAddress, InterfaceKind, UsbPort, Wait};
use lightbar::virtual_device::{Options, Trouble, VirtualScanner, describe};

use crate::support::bench;
use crate::support::judges;
use crate::transfer_model::script::Random;

use crate::support::transfer::{Application, Desk, Seen, assert_legal, read_bitmap, small, small_pages};

/// A cancel that meets no answer of a device ends a transfer within this.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);

/// A job and its outcome, with the device at rest again.
fn scan(desk: &Desk, job: ScanJob, application: &mut Application) -> (Code, Option<Settled>) {
    let outcome = desk.bench.broker.download(desk.bench.broker.prepare(job), application);
    assert_legal(&desk.bench.journal.application());
    (outcome_code(&outcome), desk.bench.broker.settle())
}

#[test]
fn the_descriptors_call_for_this_driver_alone() {
    let clock = ManualClock::start();
    let scanner = VirtualScanner::new("legacy", Options::default(), clock.clone()).expect("the model exists");
    let description = describe(&**scanner.socket().device());
    assert_eq!((description.vendor, description.product), (0x1209, 2));
    assert_eq!(description.interfaces.len(), 1);
    assert_eq!(description.interfaces[0].kind, InterfaceKind(0xff, 0x4c, 0x01));
    assert_eq!(driver_for(&description).map(|driver| driver.protocol), Some(Protocol::LegacySample));
    let plug = scanner.clone();
    let ports = Box::new(move || plug.open().map(|port| Box::new(port) as Box<dyn UsbPort>));
    let refused = EsclDriver::open_usb(ports, clock, &EsclOptions::default()).map(|_| ());
    assert_eq!(refused, Err(DriverError::Unusable(Unusable::NoScanner)));
    assert!(scanner.serve_http("127.0.0.1:0").is_err(), "it does not speak eSCL");
}

#[test]
fn every_page_is_what_the_device_sent() {
    for mode in [ColorMode::LineArt, ColorMode::Gray, ColorMode::Color] {
        let desk = Desk::with("legacy", 3, "");
        desk.assert_next_scan_is_right_to_the_byte(ScanJob { mode, ..small(Source::Flatbed) });
        desk.assert_next_scan_is_right_to_the_byte(ScanJob { mode, ..small(Source::Feeder) });
        assert_eq!((desk.scanner.sheets_left(), desk.scanner.is_busy()), (0, false));
    }
}

#[test]
fn r60_each_sheet_becomes_a_bitmap_of_its_own_of_what_the_device_sent() {
    let desk = Desk::with("legacy", 2, "");
    let mut items = desk.bench.broker.application_items();
    let feeder = items.item_mut(ItemCategory::Feeder).expect("a feeder");
    let wish = Batch::new()
        .set(keys::FORMAT, Format::Bmp)
        .set(keys::DATA_TYPE, DataType::Gray)
        .set(keys::X_RES, 75)
        .set(keys::X_EXTENT, 101)
        .set(keys::Y_EXTENT, 90)
        .set(keys::PAGES, 0);
    feeder.write(&wish).expect("offered");
    let mut application = desk.application();
    let transfer = desk.bench.broker.prepare_item(feeder).expect("transferable");
    assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Completed));
    let sent = desk.sent_whole();
    assert_eq!((sent.len(), application.complete()), (2, vec![true, true]));
    for (file, sent) in application.bytes().iter().zip(sent) {
        let (width, rows) = read_bitmap(file);
        assert_eq!((width, rows.concat()), (101, sent));
    }
}

#[test]
fn a_number_of_pages_leaves_the_rest_of_the_stack_and_the_device_idle() {
    let desk = Desk::with("legacy", 5, "");
    assert_eq!(scan(&desk, small_pages(Source::Feeder, 2), &mut desk.application()), (Code::S_OK, None));
    assert_eq!((desk.scanner.sheets_left(), desk.scanner.is_busy()), (3, false));
    assert_eq!(desk.scanner.requests().last().map(String::as_str), Some("STOP"));
    // The next job begins with the next sheet.
    desk.bench.journal.clear();
    let mut application = desk.application();
    assert_eq!(scan(&desk, small(Source::Feeder), &mut application), (Code::S_OK, None));
    assert_eq!((application.complete(), desk.scanner.sheets_left()), (vec![true; 3], 0));
}

#[test]
fn an_empty_feeder_is_known_and_asks_for_no_stream() {
    let desk = Desk::with("legacy", 0, "");
    assert_eq!(desk.bench.broker.feeder_state(), Ok(FeederState::Empty));
    assert_eq!(scan(&desk, small(Source::Feeder), &mut desk.application()).0, Code::ERROR_PAPER_EMPTY);
    assert!(!desk.bench.journal.all().contains(&Seen::NextStream(1)));
    desk.scanner.load_sheets(1);
    assert_eq!(desk.bench.broker.feeder_state(), Ok(FeederState::Loaded));
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}

#[test]
fn after_a_cancel_at_any_place_the_next_scan_is_right_to_the_byte() {
    for source in [Source::Flatbed, Source::Feeder] {
        for (page, bytes) in [(0, 0), (1, 0), (1, 1), (1, 40_000), (2, 0), (2, 60_000)] {
            if source == Source::Flatbed && page > 1 {
                continue;
            }
            for from_outside in [true, false] {
                let desk = Desk::with("legacy", 9, "");
                let transfer = desk.bench.broker.prepare(small(source));
                let canceller = transfer.canceller();
                let clock = desk.clock.clone();
                let began = std::sync::Arc::new(std::sync::Mutex::new(None));
                let note = began.clone();
                let mut application = desk.application().on_message(move |message, pages| match message {
                    TransferMessage::Status { transferred, percent }
                        if pages.len() == page && *transferred >= bytes && percent.value() < 100 =>
                    {
                        note.lock().expect("no panic here").get_or_insert(clock.now());
                        match from_outside {
                            true => canceller.cancel(),
                            false => return Answer::Cancel,
                        }
                        Answer::Continue
                    }
                    _ => Answer::Continue,
                });
                let case = format!("{source:?}, page {page}, {bytes} bytes, {from_outside}");
                assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled), "{case}");
                let began = began.lock().expect("no panic here").expect("it was cancelled");
                assert!(desk.clock.now().since(began) < CANCEL_LIMIT, "{case}");
                assert_eq!(desk.bench.broker.settle(), Some(Settled::Ready), "{case}");
                assert!(!desk.scanner.is_busy(), "{case}");
                let last = application.complete().pop();
                assert_eq!(last, (page > 0).then_some(false), "{case}");
                desk.assert_next_scan_is_right_to_the_byte(small(source));
            }
        }
    }
}

#[test]
fn a_silent_device_is_left_at_once_and_reset_afterwards() {
    let desk = Desk::with("legacy", 3, "silence@bytes=20000");
    let transfer = desk.bench.broker.prepare(small(Source::Feeder));
    let canceller = transfer.canceller();
    let (mut last, mut silent) = (0, 0);
    let mut application = desk.application().on_message(move |message, _| {
        if let TransferMessage::Status { transferred, .. } = message {
            silent = if *transferred == last && last > 0 { silent + 1 } else { 0 };
            last = *transferred;
            if silent == 3 {
                canceller.cancel();
            }
        }
        Answer::Continue
    });
    assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(application.complete(), [false]);
    assert!(!application.bytes()[0].is_empty(), "what came is kept");
    assert_eq!(desk.bench.broker.settle(), Some(Settled::Reset));
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}

#[test]
fn a_device_that_stays_silent_fails_within_its_limit() {
    let desk = Desk::with("legacy", 3, "silence@page2:row40");
    let began = desk.clock.now();
    let mut application = desk.application();
    let (code, settled) = scan(&desk, small(Source::Feeder), &mut application);
    assert_eq!((code, settled), (Code::ERROR_DEVICE_COMMUNICATION, Some(Settled::Reset)));
    assert_eq!(application.complete(), [true, false]);
    assert!(desk.clock.now().since(began) < Duration::from_secs(60));
    // Progress was told all the while (R35).
    let told = desk.bench.journal.application();
    let repeated = told.windows(2).filter(|two| matches!(two[0], Seen::Status(..)) && two[0] == two[1]).count();
    assert!(repeated >= 38, "{repeated} in twenty seconds");
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}

#[test]
fn trouble_with_paper_keeps_the_pages_before_it_and_is_seen_at_the_feeder() {
    for (fault, code, condition) in [
        ("jam@page2:row30", Code::ERROR_PAPER_JAM, Condition::PaperJam),
        ("cover@page2:row30", Code::ERROR_COVER_OPEN, Condition::CoverOpen),
        ("multifeed@page2:row30", Code::ERROR_MULTI_FEED, Condition::MultiFeed),
    ] {
        let desk = Desk::with("legacy", 4, fault);
        let mut application = desk.application();
        assert_eq!(scan(&desk, small(Source::Feeder), &mut application), (code, Some(Settled::Ready)));
        assert_eq!(application.complete(), [true, false], "{fault}");
        assert!(!application.bytes()[1].is_empty(), "the partial page is kept");
        assert_eq!(desk.bench.broker.feeder_state(), Ok(FeederState::Trouble(condition)));
        // As long as nobody came, the next job fails at once.
        assert_eq!(scan_again(&desk, small(Source::Feeder)), code);
        desk.scanner.fix();
        desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
    }
}

/// A further job, in a journal of its own.
fn scan_again(desk: &Desk, job: ScanJob) -> Code {
    let outcome =
        desk.bench.broker.download(desk.bench.broker.prepare(job), &mut Application::new(&Default::default()));
    desk.bench.broker.settle();
    outcome_code(&outcome)
}

#[test]
fn a_pulled_cable_ends_the_job_as_offline_and_put_back_it_scans() {
    let desk = Desk::with("legacy", 3, "unplug@bytes=30000");
    let mut application = desk.application();
    let (code, settled) = scan(&desk, small(Source::Feeder), &mut application);
    assert_eq!((code, application.complete()), (Code::ERROR_OFFLINE, vec![false]));
    assert!(matches!(settled, Some(Settled::Ready | Settled::NotResponding)));
    assert_eq!(scan_again(&desk, small(Source::Feeder)), Code::ERROR_OFFLINE);
    desk.scanner.replug();
    desk.scanner.load_sheets(2);
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}

#[test]
fn the_cancel_button_of_the_device_is_a_cancel() {
    let desk = Desk::with("legacy", 3, "");
    let scanner = desk.scanner.clone();
    let mut application = desk.application().on_message(move |message, pages| {
        if matches!(message, TransferMessage::Status { transferred: 20_000.., .. }) && pages.len() == 2 {
            scanner.press_cancel();
        }
        Answer::Continue
    });
    assert_eq!(scan(&desk, small(Source::Feeder), &mut application), (Code::S_FALSE, Some(Settled::Ready)));
    assert_eq!(application.complete(), [true, false]);
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}

#[test]
fn hiccups_of_the_bus_cost_no_byte() {
    for fault in ["short-reads", "zero-length", "stall@bytes=9000", "stall@transfer=3", "stall@transfer=12*2"] {
        let desk = Desk::with("legacy", 3, fault);
        desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
    }
}

#[test]
fn a_page_of_another_length_than_announced_is_no_page() {
    for fault in ["truncate@page2:row20", "endless@page2"] {
        let desk = Desk::with("legacy", 3, fault);
        let mut application = desk.application();
        let (code, _) = scan(&desk, small(Source::Feeder), &mut application);
        assert_eq!((code, application.complete()), (Code::ERROR_DEVICE_COMMUNICATION, vec![true, false]), "{fault}");
        assert!(!desk.scanner.is_busy(), "{fault}");
    }
}

#[test]
fn trouble_before_the_first_sheet_asks_for_no_stream() {
    let desk = Desk::with("legacy", 3, "");
    desk.scanner.begin_trouble(Trouble::CoverOpen);
    assert_eq!(scan(&desk, small(Source::Feeder), &mut desk.application()).0, Code::ERROR_COVER_OPEN);
    assert!(!desk.bench.journal.all().contains(&Seen::NextStream(1)));
}

#[test]
fn what_the_device_does_not_scan_is_refused() {
    let desk = Desk::with("legacy", 3, "");
    let job = ScanJob { dpi: Dpi(111), ..small(Source::Flatbed) };
    assert_eq!(scan(&desk, job, &mut desk.application()).0, Code::E_INVALIDARG);
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Flatbed));
}

/// Whatever a host sends, the device says something or waits, and a reset brings it back.
#[test]
fn no_command_harms_the_device() {
    const SEED: u64 = 0x11_4e;
    const CASES: u64 = 300;
    println!("seed {SEED:#x}");
    let clock = ManualClock::start();
    let scanner =
        VirtualScanner::new("legacy", Options { reload: None, ..Options::default() }, clock).expect("a model");
    let mut port = scanner.open().expect("it opens");
    port.claim(0, 0).expect("claimed");
    let (output, input) = (EndpointAddress(1), EndpointAddress(0x81));
    let mut answered = 0;
    for case in 0..CASES {
        let mut random = Random::new(SEED, case);
        for _ in 0..4 {
            let mut command = vec![b'L', random.below(8) as u8, 1, 0, random.below(24) as u8, 0, 0, 0];
            let payload = command[4];
            command.extend((0..payload).map(|_| [0, 1, 8, 24, 75, 255][random.below(6) as usize]));
            if random.one_in(4) {
                let at = random.below(command.len() as u64) as usize;
                command[at] = random.next() as u8;
            }
            port.submit_out(output, command).expect("queued");
            port.submit_in(input, 512).expect("queued");
            for _ in 0..2 {
                if let Wait::Completed(done) = port.wait(Duration::from_secs(2))
                    && done.data.first() == Some(&b'l')
                {
                    answered += 1;
                }
            }
        }
        port.reset().expect("it comes back");
        while let Wait::Completed(_) = port.wait(Duration::ZERO) {}
        port.submit_out(output, vec![b'L', 1, case as u8, 0, 0, 0, 0, 0]).expect("queued");
        port.submit_in(input, 512).expect("queued");
        let mut answers = Vec::new();
        while let Wait::Completed(done) = port.wait(Duration::from_secs(1)) {
            answers.extend(done.data);
        }
        assert_eq!(answers.get(..4), Some(&[b'l', 1, case as u8, 0][..]), "case {case}");
    }
    assert!(answered > CASES, "{answered} answers");
}

#[test]
fn a_session_scans_saves_and_shows_where_a_job_broke_off() {
    let bench = bench::Bench::new("legacy", "jam@page3:row300", 5);
    let chosen = bench.session.snapshot().chosen.clone().expect("it was chosen");
    assert_eq!(chosen.entry.name, "Lightbar Virtual Older Scanner");
    assert_eq!(chosen.offers.expect("it was asked").sources(), [Source::Flatbed, Source::Feeder]);
    bench.scan(Source::Feeder);
    let report = bench.job_ends();
    assert_eq!((report.complete, report.partial), (2, 1));
    assert!(matches!(report.end, JobEnd::Failed(_)), "{report:?}");
    assert!(matches!(
        bench.pages()[..],
        [PageState::Complete, PageState::Complete, PageState::Partial { rows: 288.. }]
    ));
    bench.device_rests();
    bench.scanner.fix();
    bench.scan(Source::Feeder);
    assert_eq!((bench.job_ends().end, bench.pages().len()), (JobEnd::Completed, 6));
    let saved = bench.save_pdf("x.pdf");
    assert_eq!(saved.pages, 6);
    judges::qpdf_accepts(&saved.files[0]);
}
