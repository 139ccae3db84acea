//! What the session does with documents: opening, edits, the list of all of them.

use std::sync::Arc;

use crate::document::library::Freed;
use crate::document::{Alike, Arrival, Document, DocumentId, Edit, LetGo, PageId, PageStage, Trouble};
use crate::minidriver::ColorMode;
use crate::raster::{PixelFormat, PixelWindow, Tone};
use crate::units::Area;

use super::core::Core;
use super::job::Job;
use super::left_out::LeftOut;
use super::librarian::{Outcome, Task, TaskEnded};
use super::snapshot::DocumentTrouble;
use super::{Event, Matter, NotCropped};

/// Gray values from here on are white where a device has no black and white of its own.
const LINE_ART_THRESHOLD: u8 = 128;

/// Which document a session begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DocumentChoice {
    /// A new one.
    #[default]
    New,
    /// The one that was shown last, as it was left; a new one when there is none or somebody else has it. The next
    /// start finds the one that is shown here.
    Last,
    /// This one.
    Open(DocumentId),
}

/// Where the pages of a scan belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// At the end. Undo does not take them away.
    #[default]
    End,
    /// Behind this page, or at the start. Undo takes them away.
    After(Option<PageId>),
    /// In the place of this page, once the new one is complete. Undo brings the old one back. What came of one that is
    /// not stands behind it, and undo takes that away.
    Replace(PageId),
}

impl Placement {
    /// Where the first of them arrives.
    pub(super) fn arrival(self) -> Arrival {
        match self {
            Placement::End => Arrival::AtEnd,
            Placement::After(page) => Arrival::behind(page),
            Placement::Replace(page) => Arrival::Behind(page),
        }
    }
}

impl Core {
    /// Asks for what the session was to begin with.
    pub(super) fn open_first(&mut self, choice: &DocumentChoice) {
        self.pictures_of_this_document();
        match choice {
            DocumentChoice::New => {}
            DocumentChoice::Last => self.begin_to_open(Task::OpenLast, None),
            DocumentChoice::Open(id) => self.begin_to_open(Task::Open(id.clone()), None),
        }
    }

    pub(super) fn open_document(&mut self, id: &DocumentId) {
        if self.in_use() {
            self.not_opened(DocumentTrouble::Busy);
        } else if self.binder.has_open(id) {
            self.tell(Event::DocumentOpened(Ok(id.clone())));
        } else {
            self.begin_to_open(Task::Open(id.clone()), self.binder.let_go(id));
        }
    }

    /// Until it is open, or is known not to open, no command is taken: it may mean the one or the other document.
    fn begin_to_open(&mut self, task: Task, let_go: Option<LetGo>) {
        self.opening = self.librarian.ask(task, let_go);
        if !self.opening {
            self.not_opened(DocumentTrouble::Busy);
        }
    }

    fn not_opened(&mut self, trouble: DocumentTrouble) {
        self.document_trouble(trouble.clone());
        self.tell(Event::DocumentOpened(Err(trouble)));
    }

    /// A task of the library's thread is over.
    pub(super) fn hear_of_the_library(&mut self, TaskEnded { outcome, shelf }: TaskEnded) {
        self.librarian.has_ended();
        match outcome {
            Outcome::NothingToOpen => self.opening = false,
            Outcome::Opened(id, kept, troubles) => {
                self.opening = false;
                self.binder.take(*kept);
                self.is_another_document();
                self.recovered(troubles);
                self.tell(Event::DocumentOpened(Ok(id)));
            }
            Outcome::NotOpened(trouble) => {
                self.opening = false;
                self.not_opened(trouble);
            }
            Outcome::Done => {}
            // Whoever looks at the list sees what is so now.
            Outcome::Looked => self.notices.documents_are_looked_at(),
            Outcome::DoneWith(troubles) => self.recovered(troubles),
            Outcome::Freed(freed) => self.freed(freed),
            Outcome::Removed(document, leaving, freed) => {
                // Of another one the next opening finds it out.
                if document == self.binder.number() {
                    self.binder.are_gone(&leaving);
                }
                self.freed(freed);
            }
            Outcome::LookedAgain(document, lost) => self.was_looked_at(document, lost),
            Outcome::Discarded(done) => self.tell(Event::DocumentDiscarded(done)),
            Outcome::Failed(trouble) => self.document_trouble(trouble),
        }
        match shelf {
            None => {}
            Some(Ok(shelf)) => self.shelf = Some(Arc::new(shelf)),
            Some(Err(trouble)) => self.document_trouble(trouble),
        }
    }

    /// Its thread ended, which it never should: nothing is waited for any more.
    pub(super) fn library_is_gone(&mut self) {
        self.librarian.is_gone();
        self.opening = false;
    }

    pub(super) fn new_document(&mut self) {
        if self.in_use() {
            return self.document_trouble(DocumentTrouble::Busy);
        }
        self.binder.take_new();
        self.is_another_document();
    }

    /// What was said of the one before, and what was left out of it, belongs to that.
    fn is_another_document(&mut self) {
        self.notices.document_changes();
        self.left_out = LeftOut::default();
        self.pictures_of_this_document();
    }

    /// A scan, a save or an import needs the document as it is.
    fn in_use(&self) -> bool {
        self.job.is_some() || self.saver.is_busy() || self.importer.is_busy()
    }

    fn recovered(&mut self, troubles: Vec<Trouble>) {
        for trouble in troubles {
            self.notices.add(Matter::Recovered(trouble));
        }
    }

