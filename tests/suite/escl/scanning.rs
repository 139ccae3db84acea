//! Whole jobs of the driver on simulated scanners: pages, cancel, settling, troubles.

use std::time::Duration;

use lightbar::clock::{Clock, ManualClock};
use lightbar::drivers::escl::{EsclDriver, EsclOptions, Match, Quirk, QuirkRule};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, ColorMode, Condition, FeederState, MiniDriver, OfferedFormat, PageFormat, PageLimit,
    ScanJob, Settled, Side, Source, TransferId,
};
use lightbar::raster::PixelFormat;
use lightbar::units::{Area, Length};
use lightbar::virtual_device::{Options, VirtualScanner};

use crate::support::escl_bench::{ActAt, Delivered, EsclBench, Person, acquire, job, ports_of};

fn complete(bench: &EsclBench) -> Vec<Vec<u8>> {
    bench.sent().into_iter().filter(|(_, complete)| *complete).map(|(bytes, _)| bytes).collect()
}

fn condition(delivered: &Delivered) -> Option<Condition> {
    match &delivered.result {
        Err(AcquireError::Device(failure)) => Some(failure.condition),
        _ => None,
    }
}

/// The same device scans again, to the byte.
fn scans_again(bench: &mut EsclBench, job: &ScanJob) {
    let before = complete(bench).len();
    bench.scanner.fix();
    bench.scanner.load_sheets(1);
    let again = bench.acquire(job, Person::default());
    assert_eq!(again.result, Ok(AcquireEnd::Completed));
    assert!(!again.pages.is_empty() && again.pages == complete(bench)[before..]);
}

#[test]
fn a_flatbed_page_comes_to_the_byte_on_every_model() {
    for (model, mode) in [
        ("feeder", ColorMode::Color),
        ("flatbed", ColorMode::Gray),
        ("slow", ColorMode::Color),
        ("feeder", ColorMode::LineArt),
    ] {
        let mut bench = EsclBench::new(model, "");
        let job = job(Source::Flatbed, mode, 75);
        for round in 0..2 {
            let done = bench.acquire(&job, Person::default());
            assert_eq!(done.result, Ok(AcquireEnd::Completed), "{model} {mode:?} {round}");
            assert_eq!(done.pages.len(), 1, "{model} {mode:?}");
            assert_eq!(done.pages[0], complete(&bench)[round], "{model} {mode:?}");
            assert!(!bench.scanner.is_busy(), "{model}: the job is released");
        }
    }
}

#[test]
fn a_feeder_job_brings_every_page_in_order() {
    for (model, source, sheets, pages) in
        [("feeder", Source::Feeder, 3, 3), ("feeder", Source::Duplex, 2, 4), ("sheetfed", Source::Duplex, 2, 4)]
    {
        let mut bench = EsclBench::with(model, Options { sheets: Some(sheets), reload: None, ..Options::default() });
        let done = bench.acquire(&job(source, ColorMode::Gray, 75), Person::default());
        assert_eq!(done.result, Ok(AcquireEnd::Completed), "{model} {source:?}");
        assert_eq!(done.pages, complete(&bench), "{model} {source:?}");
        assert_eq!(done.pages.len(), pages);
        if source == Source::Duplex {
            let sides: Vec<Side> = done.infos.iter().map(|info| info.side).collect();
            assert_eq!(sides, [Side::Front, Side::Back, Side::Front, Side::Back]);
        }
        assert!(!bench.scanner.is_busy());
    }
}

#[test]
fn line_art_is_raw_where_it_exists_and_gray_elsewhere() {
    let mut bench = EsclBench::new("feeder", "");
    let done = bench.acquire(&job(Source::Flatbed, ColorMode::LineArt, 75), Person::default());
    let PageFormat::Rows(layout) = done.infos[0].format else { panic!("{:?}", done.infos[0]) };
    assert_eq!((layout.width, layout.format), (620, PixelFormat::Bw1));
    assert_eq!(done.pages[0].len() % layout.stride, 0);
    let mut bench = EsclBench::new("flatbed", "");
    let done = bench.acquire(&job(Source::Flatbed, ColorMode::LineArt, 75), Person::default());
    assert_eq!(done.infos[0].format, PageFormat::Jpeg);
}

