//! See `main.rs`.

mod real_session;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::PageId;
use lightbar::export::ExportError;
use lightbar::minidriver::{
    Button, ColorMode, Condition, DeviceEvent, DeviceFailure, FeederState, PageLimit, Source, TransferId,
};
use lightbar::session::settings::Paper;
use lightbar::session::{
    Command, DeviceId, Event, JobEnd, JobReport, Matter, Notice, PageState, Paused, ProblemAnswer, Saved, Saving,
    ScanState, Snapshot,
};
use lightbar::ui::{Action, Application, Backend, FileDialogs, StartWith};
use lightbar::units::Dpi;

use crate::support::staged_session::{StagedSession, office_entry, page, ready, scanning, virtual_entry};

/// The window in front of a staged session, without a display.
struct Stage {
    window: Harness<'static, Option<Application>>,
    session: Arc<StagedSession>,
}

const USUAL: (f32, f32) = (1200.0, 800.0);
const SMALLEST: (f32, f32) = (720.0, 480.0);
/// Seconds that pass with every frame.
const FRAME: f32 = 0.05;
/// What happens on another thread is waited for this long.
const LIMIT: Duration = Duration::from_secs(10);

impl Stage {
    fn open(snapshot: Snapshot) -> Stage {
        Stage::open_with(snapshot, StartWith::default(), USUAL)
    }

    fn open_with(snapshot: Snapshot, start: StartWith, size: (f32, f32)) -> Stage {
        let session = StagedSession::new(snapshot);
        let mut stage = Stage { window: window(session.clone(), start, size), session };
        stage.window.run_ok();
        stage
    }

    /// Changes the truth and shows it.
    fn change(&mut self, change: impl FnOnce(&mut Snapshot)) {
        self.session.change(change);
        self.window.run_ok();
    }

    fn click(&mut self, label: &str) {
        self.window.get_by_label(label).click();
        self.window.run_ok();
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.window.key_press_modifiers(modifiers, key);
        self.window.run_ok();
    }

    fn has(&self, label: &str) -> bool {
        self.window.query_all_by_label(label).next().is_some()
    }

    fn says(&self, part: &str) -> bool {
        self.window.query_all_by_label_contains(part).next().is_some()
    }

    /// The labels of the selected pages, in order.
    fn selected(&self) -> Vec<String> {
        let pages = self.window.query_all_by_role(egui::Role::ListBoxOption);
        let selected = pages.filter(|page| page.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True));
        selected.filter_map(|page| page.accesskit_node().label()).collect()
    }

    /// Lets the window's time pass until the big button hears the pointer again.
    fn pass_half_a_second(&mut self) {
        self.pass(0.55);
    }

    /// Lets the window's time pass, in seconds.
    fn pass(&mut self, seconds: f32) {
        self.window.run_steps((seconds / FRAME).ceil() as usize);
    }

    /// Shows frames until something is there that another thread finds out, and has found its place.
    fn until(&mut self, what: &str, there: impl Fn(&Stage) -> bool) {
        let limit = Instant::now() + LIMIT;
        while !there(self) {
            assert!(Instant::now() < limit, "{what} did not come");
            self.window.step();
            std::thread::yield_now();
        }
        self.window.run_ok();
    }
}

fn window(backend: Arc<dyn Backend>, start: StartWith, size: (f32, f32)) -> Harness<'static, Option<Application>> {
    Harness::builder().with_size(egui::vec2(size.0, size.1)).with_step_dt(FRAME).with_max_steps(8).build_ui_state(
        move |ui, app: &mut Option<Application>| {
            let app = app.get_or_insert_with(|| Application::new(ui.ctx(), Box::new(backend.clone()), &start));
            let ctx = ui.ctx().clone();
            app.logic(&ctx);
            app.show(ui);
        },
        None,
    )
}

fn with_pages(states: &[PageState]) -> Snapshot {
    let pages = states.iter().zip(1..).map(|(state, number)| page(number, *state)).collect();
    Snapshot { pages, ..ready() }
}

fn arriving(number: u64) -> Snapshot {
    let whole = (1..number).map(|at| page(at, PageState::Complete));
    Snapshot {
        pages: whole.chain([page(number, PageState::Arriving)]).collect(),
        scan: ScanState::Scanning(scanning(number, 1204)),
        ..ready()
    }
}

