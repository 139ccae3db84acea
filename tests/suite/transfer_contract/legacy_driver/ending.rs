//! How a job ends before its last page: cancels, answers of the application, troubles of the device.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lightbar::clock::{Clock, Moment, SystemClock};
use lightbar::minidriver::legacy::LegacyMessage;
use lightbar::minidriver::{AcquireError, Code, Condition, OnMultiFeed, ScanJob, Source};
use lightbar::transfer::{Answer, NextStream, TransferError, TransferMessage, outcome_code};
use lightbar::units::Percent;

use crate::support::transfer::{Bench, ScriptedLegacy, assert_legal, job};

use super::{cancel_after, image, rows_of, sheets};

/// A cancel that no device read stands in the way of ends a transfer within this.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);

#[test]
fn a_cancel_in_mid_page_ends_the_driver_and_keeps_what_came() {
    let page = image(1);
    let bytes = page.memory_bitmap(-9);
    let clock = SystemClock::start();
    let driver = ScriptedLegacy::new(move |mut call| {
        let half = bytes.len() - 4 * 16;
        assert_eq!(call.send(&bytes[..half], half), Code::S_FALSE, "the answer to the last band");
        // The rest never comes: only CANCEL_IO ends this read.
        clock.wait(call.woken, Moment::after_start(Duration::from_secs(60)));
        assert!(call.cancel_io.is_cancelled(call.context.transfer));
        Code::S_FALSE
    });
    let calls = driver.calls();
    let bench = driver.bench();
    let (code, pages, taken) = cancel_after(&bench, job(Source::Feeder), 5 * 13);
    assert_eq!((code, pages), (Code::S_FALSE, vec![rows_of(&page)[..5 * 13].to_vec()]));
    assert!(taken < CANCEL_LIMIT, "{taken:?}");
    assert_eq!(calls.all()[1..], ["write", "acquire", "settle", "unlock"]);
}

#[test]
fn a_driver_that_ignores_cancel_io_ends_at_its_next_callback() {
    // From the bottom nothing was written yet, and a cancelled transfer takes no more.
    for (height, kept) in [(-9, 3 * 13), (9, 0)] {
        for ending in [Code::S_FALSE, Code::S_OK, Code::E_ABORT, Code::E_IO_ABORTED] {
            let page = image(1);
            let bytes = page.memory_bitmap(height);
            let answers = Arc::new(Mutex::new(Vec::new()));
            let heard = Arc::clone(&answers);
            let bench = ScriptedLegacy::new(move |mut call| {
                let header = bytes.len() - 9 * 16;
                let mut answers = heard.lock().expect("no panic here");
                answers.push(call.send(&bytes[..header + 3 * 16], header + 3 * 16));
                // It does not even look at the answers.
                for offset in [header + 3 * 16, 7] {
                    let bytes = &bytes[header..header + 16];
                    let data = LegacyMessage::Data { offset: offset as u64, bytes, percent: Percent::ZERO };
                    answers.push(call.callback.message(data));
                }
                answers.push(call.callback.message(LegacyMessage::NewPage));
                ending
            })
            .bench();
            let cancel_at = if height < 0 { 3 * 13 } else { 0 };
            let (code, pages, taken) = cancel_after(&bench, job(Source::Feeder), cancel_at);
            assert_eq!((code, pages), (Code::S_FALSE, vec![rows_of(&page)[..kept].to_vec()]), "{ending}");
            assert!(taken < CANCEL_LIMIT, "{taken:?}");
            assert_eq!(*answers.lock().expect("no panic here"), [Code::S_FALSE; 4]);
        }
    }
}

#[test]
fn an_answer_of_the_application_sets_the_same_latch() {
    let failure = Code(0x8004_4711);
    for (answer, heard, expected) in
        [(Answer::Cancel, Code::S_FALSE, Code::S_FALSE), (Answer::Code(failure), failure, failure)]
    {
        let bytes = image(1).memory_bitmap(-9);
        let bench = ScriptedLegacy::new(move |mut call| {
            assert_eq!(call.send(&bytes, 100), heard);
            assert_eq!(call.callback.message(LegacyMessage::FilePreviewHeader), heard, "whatever it says");
            heard
        })
        .bench();
        let mut application = bench.application().on_message(move |message, _| match message {
            TransferMessage::Status { transferred: 1.., .. } => answer,
            _ => Answer::Continue,
        });
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), expected);
        assert_eq!(application.complete(), [false]);
        assert_legal(&bench.journal.application());
    }
}

