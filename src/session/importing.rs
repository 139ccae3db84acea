//! Importing, on a thread of its own: one file after the other, page by page into the document, while
//! anything else goes on.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::document::{Arrival, DocumentFolder, PageId, SyncHandle};
use crate::import::pdf::PdfReader;
use crate::import::{ImportError, ImportOptions, Imported, ImportedPage, Password, Progress, Step, import};
use crate::plain_text::plain;

use super::core::Core;
use super::{Event, ImportReport, ImportWish, ImportedFile, Importing, LockedFile, Matter};

/// Messages of an import that may wait; its thread waits when they are not taken.
const NEWS: usize = 16;
/// Wishes that may wait for the one under way. A person cannot fill it.
const WAITING: usize = 64;

/// What an import has to tell.
pub(super) enum ImportNews {
    /// A file begins.
    File(String),
    /// So far in this file.
    Progress(Progress),
    /// A page is there.
    Page(Box<ImportedPage>, SyncHandle),
    /// This file opens with a password only; whether one was tried that was typed for it. An answer: the next one to try, or
    /// nothing, to leave the file out. No answer: the import is over.
    Locked(String, bool, Sender<Option<Password>>),
    /// These pages' files go once the sender is dropped.
    Withdrawn(Vec<PageId>, Sender<Infallible>),
    /// A file is over.
    Over(String, Result<Imported, ImportError>),
    /// All of them are.
    Ended,
}

/// The import under way, if there is one.
pub(super) struct Importer {
    news: Sender<ImportNews>,
    pdf_reader: PdfReader,
    current: Option<Current>,
    waiting: VecDeque<ImportWish>,
    /// Questions so far.
    questions: u64,
}

struct Current {
    shown: Importing,
    cancelled: Arc<AtomicBool>,
    /// The page that the first one came behind, and the one that the next one does.
    first_after: Option<PageId>,
    after: Option<PageId>,
    /// The question for a password that is open, and who waits for its answer.
    locked: Option<(LockedFile, Sender<Option<Password>>)>,
    /// The document had no page before: it is named after these files.
    names_it: bool,
    report: ImportReport,
}

impl Importer {
    pub(super) fn new(pdf_reader: PdfReader) -> (Importer, Receiver<ImportNews>) {
        let (news, heard) = bounded(NEWS);
        (Importer { news, pdf_reader, current: None, waiting: VecDeque::new(), questions: 0 }, heard)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// The import under way, for the snapshot.
    pub(super) fn shown(&self) -> Option<Importing> {
        self.current.as_ref().map(|current| current.shown.clone())
    }

    /// Ends the import under way, and those that wait for it.
    pub(super) fn cancel(&mut self) {
        self.waiting.clear();
        if let Some(current) = &mut self.current {
            current.cancelled.store(true, Ordering::Relaxed);
            current.locked = None;
        }
    }

    /// The file that waits for a password, for the snapshot.
    pub(super) fn locked(&self) -> Option<LockedFile> {
        self.current.as_ref().and_then(|current| current.locked.as_ref()).map(|(locked, _)| locked.clone())
    }

    /// The answer to the question of this number; to an older one it says nothing.
    pub(super) fn answer(&mut self, number: u64, password: Option<Password>) {
        let open =
            self.current.as_mut().and_then(|current| current.locked.take_if(|(asked, _)| asked.number == number));
        if let Some((_, waits)) = open {
            // Whoever waits has room for one answer.
            let _ = waits.try_send(password);
        }
    }

    /// Asks for a password, unless the import was stopped meanwhile.
    fn ask(&mut self, name: String, was_wrong: bool, waits: Sender<Option<Password>>) {
        self.questions += 1;
        let number = self.questions;
        if let Some(current) = self.current.as_mut().filter(|current| !current.cancelled.load(Ordering::Relaxed)) {
            current.locked = Some((LockedFile { number, name, was_wrong }, waits));
        }
    }
}

impl Core {
    /// Begins to import, or puts the wish behind the one under way.
    pub(super) fn import(&mut self, wish: ImportWish) {
        if self.importer.is_busy() {
            if self.importer.waiting.len() < WAITING {
                self.importer.waiting.push_back(wish);
            }
            return;
        }
        let pages = self.binder.document().pages();
        let behind = wish.after.filter(|after| pages.iter().any(|page| page.id == *after));
        let first_after = behind.or(pages.last().map(|page| page.id));
        let names_it = pages.is_empty();
        self.jobs_before += 1;
        let cancelled = Arc::new(AtomicBool::new(false));
        let work = Work {
            files: wish.files,
            folder: self.binder.folder().clone(),
            options: ImportOptions {
                job: self.jobs_before,
                pdf_reader: self.importer.pdf_reader.clone(),
                password: wish.password,
            },
            asks: wish.asks,
            cancelled: cancelled.clone(),
            news: self.importer.news.clone(),
        };
        let (shown, report) = (Importing::default(), ImportReport::default());
        let after = first_after;
        self.importer.current = Some(Current { shown, cancelled, first_after, after, locked: None, names_it, report });
        if let Err(error) = thread::Builder::new().name("import".to_owned()).spawn(move || work.run()) {
            self.import_refused(String::new(), ImportError::NoReader(error.kind()));
            self.import_ended();
        }
    }

