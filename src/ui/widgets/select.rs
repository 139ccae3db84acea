//! A choice of many: the chosen one in a field, the others in a list below it.

use eframe::egui::{
    CornerRadius, Popup, PopupCloseBehavior, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::icons::{self, Icon};
use super::super::{fonts, theme};
use super::focus_ring;

const PADDING: f32 = 12.0;

/// Shows a choice as wide as the place; the one that was picked now, if one was.
pub(in super::super) fn select<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    options: &[(T, String)],
    chosen: T,
) -> Option<T> {
    let text = options.iter().find(|(value, _)| *value == chosen).map_or("", |(_, text)| text.as_str());
    let response = select_field(ui, name, text);
    let rect = response.rect;
    let mut picked = None;
    Popup::menu(&response).width(rect.width() - 10.0).close_behavior(PopupCloseBehavior::CloseOnClick).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (value, text) in options {
            if menu_row(ui, None, text, None, *value == chosen, true).clicked() {
                picked = Some(*value);
            }
        }
    });
    picked
}

/// The field of a choice, as wide as the place; a list belongs below it.
pub(in super::super) fn select_field(ui: &mut Ui, name: &str, text: &str) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::CONTROL), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(text.to_owned());
        info
    });
    let line =
        if response.hovered() || response.has_focus() { tokens.secondary.gamma_multiply(0.6) } else { tokens.line };
    ui.painter().rect(
        rect,
        CornerRadius::same(theme::RADIUS),
        tokens.panel,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), fonts::regular(14.0), tokens.text);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(rect.width() - 2.0 * PADDING - 18.0);
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.left() + PADDING, rect.center().y - galley.size().y / 2.0), galley, tokens.text);
    Icon::Down.paint(ui.painter(), pos2(rect.right() - PADDING - 6.0, rect.center().y), 14.0, tokens.secondary);
    focus_ring(ui, &response, theme::RADIUS);
    response
}

/// A line between two parts of a list.
pub(in super::super) fn separator(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::tokens(ui).line));
}

/// One row of a list: a sign, words, a key at the right; a tick when it is the chosen one.
pub(in super::super) fn menu_row(
    ui: &mut Ui,
    icon: Option<Icon>,
    text: &str,
    key: Option<&str>,
    chosen: bool,
    enabled: bool,
) -> Response {
    let tokens = theme::tokens(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::CONTROL - 2.0), sense);
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, enabled, chosen, text));
    if enabled && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS - 2), tokens.hover);
    }
    let ink = match (enabled, chosen) {
        (false, _) => tokens.secondary.gamma_multiply(0.6),
        (true, true) => tokens.accent,
        (true, false) => tokens.text,
    };
    let mut x = rect.left() + 8.0;
    if let Some(icon) = icon {
        icon.paint(ui.painter(), pos2(x + icons::SIZE / 2.0, rect.center().y), icons::SIZE, ink);
        x += icons::SIZE + 8.0;
    }
    let font = if chosen { fonts::medium(14.0) } else { fonts::regular(14.0) };
    let key = key
        .filter(|_| !chosen)
        .map(|key| ui.painter().layout_no_wrap(key.to_owned(), fonts::regular(12.0), tokens.secondary));
    let taken = key.as_ref().map_or(if chosen { 24.0 } else { 0.0 }, |key| key.size().x + 12.0);
    let room = rect.right() - x - 8.0 - taken;
    let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), font, ink);
    job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(room.max(8.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, ink);
    let right = pos2(rect.right() - 8.0, rect.center().y);
    if chosen {
        Icon::Tick.paint(ui.painter(), pos2(right.x - 8.0, right.y), 16.0, tokens.accent);
    } else if let Some(key) = key {
        ui.painter().galley(right - vec2(key.size().x, key.size().y / 2.0), key, tokens.secondary);
    }
    focus_ring(ui, &response, theme::RADIUS - 2);
    response
}
