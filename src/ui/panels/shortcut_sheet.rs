//! The sheet of keys.

use eframe::egui::{Align, Layout, Ui, vec2};

use super::super::action::Action;
use super::super::fonts;
use super::super::theme;
use super::super::widgets::{corner_close, dialog, dialog_title, key_cap, words};
use super::PROFILE_KEYS;

/// Two columns, so that all of it is in sight in the smallest window.
const COLUMN: f32 = 260.0;
const BETWEEN: f32 = 40.0;
const ROW: f32 = 30.0;

/// Shows the sheet while it is open.
pub(in super::super) fn shortcut_sheet(ui: &Ui, open: &mut bool) {
    if !*open {
        return;
    }
    let closed = dialog(ui, "keys", 2.0 * COLUMN + BETWEEN, (), |ui| {
        let closed = corner_close(ui, "Close");
        dialog_title(ui, Action::Shortcuts.label());
        let mut keys: Vec<_> =
            Action::ALL.iter().filter_map(|action| Some((action.label(), action.key_name()?))).collect();
        let [first, .., last] = PROFILE_KEYS;
        keys.push(("Use a profile", format!("{} … {}", first.name(), last.name())));
        let (left, right) = keys.split_at(keys.len().div_ceil(2));
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(BETWEEN, 0.0);
            column(ui, left);
            column(ui, right);
        });
        closed.then_some(())
    });
    if closed.is_some() {
        *open = false;
    }
}

fn column(ui: &mut Ui, keys: &[(&str, String)]) {
    ui.vertical(|ui| {
        ui.set_width(COLUMN);
        for (label, key) in keys {
            row(ui, label, key);
        }
    });
}

fn row(ui: &mut Ui, label: &str, key: &str) {
    let tokens = theme::tokens(ui);
    ui.allocate_ui_with_layout(vec2(COLUMN, ROW), Layout::left_to_right(Align::Center), |ui| {
        words(ui, label, fonts::regular(14.0), tokens.text);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| key_cap(ui, key));
    });
}
