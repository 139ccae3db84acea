//! From *Save* to a saved file: what the file shall be like, where it shall be, and whether an old one may be replaced.
//!
//! ```text
//! Closed ─▶ Proposing (a thread: a name that is free)
//!              ▼
//!     ┌──── Form ─▶ Looking (a thread) ─▶ Sent, with a command ─▶ Closed
//!     ▼      ▲ ▲       │ exists              │      │ not saved
//!  Browsing ─┘ └─ no ─ Replace ◀┴── exists ──┘      │
//!  (a thread)  └── with what was chosen, and why ───┘
//! ```

use std::path::{Path, PathBuf};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use eframe::egui::Context;

use crate::document::PageId;
use crate::export::{ExportError, Field, FileFormat, Naming, TemplateError};
use crate::session::{SaveWish, Snapshot};
use crate::text::errors::Sentences;
use crate::text::export;
use crate::text::library::own_name;

use super::save_choices::SaveChoices;
use super::save_target::{self, Known};
use super::system_dialog::{self, SystemAnswer};

/// So many files are known to have a password; the oldest are forgotten.
const LOCKED: usize = 64;

/// Files that this window saved with a password: to save one of them again without is worth a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Locked(Vec<PathBuf>);

impl Locked {
    fn contains(&self, file: &Path) -> bool {
        self.0.iter().any(|locked| locked == file)
    }

    /// These files were saved, with a password or without.
    pub(super) fn were_saved(&mut self, files: &[PathBuf], with_password: bool) {
        self.0.retain(|locked| !files.contains(locked));
        if with_password {
            self.0.extend(files.iter().cloned());
            let too_many = self.0.len().saturating_sub(LOCKED);
            self.0.drain(..too_many);
        }
    }
}

/// Which dialogs may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FileDialogs {
    /// The desktop's beside the window's own, where one answers.
    #[default]
    System,
    /// The window's own alone, starting in this folder.
    BuiltIn(PathBuf),
}

/// Where saving is on its way from the wish to the command.
#[derive(Default)]
pub(super) enum SaveFlow {
    /// Nobody wants to save.
    #[default]
    Closed,
    /// A thread looks for a name that is free.
    Proposing(Box<SaveForm>, Receiver<PathBuf>),
    /// The dialog is open.
    Form(Box<SaveForm>),
    /// The desktop's dialog is open over it.
    Browsing(Box<SaveForm>, Receiver<SystemAnswer>),
    /// A thread looks at the place that was chosen.
    Looking(Box<SaveForm>, PathBuf, Receiver<Result<(), ExportError>>),
    /// The question whether these files may be replaced.
    Replace(Box<SaveForm>, Vec<PathBuf>),
    /// The session saves. What was chosen stays at hand until it has: a save that fails brings the dialog back.
    Sent(Box<SaveForm>),
}

/// What is chosen in the dialog.
#[derive(Clone, Debug)]
pub(super) struct SaveForm {
    pub(super) folder: String,
    pub(super) name: String,
    pub(super) choices: SaveChoices,
    /// The pages that were selected when it was opened, in order.
    pub(super) selected: Vec<PageId>,
    /// How many pages the document had then.
    pub(super) pages: usize,
    /// Some page is cropped.
    pub(super) has_crops: bool,
    /// The desktop's dialog can be asked for.
    pub(super) can_browse: bool,
    /// Why nothing was saved.
    pub(super) trouble: Option<Sentences>,
    /// The name has taken the focus: it does so whenever the dialog opens.
    pub(super) focused: bool,
    /// What is rarely wanted is shown, too.
    pub(super) unfolded: bool,
    /// The desktop's dialog has asked whether this file may be replaced.
    agreed: Option<PathBuf>,
    /// Files that were saved with a password.
    locked: Locked,
}

impl SaveForm {
    fn new(shown: &Snapshot, selected: Vec<PageId>, choices: SaveChoices, locked: Locked) -> SaveForm {
        let is_some = selected.len() > 1 && selected.len() < shown.pages.len();
        SaveForm {
            folder: String::new(),
            name: String::new(),
            choices,
            selected: if is_some { selected } else { Vec::new() },
            pages: shown.pages.len(),
            has_crops: shown.pages.iter().any(|page| page.face.look.crop.is_some()),
            can_browse: false,
            trouble: None,
            focused: false,
            unfolded: false,
            agreed: None,
            locked,
        }
    }

    fn at(mut self: Box<Self>, place: &Path) -> Box<Self> {
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        self.folder = text(place.parent().map(Path::as_os_str)).unwrap_or_default();
        self.name = text(place.file_name()).unwrap_or_default();
        // Where the password would be typed again.
        self.unfolded |= self.loses_password();
        self.opened()
    }

