//! All documents of a data directory: a list to choose from, the trash, and the room they take.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::check::Check;
use super::folder::{
    DocumentFolder, FolderError, had_a_database, is_document, is_locked, lock, lock_to_read, private_folder,
};
use super::store::{FileOfPage, Store, StoreError, Stored, Summary, Writer};
use super::times::{changed, not_as_a_change, seconds};
use super::{CameFrom, Document, DocumentId, KeptDocument, PageFile, PageId, Trouble, page_path};
use crate::units::Date;

/// Where deleted documents lie, beside `documents`.
const TRASH: &str = "trash";
/// The name of the document that a window showed last.
const LAST: &str = "last-document";
/// What stands in its second line when it was put away for a new document.
const PUT_AWAY: &str = "put away";
/// Folders in a document's folder, at most this deep; ours has one.
const DEPTH: u32 = 4;
/// Page files of a document that are read for a list.
const LOOKED_AT: usize = 8;

/// The documents of one data directory.
#[derive(Clone, Debug)]
pub struct Library {
    data_dir: PathBuf,
}

/// What is noted as shown last, and which file says so.
#[derive(Debug, Default)]
pub struct LastNoted {
    file: Option<(u64, i64, i64)>,
    id: Option<DocumentId>,
}

/// What the file with the name of the document shown last says.
struct LastNote {
    id: Option<DocumentId>,
    put_away: bool,
}

/// What a window showed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownLast {
    /// Nobody has noted anything.
    Unknown,
    /// A new document without a page, or one that is gone.
    Nothing,
    /// This one, whoever has it open now.
    Document(DocumentId),
}

/// What a list says of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name for commands.
    pub id: DocumentId,
    /// What a person called it.
    pub title: Option<String>,
    /// When its first page began, in seconds since 1970.
    pub began: Option<u64>,
    /// When it changed last, in seconds since 1970.
    pub changed: u64,
    /// Its pages.
    pub pages: u32,
    /// Those of them that came in part.
    pub partial: u32,
    /// Page files that are known to have lost something, also of pages that only undo brings back.
    pub damaged: u32,
    /// The file it was saved to last.
    pub saved_to: Option<PathBuf>,
    /// The files that its first pages came from.
    pub came_from: Option<CameFrom>,
    /// Bytes it takes on the disk.
    pub bytes: u64,
    /// What cleaning it would remove: pages that only undo brings back.
    pub history: Freed,
    /// Whether it can be opened.
    pub state: EntryState,
}

/// What is removed for good, or was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Whole documents.
    pub documents: u32,
    /// Their pages; without a document those of its history.
    pub pages: u32,
    /// Bytes that they took on the disk.
    pub bytes: u64,
}

impl Freed {
    /// The same with more of it.
    #[must_use]
    pub fn and(self, more: Freed) -> Freed {
        Freed {
            documents: self.documents.saturating_add(more.documents),
            pages: self.pages.saturating_add(more.pages),
            bytes: self.bytes.saturating_add(more.bytes),
        }
    }
}

/// Whether a document can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryState {
    /// It can.
    Closed,
    /// It is open, here or in another process.
    Open,
    /// Its database is damaged or gone; opening it brings back what can be.
    Damaged,
    /// A later version of this program made it; nothing here touches it.
    Newer,
}

impl Library {
    /// The documents in this data directory, which need not exist yet.
    pub fn in_folder(data_dir: &Path) -> Library {
        Library { data_dir: data_dir.to_path_buf() }
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The names of all documents, oldest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn names(&self) -> io::Result<Vec<DocumentId>> {
        DocumentFolder::list(&self.data_dir)
    }

    /// The names of those in the trash, oldest first.
    ///
    /// # Errors
    /// The file system's.
    pub fn names_in_trash(&self) -> io::Result<Vec<DocumentId>> {
        DocumentFolder::list_in(&self.data_dir.join(TRASH))
    }

    /// All documents, the one that changed last first. One whose folder cannot be read is left out, and logged.
    ///
    /// # Errors
    /// The file system's, about the data directory itself.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        self.entries_in(&DocumentFolder::documents_of(&self.data_dir))
    }

    /// The documents in the trash, the one that changed last first.
    ///
    /// # Errors
    /// As [`Library::entries`].
    pub fn trash(&self) -> io::Result<Vec<Entry>> {
        self.entries_in(&self.data_dir.join(TRASH))
    }

