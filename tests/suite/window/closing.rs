//! Ways to close the window. Nothing is asked: the next start shows the document as it was left.

use std::path::Path;

use eframe::egui::{self, Key, Modifiers, ViewportCommand};

use lightbar::document::Unsaved;
use lightbar::export::ExportError;
use lightbar::session::{Event, PageState, Saved, Saving, ScanState, Snapshot};
use lightbar::ui::{Repaint, StartWith};

use super::{Stage, USUAL, arriving, with_pages};
use crate::support::staged_session::{ready, scanning};

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
            for pressed in [true, false] {
                input.events.push(egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers });
            }
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

fn saved(folder: &Path) -> Saved {
    Saved { files: vec![folder.join("Letter.pdf")], pages: 1, ..Saved::default() }
}

/// Three pages that are being written.
fn writing() -> Snapshot {
    let saving = Saving { target: "/tmp/Letter.pdf".into(), done: 1, pages: 3 };
    Snapshot { saving: Some(saving), ..with_pages(&[PageState::Complete; 3]) }
}

#[test]
fn a_window_that_is_gone_ends_the_job() {
    let mut stage = Stage::open(arriving(2));
    let app = stage.window.state_mut().as_mut().expect("it is open");
    eframe::App::on_exit(app, None);
    assert_eq!(stage.session.stops(), 1);
}

#[test]
fn every_way_of_closing_closes_at_once_whatever_is_unsaved() {
    let mut job = scanning(1, 0);
    (job.page, job.live) = (None, None);
    let nothing_came = Snapshot { scan: ScanState::Scanning(job), ..ready() };
    let changed = Snapshot { unsaved: Unsaved::Changes, ..with_pages(&[PageState::Complete; 3]) };
    let unsaved = with_pages(&[PageState::Complete, PageState::Partial { rows: 1204 }]);
    for way in WAYS {
        for shown in [ready(), changed.clone(), unsaved.clone(), arriving(2), nothing_came.clone()] {
            let mut stage = Stage::open(shown);
            assert!(closes(&mut stage, way), "{way:?} closes");
            assert!(stage.session.take_sent().is_empty());
        }
    }
}

#[test]
fn a_file_that_is_being_written_is_waited_for_once() {
    for way in WAYS {
        let mut stage = Stage::open(writing());
        assert!(!closes(&mut stage, way));
        stage.window.run_ok();
        assert!(stage.says("Saving Letter.pdf · page 1 of 3 · the window closes then"));
        assert!(closes(&mut stage, way), "who asks twice does not want to wait");
        // It is written; that more pages came meanwhile keeps nobody.
        let mut stage = Stage::open(writing());
        closes(&mut stage, way);
        stage.session.change(|shown| (shown.saving, shown.unsaved) = (None, Unsaved::Pages(1)));
        stage.session.happens(Event::Saved(saved(Path::new("/tmp"))));
        stage.window.step();
        assert!(is_closing(&stage));
        // It is not: the window stays, and says why.
        let mut stage = Stage::open(writing());
        closes(&mut stage, way);
        stage.session.change(|shown| shown.saving = None);
        stage.session.happens(Event::SaveFailed(ExportError::Full.into()));
        stage.window.step();
        assert!(!is_closing(&stage));
    }
}

#[test]
fn a_signal_closes_over_everything() {
    let repaint = Repaint::default();
    let start = StartWith { repaint: repaint.clone(), ..StartWith::default() };
    let mut stage = Stage::open_with(writing(), start, USUAL);
    assert!(!closes(&mut stage, Way::Button));
    repaint.close_window();
    assert!(closes(&mut stage, Way::Button), "what the signal presses");
}

#[test]
fn closing_is_heard_while_something_is_open() {
    for way in WAYS {
        let mut stage = Stage::open(with_pages(&[PageState::Complete]));
        stage.press(Modifiers::SHIFT, Key::Questionmark);
        assert!(stage.has("Keyboard shortcuts"));
        assert!(closes(&mut stage, way));
        let mut stage = Stage::open(with_pages(&[PageState::Complete]));
        stage.click("Menu");
        assert!(stage.has("Close the window"));
        assert!(closes(&mut stage, way));
    }
}