#[test]
fn a_ready_window_names_the_device_and_says_why_the_feeder_is_used() {
    let stage = Stage::open(ready());
    assert!(stage.says("Ready to scan"));
    assert!(stage.says("EPSON ET-4850 is connected. There is paper in the feeder"));
    assert!(stage.says("No pages yet"));
}

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
    assert!(stage.has("Delete page"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Delete page"));
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
    assert!(asked.iter().all(|(page, _)| *page != PageId(3)), "its file may grow: no picture would stay right");
    assert!(asked.iter().any(|(page, _)| *page == PageId(1)));
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
fn a_card_spends_no_line_on_its_cross_and_no_more_width_than_its_words() {
    let saved = Saved { files: vec!["/tmp/a.pdf".into()], pages: 3, partial: 0, while_scanning: false };
    let mut shown = with_pages(&[PageState::Complete; 3]);
    shown.notices = vec![Notice { number: 7, matter: Matter::Saved(saved) }];
    let mut stage = Stage::open(shown);
    let title = stage.window.get_by_label("Saved a.pdf").rect();
    let cross = stage.window.get_by_label("Close this message").rect();
    assert!((cross.center().y - title.center().y).abs() < 4.0, "{cross:?} is not beside {title:?}");
    assert!(cross.right() - title.left() < 320.0, "three words need no wide card");
    stage.click("Close this message");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::DismissNotice(7)]));
}

#[test]
fn the_sheet_of_keys_is_in_sight_as_a_whole_in_the_order_of_doing() {
    let mut stage = Stage::open_with(ready(), StartWith::default(), SMALLEST);
    stage.press(Modifiers::SHIFT, Key::Questionmark);
    let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(SMALLEST.0, SMALLEST.1));
    for action in Action::ALL {
        if let Some(key) = action.key_name() {
            let cap = stage.window.get_by_role_and_label(egui::Role::Label, &key).rect();
            assert!(room.shrink(8.0).contains_rect(cap), "{key} lies at {cap:?}");
        }
    }
    let place = |key: &str| stage.window.get_by_label(key).rect().min;
    assert!(place("Ctrl+Z").y < place("Ctrl+Shift+Z").y, "first it is undone, then done again");
}

#[test]
fn a_device_has_room_for_its_name_and_says_all_of_it() {
    let name = "HP Color LaserJet Pro MFP M283fdw (8A3F21)";
    let mut shown = ready();
    if let Some(chosen) = &mut shown.chosen {
        chosen.entry.name = name.into();
    }
    for size in [SMALLEST, (1080.0, 700.0), USUAL] {
        let mut stage = Stage::open_with(shown.clone(), StartWith::default(), size);
        let button = stage.window.get_by_label_contains("Scanner: HP").rect();
        let sources = stage.window.get_by_label("Flatbed").rect();
        assert!(button.right() < sources.left(), "{button:?} lies on {sources:?}");
        // Dot, arrow and margins take 70 points.
        let words = 7.2 * name.len() as f32;
        assert!(size == SMALLEST || button.width() > words + 70.0, "{} points in {size:?}", button.width());
        stage.window.get_by_label_contains("Scanner: HP").hover();
        stage.pass(1.0);
        assert!(stage.has(&format!("{name} · USB")));
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
fn impossible_settings_cannot_be_chosen_and_the_nearest_are_shown() {
    let mut stage = Stage::open(ready());
    assert!(stage.has("Colour") && stage.has("Gray") && stage.has("B/W"));
    // Both sides offers gray with 200 and 300 dpi only.
    stage.click("Both sides");
    stage.window.get_by_role_and_label(egui::Role::ComboBox, "Quality").click();
    stage.window.run_ok();
    assert!(stage.says("200 dpi") && stage.says("300 dpi") && !stage.says("600 dpi"));
    stage.press(Modifiers::NONE, Key::Escape);
    stage.press(Modifiers::COMMAND, Key::Enter);
    let sent = stage.session.take_sent();
    let [Command::Scan(wish)] = sent.as_slice() else { panic!("one scan, not {sent:?}") };
    assert_eq!((wish.source, wish.settings.mode, wish.settings.dpi), (Source::Duplex, ColorMode::Gray, Dpi(300)));
}

#[test]
fn with_an_empty_feeder_the_flatbed_is_used_for_one_page() {
    let mut stage = Stage::open(ready());
    stage.change(|shown| {
        if let Some(chosen) = &mut shown.chosen {
            chosen.feeder = FeederState::Empty;
        }
    });
    assert!(stage.says("The feeder is empty, so the flatbed will be used."));
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::Scan(wish)] if wish.source == Source::Flatbed
            && wish.pages == PageLimit::from_pages(1)));
}