#[test]
fn padded_rows_are_told_with_their_true_length() {
    let mut bench = EsclBench::with("sheetfed", Options { sheets: Some(1), reload: None, ..Options::default() });
    let done = bench.acquire(&job(Source::Feeder, ColorMode::LineArt, 75), Person::default());
    assert_eq!(done.result, Ok(AcquireEnd::Completed));
    let PageFormat::Rows(layout) = done.infos[0].format else { panic!("{:?}", done.infos[0]) };
    assert_eq!(layout.stride, 128, "620 bits are 78 bytes, and this device rounds up to 64");
    assert_eq!(done.pages[0].len() % layout.stride, 0);
}

/// The sheet ends before what was asked for, so its length alone does not tell how long a row is.
#[test]
fn padded_rows_are_whole_although_nobody_tells_their_length() {
    let options = Options {
        sheets: Some(2),
        reload: None,
        faults: "no-image-info".parse().expect("a fault"),
        ..Options::default()
    };
    let mut bench = EsclBench::with("sheetfed", options);
    let area = Area::of_size(Length::from_mm(101), Length::from_mm(400));
    let wanted = ScanJob { areas: vec![area], ..job(Source::Feeder, ColorMode::LineArt, 75) };
    let done = bench.acquire(&wanted, Person::default());
    assert_eq!(done.result, Ok(AcquireEnd::Completed));
    assert_eq!(done.pages, complete(&bench));
    assert_eq!(done.infos.len(), 2, "no page came again");
    for info in &done.infos {
        let PageFormat::Rows(layout) = info.format else { panic!("{info:?}") };
        assert_eq!((layout.width, layout.stride), (298, 64));
    }
}

#[test]
fn rows_of_unknown_length_are_kept_as_far_as_they_came_when_the_job_is_cancelled() {
    let mut bench = EsclBench::with("sheetfed", Options { sheets: Some(1), reload: None, ..Options::default() });
    let wanted = job(Source::Feeder, ColorMode::LineArt, 300);
    let done = bench.acquire(&wanted, Person::cancels_at(1, 200_000));
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    assert!(done.pages[0].len() >= 200_000, "{} bytes", done.pages[0].len());
    bench.driver.settle();
    assert!(bench.sent()[0].0.starts_with(&done.pages[0]), "other bytes than the device sent");
}

#[test]
fn an_empty_feeder_says_so_without_a_page() {
    for model in ["feeder", "sheetfed"] {
        let mut bench = EsclBench::with(model, Options { sheets: Some(0), reload: None, ..Options::default() });
        let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 75), Person::default());
        assert_eq!(condition(&done), Some(Condition::PaperEmpty), "{model}");
        assert!(done.infos.is_empty());
        bench.driver.settle();
        assert_ne!(bench.driver.feeder_state(TransferId::next()), Ok(FeederState::Loaded));
        scans_again(&mut bench, &job(Source::Feeder, ColorMode::Gray, 75));
    }
}

#[test]
fn paper_put_in_when_asked_for_is_scanned() {
    let mut bench = EsclBench::with("feeder", Options { sheets: Some(0), reload: None, ..Options::default() });
    let scanner = bench.scanner.clone();
    let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 75), Person::fixes(move || scanner.load_sheets(2)));
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2));
}

#[test]
fn a_number_of_pages_leaves_the_other_sheets_alone() {
    let mut bench = EsclBench::with("feeder", Options { sheets: Some(5), reload: None, ..Options::default() });
    let two = ScanJob { pages: PageLimit::from_pages(2), ..job(Source::Feeder, ColorMode::Gray, 75) };
    let done = bench.acquire(&two, Person::default());
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2));
    assert_eq!(bench.scanner.sheets_left(), 3);
    assert!(!bench.scanner.is_busy());
}

