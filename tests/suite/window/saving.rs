//! From *Save file* to a file, and what happens to the dialog when it does not come to that.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::document::{About, PageId};
use lightbar::export::{ExportError, FileFormat, Naming, PdfPictures, QualityLevel, TiffCompression};
use lightbar::session::{Command, Event, Matter, Notice, PageState, SaveWish, Saved, Saving};
use lightbar::ui::{FileDialogs, StartWith};

use super::{LIMIT, SMALLEST, Stage, USUAL, with_pages};

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
fn all_files_that_would_be_replaced_are_named_and_no_other_is_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    click_in_dialog(&mut stage, "PNG");
    stage.click("Save");
    assert!(next_wish(&mut stage).options.replaceable.is_empty());
    let named = |numbers: std::ops::RangeInclusive<u32>| -> Vec<PathBuf> {
        numbers.map(|number| folder.path().join(format!("Scan-{number:03}.png"))).collect()
    };
    stage.session.happens(Event::SaveFailed(Arc::new(ExportError::SeveralExist(named(1..=2)))));
    stage.until("the question", |stage| stage.has("Replace 2 files?"));
    assert!(stage.says("“Scan-001.png” and “Scan-002.png” are already in"));
    stage.click("Replace 2 files");
    let options = next_wish(&mut stage).options;
    assert_eq!((options.overwrite, options.replaceable), (false, named(1..=2)));
    // More have come into being meanwhile: it is asked again.
    stage.session.happens(Event::SaveFailed(Arc::new(ExportError::SeveralExist(named(1..=13)))));
    stage.until("the question", |stage| stage.has("Replace 13 files?"));
    assert!(stage.says("“Scan-001.png”, “Scan-002.png”, “Scan-003.png” and 10 more are already in"));
    stage.press(Modifiers::NONE, Key::Enter);
    stage.until("the dialog again", |stage| stage.has("Folder"));
    stage.click("Save");
    assert!(next_wish(&mut stage).options.replaceable.is_empty(), "what was answered holds for one save");
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_into(folder.path());
    open_save_dialog(&mut stage);
    for name in ["../evil {date}.pdf", "/tmp/evil.pdf", "below/x.pdf", "~/x"] {
        type_over(&mut stage, "Name", name);
        assert!(stage.says("cannot have a folder in it"), "{name}");
        assert!(stage.window.get_by_label("Save").accesskit_node().is_disabled(), "{name}");
        stage.press(Modifiers::NONE, Key::Enter);
        assert!(stage.has("Folder") && stage.session.take_sent().is_empty(), "{name}");
    }
    type_over(&mut stage, "Name", "Good");
    stage.click("Save");
    assert_eq!(next_save(&mut stage), (folder.path().join("Good.pdf"), false));
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
    let saved = Saved { files: vec!["/tmp/Letter.pdf".into()], pages: 1, ..Saved::default() };
    stage.session.happens(Event::Saved(saved));
    stage.window.run_ok();
    stage.session.happens(Event::SaveFailed(Arc::new(ExportError::Full)));
    stage.window.run_ok();
    assert!(!stage.has("Folder"), "what was typed for a save that went well is done with");
}

pub(super) fn type_over(stage: &mut Stage, field: &str, text: &str) {
    stage.window.get_by_role_and_label(egui::Role::TextInput, field).focus();
    stage.window.run_ok();
    stage.press(Modifiers::COMMAND, Key::A);
    stage.window.get_by_role_and_label(egui::Role::TextInput, field).type_text(text);
    stage.window.run_ok();
}

pub(super) fn next_save(stage: &mut Stage) -> (PathBuf, bool) {
    let wish = next_wish(stage);
    let may_replace = wish.options.may_replace(&wish.target);
    (wish.target, may_replace)
}

fn next_wish(stage: &mut Stage) -> SaveWish {
    let limit = Instant::now() + LIMIT;
    loop {
        if let Some(Command::Save(wish)) = stage.session.take_sent().pop() {
            return wish;
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
        let saved = Saved { files: vec!["/tmp/a.pdf".into()], pages: 3, ..Saved::default() };
        shown.saving = None;
        shown.notices = vec![Notice { number: 7, matter: Matter::Saved(saved) }];
    });
    assert!(stage.says("Saved a.pdf"));
    stage.pass(7.0);
    assert!(matches!(stage.session.take_sent().first(), Some(Command::DismissNotice(7))));
}

