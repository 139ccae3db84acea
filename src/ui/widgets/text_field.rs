//! A line of text to be typed, under its name.

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::{Align2, Response, TextEdit, Ui, vec2};

use super::super::theme;
use super::field_label;

/// Shows the field as wide as the place.
pub(in super::super) fn text_field(ui: &mut Ui, text: &mut String, name: &str, can_change: bool) -> Response {
    field(ui, text, name, can_change, false)
}

/// The same for what nobody shall read over somebody's shoulder.
pub(in super::super) fn secret_field(ui: &mut Ui, text: &mut String, name: &str, can_change: bool) -> Response {
    field(ui, text, name, can_change, true)
}

fn field(ui: &mut Ui, text: &mut String, name: &str, can_change: bool, is_secret: bool) -> Response {
    let label = field_label(ui, name).id;
    ui.add_space(4.0);
    let width = ui.available_width();
    // Whatever comes and goes above it, it is the same field and keeps the keyboard.
    let field = TextEdit::singleline(text)
        .id_salt(name)
        .interactive(can_change)
        .password(is_secret)
        .margin(vec2(12.0, 8.0))
        .align(Align2::LEFT_CENTER)
        .min_size(vec2(0.0, theme::CONTROL))
        .desired_width(width);
    let shown = ui.add_enabled(can_change, field).labelled_by(label);
    if shown.changed() {
        shown.scroll_to_me(None);
    }
    shown
}

/// A field without a name above it: what it is for stands in it while it is empty.
pub(in super::super) fn text_line(ui: &mut Ui, text: &mut String, name: &str, width: f32) -> Response {
    let field = TextEdit::singleline(text)
        .hint_text(name)
        .margin(vec2(12.0, 8.0))
        .align(Align2::LEFT_CENTER)
        .min_size(vec2(0.0, theme::CONTROL))
        .desired_width(width);
    ui.add(field).accessible_name(name)
}

/// Gives the field the keyboard with its first characters marked: what is typed next takes their place.
pub(in super::super) fn begin_typing(ui: &Ui, field: &Response, marked: usize) {
    field.request_focus();
    let mut state = TextEdit::load_state(ui.ctx(), field.id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(0), CCursor::new(marked))));
    state.store(ui.ctx(), field.id);
}
