//! From *Import* to files: which dialog, which files.
//!
//! ```text
//! Closed ─▶ Asking (a thread: the desktop's dialog) ─▶ Closed, with files
//!              │ no dialog answers
//!              ▼
//!           Path (our dialog) ─▶ Closed, with a file
//! ```

use std::path::PathBuf;

use crossbeam_channel::{Receiver, TryRecvError};
use eframe::egui::Context;

use super::save_flow::{FileDialogs, on_thread};
use super::save_target;
use super::system_dialog::{self, SystemFiles};

/// Where it is.
#[derive(Default)]
pub(super) enum ImportFlow {
    /// Nothing is asked.
    #[default]
    Closed,
    /// A thread shows the desktop's dialog.
    Asking(Receiver<SystemFiles>),
    /// The built-in dialog is open.
    Path(PathField),
}

/// The field of the built-in dialog.
#[derive(Debug, Default)]
pub(super) struct PathField {
    /// What was typed.
    pub(super) path: String,
    /// The field was given the keyboard.
    pub(super) focused: bool,
}

impl ImportFlow {
    /// Whether a dialog of the window is open.
    pub(super) fn has_dialog(&self) -> bool {
        matches!(self, ImportFlow::Path(_))
    }

    /// Asks for files, unless they are being asked for.
    pub(super) fn start(&mut self, dialogs: &FileDialogs, last_folder: Option<PathBuf>, ctx: &Context) {
        if !matches!(self, ImportFlow::Closed) {
            return;
        }
        *self = match dialogs.clone() {
            FileDialogs::System => {
                ImportFlow::Asking(on_thread(ctx, move || system_dialog::ask_for_files(last_folder)))
            }
            FileDialogs::BuiltIn(folder) => ImportFlow::Path(PathField::in_folder(last_folder.unwrap_or(folder))),
        };
    }

    /// Takes what a thread has found out; the files, when some were chosen.
    pub(super) fn advance(&mut self) -> Option<Vec<PathBuf>> {
        let ImportFlow::Asking(answer) = self else { return None };
        let (next, files) = match answer.try_recv() {
            Ok(SystemFiles::Chosen(files)) => (ImportFlow::Closed, Some(files)),
            Ok(SystemFiles::Cancelled) => (ImportFlow::Closed, None),
            Ok(SystemFiles::NoDialog(folder)) => (ImportFlow::Path(PathField::in_folder(folder)), None),
            Err(TryRecvError::Disconnected) => (ImportFlow::Path(PathField::default()), None),
            Err(TryRecvError::Empty) => return None,
        };
        *self = next;
        files
    }

    /// The person is done with the built-in dialog: this file.
    pub(super) fn chosen(&mut self) -> Option<PathBuf> {
        match std::mem::take(self) {
            ImportFlow::Path(field) => Some(save_target::from_home(&field.path)),
            other => {
                *self = other;
                None
            }
        }
    }

    /// No file.
    pub(super) fn close(&mut self) {
        *self = ImportFlow::Closed;
    }
}

impl PathField {
    fn in_folder(folder: PathBuf) -> PathField {
        let mut path = folder.to_string_lossy().into_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        PathField { path, focused: false }
    }
}
