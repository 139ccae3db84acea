//! Saving, on a thread of its own: one save at a time, from page files, while anything else goes on.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::document::PageStage;
use crate::export::{ExportDocument, ExportError, ExportPage, SaveOptions, SaveProgress, save};

use super::binder::Binder;
use super::{Event, SaveWish, Saved, Saving};

/// Messages of a save that may wait; progress that finds no room is left out.
const NEWS: usize = 16;

/// What a save has to tell.
pub(super) enum SaveNews {
    /// So far.
    Progress(SaveProgress),
    /// Over.
    Ended(Result<Saved, ExportError>),
}

/// The save under way, if there is one.
pub(super) struct Saver {
    news: Sender<SaveNews>,
    current: Option<Current>,
}

struct Current {
    shown: Saving,
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

    /// The save under way, for the snapshot.
    pub(super) fn shown(&self) -> Option<Saving> {
        self.current.as_ref().map(|current| current.shown.clone())
    }

    /// Begins to save the pages that have ended. A save that is asked for while one runs is refused
    /// with its target untouched.
    pub(super) fn begin(&mut self, wish: SaveWish, binder: &Binder) -> Option<Event> {
        if self.is_busy() {
            return Some(Event::SaveFailed(Arc::new(ExportError::Busy)));
        }
        let document = document(binder);
        let cancelled = Arc::new(AtomicBool::new(false));
        let shown = Saving { target: wish.target.clone(), done: 0, pages: document.pages.len() as u32 };
        let work = Work { wish, document, while_scanning: binder.is_growing(), cancelled: cancelled.clone() };
        let news = self.news.clone();
        let started = thread::Builder::new().name("save".to_owned()).spawn(move || work.run(&news));
        match started {
            Ok(_) => {
                self.current = Some(Current { shown, cancelled });
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

    /// Takes a message; an event when the save is over.
    pub(super) fn hear(&mut self, news: SaveNews) -> Option<Event> {
        match news {
            SaveNews::Progress(progress) => {
                if let Some(current) = &mut self.current {
                    current.shown.done = progress.done;
                    current.shown.pages = progress.pages;
                }
                None
            }
            SaveNews::Ended(result) => {
                self.current = None;
                Some(match result {
                    Ok(saved) => Event::Saved(saved),
                    Err(ExportError::Cancelled) => Event::SaveCancelled,
                    Err(error) => Event::SaveFailed(Arc::new(error)),
                })
            }
        }
    }
}

/// The pages that have ended, as they are now.
fn document(binder: &Binder) -> ExportDocument {
    let pages = binder.document.pages().iter().filter_map(|page| match &page.stage {
        PageStage::Arriving => None,
        PageStage::Ended(facts) => {
            let file = binder.folder.page_path(page.id)?;
            Some(ExportPage { file, facts: Some(**facts), rotation: page.rotation })
        }
    });
    let created = binder.document.pages().first().map_or(0, |page| page.head.origin.began);
    ExportDocument { pages: pages.collect(), title: None, created }
}

struct Work {
    wish: SaveWish,
    document: ExportDocument,
    while_scanning: bool,
    cancelled: Arc<AtomicBool>,
}

impl Work {
    fn run(&self, news: &Sender<SaveNews>) {
        let options =
            SaveOptions { format: self.wish.format, naming: self.wish.naming, overwrite: self.wish.overwrite };
        let mut told = SaveProgress::default();
        let result = save(&self.document, &self.wish.target, options, &mut |progress| {
            if progress != told {
                told = progress;
                let _ = news.try_send(SaveNews::Progress(progress));
            }
            if self.cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let saved = result.map(|saved| Saved {
            files: saved.files,
            pages: saved.written.pages,
            partial: saved.written.partial,
            while_scanning: self.while_scanning,
        });
        // The session waits for a save under way, so somebody hears this.
        let _ = news.send(SaveNews::Ended(saved));
    }
}
