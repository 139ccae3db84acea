//! What a save would come to, before it is asked for: the names of its files and how large they would be. On a thread
//! of its own, of which there is one: a new question takes the place of the one before.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::export::{Estimate, ExportDocument, ExportError, estimate, planned_names};

use super::core::Core;
use super::handle::Shared;
use super::{Event, SaveWish};

/// A question about a save that nobody has asked for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimateWish {
    /// Comes back with every answer.
    pub number: u64,
    /// The save.
    pub save: SaveWish,
    /// Whether its size is wanted, too, for which pages may have to be encoded.
    pub size: bool,
}

/// An answer to [`EstimateWish`].
#[derive(Clone, Debug)]
pub enum Estimated {
    /// The files would be called so.
    Names(Vec<PathBuf>),
    /// All of them together would be so large.
    Size(Estimate),
    /// It would not work.
    Trouble(Arc<ExportError>),
}

/// Whoever answers, and the question that waits.
pub(super) struct Estimator {
    desk: Arc<Mutex<Desk>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Desk {
    next: Option<Work>,
    /// Ends the question that is being answered.
    ends: Option<Arc<AtomicBool>>,
    /// Somebody answers, and looks here for the next question.
    works: bool,
}

struct Work {
    wish: EstimateWish,
    document: ExportDocument,
    cancelled: Arc<AtomicBool>,
}

impl Estimator {
    pub(super) fn new(shared: Arc<Shared>) -> Estimator {
        Estimator { desk: Arc::default(), shared }
    }

    /// Takes a question in the place of the one before.
    fn begin(&self, wish: EstimateWish, document: ExportDocument) {
        let mut desk = lock(&self.desk);
        end(&mut desk);
        desk.next = Some(Work { wish, document, cancelled: Arc::default() });
        if desk.works {
            return;
        }
        let (shared, own) = (self.shared.clone(), self.desk.clone());
        let started = thread::Builder::new().name("estimate".to_owned()).spawn(move || answer(&own, &shared));
        // Without a thread there is no answer, and a save works without one.
        desk.works = started.is_ok();
    }

    fn end(&self) {
        end(&mut lock(&self.desk));
    }
}

impl Drop for Estimator {
    fn drop(&mut self) {
        self.end();
    }
}

fn end(desk: &mut Desk) {
    desk.next = None;
    if let Some(ends) = desk.ends.take() {
        ends.store(true, Ordering::Relaxed);
    }
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers until nothing is asked any more.
fn answer(desk: &Mutex<Desk>, shared: &Shared) {
    loop {
        let work = {
            let mut desk = lock(desk);
            let Some(work) = desk.next.take() else {
                desk.works = false;
                return;
            };
            desk.ends = Some(work.cancelled.clone());
            work
        };
        work.run(&|answer| {
            if !work.cancelled.load(Ordering::Relaxed) {
                shared.tell_now(Event::Estimated(work.wish.number, answer));
            }
        });
    }
}

impl Work {
    fn run(&self, tell: &dyn Fn(Estimated)) {
        let SaveWish { target, options, .. } = &self.wish.save;
        let trouble = |error| Estimated::Trouble(Arc::new(error));
        match planned_names(&self.document, target, options) {
            Ok(names) => tell(Estimated::Names(names)),
            Err(error) => return tell(trouble(error)),
        }
        if !self.wish.size {
            return;
        }
        let go_on = |_| match self.cancelled.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        match estimate(&self.document, options, &mut { go_on }) {
            Ok(size) => tell(Estimated::Size(size)),
            Err(ExportError::Cancelled) => {}
            Err(error) => tell(trouble(error)),
        }
    }
}

impl Core {
    /// Answers a question about a save, and no other one any more; `None`: none at all.
    pub(super) fn estimate(&mut self, wish: Option<EstimateWish>) {
        match wish {
            Some(wish) => {
                let document = self.binder.to_export(wish.save.pages.as_deref());
                self.estimator.begin(wish, document);
            }
            None => self.estimator.end(),
        }
    }
}
