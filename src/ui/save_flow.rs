//! From *Save PDF* to a saved file: which dialog, which file, and whether an old one may be replaced.
//!
//! ```text
//! Closed ─▶ Asking (a thread: proposal, the desktop's dialog) ─▶ Sent, with a command
//!              │ no dialog answers
//!              ▼
//!           Path (our dialog) ─▶ Looking (a thread) ─▶ Sent, with a command ─▶ Closed
//!              ▲  ▲                │ exists              │      │ not saved
//!              │  └── no ─ Replace ◀┴──── exists ─────────┘      │
//!              └─────────────── with the name and the reason ────┘
//! ```

use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use eframe::egui::Context;

use crate::export::{ExportError, FileFormat};
use crate::session::SaveWish;
use crate::text::errors::{Sentences, export};

use super::save_target;
use super::system_dialog::{self, SystemAnswer};

/// Which dialogs may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FileDialogs {
    /// The desktop's, or the built-in one where none answers.
    #[default]
    System,
    /// The built-in one, starting in this folder.
    BuiltIn(PathBuf),
}

/// Where saving is on its way from the wish to the command.
#[derive(Default)]
pub(super) enum SaveFlow {
    /// Nobody wants to save.
    #[default]
    Closed,
    /// A thread proposes a name and shows the desktop's dialog.
    Asking(Receiver<Asked>),
    /// The built-in dialog is open.
    Path(PathFields),
    /// A thread looks at the place that was chosen.
    Looking(PathFields, PathBuf, Receiver<Result<(), ExportError>>),
    /// The question whether this file may be replaced.
    Replace(PathFields, PathBuf),
    /// The session saves. What was typed stays at hand until it has: a save that fails brings the dialog back.
    Sent(PathFields),
}

/// The fields of the built-in dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathFields {
    pub(super) folder: String,
    pub(super) name: String,
    /// Why nothing was saved there.
    pub(super) trouble: Option<Sentences>,
    /// The name has taken the focus: it does so whenever the dialog opens.
    pub(super) focused: bool,
}

/// What the asking thread found out.
pub(super) enum Asked {
    /// This file; whether it may be replaced.
    Chosen(SaveWish),
    /// No file.
    Cancelled,
    /// No dialog answers; this would be a good name.
    NoDialog(PathBuf),
}

/// The file may be there already but was not asked about: the ending was added behind the dialog's back.
fn chosen(path: PathBuf) -> Asked {
    let target = save_target::with_extension(path.clone());
    Asked::Chosen(wish(target == path, target))
}

/// All pages in this PDF file.
fn wish(overwrite: bool, target: PathBuf) -> SaveWish {
    SaveWish::of(target, FileFormat::Pdf).overwriting(overwrite)
}

impl SaveFlow {
    /// Whether a dialog of the window is open.
    pub(super) fn has_dialog(&self) -> bool {
        matches!(self, SaveFlow::Path(_) | SaveFlow::Looking(..) | SaveFlow::Replace(..))
    }

    /// Starts, unless a dialog is open already.
    pub(super) fn start(&mut self, dialogs: &FileDialogs, last_folder: Option<PathBuf>, ctx: &Context) {
        if !matches!(self, SaveFlow::Closed | SaveFlow::Sent(_)) {
            return;
        }
        let answer = match dialogs.clone() {
            FileDialogs::System => on_thread(ctx, move || {
                let proposal = save_target::propose(last_folder);
                match system_dialog::ask(&proposal) {
                    SystemAnswer::Chosen(path) => chosen(path),
                    SystemAnswer::Cancelled => Asked::Cancelled,
                    SystemAnswer::NoDialog => Asked::NoDialog(proposal),
                }
            }),
            FileDialogs::BuiltIn(folder) => {
                on_thread(ctx, move || Asked::NoDialog(save_target::propose(last_folder.or(Some(folder)))))
            }
        };
        *self = SaveFlow::Asking(answer);
    }