    /// The same in a dialog that opens again.
    fn opened(mut self: Box<Self>) -> Box<Self> {
        self.focused = false;
        self
    }

    /// How many pages it is about.
    pub(super) fn page_count(&self) -> usize {
        if self.choices.only_selected { self.selected.len() } else { self.pages }
    }

    /// How many files there will be.
    pub(super) fn file_count(&self) -> usize {
        let pages = self.page_count();
        match (self.choices.per_file(), self.choices.format.holds_many_pages()) {
            (Some(each), _) => pages.div_ceil(usize::try_from(each.get()).unwrap_or(usize::MAX)),
            (None, true) => 1,
            (None, false) => pages,
        }
    }

    /// Another kind of file: its name ends otherwise.
    pub(super) fn choose_format(&mut self, format: FileFormat) {
        self.choices.format = format;
        self.name = save_target::ending_in(&self.name, format);
    }

    /// What was typed may say which kind of file is meant.
    pub(super) fn name_was_typed(&mut self) {
        if let Some(format) = save_target::format_of(&self.name) {
            self.choices.format = format;
        }
    }

    /// Whether the name is a template.
    pub(super) fn is_template(&self) -> bool {
        Field::is_named_in(Path::new(&self.name))
    }

    /// Why the name is none: the folder is chosen apart, and no name leads out of it.
    pub(super) fn name_trouble(&self) -> Option<Sentences> {
        self.name.contains('/').then(|| export::failed(&ExportError::Name(TemplateError::FolderInName)))
    }

    /// Whether the file that is there was saved with a password, and this one would have none.
    pub(super) fn loses_password(&self) -> bool {
        !self.choices.has_password() && self.file_count() == 1 && self.locked.contains(&self.target())
    }

    fn target(&self) -> PathBuf {
        save_target::meant(&self.folder, &self.name, self.choices.format)
    }

    /// The save, which may replace these files and the one that the desktop's dialog has asked about, and no other.
    fn wish(&self, target: PathBuf, asked_about: &[PathBuf]) -> SaveWish {
        let replaceable = asked_about.iter().chain(&self.agreed).cloned().collect();
        let mut options = Box::new(self.choices.options(replaceable));
        if self.is_template() {
            options.naming = Naming::Template;
        }
        SaveWish { target, options, pages: self.choices.pages(&self.selected) }
    }
}

impl SaveFlow {
    /// Whether a dialog of the window is open.
    pub(super) fn has_dialog(&self) -> bool {
        !matches!(self, SaveFlow::Closed | SaveFlow::Proposing(..) | SaveFlow::Sent(_))
    }

    /// Starts, unless a dialog is open already.
    pub(super) fn start(
        &mut self,
        dialogs: &FileDialogs,
        last_folder: Option<PathBuf>,
        (shown, selected): (&Snapshot, Vec<PageId>),
        (choices, locked): (SaveChoices, Locked),
        ctx: &Context,
    ) {
        if !matches!(self, SaveFlow::Closed | SaveFlow::Sent(_)) {
            return;
        }
        let mut form = Box::new(SaveForm::new(shown, selected, choices, locked));
        let folder = match dialogs.clone() {
            FileDialogs::System => last_folder,
            FileDialogs::BuiltIn(folder) => last_folder.or(Some(folder)),
        };
        form.can_browse = *dialogs == FileDialogs::System;
        let known = Known {
            saved_to: shown.about.saved_to.clone(),
            folder,
            title: own_name(&shown.about),
            template: form.choices.template.clone(),
        };
        // A document is saved again as what it is.
        let as_before = known.saved_to.as_ref().and_then(|file| save_target::format_of(&file.to_string_lossy()));
        form.choices.format = as_before.unwrap_or(form.choices.format);
        let format = form.choices.format;
        let proposal = on_thread(ctx, move || save_target::propose(&known, format));
        *self = SaveFlow::Proposing(form, proposal);
    }