#[test]
fn without_a_scanner_there_is_advice_an_address_field_and_a_virtual_one() {
    let mut stage = Stage::open(Snapshot { devices: vec![virtual_entry()], ..Snapshot::default() });
    assert!(stage.says("No scanner"));
    assert!(stage.session.take_sent().is_empty(), "the virtual scanner is never taken unasked");
    stage.window.get_by_label("Address of a scanner").focus();
    stage.window.run_ok();
    stage.window.get_by_label("Address of a scanner").type_text("escl:http://192.0.2.7/eSCL k?");
    stage.window.run_ok();
    assert!(!stage.has("Keyboard shortcuts"), "letters rest while a field has the focus");
    stage.click("Use this address");
    let sent = stage.session.take_sent();
    assert!(
        matches!(sent.as_slice(), [Command::ChooseAddress(to)] if to == "escl:http://192.0.2.7/eSCL k?"),
        "{sent:?}"
    );
    stage.click("Try the virtual scanner");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::ChooseAddress(to)] if to == "virtual:feeder"));
}

#[test]
fn the_first_real_scanner_is_taken_once_and_a_named_one_instead() {
    let found = || Snapshot { devices: vec![office_entry(), virtual_entry()], ..Snapshot::default() };
    let mut stage = Stage::open(found());
    stage.window.run_steps(3);
    let sent = stage.session.take_sent();
    let office = DeviceId("usb:04b8:1182".into());
    assert!(matches!(sent.as_slice(), [Command::ChooseDevice(id)] if *id == office), "{sent:?}");
    let start = StartWith { device: Some("virtual:slow".into()), ..StartWith::default() };
    let stage = Stage::open_with(found(), start, USUAL);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::ChooseAddress(name)] if name == "virtual:slow"), "{sent:?}");
}

#[test]
fn pages_are_selected_deleted_and_brought_back() {
    let mut shown = with_pages(&[PageState::Complete; 4]);
    (shown.undo, shown.redo) = (Some("delete"), Some("delete"));
    let mut stage = Stage::open(shown);
    stage.click("Page 2");
    assert!(stage.has("Picture of page 2"));
    stage.window.get_by_label("Page 4").click_modifiers(Modifiers::SHIFT);
    stage.window.run_ok();
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Delete);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::DeletePages(pages)] if *pages == [PageId(2), PageId(4)]), "{sent:?}");
    stage.press(Modifiers::COMMAND, Key::Z);
    stage.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::Undo, Command::Redo]));
}

#[test]
fn pages_that_come_back_are_selected_and_shown_and_a_page_that_goes_leaves_its_neighbour() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 4]));
    let keep = |pages: &'static [u64]| {
        move |shown: &mut Snapshot| {
            shown.pages = pages.iter().map(|number| page(*number, PageState::Complete)).collect();
        }
    };
    stage.click("Page 1");
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    assert_eq!(stage.selected(), ["Page 1", "Page 3"]);
    // Page 3 is in the middle: the next that is still there has place 2 now.
    stage.change(keep(&[2, 4]));
    assert!(stage.has("Picture of page 2"));
    assert_eq!(stage.selected(), ["Page 2"]);
    stage.click("Page 1");
    // The change is taken back.
    stage.change(keep(&[1, 2, 3, 4]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1", "Page 3"]);
    // And made again: page 2 has place 1 now.
    stage.change(keep(&[2, 4]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1"]);
    // Behind the last page there is only the one before.
    stage.click("Page 2");
    stage.change(keep(&[2]));
    assert!(stage.has("Picture of page 1"));
    // A page that is new does not take the place of what a person looks at.
    stage.change(keep(&[2, 5]));
    assert!(stage.has("Picture of page 1"));
    assert_eq!(stage.selected(), ["Page 1"]);
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

/// A document of one page, and a dialog that saves into this folder.
fn saving_into(folder: &Path) -> Stage {
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.to_owned()), ..StartWith::default() };
    Stage::open_with(with_pages(&[PageState::Complete]), start, SMALLEST)
}

fn open_save_dialog(stage: &mut Stage) {
    stage.press(Modifiers::COMMAND, Key::S);
    stage.until("the dialog", |stage| stage.has("Folder"));
}

const QUESTION: &str = "is already in";

#[test]
fn saving_asks_before_it_replaces_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("Old.pdf"), b"old").expect("written");
    let mut stage = saving_into(folder.path());
    open_save_dialog(&mut stage);
    type_over(&mut stage, "Name", "Old");
    stage.click("Save");
    stage.until("the question", |stage| stage.says(QUESTION));
    assert!(stage.session.take_sent().is_empty());
    stage.press(Modifiers::NONE, Key::Escape);
    type_over(&mut stage, "Name", "New");
    stage.click("Save");
    let sent = next_save(&mut stage);
    assert_eq!(sent, (folder.path().join("New.pdf"), false));
    open_save_dialog(&mut stage);
    type_over(&mut stage, "Name", "Old.pdf");
    stage.click("Save");
    stage.until("the question", |stage| stage.says(QUESTION));
    stage.click("Replace");
    assert_eq!(next_save(&mut stage), (folder.path().join("Old.pdf"), true));
    assert!(!stage.says(QUESTION));
}

