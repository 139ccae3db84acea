//! *Skip*: over the page that is being scanned while that one is looked at, else in the line at the bottom, where it says
//! which page it means.

use eframe::egui::{Align2, Area, Frame, Order, Rect, Ui, vec2};

use crate::minidriver::Source;
use crate::session::{ScanState, Snapshot};

use super::super::action::Action;
use super::super::requests::Requests;
use super::super::theme;
use super::super::view_state::{ViewState, arriving};
use super::super::widgets::{ActionButton, Button, Look};
use super::cards::has_card;

/// Wide enough for each of the words a button can have.
const WIDTH: f32 = 176.0;
/// How far the buttons stay from the edge of the canvas.
const AWAY: f32 = 22.0;

/// What can be skipped now.
pub(in super::super) struct Skips {
    /// The number in the document of the page that arrives.
    this: Option<usize>,
    /// Whether the next page is kept, if there may be one.
    next: Option<bool>,
    /// The page being scanned is the one that is looked at, and nothing else lies on it.
    is_over_the_page: bool,
}

impl Skips {
    /// `None` while nothing can be skipped.
    pub(in super::super) fn of(shown: &Snapshot, view: &ViewState) -> Option<Skips> {
        let ScanState::Scanning(scanning) = &shown.scan else { return None };
        let page = arriving(shown);
        let this = page.and_then(|id| shown.pages.iter().position(|page| page.id == id)).map(|at| at + 1);
        let may_follow = view.choice.wish(shown).is_some_and(|wish| wish.source != Source::Flatbed);
        let next = may_follow.then_some(scanning.skipping.is_none());
        let looked_at = view.pages.shown();
        let is_over_the_page = (looked_at.is_none() || looked_at == page || view.pages.follows()) && !has_card(shown);
        (this.is_some() || next.is_some()).then_some(Skips { this, next, is_over_the_page })
    }

    /// Over the page, while it is the one.
    pub(super) fn float(&self, ui: &Ui, room: Rect, requests: &mut Requests) {
        if !self.is_over_the_page {
            return;
        }
        Area::new(ui.scope_id().with("skip"))
            .order(Order::Middle)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(room.center_bottom() - vec2(0.0, AWAY))
            .constrain_to(room)
            .show(ui.ctx(), |ui| {
                let tokens = theme::tokens(ui);
                let frame = Frame::new().shadow(theme::card_shadow(tokens)).corner_radius(theme::RADIUS);
                frame.show(ui, |ui| {
                    ui.horizontal(|ui| {
                        // Between pages it stays in its place: nothing moves under the pointer.
                        floating(ui, Action::SkipThisPage, Action::SkipThisPage.label(), self.this.is_some(), requests);
                        if let Some(kept) = self.next {
                            floating(ui, Action::SkipNextPage, next_label(kept), true, requests);
                        }
                    });
                });
            });
    }

    /// In a line, while another page is looked at.
    pub(super) fn in_line(&self, ui: &mut Ui, requests: &mut Requests) {
        if self.is_over_the_page {
            return;
        }
        if let Some(number) = self.this {
            link(ui, Action::SkipThisPage, &format!("Skip page {number}"), requests);
        }
        if let Some(kept) = self.next {
            link(ui, Action::SkipNextPage, next_label(kept), requests);
        }
    }
}

fn next_label(kept: bool) -> &'static str {
    if kept { Action::SkipNextPage.label() } else { "Keep next page" }
}

fn floating(ui: &mut Ui, action: Action, label: &str, can: bool, requests: &mut Requests) {
    let key = action.key_name();
    let button = Button::new(label).icon(action.icon()).key(key.as_deref()).width(WIDTH).enabled(can);
    ActionButton::new(action).with(|_| button).show(ui, requests);
}

fn link(ui: &mut Ui, action: Action, label: &str, requests: &mut Requests) {
    ActionButton::new(action).with(|_| Button::new(label).look(Look::Link).small()).show(ui, requests);
}
