//! What dialogs ask for that are about files: a place and a name, each with a button beside it.

use eframe::egui::{Align, Layout, Popup, Response, Ui, vec2};

use crate::export::Field;
use crate::text::saving::field;

use super::super::save_target::add_field;
use super::super::widgets::{Button, menu_row, text_field};

/// The button beside a field.
const BUTTON: f32 = 92.0;
const GAP: f32 = 8.0;
/// The list of what can be in a name.
const LIST: f32 = 300.0;

/// A place, and beside it the way to the desktop's dialog where there is one; whether that was asked for. `tooltip`: what
/// is chosen there.
pub(super) fn place_field(
    ui: &mut Ui,
    label: &str,
    place: &mut String,
    can_browse: bool,
    can_change: bool,
    tooltip: &str,
) -> (Response, bool) {
    if !can_browse {
        return (text_field(ui, place, label, can_change), false);
    }
    beside(
        ui,
        |ui| text_field(ui, place, label, can_change),
        |ui| {
            let browse = Button::new("Browse …").width(BUTTON).enabled(can_change).show(ui);
            browse.on_hover_text(tooltip).clicked()
        },
    )
}

/// The name, and beside it what it can be made of; whether some of that was put into it now.
pub(super) fn name_field(ui: &mut Ui, name: &mut String, can_change: bool) -> (Response, bool) {
    let (response, picked) =
        beside(ui, |ui| text_field(ui, name, "Name", can_change), |ui| insert_button(ui, can_change));
    if let Some(picked) = picked {
        add_field(name, picked);
    }
    (response, picked.is_some())
}

/// The name of the field that was picked now, if one was.
fn insert_button(ui: &mut Ui, can_change: bool) -> Option<&'static str> {
    let insert = Button::new("Insert").arrow().width(BUTTON).enabled(can_change);
    let insert = insert.name("Insert into the name").show(ui).on_hover_text("Date, time, number … in the name");
    let mut picked = None;
    Popup::menu(&insert).width(LIST).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (name, part) in Field::ALL {
            if menu_row(ui, None, field(part), Some(&format!("{{{name}}}")), false, true).clicked() {
                picked = Some(name);
            }
        }
    });
    picked
}

/// A field with a button beside it.
fn beside<Said>(
    ui: &mut Ui,
    field: impl FnOnce(&mut Ui) -> Response,
    button: impl FnOnce(&mut Ui) -> Said,
) -> (Response, Said) {
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::left_to_right(Align::Max), |ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        let shown = ui.vertical(|ui| {
            ui.set_width(width - BUTTON - GAP);
            field(ui)
        });
        (shown.inner, button(ui))
    })
    .inner
}
