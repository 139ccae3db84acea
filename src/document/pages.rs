//! The document in memory: its pages in order, what was done to them, and the way back.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::minidriver::Side;
use crate::plain_text::plain_title;

use super::edits::Edit;
use super::history::{History, Touched};
use super::saved::{Edition, Unsaved};
use super::undo::Undo;
use super::{CameFrom, Look, PageFacts, PageHead, PageId};

/// One page of a document. All else that is known of it stands in its file's head: a document of a
/// thousand pages is held in memory as a whole.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its name.
    pub id: PageId,
    /// The page whose file has its pixels: itself, or the one it was split from.
    pub file: PageId,
    /// Which side of a sheet it was.
    pub side: Side,
    /// How far it is.
    pub stage: PageStage,
    /// What was done to it.
    pub look: Look,
}

/// Memory is to be flat over a thousand pages (design, section 9): this is what stays of each.
const _: () = assert!(size_of::<Page>() <= 128);

/// How far a page is.
#[derive(Clone, Debug)]
pub enum PageStage {
    /// Arriving.
    Arriving {
        /// Pixels expected in a row.
        width: u32,
        /// Rows expected.
        height: u32,
    },
    /// Over, complete or not.
    Ended(PageFacts),
}

impl Page {
    /// What is known of a page that is over.
    pub fn facts(&self) -> Option<&PageFacts> {
        match &self.stage {
            PageStage::Arriving { .. } => None,
            PageStage::Ended(facts) => Some(facts),
        }
    }
}

/// A document's pages and the history of their edits.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pages: Vec<Page>,
    history: History,
    /// Pages that are not in the document but in its history.
    put_aside: Vec<Page>,
    began: Option<u64>,
    changes: u64,
    /// What the file saved last has.
    saved: Edition,
    about: About,
    /// Files that nothing needs any more and that are being removed.
    leaving: Vec<PageId>,
    /// What the store does not have yet.
    touched: Touched,
}

/// Where a page arrives in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Before all others.
    AtStart,
    /// Behind all others.
    AtEnd,
    /// Behind this one; at the end when that is not there any more.
    Behind(PageId),
}

impl Arrival {
    /// Behind a page, or at the start.
    pub fn behind(page: Option<PageId>) -> Arrival {
        page.map_or(Arrival::AtStart, Arrival::Behind)
    }
}

/// What is known of a document beside its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What a person called it.
    pub title: Option<String>,
    /// The file it was saved to last.
    pub saved_to: Option<PathBuf>,
    /// What its first page came from, in words for people.
    pub device: Option<String>,
    /// The files that its first pages came from, if they came from files.
    pub came_from: Option<CameFrom>,
}

impl Document {
    /// A document without pages.
    pub fn new() -> Document {
        Document::default()
    }

    /// A document as it was kept.
    pub(super) fn restored(pages: Vec<Page>, put_aside: Vec<Page>, kept: Kept) -> Document {
        let Kept { history, began, saved, about, leaving } = kept;
        Document { pages, put_aside, history, began, saved, about, leaving, ..Document::default() }
    }

    /// The pages in order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// Pages that only the history can bring back.
    pub fn put_aside(&self) -> &[Page] {
        &self.put_aside
    }

    /// When its first page began, in seconds since 1970.
    pub fn began(&self) -> Option<u64> {
        self.began
    }

    /// What it is called, and where it was saved.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Calls it something; `false` when it is called so.
    pub fn set_title(&mut self, title: Option<String>) -> bool {
        let title = title.as_deref().and_then(plain_title);
        if self.about.title == title {
            return false;
        }
        self.about.title = title;
        self.touched.about = true;
        self.changes += 1;
        true
    }

    /// The first pages of the document came from this file, or, when it is one of several, from this one, too.
    pub fn came_from_file(&mut self, name: &str, is_first: bool) {
        match &mut self.about.came_from {
            Some(files) if !is_first => files.others = files.others.saturating_add(1),
            from => *from = CameFrom::file(name),
        }
        self.touched.about = true;
        self.changes += 1;
    }

    /// How often the pages changed or were saved; while it is the same they are, too.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What a file saved now would have: the pages that have ended.
    pub fn edition(&self) -> Edition {
        Edition::of(&self.pages)
    }

    /// A file with this was saved.
    pub fn saved_as(&mut self, edition: Edition, to: Option<PathBuf>) {
        self.saved = edition;
        self.about.saved_to = to.or_else(|| self.about.saved_to.take());
        self.touched.about = true;
        self.changes += 1;
    }

    /// What the file saved last has.
    pub(super) fn saved(&self) -> &Edition {
        &self.saved
    }

    /// What no saved file has.
    pub fn unsaved(&self) -> Unsaved {
        self.saved.lacks(&self.pages)
    }

    /// A page of the document, or one that its history could bring back.
    pub fn page(&self, id: PageId) -> Option<&Page> {
        self.pages.iter().chain(&self.put_aside).find(|page| page.id == id)
    }

    /// The history, for the store.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// All of it is to be written.
    pub(super) fn touch_all(&mut self) {
        self.touched.everything = true;
    }

