//! Pages that perhaps are not what they were: whoever draws a page notices that its file has a gap or no end, the library's
//! thread reads it, and what the disk has lost is noted and told.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::document::{Page, PageFacts, PageId, Trouble, lost_since};

use super::Matter;
use super::core::Core;
use super::librarian::Task;

/// Doubts that may wait to be heard of.
pub(super) const DOUBTS: usize = 64;
/// Pages that are looked at in one go: other tasks of the library's thread come between.
const AT_ONCE: usize = 8;

/// A page's file has a gap or no end, or another page's head: it is arriving, its scan was cut off, the disk has lost
/// something of it, or it is in another one's place.
pub(super) struct Doubt {
    /// The document, counted as in [`super::pictures::Face`].
    pub(super) document: u32,
    /// The page whose file it is.
    pub(super) file: PageId,
}

/// What a page's file turned out to have lost.
pub(super) struct Loss {
    file: PageId,
    facts: PageFacts,
    trouble: Trouble,
}

/// Files of the document that is shown and are to be looked at, and those that were.
#[derive(Default)]
pub(super) struct Doubts {
    document: u32,
    waiting: Vec<PageId>,
    known: HashSet<PageId>,
    under_way: bool,
}

/// Looks at pages and their files; what they have lost.
pub(super) fn look_again(pages: Vec<(Page, PathBuf)>) -> Vec<Loss> {
    let lost = |(page, path): (Page, PathBuf)| {
        let (facts, trouble) = lost_since(&page, path)?;
        Some(Loss { file: page.file, facts, trouble })
    };
    pages.into_iter().filter_map(lost).collect()
}

impl Core {
    /// A page that is over is looked at once for each time it is opened.
    pub(super) fn hear_of_a_doubt(&mut self, Doubt { document, file }: Doubt) {
        if document != self.binder.number() {
            return;
        }
        if self.doubts.document != document {
            let under_way = self.doubts.under_way;
            self.doubts = Doubts { document, under_way, ..Doubts::default() };
        }
        // One that is arriving has no end yet.
        if self.binder.sound_page_of(file).is_some() && self.doubts.known.insert(file) {
            self.doubts.waiting.push(file);
            self.look_at_doubtful();
        }
    }

    fn look_at_doubtful(&mut self) {
        if self.doubts.under_way || self.doubts.document != self.binder.number() {
            return;
        }
        let rest = self.doubts.waiting.split_off(self.doubts.waiting.len().min(AT_ONCE));
        let files = std::mem::replace(&mut self.doubts.waiting, rest);
        let folder = self.binder.folder();
        let with_file = |file: &PageId| Some((self.binder.sound_page_of(*file)?.clone(), folder.page_path(*file)?));
        let pages: Vec<_> = files.iter().filter_map(with_file).collect();
        if pages.is_empty() {
            return;
        }
        self.doubts.under_way = self.librarian.ask(Task::LookAgain(self.doubts.document, pages), None);
        if !self.doubts.under_way {
            // The next picture of them says it again.
            self.doubts.known.retain(|file| !files.contains(file));
        }
    }

    /// Pages were looked at.
    pub(super) fn was_looked_at(&mut self, document: u32, lost: Vec<Loss>) {
        self.doubts.under_way = false;
        if document == self.binder.number() {
            for Loss { file, facts, trouble } in lost {
                if self.binder.has_lost(file, facts) {
                    self.notices.add(Matter::Recovered(trouble));
                }
            }
        }
        self.look_at_doubtful();
    }
}
