//! Things a person should know, oldest first, a bounded number of them.

use super::{Matter, Notice};

/// Notices kept; the oldest go first.
const KEPT: usize = 8;

#[derive(Default)]
pub(super) struct Notices {
    list: Vec<Notice>,
    last: u64,
}

impl Notices {
    pub(super) fn add(&mut self, matter: Matter) {
        self.last += 1;
        self.list.push(Notice { number: self.last, matter });
        if self.list.len() > KEPT {
            self.list.remove(0);
        }
    }

    pub(super) fn dismiss(&mut self, number: u64) {
        self.list.retain(|notice| notice.number != number);
    }

    /// A new scan makes what was said of the last one old.
    pub(super) fn scan_begins(&mut self) {
        self.list.retain(|notice| matches!(notice.matter, Matter::Saved { .. } | Matter::SaveFailed(_)));
    }

    pub(super) fn shown(&self) -> Vec<Notice> {
        self.list.clone()
    }
}