#[test]
fn sheets_drawn_in_ahead_are_delivered_and_not_dropped() {
    let mut bench = EsclBench::with("sheetfed", Options { sheets: Some(9), reload: None, ..Options::default() });
    let two = ScanJob { pages: PageLimit::from_pages(2), ..job(Source::Feeder, ColorMode::Gray, 75) };
    let done = bench.acquire(&two, Person::default());
    assert_eq!(done.result, Ok(AcquireEnd::Completed));
    // What was ahead when the second page was there is taken; what came in meanwhile is told.
    assert_eq!(done.pages, complete(&bench));
    assert!((3..=4).contains(&done.pages.len()), "{}: the stack stays", done.pages.len());
    let passed_on = 9 - done.pages.len() as u32 - bench.scanner.sheets_left();
    assert_eq!(done.device_statuses(), [Condition::PagesPassedOn(passed_on)]);
    assert!(!bench.scanner.is_busy());
}

#[test]
fn a_skipped_page_is_consumed_and_not_delivered() {
    let mut bench = EsclBench::with("feeder", Options { sheets: Some(3), reload: None, ..Options::default() });
    let person = Person { skip: vec![2], ..Person::default() };
    let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 75), person);
    let sent = complete(&bench);
    assert_eq!(done.result, Ok(AcquireEnd::Completed));
    assert_eq!(done.pages, [sent[0].clone(), sent[2].clone()]);
}

#[test]
fn several_areas_of_the_flatbed_are_pages_of_one_transfer() {
    let mut bench = EsclBench::new("flatbed", "");
    let area = |y| Area {
        x: Length::from_mm(10),
        y: Length::from_mm(y),
        width: Length::from_mm(50),
        height: Length::from_mm(40),
    };
    let three = ScanJob { areas: vec![area(0), area(50), area(100)], ..job(Source::Flatbed, ColorMode::Color, 75) };
    let done = bench.acquire(&three, Person::default());
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 3));
    assert_eq!(done.pages, complete(&bench));
    assert!(!bench.scanner.is_busy());
}

#[test]
fn cancel_in_mid_page_returns_at_once_and_settles() {
    for (model, source) in [
        ("feeder", Source::Flatbed),
        ("feeder", Source::Duplex),
        ("flatbed", Source::Flatbed),
        ("slow", Source::Flatbed),
        ("sheetfed", Source::Feeder),
    ] {
        let mut bench = EsclBench::new(model, "wedge-if-not-drained");
        let job = job(source, ColorMode::Color, 200);
        let done = bench.acquire(&job, Person::cancels_at(1, 10_000));
        assert_eq!(done.result, Ok(AcquireEnd::Cancelled), "{model} {source:?}");
        assert!(!done.pages[0].is_empty());
        assert_eq!(bench.driver.settle(), Settled::Ready, "{model} {source:?}");
        assert!(!bench.scanner.is_busy(), "{model} {source:?}");
        scans_again(&mut bench, &job);
    }
}

#[test]
fn cancel_before_the_first_byte_settles() {
    for model in ["feeder", "flatbed", "slow", "sheetfed"] {
        let source = if model == "sheetfed" { Source::Feeder } else { Source::Flatbed };
        for count in 1..4 {
            let mut bench = EsclBench::new(model, "wedge-if-not-drained");
            let job = job(source, ColorMode::Color, 75);
            let person = Person { cancel_after_messages: Some(count), ..Person::default() };
            let done = bench.acquire(&job, person);
            assert_eq!(done.result, Ok(AcquireEnd::Cancelled), "{model} {count}");
            assert_eq!(bench.driver.settle(), Settled::Ready, "{model} {count}");
            assert!(!bench.scanner.is_busy(), "{model} {count}");
            scans_again(&mut bench, &job);
        }
    }
}

