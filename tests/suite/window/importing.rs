//! Files that become pages: chosen, dropped, waited for, refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use lightbar::session::{Command, ImportWish, Importing, PageState, Snapshot};
use lightbar::ui::{FileDialogs, StartWith};

use super::saving::type_over;
use super::{SMALLEST, Stage, USUAL, arriving, with_pages};

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
        assert_eq!(sent(&mut stage), ImportWish { files, after: None, password: None });
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
