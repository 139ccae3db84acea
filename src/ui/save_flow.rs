//! From *Save PDF* to a command: which dialog, which file, and whether an old one may be replaced.
//!
//! ```text
//! Closed ─▶ Asking (a thread: proposal, the desktop's dialog) ─▶ Closed, with a command
//!              │ no dialog answers
//!              ▼
//!           Path (our dialog) ─▶ Looking (a thread) ─▶ Closed, with a command
//!              ▲                   │ exists
//!              └── no ── Replace ◀─┘
//! ```

use std::path::PathBuf;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use eframe::egui::Context;

use crate::export::{FileFormat, Naming};
use crate::session::SaveWish;

use super::save_target::{self, Obstacle, TargetState};
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
    Looking(PathFields, PathBuf, Receiver<TargetState>),
    /// The question whether this file may be replaced.
    Replace(PathFields, PathBuf),
}

/// The fields of the built-in dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PathFields {
    pub(super) folder: String,
    pub(super) name: String,
    /// Why the place cannot be used.
    pub(super) obstacle: Option<Obstacle>,
    /// The name field takes the focus when it is shown first.
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
    SaveWish { target, format: FileFormat::Pdf, naming: Naming::Exact, overwrite }
}

impl SaveFlow {
    /// Whether a dialog of the window is open.
    pub(super) fn has_dialog(&self) -> bool {
        matches!(self, SaveFlow::Path(_) | SaveFlow::Looking(..) | SaveFlow::Replace(..))
    }

    /// Starts, unless it is on its way already.
    pub(super) fn start(&mut self, dialogs: &FileDialogs, last_folder: Option<PathBuf>, ctx: &Context) {
        if !matches!(self, SaveFlow::Closed) {
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

    /// Takes what a thread has found out; a wish when the way is at its end.
    pub(super) fn advance(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Asking(answer) => match answer.try_recv() {
                Ok(Asked::Chosen(wish)) => return Some(wish),
                Ok(Asked::NoDialog(proposal)) => *self = SaveFlow::Path(PathFields::of(&proposal)),
                Ok(Asked::Cancelled) => {}
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Path(PathFields::default()),
                Err(TryRecvError::Empty) => *self = SaveFlow::Asking(answer),
            },
            SaveFlow::Looking(fields, target, answer) => match answer.try_recv() {
                Ok(TargetState::Free) => return Some(wish(false, target)),
                Ok(TargetState::Exists) => *self = SaveFlow::Replace(fields, target),
                Ok(TargetState::Impossible(obstacle)) => {
                    *self = SaveFlow::Path(PathFields { obstacle: Some(obstacle), ..fields });
                }
                Err(TryRecvError::Empty) => *self = SaveFlow::Looking(fields, target, answer),
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Path(fields),
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
            *self = SaveFlow::Looking(PathFields { obstacle: None, ..fields }, target, answer);
        }
    }

    /// The old file may be replaced.
    pub(super) fn replace(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Replace(_, target) => Some(wish(true, target)),
            other => {
                *self = other;
                None
            }
        }
    }

    /// One step back: from the question to the dialog, from the dialog to nothing.
    pub(super) fn back(&mut self) {
        *self = match std::mem::take(self) {
            SaveFlow::Replace(fields, _) | SaveFlow::Looking(fields, ..) => SaveFlow::Path(fields),
            SaveFlow::Asking(answer) => SaveFlow::Asking(answer),
            SaveFlow::Path(_) | SaveFlow::Closed => SaveFlow::Closed,
        };
    }
}

impl PathFields {
    fn of(proposal: &std::path::Path) -> PathFields {
        let folder = proposal.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let name = proposal.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        PathFields { folder, name, obstacle: None, focused: false }
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
