//! The window's loop: drain events, carry out requests, show panels.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{Context, Key, Modifiers, Popup, Ui, UserAttentionType, ViewportCommand, Visuals};

use crate::document::PageId;
use crate::export::ExportError;
use crate::minidriver::DeviceEvent;
use crate::session::settings::Offers;
use crate::session::{
    Command, Connection, DeviceId, DeviceState, Event, ImportWish, Matter, Notice, ProblemAnswer, Saved, ScanState,
    Snapshot,
};
use crate::text::library::window_title;
use crate::text::notices::{Tone, notice};

use super::action::Action;
use super::backend::Backend;
use super::editing;
use super::page_tool::PageTool;
use super::panels::{self, Decision, Stage, WIDE};
use super::requests::{Request, Requests};
use super::save_flow::FileDialogs;
use super::textures::Textures;
use super::theme;
use super::view_state::{ViewState, arriving};
use super::window::{Repaint, StartWith};

/// Good news goes by itself after this long, in seconds of the window's input.
const GOOD_NEWS: f64 = 6.0;
/// A *Skip this page* that comes this long after the page's end still means that page, in seconds.
const SKIP_GRACE: f64 = 0.5;
/// While the window is used, the feeder is looked at this often, in seconds …
const FEEDER_LOOK: f64 = 3.0;
/// … until the last use is this long ago.
const FEEDER_CARE: f64 = 60.0;