    /// Takes what a thread has found out; a wish when there is something to save.
    pub(super) fn advance(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Asking(answer) => match answer.try_recv() {
                Ok(Asked::Chosen(wish)) => {
                    *self = SaveFlow::Sent(PathFields::of(&wish.target));
                    return Some(wish);
                }
                Ok(Asked::NoDialog(proposal)) => *self = SaveFlow::Path(PathFields::of(&proposal)),
                Ok(Asked::Cancelled) => {}
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Path(PathFields::default()),
                Err(TryRecvError::Empty) => *self = SaveFlow::Asking(answer),
            },
            SaveFlow::Looking(fields, target, answer) => match answer.try_recv() {
                Ok(Ok(())) => {
                    *self = SaveFlow::Sent(fields);
                    return Some(wish(false, target));
                }
                Ok(Err(error)) => *self = SaveFlow::after(fields, &error),
                Err(TryRecvError::Empty) => *self = SaveFlow::Looking(fields, target, answer),
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Path(fields.opened()),
            },
            other => *self = other,
        }
        None
    }

    /// The person is done with the built-in dialog: look at the place.
    pub(super) fn look(&mut self, ctx: &Context) {
        if let SaveFlow::Path(fields) = std::mem::take(self) {
            let target = save_target::meant(&fields.folder, &fields.name);
            let place = target.clone();
            let answer = on_thread(ctx, move || save_target::look_at(&place));
            *self = SaveFlow::Looking(PathFields { trouble: None, ..fields }, target, answer);
        }
    }

    /// The old file may be replaced.
    pub(super) fn replace(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Replace(fields, target) => {
                *self = SaveFlow::Sent(fields);
                Some(wish(true, target))
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// The save has come to its end, well or by the person's wish.
    pub(super) fn over(&mut self) {
        if matches!(self, SaveFlow::Sent(_)) {
            *self = SaveFlow::Closed;
        }
    }

    /// The save failed. Says whether a dialog tells the person now.
    pub(super) fn failed(&mut self, error: &ExportError) -> bool {
        match std::mem::take(self) {
            SaveFlow::Sent(fields) => {
                *self = SaveFlow::after(fields, error);
                true
            }
            other => {
                *self = other;
                false
            }
        }
    }

    /// What follows when nothing could be saved at a place: a question, or the dialog with the reason.
    fn after(fields: PathFields, error: &ExportError) -> SaveFlow {
        match error {
            ExportError::Exists(target) => SaveFlow::Replace(fields, target.clone()),
            error => SaveFlow::Path(PathFields { trouble: Some(export(error)), ..fields.opened() }),
        }
    }

    /// One step back: from the question to the dialog, from the dialog to nothing.
    pub(super) fn back(&mut self) {
        *self = match std::mem::take(self) {
            SaveFlow::Replace(fields, _) | SaveFlow::Looking(fields, ..) => SaveFlow::Path(fields.opened()),
            SaveFlow::Path(_) => SaveFlow::Closed,
            other @ (SaveFlow::Asking(_) | SaveFlow::Sent(_) | SaveFlow::Closed) => other,
        };
    }
}

impl PathFields {
    fn of(proposal: &Path) -> PathFields {
        let folder = proposal.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let name = proposal.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        PathFields { folder, name, trouble: None, focused: false }
    }

    /// The same in a dialog that opens again.
    fn opened(self) -> PathFields {
        PathFields { focused: false, ..self }
    }
}

/// Runs what may wait on a thread of its own; the window draws when the answer is there. When no
/// thread can be had the channel is closed, which counts as no answer.
fn on_thread<T: Send + 'static>(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = bounded(1);
    let ctx = ctx.clone();
    let started = std::thread::Builder::new().name("file dialog".into()).spawn(move || {
        // Nobody listens any more when the window was closed meanwhile.
        drop(sender.send(work()));
        ctx.request_repaint();
    });
    drop(started);
    receiver
}
