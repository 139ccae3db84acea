//! What actions come to, whether a button, a list or a key stands for them.

use eframe::egui::{Context, Key, Modifiers, ViewportCommand};

use crate::session::{Command, ProblemAnswer, ScanState, Snapshot};

use super::super::action::Action;
use super::super::editing;
use super::super::page_tool::PageTool;
use super::super::panels;
use super::Application;

/// A *Skip this page* that comes this long after the page's end still means that page, in seconds.
const SKIP_GRACE: f64 = 0.5;
/// The virtual scanner that is offered to try.
const VIRTUAL: &str = "virtual:feeder";

impl Application {
    /// What an action means now; where it means nothing, nothing happens.
    pub(super) fn carry_out(&mut self, action: Action, ctx: &Context, now: f64) {
        let shown = self.shown.clone();
        match action {
            Action::Scan => self.scan(&shown, now),
            Action::Stop => {
                if shown.scan.job().is_some() {
                    self.backend.stop();
                }
            }
            Action::SkipThisPage => self.skip_this_page(&shown, now),
            Action::SkipNextPage => self.skip_next_page(&shown),
            Action::Continue => self.answer(&shown, ProblemAnswer::Continue),
            Action::Finish => self.answer(&shown, ProblemAnswer::Finish),
            Action::Save => {
                if !shown.pages.is_empty() && shown.saving.is_none() {
                    let pages = (&*shown, self.view.pages.targets(&shown));
                    let choices = (self.view.save_choices.clone(), self.view.locked_files.clone());
                    self.view.save.start(&self.dialogs, self.folders.for_saving(), pages, choices, ctx);
                }
            }
            Action::AutoSave => self.view.auto_save.start(&self.dialogs, self.folders.for_saving(), &shown, ctx),
            Action::CancelSave => self.backend.send(Command::CancelSave),
            Action::Import => self.view.import.start(&self.dialogs, self.folders.for_import(), ctx),
            Action::CancelImport => self.backend.send(Command::CancelImport),
            Action::NewDocument => self.backend.send(Command::NewDocument),
            Action::Documents => {
                self.view.documents.open(&shown);
                self.backend.send(Command::ListDocuments);
            }
            Action::Undo => self.backend.send(Command::Undo),
            Action::Redo => self.backend.send(Command::Redo),
            Action::PreviousPage => self.view.pages.step(-1, &shown),
            Action::NextPage => self.view.pages.step(1, &shown),
            Action::Fit => self.view.canvas.zoom = None,
            Action::ActualSize => self.view.canvas.zoom_to(1.0),
            Action::ZoomIn => self.view.canvas.step(1),
            Action::ZoomOut => self.view.canvas.step(-1),
            Action::TryVirtual => self.backend.send(Command::ChooseAddress(VIRTUAL.to_owned())),
            Action::Shortcuts => self.view.shortcuts_open = true,
            Action::Close => {
                if self.may_close(&shown) {
                    ctx.send_viewport_cmd(ViewportCommand::Close);
                }
            }
            other => {
                if let Some(command) = editing::carry_out(other, &mut self.view, &shown) {
                    self.backend.send(command);
                }
                ctx.request_repaint();
            }
        }
    }

    /// F2 and the keys after it stand for the first profiles; they rest while something is typed.
    pub(super) fn pick_profile(&mut self, shown: &Snapshot, ctx: &Context) {
        if ctx.text_edit_focused() {
            return;
        }
        for (profile, key) in shown.profiles.all().iter().zip(panels::PROFILE_KEYS) {
            if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.view.choice.pick(profile);
            }
        }
    }

    /// Enter and Esc belong to the tool on the page, unless another control has the keyboard.
    pub(super) fn end_tool_by_key(&mut self, ctx: &Context) {
        if self.view.pages.dragged.is_some() && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.view.pages.dragged = None;
        }
        if self.view.tool.is_open() && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.view.tool = PageTool::None;
        }
        let elsewhere = ctx.memory(|memory| memory.focused()).is_some_and(|focus| focus != panels::mark_on_page());
        if self.view.tool.has_the_page()
            && !elsewhere
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter))
        {
            self.apply_tool();
        }
    }

    /// Sends what the tool on the page comes to. A tone goes on being set, the others are done.
    pub(super) fn apply_tool(&mut self) {
        let pages = self.view.pages.targets(&self.shown);
        let Some(command) = self.view.tool.command(&pages, &self.shown) else { return };
        self.backend.send(command);
        if self.view.tool.has_the_page() {
            self.view.tool = PageTool::None;
        }
    }

    fn scan(&mut self, shown: &Snapshot, now: f64) {
        if shown.scan.job().is_none()
            && let Some(wish) = self.view.choice.wish(shown)
        {
            self.view.button.used(now);
            self.view.pages.follow();
            self.backend.send(Command::Scan(wish));
        }
    }

    fn answer(&self, shown: &Snapshot, answer: ProblemAnswer) {
        if matches!(shown.scan, ScanState::Paused(_)) {
            self.backend.send(Command::AnswerProblem(answer));
        }
    }

    /// The page the person saw arriving: also when it has just ended.
    fn skip_this_page(&self, shown: &Snapshot, now: f64) {
        let page = self.last_arriving.filter(|(_, seen)| now - seen <= SKIP_GRACE).map(|(page, _)| page);
        if let Some(page) = page.filter(|page| shown.pages.iter().any(|other| other.id == *page)) {
            self.backend.send(Command::DeletePages(vec![page]));
        }
    }

    fn skip_next_page(&self, shown: &Snapshot) {
        let ScanState::Scanning(scanning) = &shown.scan else { return };
        self.backend.send(match (scanning.skipping, scanning.page) {
            (Some(_), _) => Command::KeepNextPage,
            (None, Some(_)) => Command::SkipNextPage { page: scanning.number + 1 },
            (None, None) => Command::SkipNextPage { page: scanning.number },
        });
    }
}
