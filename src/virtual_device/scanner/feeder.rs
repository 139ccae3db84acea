//! The feeder's tray: how many sheets are in it, and which is on top.

use std::time::Duration;

use crate::clock::Moment;

/// The tray and who fills it.
#[derive(Debug)]
pub(super) struct Feeder {
    /// Sheets of a full stack.
    stack: u32,
    left: u32,
    /// How long after a job the tray is filled again; never when `None`.
    reload: Option<Duration>,
    reload_at: Option<Moment>,
}

impl Feeder {
    pub(super) fn new(stack: u32, reload: Option<Duration>) -> Feeder {
        Feeder { stack, left: stack, reload, reload_at: None }
    }

    /// Puts a new stack in.
    pub(super) fn load(&mut self, sheets: u32) {
        (self.stack, self.left, self.reload_at) = (sheets, sheets, None);
    }

    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// Draws the top sheet in; its number, counted from 1 from the top of the full stack.
    pub(super) fn draw(&mut self) -> Option<u32> {
        let number = self.stack - self.left + 1;
        self.left = self.left.checked_sub(1)?;
        self.reload_at = None;
        Some(number)
    }

    /// Puts a sheet back on top, and with it those that were drawn in after it.
    pub(super) fn put_back(&mut self, number: u32) {
        self.left = self.left.max((self.stack + 1).saturating_sub(number)).min(self.stack);
    }

    /// A job is over.
    pub(super) fn job_ended(&mut self, now: Moment) {
        self.reload_at = self.reload.map(|after| now + after);
    }

    /// Fills the tray when it is time. Answers when that will be.
    pub(super) fn advance(&mut self, now: Moment) -> Option<Moment> {
        if self.reload_at.is_some_and(|at| at <= now) {
            self.reload_at = None;
            self.left = self.stack;
        }
        self.reload_at
    }
}
