//! What is rarely wanted, folded away under a line that says what is in it.

use eframe::egui::{Align, CornerRadius, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::{fonts, theme};
use super::focus_ring;

const HEIGHT: f32 = 32.0;
/// Half the width of the sign that points to what is folded.
const SIGN: f32 = 4.0;
const GAP: f32 = 10.0;
/// What the focus ring needs around the line.
const RING: f32 = 5.0;

/// Shows the line, as wide as the place; behind its name `inside` says what was chosen in there. Whether it is open.
pub(in super::super) fn fold(ui: &mut Ui, name: &str, inside: &str, is_open: &mut bool) -> bool {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    if response.clicked() {
        *is_open = !*is_open;
        if *is_open {
            // What comes to light is seen as far as there is room for it.
            ui.scroll_to_rect(rect.expand(RING), Some(Align::TOP));
        }
    }
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, *is_open, name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), tokens.hover);
    }
    let middle = pos2(rect.left() + 12.0, rect.center().y);
    let half = SIGN / 2.0;
    let sign = match *is_open {
        true => [vec2(-SIGN, -half), vec2(0.0, half), vec2(SIGN, -half)],
        false => [vec2(-half, -SIGN), vec2(half, 0.0), vec2(-half, SIGN)],
    };
    let sign = sign.into_iter().map(|away| middle + away).collect();
    ui.painter().add(Shape::line(sign, Stroke::new(1.75, tokens.secondary)));
    let left = middle.x + SIGN + GAP;
    let line = |text: &str, font, color| ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let named = line(name, fonts::medium(14.0), tokens.text);
    let width = named.size().x;
    ui.painter().galley(pos2(left, rect.center().y - named.size().y / 2.0), named, tokens.text);
    if !*is_open && !inside.is_empty() {
        let font = fonts::regular(12.0);
        let mut job = eframe::egui::text::LayoutJob::simple_singleline(inside.to_owned(), font, tokens.secondary);
        let from = left + width + GAP;
        job.wrap = eframe::egui::text::TextWrapping::truncate_at_width((rect.right() - 12.0 - from).max(8.0));
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(from, rect.center().y - galley.size().y / 2.0), galley, tokens.secondary);
    }
    focus_ring(ui, &response, theme::RADIUS);
    *is_open
}
