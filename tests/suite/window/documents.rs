//! All documents in the window: opened, named, thrown away, taken back.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::library::{Entry, EntryState};
use lightbar::document::{About, DocumentId};
use lightbar::session::{Command, PageState, Shelf, Snapshot};
use lightbar::ui::StartWith;

use super::{SMALLEST, Stage, USUAL, arriving, with_pages};

/// 2026-11-21 20:15:00.
const EVENING: u64 = 1_795_292_100;

fn entry(name: &str, title: Option<&str>, pages: u32) -> Entry {
    Entry {
        id: DocumentId::new(name).expect("a name"),
        title: title.map(str::to_owned),
        began: Some(EVENING),
        changed: EVENING + 60,
        pages,
        partial: 0,
        damaged: 0,
        saved_to: None,
        bytes: 4_200_000,
        state: EntryState::Closed,
    }
}

fn shelf() -> Shelf {
    let mut here = entry("here", None, 3);
    (here.state, here.partial) = (EntryState::Open, 1);
    let mut elsewhere = entry("elsewhere", Some("Taxes"), 12);
    elsewhere.state = EntryState::Open;
    let mut saved = entry("saved", None, 2);
    saved.saved_to = Some("/home/ada/Letter.pdf".into());
    let mut newer = entry("newer", Some("From tomorrow"), 1);
    newer.state = EntryState::Newer;
    let documents = vec![here, elsewhere, saved, entry("contract", Some("Contract"), 8), newer];
    Shelf { documents, trash: vec![entry("old", Some("Old bills"), 5), entry("older", None, 1)] }
}

fn shown() -> Snapshot {
    let id = DocumentId::new("here");
    let about = Arc::new(About { title: Some("Minutes".into()), saved_to: None, device: None });
    Snapshot { id, about, ..with_pages(&[PageState::Complete; 3]) }
}

/// The list is open and the session has answered.
fn open(shown: Snapshot, size: (f32, f32)) -> Stage {
    let mut stage = Stage::open_with(shown, StartWith::default(), size);
    stage.press(Modifiers::COMMAND, Key::O);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::ListDocuments]));
    stage.change(|shown| shown.library = Some(Arc::new(shelf())));
    stage
}

impl Stage {
    fn point_at(&mut self, row: &str) {
        self.window.get_by_label_contains(row).click();
        self.window.run_ok();
    }

    fn usable(&self, label: &str) -> bool {
        !self.window.get_by_label(label).accesskit_node().is_disabled()
    }
}

#[test]
fn the_list_says_what_there_is_to_know() {
    for size in [SMALLEST, USUAL] {
        let stage = open(shown(), size);
        assert!(stage.says("Minutes, 3 pages · 4.2 MB · not saved to a file, 1 partial, open"));
        assert!(stage.says("Taxes, 12 pages") && stage.says("open elsewhere"));
        assert!(stage.says("5 documents, 21.0 MB · trash 8.4 MB"));
        let room = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size.0, size.1));
        for name in ["Search by name or date", "Trash (2)", "Open", "Close", "Rename", "Clean up", "To the trash"] {
            let place = stage.window.get_by_label(name).rect();
            assert!(room.contains_rect(place), "{name} lies at {place:?} in {size:?}");
        }
        let left = stage.window.get_by_label("To the trash").rect().right();
        assert!(left < stage.window.get_by_label("Close").rect().left(), "the buttons lie on each other in {size:?}");
    }
}

#[test]
fn a_document_is_opened_by_its_button_and_by_two_clicks() {
    let mut stage = open(shown(), USUAL);
    assert!(!stage.usable("Open"), "nothing is chosen");
    for (row, can) in [("Minutes,", false), ("Taxes,", false), ("From tomorrow,", false), ("Letter,", true)] {
        stage.point_at(row);
        assert_eq!(stage.usable("Open"), can, "{row}");
    }
    stage.click("Open");
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::OpenDocument(id)] if id.as_str() == "saved"), "{sent:?}");
    assert!(!stage.says("Trash ("), "the list is done with");
    // What is in use cannot be put away.
    let mut stage = open(Snapshot { id: DocumentId::new("here"), ..arriving(2) }, USUAL);
    stage.point_at("Contract,");
    assert!(!stage.usable("Open"));
}

