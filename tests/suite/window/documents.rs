//! All documents in the window: opened, named, thrown away, taken back.

use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::library::{Entry, EntryState, Freed};
use lightbar::document::{About, CameFrom, DocumentId};
use lightbar::session::{Command, DocumentTrouble, Matter, Notice, PageState, Shelf, Snapshot};
use lightbar::ui::StartWith;

use super::{SMALLEST, Stage, USUAL, arriving, with_pages};

/// 2026-11-21 20:15:00.
const EVENING: u64 = 1_795_292_100;

pub(super) fn entry(name: &str, title: Option<&str>, pages: u32) -> Entry {
    Entry {
        id: DocumentId::new(name).expect("a name"),
        title: title.map(str::to_owned),
        began: Some(EVENING),
        changed: EVENING + 60,
        pages,
        partial: 0,
        damaged: 0,
        saved_to: None,
        came_from: None,
        bytes: 4_200_000,
        history: Freed { documents: 0, pages: 2, bytes: 1_400_000 },
        state: EntryState::Closed,
    }
}

fn shelf() -> Shelf {
    let mut here = entry("here", None, 3);
    (here.state, here.partial) = (EntryState::Open, 1);
    let mut elsewhere = entry("elsewhere", Some("Taxes"), 12);
    (elsewhere.state, elsewhere.damaged, elsewhere.partial) = (EntryState::Open, 2, 1);
    let mut saved = entry("saved", None, 2);
    saved.saved_to = Some("/home/ada/Letter.pdf".into());
    let mut newer = entry("newer", Some("From tomorrow"), 1);
    newer.state = EntryState::Newer;
    let documents = vec![here, elsewhere, saved, entry("contract", Some("Contract"), 8), newer];
    Shelf { documents, trash: vec![entry("old", Some("Old bills"), 5), entry("older", Some(LONG), 1)] }
}

/// More than a question has room for.
const LONG: &str = "Friends of the old library and of all that was in it, minutes";

pub(super) fn shown() -> Snapshot {
    let id = DocumentId::new("here");
    let about = Arc::new(About { title: Some("Minutes".into()), ..About::default() });
    Snapshot { id, about, ..with_pages(&[PageState::Complete; 3]) }
}

/// The list is open and the session has answered.
pub(super) fn open(shown: Snapshot, size: (f32, f32)) -> Stage {
    let mut stage = Stage::open_with(shown, StartWith::default(), size);
    stage.press(Modifiers::COMMAND, Key::O);
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::ListDocuments]));
    stage.change(|shown| shown.library = Some(Arc::new(shelf())));
    stage
}

impl Stage {
    pub(super) fn point_at(&mut self, row: &str) {
        self.window.get_by_label_contains(row).click();
        self.window.run_ok();
    }

    /// The names of the documents that are pointed at.
    pub(super) fn selected_documents(&self) -> Vec<String> {
        let name = |label: String| label.split(',').next().unwrap_or_default().to_owned();
        self.selected().into_iter().filter(|label| label.contains(" · ")).map(name).collect()
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
        assert!(stage.says("Taxes, 12 pages") && stage.says("2 damaged · 1 partial, open elsewhere"));
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
    stage.point_at("Minutes,");
    stage.click("Rename");
    // What it is called is marked: what is typed takes its place.
    stage.window.get_by_role_and_label(egui::Role::TextInput, "Name").type_text("Minutes of May ");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(renamed(&stage), [("here".to_owned(), Some("Minutes of May".to_owned()))]);
    assert!(stage.says("Trash ("), "the list is there again");
    stage.session.change(|shown| {
        shown.about = Arc::new(About { title: Some("Minutes of May".into()), ..About::default() });
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
    stage.click("Restore");
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
    assert!(stage.says("Clean up “Contract”?") && stage.says("2 pages that only undo brings back go for good"));
    assert!(stage.says("frees 1.4\u{a0}MB. Nothing done to it so far can be undone then."));
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.session.take_sent().is_empty());
    stage.click("Clean up");
    // Enter keeps it; this button does not.
    stage.click("Clean up");
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::Clean(id)] if id.as_str() == "contract"), "{sent:?}");
    let freed = Freed { documents: 0, pages: 2, bytes: 1_400_000 };
    stage.change(|shown| shown.notices = vec![Notice { number: 1, matter: Matter::Freed(freed) }]);
    assert!(stage.says("2 pages of the history removed. 1.4 MB are free again."), "the list says what came of it");
    // There is nothing to be asked about where nothing would go.
    stage.change(|shown| {
        let mut shelf = shelf();
        shelf.documents.iter_mut().for_each(|entry| entry.history = Freed::default());
        shown.library = Some(Arc::new(shelf));
    });
    assert!(!stage.usable("Clean up"));
}