#[test]
fn a_device_that_went_silent_is_reset_when_the_job_is_cancelled() {
    for model in ["feeder", "flatbed"] {
        let mut bench = EsclBench::new(model, "silence@page1:row300");
        let job = job(Source::Flatbed, ColorMode::Color, 200);
        let clock = bench.clock.clone();
        let person = Person { cancel_after_messages: Some(60), ..Person::default() };
        let done = bench.acquire(&job, person);
        assert_eq!(done.result, Ok(AcquireEnd::Cancelled), "{model}");
        let before = clock.now();
        assert_eq!(bench.driver.settle(), Settled::Reset, "{model}");
        let took = clock.now().since(before);
        assert!(took < Duration::from_secs(20), "{model}: {took:?}");
        scans_again(&mut bench, &job);
    }
}

#[test]
fn a_silent_device_is_called_so_within_its_limit() {
    for (model, expected, limit) in [("feeder", Condition::Offline, 60), ("flatbed", Condition::NotAnswering, 90)] {
        let mut bench = EsclBench::new(model, "silence@page1:row300");
        let done = bench.acquire(&job(Source::Flatbed, ColorMode::Color, 200), Person::default());
        assert_eq!(condition(&done), Some(expected), "{model}");
        assert!(done.returned_at < Duration::from_secs(limit), "{model}: {:?}", done.returned_at);
        assert!(!done.pages[0].is_empty(), "what came is kept");
        bench.driver.settle();
        scans_again(&mut bench, &job(Source::Flatbed, ColorMode::Color, 200));
    }
}

#[test]
fn a_jam_put_right_goes_on_with_the_same_sheet() {
    for fault in ["jam@page2:row200", "cover@page2:row200", "multifeed@page2:row200"] {
        let mut bench = EsclBench::with(
            "feeder",
            Options { sheets: Some(3), reload: None, faults: fault.parse().expect("a fault"), ..Options::default() },
        );
        let scanner = bench.scanner.clone();
        let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 100), Person::fixes(move || scanner.fix()));
        assert_eq!(done.result, Ok(AcquireEnd::Completed), "{fault}");
        assert_eq!(done.device_statuses().len(), 1, "{fault}");
        // Page 2 came twice: a part of it, then the whole.
        assert_eq!(done.infos.iter().map(|info| info.number).collect::<Vec<_>>(), [1, 2, 2, 3], "{fault}");
        let whole = complete(&bench);
        assert_eq!((&done.pages[0], &done.pages[2], &done.pages[3]), (&whole[0], &whole[1], &whole[2]), "{fault}");
    }
}

#[test]
fn a_jam_left_alone_ends_the_job_with_its_reason_and_the_pages_before_it() {
    for (fault, expected) in [
        ("jam@page2:row200", Condition::PaperJam),
        ("cover@page2:row200", Condition::CoverOpen),
        ("multifeed@page2:row200", Condition::MultiFeed),
    ] {
        let mut bench = EsclBench::new("feeder", fault);
        let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 100), Person::default());
        assert_eq!(condition(&done), Some(expected));
        assert_eq!(done.pages[0], complete(&bench)[0]);
        bench.driver.settle();
        bench.scanner.fix();
        scans_again(&mut bench, &job(Source::Feeder, ColorMode::Gray, 100));
    }
}

#[test]
fn a_truncated_page_in_a_complete_answer_is_no_page() {
    let mut bench = EsclBench::new("feeder", "truncate@page1:row300");
    let done = bench.acquire(&job(Source::Flatbed, ColorMode::Color, 100), Person::default());
    assert_eq!(condition(&done), Some(Condition::TruncatedPage));
    assert!(done.pages[0].starts_with(&[0xff, 0xd8]) && done.pages[0].len() > 1000);
    bench.driver.settle();
    scans_again(&mut bench, &job(Source::Flatbed, ColorMode::Color, 100));
}

