//! The dialog for a file: where it shall be and what it shall be like; and the question before one is replaced.

use std::path::{Path, PathBuf};

use eframe::egui::{Align, Key, ScrollArea, Ui};

use crate::text::questions::{replace_answer, replace_question};
use crate::text::saving::{LOSES_PASSWORD, file_names};

use super::super::outlook::Outlook;
use super::super::save_flow::{SaveFlow, SaveForm};
use super::super::widgets::{
    Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, enter_is_free, paragraph, words,
};
use super::super::{fonts, theme};
use super::file_fields::{name_field, place_field};
use super::save_options::save_options;

const WIDTH: f32 = 480.0;
/// What is said while the desktop's dialog is open.
const ELSEWHERE: &str = "Choose a file in the other window";
/// What of a window is not the part that scrolls: title, buttons, and what stays free around.
const NOT_SCROLLED: f32 = 164.0;
/// A line of trouble or two, and what is above it.
const TROUBLE: f32 = 48.0;
/// Where the bar of what is scrolled stands, from the end of the fields: in the margin.
const BESIDE_FIELDS: f32 = -12.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Decision {
    /// Save there.
    Save,
    /// Replace the old files.
    Replace,
    /// Choose the place in the desktop's dialog.
    Browse,
    /// One step back.
    Back,
}

/// Shows the dialog or the question, if one is open.
pub(in super::super) fn save_dialog(ui: &Ui, flow: &mut SaveFlow, outlook: &Outlook) -> Option<Decision> {
    match flow {
        SaveFlow::Form(form) => modal(ui, |ui| place(ui, form, outlook, None)),
        SaveFlow::Looking(form, ..) => modal(ui, |ui| place(ui, form, outlook, Some("Looking at the folder …"))),
        SaveFlow::Browsing(form, _) => modal(ui, |ui| place(ui, form, outlook, Some(ELSEWHERE))),
        SaveFlow::Replace(form, there) => modal(ui, |ui| question(ui, form, there)),
        SaveFlow::Closed | SaveFlow::Proposing(..) | SaveFlow::Sent(_) => None,
    }
}

fn modal(ui: &Ui, content: impl FnOnce(&mut Ui) -> Option<Decision>) -> Option<Decision> {
    dialog(ui, "save", WIDTH, Decision::Back, content)
}

/// Name, folder and all the rest. While something is waited for they stay where they are and cannot be changed.
fn place(ui: &mut Ui, form: &mut SaveForm, outlook: &Outlook, waiting: Option<&str>) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    let mut decision = None;
    dialog_title(ui, "Save as a file");
    let trouble = trouble(form, outlook, waiting);
    // Where much is typed it has its room before: what is typed stays in sight.
    let told = if form.unfolded || trouble.is_some() { TROUBLE } else { 0.0 };
    let room = ui.ctx().content_rect().height() - NOT_SCROLLED - told;
    // The bar of what is scrolled stands beside the fields.
    ui.spacing_mut().scroll.bar_outer_margin = BESIDE_FIELDS;
    let typed = ScrollArea::vertical().max_height(room.max(120.0)).auto_shrink([false, true]).show(ui, |ui| {
        let (name, picked) = name_field(ui, &mut form.name, waiting.is_none());
        if !std::mem::replace(&mut form.focused, true) {
            let stem = Path::new(&form.name).file_stem().map_or(0, |stem| stem.to_string_lossy().chars().count());
            begin_typing(ui, &name, stem);
        }
        called(ui, form, outlook);
        if form.loses_password() {
            ui.add_space(4.0);
            paragraph(ui, LOSES_PASSWORD, fonts::regular(12.0), tokens.attention, Align::LEFT);
        }
        ui.add_space(12.0);
        let tooltip = "Choose the place in the desktop's own dialog";
        let (folder, browses) =
            place_field(ui, "Folder", &mut form.folder, form.can_browse, waiting.is_none(), tooltip);
        decision = browses.then_some(Decision::Browse);
        if name.changed() {
            form.name_was_typed();
        }
        if name.changed() || picked || folder.changed() {
            form.trouble = None;
        }
        ui.add_space(12.0);
        let options = ui.add_enabled_ui(waiting.is_none(), |ui| save_options(ui, form, outlook)).inner;
        name.lost_focus() || folder.lost_focus() || options
    });
    let mut can = waiting.is_none() && !form.name.trim().is_empty();
    can &= form.choices.trouble().is_none() && form.name_trouble().is_none();
    if let Some(trouble) = trouble {
        ui.add_space(8.0);
        paragraph(ui, &trouble, fonts::regular(14.0), tokens.attention, Align::LEFT);
    }
    let entered = (typed.inner && ui.input(|input| input.key_pressed(Key::Enter))) || enter_is_free(ui);
    let clicked = dialog_buttons(ui, |ui| {
        let save = Button::new("Save").look(Look::Primary).enabled(can).show(ui).clicked().then_some(Decision::Save);
        let back = Button::new("Cancel").show(ui).clicked().then_some(Decision::Back);
        if let Some(waiting) = waiting {
            words(ui, waiting, fonts::regular(12.0), tokens.secondary);
        }
        save.or(back)
    });
    clicked.or((entered && can).then_some(Decision::Save)).or(decision)
}

/// Why nothing was saved, or could not be.
fn trouble(form: &SaveForm, outlook: &Outlook, waiting: Option<&str>) -> Option<String> {
    let foreseen = outlook.trouble().filter(|_| waiting.is_none());
    let told = form.trouble.as_ref().or(foreseen).map(|trouble| trouble.joined());
    form.choices.trouble().map(str::to_owned).or(told)
}

/// What the files will be called, where the name alone does not say it; or why the name is none.
fn called(ui: &mut Ui, form: &SaveForm, outlook: &Outlook) {
    if let Some(trouble) = form.name_trouble() {
        ui.add_space(4.0);
        paragraph(ui, &trouble.joined(), fonts::regular(12.0), theme::tokens(ui).attention, Align::LEFT);
        return;
    }
    let names = outlook.names();
    if (form.is_template() || form.file_count() > 1) && !names.is_empty() {
        ui.add_space(4.0);
        words(ui, &file_names(names), fonts::regular(12.0), theme::tokens(ui).secondary);
    }
}

/// Enter and Space choose another name: a file is never replaced by a key that was pressed once too often.
fn question(ui: &mut Ui, form: &SaveForm, there: &[PathBuf]) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    let sentences = replace_question(there);
    dialog_title(ui, &sentences.title);
    paragraph(ui, &sentences.advice, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    if form.loses_password() {
        ui.add_space(8.0);
        paragraph(ui, LOSES_PASSWORD, fonts::regular(14.0), tokens.attention, Align::LEFT);
    }
    dialog_buttons(ui, |ui| {
        let other = Button::new("Choose another name").look(Look::Primary).show(ui);
        if ui.memory(|memory| memory.focused().is_none()) {
            other.request_focus();
        }
        let replace =
            Button::new(&replace_answer(there.len())).look(Look::Risky).show(ui).clicked().then_some(Decision::Replace);
        replace.or(other.clicked().then_some(Decision::Back))
    })
}
