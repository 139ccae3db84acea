//! Lists of what can be done with pages: at the end of the tools, and under the second button of the mouse.

use eframe::egui::{ScrollArea, Ui};

use crate::session::Snapshot;

use super::super::action::Action;
use super::super::editing::is_possible;
use super::super::requests::Requests;
use super::super::view_state::ViewState;
use super::super::widgets::{menu_row, separator};

/// Width of a list.
pub(super) const WIDTH: f32 = 264.0;
/// What stays free above and below a long list in a small window, together.
const AROUND: f32 = 40.0;

/// What can be done with pages, in parts.
const ENTRIES: [&[Action]; 4] = [
    &[Action::RotateLeft, Action::RotateRight, Action::RotateHalf, Action::WholePage],
    &[Action::InsertHere, Action::Rescan],
    &[Action::MoveToStart, Action::MoveUp, Action::MoveDown, Action::MoveToEnd],
    &[Action::SelectAll, Action::CombineSides, Action::DeletePages, Action::ClearDocument],
];

/// Shows what of the list belongs here.
pub(super) fn page_menu(
    ui: &mut Ui,
    belongs: impl Fn(Action) -> bool,
    shown: &Snapshot,
    view: &ViewState,
    requests: &mut Requests,
) {
    let most = ui.ctx().content_rect().height() - AROUND;
    // A list has as much room as the window, and not what windows in it have by default.
    ui.set_max_height(most);
    ScrollArea::vertical().max_height(most).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (at, part) in ENTRIES.into_iter().enumerate() {
            if at > 0 {
                separator(ui);
            }
            for action in part.iter().copied().filter(|action| belongs(*action)) {
                let (key, can) = (action.key_name(), is_possible(action, view, shown));
                let row = menu_row(ui, action.icon(), &named(action, view), key.as_deref(), false, can);
                if row.on_hover_text(action.explanation()).clicked() {
                    requests.act(action);
                    ui.close();
                }
            }
        }
    });
}

/// The name of an action with what it is done to.
pub(super) fn named(action: Action, view: &ViewState) -> String {
    match (action, view.pages.selected()) {
        (Action::DeletePages, 0 | 1) => "Delete page".to_owned(),
        (Action::DeletePages, more) => format!("Delete {more} pages"),
        _ => action.label().to_owned(),
    }
}
