//! Buttons.

use eframe::egui::{
    Align2, Color32, CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::super::action::Action;
use super::super::icons::{self, Icon};
use super::super::theme::{self, Tokens};
use super::super::{fonts, requests::Requests};
use super::focus_ring;

/// What a button looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Look {
    /// With a line around.
    Plain,
    /// The thing to do.
    Primary,
    /// Ends something.
    Stop,
    /// Destroys something: never what a key chooses by itself.
    Risky,
    /// Only words, in the accent.
    Link,
    /// Only what is in it; a ground under the pointer.
    Bare,
}

/// A button; see [`Button::show`].
pub(in super::super) struct Button<'a> {
    name: &'a str,
    text: Option<&'a str>,
    icon: Option<Icon>,
    dot: Option<Color32>,
    key: Option<&'a str>,
    look: Look,
    enabled: bool,
    arrow: bool,
    size: Vec2,
    /// The greatest width.
    most: f32,
    big: bool,
    small: bool,
}

const PADDING: f32 = 12.0;
const GAP: f32 = 8.0;
const DOT: f32 = 4.0;
const ARROW: f32 = 14.0;
const SMALL_ICON: f32 = 14.0;
/// How much of a colour is left when a control cannot be used.
const DISABLED: f32 = 0.45;

impl<'a> Button<'a> {
    /// A button with a word on it, which is its name, too.
    pub(in super::super) fn new(text: &'a str) -> Button<'a> {
        Button {
            name: text,
            text: Some(text),
            icon: None,
            dot: None,
            key: None,
            look: Look::Plain,
            enabled: true,
            arrow: false,
            size: vec2(0.0, theme::CONTROL),
            most: f32::INFINITY,
            big: false,
            small: false,
        }
    }

    /// A button with only an icon; the name is for screen readers.
    pub(in super::super) fn of_icon(icon: Icon, name: &'a str) -> Button<'a> {
        Button { name, text: None, icon: Some(icon), size: vec2(theme::CONTROL, theme::CONTROL), ..Button::new(name) }
    }

    /// What it looks like.
    pub(in super::super) fn look(self, look: Look) -> Self {
        Button { look, ..self }
    }

    /// An icon before the word.
    pub(in super::super) fn icon(self, icon: Option<Icon>) -> Self {
        Button { icon, ..self }
    }

    /// A coloured dot before the word.
    pub(in super::super) fn dot(self, color: Color32) -> Self {
        Button { dot: Some(color), ..self }
    }

    /// The key that does the same, shown as a cap.
    pub(in super::super) fn key(self, key: Option<&'a str>) -> Self {
        Button { key, ..self }
    }

    /// An arrow that says: there is a list below.
    pub(in super::super) fn arrow(self) -> Self {
        Button { arrow: true, ..self }
    }

    /// Whether it can be used.
    pub(in super::super) fn enabled(self, enabled: bool) -> Self {
        Button { enabled, ..self }
    }

    /// A name for screen readers that is not the word on it.
    pub(in super::super) fn name(self, name: &'a str) -> Self {
        Button { name, ..self }
    }

    /// As wide as this; longer words are cut.
    pub(in super::super) fn width(self, width: f32) -> Self {
        Button { size: vec2(width, self.size.y), ..self }
    }

    /// As wide as its words and no wider than this; what is longer is cut.
    pub(in super::super) fn at_most(self, width: f32) -> Self {
        Button { most: width, ..self }
    }

    /// The big button's size of words.
    pub(in super::super) fn big(self) -> Self {
        Button { big: true, size: vec2(self.size.x, theme::BIG_CONTROL), ..self }
    }

    /// The size of words in a line that stands beside other small ones.
    pub(in super::super) fn small(self) -> Self {
        Button { small: true, size: vec2(self.size.x, theme::SMALL_CONTROL), ..self }
    }

    /// Shows it.
    pub(in super::super) fn show(self, ui: &mut Ui) -> Response {
        let tokens = theme::tokens(ui);
        let (size, content) = self.measure(ui);
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, self.enabled, self.name));
        if ui.is_rect_visible(rect) {
            let (fill, line, ink) = self.colors(tokens, &response);
            let radius = CornerRadius::same(theme::RADIUS);
            ui.painter().rect(rect, radius, fill, Stroke::new(1.0, line), StrokeKind::Inside);
            let left = if self.arrow { rect.left() + PADDING } else { rect.center().x - content / 2.0 };
            let fits = content + 2.0 * PADDING <= rect.width();
            self.paint_content(ui, pos2(left, rect.center().y), rect.right() - PADDING, fits, ink);
            focus_ring(ui, &response, theme::RADIUS);
        }
        response
    }

    /// Its size, and the width of what is in it.
    fn measure(&self, ui: &Ui) -> (Vec2, f32) {
        let text = self.text.map_or(0.0, |text| self.width_of(ui, text));
        let parts = [
            self.dot.map(|_| 2.0 * DOT),
            self.icon.map(|_| self.icon_size()),
            self.text.map(|_| text),
            self.key.map(|key| key_cap_width(ui, key)),
            self.arrow.then_some(ARROW),
        ];
        let count = parts.iter().flatten().count();
        let content = parts.iter().flatten().sum::<f32>() + GAP * count.saturating_sub(1) as f32;
        let width = if self.size.x > 0.0 { self.size.x } else { content + 2.0 * PADDING };
        (vec2(width.min(self.most), self.size.y), content)
    }

