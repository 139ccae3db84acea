//! Words on their own.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, Color32, FontId, Label, Response, Ui};

use super::super::{fonts, theme};

/// One line, cut with dots where it does not fit.
pub(in super::super) fn words(ui: &mut Ui, text: &str, font: FontId, color: Color32) -> Response {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap.max_rows = 1;
    ui.add(Label::new(job).truncate().selectable(false))
}

/// Several lines with the line height the theme asks for.
pub(in super::super) fn paragraph(ui: &mut Ui, text: &str, font: FontId, color: Color32, align: Align) -> Response {
    let job = lines(ui, text, font, color, align);
    ui.add(Label::new(job).selectable(false))
}

/// Several lines that can be marked and copied.
pub(in super::super) fn selectable_paragraph(
    ui: &mut Ui,
    text: &str,
    font: FontId,
    color: Color32,
    align: Align,
) -> Response {
    let job = lines(ui, text, font, color, align);
    ui.add(Label::new(job).selectable(true))
}

fn lines(ui: &Ui, text: &str, font: FontId, color: Color32, align: Align) -> LayoutJob {
    let line_height = Some((font.size * 1.43).round());
    let mut job = LayoutJob::single_section(
        text.to_owned(),
        TextFormat { font_id: font, color, line_height, ..TextFormat::default() },
    );
    job.halign = align;
    job.wrap.max_width = ui.available_width();
    job
}

/// The name above a control.
pub(in super::super) fn field_label(ui: &mut Ui, text: &str) -> Response {
    let color = theme::tokens(ui).secondary;
    words(ui, text, fonts::semibold(12.0), color)
}
