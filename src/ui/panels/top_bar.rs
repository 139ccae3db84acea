//! The bar at the top: device, source, the big button, saving, the menu.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, PointerButton, Popup, Rect, Ui, UiBuilder, pos2, vec2};

use crate::minidriver::Source;
use crate::session::Snapshot;

use super::super::action::Action;
use super::super::documents_flow::is_in_use;
use super::super::icons::Icon;
use super::super::requests::Requests;
use super::super::theme;
use super::super::view_state::{BigButton, ViewState};
use super::super::widgets::{ActionButton, Button, Look, Segments, joined_width, menu_row, segmented, separator};
use super::device_menu::device_menu;
use super::page_menu::named;

const HEIGHT: f32 = 60.0;
const BIG_WIDTH: f32 = 128.0;
const MARGIN: f32 = 16.0;
const GAP: f32 = 12.0;
const SAVE_WIDTH: f32 = 124.0;
/// From the middle of a wide bar to the big button: the device's name is what needs room.
const BIG_FROM_MIDDLE: f32 = 120.0;
/// Width of the menu: its longest row with its keys.
const MENU: f32 = 268.0;
/// The least that is left of a device's name.
const DEVICE_WIDTH: f32 = 140.0;

/// Shows the bar.
pub(in super::super) fn top_bar(
    ui: &mut Ui,
    shown: &Snapshot,
    view: &mut ViewState,
    requests: &mut Requests,
    narrow: bool,
) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::ZERO);
    Panel::top("top bar").exact_size(HEIGHT).frame(frame).show(ui, |ui| {
        let bar = ui.max_rect();
        let save_width = if narrow { theme::CONTROL } else { SAVE_WIDTH };
        let right = bar.right() - MARGIN - theme::CONTROL - GAP - save_width;
        // The place of the big button depends on the window alone, never on what else is in the bar.
        let big_left = if narrow { right - GAP - BIG_WIDTH } else { bar.center().x + BIG_FROM_MIDDLE };
        let middle = bar.center().y;
        let row = |from: f32, to: f32, height: f32| {
            Rect::from_min_max(pos2(from, middle - height / 2.0), pos2(to, middle + height / 2.0))
        };
        let place = |ui: &mut Ui, rect: Rect, content: &mut dyn FnMut(&mut Ui)| {
            let layout = Layout::left_to_right(Align::Center);
            ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
                ui.spacing_mut().item_spacing = vec2(GAP, 0.0);
                content(ui);
            });
        };
        place(ui, row(bar.left() + MARGIN, big_left - GAP, theme::CONTROL), &mut |ui| {
            let options = source_options(shown);
            let padding = if narrow { 8.0 } else { 14.0 };
            let taken = if options.is_empty() { 0.0 } else { GAP + joined_width(ui, &options, padding) };
            device_menu(ui, shown, requests, (ui.available_width() - taken).max(DEVICE_WIDTH));
            source_choice(ui, shown, view, &options, padding);
        });
        place(ui, row(big_left, big_left + BIG_WIDTH, theme::BIG_CONTROL), &mut |ui| {
            big_button(ui, shown, view, requests);
        });
        place(ui, row(right, bar.right() - MARGIN, theme::CONTROL), &mut |ui| {
            save_button(ui, shown, requests, narrow);
            menu(ui, shown, view, requests);
        });
    });
}

/// The sources there are to choose from; none where there is no choice.
fn source_options(shown: &Snapshot) -> Vec<(Source, &'static str)> {
    let offers = shown.chosen.as_ref().and_then(|chosen| chosen.offers.as_ref());
    let offered = offers.map(|offers| offers.sources()).unwrap_or_default();
    if offered.len() < 2 {
        return Vec::new();
    }
    offered.into_iter().map(|source| (source, source_label(source))).collect()
}

fn source_choice(ui: &mut Ui, shown: &Snapshot, view: &mut ViewState, options: &[(Source, &str)], padding: f32) {
    let Some(chosen) = shown.chosen.as_ref().filter(|_| !options.is_empty()) else { return };
    let current = view.choice.source(chosen).map(|(source, _)| source);
    if let Some(source) = segmented(ui, options, current, Segments::Joined { padding }) {
        view.choice.choose(source);
    }
}

pub(super) const fn source_label(source: Source) -> &'static str {
    match source {
        Source::Flatbed => "Flatbed",
        Source::Feeder => "Feeder",
        Source::Duplex => "Both sides",
    }
}

/// Scan and Stop. A click counts only when the pointer went down long enough after the meaning changed.
fn big_button(ui: &mut Ui, shown: &Snapshot, view: &mut ViewState, requests: &mut Requests) {
    let action = view.button.meaning();
    let ready = action == Action::Stop || view.choice.wish(shown).is_some();
    let look = if action == Action::Stop { Look::Stop } else { Look::Primary };
    let response = Button::new(action.label())
        .icon(action.icon())
        .look(look)
        .big()
        .width(BIG_WIDTH)
        .enabled(ready)
        .show(ui)
        .on_hover_text(action.tooltip());
    let by_pointer = response.clicked_by(PointerButton::Primary);
    if response.clicked() && (!by_pointer || view.button.hears_pointer()) {
        let now = ui.input(|input| input.time);
        BigButton::used(&mut view.button, now);
        requests.act(action);
    }
}

fn save_button(ui: &mut Ui, shown: &Snapshot, requests: &mut Requests, narrow: bool) {
    let can = !shown.pages.is_empty() && shown.saving.is_none();
    let label = Action::Save.label();
    let button = match Action::Save.icon() {
        Some(icon) if narrow => Button::of_icon(icon, label),
        icon => Button::new(label).icon(icon).width(SAVE_WIDTH),
    };
    ActionButton::new(Action::Save).with(|_| button.enabled(can)).show(ui, requests);
}

fn menu(ui: &mut Ui, shown: &Snapshot, view: &ViewState, requests: &mut Requests) {
    let response = Button::of_icon(Icon::Menu, "Menu").show(ui);
    Popup::menu(&response).width(MENU).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let undo = shown.undo.map(|name| format!("Undo {name}"));
        let redo = shown.redo.map(|name| format!("Redo {name}"));
        let free = !is_in_use(shown);
        let rows = [
            (Action::NewDocument, Action::NewDocument.label().to_owned(), free && !shown.pages.is_empty()),
            (Action::Documents, Action::Documents.label().to_owned(), true),
            (Action::Import, Action::Import.label().to_owned(), shown.importing.is_none()),
            (Action::AutoSave, Action::AutoSave.label().to_owned(), true),
            (Action::Undo, undo.clone().unwrap_or("Undo".into()), undo.is_some()),
            (Action::Redo, redo.clone().unwrap_or("Redo".into()), redo.is_some()),
            (Action::DeletePages, named(Action::DeletePages, view), !shown.pages.is_empty()),
            (Action::Shortcuts, Action::Shortcuts.label().to_owned(), true),
            (Action::Close, Action::Close.label().to_owned(), true),
        ];
        for (at, (action, text, can)) in rows.into_iter().enumerate() {
            if at == 4 || at == 7 {
                separator(ui);
            }
            let key = action.key_name();
            if menu_row(
                ui,
                action.icon(),
                &text,
                key.as_deref(),
                action == Action::AutoSave && shown.auto_save.is_some(),
                can,
            )
            .clicked()
            {
                requests.act(action);
            }
        }
    });
}
