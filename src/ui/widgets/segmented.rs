//! A choice of a few, all in sight.

use eframe::egui::{
    Align2, Color32, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::{fonts, theme};
use super::focus_ring;

/// How the parts of a choice stand together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Segments {
    /// In one frame, each with this much room beside its word.
    Joined {
        /// Points left and right of a word.
        padding: f32,
    },
    /// Apart, sharing this width.
    Apart {
        /// The width of all.
        width: f32,
    },
}

const GAP: f32 = 6.0;
/// Beside a word at least, on either side.
const LEAST_PADDING: f32 = 8.0;

/// How wide [`Segments::Joined`] with these words is.
pub(in super::super) fn joined_width<T>(ui: &Ui, options: &[(T, &str)], padding: f32) -> f32 {
    options.iter().map(|(_, text)| joined_part(ui, text, padding)).sum()
}

/// The widest form of a word is the chosen one, so nothing moves when another is chosen.
fn joined_part(ui: &Ui, text: &str, padding: f32) -> f32 {
    let width = ui.painter().layout_no_wrap(text.to_owned(), fonts::semibold(14.0), Color32::BLACK).size().x;
    (width + 2.0 * padding).round()
}

/// Equal shares of a width; where the longest word has no room in one, each its word and as much beside it.
fn shares<T>(ui: &Ui, options: &[(T, &str)], width: f32) -> Vec<f32> {
    let count = options.len().max(1) as f32;
    let room = width - GAP * (count - 1.0);
    let words: Vec<f32> = options.iter().map(|(_, text)| joined_part(ui, text, 0.0)).collect();
    let longest = words.iter().copied().fold(0.0, f32::max);
    let mut shares = if longest + 2.0 * LEAST_PADDING <= room / count {
        vec![(room / count).floor(); options.len()]
    } else {
        let beside = (room - words.iter().sum::<f32>()) / count;
        words.iter().map(|word| (word + beside).floor()).collect()
    };
    // What rounding leaves goes to the last one: the choice ends where the fields below it end.
    let left = room - shares.iter().sum::<f32>();
    if let Some(last) = shares.last_mut() {
        *last += left;
    }
    shares
}

/// Shows a choice; the one that was picked now, if one was.
pub(in super::super) fn segmented<T: Copy + PartialEq>(
    ui: &mut Ui,
    options: &[(T, &str)],
    chosen: Option<T>,
    segments: Segments,
) -> Option<T> {
    let widths: Vec<f32> = match segments {
        Segments::Joined { padding } => options.iter().map(|(_, text)| joined_part(ui, text, padding)).collect(),
        Segments::Apart { width } => shares(ui, options, width),
    };
    let gap = if matches!(segments, Segments::Apart { .. }) { GAP } else { 0.0 };
    let whole = widths.iter().sum::<f32>() + gap * options.len().saturating_sub(1) as f32;
    let (rect, _) = ui.allocate_exact_size(vec2(whole, theme::CONTROL), Sense::hover());
    let joined = gap == 0.0;
    let mut picked = None;
    let mut responses = Vec::with_capacity(options.len());
    let mut x = rect.left();
    for (at, ((value, text), width)) in options.iter().zip(widths).enumerate() {
        let place = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()));
        let response = ui.interact(place, ui.scope_id().with(("segment", *text)), Sense::click());
        let selected = chosen == Some(*value);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, selected, text));
        paint(ui, &response, text, selected, corners(joined, at, options.len()), joined);
        if response.clicked() {
            picked = Some(*value);
        }
        responses.push(response);
        x += width + gap;
    }
    if joined {
        let line = Stroke::new(1.0, theme::tokens(ui).line);
        ui.painter().rect_stroke(rect, CornerRadius::same(theme::RADIUS), line, StrokeKind::Inside);
    }
    for response in &responses {
        focus_ring(ui, response, theme::RADIUS);
    }
    picked
}

fn corners(joined: bool, at: usize, count: usize) -> CornerRadius {
    let left = if !joined || at == 0 { theme::RADIUS } else { 0 };
    let right = if !joined || at + 1 == count { theme::RADIUS } else { 0 };
    CornerRadius { nw: left, sw: left, ne: right, se: right }
}

fn paint(ui: &Ui, response: &Response, text: &str, selected: bool, corners: CornerRadius, joined: bool) {
    let tokens = theme::tokens(ui);
    let fill = match selected {
        true => tokens.accent_soft,
        false if response.hovered() || response.has_focus() => tokens.hover,
        false => tokens.panel,
    };
    let line = match (joined, selected) {
        (true, _) => Color32::TRANSPARENT,
        (false, true) => tokens.accent,
        (false, false) => tokens.line,
    };
    ui.painter().rect(response.rect, corners, fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let (font, ink) = match selected {
        true => (fonts::semibold(14.0), tokens.accent),
        false => (fonts::regular(14.0), if response.hovered() { tokens.text } else { tokens.secondary }),
    };
    ui.painter().text(response.rect.center(), Align2::CENTER_CENTER, text, font, ink);
}