#[test]
fn documents_are_found_by_name_and_date() {
    let mut stage = open(shown(), USUAL);
    for (words, found) in [("contr", 1), ("2026-11", 5), ("letter", 1), ("nothing", 0)] {
        stage.press(Modifiers::COMMAND, Key::A);
        stage.window.get_by_label("Search by name or date").type_text(words);
        stage.window.run_ok();
        let rows = stage.window.query_all_by_role(egui::Role::ListBoxOption);
        let rows = rows.filter(|row| row.accesskit_node().label().is_some_and(|label| label.contains(" · ")));
        assert_eq!(rows.count(), found, "{words}");
    }
    assert!(stage.says("No document matches"));
    stage.press(Modifiers::COMMAND, Key::A);
    stage.window.get_by_label("Search by name or date").type_text("contract");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::OpenDocument(id)] if id.as_str() == "contract"), "{sent:?}");
}

#[test]
fn the_open_document_gets_a_title_and_so_does_the_window() {
    let mut stage = open(shown(), SMALLEST);
    stage.point_at("Contract,");
    assert!(!stage.usable("Rename"), "only the open one has a title to be changed");
    stage.point_at("Minutes,");
    stage.click("Rename");
    stage.window.get_by_role_and_label(egui::Role::TextInput, "Title").type_text("Minutes of May ");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::SetTitle(Some(title))] if title == "Minutes of May"), "{sent:?}");
    assert!(stage.says("Trash ("), "the list is there again");
    stage.session.change(|shown| {
        shown.about = Arc::new(About { title: Some("Minutes of May".into()), saved_to: None, device: None });
    });
    stage.window.step();
    let commands = &stage.window.output().viewport_output[&egui::ViewportId::ROOT].commands;
    assert!(commands.contains(&ViewportCommand::Title("Minutes of May – Lightbar".into())), "{commands:?}");
}

#[test]
fn documents_go_to_the_trash_and_come_back_and_it_is_emptied_after_a_question() {
    let mut stage = open(shown(), SMALLEST);
    stage.point_at("Contract,");
    stage.click("To the trash");
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::ThrowAway(id)] if id.as_str() == "contract"), "{sent:?}");
    stage.click("Trash (2)");
    stage.point_at("Old bills,");
    stage.click("Take back");
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::TakeBack(id)] if id.as_str() == "old"), "{sent:?}");
    for (key, empties) in [(Some(Key::Enter), false), (Some(Key::Escape), false), (None, true)] {
        stage.click("Empty the trash");
        assert!(stage.says("2 documents with 6 pages, 8.4 MB, go for good."));
        match key {
            Some(key) => stage.press(Modifiers::NONE, key),
            None => stage.click("Empty the trash"),
        }
        let sent = stage.session.take_sent();
        assert_eq!(matches!(sent.as_slice(), [Command::EmptyTrash]), empties, "{sent:?}");
    }
}

#[test]
fn a_history_goes_only_after_a_question() {
    let mut stage = open(shown(), USUAL);
    stage.point_at("Contract,");
    stage.click("Clean up");
    assert!(stage.says("nothing done to it so far can be undone"));
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.session.take_sent().is_empty());
    stage.click("Clean up");
    // Enter keeps it; this button does not.
    stage.click("Clean up");
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::Clean(id)] if id.as_str() == "contract"), "{sent:?}");
}

#[test]
fn enter_opens_the_document_that_was_clicked() {
    let mut stage = open(shown(), USUAL);
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.session.take_sent().is_empty(), "none is selected");
    stage.point_at("Contract,");
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::OpenDocument(id)] if id.as_str() == "contract"), "{sent:?}");
}

#[test]
fn a_new_document_is_one_key() {
    let mut stage = Stage::open(shown());
    stage.press(Modifiers::COMMAND, Key::N);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::NewDocument]));
}

#[test]
fn enter_opens_the_document_that_has_the_keyboard() {
    let mut stage = open(shown(), USUAL);
    stage.window.get_by_label_contains("Contract").focus();
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::OpenDocument(id)] if id.as_str() == "contract"), "{sent:?}");
}
