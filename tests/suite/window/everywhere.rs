//! What holds at every size and in every state: places, keys, frames.

use std::time::Duration;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::Unsaved;
use lightbar::session::profiles::ProfileError;
use lightbar::session::{Command, Matter, Notice, PageState, Saved, Snapshot};
use lightbar::ui::{Action, FileDialogs, StartWith};

use super::{SMALLEST, Stage, USUAL, arriving, with_pages};
use crate::support::staged_session::ready;

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

#[test]
fn a_card_spends_no_line_on_its_cross_and_no_more_width_than_its_words() {
    let saved = Saved { files: vec!["/tmp/a.pdf".into()], pages: 3, ..Saved::default() };
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

/// What arrived is told at the end of a title; it must not be cut off there.
#[test]
fn a_long_title_takes_as_many_lines_as_it_needs_and_stays_clear_of_the_cross() {
    for size in [SMALLEST, USUAL] {
        let file = format!("/home/anna/{}/profiles.json", "a-folder-with-a-name/".repeat(4)).into();
        let error = ProfileError::Newer { file, version: 9 };
        let mut shown = ready();
        shown.notices = vec![Notice { number: 7, matter: Matter::Profiles(error) }];
        let stage = Stage::open_with(shown, StartWith::default(), size);
        let title = stage.window.get_by_label_contains("was written by a newer Lightbar (version 9").rect();
        let cross = stage.window.get_by_label("Close this message").rect();
        assert!(title.height() > 30.0, "it is one line: {title:?}");
        assert!(title.right() < cross.left() + 8.0, "{title:?} lies under {cross:?}");
    }
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
fn nothing_lies_outside_or_on_something_else_at_any_size() {
    for size in [SMALLEST, (1000.0, 700.0), (1080.0, 700.0), USUAL] {
        let stage = Stage::open_with(arriving(3), StartWith::default(), size);
        let names = ["Stop", "Save file", "Menu", "Flatbed", "Feeder", "Both sides", "Gray", "B/W", "Skip this page"];
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
        "Save file",
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
fn a_dialog_stands_still_from_the_first_frame_it_is_seen_in() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (keys, size) in [((CTRL, Key::S), USUAL), ((CTRL_SHIFT, Key::S), USUAL), ((CTRL, Key::I), SMALLEST)] {
        let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.path().to_owned()), ..StartWith::default() };
        let mut stage = Stage::open_with(with_pages(&[PageState::Complete; 3]), start, size);
        stage.window.key_press_modifiers(keys.0, keys.1);
        let limit = std::time::Instant::now() + super::LIMIT;
        while !stage.has("Cancel") {
            assert!(std::time::Instant::now() < limit, "no dialog came");
            stage.window.step();
            std::thread::yield_now();
        }
        let first = stage.window.get_by_label("Cancel").rect();
        stage.window.run_steps(20);
        assert_eq!(stage.window.get_by_label("Cancel").rect(), first, "{keys:?}");
    }
}

#[test]
fn esc_closes_what_is_on_top_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.path().to_owned()), ..StartWith::default() };
    let mut stage = Stage::open_with(with_pages(&[PageState::Complete; 3]), start, USUAL);
    stage.press(CTRL, Key::S);
    stage.until("the dialog", |stage| stage.has("Folder"));
    stage.window.get_by_role_and_label(egui::Role::ComboBox, "Quality of the file").click();
    stage.window.run_ok();
    assert!(stage.has("Small, for e-mail"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Small, for e-mail") && stage.has("Folder"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Folder"));
}

#[test]
fn pages_that_were_taken_out_are_brought_back_by_a_button() {
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(Snapshot { undo: Some("Clear"), ..ready() }, StartWith::default(), size);
        stage.click("Undo Clear");
        stage.click("Bring the pages back");
        assert!(matches!(stage.session.take_sent().as_slice(), [Command::Undo, Command::Undo]));
        stage.change(|shown| shown.undo = None);
        assert!(!stage.has("Bring the pages back") && !stage.has("Undo"));
    }
}

#[test]
fn nobody_is_asked_for_a_sheet_without_a_scanner() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 3]));
    assert!(stage.says("3 pages · all stored. Put in the next sheet, or save."));
    stage.change(|shown| shown.chosen = None);
    assert!(stage.has("3 pages · all stored. No file has them yet."));
    stage.change(|shown| shown.unsaved = Unsaved::Nothing);
    assert!(stage.has("3 pages · all saved"));
}

#[test]
fn a_part_of_a_page_is_measured_on_paper() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete]));
    stage.press(Modifiers::NONE, Key::C);
    assert!(
        stage.has("210 × 297 mm") && stage.has("Part that is left: 210 × 297 mm"),
        "before there is a picture of it"
    );
}
