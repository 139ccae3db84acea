//! The rules in which a device takes part, through broker, eSCL driver, USB port and virtual scanner.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lightbar::minidriver::property::{HandlingStatus, keys};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, ColorMode, Condition, FeederState, HandlerAnswer, OnMultiFeed, PageFormat, ScanJob,
    Settled, Side, Source,
};
use lightbar::transfer::{Answer, ApplicationItems, NextStream, TransferError, TransferMessage, outcome_code};
use lightbar::units::{Area, Dpi, Length};
use lightbar::virtual_device::VirtualScanner;

use crate::support::transfer::{Application, Desk, Seen, assert_legal, small, small_pages};

/// Ends the job from inside of a status of page `page` once this many bytes of it are there.
fn stop_at(application: Application, page: usize, bytes: u64, answer: Answer) -> Application {
    application.on_message(move |message, pages| match message {
        TransferMessage::Status { transferred, percent }
            if pages.len() == page && *transferred >= bytes && percent.value() < 100 =>
        {
            answer
        }
        _ => Answer::Continue,
    })
}

#[test]
fn r04_a_driver_whose_device_is_silent_returns_from_acquire_after_cancel_io() {
    let desk = Desk::with("feeder", 3, "silence@bytes=20000");
    let transfer = desk.bench.broker.prepare(ScanJob { dpi: Dpi(300), ..small(Source::Flatbed) });
    let canceller = transfer.canceller();
    let mut silent = 0;
    let mut last = 0;
    let mut application = desk.application().on_message(move |message, _| {
        if let TransferMessage::Status { transferred, .. } = message {
            silent = if *transferred == last && last > 0 { silent + 1 } else { 0 };
            last = *transferred;
            if silent == 5 {
                canceller.cancel();
            }
        }
        Answer::Continue
    });
    assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(application.complete(), [false]);
    assert!(!application.bytes()[0].is_empty(), "what came is kept");
    assert_legal(&desk.bench.journal.application());
    assert_eq!(desk.bench.broker.settle(), Some(Settled::Reset));
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Flatbed));
}

#[test]
fn r08_r10_after_a_cancel_at_any_place_the_next_scan_is_right_to_the_byte() {
    for model in ["feeder", "flatbed", "slow", "sheetfed"] {
        let source = if model == "sheetfed" { Source::Feeder } else { Source::Flatbed };
        for (page, bytes) in [(0, 0), (1, 0), (1, 1), (1, 2000)] {
            let desk = Desk::with(model, 6, "");
            let job = small_pages(source, 2);
            let mut application = stop_at(desk.application(), page, bytes, Answer::Cancel);
            let transfer = desk.bench.broker.prepare(job.clone());
            let outcome = desk.bench.broker.download(transfer, &mut application);
            assert_eq!(outcome, Ok(AcquireEnd::Cancelled), "{model}, page {page}, byte {bytes}");
            assert!(desk.bench.broker.settle().is_some_and(|settled| settled != Settled::NotResponding));
            assert!(!desk.scanner.is_busy(), "{model} is still busy");
            desk.assert_next_scan_is_right_to_the_byte(job);
        }
    }
}

#[test]
fn r10_a_device_that_wedges_when_an_answer_is_abandoned_does_not_wedge() {
    let desk = Desk::with("flatbed", 0, "wedge-if-not-drained");
    let mut application = stop_at(desk.application(), 1, 500, Answer::Cancel);
    let transfer = desk.bench.broker.prepare(small(Source::Flatbed));
    assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    assert_eq!(desk.bench.broker.settle(), Some(Settled::Ready));
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Flatbed));
}

#[test]
fn r09_the_cancel_button_of_the_device_ends_with_s_false() {
    let desk = Desk::with("feeder", 5, "");
    let button = desk.scanner.clone();
    let mut application = desk.application().on_message(move |message, pages| {
        if matches!(message, TransferMessage::Status { transferred: 1000.., .. }) && pages.len() == 2 {
            button.press_cancel();
        }
        Answer::Continue
    });
    let transfer = desk.bench.broker.prepare(small(Source::Feeder));
    assert_eq!(desk.bench.broker.download(transfer, &mut application), Ok(AcquireEnd::CancelledAtDevice));
    assert!(application.complete()[0]);
    assert_legal(&desk.bench.journal.application());
    desk.bench.broker.settle();
    desk.assert_next_scan_is_right_to_the_byte(small_pages(Source::Feeder, 1));
}

