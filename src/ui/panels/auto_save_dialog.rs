//! The dialog for saving every scan by itself, and the switch of it among the settings.

use eframe::egui::{Align, Key, Popup, Response, Ui};

use crate::export::Field;
use crate::session::{Command, Snapshot};
use crate::text::saving::{auto_save_facts, field};

use super::super::action::Action;
use super::super::auto_save_flow::{AutoSaveFlow, AutoSaveForm};
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::widgets::{
    Button, Look, Segments, begin_typing, check, dialog, dialog_buttons, dialog_title, enter_is_free, field_label,
    menu_row, paragraph, segmented, text_field,
};
use super::super::{fonts, theme};
use super::save_dialog::{BESIDE, LIST, beside};
use super::save_options::FORMATS;

const WIDTH: f32 = 480.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum AutoSaveDecision {
    /// From now on, like this.
    TurnOn,
    /// Not any more.
    TurnOff,
    /// The folder is chosen in the desktop's dialog.
    Browse,
    /// As it was.
    Back,
}

/// Shows the dialog, if it is open.
pub(in super::super) fn auto_save_dialog(ui: &Ui, flow: &mut AutoSaveFlow) -> Option<AutoSaveDecision> {
    let (form, can_change) = flow.form()?;
    dialog(ui, "auto save", WIDTH, AutoSaveDecision::Back, |ui| content(ui, form, can_change))
}

fn content(ui: &mut Ui, form: &mut AutoSaveForm, can_change: bool) -> Option<AutoSaveDecision> {
    let tokens = theme::tokens(ui);
    dialog_title(ui, "Save every scan");
    let what = "The pages of each scan become a file in this folder as soon as it has ended.";
    paragraph(ui, what, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    ui.add_space(12.0);
    let mut browses = None;
    let folder = folder(ui, form, can_change, &mut browses);
    if !std::mem::replace(&mut form.focused, true) {
        begin_typing(ui, &folder, 0);
    }
    ui.add_space(12.0);
    let name = name(ui, form, can_change);
    if name.changed() {
        form.name_was_typed();
    }
    if name.changed() || folder.changed() {
        form.trouble = None;
    }
    ui.add_space(4.0);
    let example = form.example();
    let (text, color) = match &example {
        Ok(example) => (format!("Like {example}"), tokens.secondary),
        Err(trouble) => (trouble.clone(), tokens.attention),
    };
    paragraph(ui, &text, fonts::regular(12.0), color, Align::LEFT);
    ui.add_space(12.0);
    field_label(ui, "Format");
    ui.add_space(4.0);
    let width = ui.available_width();
    if let Some(format) = segmented(ui, &FORMATS, Some(form.format), Segments::Apart { width }) {
        form.choose_format(format);
    }
    if let Some(trouble) = &form.trouble {
        ui.add_space(8.0);
        paragraph(ui, &trouble.joined(), fonts::regular(14.0), tokens.attention, Align::LEFT);
    }
    let can = can_change && example.is_ok() && !form.folder.trim().is_empty();
    let left = folder.lost_focus() || name.lost_focus();
    let entered = (left && ui.input(|input| input.key_pressed(Key::Enter))) || enter_is_free(ui);
    let clicked = dialog_buttons(ui, |ui| {
        let label = if form.is_on { "Save changes" } else { "Turn on" };
        let on = Button::new(label).look(Look::Primary).enabled(can).show(ui).clicked();
        let off = form.is_on && Button::new("Turn off").show(ui).clicked();
        let back = Button::new("Cancel").show(ui).clicked();
        let decisions =
            [(on, AutoSaveDecision::TurnOn), (off, AutoSaveDecision::TurnOff), (back, AutoSaveDecision::Back)];
        decisions.into_iter().find(|(is_so, _)| *is_so).map(|(_, decision)| decision)
    });
    clicked.or((entered && can).then_some(AutoSaveDecision::TurnOn)).or(browses)
}

/// The folder, and beside it the way to the desktop's dialog where there is one.
fn folder(ui: &mut Ui, form: &mut AutoSaveForm, can_change: bool, decision: &mut Option<AutoSaveDecision>) -> Response {
    if !form.can_browse {
        return text_field(ui, &mut form.folder, "Folder", can_change);
    }
    beside(
        ui,
        |ui| text_field(ui, &mut form.folder, "Folder", can_change),
        |ui| {
            let browse = Button::new("Browse …").width(BESIDE).enabled(can_change).show(ui);
            if browse.on_hover_text("Choose the folder in the desktop's own dialog").clicked() {
                *decision = Some(AutoSaveDecision::Browse);
            }
        },
    )
}

/// The name, and beside it what it can be made of.
fn name(ui: &mut Ui, form: &mut AutoSaveForm, can_change: bool) -> Response {
    let mut picked = None;
    let field = beside(
        ui,
        |ui| text_field(ui, &mut form.name, "Name", can_change),
        |ui| picked = insert_button(ui, can_change),
    );
    if let Some(picked) = picked {
        form.add_field(picked);
    }
    field
}

/// What a name can be made of; the name of the field that was picked now, if one was.
pub(super) fn insert_button(ui: &mut Ui, can_change: bool) -> Option<&'static str> {
    let insert = Button::new("Insert").arrow().width(BESIDE).enabled(can_change);
    let insert = insert.name("Insert into the name").show(ui).on_hover_text("Date, time, number … in the name");
    let mut picked = None;
    Popup::menu(&insert).width(LIST).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (name, part) in Field::ALL {
            if menu_row(ui, None, field(part), Some(&format!("{{{name}}}")), false, true).clicked() {
                picked = Some(name);
            }
        }
    });
    picked
}

/// The switch: on asks where to, off is one click; what is on says where.
pub(super) fn auto_save_switch(ui: &mut Ui, shown: &Snapshot, requests: &mut Requests) {
    ui.spacing_mut().item_spacing.y = 0.0;
    field_label(ui, "After each scan");
    if check(ui, "Save to a folder", shown.auto_save.is_some()).clicked() {
        match shown.auto_save {
            Some(_) => requests.send(Command::SetAutoSave(None)),
            None => requests.act(Action::AutoSave),
        }
    }
    if let Some(wish) = &shown.auto_save {
        let (facts, width) = (auto_save_facts(wish), ui.available_width());
        let place = Button::new(&facts).look(Look::Link).icon(Some(Icon::Folder)).small().at_most(width);
        let place = place.name("Change how every scan is saved").show(ui);
        if place.on_hover_text(wish.folder.join(&wish.name).to_string_lossy()).clicked() {
            requests.act(Action::AutoSave);
        }
    }
}
