//! The row over the page: what is done to pages most, or what ends the tool that is in use.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, Popup, Stroke, Ui};

use crate::session::Snapshot;

use super::super::action::Action;
use super::super::editing::is_possible;
use super::super::icons::Icon;
use super::super::page_tool::PageTool;
use super::super::requests::Requests;
use super::super::view_state::ViewState;
use super::super::widgets::{ActionButton, Button, Look, Segments, segmented, words};
use super::super::{fonts, theme};
use super::page_menu::{WIDTH, named, page_menu};

const HEIGHT: f32 = 44.0;
/// From this width on the tools have their words, too.
const ROOM_FOR_WORDS: f32 = 620.0;

/// Shows the row while there is something it could be used for.
pub(in super::super) fn tool_row(ui: &mut Ui, shown: &Snapshot, view: &mut ViewState, requests: &mut Requests) {
    // What was taken out of an empty document is taken back here, too.
    if shown.pages.is_empty() && shown.undo.is_none() && shown.redo.is_none() {
        return;
    }
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.panel).inner_margin(Margin::symmetric(8, 0));
    Panel::top("tools").exact_size(HEIGHT).frame(frame).show(ui, |ui| {
        let line = Stroke::new(1.0, tokens.line);
        ui.painter().hline(ui.max_rect().expand(8.0).x_range(), ui.max_rect().bottom() - 0.5, line);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.set_min_height(HEIGHT);
            match view.tool {
                PageTool::Crop(_) | PageTool::Split(_) => in_use(ui, shown, view, requests),
                PageTool::None | PageTool::Adjust(_) => tools(ui, shown, view, requests),
            }
        });
    });
}

/// Groups of tools; those of the second have their words where there is room.
const TOOLS: [(&[Action], bool); 3] = [
    (&[Action::RotateLeft, Action::RotateRight], false),
    (&[Action::Crop, Action::Split, Action::Adjust], true),
    (&[Action::DeletePages, Action::Undo, Action::Redo], false),
];

fn tools(ui: &mut Ui, shown: &Snapshot, view: &ViewState, requests: &mut Requests) {
    let with_words = ui.available_width() >= ROOM_FOR_WORDS;
    for (at, (group, has_words)) in TOOLS.into_iter().enumerate() {
        if at > 0 {
            between(ui);
        }
        for action in group {
            tool(ui, *action, has_words && with_words, shown, view, requests);
        }
    }
    between(ui);
    let more = Button::of_icon(Icon::More, "More for pages").look(Look::Bare).show(ui);
    Popup::menu(&more).width(WIDTH).show(|ui| page_menu(ui, has_no_button, shown, view, requests));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let selected @ 2.. = view.pages.selected() {
            ui.add_space(8.0);
            let text = format!("{selected} of {} pages selected", shown.pages.len());
            if with_words {
                words(ui, &text, fonts::regular(12.0), theme::tokens(ui).secondary);
            }
        }
    });
}

/// Whether an action is not among the tools.
fn has_no_button(action: Action) -> bool {
    TOOLS.iter().all(|(group, _)| !group.contains(&action))
}

fn tool(ui: &mut Ui, action: Action, has_words: bool, shown: &Snapshot, view: &ViewState, requests: &mut Requests) {
    let name = match action {
        Action::Undo => shown.undo.map_or("Undo".to_owned(), |name| format!("Undo {name}")),
        Action::Redo => shown.redo.map_or("Redo".to_owned(), |name| format!("Redo {name}")),
        other => named(other, view),
    };
    let button = match action.icon() {
        Some(icon) if !has_words => Button::of_icon(icon, &name),
        icon => Button::new(&name).icon(icon),
    };
    let is_open = action == Action::Adjust && matches!(view.tool, PageTool::Adjust(_));
    let button = button.look(if is_open { Look::Link } else { Look::Bare });
    let response = button.enabled(is_possible(action, view, shown)).show(ui);
    let tooltip = match action {
        Action::Undo | Action::Redo => {
            let key = action.key_name().map(|key| format!("  ({key})")).unwrap_or_default();
            format!("{name}{key}")
        }
        _ => action.tooltip(),
    };
    if response.on_hover_text(tooltip).clicked() {
        requests.act(action);
    }
}

fn between(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(eframe::egui::vec2(13.0, HEIGHT), eframe::egui::Sense::hover());
    let line = Stroke::new(1.0, theme::tokens(ui).line);
    ui.painter().vline(rect.center().x, rect.shrink(12.0).y_range(), line);
}

/// A tool that has the page: what it does, and how it ends.
fn in_use(ui: &mut Ui, shown: &Snapshot, view: &mut ViewState, requests: &mut Requests) {
    let tokens = theme::tokens(ui);
    let targets = view.pages.targets(shown).len();
    ui.add_space(8.0);
    let (label, can) = match &mut view.tool {
        PageTool::Crop(tool) => {
            words(ui, &tool.size(), fonts::regular(12.0), tokens.secondary);
            let label = if targets > 1 { format!("Crop {targets} pages") } else { "Crop".to_owned() };
            (label, tool.is_a_part())
        }
        PageTool::Split(tool) => {
            let options = [(true, "Left, right"), (false, "Top, bottom")];
            if let Some(beside) = segmented(ui, &options, Some(tool.beside), Segments::Joined { padding: 10.0 }) {
                tool.beside = beside;
                tool.move_to(0.5);
            }
            ("Split".to_owned(), true)
        }
        PageTool::None | PageTool::Adjust(_) => return,
    };
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let apply = Button::new(&label).look(Look::Primary).name(&label).enabled(can).show(ui);
        if apply.on_hover_text(format!("{label}  (Enter)")).clicked() {
            requests.apply_tool();
        }
        if Button::new("Cancel").show(ui).on_hover_text("Leave the page as it is  (Esc)").clicked() {
            view.tool = PageTool::None;
        }
        let has_crop = view.pages.shown_page(shown).is_some_and(|page| page.face.look.crop.is_some());
        if has_crop && matches!(view.tool, PageTool::Crop(_)) {
            ActionButton::new(Action::WholePage).with(|button| button.look(Look::Bare)).show(ui, requests);
        }
    });
}
