//! R14 to R17: failures travel unchanged, and the device is given back.

use lightbar::clock::ManualClock;
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, DriverError, Flow, Settled, Source, StreamGrant,
};
use lightbar::transfer::{Answer, Broker, NextStream, TransferError, TransferMessage, outcome_code};
use lightbar::usb::UsbError;

use crate::support::transfer::{
    Application, Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, assert_legal, job, page_bytes, page_info,
    status,
};

/// A code of another facility than WIA's, as an application may have its own.
const OWN: Code = Code(0x8004_1234);

fn two_pages() -> Vec<Step> {
    vec![Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10)), Step::Page(ScriptedPage::of(&page_bytes(2, 30), 10))]
}

#[test]
fn r14_a_failure_from_a_callback_comes_back_unchanged() {
    let at_stream = |bench: &Bench| bench.application().on_stream(|_, _| Some(NextStream::Code(OWN)));
    let at_status = |bench: &Bench| {
        bench.application().on_message(|message, _| match message {
            TransferMessage::Status { transferred: 1.., .. } => Answer::Code(OWN),
            _ => Answer::Continue,
        })
    };
    let at_end_of_stream = |bench: &Bench| {
        bench.application().on_message(|message, _| match message {
            TransferMessage::EndOfStream { .. } => Answer::Code(OWN),
            _ => Answer::Continue,
        })
    };
    let applications: [&dyn Fn(&Bench) -> Application; 3] = [&at_stream, &at_status, &at_end_of_stream];
    for application in applications {
        let bench = Bench::with_pages(vec![two_pages()]);
        let outcome = bench.scan(job(Source::Feeder), &mut application(&bench));
        assert_eq!(outcome, Err(TransferError::Acquire(AcquireError::Application(OWN))));
        assert_legal(&bench.journal.application());
        bench.assert_locks_balanced();
    }
}

#[test]
fn r14_successes_that_mean_nothing_are_unexpected() {
    for code in [Code::STATUS_SKIP_ITEM, Code::STATUS_END_OF_MEDIA, Code::STATUS_NOT_HANDLED, Code(0x1234)] {
        let bench = Bench::with_pages(vec![two_pages()]);
        let mut application = bench.application().on_message(move |_, _| Answer::Code(code));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::E_UNEXPECTED, "{code}");
    }
    // S_OK without a stream.
    for code in [Code::S_OK, Code::STATUS_END_OF_MEDIA, Code(0x1234)] {
        let bench = Bench::with_pages(vec![two_pages()]);
        let mut application = bench.application().on_stream(move |_, _| Some(NextStream::Code(code)));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::E_UNEXPECTED, "{code}");
    }
    // The codes with a meaning of their own, over the raw edge.
    let bench = Bench::with_pages(vec![two_pages(), two_pages(), two_pages()]);
    let mut skips = bench.application().on_stream(|_, _| Some(NextStream::Code(Code::STATUS_SKIP_ITEM)));
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut skips), Code::S_OK);
    let mut cancels = bench.application().on_stream(|_, _| Some(NextStream::Code(Code::S_FALSE)));
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut cancels), Code::S_FALSE);
    let mut goes_on = bench.application().on_message(|_, _| Answer::Code(Code::S_OK));
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut goes_on), Code::S_OK);
}

#[test]
fn r14_a_driver_that_hides_the_failure_does_not_hide_it() {
    for returned in [
        Ok(AcquireEnd::Completed),
        Ok(AcquireEnd::Cancelled),
        Err(AcquireError::Application(Code::E_ABORT)),
        Err(AcquireError::Application(Code::STATUS_SKIP_ITEM)),
    ] {
        let bench = Bench::with_acquire(move |acquire| {
            assert_eq!(acquire.callback.send_message(&status(0, 0)), Err(OWN));
            // Row 10: the same answer to everything that follows, and nothing reaches the application.
            assert_eq!(acquire.callback.send_message(&status(1, 0)), Err(OWN));
            assert_eq!(acquire.callback.next_stream(&page_info(1)).err(), Some(OWN));
            returned.clone()
        });
        let mut application = bench.application().on_message(|_, _| Answer::Code(OWN));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), OWN);
        assert_eq!(bench.journal.application(), [Seen::Status(0, 0), Seen::EndOfTransfer]);
    }
}

#[test]
fn r15_after_a_callback_failure_the_next_transfer_works() {
    let bench = Bench::with_pages(vec![two_pages(), two_pages()]);
    let mut failing = bench.application().on_message(|message, _| match message {
        TransferMessage::Status { transferred: 20.., .. } => Answer::Code(Code::E_FAIL),
        _ => Answer::Continue,
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut failing), Code::E_FAIL);
    assert_eq!(bench.journal.count(&Seen::Settle), 1);
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 30)]);
    bench.assert_locks_balanced();
}

#[test]
fn r16_a_failing_write_ends_the_transfer_with_the_streams_code_at_every_byte() {
    const LENGTH: usize = 40;
    for (code, expected) in [(OWN, OWN), (Code::S_OK, Code::STG_E_MEDIUMFULL)] {
        for at in 0..LENGTH {
            let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&page_bytes(1, LENGTH), 10))]]);
            let mut application = bench.application().on_stream(move |_, page| {
                page.fails_at(at as u64, code);
                None
            });
            assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), expected, "at byte {at}");
            assert_eq!(application.bytes(), [page_bytes(1, LENGTH)[..at].to_vec()]);
            assert_eq!(application.complete(), [false]);
            assert_legal(&bench.journal.application());
        }
    }
}

