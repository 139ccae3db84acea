//! The question for the password of a file that is being imported.

use eframe::egui::{Align, Key, Ui};

use crate::session::Snapshot;
use crate::text::import::password_question;

use super::super::password_flow::PasswordFlow;
use super::super::requests::Requests;
use super::super::widgets::{
    Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, enter_is_free, paragraph, secret_field,
};
use super::super::{fonts, theme};

const WIDTH: f32 = 440.0;

/// Shows the question, if there is one, and sends the answer: Enter goes on, Esc leaves the file out.
pub(in super::super) fn password_dialog(ui: &Ui, shown: &Snapshot, flow: &mut PasswordFlow, requests: &mut Requests) {
    let (Some(locked), Some(typing)) = (&shown.locked, flow.typing()) else { return };
    let words = password_question(&locked.name, locked.was_wrong);
    let goes_on = dialog(ui, "password", WIDTH, false, |ui| {
        let tokens = theme::tokens(ui);
        dialog_title(ui, &words.title);
        let color = if locked.was_wrong { tokens.attention } else { tokens.secondary };
        paragraph(ui, &words.advice, fonts::regular(14.0), color, Align::LEFT);
        ui.add_space(12.0);
        let field = secret_field(ui, &mut typing.typed, "Password", true);
        if !std::mem::replace(&mut typing.focused, true) {
            begin_typing(ui, &field, 0);
        }
        let entered = (field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))) || enter_is_free(ui);
        let can = typing.is_something();
        // Enter in an empty field is no answer: the field keeps the keyboard.
        typing.focused = can || !entered;
        let clicked = dialog_buttons(ui, |ui| {
            let import = Button::new("Import").look(Look::Primary).enabled(can).show(ui).clicked();
            let out = Button::new("Leave it out").show(ui);
            let out = out.on_hover_text("The other files are imported without it").clicked();
            import.then_some(true).or(out.then_some(false))
        });
        clicked.or((entered && can).then_some(true))
    });
    if let Some(goes_on) = goes_on {
        requests.send(typing.answer(goes_on));
    }
}
