//! The dialog for saving every scan by itself, and the switch of it among the settings.

use eframe::egui::{Align, Key, Ui};

use crate::session::{Command, Snapshot};
use crate::text::saving::auto_save_facts;

use super::super::action::Action;
use super::super::auto_save_flow::{AutoSaveFlow, AutoSaveForm};
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::widgets::{
    Button, Look, Segments, begin_typing, check, dialog, dialog_buttons, dialog_title, enter_is_free, field_label,
    paragraph, segmented,
};
use super::super::{fonts, theme};
use super::file_fields::{name_field, place_field};
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
    let tooltip = "Choose the folder in the desktop's own dialog";
    let (folder, browses) = place_field(ui, "Folder", &mut form.folder, form.can_browse, can_change, tooltip);
    if !std::mem::replace(&mut form.focused, true) {
        begin_typing(ui, &folder, 0);
    }
    ui.add_space(12.0);
    let (name, picked) = name_field(ui, &mut form.name, can_change);
    if name.changed() {
        form.name_was_typed();
    }
    if name.changed() || picked || folder.changed() {
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
    clicked.or((entered && can).then_some(AutoSaveDecision::TurnOn)).or(browses.then_some(AutoSaveDecision::Browse))
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
