//! What comes of the dialogs for files: saving, saving by itself, importing.

use std::path::PathBuf;

use eframe::egui::Context;

use crate::session::{Command, ImportWish, Saved, Snapshot};

use super::super::panels::{AutoSaveDecision, Decision, ImportDecision};
use super::Application;

impl Application {
    /// Goes on with what dialogs are waiting for.
    pub(super) fn go_on_with_files(&mut self, shown: &Snapshot, ctx: &Context, now: f64) {
        if let Some(wish) = self.view.save.advance() {
            self.backend.send(Command::Save(wish));
        }
        if let Some(question) = self.view.outlook.follow(self.view.save.planned(), now, ctx) {
            self.backend.send(question);
        }
        self.view.auto_save.follow(shown);
        if let Some(command) = self.view.auto_save.advance() {
            self.backend.send(command);
        }
        self.view.password.follow(shown);
        let dropped = ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect());
        self.import(dropped);
        if let Some(files) = self.view.import.advance() {
            self.import_chosen(files);
        }
        self.folders.advance(ctx);
    }

    /// A file was saved. Only what a person saved says where the next one belongs.
    pub(super) fn was_saved(&mut self, saved: &Saved) {
        self.view.locked_files.were_saved(&saved.files, self.view.save.sends_password());
        if self.keep_choices() {
            self.folders.saved_in(saved.files.first().and_then(|file| file.parent()));
        }
    }

    pub(super) fn decide_auto_save(&mut self, decision: Option<AutoSaveDecision>, ctx: &Context) {
        match decision {
            None => {}
            Some(AutoSaveDecision::TurnOn) => self.view.auto_save.look(ctx),
            Some(AutoSaveDecision::Browse) => self.view.auto_save.browse(ctx),
            Some(AutoSaveDecision::TurnOff) => {
                self.backend.send(Command::SetAutoSave(None));
                self.view.auto_save.close();
            }
            Some(AutoSaveDecision::Back) => self.view.auto_save.close(),
        }
    }

    pub(super) fn decide(&mut self, decision: Option<Decision>, ctx: &Context) {
        match decision {
            None => {}
            Some(Decision::Save) => self.view.save.look(ctx),
            Some(Decision::Back) => self.view.save.back(),
            Some(Decision::Browse) => self.view.save.browse(ctx),
            Some(Decision::Replace) => {
                if let Some(wish) = self.view.save.replace() {
                    self.backend.send(Command::Save(wish));
                }
            }
        }
    }

    /// What was chosen for a file is where the next one begins. Whether somebody had chosen.
    pub(super) fn keep_choices(&mut self) -> bool {
        let choices = self.view.save.over();
        let is_ours = choices.is_some();
        self.view.save_choices = choices.unwrap_or_else(|| self.view.save_choices.clone());
        is_ours
    }

    /// The built-in dialog for a file to be imported was answered.
    pub(super) fn decide_import(&mut self, decision: Option<ImportDecision>, ctx: &Context) {
        match decision {
            None => {}
            Some(ImportDecision::Import) => {
                let file = self.view.import.chosen();
                self.import_chosen(file.into_iter().collect());
            }
            Some(ImportDecision::Browse) => self.view.import.browse(ctx),
            Some(ImportDecision::Back) => self.view.import.close(),
        }
    }

    /// Imports files that were chosen in a dialog, which begins in their folder the next time.
    fn import_chosen(&mut self, files: Vec<PathBuf>) {
        self.folders.imported_from(files.first().and_then(|file| file.parent()));
        self.import(files);
    }

    /// Adds the pages of files to the end of the document.
    fn import(&mut self, files: Vec<PathBuf>) {
        if !files.is_empty() {
            self.backend.send(Command::Import(ImportWish { files, after: None, password: None, asks: true }));
        }
    }
}