/// Chooses from a list in the dialog, which scrolls in a small window.
fn choose(stage: &mut Stage, field: &str, option: &str) {
    stage.window.get_by_role_and_label(egui::Role::ComboBox, field).scroll_to_me();
    stage.window.run_ok();
    stage.window.get_by_role_and_label(egui::Role::ComboBox, field).click();
    stage.window.run_ok();
    stage.click(option);
}

fn click_in_dialog(stage: &mut Stage, label: &str) {
    stage.window.get_by_label(label).scroll_to_me();
    stage.window.run_ok();
    stage.click(label);
}

fn fill(stage: &mut Stage, field: &str, text: &str) {
    stage.window.get_by_role_and_label(egui::Role::TextInput, field).scroll_to_me();
    stage.window.run_ok();
    type_over(stage, field, text);
}

/// Three pages of which the first two are selected, and a dialog that saves into this folder.
fn saving_three(folder: &Path, size: (f32, f32)) -> Stage {
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.to_owned()), ..StartWith::default() };
    let mut stage = Stage::open_with(with_pages(&[PageState::Complete; 3]), start, size);
    stage.press(Modifiers::COMMAND, Key::A);
    stage.window.get_by_label("Page 3").click_modifiers(Modifiers::COMMAND);
    stage.window.run_ok();
    open_save_dialog(&mut stage);
    stage
}

#[test]
fn a_file_is_what_was_chosen_and_the_next_one_begins_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for size in [SMALLEST, USUAL] {
        let mut stage = saving_three(folder.path(), size);
        stage.press(Modifiers::NONE, Key::Enter);
        let wish = next_wish(&mut stage);
        assert_eq!((wish.target, wish.pages), (folder.path().join("Scan.pdf"), None));
        assert_eq!(*wish.options, lightbar::export::SaveOptions::of(FileFormat::Pdf), "everything as it came");
        open_save_dialog(&mut stage);
        click_in_dialog(&mut stage, "2 selected");
        choose(&mut stage, "Quality of the file", "Small, for e-mail");
        assert!(!stage.has("One per page"), "what is rarely wanted is folded away");
        click_in_dialog(&mut stage, "More options");
        click_in_dialog(&mut stage, "One per page");
        stage.until("the names", |stage| stage.has("Scan-001.pdf and Scan-002.pdf"));
        fill(&mut stage, "Author", "Ada");
        fill(&mut stage, "Title", "Minutes ");
        fill(&mut stage, "Subject", "The roof");
        fill(&mut stage, "Keywords", "roof, rain");
        stage.click("Save");
        let wish = next_wish(&mut stage);
        assert_eq!(wish.pages, Some(vec![PageId(1), PageId(2)]));
        assert_eq!(wish.options.pages_per_file.map(std::num::NonZeroU32::get), Some(1));
        let pdf = wish.options.pdf;
        assert_eq!(pdf.pictures, PdfPictures::Quality(QualityLevel::Small));
        assert_eq!((pdf.about.author.as_deref(), pdf.about.title.as_deref()), (Some("Ada"), Some("Minutes")));
        let found_by = (pdf.about.subject.as_deref(), pdf.about.keywords.as_deref());
        assert_eq!(found_by, (Some("The roof"), Some("roof, rain")));
        stage.session.happens(Event::Saved(Saved { files: Vec::new(), pages: 2, ..Saved::default() }));
        stage.window.run_ok();
        // The next one: how, but not which pages.
        open_save_dialog(&mut stage);
        click_in_dialog(&mut stage, "TIFF");
        choose(&mut stage, "Compression", "LZW");
        stage.click("Save");
        let wish = next_wish(&mut stage);
        assert_eq!(wish.target, folder.path().join("Scan.tif"));
        assert_eq!((wish.options.format, wish.options.tiff), (FileFormat::Tiff, TiffCompression::Lzw));
        assert_eq!((wish.pages, wish.options.pages_per_file.map(std::num::NonZeroU32::get)), (None, Some(1)));
        assert_eq!(wish.options.pdf.pictures, PdfPictures::Quality(QualityLevel::Small));
    }
}

#[test]
fn the_name_and_the_format_go_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    click_in_dialog(&mut stage, "JPEG");
    let name = stage.window.get_by_role_and_label(egui::Role::TextInput, "Name").accesskit_node().value();
    assert_eq!(name.as_deref(), Some("Scan.jpg"));
    assert!(stage.says("Quality 90"));
    stage.until("the names", |stage| stage.has("Scan-001.jpg to Scan-003.jpg, 3 files"));
    type_over(&mut stage, "Name", "Plan.png");
    assert!(stage.says("Without loss"), "the ending says what is meant");
    stage.click("Save");
    let wish = next_wish(&mut stage);
    assert_eq!((wish.options.format, wish.target), (FileFormat::Png, folder.path().join("Plan.png")));
}

