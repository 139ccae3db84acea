//! The middle: the page, or what to do when there is none, with the cards that float over it.

use eframe::egui::{Align2, Area, CentralPanel, Frame, Order, Rect, Ui, vec2};

use crate::minidriver::Source;
use crate::session::ScanState;

use super::super::action::Action;
use super::super::requests::Requests;
use super::super::theme;
use super::super::view_state::{ViewState, arriving};
use super::super::widgets::ActionButton;
use super::Stage;
use super::adjust_card::adjust_card;
use super::cards::{CardPlace, cards, has_card};
use super::empty::empty;
use super::import_dialog::drop_target;
use super::page_canvas::page_canvas;

/// Wide enough for each of the words a button can have.
const SKIP_WIDTH: f32 = 176.0;

/// Shows the middle.
pub(in super::super) fn page_view(ui: &mut Ui, stage: &mut Stage<'_>, view: &mut ViewState, requests: &mut Requests) {
    // The window is cleared in the canvas' colour already: painted once more, it would cost as much as the page.
    CentralPanel::no_frame().show(ui, |ui| {
        let room = ui.max_rect();
        let place = CardPlace::of(ui, stage, room);
        let has_card = has_card(stage);
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
        } else {
            skip_buttons(ui, stage, view, room, requests);
        }
    });
}

/// *Skip* floats over the page while one arrives.
fn skip_buttons(ui: &Ui, stage: &Stage<'_>, view: &ViewState, room: Rect, requests: &mut Requests) {
    let ScanState::Scanning(scanning) = &stage.shown.scan else { return };
    let this = arriving(stage.shown).is_some();
    let next = view.choice.wish(stage.shown).is_some_and(|wish| wish.source != Source::Flatbed);
    if !this && !next {
        return;
    }
    let place = room.center_bottom() - vec2(0.0, 22.0);
    Area::new(ui.scope_id().with("skip"))
        .order(Order::Middle)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(place)
        .constrain_to(room)
        .show(ui.ctx(), |ui| {
            let tokens = theme::tokens(ui);
            let frame = Frame::new().shadow(theme::card_shadow(tokens)).corner_radius(theme::RADIUS);
            frame.show(ui, |ui| {
                ui.horizontal(|ui| {
                    // Between pages it stays in its place: nothing moves under the pointer.
                    skip(ui, Action::SkipThisPage, Action::SkipThisPage.label(), this, requests);
                    if next {
                        let kept = scanning.skipping.is_none();
                        let label = if kept { Action::SkipNextPage.label() } else { "Keep next page" };
                        skip(ui, Action::SkipNextPage, label, true, requests);
                    }
                });
            });
        });
}

fn skip(ui: &mut Ui, action: Action, label: &str, can: bool, requests: &mut Requests) {
    let key = action.key_name();
    let button = super::super::widgets::Button::new(label)
        .icon(action.icon())
        .key(key.as_deref())
        .width(SKIP_WIDTH)
        .enabled(can);
    ActionButton::new(action).with(|_| button).show(ui, requests);
}
