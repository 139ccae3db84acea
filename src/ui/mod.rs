//! The `ui` module deals with *the window*: egui, and egui nowhere else.
//!
//! Three types, three jobs. The session's [`Snapshot`](crate::session::Snapshot) is the truth and
//! read-only; `ViewState` is what only the window knows: selection, zoom, an open
//! dialog; `Requests` are wishes. A panel shows the first, changes its part of the second
//! and pushes the third. [`Application`] drains events and carries out requests in `logic`, and
//! shows in `show`.
//!
//! This module must not know a device, a file or a decoder, and nothing in it waits: what could
//! wait (a file dialog, a look at the disk, the system's bus) has its own thread.

mod action;
mod app;
mod auto_save_flow;
mod backend;
mod choice;
mod closing;
mod documents_flow;
mod editing;
mod fonts;
mod icons;
mod import_flow;
mod last_folders;
mod outlook;
mod page_edits;
mod page_tool;
mod panels;
mod password_flow;
mod profile_flow;
mod requests;
mod save_choices;
mod save_flow;
mod save_target;
mod seen;
mod sleep;
mod system_dialog;
mod textures;
mod theme;
mod view_state;
mod widgets;
mod window;

pub use action::{Action, Shortcut, When};
pub use app::Application;
pub use backend::Backend;
pub use save_flow::FileDialogs;
pub use sleep::{Bus, watch_sleep};
pub use window::{Repaint, StartWith, WindowError, display_is_named, native_options, run};
