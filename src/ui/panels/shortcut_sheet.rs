//! The sheet of keys.

use eframe::egui::{Align, Id, Layout, Modal, ScrollArea, Ui, vec2};

use super::super::action::Action;
use super::super::icons::Icon;
use super::super::widgets::{Button, Look, dialog_frame, key_cap, words};
use super::super::{fonts, theme};

const WIDTH: f32 = 380.0;
/// Room for the scroll bar of a small window.
const SCROLL_BAR: f32 = 12.0;

/// Shows the sheet while it is open.
pub(in super::super) fn shortcut_sheet(ui: &Ui, open: &mut bool) {
    if !*open {
        return;
    }
    let tokens = theme::tokens(ui);
    let height = ui.ctx().content_rect().height() - 140.0;
    let modal =
        Modal::new(Id::unique("keys")).frame(dialog_frame(ui)).backdrop_color(tokens.backdrop).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            ui.horizontal(|ui| {
                words(ui, Action::Shortcuts.label(), fonts::semibold(15.0), tokens.text);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if Button::of_icon(Icon::Close, "Close").look(Look::Bare).show(ui).clicked() {
                        *open = false;
                    }
                });
            });
            ScrollArea::vertical().max_height(height).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.set_max_width(WIDTH - SCROLL_BAR);
                for action in Action::ALL {
                    if let Some(key) = action.key_name() {
                        row(ui, action.label(), &key);
                    }
                }
            });
        });
    if modal.should_close() {
        *open = false;
    }
}

fn row(ui: &mut Ui, label: &str, key: &str) {
    let tokens = theme::tokens(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 28.0), Layout::left_to_right(Align::Center), |ui| {
        words(ui, label, fonts::regular(14.0), tokens.text);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| key_cap(ui, key));
    });
}
