//! What the session does with documents: opening, edits, the list of all of them.

use std::thread;

use crossbeam_channel::Sender;

use crate::document::library::Library;
use crate::document::{Arrival, Document, DocumentId, Edit, FolderError, PageId, PageStage};
use crate::minidriver::ColorMode;
use crate::raster::{PixelFormat, Tone};

use super::core::Core;
use super::job::Job;
use super::snapshot::{DocumentTrouble, Shelf};
use super::{Event, Matter};

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
    /// In the place of this page, once the new one is complete. Undo brings the old one back.
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
    /// Opens what the session was asked to begin with.
    pub(super) fn open_first(&mut self, choice: &DocumentChoice) {
        let id = match choice {
            DocumentChoice::New => None,
            DocumentChoice::Last => self.binder.library().last(),
            DocumentChoice::Open(id) => Some(id.clone()),
        };
        if let Some(id) = id {
            self.open_document(&id);
        }
        self.opening = false;
        self.pictures_of_this_document();
    }

    pub(super) fn open_document(&mut self, id: &DocumentId) {
        let opened = match self.in_use() {
            true => Err(DocumentTrouble::Busy),
            false => self.binder.open(id).map_err(|error| DocumentTrouble::of(id, &error)),
        };
        match opened {
            Ok(troubles) => {
                for trouble in troubles {
                    self.notices.add(Matter::Recovered(trouble));
                }
                self.pictures_of_this_document();
                self.tell(Event::DocumentOpened(Ok(id.clone())));
            }
            Err(trouble) => {
                self.document_trouble(trouble.clone());
                self.tell(Event::DocumentOpened(Err(trouble)));
            }
        }
    }

    pub(super) fn new_document(&mut self) {
        if self.in_use() {
            return self.document_trouble(DocumentTrouble::Busy);
        }
        self.binder.take_new();
        self.pictures_of_this_document();
    }

    /// A scan, a save or an import needs the document as it is.
    fn in_use(&self) -> bool {
        self.job.is_some() || self.saver.is_busy() || self.importer.is_busy()
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
        let made = self.binder.change(change);
        self.tell(Event::Changed(made));
    }

    pub(super) fn split(&mut self, page: PageId, parts: &[crate::raster::PixelWindow]) {
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
        if let Placement::After(after) = job.placement {
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

    /// Looks which documents there are, on a thread of its own: there may be many.
    pub(super) fn list_documents(&mut self) {
        let (library, shelves) = (self.binder.library().clone(), self.shelves.clone());
        let started = thread::Builder::new().name("library".to_owned()).spawn(move || look(&library, &shelves));
        if let Err(error) = started {
            self.document_trouble(DocumentTrouble::Disk(error.kind()));
        }
    }

    pub(super) fn throw_away(&mut self, id: &DocumentId) {
        if self.binder.folder().id().as_ref() == Some(id) {
            self.new_document();
        }
        let result = self.binder.library().throw_away(id);
        self.library_changed(id, result);
    }

    pub(super) fn take_back(&mut self, id: &DocumentId) {
        let result = self.binder.library().take_back(id).map(drop);
        self.library_changed(id, result);
    }

    /// Removes what only the history of the document needs, or else of another document.
    pub(super) fn clean(&mut self, id: &DocumentId) {
        let result = match self.binder.folder().id().as_ref() == Some(id) {
            true if self.in_use() => return self.document_trouble(DocumentTrouble::Busy),
            true => self.binder.clean(),
            false => self.binder.library().clean(id),
        };
        self.library_changed(id, result.map(drop));
    }

    pub(super) fn empty_trash(&mut self) {
        if let Err(error) = self.binder.library().empty_trash() {
            self.document_trouble(DocumentTrouble::Disk(error.kind()));
        }
        self.list_documents();
    }

    fn library_changed(&mut self, id: &DocumentId, result: Result<(), FolderError>) {
        if let Err(error) = result {
            self.document_trouble(DocumentTrouble::of(id, &error));
        }
        self.list_documents();
    }
}

fn look(library: &Library, shelves: &Sender<Result<Shelf, DocumentTrouble>>) {
    let disk = |error: std::io::Error| DocumentTrouble::Disk(error.kind());
    let shelf = library.entries().and_then(|documents| Ok(Shelf { documents, trash: library.trash()? })).map_err(disk);
    // Without a session nobody wants to know.
    let _ = shelves.send(shelf);
}
