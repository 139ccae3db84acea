//! Cards over the page: a problem that can be put right, and what a person should know.

use eframe::egui::{Align, Align2, Area, Color32, FontId, Id, Order, Rect, Ui, vec2};

use crate::session::{Command, Matter, Notice, ScanState, Snapshot};
use crate::text::errors::Sentences;
use crate::text::notices::{Tone, notice};
use crate::text::progress::{finish, paused};

use super::super::action::Action;
use super::super::requests::Requests;
use super::super::widgets::{ActionButton, Button, Card, Look, Stripe, corner_close, paragraph, settle, size_of};
use super::super::{fonts, theme};
use super::Stage;
use super::card_words::Told;

/// The widest card, and the narrowest: two buttons have to fit.
const WIDTH: f32 = 560.0;
const LEAST_WIDTH: f32 = 300.0;
/// How far it stays from the edge of the canvas.
const AWAY: f32 = 24.0;
const NARROW_AWAY: f32 = 12.0;
const TITLE: f32 = 15.0;
const ADVICE: f32 = 14.0;

/// A card over the middle of the window, as large as it was last shown.
pub(super) struct CardPlace {
    id: Id,
    room: Rect,
    away: f32,
    height: Option<f32>,
}

impl CardPlace {
    /// In this room.
    pub(super) fn of(ui: &Ui, stage: &Stage<'_>, room: Rect) -> CardPlace {
        let id = ui.scope_id().with("card");
        let height = ui.ctx().memory(|memory| memory.area_rect(id)).map(|rect| rect.height());
        CardPlace { id, room, away: if stage.narrow { NARROW_AWAY } else { AWAY }, height }
    }

    /// The room that a card at the bottom leaves.
    pub(super) fn above(&self) -> Rect {
        let taken = self.height.map_or(0.0, |height| height + self.away);
        self.room.with_max_y((self.room.bottom() - taken).max(self.room.top()))
    }
}

/// Whether there is one to be shown.
pub(super) fn has_card(shown: &Snapshot) -> bool {
    matches!(shown.scan, ScanState::Paused(_)) || shown.notices.iter().any(is_card)
}

/// Shows the card that matters most, if there is one.
pub(super) fn cards(ui: &Ui, stage: &Stage<'_>, place: &CardPlace, requests: &mut Requests) {
    if let ScanState::Paused(state) = &stage.shown.scan {
        let sentences = paused(stage.shown, state);
        floating(ui, place, &sentences, |ui| paused_card(ui, stage, &sentences, requests));
    } else if let Some(latest) = stage.shown.notices.iter().rev().find(|notice| is_card(notice)) {
        let told = Told::of(latest, stage.shown);
        floating(ui, place, &told.sentences, |ui| notice_card(ui, stage, &told, requests));
    }
}

/// A job that ended well is not worth a card: the pages and the status line say it.
fn is_card(shown: &Notice) -> bool {
    match &shown.matter {
        Matter::JobEnded(_) => notice(&shown.matter).0 == Tone::Problem,
        _ => true,
    }
}

/// At the bottom of the room, and no larger than its words need: it lies on the page.
fn floating(ui: &Ui, place: &CardPlace, sentences: &Sentences, content: impl FnOnce(&mut Ui)) {
    let room = place.room;
    let at = room.center_bottom() - vec2(0.0, place.away);
    let text = line_width(ui, &sentences.title, title_font()).max(line_width(ui, &sentences.advice, advice_font()));
    let width = (text + Card::MARGINS + theme::CONTROL).clamp(LEAST_WIDTH, WIDTH);
    let before = size_of(ui, place.id);
    Area::new(place.id).order(Order::Middle).pivot(Align2::CENTER_BOTTOM).fixed_pos(at).constrain_to(room).show(
        ui.ctx(),
        |ui| {
            ui.set_width(width.min(room.width() - 2.0 * place.away));
            content(ui);
        },
    );
    settle(ui, place.id, before);
}

fn line_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::BLACK).size().x.ceil()
}

fn title_font() -> FontId {
    fonts::semibold(TITLE)
}

fn advice_font() -> FontId {
    fonts::regular(ADVICE)
}

fn paused_card(ui: &mut Ui, stage: &Stage<'_>, sentences: &Sentences, requests: &mut Requests) {
    Card::new(Stripe::Attention).flat(stage.narrow).show(ui, |ui| {
        heading(ui, sentences);
        ui.add_space(if stage.narrow { 4.0 } else { 12.0 });
        ui.horizontal_wrapped(|ui| {
            let primary = |button: Button<'static>| button.look(Look::Primary).width(110.0);
            ActionButton::new(Action::Continue).with(primary).show(ui, requests);
            let label = finish(stage.shown);
            let button = Button::new(&label);
            ActionButton::new(Action::Finish).with(|_| button).show(ui, requests);
        });
    });
}

fn notice_card(ui: &mut Ui, stage: &Stage<'_>, told: &Told, requests: &mut Requests) {
    let stripe = match told.tone {
        Tone::Problem => Stripe::Attention,
        Tone::Done => Stripe::Good,
        Tone::Information => Stripe::None,
    };
    Card::new(stripe).flat(stage.narrow).show(ui, |ui| {
        if corner_close(ui, "Close this message") {
            told.numbers.iter().for_each(|number| requests.send(Command::DismissNotice(*number)));
        }
        // In a place of its own: the card is as wide as it is, and a place never becomes narrower than it was.
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - theme::CONTROL);
            heading(ui, &told.sentences);
        });
    });
}

fn heading(ui: &mut Ui, sentences: &Sentences) {
    let tokens = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    paragraph(ui, &sentences.title, title_font(), tokens.text, Align::LEFT);
    if !sentences.advice.is_empty() {
        paragraph(ui, &sentences.advice, advice_font(), tokens.secondary, Align::LEFT);
    }
}
