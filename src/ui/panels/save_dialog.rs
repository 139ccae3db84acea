//! The built-in dialog for the place of a file, and the question before one is replaced.

use std::path::Path;

use eframe::egui::{Align, Key, Ui};

use crate::text::questions::replace_question;

use super::super::save_flow::{PathFields, SaveFlow};
use super::super::widgets::{
    Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, paragraph, text_field, words,
};
use super::super::{fonts, theme};

const WIDTH: f32 = 440.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Decision {
    /// Save there.
    Save,
    /// Replace the old file.
    Replace,
    /// One step back.
    Back,
}

/// Shows the dialog or the question, if one is open.
pub(in super::super) fn save_dialog(ui: &Ui, flow: &mut SaveFlow) -> Option<Decision> {
    match flow {
        SaveFlow::Path(fields) => modal(ui, |ui| place(ui, fields, false)),
        SaveFlow::Looking(fields, ..) => modal(ui, |ui| place(ui, fields, true)),
        SaveFlow::Replace(_, target) => modal(ui, |ui| question(ui, target)),
        SaveFlow::Closed | SaveFlow::Asking(_) | SaveFlow::Sent(_) => None,
    }
}

fn modal(ui: &Ui, content: impl FnOnce(&mut Ui) -> Option<Decision>) -> Option<Decision> {
    dialog(ui, "save", WIDTH, Decision::Back, content)
}

/// Name and folder. While the place is looked at they stay where they are and cannot be changed.
fn place(ui: &mut Ui, fields: &mut PathFields, looking: bool) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    dialog_title(ui, "Save PDF");
    let name = text_field(ui, &mut fields.name, "Name", !looking);
    if !fields.focused {
        fields.focused = true;
        let stem = Path::new(&fields.name).file_stem().map_or(0, |stem| stem.to_string_lossy().chars().count());
        begin_typing(ui, &name, stem);
    }
    ui.add_space(12.0);
    let folder = text_field(ui, &mut fields.folder, "Folder", !looking);
    if name.changed() || folder.changed() {
        fields.trouble = None;
    }
    if let Some(trouble) = &fields.trouble {
        ui.add_space(12.0);
        paragraph(ui, &trouble.joined(), fonts::regular(14.0), tokens.attention, Align::LEFT);
    }
    let entered = (name.lost_focus() || folder.lost_focus()) && ui.input(|input| input.key_pressed(Key::Enter));
    let can = !looking && !fields.name.trim().is_empty();
    let clicked = dialog_buttons(ui, |ui| {
        let save = Button::new("Save").look(Look::Primary).enabled(can).show(ui).clicked().then_some(Decision::Save);
        let back = Button::new("Cancel").show(ui).clicked().then_some(Decision::Back);
        if looking {
            words(ui, "Looking at the folder …", fonts::regular(12.0), tokens.secondary);
        }
        save.or(back)
    });
    clicked.or((entered && can).then_some(Decision::Save))
}

/// Enter and Space choose another name: a file is never replaced by a key that was pressed once too often.
fn question(ui: &mut Ui, target: &Path) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    let sentences = replace_question(target);
    dialog_title(ui, &sentences.title);
    paragraph(ui, &sentences.advice, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    dialog_buttons(ui, |ui| {
        let other = Button::new("Choose another name").look(Look::Primary).show(ui);
        if ui.memory(|memory| memory.focused().is_none()) {
            other.request_focus();
        }
        let replace = Button::new("Replace").look(Look::Risky).show(ui).clicked().then_some(Decision::Replace);
        replace.or(other.clicked().then_some(Decision::Back))
    })
}
