//! Cards: a few words that float, with what one can do.

use eframe::egui::{CornerRadius, Frame, InnerResponse, Margin, Rect, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

use super::super::icons::Icon;
use super::super::theme::{self, Tokens};
use super::{Button, Look};

/// The colour at a card's left edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Stripe {
    /// None.
    None,
    /// Something wants attention.
    Attention,
    /// Something went well.
    Good,
}

/// A card; see [`Card::show`].
pub(in super::super) struct Card {
    stripe: Stripe,
    margin: i8,
}

/// Width of the stripe.
const STRIPE: f32 = 4.0;

/// Width of the line around it.
const LINE: f32 = 1.0;
const LEFT: i8 = 20;
const RIGHT: i8 = 16;

impl Card {
    /// What is left and right of its words, together.
    pub(in super::super) const MARGINS: f32 = (LEFT + RIGHT) as f32 + 2.0 * LINE;

    /// A card with this stripe.
    pub(in super::super) fn new(stripe: Stripe) -> Card {
        Card { stripe, margin: 16 }
    }

    /// With less room above and below, for a small window.
    pub(in super::super) fn flat(self, flat: bool) -> Card {
        Card { margin: if flat { 12 } else { 16 }, ..self }
    }

    /// Shows it with what is in it.
    pub(in super::super) fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = theme::tokens(ui);
        let shown = Frame::new()
            .fill(tokens.panel)
            .stroke(Stroke::new(LINE, tokens.line))
            .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
            .shadow(theme::card_shadow(tokens))
            .inner_margin(Margin { left: LEFT, right: RIGHT, top: self.margin, bottom: self.margin })
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                content(ui)
            });
        if let Some(color) = self.color(tokens) {
            let rect = shown.response.rect;
            let edge =
                ui.painter().with_clip_rect(Rect::from_min_max(rect.min, pos2(rect.left() + STRIPE, rect.bottom())));
            edge.rect_filled(rect, CornerRadius::same(theme::CARD_RADIUS), color);
        }
        shown
    }

    fn color(&self, tokens: &Tokens) -> Option<eframe::egui::Color32> {
        match self.stripe {
            Stripe::None => None,
            Stripe::Attention => Some(tokens.attention),
            Stripe::Good => Some(tokens.good),
        }
    }
}

/// A cross in the upper right corner, beside the words: it takes no line of its own. Whether it was clicked.
pub(in super::super) fn corner_close(ui: &mut Ui, name: &str) -> bool {
    let corner = ui.max_rect().right_top() + vec2(8.0 - theme::CONTROL, -8.0);
    let corner = Rect::from_min_size(corner, Vec2::splat(theme::CONTROL));
    let close = Button::of_icon(Icon::Close, name).look(Look::Bare);
    close.show(&mut ui.new_child(UiBuilder::new().max_rect(corner))).clicked()
}
