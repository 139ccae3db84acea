//! The built-in dialog for the place of a file, and the question before one is replaced.

use eframe::egui::{Align, Id, Key, Layout, Modal, TextEdit, Ui, vec2};

use super::super::save_flow::{PathFields, SaveFlow};
use super::super::widgets::{Button, Look, dialog_frame, field_label, paragraph, words};
use super::super::{fonts, theme};

const WIDTH: f32 = 420.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Decision {
    /// Save there.
    Save,
    /// Replace the old file.
    Replace,
    /// One step back.
    Back,
}

/// Shows the dialog or the question, if one is open.
pub(in super::super) fn save_dialog(ui: &Ui, flow: &mut SaveFlow) -> Option<Decision> {
    let (title, question) = match flow {
        SaveFlow::Path(_) | SaveFlow::Looking(..) => ("Save PDF", None),
        SaveFlow::Replace(_, target) => ("Replace the file?", Some(target.clone())),
        SaveFlow::Closed | SaveFlow::Asking(_) => return None,
    };
    let tokens = theme::tokens(ui);
    let modal =
        Modal::new(Id::unique("save")).frame(dialog_frame(ui)).backdrop_color(tokens.backdrop).show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 64.0));
            ui.spacing_mut().item_spacing.y = 8.0;
            words(ui, title, fonts::semibold(15.0), tokens.text);
            match (flow, question) {
                (_, Some(target)) => {
                    let folder = target.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
                    let name = target.file_name().unwrap_or_default().to_string_lossy();
                    let text = format!("“{name}” is already in {folder}. The old file is lost when it is replaced.");
                    paragraph(ui, &text, fonts::regular(14.0), tokens.secondary, Align::LEFT);
                    buttons(ui, "Replace", Decision::Replace, "Choose another name", true)
                }
                (SaveFlow::Path(fields), None) => path_fields(ui, fields),
                (_, None) => {
                    paragraph(ui, "Looking at the folder …", fonts::regular(14.0), tokens.secondary, Align::LEFT);
                    buttons(ui, "Save", Decision::Save, "Cancel", false)
                }
            }
        });
    modal.inner.or(modal.should_close().then_some(Decision::Back))
}

fn path_fields(ui: &mut Ui, fields: &mut PathFields) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    let name = field(ui, &mut fields.name, "Name");
    if !fields.focused {
        fields.focused = true;
        name.request_focus();
    }
    let folder = field(ui, &mut fields.folder, "Folder");
    if name.changed() || folder.changed() {
        fields.obstacle = None;
    }
    if let Some(obstacle) = fields.obstacle {
        paragraph(ui, obstacle.words(), fonts::regular(12.0), tokens.attention, Align::LEFT);
    }
    let entered = (name.lost_focus() || folder.lost_focus()) && ui.input(|input| input.key_pressed(Key::Enter));
    let given = !fields.name.trim().is_empty();
    let clicked = buttons(ui, "Save", Decision::Save, "Cancel", given);
    clicked.or((entered && given).then_some(Decision::Save))
}

fn field(ui: &mut Ui, text: &mut String, name: &str) -> eframe::egui::Response {
    let label = field_label(ui, name).id;
    let width = ui.available_width();
    let field = TextEdit::singleline(text)
        .margin(vec2(12.0, 8.0))
        .align(eframe::egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, theme::CONTROL))
        .desired_width(width);
    ui.add(field).labelled_by(label)
}

fn buttons(ui: &mut Ui, yes: &str, decision: Decision, no: &str, can: bool) -> Option<Decision> {
    let mut decided = None;
    ui.add_space(4.0);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if Button::new(yes).look(Look::Primary).enabled(can).show(ui).clicked() {
            decided = Some(decision);
        }
        if Button::new(no).show(ui).clicked() {
            decided = Some(Decision::Back);
        }
    });
    decided
}
