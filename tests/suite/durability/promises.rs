//! What a process had promised before it ended, and whether it was kept.

use std::collections::BTreeSet;
use std::path::Path;

use lightbar::document::{DocumentId, PageId, Trouble};

use super::found::{FoundDocument, StateOfPages};
use super::worker::Said;

/// Everything a worker had said.
#[derive(Clone, Debug, Default)]
pub(super) struct Promises {
    document: Option<String>,
    complete: BTreeSet<u64>,
    state: StateOfPages,
    /// The highest number that a page of any state had.
    last_page: u64,
    /// How often it had saved, and how many pages were in the last file.
    pub(super) saved: Option<(usize, u32)>,
    /// What it was doing.
    pub(super) phase: Option<Said>,
    /// The page under way, with the bytes and rows of it that were seen.
    under_way: Option<(u64, u64, u32)>,
}

/// What is lost of a page that was under way, of what had been seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LostUnderWay {
    pub(super) bytes: u64,
    pub(super) rows: u32,
}

impl Promises {
    pub(super) fn hear(&mut self, said: Said) {
        match said {
            Said::Document(id) => self.document = Some(id),
            Said::Complete(page) => {
                self.complete.insert(page);
                self.under_way.take_if(|(under_way, ..)| *under_way == page);
            }
            Said::Received { page, bytes, rows } => self.under_way = Some((page, bytes, rows)),
            Said::State(state) => {
                self.last_page = state.0.iter().map(|(id, _)| *id).chain([self.last_page]).max().unwrap_or_default();
                self.state = state;
            }
            Said::Saved(pages) => self.saved = Some((self.saved.map_or(1, |(times, _)| times + 1), pages)),
            Said::Scanning | Said::Editing | Said::Saving | Said::Done => self.phase = Some(said),
        }
    }

    /// What is lost of the page that was under way; `None`: none was.
    pub(super) fn lost_under_way(&self, data: &Path) -> Option<LostUnderWay> {
        let (page, bytes, rows) = self.under_way?;
        let id = DocumentId::new(self.document.as_ref()?).expect("a name");
        let found = FoundDocument::open(data, &id).expect("it opens");
        let there = found.kept.document().page(PageId(page)).and_then(|page| page.facts().copied());
        let (bytes_there, rows_there) = there.map_or((0, 0), |facts| (facts.bytes, facts.height));
        Some(LostUnderWay { bytes: bytes.saturating_sub(bytes_there), rows: rows.saturating_sub(rows_there) })
    }

    /// From now on it is promised what is there: whoever goes on with the document begins with that. `saved`: pages of
    /// the file, if there is one.
    pub(super) fn go_on(&mut self, data: &Path, saved: Option<u32>) {
        let id = DocumentId::new(self.document.as_ref().expect("there is one")).expect("a name");
        let found = FoundDocument::open(data, &id).expect("it opens");
        let known = |page: &u64| found.knows(*page);
        self.complete.retain(known);
        self.state = StateOfPages::of(found.kept.document());
        self.last_page = found.pages.keys().copied().chain([self.last_page]).max().unwrap_or_default();
        self.saved = saved.map(|pages| (1, pages));
        self.phase = None;
        self.under_way = None;
    }

    /// Whether there is a document to go on with.
    pub(super) fn has_a_document(&self) -> bool {
        self.document.is_some()
    }

    /// Whether a whole file of so many pages, 0 for the one that was there before, is one that may be found: the
    /// one that was saved last, or the one that was about to take its place.
    pub(super) fn target_may_have(&self, pages: usize) -> bool {
        let last = self.saved.map_or(0, |(_, pages)| pages as usize);
        pages == last || self.phase == Some(Said::Saving) && pages == self.state.0.len()
    }

    /// What of it is broken, one line each. `unreadable` says whether a page's file may be one of which nothing can be read.
    pub(super) fn broken(&self, data: &Path, unreadable: &dyn Fn(u64) -> bool) -> Vec<String> {
        let Some(id) = &self.document else {
            // Nothing was promised, but nobody may fall over what is there.
            return super::found::documents_below(data).err().into_iter().collect();
        };
        let mut found = match FoundDocument::open(data, &DocumentId::new(id).expect("a name")) {
            Ok(found) => found,
            Err(why) => return vec![why],
        };
        let mut broken = Vec::new();
        for trouble in found.damage() {
            if !matches!(trouble, Trouble::PageUnreadable(page, _) if unreadable(page.0)) {
                broken.push(format!("{trouble:?}"));
            }
        }
        for page in &self.complete {
            if !found.pages.get(page).is_some_and(|page| page.complete) {
                broken.push(format!("complete page {page} is lost"));
            } else if !found.knows(*page) {
                broken.push(format!("page {page} is there, and the document does not know it"));
            }
        }
        let now = StateOfPages::of(found.kept.document());
        if !self.leads_to(&mut found) {
            broken.push(format!("the last state was {:?}, and it is {now:?}", self.state));
        }
        broken
    }

    /// Whether the document is as it was last seen, or one change further: the one nobody was told of yet. Pages that came since
    /// do not count.
    fn leads_to(&self, found: &mut FoundDocument) -> bool {
        let is_here =
            |found: &FoundDocument| StateOfPages::of(found.kept.document()).up_to(self.last_page) == self.state;
        if is_here(found) {
            return true;
        }
        // A change is one step of undo ahead; an undo one of redo.
        let (undone, _) = found.kept.change(|document| document.undo());
        if undone && is_here(found) {
            return true;
        }
        if undone {
            let _ = found.kept.change(|document| document.redo());
        }
        found.kept.change(|document| document.redo()).0 && is_here(found)
    }
}
