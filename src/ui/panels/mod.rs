//! The parts of the window, one file each. A panel shows a snapshot, changes its own view state and
//! pushes requests; it does nothing itself.

mod adjust_card;
mod auto_save_dialog;
mod card_words;
mod cards;
mod combine_dialog;
mod device_menu;
mod documents_dialog;
mod documents_list;
mod documents_questions;
mod empty;
mod file_fields;
mod import_dialog;
mod page_canvas;
mod page_list;
mod page_marks;
mod page_menu;
mod page_view;
mod password_dialog;
mod profile_dialog;
mod profile_menu;
mod save_dialog;
mod save_options;
mod settings_panel;
mod shortcut_sheet;
mod skip;
mod status_line;
mod tool_row;
mod top_bar;
mod torn_edge;

pub(super) use auto_save_dialog::{AutoSaveDecision, auto_save_dialog};
pub(super) use combine_dialog::combine_dialog;
pub(super) use documents_dialog::documents_dialog;
pub(super) use import_dialog::{ImportDecision, import_dialog};
pub(super) use page_list::page_list;
pub(super) use page_marks::mark_on_page;
pub(super) use page_view::page_view;
pub(super) use password_dialog::password_dialog;
pub(super) use profile_dialog::profile_dialog;
pub(super) use profile_menu::PROFILE_KEYS;
pub(super) use save_dialog::{Decision, save_dialog};
pub(super) use settings_panel::settings_panel;
pub(super) use shortcut_sheet::shortcut_sheet;
pub(super) use skip::Skips;
pub(super) use status_line::status_line;
pub(super) use tool_row::tool_row;
pub(super) use top_bar::top_bar;

use crate::session::Snapshot;
use crate::session::pictures::Pictures;

use super::textures::Textures;

/// What the panels are given to show.
pub(super) struct Stage<'a> {
    pub(super) shown: &'a Snapshot,
    pub(super) pictures: &'a Pictures,
    pub(super) textures: &'a mut Textures,
    /// Distances for a small window.
    pub(super) narrow: bool,
}

/// From this width on there is room for everything.
pub(super) const WIDE: f32 = 1080.0;