#[test]
fn r16_short_writes_lose_no_byte() {
    for at_most in 1..8 {
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&page_bytes(1, 100), 33))]]);
        let mut application = bench.application().on_stream(move |_, page| {
            page.takes_at_most(at_most);
            None
        });
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(application.bytes(), [page_bytes(1, 100)]);
    }
}

#[test]
fn r17_every_failure_path_unlocks_once_per_lock() {
    type Script = fn() -> Result<AcquireEnd, AcquireError>;
    let scripts: [Script; 6] = [
        || Ok(AcquireEnd::Completed),
        || Ok(AcquireEnd::EndOfMedia),
        || Ok(AcquireEnd::Cancelled),
        || Err(AcquireError::Application(OWN)),
        || Err(AcquireError::Device(Condition::PaperJam.with("scripted"))),
        || panic!("made to panic in the script"),
    ];
    for script in scripts {
        let bench = Bench::with_acquire(move |_| script());
        bench.scan_code(job(Source::Feeder), &mut bench.application());
        bench.assert_locks_balanced();
        assert_eq!(bench.journal.count(&Seen::Lock), 1);
        assert_eq!(bench.journal.application(), [Seen::EndOfTransfer]);
    }
}

#[test]
fn r17_a_panic_in_any_call_is_an_exception_in_the_driver_and_the_application_goes_on() {
    for (calls, expected) in [
        (vec!["lock"], Code::ERROR_EXCEPTION_IN_DRIVER),
        (vec!["acquire"], Code::ERROR_EXCEPTION_IN_DRIVER),
        (vec!["acquire", "settle"], Code::ERROR_EXCEPTION_IN_DRIVER),
        (vec!["acquire", "settle", "unlock"], Code::ERROR_EXCEPTION_IN_DRIVER),
        (vec!["settle"], Code::E_FAIL),
        (vec!["unlock"], Code::E_FAIL),
    ] {
        let journal = Journal::default();
        let mut driver = ScriptedDriver::with_acquire(&journal, |_| Err(AcquireError::Application(Code::E_FAIL)));
        driver.panics_in = calls.clone();
        let bench = Bench::around(driver, journal);
        for _ in 0..2 {
            bench.journal.clear();
            let outcome = bench.broker.download(bench.broker.prepare(job(Source::Feeder)), &mut bench.application());
            assert_eq!(outcome_code(&outcome), expected, "{calls:?}");
            if !calls.contains(&"lock") {
                let settled = if calls.contains(&"settle") { Settled::NotResponding } else { Settled::Ready };
                assert_eq!(bench.broker.settle(), Some(settled), "{calls:?}");
                assert_eq!(bench.journal.application(), [Seen::EndOfTransfer]);
            }
            bench.assert_locks_balanced();
        }
    }
}

#[test]
fn r17_a_panic_in_mid_page_closes_the_page_and_the_transfer() {
    let bench = Bench::with_acquire(|acquire| {
        let Ok(StreamGrant::Stream(mut stream)) = acquire.callback.next_stream(&page_info(1)) else {
            panic!("a stream was expected");
        };
        let _ = stream.write(b"half a pa");
        assert_eq!(acquire.callback.send_message(&status(50, 9)), Ok(Flow::Continue));
        panic!("made to panic in mid page");
    });
    let mut application = bench.application();
    let outcome = bench.scan(job(Source::Feeder), &mut application);
    assert!(matches!(&outcome, Err(TransferError::DriverPanicked(what)) if what.contains("mid page")), "{outcome:?}");
    assert_eq!(application.bytes(), [b"half a pa".to_vec()]);
    assert_eq!(application.complete(), [false]);
    assert_legal(&bench.journal.application());
    bench.assert_locks_balanced();
}

#[test]
fn r17_a_device_that_cannot_be_locked_is_not_unlocked() {
    let cases = [
        (DriverError::Usb(UsbError::NoPermission), Code::E_ACCESSDENIED),
        (DriverError::Usb(UsbError::Busy { interface: 1 }), Code::ERROR_DEVICE_LOCKED),
        (DriverError::Usb(UsbError::Disconnected), Code::ERROR_OFFLINE),
        (DriverError::Device(Condition::NotAnswering.with("scripted")), Code::ERROR_DEVICE_COMMUNICATION),
    ];
    for (error, expected) in cases {
        let journal = Journal::default();
        let mut driver = ScriptedDriver::with_acquire(&journal, |_| Ok(AcquireEnd::Completed));
        driver.lock_result = Err(error);
        let broker = Broker::new(Box::new(driver), ManualClock::start());
        let outcome = broker.download(broker.prepare(job(Source::Feeder)), &mut Application::new(&journal));
        assert_eq!(outcome_code(&outcome), expected);
        assert_eq!(broker.settle(), None);
        assert_eq!(journal.all(), []);
    }
}
