//! Cards: a few words that float, with what one can do.

use eframe::egui::{CornerRadius, Frame, InnerResponse, Margin, Rect, Stroke, Ui, pos2};

use super::super::fonts;
use super::super::theme::{self, Tokens};
use super::words;

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
}

/// Width of the stripe.
const STRIPE: f32 = 4.0;

impl Card {
    /// A card with this stripe.
    pub(in super::super) fn new(stripe: Stripe) -> Card {
        Card { stripe }
    }

    /// Shows it with what is in it.
    pub(in super::super) fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = theme::tokens(ui);
        let shown = Frame::new()
            .fill(tokens.panel)
            .stroke(Stroke::new(1.0, tokens.line))
            .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
            .shadow(theme::card_shadow(tokens))
            .inner_margin(Margin { left: 20, right: 16, top: 16, bottom: 16 })
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

/// The frame of a dialog: a card with more room. Inside it distances are set by hand.
pub(in super::super) fn dialog_frame(ui: &Ui) -> Frame {
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.panel)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CornerRadius::same(theme::CARD_RADIUS))
        .shadow(theme::card_shadow(tokens))
        .inner_margin(Margin::same(24))
}

/// The first line of a dialog.
pub(in super::super) fn dialog_title(ui: &mut Ui, title: &str) {
    ui.spacing_mut().item_spacing.y = 0.0;
    words(ui, title, fonts::semibold(15.0), theme::tokens(ui).text);
    ui.add_space(16.0);
}
