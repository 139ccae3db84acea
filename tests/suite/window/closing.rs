//! Ways to close the window, and what is asked before.

use std::path::Path;

use eframe::egui::{self, Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::Unsaved;
use lightbar::export::ExportError;
use lightbar::session::{Event, PageState, Saved, Saving, ScanState, Snapshot};
use lightbar::ui::{FileDialogs, Repaint, StartWith};

use super::saving::{next_save, type_over};
use super::{SMALLEST, Stage, USUAL, arriving, with_pages};
use crate::support::staged_session::{ready, scanning};

const QUESTION: &str = "Save before closing?";

/// How a person closes a window.
#[derive(Clone, Copy, Debug)]
enum Way {
    Button,
    Key(Key),
}

const WAYS: [Way; 3] = [Way::Button, Way::Key(Key::Q), Way::Key(Key::W)];

/// Closes the window in one frame; whether it closes then.
fn closes(stage: &mut Stage, way: Way) -> bool {
    let input = stage.window.input_mut();
    match way {
        Way::Button => {
            let root = input.viewports.entry(egui::ViewportId::ROOT).or_default();
            root.events.push(egui::ViewportEvent::Close);
        }
        Way::Key(key) => {
            let modifiers = Modifiers::COMMAND;
            input.events.push(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
        }
    }
    stage.window.step();
    match way {
        Way::Button => !commands(stage).contains(&ViewportCommand::CancelClose),
        Way::Key(_) => is_closing(stage),
    }
}

fn commands(stage: &Stage) -> &[ViewportCommand] {
    &stage.window.output().viewport_output[&egui::ViewportId::ROOT].commands
}

/// Whether the frame shown last closes the window.
fn is_closing(stage: &Stage) -> bool {
    commands(stage).contains(&ViewportCommand::Close)
}

/// Closes the window and is asked.
fn asks(stage: &mut Stage, way: Way) {
    assert!(!closes(stage, way), "{way:?} asks");
    stage.window.run_ok();
    assert!(stage.has(QUESTION));
}

/// The same with a folder, as it is once there are pages.
fn unsaved(shown: Snapshot) -> Snapshot {
    Snapshot { document: Some("/home/ada/scans/1".into()), ..shown }
}

/// Three pages that are in a file.
fn all_saved() -> Snapshot {
    Snapshot { unsaved: Unsaved::Nothing, ..with_pages(&[PageState::Complete; 3]) }
}

fn saved(folder: &Path) -> Saved {
    Saved { files: vec![folder.join("Letter.pdf")], pages: 1, partial: 0, while_scanning: false }
}

/// A window over this, whose dialog saves into a folder.
fn open(shown: Snapshot, folder: &Path) -> Stage {
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.to_owned()), ..StartWith::default() };
    Stage::open_with(shown, start, SMALLEST)
}

/// In the dialog for the name of the file: saves, and says where.
fn save_as_letter(stage: &mut Stage) {
    stage.until("the dialog", |stage| stage.has("Folder"));
    type_over(stage, "Name", "Letter");
    stage.press(Modifiers::NONE, Key::Enter);
    next_save(stage);
}

#[test]
fn a_window_that_is_gone_ends_the_job() {
    let mut stage = Stage::open(arriving(2));
    let app = stage.window.state_mut().as_mut().expect("it is open");
    eframe::App::on_exit(app, None);
    assert_eq!(stage.session.stops(), 1);
}

#[test]
fn every_way_of_closing_asks_over_unsaved_pages_and_closes_at_once_otherwise() {
    let mut job = scanning(1, 0);
    (job.page, job.live) = (None, None);
    let nothing_came = Snapshot { scan: ScanState::Scanning(job), ..ready() };
    for way in WAYS {
        for shown in [ready(), all_saved(), nothing_came.clone()] {
            let mut stage = Stage::open(shown);
            assert!(closes(&mut stage, way), "{way:?} closes");
            assert!(!stage.has(QUESTION));
        }
        for size in [SMALLEST, USUAL] {
            let shown = unsaved(with_pages(&[PageState::Complete; 3]));
            let mut stage = Stage::open_with(shown, StartWith::default(), size);
            asks(&mut stage, way);
            assert!(stage.says("3 pages are not saved. Without saving, what was scanned stays in"));
            assert!(stage.window.get_by_label("Save").accesskit_node().is_focused(), "Enter saves");
            assert!(!closes(&mut stage, way) && stage.has(QUESTION), "to ask again is no answer");
            let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size.0, size.1));
            for answer in ["Save", "Close without saving", "Cancel"] {
                assert!(room.contains_rect(stage.window.get_by_label(answer).rect()), "{answer} in {size:?}");
            }
            stage.window.get_by_label("Close without saving").click();
            stage.window.step();
            assert!(is_closing(&stage));
            assert!(closes(&mut stage, Way::Button), "the button that eframe presses then is not asked about");
        }
    }
}

#[test]
fn the_question_counts_what_no_file_has() {
    let shown = |unsaved| Snapshot { unsaved, ..with_pages(&[PageState::Complete; 3]) };
    for (unsaved, words) in [
        (Unsaved::Pages(3), "3 pages are not saved."),
        (Unsaved::Pages(1), "1 of 3 pages are not saved."),
        (Unsaved::Changes, "The document was changed after it was saved."),
    ] {
        let mut stage = Stage::open(shown(unsaved));
        asks(&mut stage, Way::Button);
        assert!(stage.says(words), "{words}");
    }
}

