//! Files that become pages: chosen, dropped, waited for, refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use lightbar::document::PageId;
use lightbar::import::Password;
use lightbar::session::{Command, Event, ImportReport, ImportWish, Importing, LockedFile, PageState, Snapshot};
use lightbar::ui::{FileDialogs, StartWith};

use super::saving::type_over;
use super::{SMALLEST, Stage, USUAL, arriving, with_pages};

#[test]
fn the_first_page_that_was_imported_is_shown() {
    let mut stage = Stage::open(with_pages(&[PageState::Complete; 2]));
    stage.session.change(|shown| shown.pages = with_pages(&[PageState::Complete; 5]).pages);
    let pages = [3, 4, 5].map(PageId).to_vec();
    stage.session.happens(Event::Imported(Arc::new(ImportReport { pages, ..ImportReport::default() })));
    stage.window.run_ok();
    assert_eq!(stage.selected(), ["Page 3"]);
}

/// A file that a person lets go of over the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window reads no file".to_owned())
    }
}

fn sent(stage: &mut Stage) -> ImportWish {
    let mut sent = stage.session.take_sent();
    assert_eq!(sent.len(), 1, "one wish, not {sent:?}");
    match sent.remove(0) {
        Command::Import(wish) => wish,
        other => panic!("an import, not {other:?}"),
    }
}

#[test]
fn files_are_dropped_onto_the_window() {
    for shown in [Snapshot::default(), with_pages(&[PageState::Complete; 2]), arriving(2)] {
        let mut stage = Stage::open(shown);
        stage.session.take_sent();
        stage.window.input_mut().hovered_files = vec![egui::HoveredFile::default(); 2];
        stage.window.step();
        stage.window.input_mut().hovered_files = vec![egui::HoveredFile::default(); 2];
        stage.window.step();
        assert!(stage.says("Drop the files to add their pages"));
        let files: Vec<PathBuf> = ["/tmp/a.pdf", "/tmp/b.png"].map(PathBuf::from).into();
        let input = stage.window.input_mut();
        input.hovered_files.clear();
        for file in &files {
            input.dropped_files.push(Arc::new(Dropped(file.clone())));
        }
        stage.window.run_ok();
        assert_eq!(sent(&mut stage), ImportWish { files, after: None, password: None, asks: true });
        assert!(!stage.says("Drop the files"));
    }
}

#[test]
fn a_file_is_named_where_the_desktop_has_no_dialog() {
    for size in [SMALLEST, USUAL] {
        let start = StartWith { file_dialogs: FileDialogs::BuiltIn("/home/ada".into()), ..StartWith::default() };
        let mut stage = Stage::open_with(with_pages(&[PageState::Complete]), start, size);
        stage.press(Modifiers::COMMAND, Key::I);
        stage.window.get_by_role_and_label(egui::Role::TextInput, "File").type_text("bill.pdf");
        stage.window.run_ok();
        stage.press(Modifiers::NONE, Key::Enter);
        assert_eq!(sent(&mut stage).files, [PathBuf::from("/home/ada/bill.pdf")], "it goes on behind the folder");
        stage.press(Modifiers::COMMAND, Key::I);
        type_over(&mut stage, "File", "/tmp/other.tif");
        stage.click("Cancel");
        assert!(!stage.has("File") && stage.session.take_sent().is_empty());
        stage.click("Menu");
        stage.click("Import");
        assert!(stage.has("File"));
    }
}

#[test]
fn an_import_under_way_is_told_and_can_be_cancelled() {
    let mut stage = Stage::open_with(with_pages(&[PageState::Complete]), StartWith::default(), SMALLEST);
    let importing = Importing { name: "bill.pdf".into(), done: 3, pages: Some(12) };
    stage.change(|shown| shown.importing = Some(importing));
    assert!(stage.says("Importing bill.pdf · page 4 of 12"));
    stage.click("Cancel importing");
    assert!(matches!(stage.session.take_sent().as_slice(), [Command::CancelImport]));
}

/// The answers that were given, by the numbers of their questions.
fn answers(stage: &Stage) -> Vec<(u64, Option<Password>)> {
    let sent = stage.session.take_sent().into_iter();
    sent.filter_map(|command| match command {
        Command::AnswerPassword { number, password } => Some((number, password)),
        _ => None,
    })
    .collect()
}

#[test]
fn a_password_is_typed_unseen_asked_for_again_and_escape_leaves_the_file_out() {
    const TITLE: &str = "This file needs a password";
    let ask = |number, was_wrong| {
        move |shown: &mut Snapshot| {
            shown.importing = Some(Importing { name: "Lease.pdf".into(), ..Importing::default() });
            shown.locked = Some(LockedFile { number, name: "Lease.pdf".into(), was_wrong });
        }
    };
    for size in [SMALLEST, USUAL] {
        let mut stage = Stage::open_with(with_pages(&[PageState::Complete]), StartWith::default(), size);
        stage.change(ask(1, false));
        assert!(stage.has(TITLE) && stage.says("“Lease.pdf” opens with a password only."));
        stage.press(Modifiers::NONE, Key::Enter);
        assert!(answers(&stage).is_empty(), "there is nothing to try");
        let field = |stage: &Stage| stage.window.get_by_role_and_label(egui::Role::PasswordInput, "Password").rect();
        assert!(field(&stage).width() > 200.0);
        stage.window.event(egui::Event::Text("sesame".into()));
        stage.window.run_ok();
        assert!(!stage.says("sesame"), "nobody reads it over a shoulder");
        stage.press(Modifiers::NONE, Key::Enter);
        assert_eq!(answers(&stage), [(1, Password::new("sesame"))]);
        stage.press(Modifiers::NONE, Key::Enter);
        assert!(answers(&stage).is_empty(), "one press too many is no answer");
        stage.change(ask(2, true));
        assert!(stage.has(TITLE) && stage.says("That password does not open “Lease.pdf”."));
        stage.window.event(egui::Event::Text("open".into()));
        stage.window.run_ok();
        stage.click("Import");
        assert_eq!(answers(&stage), [(2, Password::new("open"))], "the field was empty and had the keyboard again");
        stage.change(ask(3, true));
        stage.press(Modifiers::NONE, Key::Escape);
        assert_eq!(answers(&stage), [(3, None)]);
        stage.change(ask(4, true));
        stage.click("Leave it out");
        assert_eq!(answers(&stage), [(4, None)]);
        stage.change(|shown| (shown.importing, shown.locked) = (None, None));
        assert!(!stage.has(TITLE));
        // What a person has opened is done with first.
        stage.press(Modifiers::SHIFT, Key::Questionmark);
        stage.change(ask(5, false));
        assert!(!stage.has(TITLE) && stage.says("Lease.pdf waits for its password"));
        stage.press(Modifiers::NONE, Key::Escape);
        stage.until("the question", |stage| stage.has(TITLE));
        assert!(answers(&stage).is_empty());
    }
}
