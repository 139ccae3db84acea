//! Saving every scan by itself: from the wish to a folder that can be written.
//!
//! ```text
//! Closed ─▶ Proposing (a thread: where documents are) ─▶ Form ─▶ Looking (a thread) ─▶ Closed, with a command
//!                                                        ▲  ▲ ▼      │ cannot be written
//!                                                        │  │ Browsing (a thread)
//!                                                        └── why ────┘
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};
use eframe::egui::Context;
use jiff::Timestamp;

use crate::export::{ExportDocument, ExportError, FileFormat, NameTemplate, TemplateValues, check_target};
use crate::session::{AutoSave, Command, Snapshot};
use crate::text::errors::Sentences;
use crate::text::export;

use super::save_flow::{FileDialogs, on_thread};
use super::save_target::{self, ending_in};
use super::system_dialog::{self, SystemAnswer};

/// The name that is proposed: files of one day stand together, and no two scans have one name.
const USUAL_NAME: &str = "Scan {date}-{counter}.pdf";

/// Where it is.
#[derive(Default)]
pub(super) struct AutoSaveFlow {
    state: State,
    /// How it was last, for when it is wanted again.
    last: Option<Arc<AutoSave>>,
}

#[derive(Default)]
enum State {
    #[default]
    Closed,
    Proposing(Box<AutoSaveForm>, Receiver<PathBuf>),
    Form(Box<AutoSaveForm>),
    Browsing(Box<AutoSaveForm>, Receiver<SystemAnswer>),
    Looking(Box<AutoSaveForm>, AutoSave, Receiver<Result<(), ExportError>>),
}

/// What is chosen in the dialog.
#[derive(Clone, Debug)]
pub(super) struct AutoSaveForm {
    pub(super) folder: String,
    pub(super) name: String,
    pub(super) format: FileFormat,
    /// It is on already.
    pub(super) is_on: bool,
    /// The desktop's dialog can be asked for.
    pub(super) can_browse: bool,
    /// Why it cannot be done like this.
    pub(super) trouble: Option<Sentences>,
    /// The folder was given the keyboard.
    pub(super) focused: bool,
    /// What stands for the fields of the name in the example.
    values: TemplateValues,
}

impl AutoSaveForm {
    fn new(shown: &Snapshot, before: Option<&AutoSave>) -> AutoSaveForm {
        let device = shown.chosen.as_ref().map(|chosen| chosen.entry.name.clone());
        let created = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        let document = ExportDocument { device, created, ..ExportDocument::default() };
        AutoSaveForm {
            folder: before.map(|before| before.folder.to_string_lossy().into_owned()).unwrap_or_default(),
            name: before.map_or_else(|| USUAL_NAME.to_owned(), |before| before.name.clone()),
            format: before.map_or(FileFormat::Pdf, |before| before.format),
            is_on: shown.auto_save.is_some(),
            can_browse: false,
            trouble: None,
            focused: false,
            values: TemplateValues { pages: 1, ..TemplateValues::of(&document) },
        }
    }

    /// Another kind of file: its name ends otherwise.
    pub(super) fn choose_format(&mut self, format: FileFormat) {
        self.format = format;
        self.name = ending_in(&self.name, format);
    }

    /// What was typed may say which kind of file is meant.
    pub(super) fn name_was_typed(&mut self) {
        if let Some(format) = save_target::format_of(&self.name) {
            self.format = format;
        }
    }

    /// What it comes to.
    fn wish(&self) -> AutoSave {
        let folder = save_target::from_home(&self.folder);
        let name = save_target::with_extension(PathBuf::from(self.name.trim()), self.format);
        AutoSave { folder, name: name.to_string_lossy().into_owned(), format: self.format }
    }

    /// What the file of the next scan would be called, or why there is no such name.
    pub(super) fn example(&self) -> Result<String, String> {
        let wish = self.wish();
        let target = wish.target().map_err(|error| export::failed(&ExportError::Name(error)).joined())?;
        let template =
            NameTemplate::read(&target).map_err(|error| export::failed(&ExportError::Name(error)).joined())?;
        let name = template.name(&self.values, 1, 1);
        Ok(name.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }
}

impl AutoSaveFlow {
    /// Whether the dialog is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Form(_) | State::Browsing(..) | State::Looking(..))
    }

