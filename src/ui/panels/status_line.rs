//! The line at the bottom: what is going on in true numbers, and how large the page is shown.

use eframe::egui::{Align, CornerRadius, Frame, Layout, Margin, Panel, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::session::Snapshot;
use crate::text::progress::{CLOSES_THEN, Line, line};

use super::super::action::Action;
use super::super::requests::Requests;
use super::super::view_state::CanvasView;
use super::super::widgets::{ActionButton, Look, focus_ring, words};
use super::super::{fonts, theme};
use super::skip::Skips;

const HEIGHT: f32 = 32.0;
const BAR: f32 = 180.0;
const NARROW_BAR: f32 = 72.0;
const SLIDER: f32 = 90.0;

/// Shows the line; `closes`: the window closes when the file that is being written is done.
pub(in super::super) fn status_line(
    ui: &mut Ui,
    shown: &Snapshot,
    canvas: &mut CanvasView,
    skips: Option<&Skips>,
    requests: &mut Requests,
    narrow: bool,
    closes: bool,
) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(16, 0));
    Panel::bottom("status").exact_size(HEIGHT).frame(frame).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(HEIGHT);
            if !shown.pages.is_empty() {
                zoom(ui, canvas, requests, narrow);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 16.0;
                let mut line = line(shown);
                if closes && shown.saving.is_some() {
                    line.words += CLOSES_THEN;
                }
                let cancel = match (&shown.saving, &shown.importing) {
                    (Some(_), _) => Some(Action::CancelSave),
                    (None, Some(_)) => Some(Action::CancelImport),
                    (None, None) => None,
                };
                going_on(ui, &line, cancel, skips, requests, narrow);
            });
        });
    });
}

fn going_on(
    ui: &mut Ui,
    line: &Line,
    cancel: Option<Action>,
    skips: Option<&Skips>,
    requests: &mut Requests,
    narrow: bool,
) {
    let tokens = theme::tokens(ui);
    if let Some(part) = line.part {
        let width = if narrow { NARROW_BAR } else { BAR };
        let (rect, response) = ui.allocate_exact_size(vec2(width, 4.0), Sense::hover());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress");
            info.value = Some(f64::from((part * 100.0).round()));
            info
        });
        ui.painter().rect_filled(rect, CornerRadius::same(2), tokens.line);
        let done = Rect::from_min_size(rect.min, vec2(rect.width() * part, rect.height()));
        ui.painter().rect_filled(done, CornerRadius::same(2), tokens.accent);
    }
    if let Some(attention) = &line.attention {
        words(ui, attention, fonts::regular(12.0), tokens.attention);
    }
    if let Some(cancel) = cancel {
        ActionButton::new(cancel).with(|button| button.icon(None).look(Look::Link).small()).show(ui, requests);
    }
    if let Some(skips) = skips {
        skips.in_line(ui, requests);
    }
    words(ui, &line.words, fonts::regular(12.0), tokens.secondary);
}

/// From right to left: the scale, a slider, *Fit*.
fn zoom(ui: &mut Ui, canvas: &mut CanvasView, requests: &mut Requests, narrow: bool) {
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = 12.0;
    let percent = format!("{:.0} %", canvas.scale() * 100.0);
    let (rect, response) = ui.allocate_exact_size(vec2(38.0, 20.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Zoom {percent}, show actual size")));
    ui.painter().text(
        rect.right_center(),
        eframe::egui::Align2::RIGHT_CENTER,
        &percent,
        fonts::regular(12.0),
        if response.hovered() { tokens.text } else { tokens.secondary },
    );
    focus_ring(ui, &response, theme::SMALL_RADIUS);
    if response.on_hover_text(Action::ActualSize.tooltip()).clicked() {
        requests.act(Action::ActualSize);
    }
    if !narrow {
        slider(ui, canvas);
    }
    let (rect, response) = ui.allocate_exact_size(vec2(22.0, 20.0), Sense::click());
    let fits = canvas.zoom.is_none();
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, fits, Action::Fit.label()));
    let color = if fits {
        tokens.accent
    } else if response.hovered() {
        tokens.text
    } else {
        tokens.secondary
    };
    ui.painter().text(rect.center(), eframe::egui::Align2::CENTER_CENTER, "Fit", fonts::regular(12.0), color);
    focus_ring(ui, &response, theme::SMALL_RADIUS);
    if response.on_hover_text(Action::Fit.tooltip()).clicked() {
        requests.act(Action::Fit);
    }
}

/// The scale on a slider, in equal steps of proportion.
fn slider(ui: &mut Ui, canvas: &mut CanvasView) {
    let tokens = theme::tokens(ui);
    let (low, high) = (CanvasView::RANGE.start().ln(), CanvasView::RANGE.end().ln());
    let (rect, response) = ui.allocate_exact_size(vec2(SLIDER, 20.0), Sense::click_and_drag());
    let scale = canvas.scale().max(*CanvasView::RANGE.start());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(scale * 100.0), "Zoom in percent"));
    if let Some(pointer) = response.interact_pointer_pos() {
        let part = ((pointer.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
        canvas.zoom_to((low + part * (high - low)).exp());
    }
    if response.has_focus() {
        use eframe::egui::Key;
        let steps = ui.input(|input| {
            i32::from(input.key_pressed(Key::ArrowRight)) - i32::from(input.key_pressed(Key::ArrowLeft))
        });
        if steps != 0 {
            canvas.step(steps);
        }
    }
    let part = ((scale.ln() - low) / (high - low)).clamp(0.0, 1.0);
    let rail = Rect::from_center_size(rect.center(), vec2(rect.width(), 3.0));
    ui.painter().rect_filled(rail, CornerRadius::same(2), tokens.line);
    let knob = pos2(rect.left() + part * rect.width(), rect.center().y);
    let ring = if response.hovered() || response.dragged() { tokens.accent } else { tokens.secondary };
    ui.painter().circle(knob, 5.0, tokens.panel, eframe::egui::Stroke::new(1.5, ring));
    focus_ring(ui, &response, theme::SMALL_RADIUS);
}
