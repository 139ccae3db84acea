//! The document in memory: its pages in order, what was done to them, and the way back.

use crate::minidriver::Side;

use super::edits::{Edit, Undo};
use super::saved::{Edition, Unsaved};
use super::{PageFacts, PageHead, PageId};

/// Turns of a page, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// As scanned.
    #[default]
    None,
    /// A quarter turn.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarter turns.
    ThreeQuarters,
}

impl Rotation {
    /// In degrees.
    pub const fn degrees(self) -> u16 {
        match self {
            Rotation::None => 0,
            Rotation::Quarter => 90,
            Rotation::Half => 180,
            Rotation::ThreeQuarters => 270,
        }
    }

    /// One turn after the other.
    #[must_use]
    pub const fn then(self, other: Rotation) -> Rotation {
        match (self.degrees() + other.degrees()) % 360 {
            90 => Rotation::Quarter,
            180 => Rotation::Half,
            270 => Rotation::ThreeQuarters,
            _ => Rotation::None,
        }
    }
}

/// One page of a document. All else that is known of it stands in its file's head: a document of a
/// thousand pages is held in memory as a whole.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its name.
    pub id: PageId,
    /// Which side of a sheet it was.
    pub side: Side,
    /// How far it is.
    pub stage: PageStage,
    /// How it was turned.
    pub rotation: Rotation,
}

/// Memory is to be flat over a thousand pages (design, section 9): this is what stays of each.
const _: () = assert!(size_of::<Page>() <= 80);

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
    done: Vec<(Edit, Undo)>,
    undone: Vec<Edit>,
    /// Pages that are not in the document but in its history.
    put_aside: Vec<Page>,
    began: Option<u64>,
    changes: u64,
    /// What the file saved last has.
    saved: Edition,
}

impl Document {
    /// A document without pages.
    pub fn new() -> Document {
        Document::default()
    }

    /// The pages in order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// When its first page began, in seconds since 1970.
    pub fn began(&self) -> Option<u64> {
        self.began
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
    pub fn saved_as(&mut self, edition: Edition) {
        self.saved = edition;
        self.changes += 1;
    }

    /// What no saved file has.
    pub fn unsaved(&self) -> Unsaved {
        self.saved.lacks(&self.pages)
    }

    /// A page of the document, or one that its history could bring back.
    pub fn page(&self, id: PageId) -> Option<&Page> {
        self.pages.iter().chain(&self.put_aside).find(|page| page.id == id)
    }

    /// Adds a page that begins to arrive, at the end. This is no edit: undo never takes a page away
    /// that a person did not add by hand, and a job under way does not stand between a person and
    /// their last change.
    pub fn page_began(&mut self, head: &PageHead) {
        self.began.get_or_insert(head.origin.began);
        let stage = PageStage::Arriving { width: head.info.expected_width, height: head.info.likely_rows() };
        self.pages.push(Page { id: head.page, side: head.info.side, stage, rotation: Rotation::None });
        self.changes += 1;
    }

    /// Notes that a page is over, also one that was deleted while it arrived.
    pub fn page_ended(&mut self, id: PageId, facts: PageFacts) {
        if let Some(page) = self.pages.iter_mut().chain(&mut self.put_aside).find(|page| page.id == id) {
            page.stage = PageStage::Ended(facts);
            self.changes += 1;
        }
    }

    /// Takes out a page that never became one: nothing of it arrived. No edit, and not undoable.
    pub fn page_came_to_nothing(&mut self, id: PageId) {
        self.pages.retain(|page| page.id != id);
        self.put_aside.retain(|page| page.id != id);
        self.changes += 1;
    }

    /// Makes a change; `false` when it changes nothing.
    pub fn apply(&mut self, edit: Edit) -> bool {
        let Some(undo) = edit.apply(&mut self.pages, &mut self.put_aside) else { return false };
        self.done.push((edit, undo));
        self.undone.clear();
        self.changes += 1;
        true
    }

    /// The change that [`Document::undo`] would take back.
    pub fn undo_name(&self) -> Option<&'static str> {
        self.done.last().map(|(edit, _)| edit.name())
    }

    /// The change that [`Document::redo`] would make again.
    pub fn redo_name(&self) -> Option<&'static str> {
        self.undone.last().map(Edit::name)
    }

    /// Takes back the last change; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some((edit, undo)) = self.done.pop() else { return false };
        undo.apply(&mut self.pages, &mut self.put_aside);
        self.undone.push(edit);
        self.changes += 1;
        true
    }

    /// Makes the change again that was taken back last; `false` when there is none.
    pub fn redo(&mut self) -> bool {
        while let Some(edit) = self.undone.pop() {
            if let Some(undo) = edit.apply(&mut self.pages, &mut self.put_aside) {
                self.done.push((edit, undo));
                self.changes += 1;
                return true;
            }
        }
        false
    }

    /// Forgets the history, and names the pages whose files nothing needs any more.
    pub fn forget_history(&mut self) -> Vec<PageId> {
        self.done.clear();
        self.undone.clear();
        self.put_aside.drain(..).map(|page| page.id).collect()
    }
}