/// An end marker does not make a page whole. Whoever keeps the height for the end is asked for it.
#[test]
fn a_page_cut_short_and_closed_with_its_end_marker_is_no_page() {
    for (model, source) in [("feeder", Source::Flatbed), ("feeder", Source::Feeder), ("sheetfed", Source::Feeder)] {
        for mode in [ColorMode::Color, ColorMode::Gray] {
            let options = Options {
                sheets: Some(2),
                reload: None,
                faults: "cut-short@page1:row300".parse().expect("a fault"),
                ..Options::default()
            };
            let mut bench = EsclBench::with(model, options);
            let done = bench.acquire(&job(source, mode, 150), Person::default());
            assert_eq!(condition(&done), Some(Condition::TruncatedPage), "{model} {source:?} {mode:?}");
            assert!(done.pages[0].ends_with(&[0xff, 0xd9]) && done.pages[0] == bench.sent()[0].0, "every byte is kept");
            bench.driver.settle();
            scans_again(&mut bench, &job(source, mode, 150));
        }
    }
}

#[test]
fn a_page_that_says_it_is_larger_than_any_sheet_is_told_so() {
    for (model, source) in [("feeder", Source::Flatbed), ("sheetfed", Source::Feeder)] {
        let mut bench = EsclBench::new(model, "oversize@page1");
        let done = bench.acquire(&job(source, ColorMode::Gray, 150), Person::default());
        assert_eq!(condition(&done), Some(Condition::ImpossibleSize), "{model}");
        assert!(done.pages[0].len() > 1000, "every byte is kept");
        bench.driver.settle();
        scans_again(&mut bench, &job(source, ColorMode::Gray, 150));
    }
}

/// Raw rows have no end marker: the device is asked whether the sheet ended where they do.
#[test]
fn rows_from_the_feeder_that_break_off_are_no_page() {
    for (fault, expected) in [
        ("truncate@page2:row300", Condition::TruncatedPage),
        ("truncate@page2:row300,no-image-info", Condition::ShortPage),
        ("jam@page2:row300", Condition::PaperJam),
        ("cover@page2:row300", Condition::CoverOpen),
        ("multifeed@page2:row300", Condition::MultiFeed),
    ] {
        for (mode, format) in [(ColorMode::LineArt, None), (ColorMode::Gray, Some(OfferedFormat::Rows))] {
            let mut bench = EsclBench::new("feeder", fault);
            let wanted = ScanJob { format, ..job(Source::Feeder, mode, 100) };
            let done = bench.acquire(&wanted, Person::default());
            assert_eq!(condition(&done), Some(expected), "{fault} {mode:?}");
            assert_eq!(done.pages.len(), 2, "{fault} {mode:?}");
            assert!(matches!(done.infos[1].format, PageFormat::Rows(_)), "{:?}", done.infos[1]);
            let (whole, torn) = (&done.pages[0], &done.pages[1]);
            assert!(!torn.is_empty() && torn.len() < whole.len() / 2, "{fault} {mode:?}: what came is kept");
        }
    }
}

/// A device that ends its pages with the sheet and tells nobody is a row of the table of quirks.
#[test]
fn a_short_page_is_whole_on_a_device_that_is_known_to_end_it_with_its_sheet() {
    const ENDS: QuirkRule = QuirkRule {
        of: Match { model: None, server: None, usb: None, only_usb: false },
        quirks: &[Quirk::EndsWithSheet(true)],
    };
    for (quirks, expected) in [(vec![], Some(Condition::ShortPage)), (vec![ENDS], None)] {
        let clock = ManualClock::start();
        let faults = "truncate@page1:row300,no-image-info".parse().expect("faults");
        let options = Options { sheets: Some(2), reload: None, faults, ..Options::default() };
        let scanner = VirtualScanner::new("feeder", options, clock.clone()).expect("a model");
        let options = EsclOptions { quirks, ..EsclOptions::default() };
        let mut driver = EsclDriver::open_usb(ports_of(&scanner), clock.clone(), &options).expect("it opens");
        let done = acquire(&mut driver, &*clock, &job(Source::Feeder, ColorMode::LineArt, 100), Person::default());
        assert_eq!(condition(&done), expected, "{:?}", done.result);
        assert_eq!(done.pages.len(), if expected.is_none() { 2 } else { 1 });
    }
}