    /// What is shown in the dialog, and whether it can be changed now.
    pub(super) fn form(&mut self) -> Option<(&mut AutoSaveForm, bool)> {
        match &mut self.state {
            State::Form(form) => Some((form, true)),
            State::Looking(form, ..) | State::Browsing(form, _) => Some((form, false)),
            State::Closed | State::Proposing(..) => None,
        }
    }

    /// Remembers how it was while it was on.
    pub(super) fn follow(&mut self, shown: &Snapshot) {
        if let Some(wish) = &shown.auto_save {
            self.last = Some(wish.clone());
        }
    }

    /// Opens the dialog.
    pub(super) fn start(
        &mut self,
        dialogs: &FileDialogs,
        last_folder: Option<PathBuf>,
        shown: &Snapshot,
        ctx: &Context,
    ) {
        if !matches!(self.state, State::Closed) {
            return;
        }
        let before = shown.auto_save.as_ref().or(self.last.as_ref());
        let mut form = Box::new(AutoSaveForm::new(shown, before.map(|before| &**before)));
        form.can_browse = *dialogs == FileDialogs::System;
        self.state = if form.folder.is_empty() {
            let folder = match dialogs.clone() {
                FileDialogs::System => last_folder,
                FileDialogs::BuiltIn(folder) => last_folder.or(Some(folder)),
            };
            State::Proposing(form, on_thread(ctx, move || save_target::folder_or_documents(folder)))
        } else {
            State::Form(form)
        };
    }

    /// The folder is chosen in the desktop's dialog.
    pub(super) fn browse(&mut self, ctx: &Context) {
        if let State::Form(form) = std::mem::take(&mut self.state) {
            let folder = save_target::from_home(&form.folder);
            let answer = on_thread(ctx, move || system_dialog::ask_for_folder(&folder));
            self.state = State::Browsing(form, answer);
        }
    }

    /// The person is done with the dialog: look at the folder.
    pub(super) fn look(&mut self, ctx: &Context) {
        if let State::Form(mut form) = std::mem::take(&mut self.state) {
            form.trouble = None;
            let wish = form.wish();
            let place = wish.folder.join(form.example().unwrap_or_default());
            let answer = on_thread(ctx, move || check_target(&place, true));
            self.state = State::Looking(form, wish, answer);
        }
    }

    /// Takes what a thread has found out; the command, when there is one.
    pub(super) fn advance(&mut self) -> Option<Command> {
        let (next, command) = match std::mem::take(&mut self.state) {
            State::Proposing(mut form, answer) => match answer.try_recv() {
                Err(TryRecvError::Empty) => (State::Proposing(form, answer), None),
                found => {
                    form.folder = found.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
                    (State::Form(form), None)
                }
            },
            State::Browsing(mut form, answer) => match answer.try_recv() {
                Err(TryRecvError::Empty) => (State::Browsing(form, answer), None),
                found => {
                    match found {
                        Ok(SystemAnswer::Chosen(folder)) => form.folder = folder.to_string_lossy().into_owned(),
                        Ok(SystemAnswer::Cancelled) => {}
                        Ok(SystemAnswer::NoDialog) | Err(_) => form.can_browse = false,
                    }
                    form.focused = false;
                    (State::Form(form), None)
                }
            },
            State::Looking(mut form, wish, answer) => match answer.try_recv() {
                Ok(Ok(())) => (State::Closed, Some(Command::SetAutoSave(Some(wish)))),
                Ok(Err(error)) => {
                    form.trouble = Some(export::failed(&error));
                    form.focused = false;
                    (State::Form(form), None)
                }
                Err(TryRecvError::Empty) => (State::Looking(form, wish, answer), None),
                Err(TryRecvError::Disconnected) => (State::Form(form), None),
            },
            other => (other, None),
        };
        self.state = next;
        command
    }

    /// The dialog is done with.
    pub(super) fn close(&mut self) {
        self.state = State::Closed;
    }
}