    fn entries_in(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let ids = DocumentFolder::list_in(folder)?;
        let entry = |id| Entry::of(&folder.join(DocumentId::as_str(&id)), id);
        let mut entries: Vec<Entry> = ids.into_iter().filter_map(entry).collect();
        entries.sort_by(|one, other| (other.changed, &other.id).cmp(&(one.changed, &one.id)));
        Ok(entries)
    }

    /// The document that is to be shown when nobody asks for one: the one a window showed last, else the one that
    /// changed last. `None` when there is none that could be opened.
    pub fn last(&self) -> Option<DocumentId> {
        let documents = DocumentFolder::documents_of(&self.data_dir);
        let free = |id: &DocumentId| {
            let path = documents.join(id.as_str());
            has_content(&path) && !is_locked(&path)
        };
        let shown = self.note_of_last().and_then(|note| note.id).filter(free);
        shown.or_else(|| {
            let mut ids = DocumentFolder::list(&self.data_dir).ok()?;
            ids.sort_by_cached_key(|id| changed(&documents.join(id.as_str())));
            ids.into_iter().rev().find(free)
        })
    }

    /// The document that was shown by a window or changed last, whoever has it open now: what a person means who says so.
    /// `None` when there is none.
    pub fn latest(&self) -> Option<DocumentId> {
        let documents = DocumentFolder::documents_of(&self.data_dir);
        let shown_at = fs::metadata(self.data_dir.join(LAST)).and_then(|file| file.modified()).ok();
        let shown = self.note_of_last().and_then(|note| note.id).zip(shown_at);
        let when = |id: &DocumentId| -> SystemTime {
            let changed = changed(&documents.join(id.as_str()));
            let shown = shown.as_ref().filter(|(shown, _)| shown == id).map(|(_, at)| *at);
            shown.map_or(changed, |at| at.max(changed))
        };
        let ids = DocumentFolder::list(&self.data_dir).ok()?;
        let is_shown = |id: &DocumentId| shown.as_ref().is_some_and(|(shown, _)| shown == id);
        let there = ids.into_iter().filter(|id| has_content(&documents.join(id.as_str())));
        there.max_by_key(|id| (when(id), is_shown(id), id.clone()))
    }

    /// What a window showed last.
    pub fn shown_last(&self) -> ShownLast {
        let is_there = |id: &DocumentId| DocumentFolder::documents_of(&self.data_dir).join(id.as_str()).is_dir();
        match self.note_of_last() {
            None => ShownLast::Unknown,
            Some(note) => {
                note.id.filter(|id| !note.put_away && is_there(id)).map_or(ShownLast::Nothing, ShownLast::Document)
            }
        }
    }

    /// The document that a window showed last, whoever has it open now; `None` when none is noted, it is gone, or it was
    /// put away for a new one.
    pub fn noted(&self) -> Option<DocumentId> {
        match self.shown_last() {
            ShownLast::Document(id) => Some(id),
            ShownLast::Unknown | ShownLast::Nothing => None,
        }
    }

    /// What the note of the document shown last says; `None` when there is none.
    fn note_of_last(&self) -> Option<LastNote> {
        let text = fs::read_to_string(self.data_dir.join(LAST)).ok()?;
        let mut lines = text.lines();
        let id = lines.next().and_then(|name| DocumentId::new(name.trim()));
        Some(LastNote { id, put_away: lines.next() == Some(PUT_AWAY) })
    }

