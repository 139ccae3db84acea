//! All documents: to open, to call something, to throw away and to take back.

use eframe::egui::{Align, CornerRadius, Key, Layout, Response, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::document::library::{Entry, EntryState};
use crate::session::{Command, Shelf, Snapshot};
use crate::text::library::{document_changed, document_facts, document_name, room_taken};

use super::super::documents_flow::{Browsing, DocumentsFlow, Place, Question, is_in_use};
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::widgets::{
    Button, Look, Segments, begin_typing, dialog, dialog_buttons, dialog_title, enter_is_free, focus_ring,
    joined_width, paragraph, segmented, text_line, words,
};
use super::super::{fonts, theme};
use super::documents_questions::question;

const WIDTH: f32 = 720.0;
const ROW: f32 = 52.0;
/// The list is as high as this, or what a small window leaves.
const LIST: f32 = 372.0;
const LEAST_LIST: f32 = 2.0 * ROW;
/// What of a window is not list: the rest of the dialog, and what stays free around it.
const NOT_LIST: f32 = 244.0;
/// Width of the part with the date.
const DATE: f32 = 124.0;

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
        Some(Decision::Close) => *flow = DocumentsFlow::Closed,
        Some(Decision::Send(command)) => requests.send(command),
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
    let entered = head(ui, &shelf, browsing);
    ui.add_space(8.0);
    let found = browsing.found(&shelf);
    let opened = list(ui, shown, &found, browsing);
    ui.add_space(8.0);
    words(ui, &room_taken(&shelf), fonts::regular(12.0), tokens.secondary);
    let only = found.first().filter(|_| entered && found.len() == 1).copied();
    let chosen = opened.or(only).or(browsing.chosen(&found));
    let wants = opened.is_some() || only.is_some() || (!entered && enter_is_free(ui));
    dialog_buttons(ui, |ui| match browsing.place {
        Place::Documents => of_document(ui, shown, chosen, browsing, wants),
        Place::Trash => of_trash(ui, &shelf, chosen, browsing, wants),
    })
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

/// Shows the documents that were found; the one that was clicked twice.
fn list<'a>(ui: &mut Ui, shown: &Snapshot, found: &[&'a Entry], browsing: &mut Browsing) -> Option<&'a Entry> {
    let tokens = theme::tokens(ui);
    let room = (ui.ctx().content_rect().height() - NOT_LIST).clamp(LEAST_LIST, LIST);
    // Where not all have room, half of one says that more follow.
    let all = found.len() as f32 * ROW;
    let height = if all <= room { room } else { ((room / ROW - 0.5).floor() + 0.5) * ROW };
    if found.is_empty() {
        let text = match (browsing.place, browsing.search.trim().is_empty()) {
            (_, false) => "No document matches.",
            (Place::Documents, true) => "No documents yet. What is scanned appears here.",
            (Place::Trash, true) => "The trash is empty.",
        };
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(Align::LEFT), |ui| {
            ui.set_min_height(height);
            ui.add_space(12.0);
            paragraph(ui, text, fonts::regular(14.0), tokens.secondary, Align::LEFT);
        });
        return None;
    }
    let mut opened = None;
    let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, false]);
    area.show_rows(ui, ROW, found.len(), |ui, rows| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for entry in found.get(rows).unwrap_or_default() {
            let response = row(ui, shown, entry, browsing.selected.as_ref() == Some(&entry.id));
            if response.clicked() {
                browsing.selected = Some(entry.id.clone());
            }
            let entered = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if response.double_clicked() || entered {
                opened = Some(*entry);
            }
        }
    });
    opened
}