#[test]
fn r14_r15_after_a_callback_failure_the_device_is_idle_and_the_next_scan_works() {
    for source in [Source::Flatbed, Source::Feeder, Source::Duplex] {
        let desk = Desk::with("feeder", 8, "");
        let mut application = stop_at(desk.application(), 1, 700, Answer::Code(Code::STG_E_MEDIUMFULL));
        let outcome = desk.bench.scan(small(source), &mut application);
        let expected = AcquireError::Application(Code::STG_E_MEDIUMFULL);
        assert_eq!(outcome, Err(TransferError::Acquire(expected)));
        assert!(!desk.scanner.is_busy());
        desk.assert_next_scan_is_right_to_the_byte(small_pages(source, 2));
    }
}

#[test]
fn r16_a_full_destination_ends_the_job_with_its_code_and_the_device_rests() {
    let desk = Desk::with("feeder", 3, "");
    let mut application = desk.application().on_stream(|_, page| {
        page.fails_at(900, Code::S_OK);
        None
    });
    assert_eq!(desk.bench.scan_code(small(Source::Feeder), &mut application), Code::STG_E_MEDIUMFULL);
    assert_eq!(application.bytes()[0].len(), 900);
    desk.assert_next_scan_is_right_to_the_byte(small_pages(Source::Feeder, 1));
}