    /// The name of the document that a window showed last; the file that has it is read only when it is another one than
    /// the last time.
    pub fn noted_now<'a>(&self, known: &'a mut LastNoted) -> Option<&'a DocumentId> {
        let path = self.data_dir.join(LAST);
        let file = fs::metadata(&path).ok().map(|file| (file.ino(), file.mtime(), file.mtime_nsec()));
        if file.is_none() || file != known.file {
            let note = self.note_of_last().filter(|note| !note.put_away);
            *known = LastNoted { file, id: note.and_then(|note| note.id) };
        }
        known.id.as_ref()
    }

    /// Whether somebody has the document open.
    pub fn is_open(&self, id: &DocumentId) -> bool {
        is_locked(&DocumentFolder::documents_of(&self.data_dir).join(id.as_str()))
    }

    /// Notes which document is shown.
    ///
    /// # Errors
    /// The file system's.
    pub fn shows(&self, id: &DocumentId) -> io::Result<()> {
        self.note_last(id.as_str())
    }

    /// Notes that the document shown last was put away for a new one, which has no page yet.
    ///
    /// # Errors
    /// The file system's.
    pub fn shows_nothing(&self) -> io::Result<()> {
        let id = self.note_of_last().and_then(|note| note.id);
        self.note_last(&format!("{}\n{PUT_AWAY}\n", id.as_ref().map_or("", DocumentId::as_str)))
    }

    fn note_last(&self, text: &str) -> io::Result<()> {
        private_folder(&self.data_dir)?;
        let part = self.data_dir.join(format!("{LAST}.part"));
        fs::write(&part, text)?;
        fs::rename(part, self.data_dir.join(LAST))
    }

    /// Moves a document to the trash. A document of the same name there stays: this one gets another name.
    ///
    /// # Errors
    /// [`FolderError::Locked`] while it is open, [`FolderError::Missing`], the file system's.
    pub fn throw_away(&self, id: &DocumentId) -> Result<(), FolderError> {
        self.moved(id, &DocumentFolder::documents_of(&self.data_dir), &self.data_dir.join(TRASH)).map(drop)
    }

    /// Takes a document out of the trash; what it is called now.
    ///
    /// # Errors
    /// [`FolderError::Missing`], the file system's.
    pub fn take_back(&self, id: &DocumentId) -> Result<DocumentId, FolderError> {
        self.moved(id, &self.data_dir.join(TRASH), &DocumentFolder::documents_of(&self.data_dir))
    }

    fn moved(&self, id: &DocumentId, from: &Path, to: &Path) -> Result<DocumentId, FolderError> {
        let path = from.join(id.as_str());
        if !is_document(&path) {
            return Err(FolderError::Missing);
        }
        // Held until it is there, so that nobody opens what is on its way.
        let _lock = lock(&path)?;
        private_folder(to)?;
        let taken = |id: &DocumentId| to.join(id.as_str()).exists();
        let others = (2..).map_while(|number| DocumentId::new(&format!("{id}-{number}")));
        let free = std::iter::once(id.clone()).chain(others).find(|id| !taken(id));
        let id = free.ok_or(FolderError::Missing)?;
        fs::rename(&path, to.join(id.as_str()))?;
        for folder in [from, to] {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(id)
    }

    /// Removes what lies in the trash for good, and what an earlier removal left behind.
    ///
    /// # Errors
    /// The file system's; what is left stays in the trash.
    pub fn empty_trash(&self) -> io::Result<Freed> {
        let trash = self.data_dir.join(TRASH);
        let mut freed = Freed::default();
        for folder in [&DocumentFolder::documents_of(&self.data_dir), &trash] {
            freed.bytes += DocumentFolder::sweep(folder, |path| bytes_in(path, DEPTH))?;
        }
        for id in DocumentFolder::list_in(&trash)? {
            let whole = whole(&trash.join(id.as_str()));
            DocumentFolder::remove_whole(&trash, &id)?;
            freed = freed.and(whole);
        }
        Ok(freed)
    }

    /// Removes one document of the trash for good.
    ///
    /// # Errors
    /// [`FolderError::Missing`], [`FolderError::Locked`] while somebody takes it back, the file system's.
    pub fn delete_forever(&self, id: &DocumentId) -> Result<Freed, FolderError> {
        let trash = self.data_dir.join(TRASH);
        let path = trash.join(id.as_str());
        if !is_document(&path) {
            return Err(FolderError::Missing);
        }
        let whole = whole(&path);
        let _lock = lock(&path)?;
        DocumentFolder::remove_whole(&trash, id)?;
        Ok(whole)
    }

    /// Gives a document a title, or none; what of it is not as it was left comes back.
    ///
    /// # Errors
    /// [`FolderError`], as [`KeptDocument::open`].
    pub fn rename(&self, id: &DocumentId, title: Option<String>) -> Result<Vec<Trouble>, FolderError> {
        let (mut document, troubles) = KeptDocument::open(&self.data_dir, id)?;
        document.change(|document| document.set_title(title)).1?;
        Ok(troubles)
    }

    /// Looks whether a document and all its pages are what they were, reading all of it. Pages that are found to be damaged
    /// are noted, if that is possible, so that lists tell of them. Others may open the document meanwhile: page files are
    /// only appended to. `before_page` is called with the number of pages that were read, before each.
    ///
    /// # Errors
    /// [`FolderError`], as [`KeptDocument::open_to_read`].
    pub fn check(&self, id: &DocumentId, before_page: &mut dyn FnMut(u32)) -> Result<Check, FolderError> {
        let (document, troubles) = KeptDocument::open_to_read(&self.data_dir, id)?;
        document.folder().give_way();
        let mut check = Check::of(&document, &troubles, before_page)?;
        let path = document.folder().path().filter(|path| is_document(path)).ok_or(FolderError::Missing)?;
        let mut is_stale = false;
        if let Some(now) = stored_now(&path)? {
            check.confirm(document.document(), &now);
            is_stale = check.has_recovered(&now);
        }
        drop(document);
        // Opening a document notes by itself which pages are whole again.
        if check.has_news() || is_stale {
            let noted = self.without_a_change(id, |document, _| check.note(document));
            if let Err(error) = noted {
                tracing::warn!(%error, "what was found of a document is not noted");
                check.not_noted = Some(error.kind());
            }
        }
        Ok(check)
    }

    /// Notes something in a document that was open to be read until now; what of it is not as it was left comes back. When
    /// it was changed last stays as it is.
    ///
    /// # Errors
    /// [`FolderError`], as [`KeptDocument::open`].
    pub fn note(&self, id: &DocumentId, what: impl FnOnce(&mut Document)) -> Result<Vec<Trouble>, FolderError> {
        self.without_a_change(id, |document, troubles| {
            document.change(what).1?;
            Ok(troubles)
        })
    }

    /// Removes from a document what only its history needs. When it was changed last stays as it is.
    ///
    /// # Errors
    /// [`FolderError`], as [`KeptDocument::open`] and [`KeptDocument::clean`].
    pub fn clean(&self, id: &DocumentId) -> Result<Freed, FolderError> {
        self.without_a_change(id, |document, _| {
            let pages = u32::try_from(document.document().put_aside().len()).unwrap_or(u32::MAX);
            Ok(Freed { documents: 0, pages, bytes: document.clean()? })
        })
    }

    /// Opens a document for something that is no change for whoever looks when it changed last, and closes it.
    fn without_a_change<Done>(
        &self,
        id: &DocumentId,
        act: impl FnOnce(&mut KeptDocument, Vec<Trouble>) -> Result<Done, FolderError>,
    ) -> Result<Done, FolderError> {
        not_as_a_change(&DocumentFolder::documents_of(&self.data_dir).join(id.as_str()), || {
            let (mut document, troubles) = KeptDocument::open(&self.data_dir, id)?;
            act(&mut document, troubles)
        })
    }
}

