//! The name for settings, and the question before one goes.

use eframe::egui::{Align, Key, Ui};

use crate::session::profiles::{Profile, ProfileName};
use crate::session::{Command, Snapshot};
use crate::text::profiles::planned_in;

use super::super::choice::Choice;
use super::super::profile_flow::{Naming, ProfileFlow};
use super::super::requests::Requests;
use super::super::widgets::{Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, paragraph, text_field};
use super::super::{fonts, theme};
use super::settings_panel::mode_label;
use super::top_bar::source_label;

const WIDTH: f32 = 440.0;

/// What the person decided in this frame.
enum Decision {
    Save(Profile),
    Remove(ProfileName),
    Back,
}

/// Shows the dialog or the question, if one is open, and does what was decided.
pub(in super::super) fn profile_dialog(
    ui: &Ui,
    shown: &Snapshot,
    choice: &mut Choice,
    flow: &mut ProfileFlow,
    requests: &mut Requests,
) {
    let decision = match flow {
        ProfileFlow::Closed => return,
        ProfileFlow::Naming(naming) => dialog(ui, "profile", WIDTH, Decision::Back, |ui| name(ui, shown, naming)),
        ProfileFlow::Removing(name) => dialog(ui, "profile", WIDTH, Decision::Back, |ui| question(ui, name)),
    };
    match decision {
        None => return,
        Some(Decision::Back) => {}
        Some(Decision::Save(profile)) => {
            choice.pick(&profile);
            requests.send(Command::SaveProfile(profile));
        }
        Some(Decision::Remove(name)) => requests.send(Command::RemoveProfile(name.to_string())),
    }
    *flow = ProfileFlow::Closed;
}

/// Enter saves only what replaces nothing.
fn name(ui: &mut Ui, shown: &Snapshot, naming: &mut Naming) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    let say = |ui: &mut Ui, text: &str, color| {
        paragraph(ui, text, fonts::regular(14.0), color, Align::LEFT);
    };
    dialog_title(ui, "Save these settings");
    say(ui, &planned_in(&naming.plan, source_label, mode_label), tokens.secondary);
    ui.add_space(12.0);
    let field = text_field(ui, &mut naming.name, "Name", true);
    if !naming.focused {
        naming.focused = true;
        begin_typing(ui, &field, naming.name.chars().count());
    }
    let profile = naming.profile(shown);
    let replaces = naming.replaced(shown).is_some();
    ui.add_space(8.0);
    match &profile {
        Ok(_) if replaces => say(ui, "There is a profile of this name already.", tokens.secondary),
        Err(trouble) if !naming.name.trim().is_empty() => say(ui, trouble, tokens.attention),
        Ok(_) | Err(_) => {}
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !replaces;
    let (label, look) = if replaces { ("Replace", Look::Risky) } else { ("Save", Look::Primary) };
    let (saved, back) = dialog_buttons(ui, |ui| {
        let saved = Button::new(label).look(look).enabled(profile.is_ok()).show(ui).clicked();
        (saved, Button::new("Cancel").show(ui).clicked())
    });
    match profile {
        Ok(profile) if saved || entered => Some(Decision::Save(profile)),
        _ => back.then_some(Decision::Back),
    }
}

/// Enter and Space keep it.
fn question(ui: &mut Ui, name: &ProfileName) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    dialog_title(ui, &format!("Remove “{name}”?"));
    let advice = "Only the name and its settings go. Pages and files stay as they are.";
    paragraph(ui, advice, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    dialog_buttons(ui, |ui| {
        let keep = Button::new("Keep").look(Look::Primary).show(ui);
        if ui.memory(|memory| memory.focused().is_none()) {
            keep.request_focus();
        }
        let remove = Button::new("Remove").look(Look::Risky).show(ui).clicked();
        remove.then(|| Decision::Remove(name.clone())).or(keep.clicked().then_some(Decision::Back))
    })
}