    /// Says what went for good, if something did.
    fn freed(&mut self, freed: Freed) {
        if freed != Freed::default() {
            self.notices.add(Matter::Freed(freed));
        }
    }

    fn document_trouble(&mut self, trouble: DocumentTrouble) {
        self.notices.add(Matter::Document(trouble));
    }

    fn pictures_of_this_document(&self) {
        self.shown_folder.set(self.binder.number(), self.binder.folder());
    }

    /// Makes a change that a person wants.
    pub(super) fn edit(&mut self, edit: Edit) {
        if let Edit::Delete(pages) = &edit {
            let running = self.job.as_ref().filter(|job| job.end.is_none());
            if let Some((number, page)) = running.and_then(|job| job.left_out_with(pages)) {
                self.left_out.deleted(number, page);
            }
        }
        let made = self.binder.apply(edit);
        self.tell(Event::Changed(made));
    }

    /// Takes a change back, or makes it again, or calls the document something.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Document) -> bool) {
        self.notices.pages_change();
        let made = self.binder.make(change);
        self.tell(Event::Changed(made));
    }

    /// Leaves the same part of several pages, and says which of them stay as they are.
    pub(super) fn crop(&mut self, pages: &[PageId], part: Area) {
        self.notices.pages_change();
        let document = self.binder.document();
        let Alike { edit, beside, arriving } = document.cropped_alike(pages, part);
        let left_alone = NotCropped { beside: document.numbers_of(&beside), arriving: document.numbers_of(&arriving) };
        if left_alone != NotCropped::default() {
            self.notices.add(Matter::NotCropped(left_alone));
        }
        self.edit(edit);
    }

    pub(super) fn split(&mut self, page: PageId, parts: &[PixelWindow]) {
        let made = self.binder.split(page, parts);
        self.tell(Event::Changed(made));
    }

    /// A page that was scanned again takes the place of the one it was scanned for.
    pub(super) fn replace_page(&mut self, new: PageId, complete: bool) {
        let job = self.job.as_mut().filter(|_| complete);
        if let Some(job) = job
            && let Placement::Replace(old) = job.placement
        {
            // Whatever comes after it is one page more.
            job.placement = Placement::After(Some(new));
            self.binder.change(|document| document.came_instead_of(old, new));
        }
    }

    /// The pages of a job are all there: what a person asked to be done with them is a change now.
    pub(super) fn job_pages_came(&mut self, job: &Job) {
        let behind = match job.placement {
            Placement::End => None,
            Placement::After(after) => Some(after),
            // It was not replaced: what came of the new one stands behind it.
            Placement::Replace(old) => Some(Some(old)),
        };
        if let Some(after) = behind {
            // Not the one that took another one's place; that is a change of its own.
            let pages: Vec<PageId> = job.page_ids().into_iter().filter(|page| Some(*page) != after).collect();
            self.binder.change(|document| document.came_by_hand(&pages, after));
        }
        if job.mode == ColorMode::LineArt {
            self.make_black_and_white(&job.page_ids());
        }
        self.save_by_itself(job.page_ids());
    }

    /// Line art of a device that has none is gray until here. The gray stays in the page's file.
    fn make_black_and_white(&mut self, pages: &[PageId]) {
        let document = self.binder.document();
        let is_gray = |page: &PageId| {
            let facts = document.page(*page).and_then(|page| match &page.stage {
                PageStage::Ended(facts) => Some(facts),
                PageStage::Arriving { .. } => None,
            });
            facts.and_then(|facts| facts.layout()).is_some_and(|layout| layout.format != PixelFormat::Bw1)
        };
        let pages: Vec<PageId> = pages.iter().copied().filter(is_gray).collect();
        if !pages.is_empty() {
            let tone = Tone { threshold: Some(LINE_ART_THRESHOLD), ..Tone::default() };
            self.binder.apply(Edit::Tone { pages, tone });
        }
    }

    /// Asks for something that the library's thread does. The list is told after it.
    pub(super) fn ask_library(&mut self, task: Task) {
        let let_go = match &task {
            Task::ThrowAway(id) | Task::Clean(id) | Task::Rename(id, _) => self.binder.let_go(id),
            _ => None,
        };
        if !self.librarian.ask(task, let_go) {
            self.document_trouble(DocumentTrouble::Busy);
        }
    }

    pub(super) fn throw_away(&mut self, id: DocumentId) {
        if self.binder.has_open(&id) {
            if self.in_use() {
                return self.document_trouble(DocumentTrouble::Busy);
            }
            self.new_document();
        }
        self.ask_library(Task::ThrowAway(id));
    }

    /// Calls any document something. Another one than the shown one is opened for it by the library's thread.
    pub(super) fn rename(&mut self, id: DocumentId, title: Option<String>) {
        if self.binder.has_open(&id) {
            self.change(|document| document.set_title(title));
            self.ask_library(Task::Look);
        } else {
            self.ask_library(Task::Rename(id, title));
        }
    }

    /// Removes what only the history of the document needs, or else of another document.
    pub(super) fn clean(&mut self, id: DocumentId) {
        if !self.binder.has_open(&id) {
            return self.ask_library(Task::Clean(id));
        }
        if self.in_use() {
            return self.document_trouble(DocumentTrouble::Busy);
        }
        let pages = u32::try_from(self.binder.document().put_aside().len()).unwrap_or(u32::MAX);
        match self.binder.forget_history() {
            Ok(leaving) => self.ask_library(Task::Remove(self.binder.number(), leaving, pages)),
            Err(error) => self.document_trouble(DocumentTrouble::of(&id, &error)),
        }
    }
}