impl Entry {
    /// What a document's folder says; `None` when it says nothing.
    fn of(path: &Path, id: DocumentId) -> Option<Entry> {
        let (summary, state) = summary_of(path);
        // Without a database the files say how many pages there are; how far they came is not looked at. A folder without
        // either was made a moment ago, or is what a crash left of nothing.
        let summary = match summary {
            Some(summary) => summary,
            None => {
                DocumentFolder::counted(path).ok().filter(|counted| counted.pages > 0 || state != EntryState::Closed)?
            }
        };
        Some(Entry {
            damaged: damaged(path, &summary),
            partial: summary.partial + unended(path, &summary),
            history: history(path, &summary),
            title: summary.title,
            came_from: summary.came_from,
            began: summary.began,
            changed: seconds(changed(path)),
            pages: summary.pages,
            saved_to: summary.saved_to,
            bytes: bytes_in(path, DEPTH),
            state,
            id,
        })
    }

    /// Whether the document answers to words a person types: all of them, in its name, its title, the names of its files
    /// or the days when it began and was changed last (`2026-11-21`), by the clock of this place.
    pub fn matches(&self, words: &str) -> bool {
        let day = |seconds| Date::here(seconds).day();
        let file = self.saved_to.as_deref().map(|path| path.to_string_lossy().to_lowercase());
        let title = self.title.as_deref().map(str::to_lowercase);
        let came_from = self.came_from.as_ref().map(|files| files.first.to_lowercase());
        let days = [self.began.map(day), Some(day(self.changed))];
        let all = [Some(self.id.as_str().to_lowercase()), title, file, came_from].into_iter().chain(days);
        let all: Vec<String> = all.flatten().collect();
        words.to_lowercase().split_whitespace().all(|word| all.iter().any(|text| text.contains(word)))
    }
}

