//! The big button, its keys, and what is said while a job runs or waits.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::PageId;
use lightbar::minidriver::{ColorMode, Condition, DeviceFailure, PageLimit, Source};
use lightbar::session::settings::Paper;
use lightbar::session::{Command, PageState, Paused, ProblemAnswer, ScanState, Snapshot};
use lightbar::ui::StartWith;
use lightbar::units::Dpi;

use super::{SMALLEST, Stage, USUAL, arriving, with_pages};
use crate::support::staged_session::{ready, scanning};

#[test]
fn scan_sends_what_is_shown_and_becomes_stop_in_the_same_place() {
    let mut stage = Stage::open(ready());
    let place = stage.window.get_by_label("Scan").rect();
    stage.click("Scan");
    let sent = stage.session.take_sent();
    let [Command::Scan(wish)] = sent.as_slice() else { panic!("one scan, not {sent:?}") };
    assert_eq!((wish.source, wish.pages), (Source::Feeder, PageLimit::All));
    assert_eq!((wish.settings.mode, wish.settings.dpi, wish.settings.paper), (ColorMode::Color, Dpi(300), Paper::A4));
    stage.change(|shown| *shown = arriving(1));
    assert!(!stage.has("Scan"));
    assert_eq!(stage.window.get_by_label("Stop").rect(), place);
}

#[test]
fn the_second_click_of_a_double_click_neither_stops_nor_starts() {
    let mut stage = Stage::open(ready());
    stage.pass_half_a_second();
    stage.window.get_by_label("Scan").click();
    stage.window.step();
    stage.session.change(|shown| *shown = arriving(1));
    stage.window.step();
    stage.window.get_by_label("Stop").click();
    stage.window.step();
    assert_eq!(stage.session.stops(), 0, "too soon after Scan became Stop");
    stage.pass_half_a_second();
    stage.click("Stop");
    assert_eq!(stage.session.stops(), 1);
    stage.session.take_sent();
    stage.session.change(|shown| *shown = ready());
    stage.window.step();
    stage.window.get_by_label("Scan").click();
    stage.window.step();
    assert!(stage.session.take_sent().is_empty(), "a Stop that came late must not start");
}

#[test]
fn keys_act_at_once() {
    let mut stage = Stage::open(ready());
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::Scan(_)]));
    stage.session.change(|shown| *shown = arriving(1));
    stage.window.step();
    stage.press(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.session.stops(), 1);
}

#[test]
fn escape_belongs_to_what_is_open_first() {
    let mut stage = Stage::open(arriving(2));
    stage.press(Modifiers::SHIFT, Key::Questionmark);
    assert!(stage.has("Keyboard shortcuts"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Keyboard shortcuts"));
    stage.click("Menu");
    assert!(stage.has("Close the window"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Close the window"));
    assert_eq!(stage.session.stops(), 0);
    stage.press(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.session.stops(), 1);
}

#[test]
fn skip_this_page_deletes_the_page_that_was_seen_arriving() {
    let mut stage = Stage::open(arriving(3));
    stage.click("Skip this page");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::DeletePages(pages)] if *pages == [PageId(3)]));
    // The page ends while the finger is on its way: the key still means that page, and no later one.
    let mut stage = Stage::open(arriving(3));
    stage.session.change(|shown| {
        Arc::make_mut(&mut shown.pages)[2].state = PageState::Complete;
        if let ScanState::Scanning(job) = &mut shown.scan {
            (job.page, job.number) = (None, 4);
        }
    });
    stage.press(Modifiers::NONE, Key::K);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::DeletePages(pages)] if *pages == [PageId(3)]));
    stage.pass(1.0);
    stage.press(Modifiers::NONE, Key::K);
    assert!(stage.session.take_sent().is_empty(), "long after the end of the page there is none to skip");
}

/// While another page is looked at, nothing lies on that one: the line at the bottom says which page is meant.
#[test]
fn skip_belongs_to_the_page_that_is_scanned() {
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(arriving(3), StartWith::default(), size);
        let page = |stage: &Stage| stage.window.get_by_label_contains("Picture of page").rect();
        assert!(page(&stage).intersects(stage.window.get_by_label("Skip this page").rect()));
        stage.click("Page 1");
        assert!(!stage.has("Skip this page"));
        for label in ["Skip page 3", "Skip next page"] {
            let link = stage.window.get_by_label(label).rect();
            assert!(!page(&stage).intersects(link) && link.right() < size.0, "{label} at {link:?}");
        }
        stage.click("Skip page 3");
        assert!(matches!(stage.session.take_sent().as_slice(), [Command::DeletePages(pages)] if *pages == [PageId(3)]));
        stage.click("Skip next page");
        assert!(matches!(stage.session.take_sent().as_slice(), [Command::SkipNextPage { page: 4 }]));
        stage.click("Page 3, arriving");
        assert!(stage.has("Skip this page") && !stage.has("Skip page 3"));
    }
}

#[test]
fn skip_next_page_names_the_page_and_can_be_taken_back() {
    let mut stage = Stage::open(arriving(3));
    stage.click("Skip next page");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::SkipNextPage { page: 4 }]));
    stage.change(|shown| {
        if let ScanState::Scanning(job) = &mut shown.scan {
            job.skipping = Some(4);
        }
    });
    assert!(stage.says("the next page will be left out"));
    stage.click("Keep next page");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::KeepNextPage]));
}

