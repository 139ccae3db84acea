//! Brightness, contrast, and black and white of the selected pages: one change for each move of a control.

use eframe::egui::{Align2, Area, Order, Rect, Ui, vec2};

use crate::raster::Tone;

use super::super::page_tool::{AdjustTool, PageTool};
use super::super::requests::Requests;
use super::super::widgets::{Button, Card, Look, Stripe, check, corner_close, field_label, slider, words};
use super::super::{fonts, theme};

const WIDTH: f32 = 264.0;
const AWAY: f32 = 12.0;
/// Where black ends when a page becomes black and white.
const MIDDLE: u8 = 128;

/// Shows the card at the upper right of the room, if it is open. `pages`: how many the change is for.
pub(super) fn adjust_card(ui: &Ui, room: Rect, tool: &mut PageTool, pages: usize, requests: &mut Requests) {
    let PageTool::Adjust(adjust) = tool else { return };
    let at = room.right_top() + vec2(-AWAY, AWAY);
    let shown = Area::new(ui.scope_id().with("adjust"))
        .order(Order::Middle)
        .pivot(Align2::RIGHT_TOP)
        .fixed_pos(at)
        .constrain_to(room)
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH);
            Card::new(Stripe::None).flat(true).show(ui, |ui| controls(ui, adjust, pages, requests)).inner
        });
    if shown.inner {
        *tool = PageTool::None;
    }
}

/// Shows the controls; whether the card is to be closed.
fn controls(ui: &mut Ui, tool: &mut AdjustTool, pages: usize, requests: &mut Requests) -> bool {
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    let closed = corner_close(ui, "Close adjusting");
    let title = if pages > 1 { format!("Adjust {pages} pages") } else { "Adjust".to_owned() };
    words(ui, &title, fonts::semibold(15.0), tokens.text);
    ui.add_space(8.0);
    let before = tool.wanted;
    let most = i32::from(Tone::MOST);
    let mut over = false;
    over |= named_slider(ui, "Brightness", &mut tool.wanted.brightness, most);
    over |= named_slider(ui, "Contrast", &mut tool.wanted.contrast, most);
    let mut black_and_white = tool.wanted.threshold.is_some();
    if check(ui, "Black and white", black_and_white).clicked() {
        black_and_white = !black_and_white;
        tool.wanted.threshold = black_and_white.then_some(MIDDLE);
        over = true;
    }
    if let Some(threshold) = &mut tool.wanted.threshold {
        let mut value = i32::from(*threshold);
        over |= labelled(ui, "Black up to", &mut value, 1..=255);
        *threshold = u8::try_from(value).unwrap_or(MIDDLE);
    }
    ui.add_space(4.0);
    let reset = Button::new("Reset").look(Look::Bare).enabled(!tool.wanted.is_neutral()).show(ui);
    if reset.on_hover_text("As it was scanned").clicked() {
        tool.wanted = Tone::default();
        over = true;
    }
    if over && (tool.is_new() || before != tool.wanted) {
        requests.apply_tool();
    }
    closed
}

fn named_slider(ui: &mut Ui, name: &str, value: &mut i8, most: i32) -> bool {
    let mut wide = i32::from(*value);
    let over = labelled(ui, name, &mut wide, -most..=most);
    *value = i8::try_from(wide).unwrap_or(0);
    over
}

/// Name, number and slider; whether a move of it has ended.
fn labelled(ui: &mut Ui, name: &str, value: &mut i32, range: std::ops::RangeInclusive<i32>) -> bool {
    field_label(ui, &format!("{name} {value}"));
    slider(ui, name, value, range)
}
