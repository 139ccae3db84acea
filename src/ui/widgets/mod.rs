//! The window's own controls: drawn as the theme says, each with a name for screen readers and a
//! focus one can see. They know nothing of scanning.

mod button;
mod card;
mod check;
mod dialog;
mod fold;
mod segmented;
mod select;
mod slider;
mod text_field;
mod words;

pub(super) use button::{ActionButton, Button, Look, key_cap};
pub(super) use card::{Card, Stripe, corner_close};
pub(super) use check::{check, check_if};
pub(super) use dialog::{dialog, dialog_buttons, dialog_title, enter_is_free, settle, size_of};
pub(super) use fold::fold;
pub(super) use segmented::{Segments, joined_width, segmented};
pub(super) use select::{menu_row, select, select_field, separator};
pub(super) use slider::slider;
pub(super) use text_field::{begin_typing, secret_field, text_field, text_line};
pub(super) use words::{field_label, paragraph, selectable_paragraph, words};

use eframe::egui::{CornerRadius, FocusDirection, Response, Stroke, StrokeKind, Ui};

use super::theme;

/// An arrow key that goes through a list does not also lead to the next control in its direction: a row that has just got
/// the keyboard cannot say so itself yet.
pub(super) fn stay_here(ui: &Ui) {
    ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
}

/// The ring around a control that has the keyboard: 2 points wide, 2 points away.
pub(super) fn focus_ring(ui: &Ui, response: &Response, radius: u8) {
    if response.has_focus() {
        let accent = theme::tokens(ui).accent;
        ui.painter().rect_stroke(
            response.rect.expand(2.0),
            CornerRadius::same(radius + 2),
            Stroke::new(2.0, accent),
            StrokeKind::Outside,
        );
    }
}
