//! The library's thread: what is done to whole documents, one thing after the other in the order in which it was
//! asked for. The session thread, which syncs growing pages, waits for none of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::document::library::{Freed, Library, ShownLast};
use crate::document::{DocumentFolder, DocumentId, FolderError, KeptDocument, Leaving, LetGo, Page, Trouble};

use super::doubts::{Loss, look_again};
use super::snapshot::{DocumentTrouble, Shelf};

/// Tasks that may wait. While there are so many, the session takes no more commands.
const TASKS: usize = 16;
/// What has ended and was not heard of yet; the library's thread waits when it is not taken.
const ENDED: usize = 4;
/// A document that was shown until a moment ago is let go of by whoever still draws its pages within this time.
const LET_GO_LIMIT: Duration = Duration::from_secs(5);
/// The document that was shown last may still be held by a program that is just ending: so long it is tried, and so often.
const LAST_LIMIT: Duration = Duration::from_secs(1);
const LAST_EVERY: Duration = Duration::from_millis(50);

/// What can be asked for.
pub(super) enum Task {
    /// Open the document that was shown last, if there is one.
    OpenLast,
    /// Open this one.
    Open(DocumentId),
    /// Look which documents there are.
    Look,
    /// Move one to the trash.
    ThrowAway(DocumentId),
    /// Take one out of the trash.
    TakeBack(DocumentId),
    /// Remove for good what lies in the trash.
    EmptyTrash,
    /// Remove this one of it for good.
    DeleteForever(DocumentId),
    /// Give one a title, or none, that is not open here.
    Rename(DocumentId, Option<String>),
    /// Remove what only the history of a document needs that is not open here.
    Clean(DocumentId),
    /// Remove the document in this folder, which nobody has open any more but for its lock.
    Discard(Arc<DocumentFolder>),
    /// Remove what the document of this number does not need any more: files of so many pages.
    Remove(u32, Leaving, u32),
    /// Look whether these pages of the document of this number, with their files, have lost something.
    LookAgain(u32, Vec<(Page, PathBuf)>),
}

/// A task is over.
pub(super) struct TaskEnded {
    pub(super) outcome: Outcome,
    /// The documents there are then, unless one was only opened.
    pub(super) shelf: Option<Result<Shelf, DocumentTrouble>>,
}

/// What came of a task.
pub(super) enum Outcome {
    /// There was nothing to open.
    NothingToOpen,
    /// A document is open.
    Opened(DocumentId, Box<KeptDocument>, Vec<Trouble>),
    /// It cannot be opened.
    NotOpened(DocumentTrouble),
    /// It is done.
    Done,
    /// The documents there are were looked at, and nothing else.
    Looked,
    /// It is done; what of the document is not as it was left.
    DoneWith(Vec<Trouble>),
    /// This is gone for good.
    Freed(Freed),
    /// What the document of this number does not need is gone.
    Removed(u32, Leaving, Freed),
    /// Pages of the document of this number were looked at; what they have lost.
    LookedAgain(u32, Vec<Loss>),
    /// A document was removed, or why not.
    Discarded(Result<(), String>),
    /// It cannot be done, or not all of it.
    Failed(DocumentTrouble),
}

/// The way to the library's thread.
pub(super) struct Librarian {
    tasks: Sender<(Task, Option<LetGo>)>,
    /// Tasks that have not ended.
    waiting: usize,
}

impl Librarian {
    /// Starts the thread; it ends when nobody can ask any more.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(library: Library) -> std::io::Result<(Librarian, Receiver<TaskEnded>)> {
        let (tasks, received) = bounded::<(Task, Option<LetGo>)>(TASKS);
        let (ended, heard) = bounded(ENDED);
        thread::Builder::new().name("library".to_owned()).spawn(move || {
            for (task, let_go) in received {
                if let_go.is_some_and(|let_go| !let_go.wait(LET_GO_LIMIT)) {
                    tracing::warn!("a document that was put away is still in use");
                }
                if ended.send(perform(&library, task)).is_err() {
                    break;
                }
            }
        })?;
        Ok((Librarian { tasks, waiting: 0 }, heard))
    }

    /// Asks for something; `false` when too much was asked for already. `let_go`: the document that it is about was put
    /// away here, and may be held for a moment.
    pub(super) fn ask(&mut self, task: Task, let_go: Option<LetGo>) -> bool {
        let taken = self.tasks.try_send((task, let_go)).is_ok();
        self.waiting += usize::from(taken);
        taken
    }

    /// Notes that a task has ended.
    pub(super) fn has_ended(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Notes that the thread has ended, and with it everything that was asked for.
    pub(super) fn is_gone(&mut self) {
        self.waiting = 0;
    }

    /// Whether something is under way or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.waiting > 0
    }

    /// Whether no more can be asked for at the moment.
    pub(super) fn is_full(&self) -> bool {
        self.waiting >= TASKS
    }
}