#[test]
fn no_key_pressed_once_too_often_replaces_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("Old.pdf"), b"old").expect("written");
    for key in [Key::Enter, Key::Space] {
        let mut stage = saving_into(folder.path());
        open_save_dialog(&mut stage);
        type_over(&mut stage, "Name", "Old");
        stage.press(Modifiers::NONE, Key::Enter);
        stage.until("the question", |stage| stage.says(QUESTION));
        stage.press(Modifiers::NONE, key);
        stage.until("the dialog again", |stage| stage.has("Folder") && !stage.says(QUESTION));
        assert!(stage.session.take_sent().is_empty(), "{key:?} replaced the file");
        let name = stage.window.get_by_role_and_label(egui::Role::TextInput, "Name");
        assert!(name.accesskit_node().is_focused(), "another name can be typed at once");
        assert_eq!(name.accesskit_node().value().as_deref(), Some("Old"));
    }
}

#[test]
fn a_save_that_fails_brings_its_dialog_back_with_the_name_and_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = folder.path().join("Letter.pdf");
    let mut stage = saving_into(folder.path());
    open_save_dialog(&mut stage);
    type_over(&mut stage, "Name", "Letter");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(next_save(&mut stage), (target.clone(), false));
    assert!(!stage.has("Folder"), "the window is free while the file is written");
    let error = Arc::new(ExportError::Full);
    let notice = Notice { number: 3, matter: Matter::SaveFailed(error.clone()) };
    stage.session.happens(Event::SaveFailed(error));
    stage.change(|shown| shown.notices = vec![notice]);
    assert!(stage.has("Folder") && stage.says("The disk is full. Make room or choose another disk"));
    assert!(
        matches!(stage.session.take_sent().as_slice(), [Command::DismissNotice(3)]),
        "the dialog says it: no card does"
    );
    let name = stage.window.get_by_role_and_label(egui::Role::TextInput, "Name").accesskit_node().value();
    assert_eq!(name.as_deref(), Some("Letter"));
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(next_save(&mut stage), (target.clone(), false));
    // A file of that name has come into being meanwhile.
    stage.session.happens(Event::SaveFailed(Arc::new(ExportError::Exists(target.clone()))));
    stage.until("the question", |stage| stage.says(QUESTION));
    stage.click("Replace");
    assert_eq!(next_save(&mut stage), (target, true));
    let saved = Saved { files: vec!["/tmp/Letter.pdf".into()], pages: 1, partial: 0, while_scanning: false };
    stage.session.happens(Event::Saved(saved));
    stage.window.run_ok();
    stage.session.happens(Event::SaveFailed(Arc::new(ExportError::Full)));
    stage.window.run_ok();
    assert!(!stage.has("Folder"), "what was typed for a save that went well is done with");
}

fn type_over(stage: &mut Stage, field: &str, text: &str) {
    stage.window.get_by_role_and_label(egui::Role::TextInput, field).focus();
    stage.window.run_ok();
    stage.press(Modifiers::COMMAND, Key::A);
    stage.window.get_by_role_and_label(egui::Role::TextInput, field).type_text(text);
    stage.window.run_ok();
}

fn next_save(stage: &mut Stage) -> (PathBuf, bool) {
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(Command::Save(wish)) = stage.session.take_sent().pop() {
            return (wish.target, wish.overwrite);
        }
        assert!(Instant::now() < limit, "nothing was saved");
        stage.window.step();
        std::thread::yield_now();
    }
}

#[test]
fn a_save_under_way_can_be_cancelled_and_good_news_goes_by_itself() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 3]));
    stage.change(|shown| shown.saving = Some(Saving { target: "/tmp/a.pdf".into(), done: 1, pages: 3 }));
    assert!(stage.says("Saving a.pdf · page 1 of 3"));
    stage.click("Cancel saving");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::CancelSave]));
    stage.change(|shown| {
        let saved = Saved { files: vec!["/tmp/a.pdf".into()], pages: 3, partial: 0, while_scanning: false };
        shown.saving = None;
        shown.notices = vec![Notice { number: 7, matter: Matter::Saved(saved) }];
    });
    assert!(stage.says("Saved a.pdf"));
    stage.pass(7.0);
    assert!(matches!(stage.session.take_sent().first(), Some(Command::DismissNotice(7))));
}

