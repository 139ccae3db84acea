//! The middle: the page, or what to do when there is none, with the cards that float over it.

use eframe::egui::{CentralPanel, Ui};

use super::super::requests::Requests;
use super::super::view_state::ViewState;
use super::Stage;
use super::adjust_card::adjust_card;
use super::cards::{CardPlace, cards, has_card};
use super::empty::empty;
use super::import_dialog::drop_target;
use super::page_canvas::page_canvas;
use super::skip::Skips;

/// Shows the middle.
pub(in super::super) fn page_view(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut ViewState, requests: &mut Requests) {
    // The window is cleared in the canvas' colour already: painted once more, it would cost as much as the page.
    CentralPanel::no_frame().show(ui, |ui| {
        let room = ui.max_rect();
        let place = CardPlace::of(ui, stage, room);
        let has_card = has_card(stage.shown);
        let page = view.pages.shown().and_then(|id| stage.shown.pages.iter().find(|page| page.id == id));
        match page {
            Some(page) => {
                page_canvas(ui, stage, page, &mut view.canvas, &mut view.tool);
                let pages = view.pages.targets(stage.shown).len();
                adjust_card(ui, room, &mut view.tool, pages, requests);
            }
            None => empty(ui, if has_card { place.above() } else { room }, stage, view, requests),
        }
        drop_target(ui, room);
        if has_card {
            cards(ui, stage, &place, requests);
        } else if let Some(skips) = Skips::of(stage.shown, view) {
            skips.float(ui, room, requests);
        }
    });
}