#[test]
fn the_status_line_has_the_true_numbers() {
    let mut stage = Stage::open(arriving(3));
    assert!(stage.says("Page 3 · 1,204 of 3,508 rows · 4.1 MB · 12.4 MB/s · about 6 s left"));
    stage.change(|shown| {
        if let ScanState::Scanning(job) = &mut shown.scan {
            job.progress.silent = Duration::from_secs(17);
        }
    });
    assert!(stage.says("The scanner has been silent for 17 s"));
    assert!(!stage.says("about 6 s left"), "no guess about a device that is silent");
}

#[test]
fn a_paused_job_says_what_is_safe_and_offers_two_ways() {
    let failure = DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam");
    let mut shown = with_pages(&[PageState::Complete, PageState::Complete, PageState::Arriving]);
    shown.scan = ScanState::Paused(Paused { scanning: scanning(3, 1980), failure });
    let mut stage = Stage::open(shown);
    assert!(stage.says("Paper is jammed"));
    assert!(stage.says("3 pages are stored, 1 of them partial. Page 3 ends at row 1,980. Open the cover"));
    assert!(stage.says("Paused: paper is jammed") && stage.says("3 pages, 1 partial · all stored"));
    assert!(stage.has("Page 3, partial") && stage.has("Picture of page 3, a partial page"));
    assert!(!stage.says("ScannerAdfJam"), "codes are for the log");
    let asked = stage.session.draw_pictures();
    assert!(asked.iter().all(|(face, _)| face.page != PageId(3)), "its file may grow: no picture would stay right");
    assert!(asked.iter().any(|(face, _)| face.page == PageId(1)));
    stage.click("Continue");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::AnswerProblem(ProblemAnswer::Continue)]));
    stage.click("Finish with 3 pages");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::AnswerProblem(ProblemAnswer::Finish)]));
}

#[test]
fn a_page_that_came_whole_before_the_trouble_is_no_partial_one() {
    let failure = DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam");
    let mut shown = arriving(2);
    // Its stream is open until the device has another page: so says the transfer model.
    let mut job = scanning(2, 3504);
    job.progress.whole = true;
    shown.scan = ScanState::Scanning(job.clone());
    let mut stage = Stage::open(shown);
    assert!(stage.says("Page 2 · complete, waiting for the scanner …") && stage.has("Page 2"));
    stage.change(|shown| shown.scan = ScanState::Paused(Paused { scanning: job, failure }));
    assert!(stage.says("2 pages are stored. Open the cover") && stage.says("2 pages · all stored"));
    assert!(stage.has("Finish with 2 pages") && !stage.says("partial"));
}

fn paused_before_the_first_page() -> Snapshot {
    let mut job = scanning(1, 0);
    (job.page, job.live) = (None, None);
    let failure = DeviceFailure::new(Condition::PaperJam, "ScannerAdfJam");
    Snapshot { scan: ScanState::Paused(Paused { scanning: job, failure }), ..ready() }
}

#[test]
fn a_job_that_waits_before_its_first_page_is_not_ready_to_scan() {
    for size in [SMALLEST, USUAL] {
        let stage = Stage::open_with(paused_before_the_first_page(), StartWith::default(), size);
        assert!(!stage.says("Ready to scan") && !stage.says("is connected"));
        let words = stage.window.get_by_label_contains("The scan waits for you").rect();
        let card = stage.window.get_by_label("Paper is jammed").rect();
        assert!(words.bottom() < card.top(), "the card lies on the words in {size:?}");
    }
}

#[test]
fn the_status_line_says_which_pages_were_left_out() {
    let mut stage = Stage::open(arriving(2));
    stage.change(|shown| shown.left_out = vec![2]);
    assert!(stage.says("Page 2 · 1,204 of 3,508 rows") && stage.says("page 2 of this scan left out"));
    // The page whose rows come was deleted: it has no number in the document.
    stage.change(|shown| {
        shown.pages = shown.pages[..shown.pages.len() - 1].into();
        shown.left_out = vec![2, 3];
    });
    assert!(stage.says("Pages 2–3 of this scan left out · 1,204 of 3,508 rows"));
    stage.change(|shown| shown.scan = ScanState::Idle);
    assert!(stage.says("1 page · all stored · pages 2–3 of the last scan left out. Put in the next sheet"));
}

#[test]
fn the_arriving_page_is_shown_until_another_is_chosen() {
    let mut stage = Stage::open(ready());
    stage.press(Modifiers::NONE, Key::Enter);
    stage.change(|shown| *shown = arriving(1));
    assert!(stage.has("Picture of page 1, arriving"));
    stage.change(|shown| *shown = arriving(2));
    assert!(stage.has("Picture of page 2, arriving"));
    stage.click("Page 1");
    stage.change(|shown| *shown = arriving(3));
    assert!(stage.has("Picture of page 1"), "the person looks at page 1");
}

#[test]
fn a_page_that_breaks_off_stays_where_it_was() {
    let mut stage = Stage::open(arriving(1));
    let before = stage.window.get_by_label("Picture of page 1, arriving").rect();
    let percent = |stage: &Stage| {
        stage.window.get_by_label_contains("show actual size").accesskit_node().label().expect("it has a label")
    };
    let zoom = percent(&stage);
    stage.change(|shown| *shown = with_pages(&[PageState::Partial { rows: 1204 }]));
    assert_eq!(stage.window.get_by_label("Picture of page 1, a partial page").rect(), before);
    assert_eq!(percent(&stage), zoom, "the sheet keeps its size");
}