#[test]
fn nothing_lies_outside_or_on_something_else_at_any_size() {
    for size in [SMALLEST, (1000.0, 700.0), (1080.0, 700.0), USUAL] {
        let stage = Stage::open_with(arriving(3), StartWith::default(), size);
        let names = ["Stop", "Save PDF", "Menu", "Flatbed", "Feeder", "Both sides", "Gray", "B/W", "Skip this page"];
        let device = "Scanner: EPSON ET-4850, ready";
        let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size.0, size.1));
        let mut places: Vec<(&str, egui::Rect)> = Vec::new();
        for name in names.into_iter().chain([device]) {
            let place = stage.window.get_by_label(name).rect();
            assert!(room.contains_rect(place), "{name} lies at {place:?} in {size:?}");
            for (other, taken) in &places {
                assert!(!taken.shrink(1.0).intersects(place.shrink(1.0)), "{name} lies on {other} in {size:?}");
            }
            places.push((name, place));
        }
    }
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 3]));
    // Past the minute in which the feeder is looked at.
    stage.pass(65.0);
    while !stage.session.draw_pictures().is_empty() {
        stage.window.run_steps(2);
    }
    let delay = stage.window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay > Duration::from_secs(3600), "a frame is asked for in {delay:?}");
}

#[test]
fn a_button_of_the_scanner_brings_the_window_to_the_front_and_starts_nothing() {
    let mut stage = Stage::open(ready());
    stage.session.happens(Event::Device(DeviceEvent::Button(Button::Image)));
    stage.window.run_steps(1);
    let commands = &stage.window.output().viewport_output[&egui::ViewportId::ROOT].commands;
    assert!(commands.contains(&egui::ViewportCommand::Focus), "{commands:?}");
    let scans = stage.session.take_sent().into_iter().filter(|command| matches!(command, Command::Scan(_)));
    assert_eq!(scans.count(), 0);
}

#[test]
fn the_feeder_is_looked_at_after_a_job_and_while_the_window_is_used_and_not_otherwise() {
    let mut stage = Stage::open(ready());
    stage.pass(70.0);
    let looks = stage.session.take_looks();
    assert!((18..=22).contains(&looks), "every 3 s for a minute, not {looks} times");
    stage.pass(20.0);
    assert_eq!(stage.session.take_looks(), 0, "nobody uses the window");
    let report = JobReport {
        transfer: TransferId::next(),
        end: JobEnd::Completed,
        complete: 1,
        partial: 0,
        skipped: 0,
        beyond: 0,
    };
    stage.session.happens(Event::JobEnded(report));
    stage.pass(10.0);
    assert_eq!(stage.session.take_looks(), 1, "once after a job");
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

#[test]
fn the_tab_key_reaches_every_control() {
    let mut stage = Stage::open(arriving(2));
    let mut reached: Vec<String> = Vec::new();
    for _ in 0..40 {
        stage.press(Modifiers::NONE, Key::Tab);
        let focused = stage.window.query_all_by(|node| node.is_focused());
        reached.extend(focused.filter_map(|node| node.accesskit_node().label()));
    }
    for name in [
        "Scanner: EPSON ET-4850, ready",
        "Flatbed",
        "Both sides",
        "Stop",
        "Save PDF",
        "Menu",
        "Page 1",
        "Gray",
        "Quality",
        "Paper",
        "Skip this page",
        "Skip next page",
        "Fit",
        "Zoom in percent",
    ] {
        assert!(reached.iter().any(|reached| reached == name), "{name} is not among {reached:?}");
    }
}

#[test]
fn every_action_has_a_name_an_explanation_and_keys_of_its_own() {
    let mut taken: Vec<String> = Vec::new();
    for action in Action::ALL {
        assert!(!action.label().is_empty() && !action.explanation().ends_with('.'), "{action:?}");
        if let Some(key) = action.key_name() {
            assert!(!taken.contains(&key), "{key} is taken twice");
            taken.push(key);
        }
    }
}

#[test]
fn a_window_that_is_gone_ends_the_job() {
    let mut stage = Stage::open(arriving(2));
    let app = stage.window.state_mut().as_mut().expect("it is open");
    eframe::App::on_exit(app, None);
    assert_eq!(stage.session.stops(), 1);
}