#[test]
fn a_refused_stream_and_a_full_one_end_the_driver_with_their_codes() {
    for (code, heard) in [(Code::S_FALSE, Code::S_FALSE), (Code::E_FAIL, Code::E_FAIL)] {
        let bench = ScriptedLegacy::new(move |mut call| {
            assert_eq!(call.send(&image(1).memory_bitmap(-9), 4000), heard);
            heard
        })
        .bench();
        let mut application = bench.application().on_stream(move |_, _| Some(NextStream::Code(code)));
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), code);
    }
    let bench = ScriptedLegacy::with_images(sheets(2), 64).bench();
    let mut application = bench.application().on_stream(|page, stored| {
        if page.number == 2 {
            stored.fails_at(20, Code::S_OK);
        }
        None
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::STG_E_MEDIUMFULL);
    assert_eq!(application.complete(), [true, false]);
}

#[test]
fn a_jam_on_a_later_page_leaves_the_pages_before_it() {
    for height in [-9, 9] {
        let bench = ScriptedLegacy::new(move |mut call| {
            let bytes = image(call.context.page as u8 + 1).memory_bitmap(height);
            if call.context.page < 2 {
                return call.send(&bytes, 64);
            }
            let broken = bytes.len() - 7 * 16 + 5;
            assert_eq!(call.send(&bytes[..broken], broken), Code::S_OK);
            Code::ERROR_PAPER_JAM
        })
        .bench();
        let mut application = bench.application();
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_PAPER_JAM);
        assert_eq!(application.complete(), [true, true, false]);
        // Two rows of it: the first ones, or those that such an image begins with.
        let rows = rows_of(&image(3));
        let kept = if height < 0 { &rows[..26] } else { &rows[7 * 13..] };
        assert_eq!(application.bytes(), [rows_of(&image(1)), rows_of(&image(2)), kept.to_vec()]);
    }
}

#[test]
fn several_sheets_at_once_end_as_the_job_says() {
    for (on_multi_feed, expected) in [(OnMultiFeed::Fail, Code::ERROR_MULTI_FEED), (OnMultiFeed::End, Code::S_OK)] {
        let mut images = sheets(2).into_iter();
        let bench = ScriptedLegacy::new(move |mut call| match images.next() {
            Some(image) => call.send(&image, 64),
            None => Code::ERROR_MULTI_FEED,
        })
        .bench();
        let mut application = bench.application();
        let job = ScanJob { on_multi_feed, ..job(Source::Feeder) };
        assert_eq!(bench.scan_code(job, &mut application), expected);
        assert_eq!(application.complete(), [true, true]);
    }
}

#[test]
fn a_failure_keeps_its_number_and_its_words() {
    let codes = [0x8021_0001..=0x8021_0015, 0x8000_4001..=0x8000_4005, 0x8007_0001..=0x8007_0060];
    let custom = [0x8004_1234, 0x8003_0070, 0x8000_FFFF, 0x8007_04C7, 0xFFFF_FFFF];
    for code in codes.into_iter().flatten().chain(custom).map(Code) {
        assert_eq!(Condition::of(code).code(), code);
        let mut driver = ScriptedLegacy::new(move |call| {
            call.context.device_error = 17;
            code
        });
        driver.sentences = vec![(17, "The glass is hot.")];
        let outcome = driver.bench().scan(job(Source::Flatbed), &mut Bench::with_pages(vec![]).application());
        // On the glass no paper is no ending of its own, but a failure like any other.
        assert_eq!(outcome_code(&outcome), code);
        let Err(TransferError::Acquire(AcquireError::Device(failure))) = outcome else { panic!("{outcome:?}") };
        let broken = failure.condition == Condition::Other(Code::ERROR_INVALID_DRIVER_RESPONSE);
        if matches!(failure.condition, Condition::Other(_)) && !broken {
            assert_eq!(failure.detail, "The glass is hot.", "{code}");
            assert!(lightbar::text::errors::problem(&failure).title.contains("The glass is hot."));
        }
    }
    let mut driver = ScriptedLegacy::new(|_| panic!("it is not asked to scan"));
    driver.write_answer = Code(0x8004_1234);
    let bench = driver.bench();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut bench.application()), Code(0x8004_1234));
}
