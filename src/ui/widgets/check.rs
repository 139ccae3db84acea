//! Something that is so or is not.

use eframe::egui::{CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::super::icons::Icon;
use super::super::{fonts, theme};
use super::focus_ring;

const HEIGHT: f32 = 32.0;
const BOX: f32 = 18.0;
const GAP: f32 = 8.0;

/// Shows a box with words beside it, as wide as the place.
pub(in super::super) fn check(ui: &mut Ui, text: &str, is_so: bool) -> Response {
    check_if(ui, text, is_so, true)
}

/// The same; it may be that it cannot be changed.
pub(in super::super) fn check_if(ui: &mut Ui, text: &str, is_so: bool, can_change: bool) -> Response {
    let tokens = theme::tokens(ui);
    let sense = if can_change { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), sense);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, can_change, is_so, text));
    let square = Rect::from_center_size(pos2(rect.left() + BOX / 2.0, rect.center().y), Vec2::splat(BOX));
    let faded = |color: eframe::egui::Color32| if can_change { color } else { color.gamma_multiply(0.45) };
    let (fill, line) = match is_so {
        true => (faded(tokens.accent), faded(tokens.accent)),
        false if response.hovered() => (tokens.hover, tokens.secondary),
        false => (tokens.panel, faded(tokens.secondary)),
    };
    let corners = CornerRadius::same(theme::SMALL_RADIUS);
    ui.painter().rect(square, corners, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    if is_so {
        Icon::Tick.paint(ui.painter(), square.center(), 14.0, tokens.on_accent);
    }
    let ink = faded(tokens.text);
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), fonts::regular(14.0), ink);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width((rect.width() - BOX - GAP).max(8.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(square.right() + GAP, rect.center().y - galley.size().y / 2.0), galley, ink);
    focus_ring(ui, &response.clone().with_new_rect(square), theme::SMALL_RADIUS);
    response
}
