//! Cards over the page: a problem that can be put right, and what a person should know.

use eframe::egui::{Align, Align2, Area, Order, Rect, Ui, vec2};

use crate::session::{Command, Matter, Notice, Paused, ScanState};
use crate::text::errors::{Sentences, count_pages};
use crate::text::notices::{Tone, notice};
use crate::text::progress::paused;

use super::super::action::Action;
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::widgets::{ActionButton, Button, Card, Look, Stripe, paragraph, words};
use super::super::{fonts, theme};
use super::Stage;

/// The widest card.
const WIDTH: f32 = 560.0;
/// How far it stays from the edge of the canvas.
const AWAY: f32 = 24.0;
const NARROW_AWAY: f32 = 12.0;

/// Shows the card that matters most, if there is one.
pub(super) fn cards(ui: &Ui, stage: &Stage<'_>, room: Rect, requests: &mut Requests) -> bool {
    if let ScanState::Paused(state) = &stage.shown.scan {
        floating(ui, stage, room, |ui| paused_card(ui, stage, state, requests));
        return true;
    }
    let Some(latest) = stage.shown.notices.iter().rev().find(|notice| is_card(notice)) else { return false };
    floating(ui, stage, room, |ui| notice_card(ui, latest, requests));
    true
}

/// A job that ended well is not worth a card: the pages and the status line say it.
fn is_card(shown: &Notice) -> bool {
    match &shown.matter {
        Matter::JobEnded(_) => notice(&shown.matter).0 == Tone::Problem,
        _ => true,
    }
}

fn floating(ui: &Ui, stage: &Stage<'_>, room: Rect, content: impl FnOnce(&mut Ui)) {
    let away = if stage.narrow { NARROW_AWAY } else { AWAY };
    let width = WIDTH.min(room.width() - 2.0 * away);
    Area::new(ui.scope_id().with("card"))
        .order(Order::Middle)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(room.center_bottom() - vec2(0.0, away))
        .constrain_to(room)
        .show(ui.ctx(), |ui| {
            ui.set_width(width);
            content(ui);
        });
}

fn paused_card(ui: &mut Ui, stage: &Stage<'_>, state: &Paused, requests: &mut Requests) {
    let Sentences { title, advice } = paused(stage.shown, state);
    Card::new(Stripe::Attention).show(ui, |ui| {
        heading(ui, &title, &advice);
        ui.add_space(8.0);
        ui.horizontal_wrapped(|ui| {
            let primary = |button: Button<'static>| button.look(Look::Primary).width(110.0);
            ActionButton::new(Action::Continue).with(primary).show(ui, requests);
            let finish = match stage.shown.pages.len() {
                0 => "Finish without pages".to_owned(),
                pages => format!("Finish with {}", count_pages(pages as u32)),
            };
            let button = Button::new(&finish);
            ActionButton::new(Action::Finish).with(|_| button).show(ui, requests);
        });
    });
}

fn notice_card(ui: &mut Ui, shown: &Notice, requests: &mut Requests) {
    let (tone, sentences) = notice(&shown.matter);
    let stripe = match tone {
        Tone::Problem => Stripe::Attention,
        Tone::Done => Stripe::Good,
        Tone::Information => Stripe::None,
    };
    Card::new(stripe).show(ui, |ui| {
        let close =
            Rect::from_min_size(ui.max_rect().right_top() + vec2(-28.0, -8.0), vec2(theme::CONTROL, theme::CONTROL));
        let builder = eframe::egui::UiBuilder::new().max_rect(close);
        let closed = ui.scope_builder(builder, |ui| {
            Button::of_icon(Icon::Close, "Close this message").look(Look::Bare).show(ui).clicked()
        });
        if closed.inner {
            requests.send(Command::DismissNotice(shown.number));
        }
        ui.set_max_width(ui.available_width() - theme::CONTROL);
        heading(ui, &sentences.title, &sentences.advice);
    });
}

fn heading(ui: &mut Ui, title: &str, advice: &str) {
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    words(ui, title, fonts::semibold(15.0), tokens.text);
    if !advice.is_empty() {
        paragraph(ui, advice, fonts::regular(14.0), tokens.secondary, Align::LEFT);
    }
}