/// Whether there is something in a document's folder that could be shown.
fn has_content(document: &Path) -> bool {
    DocumentFolder::counted(document).is_ok_and(|counted| counted.pages > 0) || Store::is_in(document)
}

/// What a document's database says now, whoever has the document open. `None` for one that cannot be read as a whole:
/// that is known, then.
fn stored_now(path: &Path) -> Result<Option<Stored>, FolderError> {
    let lock = lock_to_read(path);
    let writer = if matches!(lock, Err(FolderError::Locked)) { Writer::Somebody } else { Writer::Nobody };
    match Store::read(path, writer) {
        Ok(stored) => Ok(stored.filter(|stored| !stored.is_damaged)),
        Err(error) if error.is_damage() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a document's database says in short, and what is to be said of the document.
fn summary_of(path: &Path) -> (Option<Summary>, EntryState) {
    // Whoever wants to open the document waits for as long as this look takes.
    let lock = lock_to_read(path);
    let (writer, there) = match lock {
        Err(FolderError::Locked) => (Writer::Somebody, EntryState::Open),
        _ => (Writer::Nobody, EntryState::Closed),
    };
    let is_open = there == EntryState::Open;
    match Store::summary(path, writer) {
        Ok(Some(summary)) => (Some(summary), there),
        Ok(None) if !is_open && had_a_database(path) => (None, EntryState::Damaged),
        Ok(None) => (None, there),
        Err(StoreError::FromTheFuture(_)) => (None, EntryState::Newer),
        Err(error) => {
            tracing::warn!(%error, "a document's database cannot be read");
            (None, if is_open || !error.is_damage() { there } else { EntryState::Damaged })
        }
    }
}

/// Pages of which is known, or can be seen without reading their files, that they are not what they were. Of those that only
/// undo brings back it counts the files that no page of the document has.
fn damaged(document: &Path, summary: &Summary) -> u32 {
    let has_lost = |of: &&FileOfPage| {
        let there = fs::metadata(page_path(document, of.file)).map_or(0, |file| file.len());
        of.is_damaged || of.bytes.is_some_and(|bytes| there != bytes)
    };
    let (shown, put_aside): (Vec<&FileOfPage>, Vec<_>) =
        summary.files.iter().filter(has_lost).partition(|of| of.is_shown);
    let files = |of: &[&FileOfPage]| -> HashSet<PageId> { of.iter().map(|of| of.file).collect() };
    let only_put_aside = files(&put_aside).difference(&files(&shown)).count();
    u32::try_from(shown.len() + only_put_aside).unwrap_or(u32::MAX)
}

/// Pages that came in part or are arriving, of those of which the database was not told that they are over. Where it could
/// not be written any more, their files know.
fn unended(document: &Path, summary: &Summary) -> u32 {
    let is_whole = |page: &PageId| PageFile::open(&page_path(document, *page)).is_ok_and(|page| page.is_complete());
    let whole = summary.unended.iter().take(LOOKED_AT).filter(|page| is_whole(page)).count();
    u32::try_from(summary.unended.len() - whole).unwrap_or(u32::MAX)
}

/// What cleaning a document would remove.
fn history(document: &Path, summary: &Summary) -> Freed {
    let bytes_of = |page: &PageId| fs::metadata(page_path(document, *page)).map_or(0, |file| file.len());
    Freed { documents: 0, pages: summary.put_aside, bytes: summary.leaving.iter().map(bytes_of).sum() }
}

/// A document with all that it takes. One of which nothing can be said has no pages that could be counted.
fn whole(path: &Path) -> Freed {
    let (summary, _) = summary_of(path);
    let pages = summary.or_else(|| DocumentFolder::counted(path).ok()).map_or(0, |summary| summary.pages);
    Freed { documents: 1, pages, bytes: bytes_in(path, DEPTH) }
}

fn bytes_in(folder: &Path, depth: u32) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.filter_map(|entry| {
        let kind = entry.metadata().ok()?;
        match kind.is_dir() {
            true => depth.checked_sub(1).map(|depth| bytes_in(&entry.path(), depth)),
            false => Some(kind.len()),
        }
    });
    bytes.sum()
}