    /// What changed since the last time this was asked.
    pub(super) fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }

    /// Adds a page that begins to arrive. This is no edit: undo never takes a page
    /// away that a person did not add by hand, and a job under way does not stand between a person and
    /// their last change.
    pub fn page_began(&mut self, head: &PageHead, place: Arrival) {
        self.touched.about |= self.began.is_none();
        if self.began.is_none() {
            self.about.device = Some(head.origin.device_name.clone()).filter(|device| !device.is_empty());
        }
        self.began.get_or_insert(head.origin.began);
        // The files whose pages were here before say nothing of what comes into an empty document.
        self.touched.about |= self.pages.is_empty() && self.about.came_from.take().is_some();
        let stage = PageStage::Arriving { width: head.info.expected_width, height: head.info.likely_rows() };
        let page = Page { id: head.page, file: head.page, side: head.info.side, stage, look: Look::default() };
        let at = match place {
            Arrival::AtStart => 0,
            Arrival::AtEnd => self.pages.len(),
            Arrival::Behind(after) => {
                let before = self.pages.iter().position(|page| page.id == after);
                before.map_or(self.pages.len(), |before| before + 1)
            }
        };
        self.pages.insert(at, page);
        self.touched.pages.insert(head.page);
        self.changes += 1;
    }

    /// Adds a page that is all there, and looks as it does where it comes from. No edit either; see [`Document::came_by_hand`].
    pub fn page_came(&mut self, head: &PageHead, facts: PageFacts, look: Look, place: Arrival) {
        self.page_began(head, place);
        if let Some(page) = self.pages.iter_mut().find(|page| page.id == head.page) {
            page.stage = PageStage::Ended(facts);
            page.look = look;
        }
    }

    /// Notes that a page is over, also one that was deleted while it arrived.
    pub fn page_ended(&mut self, id: PageId, facts: PageFacts) {
        if let Some(page) = self.pages.iter_mut().chain(&mut self.put_aside).find(|page| page.id == id) {
            page.stage = PageStage::Ended(facts);
            self.touched.pages.insert(id);
            self.changes += 1;
        }
    }

    /// Takes out a page that never became one: nothing of it arrived. No edit, and not undoable.
    pub fn page_came_to_nothing(&mut self, id: PageId) {
        self.pages.retain(|page| page.id != id);
        self.put_aside.retain(|page| page.id != id);
        self.touched.gone.push(id);
        self.changes += 1;
    }

    /// Makes a change; `false` when it changes nothing.
    pub fn apply(&mut self, edit: Edit) -> bool {
        let Some(undo) = edit.apply(&mut self.pages, &mut self.put_aside) else { return false };
        self.touched.pages.extend(undo.pages());
        self.history.push(edit, undo, &mut self.touched);
        self.changes += 1;
        true
    }

    /// Pages that came to a place where a person wanted them are there now: from here on that is a change like any
    /// other, which undo takes back. `false` when none of them is there any more.
    pub fn came_by_hand(&mut self, pages: &[PageId], after: Option<PageId>) -> bool {
        let here: HashSet<PageId> = self.pages.iter().map(|page| page.id).collect();
        let pages: Vec<PageId> = pages.iter().copied().filter(|page| here.contains(page)).collect();
        if pages.is_empty() {
            return false;
        }
        let undo = Undo::Remove(pages.clone());
        self.history.push(Edit::Insert { pages, after }, undo, &mut self.touched);
        self.changes += 1;
        true
    }

    /// A page that came for another one's place takes it: that is a change, which undo takes back together with the
    /// page. `false` when the other one is not there.
    pub fn came_instead_of(&mut self, old: PageId, new: PageId) -> bool {
        let has = |id| self.pages.iter().any(|page| page.id == id);
        if old == new || !has(old) || !has(new) {
            return false;
        }
        self.put_aside.extend(self.pages.extract_if(.., |page| page.id == new));
        self.apply(Edit::Replace { old, new })
    }

    /// The change that [`Document::undo`] would take back.
    pub fn undo_name(&self) -> Option<&'static str> {
        self.history.last_done().map(Edit::name)
    }

    /// The change that [`Document::redo`] would make again.
    pub fn redo_name(&self) -> Option<&'static str> {
        self.history.last_undone().map(Edit::name)
    }

    /// Takes back the last change; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(undo) = self.history.undo(&mut self.touched) else { return false };
        undo.apply(&mut self.pages, &mut self.put_aside);
        self.touched.pages.extend(undo.pages());
        self.changes += 1;
        true
    }

    /// Makes the change again that was taken back last; `false` when there is none.
    pub fn redo(&mut self) -> bool {
        while let Some(edit) = self.history.next_redo() {
            let undo = edit.apply(&mut self.pages, &mut self.put_aside);
            if let Some(undo) = &undo {
                self.touched.pages.extend(undo.pages());
            }
            if self.history.redone(undo, &mut self.touched) {
                self.changes += 1;
                return true;
            }
        }
        false
    }

    /// Forgets the history, and names the pages that nothing needs any more. Their files are on their way out from
    /// then on.
    pub fn forget_history(&mut self) -> Vec<PageId> {
        let mut files: Vec<PageId> = self.put_aside.iter().map(|page| page.file).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| !self.pages.iter().any(|page| page.file == *file));
        self.leaving.extend(files);
        self.touched.about = true;
        self.history.forget(&mut self.touched);
        let gone: Vec<PageId> = self.put_aside.drain(..).map(|page| page.id).collect();
        self.touched.gone.extend(&gone);
        gone
    }

    /// Files that nothing needs any more and that may still be there.
    pub(super) fn leaving(&self) -> &[PageId] {
        &self.leaving
    }

    /// These are not there any more.
    pub(super) fn files_are_gone(&mut self, files: &[PageId]) {
        self.leaving.retain(|file| !files.contains(file));
        self.touched.about = true;
    }

    /// Whether a page's file is needed: by a page of the document, or by one that its history could bring back.
    pub fn needs_file(&self, file: PageId) -> bool {
        self.pages.iter().chain(&self.put_aside).any(|page| page.file == file)
    }
}

/// What a store keeps of a document beside its pages.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) history: History,
    pub(super) began: Option<u64>,
    pub(super) saved: Edition,
    pub(super) about: About,
    pub(super) leaving: Vec<PageId>,
}
