//! A line of text to be typed, under its name.

use eframe::egui::{Align2, Response, TextEdit, Ui, vec2};

use super::super::theme;
use super::field_label;

/// Shows the field as wide as the place.
pub(in super::super) fn text_field(ui: &mut Ui, text: &mut String, name: &str, can_change: bool) -> Response {
    let label = field_label(ui, name).id;
    ui.add_space(4.0);
    let width = ui.available_width();
    let field = TextEdit::singleline(text)
        .interactive(can_change)
        .margin(vec2(12.0, 8.0))
        .align(Align2::LEFT_CENTER)
        .min_size(vec2(0.0, theme::CONTROL))
        .desired_width(width);
    ui.add(field).labelled_by(label)
}
