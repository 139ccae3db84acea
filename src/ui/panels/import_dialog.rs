//! The built-in dialog for a file to be imported, and what is shown while files are held over the window.

use eframe::egui::{
    Align, Align2, Area, Color32, CornerRadius, Key, Order, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::super::import_flow::ImportFlow;
use super::super::widgets::{
    Button, Look, begin_typing, dialog, dialog_buttons, dialog_title, enter_is_free, paragraph, words,
};
use super::super::{fonts, theme};
use super::file_fields::place_field;

const WIDTH: f32 = 440.0;

/// What the person decided in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum ImportDecision {
    /// The file that was named.
    Import,
    /// Choose files in the desktop's dialog.
    Browse,
    /// No file.
    Back,
}

/// Shows the dialog, if it is open.
pub(in super::super) fn import_dialog(ui: &Ui, flow: &mut ImportFlow) -> Option<ImportDecision> {
    let (field, can_change) = flow.field()?;
    dialog(ui, "import", WIDTH, ImportDecision::Back, |ui| {
        let tokens = theme::tokens(ui);
        dialog_title(ui, "Import a file");
        let what =
            "PDF, TIFF, PNG or JPEG; its pages are added to the document. Files can be dropped onto the window, too.";
        paragraph(ui, what, fonts::regular(14.0), tokens.secondary, Align::LEFT);
        ui.add_space(12.0);
        let tooltip = "Choose files in the desktop's own dialog";
        let (path, browses) = place_field(ui, "File", &mut field.path, field.can_browse, can_change, tooltip);
        let browse = browses.then_some(ImportDecision::Browse);
        if !std::mem::replace(&mut field.focused, true) {
            begin_typing_at_end(ui, &path, &field.path);
        }
        if path.changed() {
            field.none_answers = false;
        }
        if field.none_answers {
            ui.add_space(8.0);
            paragraph(ui, NO_DIALOG, fonts::regular(14.0), tokens.attention, Align::LEFT);
        }
        let entered = path.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let entered = entered || enter_is_free(ui);
        let can = can_change && !field.path.trim().is_empty() && !field.path.trim().ends_with('/');
        // Enter where there is no file yet is no answer: the field keeps the keyboard.
        field.focused = can || !entered;
        let clicked = dialog_buttons(ui, |ui| {
            let import = Button::new("Import").look(Look::Primary).enabled(can).show(ui).clicked();
            let back = Button::new("Cancel").show(ui).clicked();
            if !can_change {
                words(ui, ELSEWHERE, fonts::regular(12.0), tokens.secondary);
            }
            import.then_some(ImportDecision::Import).or(back.then_some(ImportDecision::Back))
        });
        clicked.or((entered && can).then_some(ImportDecision::Import)).or(browse)
    })
}

/// What is said when the desktop has no dialog.
const NO_DIALOG: &str = "This desktop shows no dialog for files. Type where the file is, or drop it onto the window.";
/// What is said while the desktop's dialog is open.
const ELSEWHERE: &str = "Choose files in the other window";

/// What is typed continues the folder that stands there.
fn begin_typing_at_end(ui: &Ui, field: &eframe::egui::Response, text: &str) {
    begin_typing(ui, field, 0);
    let mut state = eframe::egui::TextEdit::load_state(ui.ctx(), field.id).unwrap_or_default();
    let end = eframe::egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(eframe::egui::text::CCursorRange::one(end)));
    state.store(ui.ctx(), field.id);
}

/// Says what becomes of files that are held over the window.
pub(super) fn drop_target(ui: &Ui, room: Rect) {
    let files = ui.input(|input| input.raw.hovered_files.len());
    if files == 0 {
        return;
    }
    let tokens = theme::tokens(ui);
    Area::new(ui.scope_id().with("drop"))
        .order(Order::Foreground)
        .pivot(Align2::LEFT_TOP)
        .fixed_pos(room.min)
        .interactable(false)
        .show(ui.ctx(), |ui| {
            let (rect, response) = ui.allocate_exact_size(room.size(), Sense::hover());
            let text = if files == 1 { "Drop the file to add its pages" } else { "Drop the files to add their pages" };
            response.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Label, true, text));
            let inside = rect.shrink(16.0);
            let ground: Color32 = tokens.accent_soft.gamma_multiply(0.92);
            let line = Stroke::new(2.0, tokens.accent);
            ui.painter().rect(inside, CornerRadius::same(theme::CARD_RADIUS), ground, line, StrokeKind::Inside);
            let at = inside.center() - vec2(0.0, 18.0);
            super::super::icons::Icon::Import.paint(ui.painter(), at, 28.0, tokens.accent);
            let below = inside.center() + vec2(0.0, 16.0);
            ui.painter().text(below, Align2::CENTER_CENTER, text, fonts::semibold(15.0), tokens.text);
        });
}