/// Types into a field whose words are not shown.
fn whisper(stage: &mut Stage, field: &str, text: &str) {
    let secret = egui::Role::PasswordInput;
    stage.window.get_by_role_and_label(secret, field).scroll_to_me();
    stage.window.run_ok();
    stage.window.get_by_role_and_label(secret, field).focus();
    stage.window.run_ok();
    stage.window.get_by_role_and_label(secret, field).type_text(text);
    stage.window.run_ok();
}

#[test]
fn a_password_is_typed_twice_unseen_and_no_archive_has_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for size in [SMALLEST, USUAL] {
        let mut stage = saving_three(folder.path(), size);
        let can = |stage: &Stage, label: &str| !stage.window.get_by_label(label).accesskit_node().is_disabled();
        click_in_dialog(&mut stage, "More options");
        whisper(&mut stage, "Password", "Rosebud");
        assert!(stage.says("The two passwords are not the same") && !can(&stage, "Save"));
        assert!(!can(&stage, "Archive (PDF/A-2b)") && stage.says("An archive cannot have a password"));
        whisper(&mut stage, "Password again", "Rosebud");
        assert!(!stage.says("Rosebud"), "nobody reads it over somebody's shoulder");
        stage.click("Save");
        let wish = next_wish(&mut stage);
        assert_eq!(wish.options.pdf.password.map(|password| password.user).as_deref(), Some("Rosebud"));
        assert!(!wish.options.pdf.archive);
        stage.session.happens(Event::Saved(Saved { files: Vec::new(), pages: 3, ..Saved::default() }));
        stage.window.run_ok();
        open_save_dialog(&mut stage);
        click_in_dialog(&mut stage, "More options");
        click_in_dialog(&mut stage, "Archive (PDF/A-2b)");
        assert!(stage.says("An archive cannot have a password"));
        stage.click("Save");
        let wish = next_wish(&mut stage);
        assert!(wish.options.pdf.archive && wish.options.pdf.password.is_none(), "the password was for one file");
    }
}

/// Nobody loses a password by saving again: where it is decided it is said, and typed again it is kept.
#[test]
fn a_file_with_a_password_is_not_replaced_by_one_without_in_silence() {
    const LOST: &str = "The file there has a password; this one will have none.";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    click_in_dialog(&mut stage, "More options");
    whisper(&mut stage, "Password", "Rosebud");
    whisper(&mut stage, "Password again", "Rosebud");
    assert!(!stage.says(LOST));
    stage.click("Save");
    let file = next_wish(&mut stage).target;
    std::fs::write(&file, b"old").expect("written");
    stage.change(|shown| shown.about = Arc::new(About { saved_to: Some(file.clone()), ..About::default() }));
    stage.session.happens(Event::Saved(Saved { files: vec![file.clone()], pages: 3, ..Saved::default() }));
    stage.window.run_ok();
    open_save_dialog(&mut stage);
    assert!(stage.says(LOST) && stage.has("Password"), "what keeps it is in sight");
    stage.click("Save");
    stage.until("the question", |stage| stage.says(QUESTION));
    assert!(stage.says(LOST));
    stage.click("Choose another name");
    whisper(&mut stage, "Password", "Rosebud");
    whisper(&mut stage, "Password again", "Rosebud");
    assert!(!stage.says(LOST));
    type_over(&mut stage, "Name", "Another.pdf");
    stage.press(Modifiers::NONE, Key::Escape);
    // Replaced without one, it has none any more.
    open_save_dialog(&mut stage);
    stage.click("Save");
    stage.until("the question", |stage| stage.says(QUESTION));
    stage.click("Replace");
    assert!(next_wish(&mut stage).options.pdf.password.is_none());
    stage.session.happens(Event::Saved(Saved { files: vec![file], pages: 3, ..Saved::default() }));
    stage.window.run_ok();
    open_save_dialog(&mut stage);
    assert!(!stage.says(LOST));
}