/// What was asked to be called something, since the last time.
fn renamed(stage: &Stage) -> Vec<(String, Option<String>)> {
    let sent = stage.session.take_sent().into_iter();
    sent.filter_map(|command| match command {
        Command::Rename(id, title) => Some((id.to_string(), title)),
        _ => None,
    })
    .collect()
}

#[test]
fn a_document_is_renamed_that_is_not_open() {
    let mut stage = open(shown(), SMALLEST);
    for (row, can) in [("Taxes,", false), ("From tomorrow,", false), ("Contract,", true)] {
        stage.point_at(row);
        assert_eq!(stage.usable("Rename"), can, "{row}");
    }
    stage.press(Modifiers::NONE, Key::F2);
    stage.window.get_by_role_and_label(egui::Role::TextInput, "Name").type_text("Lease");
    stage.window.run_ok();
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(renamed(&stage), [("contract".to_owned(), Some("Lease".to_owned()))]);
    stage.press(Modifiers::NONE, Key::F2);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.press(Modifiers::NONE, Key::Backspace);
    stage.click("Rename");
    assert_eq!(renamed(&stage), [("contract".to_owned(), None)], "without a title it has its own name again");
    stage.press(Modifiers::NONE, Key::F2);
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(renamed(&stage).is_empty() && stage.says("Trash ("), "Esc leads back to the list alone");
    // Somebody opened it in the meantime.
    let trouble = DocumentTrouble::OpenElsewhere(DocumentId::new("contract").expect("a name"));
    stage.change(|shown| shown.notices = vec![Notice { number: 1, matter: Matter::Document(trouble) }]);
    assert!(stage.says("“Contract” is open in another window or program. Close it there, then try again."));
    stage.press(Modifiers::NONE, Key::Escape);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::DismissNotice(1)]), "what the list told needs no card: {sent:?}");
}

#[test]
fn an_imported_document_is_called_like_its_files_until_it_has_a_title() {
    let mut stage = open(shown(), USUAL);
    let from = |first: &str, others| Some(CameFrom { first: first.to_owned(), others });
    stage.change(|shown| {
        let (mut one, mut several, mut titled) =
            (entry("one", None, 1), entry("several", None, 4), entry("titled", Some("Mine"), 4));
        (one.came_from, several.came_from, titled.came_from) = (from("Bill", 0), from("Lease", 3), from("x", 1));
        let shelf = Shelf { documents: vec![one, several, titled], trash: Vec::new() };
        shown.library = Some(Arc::new(shelf));
        shown.about = Arc::new(About { came_from: from("Bill", 0), ..About::default() });
        shown.id = DocumentId::new("one");
    });
    assert!(stage.says("Bill, 1 page") && stage.says("Lease and 3 more, 4 pages") && stage.says("Mine, 4 pages"));
    stage.window.step();
    stage.point_at("Lease and 3 more,");
    stage.click("Rename");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(renamed(&stage), [("several".to_owned(), Some("Lease and 3 more".to_owned()))]);
}