    fn width_of(&self, ui: &Ui, text: &str) -> f32 {
        ui.painter().layout_no_wrap(text.to_owned(), self.font(), Color32::BLACK).size().x
    }

    fn icon_size(&self) -> f32 {
        if self.small { SMALL_ICON } else { icons::SIZE }
    }

    fn font(&self) -> eframe::egui::FontId {
        match (self.big, self.small) {
            (true, _) => fonts::semibold(15.0),
            (false, true) => fonts::medium(12.0),
            (false, false) => fonts::medium(14.0),
        }
    }

    fn colors(&self, tokens: &Tokens, response: &Response) -> (Color32, Color32, Color32) {
        let hovered = self.enabled && (response.hovered() || response.has_focus());
        let pressed = response.is_pointer_button_down_on();
        let none = Color32::TRANSPARENT;
        let solid = |color: Color32| {
            let darker = if pressed {
                0.82
            } else if hovered {
                0.9
            } else {
                1.0
            };
            if self.enabled {
                color.lerp_to_gamma(Color32::BLACK, 1.0 - darker)
            } else {
                color.gamma_multiply(DISABLED)
            }
        };
        let ground = if pressed {
            tokens.accent_soft
        } else if hovered {
            tokens.hover
        } else {
            none
        };
        let ink = |color: Color32| if self.enabled { color } else { color.gamma_multiply(DISABLED) };
        match self.look {
            Look::Primary => (solid(tokens.accent), none, tokens.on_accent),
            Look::Stop => (solid(tokens.stop), none, tokens.on_accent),
            Look::Link => (ground, none, ink(tokens.accent)),
            Look::Bare => (ground, none, ink(tokens.text)),
            Look::Plain | Look::Risky => {
                let fill = if ground == none { tokens.panel } else { ground };
                let line = if hovered { tokens.secondary.gamma_multiply(0.6) } else { tokens.line };
                (fill, line, ink(if self.look == Look::Risky { tokens.stop } else { tokens.text }))
            }
        }
    }

    fn paint_content(&self, ui: &Ui, start: eframe::egui::Pos2, right: f32, fits: bool, ink: Color32) {
        let painter = ui.painter();
        let (mut x, y) = (start.x, start.y);
        if let Some(color) = self.dot {
            painter.circle_filled(pos2(x + DOT, y), DOT, color);
            x += 2.0 * DOT + GAP;
        }
        if let Some(icon) = self.icon {
            let size = self.icon_size();
            icon.paint(painter, pos2(x + size / 2.0, y), size, ink);
            x += size + GAP;
        }
        let end = if self.arrow { right - ARROW - GAP } else { right };
        if let Some(text) = self.text {
            let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), self.font(), ink);
            job.wrap.max_width = if fits || self.key.is_some() { f32::INFINITY } else { (end - x + 2.0).max(8.0) };
            job.wrap.max_rows = 1;
            job.wrap.break_anywhere = true;
            let galley = painter.layout_job(job);
            let size = galley.size();
            painter.galley(pos2(x, y - size.y / 2.0), galley, ink);
            x += size.x + GAP;
        }
        if let Some(key) = self.key {
            paint_key_cap(ui, pos2(x, y), key, ink);
        }
        if self.arrow {
            Icon::Down.paint(painter, pos2(right - ARROW / 2.0, y), ARROW, theme::tokens(ui).secondary);
        }
    }
}

/// A button that does one action: its word, its icon and its keys are the action's.
pub(in super::super) struct ActionButton<'a> {
    action: Action,
    button: Button<'a>,
}

impl<'a> ActionButton<'a> {
    /// With word and icon.
    pub(in super::super) fn new(action: Action) -> ActionButton<'a> {
        ActionButton { action, button: Button::new(action.label()).icon(action.icon()) }
    }

    /// Changes its looks.
    pub(in super::super) fn with(self, change: impl FnOnce(Button<'a>) -> Button<'a>) -> Self {
        ActionButton { button: change(self.button), ..self }
    }

    /// Shows it and wishes for the action when it was clicked.
    pub(in super::super) fn show(self, ui: &mut Ui, requests: &mut Requests) -> Response {
        let response = self.button.show(ui).on_hover_text(self.action.tooltip());
        if response.clicked() {
            requests.act(self.action);
        }
        response
    }
}

fn key_cap_width(ui: &Ui, key: &str) -> f32 {
    let text = ui.painter().layout_no_wrap(key.to_owned(), fonts::medium(11.0), Color32::BLACK).size().x;
    (text + 10.0).max(18.0)
}

fn paint_key_cap(ui: &Ui, left: eframe::egui::Pos2, key: &str, ink: Color32) {
    let tokens = theme::tokens(ui);
    let size = vec2(key_cap_width(ui, key), 18.0);
    let rect = eframe::egui::Rect::from_min_size(pos2(left.x, left.y - size.y / 2.0), size);
    let radius = CornerRadius::same(theme::SMALL_RADIUS);
    ui.painter().rect(rect, radius, tokens.panel, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, key, fonts::medium(11.0), ink.gamma_multiply(0.85));
}

/// A key, drawn as a cap, between words.
pub(in super::super) fn key_cap(ui: &mut Ui, key: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(key_cap_width(ui, key), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
    paint_key_cap(ui, rect.left_center(), key, theme::tokens(ui).text);
}
