//! The question before the window closes over pages that no saved file has.

use eframe::egui::{Align, Ui};

use crate::session::Snapshot;
use crate::text::questions::close_question;

use super::super::widgets::{Button, Look, dialog, dialog_buttons, dialog_title, paragraph};
use super::super::{fonts, theme};

const WIDTH: f32 = 440.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Leave {
    /// Save first.
    Save,
    /// Close without.
    Close,
    /// Do not close.
    Stay,
}

/// Shows the question. Enter and Space save: that keeps everything, whatever was meant.
pub(in super::super) fn close_dialog(ui: &Ui, shown: &Snapshot) -> Option<Leave> {
    dialog(ui, "close", WIDTH, Leave::Stay, |ui| {
        let sentences = close_question(shown);
        dialog_title(ui, &sentences.title);
        paragraph(ui, &sentences.advice, fonts::regular(14.0), theme::tokens(ui).secondary, Align::LEFT);
        dialog_buttons(ui, |ui| {
            let answers = [
                (Button::new("Save").look(Look::Primary), Leave::Save),
                (Button::new("Cancel"), Leave::Stay),
                (Button::new("Close without saving").look(Look::Risky), Leave::Close),
            ];
            let shown = answers.map(|(button, answer)| (button.show(ui), answer));
            if !shown.iter().any(|(button, _)| button.has_focus()) {
                shown[0].0.request_focus();
            }
            shown.iter().find(|(button, _)| button.clicked()).map(|(_, answer)| *answer)
        })
    })
}
