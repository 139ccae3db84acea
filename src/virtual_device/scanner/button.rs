//! The scan button: what was pressed is kept until a host hears it.

use std::time::Duration;

use super::Scanner;
use crate::clock::Moment;

/// Presses that are kept for a host that does not listen; a person who presses on means the same.
const MOST_KEPT: u32 = 4;

/// What the packet of a press begins with, the button's number, and where the device would scan from.
const PRESS: u8 = b'B';
const SCAN: u8 = 1;
const FROM_NOWHERE: u8 = 0;
const FROM_GLASS: u8 = 1;
const FROM_FEEDER: u8 = 2;

/// The button, and the person who presses it once unasked.
#[derive(Debug, Default)]
pub(super) struct ScanButton {
    kept: u32,
    /// How long after the device was first looked at it is pressed.
    after: Option<Duration>,
    at: Option<Moment>,
}

impl ScanButton {
    pub(super) fn pressed_after(after: Option<Duration>) -> ScanButton {
        ScanButton { kept: 0, after, at: None }
    }

    fn press(&mut self) {
        self.kept = (self.kept + 1).min(MOST_KEPT);
    }

    /// Presses it when it is time. Answers when that will be.
    pub(super) fn advance(&mut self, now: Moment) -> Option<Moment> {
        if let Some(after) = self.after.take() {
            self.at = Some(now + after);
        }
        if self.at.take_if(|at| *at <= now).is_some() {
            self.press();
        }
        self.at
    }

    /// The electronics start anew and remember nothing.
    pub(super) fn forget(&mut self) {
        self.kept = 0;
    }
}

impl Scanner {
    /// Presses the scan button, if there is one.
    pub(in crate::virtual_device) fn press_scan(&mut self) {
        if self.model.has_button() {
            self.button.press();
        }
    }

    /// The packet of the next press, once. A device that hangs says nothing.
    pub(in crate::virtual_device) fn take_press(&mut self) -> Option<Vec<u8>> {
        if self.mute || self.button.kept == 0 {
            return None;
        }
        self.button.kept -= 1;
        let from = match (self.feeder.left(), &self.model.platen) {
            (1.., _) => FROM_FEEDER,
            (0, Some(_)) => FROM_GLASS,
            (0, None) => FROM_NOWHERE,
        };
        Some(vec![PRESS, SCAN, from, 0])
    }
}