    /// Takes what a thread has found out; a wish when there is something to save.
    pub(super) fn advance(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Proposing(form, answer) => match answer.try_recv() {
                Ok(proposal) => *self = SaveFlow::Form(form.at(&proposal)),
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Form(form),
                Err(TryRecvError::Empty) => *self = SaveFlow::Proposing(form, answer),
            },
            SaveFlow::Browsing(mut form, answer) => match answer.try_recv() {
                Ok(SystemAnswer::Chosen(path)) => {
                    form.agreed = Some(path.clone());
                    let mut form = form.at(&path);
                    form.name_was_typed();
                    *self = SaveFlow::Form(form);
                }
                Ok(SystemAnswer::Cancelled) => *self = SaveFlow::Form(form.opened()),
                Ok(SystemAnswer::NoDialog) | Err(TryRecvError::Disconnected) => {
                    form.can_browse = false;
                    *self = SaveFlow::Form(form.opened());
                }
                Err(TryRecvError::Empty) => *self = SaveFlow::Browsing(form, answer),
            },
            SaveFlow::Looking(form, target, answer) => match answer.try_recv() {
                Ok(Ok(())) => {
                    let wish = form.wish(target, &[]);
                    *self = SaveFlow::Sent(form);
                    return Some(wish);
                }
                Ok(Err(error)) => *self = SaveFlow::after(form, &error),
                Err(TryRecvError::Empty) => *self = SaveFlow::Looking(form, target, answer),
                Err(TryRecvError::Disconnected) => *self = SaveFlow::Form(form.opened()),
            },
            other => *self = other,
        }
        None
    }

    /// The save that the open dialog would begin now.
    pub(super) fn planned(&self) -> Option<SaveWish> {
        match self {
            SaveFlow::Form(form)
            | SaveFlow::Browsing(form, _)
            | SaveFlow::Looking(form, ..)
            | SaveFlow::Replace(form, _) => Some(form.wish(form.target(), &[])),
            SaveFlow::Closed | SaveFlow::Proposing(..) | SaveFlow::Sent(_) => None,
        }
    }

    /// The person is done with the dialog: look at the place.
    pub(super) fn look(&mut self, ctx: &Context) {
        if let SaveFlow::Form(mut form) = std::mem::take(self) {
            let target = form.target();
            // Several files have names of their own, which the session looks at.
            let may_be_there = form.file_count() > 1 || form.is_template() || form.agreed.as_ref() == Some(&target);
            let place = target.clone();
            let answer = on_thread(ctx, move || save_target::look_at(&place, may_be_there));
            form.trouble = None;
            *self = SaveFlow::Looking(form, target, answer);
        }
    }

    /// The place is chosen in the desktop's dialog.
    pub(super) fn browse(&mut self, ctx: &Context) {
        if let SaveFlow::Form(form) = std::mem::take(self) {
            let (proposal, format) = (form.target(), form.choices.format);
            let answer = on_thread(ctx, move || system_dialog::ask(&proposal, format));
            *self = SaveFlow::Browsing(form, answer);
        }
    }

    /// The old files that were named may be replaced.
    pub(super) fn replace(&mut self) -> Option<SaveWish> {
        match std::mem::take(self) {
            SaveFlow::Replace(form, there) => {
                let wish = form.wish(form.target(), &there);
                *self = SaveFlow::Sent(form);
                Some(wish)
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// Whether the save that is under way gives its files a password.
    pub(super) fn sends_password(&self) -> bool {
        matches!(self, SaveFlow::Sent(form) if form.choices.has_password())
    }

    /// The save has come to its end, well or by the person's wish. What was chosen, for the next one.
    pub(super) fn over(&mut self) -> Option<SaveChoices> {
        match std::mem::take(self) {
            SaveFlow::Sent(form) => {
                let template = form.is_template().then(|| form.name.clone());
                Some(SaveChoices { template, ..form.choices.for_the_next() })
            }
            other => {
                *self = other;
                None
            }
        }
    }

    /// The save failed. Says whether a dialog tells the person now.
    pub(super) fn failed(&mut self, error: &ExportError) -> bool {
        match std::mem::take(self) {
            SaveFlow::Sent(form) => {
                *self = SaveFlow::after(form, error);
                true
            }
            other => {
                *self = other;
                false
            }
        }
    }

    /// What follows when nothing could be saved at a place: a question, or the dialog with the reason.
    fn after(mut form: Box<SaveForm>, error: &ExportError) -> SaveFlow {
        match error.existing() {
            Some(there) => SaveFlow::Replace(form, there.to_vec()),
            None => {
                form.trouble = Some(export::failed(error));
                SaveFlow::Form(form.opened())
            }
        }
    }

    /// One step back: from the question to the dialog, from the dialog to nothing.
    pub(super) fn back(&mut self) {
        *self = match std::mem::take(self) {
            SaveFlow::Replace(form, _) | SaveFlow::Looking(form, ..) | SaveFlow::Browsing(form, _) => {
                SaveFlow::Form(form.opened())
            }
            SaveFlow::Form(_) => SaveFlow::Closed,
            other @ (SaveFlow::Proposing(..) | SaveFlow::Sent(_) | SaveFlow::Closed) => other,
        };
    }
}

/// Runs what may wait on a thread of its own; the window draws when the answer is there. When no
/// thread can be had the channel is closed, which counts as no answer.
pub(super) fn on_thread<T: Send + 'static>(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
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
