//! From *Import* to files: which dialog, which files.
//!
//! ```text
//! Closed ─▶ Asking (a thread: the desktop's dialog) ─▶ Closed, with files
//!              │ no dialog answers
//!              ▼
//!           Path (our dialog) ─▶ Closed, with a file
//!              │  ▲ no dialog answers, or none was chosen
//!              ▼  │
//!           Browsing (a thread: the desktop's dialog) ─▶ Closed, with files
//! ```

use std::path::{Path, PathBuf};

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
    /// The desktop's dialog is open over it.
    Browsing(PathField, Receiver<SystemFiles>),
}

/// The field of the built-in dialog.
#[derive(Debug, Default)]
pub(super) struct PathField {
    /// What was typed.
    pub(super) path: String,
    /// The field was given the keyboard.
    pub(super) focused: bool,
    /// The desktop's dialog can be asked for.
    pub(super) can_browse: bool,
    /// It was asked for by the button, and none answered.
    pub(super) none_answers: bool,
}

impl ImportFlow {
    /// Whether a dialog of the window is open.
    pub(super) fn has_dialog(&self) -> bool {
        matches!(self, ImportFlow::Path(_) | ImportFlow::Browsing(..))
    }

    /// What is shown in the built-in dialog, and whether it can be changed now.
    pub(super) fn field(&mut self) -> Option<(&mut PathField, bool)> {
        match self {
            ImportFlow::Path(field) => Some((field, true)),
            ImportFlow::Browsing(field, _) => Some((field, false)),
            ImportFlow::Closed | ImportFlow::Asking(_) => None,
        }
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
            FileDialogs::BuiltIn(folder) => {
                ImportFlow::Path(PathField::in_folder(&last_folder.unwrap_or(folder), false))
            }
        };
    }

    /// The files are chosen in the desktop's dialog after all: one that is slow to start may answer by now.
    pub(super) fn browse(&mut self, ctx: &Context) {
        if let ImportFlow::Path(field) = std::mem::take(self) {
            let typed = save_target::from_home(&field.path);
            let answer = on_thread(ctx, move || system_dialog::ask_for_files(save_target::folder_in(&typed)));
            *self = ImportFlow::Browsing(field, answer);
        }
    }

    /// Takes what a thread has found out; the files, when some were chosen.
    pub(super) fn advance(&mut self) -> Option<Vec<PathBuf>> {
        let (next, files) = match std::mem::take(self) {
            ImportFlow::Asking(answer) => match answer.try_recv() {
                Ok(SystemFiles::Chosen(files)) => (ImportFlow::Closed, Some(files)),
                Ok(SystemFiles::Cancelled) => (ImportFlow::Closed, None),
                Ok(SystemFiles::NoDialog(folder)) => (ImportFlow::Path(PathField::in_folder(&folder, true)), None),
                Err(TryRecvError::Disconnected) => (ImportFlow::Path(PathField::default()), None),
                Err(TryRecvError::Empty) => (ImportFlow::Asking(answer), None),
            },
            ImportFlow::Browsing(field, answer) => match answer.try_recv() {
                Ok(SystemFiles::Chosen(files)) => (ImportFlow::Closed, Some(files)),
                Ok(SystemFiles::Cancelled) => (ImportFlow::Path(field.again(false)), None),
                Ok(SystemFiles::NoDialog(_)) | Err(TryRecvError::Disconnected) => {
                    (ImportFlow::Path(field.again(true)), None)
                }
                Err(TryRecvError::Empty) => (ImportFlow::Browsing(field, answer), None),
            },
            other => (other, None),
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
    fn in_folder(folder: &Path, can_browse: bool) -> PathField {
        let mut path = folder.to_string_lossy().into_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        PathField { path, can_browse, ..PathField::default() }
    }

    /// The same when the desktop's dialog is over.
    fn again(self, none_answers: bool) -> PathField {
        PathField { focused: false, none_answers, ..self }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    /// What the dialog over it answers, and what comes of it.
    fn after(answer: SystemFiles) -> (ImportFlow, Option<Vec<PathBuf>>) {
        let (sender, receiver) = bounded(1);
        let mut flow = ImportFlow::Browsing(PathField::in_folder(Path::new("/home/ada"), true), receiver);
        assert_eq!(flow.advance(), None, "nothing has come yet");
        assert!(flow.has_dialog() && flow.field().is_some_and(|(_, can_change)| !can_change));
        sender.send(answer).expect("somebody listens");
        let files = flow.advance();
        (flow, files)
    }

    #[test]
    fn several_files_are_chosen_in_the_dialog_of_the_desktop() {
        let files = vec![PathBuf::from("/tmp/a.pdf"), PathBuf::from("/tmp/b.png")];
        let (flow, chosen) = after(SystemFiles::Chosen(files.clone()));
        assert_eq!(chosen, Some(files));
        assert!(matches!(flow, ImportFlow::Closed));
    }

    #[test]
    fn a_dialog_that_does_not_answer_or_is_cancelled_leads_back() {
        for (answer, none) in [(SystemFiles::Cancelled, false), (SystemFiles::NoDialog("/".into()), true)] {
            let (flow, chosen) = after(answer);
            let ImportFlow::Path(field) = flow else { panic!("the built-in dialog is there again") };
            assert_eq!((chosen, field.path.as_str(), field.none_answers), (None, "/home/ada/", none));
            assert!(field.can_browse && !field.focused);
        }
    }
}