#[test]
fn a_sheet_shorter_than_asked_is_whole_on_a_device_that_finds_its_bottom() {
    let area = Area::of_size(Length::from_mm(210), Length::from_mm(400));
    for (mode, faults, expected) in [
        (ColorMode::LineArt, "", None),
        (ColorMode::LineArt, "no-image-info", None),
        (ColorMode::Gray, "", None),
        (ColorMode::LineArt, "truncate@page2:row300", Some(Condition::TruncatedPage)),
        (ColorMode::LineArt, "jam@page2:row300,no-image-info", Some(Condition::PaperJam)),
    ] {
        let faults = faults.parse().expect("faults");
        let mut bench =
            EsclBench::with("sheetfed", Options { sheets: Some(2), reload: None, faults, ..Options::default() });
        let wanted = ScanJob { areas: vec![area], format: Some(OfferedFormat::Rows), ..job(Source::Feeder, mode, 150) };
        let done = bench.acquire(&wanted, Person::default());
        assert_eq!(condition(&done), expected, "{mode:?}");
        assert_eq!(done.pages[0], complete(&bench)[0], "{mode:?}");
        let PageFormat::Rows(layout) = done.infos[0].format else { panic!("{:?}", done.infos[0]) };
        assert!(
            done.pages[0].len() / layout.stride < area.height.pixels(wanted.dpi) as usize,
            "{mode:?}: no short sheet"
        );
        if expected.is_none() {
            assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2), "{mode:?}");
        }
    }
}

/// Nobody keeps what this device sends: it is more than a quarter of a gigabyte.
#[test]
fn a_page_without_end_is_broken_off_and_the_device_scans_again() {
    let clock = ManualClock::start();
    let options = Options { faults: "endless@page1:row300".parse().expect("a fault"), ..Options::default() };
    let scanner = VirtualScanner::new("feeder", options, clock.clone()).expect("a model");
    let mut driver =
        EsclDriver::open_usb(ports_of(&scanner), clock.clone(), &EsclOptions::default()).expect("it opens");
    let wanted = job(Source::Flatbed, ColorMode::Color, 300);
    let done = acquire(&mut driver, &*clock, &wanted, Person { skip: vec![1], ..Person::default() });
    assert_eq!(condition(&done), Some(Condition::EndlessPage), "{:?}", done.result);
    assert_eq!(driver.settle(), Settled::Ready);
    assert!(!scanner.is_busy());
    let again = acquire(&mut driver, &*clock, &wanted, Person::default());
    assert_eq!((again.result, again.pages.len()), (Ok(AcquireEnd::Completed), 1));
}

#[test]
fn a_page_that_the_device_counts_and_does_not_send_is_missed() {
    for (page, before) in [(1, 0), (2, 1), (3, 2)] {
        let options = Options {
            sheets: Some(3),
            reload: None,
            faults: format!("lost-page@page{page}").parse().expect("a fault"),
            ..Options::default()
        };
        let mut bench = EsclBench::with("feeder", options);
        let done = bench.acquire(&job(Source::Feeder, ColorMode::Gray, 75), Person::default());
        assert_eq!(condition(&done), Some(Condition::LostPage), "page {page}: {:?}", done.result);
        assert_eq!((done.pages.len(), done.pages), (before, complete(&bench)), "page {page}");
        bench.driver.settle();
        scans_again(&mut bench, &job(Source::Feeder, ColorMode::Gray, 75));
    }
}

