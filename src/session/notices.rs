//! Things a person should know, oldest first, a bounded number of them.

use super::{DocumentTrouble, Matter, Notice};

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
        let is_of_a_save =
            |matter: &Matter| matches!(matter, Matter::Saved(_) | Matter::SaveFailed(_) | Matter::AutoSaveFailed(_));
        self.list.retain(|notice| is_of_a_save(&notice.matter));
    }

    /// Another document makes what was said of the last one old; what a scanner did and what was not written down stays.
    pub(super) fn document_changes(&mut self) {
        self.list.retain(|notice| match notice.matter {
            Matter::Imported(_)
            | Matter::Saved(_)
            | Matter::SaveFailed(_)
            | Matter::AutoSaveFailed(_)
            | Matter::Recovered(_)
            | Matter::Document(_)
            | Matter::NotCropped(_) => false,
            Matter::JobEnded(_)
            | Matter::Refused(_)
            | Matter::Profiles(_)
            | Matter::Device(_)
            | Matter::DeviceNotResponding
            | Matter::ImportRefused(..)
            | Matter::Storage(_)
            | Matter::NotWrittenDown(_)
            | Matter::Freed(_)
            | Matter::Remark(_) => true,
        });
    }

    /// The list of documents shows how each of them is now: what was in somebody's way before is old.
    pub(super) fn documents_are_looked_at(&mut self) {
        use DocumentTrouble::{Missing, Newer, OpenElsewhere};
        self.list.retain(|notice| !matches!(notice.matter, Matter::Document(Missing(_) | OpenElsewhere(_) | Newer(_))));
    }

    /// Pages are changed again, or a change is taken back: which of them were left alone before is old.
    pub(super) fn pages_change(&mut self) {
        self.list.retain(|notice| !matches!(notice.matter, Matter::NotCropped(_)));
    }

    pub(super) fn shown(&self) -> Vec<Notice> {
        self.list.clone()
    }
}