#[test]
fn one_document_of_the_trash_is_deleted_for_ever_after_a_question() {
    for size in [SMALLEST, USUAL] {
        let mut stage = open(shown(), size);
        stage.click("Trash (2)");
        assert!(!stage.usable("Delete for ever"), "none is chosen");
        stage.point_at("Fri");
        stage.press(Modifiers::NONE, Key::Delete);
        assert!(stage.says("Delete “Friends of the old library a…” for ever?"), "the question is one line");
        stage.press(Modifiers::NONE, Key::Escape);
        stage.point_at("Old bills,");
        for (key, goes) in [(Key::Enter, false), (Key::Escape, false), (Key::Tab, true)] {
            stage.press(Modifiers::NONE, Key::Delete);
            assert!(stage.says("Delete “Old bills” for ever?"));
            assert!(stage.says("It has 5 pages, 4.2\u{a0}MB, and cannot be brought back. Files that were saved stay."));
            stage.press(Modifiers::NONE, key);
            if goes {
                stage.press(Modifiers::NONE, Key::Enter);
            }
            let sent = stage.session.take_sent();
            let is_sent = matches!(sent.as_slice(), [Command::DeleteForever(id)] if id.as_str() == "old");
            assert_eq!(is_sent, goes, "{key:?}: {sent:?}");
        }
        let freed = Freed { documents: 1, pages: 5, bytes: 4_200_000 };
        stage.change(|shown| {
            shown.notices = vec![Notice { number: 1, matter: Matter::Freed(freed) }];
            let mut shelf = shelf();
            shelf.trash.remove(0);
            shown.library = Some(Arc::new(shelf));
        });
        assert!(stage.says("1 document deleted for ever. 4.2 MB are free again."));
        assert!(stage.usable("Delete for ever"), "the one beside it is pointed at");
    }
}

#[test]
fn the_list_is_used_by_the_keyboard_alone() {
    let mut stage = open(shown(), SMALLEST);
    let many = || (1..=40).map(|at| entry(&format!("d{at:02}"), Some(&format!("Number {at:02}")), 1)).collect();
    stage.change(|shown| {
        shown.library = Some(Arc::new(Shelf { documents: many(), trash: vec![entry("old", Some("Old bills"), 5)] }));
    });
    // From the field of the search, past what is in sight.
    for _ in 0..12 {
        stage.press(Modifiers::NONE, Key::ArrowDown);
    }
    assert_eq!(stage.selected_documents(), ["Number 12"]);
    stage.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(stage.selected_documents(), ["Number 11"]);
    stage.press(Modifiers::NONE, Key::Delete);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::ThrowAway(id)] if id.as_str() == "d11"), "{sent:?}");
    stage.change(|shown| {
        let documents: Vec<Entry> = many();
        let documents = documents.into_iter().filter(|entry| entry.id.as_str() != "d11").collect();
        shown.library = Some(Arc::new(Shelf { documents, trash: vec![entry("old", Some("Old bills"), 5)] }));
    });
    assert_eq!(stage.selected_documents(), ["Number 12"], "its neighbour has the keyboard now");
    stage.press(Modifiers::NONE, Key::End);
    assert_eq!(stage.selected_documents(), ["Number 40"]);
    stage.press(Modifiers::NONE, Key::Home);
    stage.press(Modifiers::NONE, Key::Enter);
    let sent = stage.session.take_sent();
    assert!(matches!(sent.as_slice(), [Command::OpenDocument(id)] if id.as_str() == "d01"), "{sent:?}");
    stage.press(Modifiers::COMMAND, Key::O);
    assert!(stage.says("Trash ("));
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.says("Trash ("), "Esc closes it");
}

#[test]
fn what_has_nothing_to_show_says_so_in_a_sentence() {
    let mut stage = open(shown(), SMALLEST);
    stage.change(|shown| shown.library = Some(Arc::new(Shelf::default())));
    assert!(stage.says("No documents yet. What you scan or import appears here."));
    stage.click("Trash (0)");
    assert!(stage.says("The trash is empty.") && !stage.usable("Empty the trash") && !stage.usable("Restore"));
    stage.change(|shown| shown.library = Some(Arc::new(shelf())));
    stage.window.get_by_label("Search by name or date").focus();
    stage.window.run_ok();
    stage.window.get_by_label("Search by name or date").type_text("nothing");
    stage.window.run_ok();
    assert!(stage.says("Nothing in the trash matches."));
    stage.click("In use");
    assert!(stage.says("No document matches."));
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
