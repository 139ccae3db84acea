//! The window's own state follows the truth: which document, which page, which device.

use eframe::egui::{Context, ViewportCommand};

use crate::document::{About, PageId};
use crate::session::{Command, Connection, DeviceState, Snapshot};
use crate::text::library::window_title;

use super::super::action::Action;
use super::super::page_tool::PageTool;
use super::super::textures::Textures;
use super::super::view_state::arriving;
use super::Application;

impl Application {
    pub(super) fn follow_state(&mut self, shown: &Snapshot, ctx: &Context, now: f64) {
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
        self.view.tool.reconcile(self.view.pages.shown_page(shown));
        if let Some(page) = arriving(shown) {
            self.last_arriving = Some((page, now));
        }
    }

    /// Pages were imported: the first of them is shown, unless a page is arriving or being worked on.
    pub(super) fn show_imported(&mut self, page: PageId, shown: &Snapshot) {
        let is_there = shown.pages.iter().any(|other| other.id == page);
        if is_there && shown.scan.job().is_none() && !self.view.tool.has_the_page() {
            self.view.pages.select_only(page, shown);
            self.view.pages.reveal = true;
        }
    }

    /// The first real scanner that can be used is taken, once; the virtual one never (design, section 6).
    pub(super) fn choose_unasked(&mut self, shown: &Snapshot) {
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

    /// Another document: nothing that was seen of the one before is worth anything.
    pub(super) fn follow_document(&mut self, shown: &Snapshot) {
        let Some(number) = shown.pages.first().map(|page| page.face.document) else { return };
        if self.document.replace(number).is_some_and(|before| before != number) {
            self.textures = Textures::default();
            self.view.pages = Default::default();
            self.view.canvas = Default::default();
            self.view.tool = PageTool::None;
        }
    }

    /// The window is called like its document.
    pub(super) fn call_the_window(&mut self, shown: &Snapshot, ctx: &Context) {
        let title = window_title(&shown.about);
        if self.title.as_ref() != Some(&title) {
            if self.title.is_some() || title != window_title(&About::default()) {
                ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            }
            self.title = Some(title);
        }
    }
}