#[test]
fn a_window_that_stays_open_goes_on_scanning() {
    for way in WAYS {
        let mut stage = Stage::open(unsaved(arriving(2)));
        asks(&mut stage, way);
        assert!(stage.says("The scan that is under way ends when you save or close."));
        stage.press(Modifiers::NONE, Key::Escape);
        assert!(!stage.has(QUESTION));
        asks(&mut stage, way);
        stage.click("Cancel");
        assert!(!stage.has(QUESTION));
        assert_eq!(stage.session.stops(), 0, "Esc went to the question");
        assert!(stage.session.take_sent().is_empty());
    }
}

#[test]
fn saving_first_stops_the_scan_saves_what_came_and_closes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = open(unsaved(arriving(2)), folder.path());
    asks(&mut stage, Way::Key(Key::Q));
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(stage.session.stops(), 1);
    stage.pass(0.5);
    assert!(!stage.has("Folder") && !stage.has(QUESTION), "first the scan ends");
    stage.change(|shown| *shown = unsaved(with_pages(&[PageState::Complete, PageState::Partial { rows: 1204 }])));
    save_as_letter(&mut stage);
    // The disk is full: the dialog is there again, and so is the wish to close.
    stage.session.happens(Event::SaveFailed(ExportError::Full.into()));
    stage.window.run_ok();
    assert!(stage.says("The disk is full"));
    save_as_letter(&mut stage);
    stage.session.change(|shown| shown.unsaved = Unsaved::Nothing);
    stage.session.happens(Event::Saved(saved(folder.path())));
    stage.window.step();
    assert!(is_closing(&stage));
}

#[test]
fn a_window_stays_when_the_dialog_for_the_file_is_put_away() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = open(unsaved(with_pages(&[PageState::Complete])), folder.path());
    asks(&mut stage, Way::Button);
    stage.click("Save");
    stage.until("the dialog", |stage| stage.has("Folder"));
    // Nothing is saved yet, so it is asked again.
    asks(&mut stage, Way::Button);
    stage.click("Cancel");
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has(QUESTION) && !stage.has("Folder"));
    // A save later on is a save and no more.
    stage.press(Modifiers::COMMAND, Key::S);
    save_as_letter(&mut stage);
    stage.session.change(|shown| shown.unsaved = Unsaved::Nothing);
    stage.session.happens(Event::Saved(saved(folder.path())));
    stage.window.step();
    assert!(!is_closing(&stage));
}

#[test]
fn a_file_that_is_being_written_is_waited_for_once() {
    let writing = || {
        let saving = Saving { target: "/tmp/Letter.pdf".into(), done: 1, pages: 3 };
        Snapshot { saving: Some(saving), ..unsaved(with_pages(&[PageState::Complete; 3])) }
    };
    for way in WAYS {
        let mut stage = Stage::open(writing());
        assert!(!closes(&mut stage, way));
        assert!(!stage.has(QUESTION) && stage.says("Saving Letter.pdf · page 1 of 3 · the window closes then"));
        assert!(closes(&mut stage, way), "who asks twice does not want to wait");
        // It is written.
        let mut stage = Stage::open(writing());
        closes(&mut stage, way);
        stage.session.change(|shown| (shown.saving, shown.unsaved) = (None, Unsaved::Nothing));
        stage.session.happens(Event::Saved(saved(Path::new("/tmp"))));
        stage.window.step();
        assert!(is_closing(&stage));
        // It is not.
        let mut stage = Stage::open(writing());
        closes(&mut stage, way);
        stage.session.change(|shown| shown.saving = None);
        stage.session.happens(Event::SaveFailed(ExportError::Full.into()));
        stage.window.step();
        assert!(!is_closing(&stage) && !stage.has(QUESTION));
        // More pages came meanwhile.
        let mut stage = Stage::open(writing());
        closes(&mut stage, way);
        stage.session.change(|shown| (shown.saving, shown.unsaved) = (None, Unsaved::Pages(1)));
        stage.session.happens(Event::Saved(saved(Path::new("/tmp"))));
        stage.window.step();
        assert!(!is_closing(&stage));
        stage.window.run_ok();
        assert!(stage.has(QUESTION));
    }
}

#[test]
fn a_signal_closes_over_everything() {
    let repaint = Repaint::default();
    let start = StartWith { repaint: repaint.clone(), ..StartWith::default() };
    let mut stage = Stage::open_with(unsaved(arriving(2)), start, USUAL);
    asks(&mut stage, Way::Button);
    repaint.close_window();
    assert!(closes(&mut stage, Way::Button), "what the signal presses");
}

#[test]
fn closing_is_heard_while_something_is_open() {
    for way in WAYS {
        let mut stage = Stage::open(unsaved(with_pages(&[PageState::Complete])));
        stage.press(Modifiers::SHIFT, Key::Questionmark);
        assert!(stage.has("Keyboard shortcuts"));
        asks(&mut stage, way);
        assert!(!stage.has("Keyboard shortcuts"));
        let mut stage = Stage::open(all_saved());
        stage.click("Menu");
        assert!(stage.has("Delete page"));
        assert!(closes(&mut stage, way));
    }
}
