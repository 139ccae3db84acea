//! All documents: to open, to call something, to throw away, to restore, and to delete for ever.

use eframe::egui::{Align, Key, Layout, Modifiers, Ui, vec2};

use crate::document::library::{Entry, EntryState, Freed};
use crate::session::{Command, Matter, Shelf, Snapshot};
use crate::text::library::{list_trouble, room_taken};
use crate::text::notices::notice;

use super::super::documents_flow::{Browsing, DocumentsFlow, Place, Question, is_in_use};
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::widgets::{
    Button, Look, Segments, begin_typing, dialog, dialog_buttons, dialog_title, enter_is_free, joined_width, paragraph,
    segmented, text_line, words,
};
use super::super::{fonts, theme};
use super::documents_list::{list, shown_name, walk};
use super::documents_questions::question;

const WIDTH: f32 = 720.0;

/// What was decided in this frame.
pub(super) enum Decision {
    /// The list is done with.
    Close,
    /// Something for the session; the list stays.
    Send(Command),
    /// The same, and the list is done with.
    SendAndClose(Command),
}

/// Shows the list or what is asked over it, if it is open.
pub(in super::super) fn documents_dialog(ui: &Ui, shown: &Snapshot, flow: &mut DocumentsFlow, requests: &mut Requests) {
    let DocumentsFlow::Open(browsing) = flow else { return };
    if browsing.question.is_some() {
        return question(ui, shown, browsing, requests);
    }
    match dialog(ui, "documents", WIDTH, Decision::Close, |ui| content(ui, shown, browsing)) {
        None => {}
        Some(Decision::Close) => {
            // What was told here needs no card.
            if let Some(told) = browsing.told(shown) {
                requests.send(Command::DismissNotice(told.number));
            }
            *flow = DocumentsFlow::Closed;
        }
        Some(Decision::Send(command)) => {
            // What was told before is old.
            if let Some(told) = browsing.told(shown) {
                requests.send(Command::DismissNotice(told.number));
            }
            browsing.asks(shown);
            requests.send(command);
        }
        Some(Decision::SendAndClose(command)) => {
            requests.send(command);
            *flow = DocumentsFlow::Closed;
        }
    }
}

fn content(ui: &mut Ui, shown: &Snapshot, browsing: &mut Browsing) -> Option<Decision> {
    let tokens = theme::tokens(ui);
    dialog_title(ui, "Documents");
    let Some(shelf) = shown.library.clone() else {
        paragraph(ui, "Looking for documents …", fonts::regular(14.0), tokens.secondary, Align::LEFT);
        return dialog_buttons(ui, |ui| Button::new("Close").show(ui).clicked().then_some(Decision::Close));
    };
    let found = browsing.found(&shelf);
    walk(ui, browsing, &found);
    let entered = head(ui, &shelf, browsing);
    ui.add_space(8.0);
    let found = browsing.found(&shelf);
    let opened = list(ui, shown, &found, browsing);
    ui.add_space(8.0);
    foot(ui, shown, &shelf, browsing);
    let only = found.first().filter(|_| entered && found.len() == 1).copied();
    let chosen = opened.or(only).or(browsing.chosen(&found));
    let wants = opened.is_some() || only.is_some() || (!entered && enter_is_free(ui));
    dialog_buttons(ui, |ui| match browsing.place {
        Place::Documents => of_document(ui, shown, (&found, chosen), browsing, wants),
        Place::Trash => of_trash(ui, &shelf, (&found, chosen), browsing, wants),
    })
}

/// What became of what was asked for; else how much room documents take.
fn foot(ui: &mut Ui, shown: &Snapshot, shelf: &Shelf, browsing: &Browsing) {
    let tokens = theme::tokens(ui);
    match browsing.told(shown).map(|notice| &notice.matter) {
        Some(Matter::Document(trouble)) => {
            let sentences = list_trouble(trouble, shelf);
            paragraph(ui, &sentences.joined(), fonts::regular(12.0), tokens.attention, Align::LEFT);
        }
        Some(matter) => {
            let (_, sentences) = notice(matter);
            words(ui, &sentences.joined(), fonts::regular(12.0), tokens.text);
        }
        None => {
            words(ui, &room_taken(shelf), fonts::regular(12.0), tokens.secondary);
        }
    }
}

/// What is searched for, and where; whether Enter was pressed in the field.
fn head(ui: &mut Ui, shelf: &Shelf, browsing: &mut Browsing) -> bool {
    let trash = format!("Trash ({})", shelf.trash.len());
    let places = [(Place::Documents, "In use"), (Place::Trash, trash.as_str())];
    let mut entered = false;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), theme::CONTROL),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            let width = ui.available_width() - joined_width(ui, &places, 14.0) - 12.0;
            let field = text_line(ui, &mut browsing.search, "Search by name or date", width);
            if !std::mem::replace(&mut browsing.focused, true) {
                begin_typing(ui, &field, 0);
            }
            entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(place) = segmented(ui, &places, Some(browsing.place), Segments::Joined { padding: 14.0 }) {
                browsing.place = place;
                browsing.selected = None;
            }
        },
    );
    entered
}

