//! What a window remembers of the one before: the folders that were used last.

use std::path::{Path, PathBuf};
use std::time::Instant;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::session::{Command, Event, PageState, Saved};
use lightbar::ui::{FileDialogs, StartWith};

use super::saving::type_over;
use super::{LIMIT, Stage, USUAL, with_pages};

/// A window that remembers, with a folder for its dialogs to begin in.
fn window(data_dir: &Path, begin_in: &Path) -> Stage {
    let file_dialogs = FileDialogs::BuiltIn(begin_in.to_owned());
    let start = StartWith { file_dialogs, data_dir: Some(data_dir.to_owned()), ..StartWith::default() };
    Stage::open_with(with_pages(&[PageState::Complete]), start, USUAL)
}

/// What stands in a field of a dialog.
fn typed(stage: &Stage, field: &str) -> String {
    let field = stage.window.get_by_role_and_label(egui::Role::TextInput, field);
    field.accesskit_node().value().unwrap_or_default()
}

/// The folder that the save dialog proposes.
fn proposed(stage: &mut Stage) -> PathBuf {
    stage.press(Modifiers::COMMAND, Key::S);
    stage.until("the save dialog", |stage| stage.has("Folder"));
    let folder = typed(stage, "Folder").into();
    stage.click("Cancel");
    folder
}

/// The folder that the import dialog begins in.
fn begins_in(stage: &mut Stage) -> String {
    stage.press(Modifiers::COMMAND, Key::I);
    let folder = typed(stage, "File");
    stage.click("Cancel");
    folder
}

/// Waits until a window has read what the one before kept: its dialog begins here then.
fn until_read(stage: &mut Stage, folder: &Path) {
    let (limit, folder) = (Instant::now() + LIMIT, format!("{}/", folder.display()));
    while begins_in(stage) != folder {
        assert!(Instant::now() < limit, "{folder} was not read");
        std::thread::yield_now();
    }
}

/// Waits until the file of a window that remembers says this.
fn until_kept(data_dir: &Path, words: &str) {
    let limit = Instant::now() + LIMIT;
    let says = || std::fs::read_to_string(data_dir.join("last-folders.json")).is_ok_and(|text| text.contains(words));
    while !says() {
        assert!(Instant::now() < limit, "{words} is not written down");
        std::thread::yield_now();
    }
}

#[test]
fn the_folders_used_last_are_known_to_the_next_window() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| {
        let folder = home.path().join(name);
        std::fs::create_dir_all(&folder).expect("made");
        folder
    };
    let (data, desk, letters, mail) = (folder("data"), folder("desk"), folder("letters"), folder("mail"));
    let mut stage = window(&data, &desk);
    assert_eq!(proposed(&mut stage), desk);
    stage.press(Modifiers::COMMAND, Key::S);
    stage.until("the save dialog", |stage| stage.has("Folder"));
    type_over(&mut stage, "Folder", &letters.to_string_lossy());
    stage.click("Save");
    stage.until("the wish", |stage| !stage.has("Folder"));
    let sent = stage.session.take_sent();
    let [Command::Save(wish)] = sent.as_slice() else { panic!("a save, not {sent:?}") };
    let saved = Saved { files: vec![wish.target.clone()], pages: 1, ..Saved::default() };
    stage.session.happens(Event::Saved(saved));
    stage.window.run_ok();
    stage.press(Modifiers::COMMAND, Key::I);
    type_over(&mut stage, "File", &mail.join("bill.pdf").to_string_lossy());
    stage.click("Import");
    until_kept(&data, "mail");
    drop(stage);
    let mut stage = window(&data, &desk);
    until_read(&mut stage, &mail);
    assert_eq!(proposed(&mut stage), letters);
    drop(stage);
    // A folder that is gone is no reason for trouble, and neither is a file that says nothing.
    std::fs::remove_dir(&letters).expect("removed");
    let mut stage = window(&data, &desk);
    until_read(&mut stage, &mail);
    let fallen_back = proposed(&mut stage);
    assert!(fallen_back.is_dir() && fallen_back != letters, "{fallen_back:?}");
    drop(stage);
    std::fs::write(data.join("last-folders.json"), b"no folders").expect("written");
    let mut stage = window(&data, &desk);
    assert_eq!(proposed(&mut stage), desk);
}
