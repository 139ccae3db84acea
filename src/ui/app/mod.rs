//! The window's loop: drain events, carry out requests, show panels.

mod actions;
mod feeder;
mod files;
mod follow;
mod held_keys;
mod told;

use std::sync::Arc;

use eframe::egui::{Context, Popup, Ui, UserAttentionType, ViewportCommand, Visuals};

use crate::document::PageId;
use crate::export::ExportError;
use crate::minidriver::DeviceEvent;
use crate::session::{Command, DeviceId, Event, Snapshot};

use super::action::Action;
use super::backend::Backend;
use super::last_folders::LastFolders;
use super::panels::{self, Stage, WIDE};
use super::requests::{Request, Requests};
use super::save_flow::FileDialogs;
use super::textures::Textures;
use super::theme;
use super::view_state::ViewState;
use super::window::{Repaint, StartWith};
use feeder::FeederCare;

/// The window without a frame around it: what eframe runs, and what tests drive.
pub struct Application {
    backend: Box<dyn Backend>,
    shown: Arc<Snapshot>,
    view: ViewState,
    textures: Textures,
    requests: Requests,
    dialogs: FileDialogs,
    folders: LastFolders,
    /// Says whether a wish to close the window came from outside.
    outside: Repaint,
    /// The device of the command line; then none is chosen unasked.
    device_given: bool,
    /// Devices that were chosen unasked, so that it happens once each.
    offered: Vec<DeviceId>,
    /// The page that arrived last, and when it was last seen to arrive.
    last_arriving: Option<(PageId, f64)>,
    /// When a piece of good news was first shown.
    good_news: Vec<(u64, f64)>,
    /// What the save dialog says already, until its notice is put away.
    told: Option<Arc<ExportError>>,
    feeder: FeederCare,
    /// Which of the session's documents is shown.
    document: Option<u32>,
    /// What the window is called.
    title: Option<String>,
}

impl Application {
    /// The window for this backend. Gives the context its typefaces and themes.
    pub fn new(ctx: &Context, backend: Box<dyn Backend>, start: &StartWith) -> Application {
        theme::install(ctx);
        if let Some(device) = &start.device {
            backend.send(Command::ChooseAddress(device.clone()));
        }
        Application {
            shown: backend.snapshot(),
            backend,
            view: ViewState::default(),
            textures: Textures::default(),
            requests: Requests::default(),
            dialogs: start.file_dialogs.clone(),
            folders: LastFolders::begin(start.data_dir.as_deref(), ctx),
            outside: start.repaint.clone(),
            device_given: start.device.is_some(),
            offered: Vec::new(),
            last_arriving: None,
            good_news: Vec::new(),
            told: None,
            feeder: FeederCare::default(),
            document: None,
            title: None,
        }
    }

    /// Takes in what happened and carries out what is wished for. Shows nothing.
    pub fn logic(&mut self, ctx: &Context) {
        held_keys::forget_repetitions(ctx);
        let now = ctx.input(|input| input.time);
        let pages_before = self.shown.pages.len();
        let (mut ended, mut saved, mut imported) = (false, false, None);
        while let Ok(event) = self.backend.events().try_recv() {
            match event {
                Event::JobEnded(_) => ended = true,
                Event::Saved(done) => {
                    saved = true;
                    self.was_saved(&done);
                }
                Event::Imported(report) => imported = report.pages.first().copied(),
                Event::Estimated(number, answer) => self.view.outlook.heard(number, answer),
                // Somebody stands at the device and looks for what to do next.
                Event::Device(DeviceEvent::Button(_)) => raise(ctx),
                Event::SaveCancelled => _ = self.keep_choices(),
                Event::SaveFailed(error) => self.told = self.view.save.failed(&error).then_some(error),
                _ => {}
            }
        }
        // The truth is taken after the events: it shows what they tell of.
        self.shown = self.backend.snapshot();
        let shown = self.shown.clone();
        if shown.pages.len() < pages_before {
            self.textures.keep_only(|id| shown.pages.iter().any(|page| page.id == id));
        }
        self.follow_document(&shown);
        self.call_the_window(&shown, ctx);
        self.textures.follow(ctx, &shown.scan);
        self.follow_state(&shown, ctx, now);
        if let Some(page) = imported {
            self.show_imported(page, &shown);
        }
        self.choose_unasked(&shown);
        self.look_at_feeder(&shown, ctx, now, ended);
        self.let_go_of_good_news(&shown.notices, ctx, now);
        self.let_go_of_what_was_told(&shown.notices);
        self.go_on_with_files(&shown, ctx, now);
        let free = !self.view.has_dialog() && !Popup::is_any_open(ctx);
        if free {
            self.end_tool_by_key(ctx);
            self.pick_profile(&shown, ctx);
        }
        for action in Action::pressed(ctx, free) {
            self.carry_out(action, ctx, now);
        }
        self.close_or_stay(&shown, saved, ctx);
    }

