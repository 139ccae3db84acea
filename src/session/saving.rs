//! Saving, on a thread of its own: one save at a time, from page files, while anything else goes on.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::document::{Edition, PageId};
use crate::export::{self, ExportDocument, ExportError, OnProgress, SaveProgress, Written, save, send};

use super::binder::Binder;
use super::{Event, SaveWish, Saved, Saving, SendWish};

/// Messages of a save that may wait; progress that finds no room is left out.
const NEWS: usize = 16;

/// What is to be done with the document.
pub(super) enum SaveTask {
    /// Write it to a file.
    Save(SaveWish),
    /// The same for a job's pages, which nobody asked for now.
    SaveByItself(SaveWish),
    /// Pass it on.
    Send(SendWish),
}

/// What a save has to tell.
pub(super) enum SaveNews {
    /// So far.
    Progress(SaveProgress),
    /// Over.
    Ended(Result<export::Saved, ExportError>),
}

/// The save under way, if there is one.
pub(super) struct Saver {
    news: Sender<SaveNews>,
    current: Option<Current>,
}

struct Current {
    shown: Saving,
    to_a_file: bool,
    by_itself: bool,
    while_scanning: bool,
    /// The document's pages, in order.
    pages: Vec<PageId>,
    /// What the document has, unless only some pages of it are saved.
    edition: Option<Edition>,
    cancelled: Arc<AtomicBool>,
}

impl Saver {
    pub(super) fn new() -> (Saver, Receiver<SaveNews>) {
        let (news, heard) = bounded(NEWS);
        (Saver { news, current: None }, heard)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// Whether a file is being written, which the session waits for. It does not wait for somebody who
    /// reads along and may never go on.
    pub(super) fn is_writing_a_file(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.to_a_file)
    }

    /// The save under way, for the snapshot.
    pub(super) fn shown(&self) -> Option<Saving> {
        self.current.as_ref().map(|current| current.shown.clone())
    }

    /// Begins to save the pages that have ended. A save that is asked for while one runs is refused
    /// with its target untouched.
    pub(super) fn begin(&mut self, task: SaveTask, binder: &Binder) -> Option<Event> {
        if self.is_busy() {
            return Some(Event::SaveFailed(Arc::new(ExportError::Busy)));
        }
        let pages = match &task {
            SaveTask::Save(wish) | SaveTask::SaveByItself(wish) => wish.pages.as_deref(),
            SaveTask::Send(_) => None,
        };
        // Also a choice of pages may be all of them: so are those of a document's first job, saved by itself.
        let is_all = pages.is_none_or(|chosen| binder.document().pages().iter().map(|page| &page.id).eq(chosen));
        let edition = is_all.then(|| binder.document().edition());
        let document = binder.to_export(pages);
        let cancelled = Arc::new(AtomicBool::new(false));
        let by_itself = matches!(task, SaveTask::SaveByItself(_));
        let (target, to_a_file) = match &task {
            SaveTask::Save(wish) | SaveTask::SaveByItself(wish) => (wish.target.clone(), true),
            SaveTask::Send(_) => (PathBuf::from("-"), false),
        };
        let shown = Saving { target, done: 0, pages: document.pages.len() as u32 };
        let while_scanning = binder.is_growing();
        let pages = binder.document().pages().iter().map(|page| page.id).collect();
        let work = Work { task, document, cancelled: cancelled.clone() };
        let news = self.news.clone();
        let started = thread::Builder::new().name("save".to_owned()).spawn(move || work.run(&news));
        match started {
            Ok(_) => {
                self.current = Some(Current { shown, to_a_file, by_itself, while_scanning, pages, edition, cancelled });
                None
            }
            Err(error) => Some(Event::SaveFailed(Arc::new(error.into()))),
        }
    }

    pub(super) fn cancel(&self) {
        if let Some(current) = &self.current {
            current.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Takes a message; an event when the save is over. The document learns what a file has of it.
    pub(super) fn hear(&mut self, news: SaveNews, binder: &mut Binder) -> Option<Event> {
        match news {
            SaveNews::Progress(progress) => {
                if let Some(current) = &mut self.current {
                    current.shown.done = progress.done;
                    current.shown.pages = progress.pages;
                }
                None
            }
            SaveNews::Ended(result) => {
                let current = self.current.take()?;
                Some(match result {
                    Ok(saved) => {
                        if let Some(edition) = current.edition.clone() {
                            binder.change(|document| saved.note_in(document, edition));
                        }
                        Event::Saved(current.told(saved))
                    }
                    Err(ExportError::Cancelled) => Event::SaveCancelled,
                    Err(error) if current.by_itself => Event::AutoSaveFailed(Arc::new(error)),
                    Err(error) => Event::SaveFailed(Arc::new(error)),
                })
            }
        }
    }
}

impl Current {
    /// What was saved, in the numbers that a person knows.
    fn told(&self, saved: export::Saved) -> Saved {
        let written = saved.written;
        Saved {
            files: saved.files,
            pages: written.pages,
            partial: written.partial,
            damaged: written.numbered_damage(&self.pages),
            left_out: Written::numbers(&written.left_out, &self.pages),
            encoded_anew: Written::numbers(&written.encoded_anew, &self.pages),
            while_scanning: self.while_scanning,
        }
    }
}

struct Work {
    task: SaveTask,
    document: ExportDocument,
    cancelled: Arc<AtomicBool>,
}

impl Work {
    fn run(&self, news: &Sender<SaveNews>) {
        let mut told = SaveProgress::default();
        let result = self.write(&mut |progress| {
            if progress != told {
                told = progress;
                let _ = news.try_send(SaveNews::Progress(progress));
            }
            if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // The session waits for a file under way, so somebody hears of that.
        let _ = news.send(SaveNews::Ended(result));
    }

    fn write(&self, on_progress: &mut OnProgress<'_>) -> Result<export::Saved, ExportError> {
        match &self.task {
            SaveTask::Save(wish) | SaveTask::SaveByItself(wish) => {
                save(&self.document, &wish.target, &wish.options, on_progress)
            }
            SaveTask::Send(wish) => {
                let mut to = wish.to.take().ok_or(ExportError::Busy)?;
                let written = send(&self.document, &wish.options, &mut *to, &self.document.folder, on_progress)?;
                Ok(export::Saved { files: Vec::new(), written })
            }
        }
    }
}