/// The window without a frame around it: what eframe runs, and what tests drive.
pub struct Application {
    backend: Box<dyn Backend>,
    shown: Arc<Snapshot>,
    view: ViewState,
    textures: Textures,
    requests: Requests,
    dialogs: FileDialogs,
    last_folder: Option<PathBuf>,
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

/// When the feeder is looked at (design, section 3, *Who holds the device*).
#[derive(Default)]
struct FeederCare {
    focused: bool,
    used: f64,
    looked: f64,
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
            last_folder: None,
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
        let now = ctx.input(|input| input.time);
        let pages_before = self.shown.pages.len();
        let (mut ended, mut saved) = (false, false);
        while let Ok(event) = self.backend.events().try_recv() {
            match event {
                Event::JobEnded(_) => ended = true,
                Event::Saved(Saved { files, .. }) => {
                    saved = true;
                    self.keep_choices();
                    self.last_folder = files.first().and_then(|file| file.parent()).map(PathBuf::from);
                }
                // Somebody stands at the device and looks for what to do next.
                Event::Device(DeviceEvent::Button(_)) => raise(ctx),
                Event::SaveCancelled => self.keep_choices(),
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
        self.choose_unasked(&shown);
        self.look_at_feeder(&shown, ctx, now, ended);
        self.let_go_of_good_news(&shown.notices, ctx, now);
        self.let_go_of_what_was_told(&shown.notices);
        if let Some(wish) = self.view.save.advance() {
            self.backend.send(Command::Save(wish));
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect());
        self.import(dropped);
        if let Some(files) = self.view.import.advance() {
            self.import(files);
        }
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

    /// F2 and the keys after it stand for the first profiles; they rest while something is typed.
    fn pick_profile(&mut self, shown: &Snapshot, ctx: &Context) {
        if ctx.text_edit_focused() {
            return;
        }
        for (profile, key) in shown.profiles.all().iter().zip(panels::PROFILE_KEYS) {
            if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.view.choice.pick(profile);
            }
        }
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
        panels::status_line(ui, &shown, &mut view.canvas, requests, narrow, closes);
        panels::page_list(ui, &mut stage, view, requests);
        panels::settings_panel(ui, &shown, &mut view.choice, &mut view.profiles, requests, narrow);
        panels::tool_row(ui, &shown, view, requests);
        panels::page_view(ui, &mut stage, view, requests);
        panels::shortcut_sheet(ui, &mut view.shortcuts_open, narrow);
        panels::combine_dialog(ui, &shown, &mut view.combine, requests);
        panels::documents_dialog(ui, &shown, &mut view.documents, requests);
        panels::profile_dialog(ui, &shown, &mut view.choice, &mut view.profiles, requests);
        let decision = panels::save_dialog(ui, &mut view.save);
        let imports = panels::import_dialog(ui, &mut view.import);
        let ctx = ui.ctx().clone();
        let now = ctx.input(|input| input.time);
        self.decide(decision, &ctx);
        match imports {
            Some(true) => {
                let file = self.view.import.chosen();
                self.import(file.into_iter().collect());
            }
            Some(false) => self.view.import.close(),
            None => {}
        }
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

    fn follow_state(&mut self, shown: &Snapshot, ctx: &Context, now: f64) {
        let before = self.view.button.meaning();
        self.view.button.follow(&shown.scan, now);
        if self.view.button.meaning() != before && before == Action::Scan {
            self.view.pages.follow();
        }
        if ctx.input(|input| input.pointer.any_pressed()) {
            self.view.button.pointer_pressed(now);
        }
        self.view.choice.belongs_to(shown.chosen.as_ref());
        self.view.pages.reconcile(shown);
        self.view.canvas.reconcile(shown);
        self.view.tool.reconcile(self.view.pages.shown_page(shown));
        if let Some(page) = arriving(shown) {
            self.last_arriving = Some((page, now));
        }
    }

    /// The first real scanner that can be used is taken, once; the virtual one never (design, section 6).
    fn choose_unasked(&mut self, shown: &Snapshot) {
        self.offered.retain(|id| shown.devices.iter().any(|entry| entry.id == *id));
        if self.device_given || shown.chosen.is_some() {
            return;
        }
        let usable = shown.devices.iter().find(|entry| {
            entry.connection != Connection::Virtual
                && matches!(entry.state, DeviceState::Ready | DeviceState::Unknown)
                && !self.offered.contains(&entry.id)
        });
        if let Some(entry) = usable {
            self.offered.push(entry.id.clone());
            self.backend.send(Command::ChooseDevice(entry.id.clone()));
        }
    }

    fn look_at_feeder(&mut self, shown: &Snapshot, ctx: &Context, now: f64, job_ended: bool) {
        let (focused, used) = ctx.input(|input| (input.focused, !input.events.is_empty()));
        let care = &mut self.feeder;
        let gained = focused && !std::mem::replace(&mut care.focused, focused);
        if used || gained {
            care.used = now;
        }
        let offers = shown.chosen.as_ref().and_then(|chosen| chosen.offers.as_deref());
        let has_feeder = offers.is_some_and(Offers::has_feeder);
        if !has_feeder || !matches!(shown.scan, ScanState::Idle) {
            return;
        }
        let cares = focused && now - care.used < FEEDER_CARE;
        if gained || job_ended || (cares && now - care.looked >= FEEDER_LOOK) {
            care.looked = now;
            self.backend.send(Command::LookAtFeeder);
        }
        if cares {
            let left = FEEDER_LOOK - (now - self.feeder.looked);
            ctx.request_repaint_after(Duration::from_secs_f64(left.clamp(0.1, FEEDER_LOOK)));
        }
    }

    fn let_go_of_good_news(&mut self, notices: &[Notice], ctx: &Context, now: f64) {
        self.good_news.retain(|(number, _)| notices.iter().any(|notice| notice.number == *number));
        for shown in notices.iter().filter(|shown| notice(&shown.matter).0 == Tone::Done) {
            let seen = self.good_news.iter().find(|(number, _)| *number == shown.number).map(|(_, seen)| *seen);
            let since = seen.unwrap_or_else(|| {
                self.good_news.push((shown.number, now));
                now
            });
            let left = GOOD_NEWS - (now - since);
            if left <= 0.0 {
                self.backend.send(Command::DismissNotice(shown.number));
            } else {
                ctx.request_repaint_after(Duration::from_secs_f64(left));
            }
        }
    }

    /// What the save dialog says needs no card.
    fn let_go_of_what_was_told(&mut self, notices: &[Notice]) {
        let Some(told) = &self.told else { return };
        let same = |shown: &&Notice| matches!(&shown.matter, Matter::SaveFailed(error) if Arc::ptr_eq(error, told));
        if let Some(number) = notices.iter().find(same).map(|shown| shown.number) {
            self.backend.send(Command::DismissNotice(number));
            self.told = None;
        }
    }

    fn decide(&mut self, decision: Option<Decision>, ctx: &Context) {
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

    /// What was chosen for a file is where the next one begins.
    fn keep_choices(&mut self) {
        if let Some(choices) = self.view.save.over() {
            self.view.save_choices = choices;
        }
    }

    /// Adds the pages of files to the end of the document.
    fn import(&mut self, files: Vec<PathBuf>) {
        if !files.is_empty() {
            self.backend.send(Command::Import(ImportWish { files, after: None }));
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

    /// What an action means now; where it means nothing, nothing happens.
    fn carry_out(&mut self, action: Action, ctx: &Context, now: f64) {
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
                    let choices = self.view.save_choices.clone();
                    self.view.save.start(&self.dialogs, self.last_folder.clone(), pages, choices, ctx);
                }
            }
            Action::CancelSave => self.backend.send(Command::CancelSave),
            Action::Import => self.view.import.start(&self.dialogs, self.last_folder.clone(), ctx),
            Action::CancelImport => self.backend.send(Command::CancelImport),
            Action::NewDocument => self.backend.send(Command::NewDocument),
            Action::Documents => {
                self.view.documents.open();
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

    /// Enter and Esc belong to the tool on the page, unless another control has the keyboard.
    fn end_tool_by_key(&mut self, ctx: &Context) {
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
    fn apply_tool(&mut self) {
        let pages = self.view.pages.targets(&self.shown);
        if let Some(command) = self.view.tool.command(&pages, &self.shown) {
            self.backend.send(command);
        }
        if self.view.tool.has_the_page() {
            self.view.tool = PageTool::None;
        }
    }

    /// Another document: nothing that was seen of the one before is worth anything.
    fn follow_document(&mut self, shown: &Snapshot) {
        let Some(number) = shown.pages.first().map(|page| page.face.document) else { return };
        if self.document.replace(number).is_some_and(|before| before != number) {
            self.textures = Textures::default();
            self.view.pages = Default::default();
            self.view.canvas = Default::default();
            self.view.tool = PageTool::None;
        }
    }

    /// The window is called like its document.
    fn call_the_window(&mut self, shown: &Snapshot, ctx: &Context) {
        let title = window_title(shown.about.title.as_deref());
        if self.title.as_ref() != Some(&title) {
            if self.title.is_some() || shown.about.title.is_some() {
                ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            }
            self.title = Some(title);
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

/// Brings the window to the front, or asks for it where the system does not let it come.
fn raise(ctx: &Context) {
    ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
    ctx.send_viewport_cmd(ViewportCommand::Focus);
    ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(UserAttentionType::Informational));
}

/// The virtual scanner that is offered to try.
const VIRTUAL: &str = "virtual:feeder";

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
    }
}
