//! What was told goes: good news by itself, and what a dialog says already.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::Context;

use crate::session::{Command, Matter, Notice};
use crate::text::notices::{Tone, notice};

use super::Application;

/// Good news goes by itself after this long, in seconds of the window's input.
const GOOD_NEWS: f64 = 6.0;

impl Application {
    pub(super) fn let_go_of_good_news(&mut self, notices: &[Notice], ctx: &Context, now: f64) {
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
    pub(super) fn let_go_of_what_was_told(&mut self, notices: &[Notice]) {
        let Some(told) = &self.told else { return };
        let same = |shown: &&Notice| matches!(&shown.matter, Matter::SaveFailed(error) if Arc::ptr_eq(error, told));
        if let Some(number) = notices.iter().find(same).map(|shown| shown.number) {
            self.backend.send(Command::DismissNotice(number));
            self.told = None;
        }
    }
}
