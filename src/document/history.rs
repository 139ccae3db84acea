//! What was done to a document, in order, and what was taken back: as values that outlive the program.

use std::collections::BTreeSet;

use super::PageId;
use super::edits::Edit;
use super::undo::Undo;

/// Changes that can be taken back, at most. Nobody goes back further by hand; older ones are forgotten first.
pub(super) const MOST_ENTRIES: usize = 10_000;

/// One change. Its number is higher than that of every change before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) edit: Edit,
    /// The way back, as long as the change stands.
    pub(super) undo: Option<Undo>,
}

/// The changes that stand, and those that were taken back.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: Vec<Entry>,
    /// The change taken back last comes last, so its number is the lowest.
    undone: Vec<Entry>,
}

/// What of a document its store does not have yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    /// Pages with something new, or in another place.
    pub(super) pages: BTreeSet<PageId>,
    /// Pages that are forgotten.
    pub(super) gone: Vec<PageId>,
    /// Changes that are new or stand again.
    pub(super) entries: BTreeSet<u64>,
    /// Changes from this number on were forgotten, before any of `entries` was made.
    pub(super) forgotten_from: Option<u64>,
    /// Changes up to this number were forgotten.
    pub(super) forgotten_to: Option<u64>,
    /// Which changes stand.
    pub(super) stands: bool,
    /// Title, place, or what is saved.
    pub(super) about: bool,
    /// What is in the store may not be what is in the document.
    pub(super) everything: bool,
}

impl Touched {
    /// Whether the store has all of it.
    pub(super) fn is_nothing(&self) -> bool {
        self.pages.is_empty()
            && self.gone.is_empty()
            && self.entries.is_empty()
            && !self.is_a_persons()
            && !self.everything
    }

    /// Whether a person did something that is to be safe at once; what arrives is safe in its own file.
    pub(super) fn is_a_persons(&self) -> bool {
        self.stands || self.about || self.forgotten_to.is_some()
    }

    fn forget_from(&mut self, number: u64) {
        self.forgotten_from = Some(self.forgotten_from.map_or(number, |from| from.min(number)));
        self.entries.retain(|entry| *entry < number);
    }
}

impl History {
    /// Entries in any order, as they were kept; those up to `stands` stand.
    pub(super) fn restored(mut entries: Vec<Entry>, stands: u64) -> History {
        entries.sort_by_key(|entry| entry.number);
        let undone = entries.partition_point(|entry| entry.number <= stands);
        let mut undone = entries.split_off(undone);
        undone.reverse();
        // A change without its way back cannot be taken back, nor can those before it.
        let lost = entries.iter().rposition(|entry| entry.undo.is_none()).map_or(0, |lost| lost + 1);
        History { done: entries.split_off(lost), undone }
    }

    /// The number of the last change that stands; zero when none does.
    pub(super) fn stands(&self) -> u64 {
        self.done.last().map_or(0, |entry| entry.number)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.done.iter().chain(&self.undone)
    }

    pub(super) fn entry(&self, number: u64) -> Option<&Entry> {
        let undone = || self.undone.iter().rev().find(|entry| entry.number == number);
        self.done.iter().rev().find(|entry| entry.number == number).or_else(undone)
    }

    pub(super) fn last_done(&self) -> Option<&Edit> {
        self.done.last().map(|entry| &entry.edit)
    }

    pub(super) fn last_undone(&self) -> Option<&Edit> {
        self.undone.last().map(|entry| &entry.edit)
    }

    /// A change was made; what was taken back before cannot be made again.
    pub(super) fn push(&mut self, edit: Edit, undo: Undo, touched: &mut Touched) {
        let number = self.stands() + 1;
        self.undone.clear();
        touched.forget_from(number);
        self.done.push(Entry { number, edit, undo: Some(undo) });
        touched.entries.insert(number);
        touched.stands = true;
        if self.done.len() > MOST_ENTRIES {
            touched.forgotten_to = Some(self.done.remove(0).number);
        }
    }

    /// Takes back the last change; the way to do so.
    pub(super) fn undo(&mut self, touched: &mut Touched) -> Option<Undo> {
        let mut entry = self.done.pop()?;
        let undo = entry.undo.take();
        self.undone.push(entry);
        touched.stands = true;
        undo
    }

    /// The change that would be made again.
    pub(super) fn next_redo(&self) -> Option<Edit> {
        self.last_undone().cloned()
    }

    /// It was made again; `false` when it changed nothing, and is forgotten then.
    pub(super) fn redone(&mut self, undo: Option<Undo>, touched: &mut Touched) -> bool {
        let Some(entry) = self.undone.pop() else { return false };
        let made = undo.is_some();
        if made {
            touched.entries.insert(entry.number);
            self.done.push(Entry { undo, ..entry });
        }
        touched.stands = true;
        made
    }

    pub(super) fn forget(&mut self, touched: &mut Touched) {
        self.done.clear();
        self.undone.clear();
        touched.forget_from(0);
        touched.stands = true;
    }
}
