//! A number on a rail.

use eframe::egui::{CornerRadius, EventFilter, Key, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::theme;
use super::focus_ring;

const HEIGHT: f32 = 24.0;

/// Shows a number as wide as the place. `true` when a move of it has ended: the pointer or the key was let go.
pub(in super::super) fn slider(ui: &mut Ui, name: &str, value: &mut i32, range: std::ops::RangeInclusive<i32>) -> bool {
    let tokens = theme::tokens(ui);
    let (low, high) = (*range.start(), *range.end());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 14.0, 3.0));
    let span = f64::from(high.saturating_sub(low).max(1));
    let mut over = false;
    if let Some(pointer) = response.interact_pointer_pos() {
        let part = f64::from((pointer.x - rail.left()) / rail.width().max(1.0)).clamp(0.0, 1.0);
        *value = low + (part * span).round() as i32;
        over = response.clicked();
    }
    over |= response.drag_stopped();
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let (steps, released) = ui.input(|input| {
            let count = |key| i32::try_from(input.num_presses(key)).unwrap_or(0);
            let keys = [Key::ArrowLeft, Key::ArrowRight];
            (count(Key::ArrowRight) - count(Key::ArrowLeft), keys.iter().any(|key| input.key_released(*key)))
        });
        *value = (*value + steps).clamp(low, high);
        over |= released;
    }
    let shown = *value;
    response.widget_info(|| WidgetInfo::slider(true, f64::from(shown), name));
    let part = (f64::from(*value - low) / span) as f32;
    ui.painter().rect_filled(rail, CornerRadius::same(2), tokens.line);
    let knob = pos2(rail.left() + part * rail.width(), rail.center().y);
    // From nothing, or from the least, to here.
    let zero = (f64::from(0.clamp(low, high) - low) / span) as f32;
    let from = rail.left() + zero * rail.width();
    let done = Rect::from_min_max(pos2(from.min(knob.x), rail.top()), pos2(from.max(knob.x), rail.bottom()));
    ui.painter().rect_filled(done, CornerRadius::same(2), tokens.accent);
    let active = response.hovered() || response.dragged() || response.has_focus();
    let ring = if active { tokens.accent } else { tokens.secondary };
    ui.painter().circle(knob, 6.0, tokens.panel, Stroke::new(1.5, ring));
    focus_ring(ui, &response, theme::SMALL_RADIUS);
    over
}