#[test]
fn r18_r19_a_skipped_sheet_is_consumed_and_the_next_page_is_the_next_sheet() {
    let desk = Desk::with("feeder", 3, "");
    let mut application = desk.application().on_stream(|page, _| (page.number == 2).then_some(NextStream::Skip));
    assert_eq!(desk.bench.scan(small(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    let sent = desk.sent_whole();
    assert_eq!(sent.len(), 3);
    assert!(application.bytes() == [sent[0].clone(), sent[2].clone()]);
    assert_eq!(desk.scanner.sheets_left(), 0);
}

#[test]
fn r20_a_skipped_sheet_counts_against_pages() {
    let desk = Desk::with("feeder", 5, "");
    let mut application = desk.application().on_stream(|page, _| (page.number == 1).then_some(NextStream::Skip));
    assert_eq!(desk.bench.scan(small_pages(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes().len(), 1);
    assert_eq!(desk.scanner.sheets_left(), 3);
}

#[test]
fn r28_the_height_of_raw_rows_is_what_was_delivered() {
    let desk = Desk::with("sheetfed", 2, "");
    // 512 pixels: a row of whole 64 bytes, which is what this device pads rows to.
    let area = Area::of_size(Length::from_pixels(512, Dpi(75)), Length::from_mm(400));
    let wanted = ScanJob { mode: ColorMode::LineArt, areas: vec![area], ..small(Source::Feeder) };
    let mut application = desk.application();
    assert_eq!(desk.bench.scan(wanted, &mut application), Ok(AcquireEnd::Completed));
    let sent = desk.sent_whole();
    assert!(!sent.is_empty());
    for ((page, bytes), sent) in application.infos.iter().zip(application.bytes()).zip(&sent) {
        let PageFormat::Rows(layout) = page.format else { panic!("{:?} are no raw rows", page.format) };
        assert!(bytes == *sent, "other bytes than the device sent");
        assert_eq!(bytes.len() % layout.stride, 0, "the last row is whole");
        let rows = (bytes.len() / layout.stride) as u32;
        // The sheet is A4; the request was longer.
        let asked = Length::from_mm(400).pixels(Dpi(75));
        assert!(rows > 0 && rows < asked, "{rows} rows of {asked}");
    }
}

#[test]
fn r31_to_r35_progress_of_a_real_page_is_honest() {
    let desk = Desk::with("feeder", 2, "");
    let mut last = (0, 0);
    let mut application = desk.application().on_message(move |message, pages| {
        match (message, pages.last()) {
            (TransferMessage::Status { percent, transferred }, Some(page)) => {
                let now = (percent.value(), *transferred);
                assert!(now >= last, "{now:?} after {last:?}");
                assert_eq!(page.bytes().len() as u64, *transferred);
                last = now;
            }
            (TransferMessage::EndOfStream { complete }, _) => {
                assert!(*complete && last.0 == 100);
                last = (0, 0);
            }
            _ => {}
        }
        Answer::Continue
    });
    assert_eq!(desk.bench.scan(small(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    let statuses = desk.bench.journal.application().iter().filter(|seen| matches!(seen, Seen::Status(..))).count();
    assert!(statuses >= 20, "{statuses} reports of two pages");
}

/// What a person does beside the device when asked: puts it right and says so.
fn putting_right(application: Application, scanner: &VirtualScanner) -> Application {
    let scanner = scanner.clone();
    application.handled_by(move |code| {
        if code.is_failure() {
            scanner.fix();
        }
        HandlerAnswer::Handled
    })
}

#[test]
fn r42_a_problem_put_right_resumes_the_transfer_and_every_page_is_complete() {
    for fault in ["jam@page2:row100", "cover@page2:row100", "jam@page2", "multifeed@page2:row50"] {
        let desk = Desk::with("feeder", 3, fault);
        let mut application = putting_right(desk.application(), &desk.scanner);
        let outcome = desk.bench.scan(small(Source::Feeder), &mut application);
        assert_eq!(outcome, Ok(AcquireEnd::Completed), "{fault}");
        let whole: Vec<u32> = application
            .infos
            .iter()
            .zip(application.complete())
            .filter_map(|(page, complete)| complete.then_some(page.number))
            .collect();
        assert_eq!(whole, [1, 2, 3], "{fault}");
        assert_eq!(desk.scanner.sheets_left(), 0, "{fault}");
    }
}

#[test]
fn r42_in_duplex_a_sheet_that_jammed_at_its_back_comes_again_with_both_sides() {
    let desk = Desk::with("feeder", 2, "jam@page4:row100");
    let mut application = putting_right(desk.application(), &desk.scanner);
    assert_eq!(desk.bench.scan(small(Source::Duplex), &mut application), Ok(AcquireEnd::Completed));
    let pages: Vec<(u32, Side, bool)> = application
        .infos
        .iter()
        .zip(application.complete())
        .map(|(page, complete)| (page.number, page.side, complete))
        .collect();
    // The last complete one of each number is the page.
    for (number, side) in [(1, Side::Front), (2, Side::Back), (3, Side::Front), (4, Side::Back)] {
        assert!(pages.contains(&(number, side, true)), "{number} is missing: {pages:?}");
    }
    assert!(pages.ends_with(&[(3, Side::Front, true), (4, Side::Back, true)]), "{pages:?}");
}

#[test]
fn r44_all_sheets_of_the_feeder_end_with_s_ok() {
    for (source, pages) in [(Source::Feeder, 3), (Source::Duplex, 6)] {
        for model in ["feeder", "sheetfed"] {
            let desk = Desk::with(model, 3, "");
            let mut application = desk.application();
            assert_eq!(desk.bench.scan(small(source), &mut application), Ok(AcquireEnd::Completed));
            assert_eq!(application.complete(), vec![true; pages], "{model}");
            assert!(application.bytes() == desk.sent_whole());
        }
    }
}

#[test]
fn r45_fewer_sheets_than_pages_end_with_end_of_media() {
    for model in ["feeder", "sheetfed"] {
        let desk = Desk::with(model, 2, "");
        let mut application = desk.application();
        let outcome = desk.bench.scan(small_pages(Source::Feeder, 4), &mut application);
        assert_eq!(outcome, Ok(AcquireEnd::EndOfMedia), "{model}");
        assert_eq!(application.complete(), [true, true]);
    }
}

#[test]
fn r46_an_empty_feeder_ends_with_paper_empty_without_a_stream() {
    for model in ["feeder", "sheetfed"] {
        let desk = Desk::with(model, 0, "");
        let code = desk.bench.scan_code(small(Source::Feeder), &mut desk.application());
        assert_eq!(code, Code::ERROR_PAPER_EMPTY, "{model}");
        assert!(!desk.bench.journal.application().iter().any(|seen| matches!(seen, Seen::NextStream(_))));
    }
}

#[test]
fn r46_paper_put_in_when_asked_for_is_scanned() {
    let desk = Desk::with("feeder", 0, "");
    let scanner = desk.scanner.clone();
    let mut application = desk.application().handled_by(move |code| {
        assert_eq!(code, Code::ERROR_PAPER_EMPTY);
        scanner.load_sheets(2);
        HandlerAnswer::Handled
    });
    assert_eq!(desk.bench.scan(small(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.complete(), [true, true]);
}

#[test]
fn r47_further_sheets_stay_or_are_received_and_numbered_beyond() {
    let desk = Desk::with("feeder", 5, "");
    let mut application = desk.application();
    assert_eq!(desk.bench.scan(small_pages(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.infos.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(desk.scanner.sheets_left(), 3);
    // This one draws two sheets in ahead: what it had drawn in is received, what it drew in meanwhile is told.
    for sheets in [3, 4, 5, 20] {
        let desk = Desk::with("sheetfed", sheets, "");
        let mut application = desk.application().handled_by(|_| HandlerAnswer::Handled);
        assert_eq!(desk.bench.scan(small_pages(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
        let received = application.complete().len() as u32;
        assert!((3..=4).contains(&received), "{received} of {sheets}: the stack stays");
        let told = match application.reported()[..] {
            [] => 0,
            [Condition::PagesPassedOn(pages)] => pages,
            ref other => panic!("{other:?}"),
        };
        assert_eq!(received + told + desk.scanner.sheets_left(), sheets, "a sheet was dropped silently");
        assert!(application.complete().iter().all(|complete| *complete));
        assert!(!desk.scanner.is_busy());
    }
}

#[test]
fn r48_a_jam_leaves_the_complete_pages_readable() {
    let desk = Desk::with("feeder", 4, "jam@page3:row60");
    let mut application = desk.application();
    assert_eq!(desk.bench.scan_code(small(Source::Feeder), &mut application), Code::ERROR_PAPER_JAM);
    assert_eq!(application.complete()[..2], [true, true]);
    assert!(application.complete()[2..].iter().all(|complete| !complete));
    assert!(application.bytes()[..2] == desk.sent_whole()[..2]);
}

#[test]
fn r49_duplex_delivers_front_and_back_of_each_sheet() {
    let desk = Desk::with("feeder", 2, "");
    let mut application = desk.application();
    assert_eq!(desk.bench.scan(small(Source::Duplex), &mut application), Ok(AcquireEnd::Completed));
    let sides: Vec<Side> = application.infos.iter().map(|page| page.side).collect();
    assert_eq!(sides, [Side::Front, Side::Back, Side::Front, Side::Back]);
}

/// Whether the device's status says that several sheets were drawn in, and whether it says that paper is there.
fn status_bits(items: &ApplicationItems) -> (bool, bool) {
    let status = HandlingStatus(items.root().get(keys::DOCUMENT_HANDLING_STATUS).expect("there"));
    (status.has(HandlingStatus::MULTIPLE_FEED), status.has(HandlingStatus::FEED_READY))
}

#[test]
fn r50_a_multi_feed_ends_as_the_job_says_and_the_status_says_so_until_it_is_put_right() {
    for model in ["feeder", "legacy"] {
        for (on_multi_feed, expected) in [(OnMultiFeed::Fail, Code::ERROR_MULTI_FEED), (OnMultiFeed::End, Code::S_OK)] {
            let desk = Desk::with(model, 4, "multifeed@page2:row60");
            let broker = &desk.bench.broker;
            let mut items = broker.application_items();
            broker.refresh(&mut items).expect("idle");
            assert_eq!(status_bits(&items), (false, true));
            let mut application = desk.application();
            let job = ScanJob { on_multi_feed, ..small(Source::Feeder) };
            assert_eq!(desk.bench.scan_code(job.clone(), &mut application), expected, "{model}");
            let complete = application.complete().iter().filter(|complete| **complete).count();
            assert_eq!((complete, desk.sent_whole().len()), (1, 1), "{model}, {on_multi_feed:?}");
            assert!(!status_bits(&items).0, "{model}: read before the scan, and not since");
            broker.refresh(&mut items).expect("idle");
            assert_eq!(status_bits(&items), (true, false), "{model}, {on_multi_feed:?}");
            let mut others = broker.application_items();
            let (state, _) = broker.poll_events(&mut others).expect("idle");
            assert_eq!((state, status_bits(&others).0), (FeederState::Trouble(Condition::MultiFeed), true), "{model}");
            // The feeder is loaded anew.
            desk.scanner.fix();
            desk.scanner.load_sheets(3);
            let (state, _) = broker.poll_events(&mut items).expect("idle");
            assert_eq!((state, status_bits(&items)), (FeederState::Loaded, (false, true)), "{model}");
            // Again, and this time the next job is the first to look.
            desk.scanner.add_faults("multifeed@page1:row20".parse().expect("a fault"));
            assert_eq!(desk.bench.scan_code(job.clone(), &mut desk.application()), expected, "{model}");
            broker.refresh(&mut items).expect("idle");
            assert!(status_bits(&items).0, "{model}");
            desk.scanner.fix();
            assert_eq!(desk.bench.scan_code(job, &mut desk.application()), Code::S_OK, "{model}");
            broker.refresh(&mut items).expect("idle");
            assert_eq!(status_bits(&items), (false, false), "{model}: the paper is used up");
        }
    }
}

/// Everything that may be called between two jobs without opening the device.
fn use_what_opens_nothing(desk: &Desk) {
    let broker = &desk.bench.broker;
    broker.settle();
    let _ = broker.pressed_buttons(&mut broker.application_items());
    broker.power_suspending();
    broker.stop_asking();
    broker.release();
}

/// The device comes back: by its cable, and with a new stack.
fn comes_back(desk: &Desk) {
    desk.scanner.unplug();
    desk.scanner.replug();
    desk.scanner.load_sheets(2);
}

#[test]
fn r57_after_disconnected_between_jobs_nothing_is_asked_of_the_device_until_it_is_opened() {
    for model in ["feeder", "legacy"] {
        for has_scanned in [false, true] {
            let desk = Desk::with(model, 2, "");
            if has_scanned {
                desk.bench.scan(small_pages(Source::Feeder, 1), &mut desk.application()).expect("a page");
            }
            let before = desk.traffic.len();
            desk.bench.broker.device_gone();
            use_what_opens_nothing(&desk);
            assert_eq!(desk.traffic.since(before), [""; 0], "{model}");
            comes_back(&desk);
            desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
            assert!(desk.traffic.since(before).contains(&"open".to_owned()), "{model}: the same port went on");
        }
    }
}

#[test]
fn r57_after_disconnected_in_mid_job_nothing_is_asked_of_the_device_and_the_job_ends_offline() {
    for (model, source) in [
        ("feeder", Source::Flatbed),
        ("feeder", Source::Feeder),
        ("sheetfed", Source::Feeder),
        ("legacy", Source::Flatbed),
        ("legacy", Source::Feeder),
    ] {
        for faults in ["", "silence@bytes=20000"] {
            for (page, bytes, percent) in [(0, 0, 0), (1, 0, 0), (1, 1000, 0), (1, 0, 100), (2, 0, 0), (2, 1500, 0)] {
                let case = format!("{model}, {source:?}, {faults:?}, page {page}, byte {bytes}, {percent} %");
                let desk = Desk::with(model, 5, faults);
                let (broker, traffic) = (desk.bench.broker.clone(), desk.traffic.clone());
                let mut is_said = false;
                let gone_at = Arc::new(AtomicUsize::new(0));
                let said = Arc::clone(&gone_at);
                let mut application = desk.application().on_message(move |message, pages| {
                    let TransferMessage::Status { transferred, percent: now } = message else {
                        return Answer::Continue;
                    };
                    let reached = pages.len() > page || (now.value() >= percent && *transferred >= bytes);
                    if !is_said && pages.len() >= page && reached {
                        is_said = true;
                        broker.device_gone();
                        said.store(traffic.len(), Ordering::SeqCst);
                    }
                    Answer::Continue
                });
                let area = small(source).areas[0];
                let areas = vec![area; if source == Source::Flatbed { 3 } else { 1 }];
                let transfer = desk.bench.broker.prepare(ScanJob { areas, ..small(source) });
                let outcome = desk.bench.broker.download(transfer, &mut application);
                let gone_at = gone_at.load(Ordering::SeqCst);
                if gone_at == 0 {
                    assert!(!faults.is_empty(), "{case}: a silent device never came so far");
                    continue;
                }
                assert_eq!(outcome_code(&outcome), Code::ERROR_OFFLINE, "{case}");
                assert_legal(&desk.bench.journal.application());
                use_what_opens_nothing(&desk);
                assert_eq!(desk.traffic.since(gone_at), [""; 0], "{case}");
                // The pages before are whole, and the one under way is kept as far as it came.
                let complete = application.complete();
                assert!(
                    complete.len() >= page && complete.iter().take(page.saturating_sub(1)).all(|whole| *whole),
                    "{case}"
                );
                let whole = complete.iter().filter(|whole| **whole).count();
                assert!(application.bytes()[..whole] == desk.sent_whole()[..whole], "{case}");
                assert!(page == 0 || application.bytes()[page - 1].len() as u64 >= bytes, "{case}");
                // A silence that was not reached in this job would come in the next.
                if faults.is_empty() {
                    comes_back(&desk);
                    let mut next = desk.application();
                    assert_eq!(desk.bench.scan(small(source), &mut next), Ok(AcquireEnd::Completed), "{case}");
                    assert!(next.bytes().last() == desk.sent_whole().last(), "{case}: other bytes than were sent");
                }
            }
        }
    }
}

#[test]
fn r57_a_device_that_is_unplugged_ends_the_transfer_and_works_when_it_is_back() {
    let desk = Desk::with("feeder", 4, "unplug@page2:row60");
    let mut application = desk.application();
    assert_eq!(desk.bench.scan_code(small(Source::Feeder), &mut application), Code::ERROR_OFFLINE);
    assert!(application.complete()[0]);
    assert_legal(&desk.bench.journal.application());
    desk.scanner.replug();
    desk.scanner.load_sheets(2);
    desk.assert_next_scan_is_right_to_the_byte(small(Source::Feeder));
}
