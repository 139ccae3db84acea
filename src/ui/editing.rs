//! Actions on pages: which pages they mean, and what they begin or send.

use crate::document::PageId;
use crate::session::{Command, PageState, Snapshot};

use super::action::Action;
use super::page_edits;
use super::page_tool::PageTool;
use super::view_state::ViewState;

/// Does an action on pages: begins what needs the pointer or an answer, and gives the command of what does not.
pub(super) fn carry_out(action: Action, view: &mut ViewState, shown: &Snapshot) -> Option<Command> {
    let pages = view.pages.targets(shown);
    let page = view.pages.shown_page(shown);
    match action {
        Action::SelectAll => view.pages.select_all(shown),
        Action::Crop => view.tool = page.map_or(PageTool::None, PageTool::crop),
        Action::Split => view.tool = page.map_or(PageTool::None, PageTool::split),
        Action::Adjust => {
            let is_open = matches!(view.tool, PageTool::Adjust(_));
            view.tool = page.filter(|_| !is_open).map_or(PageTool::None, PageTool::adjust);
        }
        Action::CombineSides => {
            let pages = sheets(view, shown);
            if pages.len() > 1 {
                view.combine = Some(Combining { pages, reversed: false });
            }
        }
        Action::InsertHere => {
            let command = page_edits::insert_here(&pages, &view.choice, shown);
            view.pages.follow_if(command.is_some());
            return command;
        }
        Action::Rescan => {
            let command = page_edits::rescan(page?.id, &view.choice, shown);
            view.pages.follow_if(command.is_some());
            return command;
        }
        other => {
            let command = page_edits::command(other, &pages, shown);
            if command.is_some() && other.moves() {
                view.pages.reveal = true;
            }
            return command;
        }
    }
    None
}

/// Whether an action could do anything now.
pub(super) fn is_possible(action: Action, view: &ViewState, shown: &Snapshot) -> bool {
    let is_over = view.pages.shown_page(shown).is_some_and(|page| page.state != PageState::Arriving);
    let can_scan = || shown.scan.job().is_none() && view.choice.wish(shown).is_some();
    match action {
        Action::Undo => shown.undo.is_some(),
        Action::Redo => shown.redo.is_some(),
        Action::SelectAll => !shown.pages.is_empty(),
        Action::Crop | Action::Split | Action::Adjust => is_over,
        Action::CombineSides => sheets(view, shown).len() > 1,
        Action::InsertHere => !shown.pages.is_empty() && can_scan(),
        Action::Rescan => is_over && can_scan(),
        other => page_edits::command(other, &view.pages.targets(shown), shown).is_some(),
    }
}

/// The pages whose sides are to be combined: the selected ones, or all when fewer than two are.
fn sheets(view: &ViewState, shown: &Snapshot) -> Vec<PageId> {
    let selected = view.pages.targets(shown);
    if selected.len() > 1 { selected } else { shown.pages.iter().map(|page| page.id).collect() }
}

impl Action {
    /// Whether it moves pages.
    const fn moves(self) -> bool {
        matches!(self, Action::MoveUp | Action::MoveDown | Action::MoveToStart | Action::MoveToEnd)
    }
}

/// Sides that are about to be combined.
pub(super) struct Combining {
    /// The pages; the first half are fronts.
    pub(super) pages: Vec<PageId>,
    /// The backs came in reverse order.
    pub(super) reversed: bool,
}