/// What can be done with a document in use. `wants`: it was clicked twice, or is the only one found.
fn of_document(
    ui: &mut Ui,
    shown: &Snapshot,
    (found, chosen): (&[&Entry], Option<&Entry>),
    browsing: &mut Browsing,
    wants: bool,
) -> Option<Decision> {
    let (in_use, here) = (is_in_use(shown), chosen.is_some_and(|entry| shown.id.as_ref() == Some(&entry.id)));
    let why_not = why_not_free(shown, chosen);
    let can_open = chosen.is_some() && !here && why_not.is_none() && !in_use;
    let open = Button::new("Open").look(Look::Primary).enabled(can_open).show(ui);
    let in_use_why = if in_use { "A scan or a save is under way" } else { OPEN };
    let open = open.on_hover_text(if here { "It is open already" } else { why_not.unwrap_or(in_use_why) });
    let close = Button::new("Close").show(ui).clicked();
    let mut decision = None;
    if let Some(entry) = chosen.filter(|_| can_open && (wants || open.clicked())) {
        decision = Some(Decision::SendAndClose(Command::OpenDocument(entry.id.clone())));
    } else if close {
        decision = Some(Decision::Close);
    }
    decision.or(of_any(ui, shown, (found, chosen), browsing))
}

/// What else can be done with a document in use, on the other side.
fn of_any(
    ui: &mut Ui,
    shown: &Snapshot,
    (found, chosen): (&[&Entry], Option<&Entry>),
    browsing: &mut Browsing,
) -> Option<Decision> {
    let why_not = why_not_free(shown, chosen);
    let here = chosen.is_some_and(|entry| shown.id.as_ref() == Some(&entry.id));
    let can_go = chosen.is_some() && why_not.is_none() && !(here && is_in_use(shown));
    // A damaged one is put in order when it is opened, and what that comes to is shown then.
    let is_damaged = chosen.is_some_and(|entry| entry.state == EntryState::Damaged);
    let why_not_rename = if is_damaged { Some("Open it first: that brings back what can be read") } else { why_not };
    let can_rename = chosen.is_some() && why_not_rename.is_none();
    let history = chosen.map(|entry| entry.history).unwrap_or_default();
    let mut decision = None;
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let quiet = |icon, text, can| Button::new(text).icon(Some(icon)).look(Look::Bare).enabled(can);
        let rename = quiet(Icon::Rename, "Rename", can_rename).show(ui).on_hover_text(why_not_rename.unwrap_or(RENAME));
        if let Some(entry) = chosen.filter(|_| can_rename && (rename.clicked() || pressed(ui, Key::F2))) {
            let title = shown_name(shown, entry);
            browsing.question = Some(Question::Title { id: entry.id.clone(), title, focused: false });
        }
        let clean = quiet(Icon::History, "Clean up", can_go && history != Freed::default()).show(ui);
        let why = if history == Freed::default() { NOTHING_TO_CLEAN } else { CLEAN };
        if clean.on_hover_text(why_not.unwrap_or(why)).clicked() {
            browsing.question = chosen.map(|entry| Question::Clean(entry.id.clone()));
        }
        let throw = quiet(Icon::Delete, "To the trash", can_go).show(ui).on_hover_text(why_not.unwrap_or(THROW_AWAY));
        if let Some(entry) = chosen.filter(|_| can_go && (throw.clicked() || pressed(ui, Key::Delete))) {
            browsing.goes(found);
            decision = Some(Decision::Send(Command::ThrowAway(entry.id.clone())));
        }
    });
    decision
}

const OPEN: &str = "Put the shown document away as it is and show this one";
const RENAME: &str = "Give it another name (F2)";
const CLEAN: &str = "Remove pages that only undo brings back";
const NOTHING_TO_CLEAN: &str = "It keeps no deleted pages";
const THROW_AWAY: &str = "It can be restored from there (Del)";

/// Why nothing can be done with a document, whatever it is; `None`: something can.
fn why_not_free(shown: &Snapshot, chosen: Option<&Entry>) -> Option<&'static str> {
    match chosen {
        None => Some("Choose a document first"),
        Some(entry) if shown.id.as_ref() == Some(&entry.id) => None,
        Some(entry) if entry.state == EntryState::Open => Some("It is open in another window or program"),
        Some(entry) if entry.state == EntryState::Newer => Some("A later version of Lightbar made it"),
        Some(_) => None,
    }
}

/// Whether a key was pressed that stands for a button, and nothing is typed.
fn pressed(ui: &Ui, key: Key) -> bool {
    !ui.ctx().text_edit_focused() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key))
}

/// What can be done with a document in the trash.
fn of_trash(
    ui: &mut Ui,
    shelf: &Shelf,
    (found, chosen): (&[&Entry], Option<&Entry>),
    browsing: &mut Browsing,
    wants: bool,
) -> Option<Decision> {
    let back = Button::new("Restore").icon(Some(Icon::Restore)).look(Look::Primary).enabled(chosen.is_some());
    let back = back.show(ui).clicked();
    let close = Button::new("Close").show(ui).clicked().then_some(Decision::Close);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let empty = Button::new("Empty the trash").look(Look::Risky).enabled(!shelf.trash.is_empty());
        if empty.show(ui).clicked() {
            browsing.question = Some(Question::EmptyTrash);
        }
        let delete = Button::new("Delete for ever").look(Look::Risky).enabled(chosen.is_some()).show(ui);
        if let Some(entry) = chosen.filter(|_| delete.clicked() || pressed(ui, Key::Delete)) {
            browsing.question = Some(Question::DeleteForever(entry.id.clone()));
        }
    });
    let taken = chosen.filter(|_| back || wants).map(|entry| Decision::Send(Command::TakeBack(entry.id.clone())));
    if taken.is_some() {
        browsing.goes(found);
    }
    taken.or(close)
}