    pub(super) fn hear_of_importing(&mut self, news: ImportNews) {
        let Some(current) = &mut self.importer.current else { return };
        match news {
            ImportNews::File(name) => current.shown = Importing { name, ..Importing::default() },
            ImportNews::Progress(progress) => {
                current.shown.done = progress.done;
                current.shown.pages = progress.pages;
            }
            ImportNews::Page(page, sync) => {
                let (id, after) = (page.head.page, current.after.replace(page.head.page));
                current.shown.done += 1;
                current.report.pages.push(id);
                self.binder.page_came(&page, after.map_or(Arrival::AtEnd, Arrival::Behind), &sync);
                self.tell(Event::PageImported(id));
            }
            ImportNews::Locked(name, was_wrong, waits) => self.importer.ask(name, was_wrong, waits),
            ImportNews::Withdrawn(pages, done) => {
                let report = &mut current.report;
                report.pages.retain(|page| !pages.contains(page));
                current.after = report.pages.last().copied().or(current.first_after);
                self.binder.withdraw(&pages);
                drop(done);
            }
            ImportNews::Over(name, Ok(imported)) => {
                let pages = u32::try_from(imported.pages.len()).unwrap_or(u32::MAX);
                if current.names_it {
                    let is_first = current.report.files.is_empty();
                    self.binder.change(|document| document.came_from_file(&name, is_first));
                }
                let file = ImportedFile { name, pages, remarks: imported.remarks };
                current.report.files.push(file.clone());
                self.notices.add(Matter::Imported(file));
            }
            ImportNews::Over(_, Err(ImportError::Cancelled)) => current.report.cancelled = true,
            ImportNews::Over(name, Err(error)) => self.import_refused(name, error),
            ImportNews::Ended => self.import_ended(),
        }
    }

    fn import_refused(&mut self, name: String, error: ImportError) {
        self.notices.add(Matter::ImportRefused(name.clone(), error.clone()));
        if let Some(current) = &mut self.importer.current {
            current.report.refused.push((name, error));
        }
    }

    /// What came is one change, which can be undone.
    fn import_ended(&mut self) {
        let Some(Current { mut report, first_after, cancelled, .. }) = self.importer.current.take() else { return };
        report.cancelled |= cancelled.load(Ordering::Relaxed);
        let document = self.binder.document();
        let is_partial = |page: &&PageId| {
            let facts = document.page(**page).and_then(|page| page.facts());
            facts.is_some_and(|facts| !facts.complete)
        };
        report.partial = u32::try_from(report.pages.iter().filter(is_partial).count()).unwrap_or(u32::MAX);
        self.binder.change(|document| document.came_by_hand(&report.pages, first_after));
        report.not_written_down = self.binder.why_behind().filter(|_| !report.pages.is_empty());
        self.tell(Event::Imported(Arc::new(report)));
        if let Some(next) = self.importer.waiting.pop_front() {
            self.import(next);
        }
    }
}

/// What the import's thread does.
struct Work {
    files: Vec<PathBuf>,
    folder: Arc<DocumentFolder>,
    options: ImportOptions,
    /// Somebody answers when a file needs a password.
    asks: bool,
    cancelled: Arc<AtomicBool>,
    news: Sender<ImportNews>,
}

impl Work {
    fn run(&self) {
        // A password that opened one file may open the next one, too.
        let mut options = self.options.clone();
        for file in &self.files {
            let name = plain(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy());
            self.tell(ImportNews::File(name.clone()));
            let result = match self.is_cancelled() {
                true => Err(ImportError::Cancelled),
                false => self.opened(file, &name, &mut options),
            };
            self.tell(ImportNews::Over(name, result));
        }
        self.tell(ImportNews::Ended);
    }

    /// Imports a file, and asks for its password as often as it takes, where somebody answers.
    fn opened(&self, file: &Path, name: &str, options: &mut ImportOptions) -> Result<Imported, ImportError> {
        let mut was_typed = false;
        loop {
            let result = self.import(file, options);
            let (Err(ImportError::NeedsPassword | ImportError::WrongPassword), true) = (&result, self.asks) else {
                return result;
            };
            let (answer, answered) = bounded(1);
            self.tell(ImportNews::Locked(name.to_owned(), was_typed, answer));
            // A person may take as long as they like; a cancel takes the other end away.
            match answered.recv() {
                Ok(Some(password)) => (options.password, was_typed) = (Some(password), true),
                Ok(None) => return Err(ImportError::NeedsPassword),
                Err(_) => return Err(ImportError::Cancelled),
            }
        }
    }

    fn import(&self, file: &Path, options: &ImportOptions) -> Result<Imported, ImportError> {
        let mut told = Progress::default();
        import(file, &self.folder, options, &mut |step| {
            match step {
                Step::Working(progress) if progress != told => {
                    told = progress;
                    // Progress that finds no room is left out.
                    let _ = self.news.try_send(ImportNews::Progress(progress));
                }
                Step::Working(_) => {}
                Step::Page { page, sync } => self.tell(ImportNews::Page(Box::new(page.clone()), sync)),
                Step::Withdrawn(pages) => {
                    let (done, is_done) = bounded(0);
                    self.tell(ImportNews::Withdrawn(pages.to_vec(), done));
                    // It says nothing; it is dropped when the document shows the pages no more.
                    let _ = is_done.recv();
                }
            }
            if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The session waits for an import under way, so somebody hears of it.
    fn tell(&self, news: ImportNews) {
        let _ = self.news.send(news);
    }
}
