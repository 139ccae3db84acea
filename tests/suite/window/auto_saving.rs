//! Saving every scan by itself: turned on in a dialog, shown among the settings, off by one click.

use eframe::egui::{self, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use lightbar::export::FileFormat;
use lightbar::session::{AutoSave, Command};
use lightbar::ui::{FileDialogs, StartWith};

use super::saving::type_over;
use super::{SMALLEST, Stage, USUAL};
use crate::support::staged_session::ready;

fn stage(folder: &std::path::Path, size: (f32, f32)) -> Stage {
    let start = StartWith { file_dialogs: FileDialogs::BuiltIn(folder.to_owned()), ..StartWith::default() };
    Stage::open_with(ready(), start, size)
}

fn is_on(stage: &Stage) -> bool {
    let check = stage.window.get_by_role_and_label(egui::Role::CheckBox, "Save to a folder");
    check.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
}

/// The next command; a thread looks at the folder before it.
fn next(stage: &mut Stage) -> Option<AutoSave> {
    stage.until("the dialog is done", |stage| !stage.has("Name"));
    match stage.session.take_sent().as_slice() {
        [Command::SetAutoSave(wish)] => wish.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_scan_is_saved_from_a_click_on_until_another_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for size in [SMALLEST, USUAL] {
        let mut stage = stage(folder.path(), size);
        assert!(!is_on(&stage));
        stage.click("Save to a folder");
        stage.until("the dialog", |stage| stage.has("Name"));
        assert!(stage.says("Like Scan 20") && stage.says("-001.pdf"));
        type_over(&mut stage, "Name", "{device} {counter}.pdf");
        assert!(stage.has("Like EPSON ET-4850 001.pdf"));
        stage.click("JPEG");
        stage.press(Modifiers::NONE, Key::Tab);
        stage.click("Turn on");
        let wish = AutoSave {
            folder: folder.path().to_owned(),
            name: "{device} {counter}.jpg".to_owned(),
            format: FileFormat::Jpeg,
        };
        assert_eq!(next(&mut stage).as_ref(), Some(&wish));
        stage.change(|shown| shown.auto_save = Some(wish.clone().into()));
        assert!(is_on(&stage));
        let place = stage.window.get_by_label("Change how every scan is saved").rect();
        assert!(place.bottom() < size.1 - 32.0, "{place:?} is below the end of the panel in {size:?}");
        stage.click("Change how every scan is saved");
        assert!(stage.has("Save changes") && stage.has("Turn off"));
        stage.press(Modifiers::NONE, Key::Escape);
        stage.click("Save to a folder");
        assert!(matches!(stage.session.take_sent().as_slice(), [Command::SetAutoSave(None)]));
        // On again as it was.
        stage.change(|shown| shown.auto_save = None);
        stage.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S);
        stage.until("the dialog", |stage| stage.has("Name"));
        stage.click("Turn on");
        assert_eq!(next(&mut stage), Some(wish));
    }
}

#[test]
fn a_folder_that_is_not_there_is_told_and_nothing_is_turned_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut stage = stage(folder.path(), USUAL);
    stage.click("Save to a folder");
    stage.until("the dialog", |stage| stage.has("Name"));
    let missing = folder.path().join("missing");
    type_over(&mut stage, "Folder", &missing.to_string_lossy());
    stage.press(Modifiers::NONE, Key::Enter);
    stage.until("why not", |stage| stage.says("There is no folder"));
    type_over(&mut stage, "Name", "../{date}.pdf");
    assert!(stage.says("cannot have a folder in it"));
    let on = stage.window.get_by_label("Turn on").accesskit_node();
    assert!(on.is_disabled(), "a name is no folder");
    stage.press(Modifiers::NONE, Key::Escape);
    assert!(!stage.has("Name") && stage.session.take_sent().is_empty());
}
