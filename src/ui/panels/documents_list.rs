//! The documents of the list: rows that are pointed at with the pointer or the arrow keys.

use eframe::egui::{
    Align, CornerRadius, EventFilter, Id, InputState, Key, Layout, Modifiers, Response, Role, ScrollArea, Sense, Ui,
    WidgetInfo, accesskit, pos2, vec2,
};

use crate::document::library::{Entry, EntryState};
use crate::session::Snapshot;
use crate::text::library::{document_changed, document_facts, document_flaws, document_name, nothing_found, own_name};

use super::super::documents_flow::{Browsing, Place};
use super::super::widgets::{focus_ring, paragraph, stay_here};
use super::super::{fonts, theme};

const ROW: f32 = 52.0;
/// The list is as high as this, or what a small window leaves.
const LIST: f32 = 372.0;
const LEAST_LIST: f32 = 2.0 * ROW;
/// What of a window is not list: the rest of the dialog, and what stays free around it.
const NOT_LIST: f32 = 244.0;
/// Width of the part with the date.
const DATE: f32 = 124.0;

/// The arrow keys go from document to document, also while something is typed in the one line of the search. To be asked
/// before any of them is shown.
pub(super) fn walk(ui: &Ui, browsing: &mut Browsing, found: &[&Entry]) {
    let focus = ui.memory(|memory| memory.focused());
    let is_typing = ui.ctx().text_edit_focused();
    let is_in_list = focus.is_none() || found.iter().any(|entry| focus == Some(id_of(entry)));
    if !is_typing && !is_in_list {
        return;
    }
    let by = ui.input_mut(|input| {
        let mut presses = |key| isize::from(input.consume_key(Modifiers::NONE, key));
        let step = presses(Key::ArrowDown) - presses(Key::ArrowUp);
        // In a field they belong to the text.
        if is_typing { step } else { step + far(input, found.len()) }
    });
    if by != 0 {
        stay_here(ui);
        browsing.step(by, found);
    }
}

/// To the first or the last one.
fn far(input: &mut InputState, all: usize) -> isize {
    let all = isize::try_from(all).unwrap_or(isize::MAX);
    let mut presses = |key| isize::from(input.consume_key(Modifiers::NONE, key));
    (presses(Key::End) - presses(Key::Home)).saturating_mul(all)
}

/// What a row is called for the keyboard.
fn id_of(entry: &Entry) -> Id {
    Id::unique(("document", entry.id.as_str()))
}

/// Shows the documents that were found; the one that was clicked twice.
pub(super) fn list<'a>(
    ui: &mut Ui,
    shown: &Snapshot,
    found: &[&'a Entry],
    browsing: &mut Browsing,
) -> Option<&'a Entry> {
    let tokens = theme::tokens(ui);
    let room = (ui.ctx().content_rect().height() - NOT_LIST).clamp(LEAST_LIST, LIST);
    // Where not all have room, half of one says that more follow.
    let all = found.len() as f32 * ROW;
    let height = if all <= room { room } else { ((room / ROW - 0.5).floor() + 0.5) * ROW };
    if found.is_empty() {
        let text = nothing_found(browsing.place == Place::Trash, !browsing.search.trim().is_empty());
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(Align::LEFT), |ui| {
            ui.set_min_height(height);
            ui.add_space(12.0);
            paragraph(ui, text, fonts::regular(14.0), tokens.secondary, Align::LEFT);
        });
        return None;
    }
    let mut opened = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, false]);
    if std::mem::take(&mut browsing.reveal) {
        let at = found.iter().position(|entry| browsing.selected.as_ref() == Some(&entry.id)).unwrap_or(0);
        // The middle of the list, so that what comes before and after is seen.
        area =
            area.vertical_scroll_offset((at as f32 * ROW - (height - ROW) / 2.0).clamp(0.0, (all - height).max(0.0)));
    }
    area.show_rows(ui, ROW, found.len(), |ui, rows| {
        let top = rows.start;
        for (at, entry) in found.get(rows).unwrap_or_default().iter().enumerate() {
            let selected = browsing.selected.as_ref() == Some(&entry.id);
            // The Tab key finds one row and goes on behind the list: the arrow keys are for the others.
            let is_stop = selected || (browsing.selected.is_none() && top + at == 0);
            let response = row(ui, shown, entry, (selected, is_stop));
            if selected && std::mem::take(&mut browsing.take_focus) {
                response.request_focus();
            }
            if response.clicked() || response.gained_focus() {
                browsing.selected = Some(entry.id.clone());
            }
            if response.has_focus() {
                let arrows = EventFilter { vertical_arrows: true, ..EventFilter::default() };
                ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
            }
            let entered = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if response.double_clicked() || entered {
                opened = Some(*entry);
            }
        }
    });
    opened
}

fn row(ui: &mut Ui, shown: &Snapshot, entry: &Entry, (selected, is_stop): (bool, bool)) -> Response {
    let tokens = theme::tokens(ui);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    let id = id_of(entry);
    // A screen reader may give the keyboard to any of them.
    let is_wanted = ui.input(|input| input.has_accesskit_action_request(id, accesskit::Action::Focus));
    let is_stop = is_stop || is_wanted || ui.memory(|memory| memory.has_focus(id));
    let response = ui.interact(rect, id, if is_stop { Sense::click() } else { Sense::CLICK });
    if is_wanted {
        response.request_focus();
    }
    let (name, facts) = (shown_name(shown, entry), document_facts(entry));
    let is_here = shown.id.as_ref() == Some(&entry.id);
    let flaws = document_flaws(entry);
    let place = match (is_here, entry.state) {
        (true, _) => "open",
        (false, EntryState::Open) => "open elsewhere",
        (false, _) => "",
    };
    response.widget_info(|| {
        let said = [name.as_str(), facts.as_str(), flaws.as_str(), place];
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
    for (text, color) in [(place, tokens.accent), (flaws.as_str(), tokens.attention)] {
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

/// What a document is called now: the open one may have got another name since the list was made.
pub(super) fn shown_name(shown: &Snapshot, entry: &Entry) -> String {
    let here = own_name(&shown.about).filter(|_| shown.id.as_ref() == Some(&entry.id));
    here.unwrap_or_else(|| document_name(entry))
}