    /// Shows the window and collects wishes; those that were made are carried out at once.
    pub fn show(&mut self, ui: &mut Ui) {
        let shown = self.shown.clone();
        let narrow = ui.max_rect().width() < WIDE;
        let (view, requests) = (&mut self.view, &mut self.requests);
        let mut stage =
            Stage { shown: &shown, pictures: self.backend.pictures(), textures: &mut self.textures, narrow };
        panels::top_bar(ui, &shown, view, requests, narrow);
        let closes = view.closing.waits_for_a_file();
        let skips = panels::Skips::of(&shown, view);
        panels::status_line(ui, &shown, &mut view.canvas, skips.as_ref(), requests, narrow, closes);
        panels::page_list(ui, &mut stage, view, requests);
        panels::settings_panel(ui, &shown, &mut view.choice, &mut view.profiles, requests, narrow);
        panels::tool_row(ui, &shown, view, requests);
        panels::page_view(ui, &mut stage, view, requests);
        panels::shortcut_sheet(ui, &mut view.shortcuts_open, narrow);
        panels::combine_dialog(ui, &shown, &mut view.combine, requests);
        panels::documents_dialog(ui, &shown, &mut view.documents, requests);
        panels::profile_dialog(ui, &shown, &mut view.choice, &mut view.profiles, requests);
        // What a person has opened is done with first.
        if !view.has_other_dialog() {
            panels::password_dialog(ui, &shown, &mut view.password, requests);
        }
        let decision = panels::save_dialog(ui, &mut view.save, &view.outlook);
        let by_itself = panels::auto_save_dialog(ui, &mut view.auto_save);
        let imports = panels::import_dialog(ui, &mut view.import);
        let ctx = ui.ctx().clone();
        let now = ctx.input(|input| input.time);
        self.decide(decision, &ctx);
        self.decide_auto_save(by_itself, &ctx);
        self.decide_import(imports, &ctx);
        let wishes = self.requests.take();
        if !wishes.is_empty() {
            ctx.request_repaint();
        }
        for wish in wishes {
            match wish {
                Request::Do(action) => self.carry_out(action, &ctx, now),
                Request::Send(command) => self.backend.send(command),
                Request::ApplyTool => self.apply_tool(),
            }
        }
    }

    /// Hears of the window's own button, and goes on with closing.
    fn close_or_stay(&mut self, shown: &Snapshot, saved: bool, ctx: &Context) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.may_close(shown) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
        if self.view.closing.advance(saved, shown.saving.is_some()) {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// Whether the window may close at once; where it may not, a file is waited for.
    fn may_close(&mut self, shown: &Snapshot) -> bool {
        self.view.closing.asked_for(shown.saving.is_some(), self.outside.wants_to_close())
    }
}

/// Brings the window to the front, or asks for it where the system does not let it come.
fn raise(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
    ctx.send_viewport_cmd(ViewportCommand::Focus);
    ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(UserAttentionType::Informational));
}

impl eframe::App for Application {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        Application::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    /// The colour under the pages: nothing else is painted there.
    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        theme::tokens_of(visuals).canvas.to_normalized_gamma_f32()
    }

    /// The window is gone: a job under way ends as by a cancel; the session's owner waits for it.
    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.backend.stop();
        self.folders.close();
    }
}