#[test]
fn cancel_on_the_devices_own_panel_is_a_cancel() {
    for (model, page) in [("feeder", 1), ("feeder", 2), ("sheetfed", 1)] {
        let mut bench = EsclBench::new(model, "");
        let panel = bench.scanner.clone();
        let act_at: ActAt = (page, 5_000, Box::new(move || panel.press_cancel()));
        let wanted = job(Source::Feeder, ColorMode::Gray, 200);
        let done = bench.acquire(&wanted, Person { act_at: Some(act_at), ..Person::default() });
        assert_eq!(done.result, Ok(AcquireEnd::CancelledAtDevice), "{model} page {page}");
        assert_eq!(bench.driver.settle(), Settled::Ready);
        scans_again(&mut bench, &wanted);
    }
}

#[test]
fn unplugged_in_mid_page_is_offline_and_the_next_scan_after_replugging_works() {
    let mut bench = EsclBench::new("feeder", "unplug@page2:row100");
    let wanted = job(Source::Feeder, ColorMode::Gray, 100);
    let done = bench.acquire(&wanted, Person::default());
    assert_eq!(condition(&done), Some(Condition::Offline));
    assert_eq!(done.pages[0], complete(&bench)[0]);
    let _ = bench.driver.settle();
    bench.scanner.replug();
    scans_again(&mut bench, &wanted);
}

#[test]
fn transport_misery_costs_no_byte() {
    for faults in ["short-reads", "zero-length@page1*200", "503@page1*40", "short-reads,zero-length@bytes=30000*50"] {
        let mut bench = EsclBench::new("feeder", faults);
        let done = bench.acquire(&job(Source::Flatbed, ColorMode::Gray, 100), Person::default());
        assert_eq!(done.result, Ok(AcquireEnd::Completed), "{faults}");
        assert_eq!(done.pages, complete(&bench), "{faults}");
    }
}

#[test]
fn a_stall_in_mid_page_is_a_failure_that_the_next_scan_survives() {
    for model in ["feeder", "slow"] {
        let mut bench = EsclBench::new(model, "stall@page1:row300");
        let wanted = job(Source::Flatbed, ColorMode::Gray, 200);
        let done = bench.acquire(&wanted, Person::default());
        assert_eq!(condition(&done), Some(Condition::TruncatedPage), "{model}: {:?}", done.result);
        assert_ne!(bench.driver.settle(), Settled::NotResponding);
        scans_again(&mut bench, &wanted);
    }
}

#[test]
fn impossible_wishes_are_refused_before_paper_moves() {
    let mut bench = EsclBench::new("flatbed", "");
    let usual = job(Source::Flatbed, ColorMode::Color, 300);
    let outside = Area { x: Length::from_mm(400), ..usual.areas[0] };
    for wrong in [
        job(Source::Feeder, ColorMode::Color, 300),
        job(Source::Flatbed, ColorMode::Color, 123),
        job(Source::Flatbed, ColorMode::Color48, 300),
        ScanJob { areas: vec![outside], ..usual.clone() },
    ] {
        let requests = bench.scanner.requests().len();
        let done = bench.acquire(&wrong, Person::default());
        assert_eq!(condition(&done), Some(Condition::Refused), "{wrong:?}");
        assert_eq!(bench.scanner.requests().len(), requests, "nothing was asked of the device");
    }
}

#[test]
fn a_program_that_died_in_mid_page_leaves_nothing_to_repair() {
    for model in ["feeder", "flatbed", "slow"] {
        let mut bench = EsclBench::new(model, "wedge-if-not-drained");
        let job = job(Source::Flatbed, ColorMode::Color, 200);
        let done = bench.acquire(&job, Person::cancels_at(1, 10_000));
        assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
        // Nobody settles: the process died.
        bench.driver.release();
        bench.driver.lock().expect("it opens again");
        scans_again(&mut bench, &job);
    }
}