fn perform(library: &Library, task: Task) -> TaskEnded {
    let disk = |error: std::io::Error| Outcome::Failed(DocumentTrouble::Disk(error.kind()));
    let failed = |id: &DocumentId, error: &FolderError| Outcome::Failed(DocumentTrouble::of(id, error));
    let done = |id: &DocumentId, result: Result<(), FolderError>| {
        result.map_or_else(|error| failed(id, &error), |()| Outcome::Done)
    };
    let outcome = match task {
        Task::OpenLast => return opened(library, open_last(library)),
        Task::Open(id) => return opened(library, open(library, id)),
        Task::LookAgain(document, pages) => return only(Outcome::LookedAgain(document, look_again(pages))),
        Task::Look => Outcome::Looked,
        Task::ThrowAway(id) => done(&id, library.throw_away(&id)),
        Task::TakeBack(id) => done(&id, library.take_back(&id).map(drop)),
        Task::EmptyTrash => library.empty_trash().map_or_else(disk, Outcome::Freed),
        Task::DeleteForever(id) => library.delete_forever(&id).map_or_else(|error| failed(&id, &error), Outcome::Freed),
        Task::Rename(id, title) => {
            library.rename(&id, title).map_or_else(|error| failed(&id, &error), Outcome::DoneWith)
        }
        Task::Clean(id) => library.clean(&id).map_or_else(|error| failed(&id, &error), Outcome::Freed),
        Task::Discard(folder) => {
            return only(Outcome::Discarded(folder.remove().map_err(|error| error.to_string())));
        }
        Task::Remove(document, leaving, pages) => match leaving.remove() {
            Ok(bytes) => Outcome::Removed(document, leaving, Freed { documents: 0, pages, bytes }),
            Err(error) => disk(error),
        },
    };
    TaskEnded { outcome, shelf: Some(look(library)) }
}

/// Trouble with a document is told with what the document is called.
fn opened(library: &Library, outcome: Outcome) -> TaskEnded {
    let shelf = matches!(outcome, Outcome::NotOpened(_)).then(|| look(library)).filter(Result::is_ok);
    TaskEnded { outcome, shelf }
}

fn only(outcome: Outcome) -> TaskEnded {
    TaskEnded { outcome, shelf: None }
}

/// The document that was shown last. When another window has it that is said, and nothing is opened in its place.
fn open_last(library: &Library) -> Outcome {
    let id = match library.shown_last() {
        ShownLast::Unknown => return library.last().map_or(Outcome::NothingToOpen, |id| open(library, id)),
        ShownLast::Nothing => return Outcome::NothingToOpen,
        ShownLast::Document(id) => id,
    };
    let begun = Instant::now();
    loop {
        // Where it is free, it is the last one; one without a page is none.
        match library.last() {
            Some(last) if last == id => return open(library, last),
            _ if !library.is_open(&id) => return Outcome::NothingToOpen,
            _ if begun.elapsed() >= LAST_LIMIT => return Outcome::NotOpened(DocumentTrouble::OpenElsewhere(id)),
            _ => thread::sleep(LAST_EVERY),
        }
    }
}

fn open(library: &Library, id: DocumentId) -> Outcome {
    match KeptDocument::open(library.data_dir(), &id) {
        Ok((kept, troubles)) => Outcome::Opened(id, Box::new(kept), troubles),
        Err(error) => Outcome::NotOpened(DocumentTrouble::of(&id, &error)),
    }
}

fn look(library: &Library) -> Result<Shelf, DocumentTrouble> {
    let shelf = library.entries().and_then(|documents| Ok(Shelf { documents, trash: library.trash()? }));
    shelf.map_err(|error| DocumentTrouble::Disk(error.kind()))
}
