//! The sheet of keys.

use eframe::egui::{Align, Layout, Ui, Vec2, vec2};

use super::super::action::Action;
use super::super::fonts;
use super::super::theme;
use super::super::widgets::{corner_close, dialog, dialog_title, key_cap, words};
use super::PROFILE_KEYS;

/// Columns, so that all of it is in sight in the smallest window.
const COLUMNS: usize = 3;
const COLUMN: f32 = 236.0;
const BETWEEN: f32 = 32.0;
const ROW: f32 = 30.0;
/// The same in a small window.
const NARROW_COLUMN: f32 = 197.0;
const NARROW_BETWEEN: f32 = 16.0;
const NARROW_ROW: f32 = 26.0;

/// Shows the sheet while it is open.
pub(in super::super) fn shortcut_sheet(ui: &Ui, open: &mut bool, narrow: bool) {
    if !*open {
        return;
    }
    let (width, between, height) =
        if narrow { (NARROW_COLUMN, NARROW_BETWEEN, NARROW_ROW) } else { (COLUMN, BETWEEN, ROW) };
    let count = COLUMNS as f32;
    let closed = dialog(ui, "keys", count * width + (count - 1.0) * between, (), |ui| {
        let closed = corner_close(ui, "Close");
        dialog_title(ui, Action::Shortcuts.label());
        let mut keys: Vec<_> =
            Action::ALL.iter().filter_map(|action| Some((action.label(), action.key_name()?))).collect();
        let [first, .., last] = PROFILE_KEYS;
        keys.push(("Use a profile", format!("{} … {}", first.name(), last.name())));
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(between, 0.0);
            for part in keys.chunks(keys.len().div_ceil(COLUMNS).max(1)) {
                column(ui, part, vec2(width, height));
            }
        });
        closed.then_some(())
    });
    if closed.is_some() {
        *open = false;
    }
}

fn column(ui: &mut Ui, keys: &[(&str, String)], size: Vec2) {
    ui.vertical(|ui| {
        ui.set_width(size.x);
        for (label, key) in keys {
            row(ui, label, key, size);
        }
    });
}

fn row(ui: &mut Ui, label: &str, key: &str, size: Vec2) {
    let tokens = theme::tokens(ui);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        // The key first: it has the room it needs, and the name the rest.
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            key_cap(ui, key);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                words(ui, label, fonts::regular(if size.y < ROW { 13.0 } else { 14.0 }), tokens.text);
            });
        });
    });
}