#[test]
fn a_password_is_typed_letter_by_letter_where_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for size in [SMALLEST, USUAL] {
        let mut stage = saving_three(folder.path(), size);
        click_in_dialog(&mut stage, "More options");
        for field in ["Password", "Password again"] {
            let secret = egui::Role::PasswordInput;
            stage.window.get_by_role_and_label(secret, field).scroll_to_me();
            stage.window.run_ok();
            stage.window.get_by_role_and_label(secret, field).click();
            stage.window.run_ok();
            let before = stage.window.get_by_role_and_label(secret, field).rect();
            for letter in "Rosebud".chars() {
                stage.window.event(egui::Event::Text(letter.to_string()));
                stage.window.run_ok();
                let shown = stage.window.get_by_role_and_label(secret, field);
                assert!(shown.accesskit_node().is_focused(), "{field} lost the keyboard at {letter}");
                let moved = (shown.rect().center() - before.center()).length();
                assert!(moved < 40.0, "{field} moved by {moved} at {letter} in {size:?}");
            }
        }
        stage.press(Modifiers::NONE, Key::Enter);
        let password = next_wish(&mut stage).options.pdf.password;
        assert_eq!(password.map(|password| password.user).as_deref(), Some("Rosebud"));
    }
}

#[test]
fn an_archive_has_no_field_for_a_password_that_can_be_typed_in() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), SMALLEST);
    click_in_dialog(&mut stage, "More options");
    click_in_dialog(&mut stage, "Archive (PDF/A-2b)");
    let password = stage.window.get_by_role_and_label(egui::Role::PasswordInput, "Password");
    assert!(password.accesskit_node().is_disabled());
    assert!(stage.says("There is no password while “Archive” is ticked"));
}

#[test]
fn enter_saves_wherever_it_means_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    click_in_dialog(&mut stage, "TIFF");
    stage.press(Modifiers::NONE, Key::Enter);
    assert_eq!(next_wish(&mut stage).options.format, FileFormat::Tiff);
    let saved = Saved { files: Vec::new(), pages: 3, ..Saved::default() };
    stage.session.happens(Event::Saved(saved));
    stage.window.run_ok();
    open_save_dialog(&mut stage);
    stage.click("Insert into the name");
    stage.press(Modifiers::NONE, Key::Enter);
    assert!(stage.has("Folder") && stage.session.take_sent().is_empty(), "a list is open");
}

#[test]
fn how_large_a_file_will_be_is_said_before_it_is_saved() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    stage.until("the size", |stage| stage.has("3.2 MB"));
    choose(&mut stage, "Quality of the file", "Small, for e-mail");
    stage.until("the other size", |stage| stage.has("about 410 kB"));
    stage.session.take_questions();
    // A name changes no size; what is typed at once is one question.
    type_over(&mut stage, "Name", "Minutes of May");
    stage.pass(0.4);
    let asked: Vec<bool> = stage.session.take_questions().into_iter().flatten().map(|wish| wish.size).collect();
    assert_eq!(asked, [false]);
    assert!(stage.has("about 410 kB"));
    stage.press(Modifiers::NONE, Key::Escape);
    assert_eq!(stage.session.take_questions(), [None], "nobody wants an answer any more");
}

#[test]
fn a_name_is_made_of_fields_and_the_next_one_begins_with_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = saving_three(folder.path(), USUAL);
    type_over(&mut stage, "Name", "Minutes.pdf");
    stage.click("Insert into the name");
    stage.click("Counter, up to a free name");
    let name = |stage: &Stage| {
        stage.window.get_by_role_and_label(egui::Role::TextInput, "Name").accesskit_node().value().unwrap_or_default()
    };
    assert_eq!(name(&stage), "Minutes {counter}.pdf");
    stage.until("what that comes to", |stage| stage.has("Minutes 001.pdf"));
    type_over(&mut stage, "Name", "Minutes {counter} {dat}.pdf");
    stage.until("the trouble", |stage| stage.says("{dat}"));
    type_over(&mut stage, "Name", "Minutes {counter}.pdf");
    stage.click("Save");
    let wish = next_wish(&mut stage);
    assert_eq!((wish.target, wish.options.naming), (folder.path().join("Minutes {counter}.pdf"), Naming::Template));
    let files = vec![folder.path().join("Minutes 001.pdf")];
    stage.session.happens(Event::Saved(Saved { files, pages: 3, ..Saved::default() }));
    stage.window.run_ok();
    open_save_dialog(&mut stage);
    assert_eq!(name(&stage), "Minutes {counter}.pdf");
}

#[test]
fn a_document_that_was_saved_is_saved_there_again() {
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut stage = saving_into(other.path());
    let letter = folder.path().join("Letter.tif");
    let about = About { saved_to: Some(letter.clone()), ..About::default() };
    stage.change(|shown| shown.about = Arc::new(about));
    open_save_dialog(&mut stage);
    stage.click("Save");
    let wish = next_wish(&mut stage);
    assert_eq!((wish.target, wish.options.format), (letter, FileFormat::Tiff));
}