fn row(ui: &mut Ui, shown: &Snapshot, entry: &Entry, selected: bool) -> Response {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let (mut name, facts) = (document_name(entry), document_facts(entry));
    let is_here = shown.id.as_ref() == Some(&entry.id);
    if is_here && let Some(title) = &shown.about.title {
        name.clone_from(title);
    }
    let partial = match (entry.state, entry.partial) {
        (EntryState::Damaged, _) => "damaged".to_owned(),
        (_, 0) => String::new(),
        (_, some) => format!("{some} partial"),
    };
    let place = match (is_here, entry.state) {
        (true, _) => "open",
        (false, EntryState::Open) => "open elsewhere",
        (false, _) => "",
    };
    response.widget_info(|| {
        let said = [name.as_str(), facts.as_str(), partial.as_str(), place];
        let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
        WidgetInfo::selected(Role::ListBoxOption, true, selected, said.join(", "))
    });
    let ground = match selected {
        true => Some(tokens.accent_soft),
        false => (response.hovered() || response.has_focus()).then_some(tokens.hover),
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), CornerRadius::same(theme::RADIUS), ground);
    }
    let inside = rect.shrink2(vec2(12.0, 8.0));
    let line = |ui: &Ui, text: &str, font, color, width: f32| {
        let mut job = eframe::egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = eframe::egui::text::TextWrapping::truncate_at_width(width.max(8.0));
        ui.painter().layout_job(job)
    };
    let mut right = inside.right();
    let changed = line(ui, &document_changed(entry), fonts::regular(12.0), tokens.secondary, DATE);
    ui.painter().galley(pos2(right - changed.size().x, inside.top() + 1.0), changed, tokens.secondary);
    right -= DATE;
    for (text, color) in [(place, tokens.accent), (partial.as_str(), tokens.attention)] {
        if !text.is_empty() {
            let mark = line(ui, text, fonts::semibold(12.0), color, DATE);
            right -= mark.size().x;
            ui.painter().galley(pos2(right, inside.top() + 1.0), mark, color);
            right -= 12.0;
        }
    }
    let name = line(ui, &name, fonts::medium(14.0), tokens.text, right - inside.left());
    ui.painter().galley(inside.min - vec2(0.0, 1.0), name, tokens.text);
    let facts = line(ui, &facts, fonts::regular(12.0), tokens.secondary, inside.width());
    let bottom = pos2(inside.left(), inside.bottom() - facts.size().y + 1.0);
    ui.painter().galley(bottom, facts, tokens.secondary);
    focus_ring(ui, &response.clone().with_new_rect(rect.shrink(3.0)), theme::SMALL_RADIUS);
    response
}

/// What can be done with a document in use. `wants`: it was clicked twice, or is the only one found.
fn of_document(
    ui: &mut Ui,
    shown: &Snapshot,
    chosen: Option<&Entry>,
    browsing: &mut Browsing,
    wants: bool,
) -> Option<Decision> {
    let (in_use, here) = (is_in_use(shown), chosen.is_some_and(|entry| shown.id.as_ref() == Some(&entry.id)));
    let is_free = chosen.is_some_and(|entry| !matches!(entry.state, EntryState::Open | EntryState::Newer));
    let can_open = chosen.is_some() && !here && is_free && !in_use;
    let why = match chosen {
        None => "Choose a document first",
        Some(_) if here => "It is open already",
        Some(entry) if entry.state == EntryState::Open => "It is open in another window or program",
        Some(entry) if entry.state == EntryState::Newer => "A later version of Lightbar made it",
        Some(_) if in_use => "A scan or a save is under way",
        Some(_) => "Put the shown document away as it is and show this one",
    };
    let open = Button::new("Open").look(Look::Primary).enabled(can_open).show(ui).on_hover_text(why);
    let close = Button::new("Close").show(ui).clicked();
    let mut decision = None;
    if let Some(entry) = chosen.filter(|_| can_open && (wants || open.clicked())) {
        decision = Some(Decision::SendAndClose(Command::OpenDocument(entry.id.clone())));
    } else if close {
        decision = Some(Decision::Close);
    }
    let can_go = is_free || (here && !in_use);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let quiet = |icon, text, can| Button::new(text).icon(Some(icon)).look(Look::Bare).enabled(can);
        let rename = quiet(Icon::Rename, "Rename", here).show(ui);
        if rename.on_hover_text(if here { "Give it a title" } else { "Open it to give it a title" }).clicked() {
            let title = shown.about.title.clone().unwrap_or_default();
            browsing.question = Some(Question::Title { title, focused: false });
        }
        let clean = quiet(Icon::History, "Clean up", can_go).show(ui);
        if clean.on_hover_text("Remove what only its history needs").clicked() {
            browsing.question = chosen.map(|entry| Question::Clean(entry.id.clone()));
        }
        let throw = quiet(Icon::Delete, "To the trash", can_go).show(ui);
        if throw.on_hover_text("It can be taken back from there").clicked() {
            browsing.selected = None;
            decision = chosen.map(|entry| Decision::Send(Command::ThrowAway(entry.id.clone())));
        }
    });
    decision
}

/// What can be done with a document in the trash.
fn of_trash(
    ui: &mut Ui,
    shelf: &Shelf,
    chosen: Option<&Entry>,
    browsing: &mut Browsing,
    wants: bool,
) -> Option<Decision> {
    let back = Button::new("Take back").icon(Some(Icon::Restore)).look(Look::Primary).enabled(chosen.is_some());
    let back = back.show(ui).clicked();
    let close = Button::new("Close").show(ui).clicked().then_some(Decision::Close);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let empty = Button::new("Empty the trash").look(Look::Risky).enabled(!shelf.trash.is_empty());
        if empty.show(ui).clicked() {
            browsing.question = Some(Question::EmptyTrash);
        }
    });
    let taken = chosen.filter(|_| back || wants).map(|entry| Decision::Send(Command::TakeBack(entry.id.clone())));
    taken.or(close)
}
