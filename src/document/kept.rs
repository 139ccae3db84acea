//! A document that is kept: its pages and edits in memory, its folder, its database, and the rule that what
//! changes is in the database before anybody sees it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{DocumentFolder, FolderError, had_a_database};
use super::page_file::{PageFile, PageFileError, PageHead, head_of};
use super::store::{self, PageRow, Store, StoreError, Stored, Writer};
use super::{Document, DocumentId, Look, Page, PageFacts, PageId, PageStage, page_path};

/// Something of a document that is not as it was left. The rest of it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its database could not be read as a whole; what was in it and makes no sense is gone: perhaps edits, the order
    /// of pages, and the way back. The database lies here now; `None`: where it was, because the document is only read.
    DatabaseDamaged(Option<PathBuf>),
    /// Its database is gone: the pages are there as they came, and everything that was done to them is lost.
    DatabaseLost,
    /// A page's file is not there.
    PageMissing(PageId, PathBuf),
    /// A page's file cannot be read, not even in part.
    PageUnreadable(PageId, PathBuf),
    /// A page's file is damaged: it has less than it had. The page is there as far as it goes.
    PageDamaged(PageId, PathBuf),
    /// A page's file is another page's.
    PageExchanged(PageId, PathBuf),
    /// These pages were not in the database; their files brought them back, at the end.
    PagesFound(Vec<PageId>),
}

/// Page files of a document on their way out. Removing them takes as long as the disk likes, on any thread; the document
/// is held meanwhile.
#[derive(Debug)]
pub struct Leaving {
    folder: Arc<DocumentFolder>,
    files: Vec<PageId>,
}

impl Leaving {
    /// Removes the files; how many bytes that freed. Those that are gone already are no failure.
    ///
    /// # Errors
    /// The file system's; the rest stays.
    pub fn remove(&self) -> io::Result<u64> {
        let mut freed = 0;
        for file in &self.files {
            let path = self.folder.page_path(*file);
            freed += path.as_deref().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
            self.folder.remove_page(*file)?;
        }
        Ok(freed)
    }
}

/// A document, its folder and its database. Belongs to one thread.
#[derive(Debug)]
pub struct KeptDocument {
    document: Document,
    folder: Arc<DocumentFolder>,
    store: Option<Store>,
    /// Nothing of it is changed, neither on the disk nor by a change that is made here.
    to_read: bool,
}

impl KeptDocument {
    /// A document without a page yet; nothing of it is on disk.
    pub fn unborn(data_dir: &Path) -> KeptDocument {
        let folder = Arc::new(DocumentFolder::unborn(data_dir));
        KeptDocument { document: Document::new(), folder, store: None, to_read: false }
    }

    /// Opens a document as it was left, as far as it is there, and names what is not.
    ///
    /// # Errors
    /// [`FolderError::Missing`], [`FolderError::Locked`], [`FolderError::Store`] when its database cannot be used and
    /// is not broken either: of a later version, or on a disk that cannot be read. Nothing was changed then.
    pub fn open(data_dir: &Path, id: &DocumentId) -> Result<(KeptDocument, Vec<Trouble>), FolderError> {
        let folder = DocumentFolder::open(data_dir, id)?;
        let path = folder.path().ok_or(FolderError::Missing)?;
        let mut troubles = Vec::new();
        let (store, stored) = match Store::open(&path).map_err(|error| error.in_folder(&path)) {
            Ok(Some((store, stored))) => (Some(store), stored),
            Ok(None) => (None, Stored::of_none(&path, &mut troubles)),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the document's database is damaged");
                (None, Stored { is_damaged: true, ..Stored::default() })
            }
            Err(error) => return Err(error.into()),
        };
        let is_damaged = stored.is_damaged && troubles.is_empty();
        let document = put_together(&folder, stored, &mut troubles)?;
        // What could be read of a damaged database goes into a new one; the old one is kept.
        let store = if is_damaged {
            drop(store);
            troubles.push(Trouble::DatabaseDamaged(Some(store::put_aside(&path)?)));
            None
        } else {
            store
        };
        folder.never_again(document.pages().iter().chain(document.put_aside()).map(|page| page.id).max());
        let mut kept = KeptDocument { document, folder: Arc::new(folder), store, to_read: false };
        if kept.store.is_none() {
            kept.store = Some(Store::create(&path).map_err(|error| error.in_folder(&path))?);
        }
        kept.folder.has_a_database();
        kept.write()?;
        let leaving = kept.what_leaves();
        kept.remove_now(&leaving)?;
        Ok((kept, troubles))
    }

    /// Opens a document to read it, as [`KeptDocument::open`] does, and changes nothing on its disk, which may be full or
    /// take no change: what is damaged stays so. Others may read it meanwhile, and nobody changes it.
    ///
    /// # Errors
    /// As [`KeptDocument::open`]; [`FolderError::Store`] also when its last program was cut off and there is nowhere room
    /// to put in order a copy of what that left.
    pub fn open_to_read(data_dir: &Path, id: &DocumentId) -> Result<(KeptDocument, Vec<Trouble>), FolderError> {
        let folder = DocumentFolder::open_to_read(data_dir, id)?;
        let path = folder.path().ok_or(FolderError::Missing)?;
        let mut troubles = Vec::new();
        let stored = match Store::read(&path, Writer::Nobody) {
            Ok(Some(stored)) => stored,
            Ok(None) => Stored::of_none(&path, &mut troubles),
            Err(error) if error.is_damage() => Stored { is_damaged: true, ..Stored::default() },
            Err(error) => return Err(error.into()),
        };
        let is_damaged = stored.is_damaged && troubles.is_empty();
        let document = put_together(&folder, stored, &mut troubles)?;
        if is_damaged {
            troubles.push(Trouble::DatabaseDamaged(None));
        }
        Ok((KeptDocument { document, folder: Arc::new(folder), store: None, to_read: true }, troubles))
    }

    /// Its pages and edits.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Its folder.
    pub fn folder(&self) -> &Arc<DocumentFolder> {
        &self.folder
    }

    /// Makes a change and writes it down. What the change says comes back, and why it could not be written down, if
    /// so: it is made nevertheless, and the next one writes both.
    pub fn change<Said>(&mut self, change: impl FnOnce(&mut Document) -> Said) -> (Said, Result<(), StoreError>) {
        let said = change(&mut self.document);
        (said, self.write())
    }

    /// Writes down what is not yet. Nothing happens when there is nothing, or no page yet.
    ///
    /// # Errors
    /// [`StoreError`]; it is tried again with the next change. [`StoreError::OpenedToRead`], always.
    pub fn write(&mut self) -> Result<(), StoreError> {
        if self.to_read {
            return Err(StoreError::OpenedToRead);
        }
        let Some(path) = self.folder.path() else { return Ok(()) };
        let store = match &mut self.store {
            Some(store) => store,
            none => {
                let store = none.insert(Store::create(&path).map_err(|error| error.in_folder(&path))?);
                self.folder.has_a_database();
                store
            }
        };
        let touched = self.document.take_touched();
        if touched.is_nothing() && !store.is_behind() {
            return Ok(());
        }
        let file_bytes = |page| fs::metadata(page_path(&path, page)).ok().map(|file| file.len());
        store.write(&self.document, &touched, &file_bytes).map_err(|error| error.in_folder(&path))
    }

    /// Whether something is not written down yet.
    pub fn is_behind(&self) -> bool {
        self.store.as_ref().is_some_and(Store::is_behind)
    }

    /// Lets go of the document, because all of it is to go: nothing more is written down. Its folder comes back;
    /// [`DocumentFolder::remove`] takes as long as the disk likes, on any thread.
    pub fn abandon(&mut self) -> Arc<DocumentFolder> {
        if let Some(store) = self.store.take() {
            store.abandon();
        }
        self.document = Document::new();
        self.folder.clone()
    }

    /// Forgets the history, and removes the files that nothing needs any more; how many bytes that freed. Undo has
    /// nothing to bring back then.
    ///
    /// # Errors
    /// [`FolderError`]; the files that were to go stay then, or some of them.
    pub fn clean(&mut self) -> Result<u64, FolderError> {
        let leaving = self.forget_history()?;
        self.remove_now(&leaving)
    }

    /// The first half of [`KeptDocument::clean`], which is quick: forgets the history. What comes back is to be
    /// removed, and told of with [`KeptDocument::are_gone`]; if that does not happen the next opening does it.
    ///
    /// # Errors
    /// [`FolderError::Store`]; nothing may be removed then.
    pub fn forget_history(&mut self) -> Result<Leaving, FolderError> {
        self.change(Document::forget_history).1?;
        Ok(self.what_leaves())
    }

    /// Notes that these files are gone.
    ///
    /// # Errors
    /// [`StoreError`]; it is tried again with the next change.
    pub fn are_gone(&mut self, leaving: &Leaving) -> Result<(), StoreError> {
        self.change(|document| document.files_are_gone(&leaving.files)).1
    }

    /// The files that are on their way out, also those that a program which ended in mid way left.
    fn what_leaves(&self) -> Leaving {
        let files = self.document.leaving().iter().copied().filter(|file| !self.document.needs_file(*file));
        Leaving { folder: self.folder.clone(), files: files.collect() }
    }

    fn remove_now(&mut self, leaving: &Leaving) -> Result<u64, FolderError> {
        if leaving.files.is_empty() {
            return Ok(0);
        }
        let freed = leaving.remove()?;
        self.are_gone(leaving)?;
        Ok(freed)
    }
}

/// Pages as the database has them, put right by what their files say.
fn put_together(folder: &DocumentFolder, stored: Stored, troubles: &mut Vec<Trouble>) -> Result<Document, FolderError> {
    let path = folder.path().ok_or(FolderError::Missing)?;
    let files: HashMap<PageId, u64> = folder.page_files()?.into_iter().collect();
    let Stored { pages: rows, mut kept, is_damaged } = stored;
    let known = rows.iter().flat_map(|row| [row.id, row.page.file]).chain(kept.leaving.iter().copied());
    let known: HashSet<PageId> = known.collect();
    let (mut pages, mut put_aside) = (Vec::new(), Vec::new());
    let mut as_it_was = !is_damaged;
    for mut row in rows {
        let is_shown = row.place.is_some();
        if row.is_as_it_was(&files) {
            as_it_was &= !learned_of_its_sheet(&path, &mut row.page);
            if is_shown {
                pages.push(row.page)
            } else {
                put_aside.push(row.page)
            }
            continue;
        }
        let before = row.page.facts().copied();
        let mut of_this_page = Vec::new();
        let Some(page) = put_right(&path, row, &files, &mut of_this_page) else { continue };
        // Of a page that is in the document it is said as long as it is so.
        if is_shown || before.is_none_or(|before| before.damaged.is_none()) {
            troubles.append(&mut of_this_page);
        }
        as_it_was &= page.facts() == before.as_ref();
        if is_shown { pages.push(page) } else { put_aside.push(page) }
    }
    let mut unknown: Vec<PageId> = files.keys().copied().filter(|file| !known.contains(file)).collect();
    unknown.sort_unstable();
    let mut found = Vec::new();
    // A process that ended before it had written a page's head leaves an empty file, which was never a page.
    unknown.retain(|file| files.get(file) != Some(&0));
    for file in unknown {
        let Some((head, page)) = from_file(&path, file, is_damaged, troubles) else { continue };
        let began = kept.began.get_or_insert(head.origin.began);
        *began = head.origin.began.min(*began);
        found.push(page.id);
        pages.push(page);
    }
    let mut document = Document::restored(pages, put_aside, kept);
    if !as_it_was || !found.is_empty() {
        document.touch_all();
    }
    // Of a document without its database all pages are found so, and that was said.
    if !found.is_empty() && !troubles.contains(&Trouble::DatabaseLost) {
        troubles.push(Trouble::PagesFound(found));
    }
    Ok(document)
}

impl Stored {
    /// What is known of a document that has no database: that something is missing, if it had one.
    fn of_none(folder: &Path, troubles: &mut Vec<Trouble>) -> Stored {
        let is_lost = had_a_database(folder);
        if is_lost {
            troubles.push(Trouble::DatabaseLost);
        }
        Stored { is_damaged: is_lost, ..Stored::default() }
    }
}

impl PageRow {
    /// Whether the page was over and sound when this was written, and its file is as long as it was then.
    fn is_as_it_was(&self, files: &HashMap<PageId, u64>) -> bool {
        let is_sound = self.page.facts().is_some_and(|facts| facts.damaged.is_none());
        is_sound && self.file_bytes.is_some_and(|bytes| files.get(&self.page.file) == Some(&bytes))
    }
}

/// Completes what an earlier version noted of a page; whether there was something to be learned.
fn learned_of_its_sheet(folder: &Path, page: &mut Page) -> bool {
    let PageStage::Ended(facts) = &mut page.stage else { return false };
    if facts.sheet.is_some() {
        return false;
    }
    // One that cannot be read is found out when it is drawn.
    let Some(head) = head_of(&page_path(folder, page.file)).ok().filter(|head| head.page == page.file) else {
        return false;
    };
    *facts = facts.on_sheet_of(&head);
    true
}

/// A page of the database, with what its file has of it. `None` when nothing came of it.
fn put_right(folder: &Path, row: PageRow, files: &HashMap<PageId, u64>, troubles: &mut Vec<Trouble>) -> Option<Page> {
    let mut page = row.page;
    let path = page_path(folder, page.file);
    if !files.contains_key(&page.file) {
        // The page of a scan of which nothing is left was nothing.
        let facts = *page.facts().filter(|facts| facts.bytes > 0)?;
        if facts.height > 0 || facts.damaged.is_some() {
            troubles.push(Trouble::PageMissing(page.id, path));
        }
        page.stage = PageStage::Ended(PageFacts::lost(&facts));
        return Some(page);
    }
    if files.get(&page.file) == Some(&0) && page.facts().is_none() {
        return None;
    }
    match read(&path, page.file, page.facts()) {
        Ok(facts) if facts.bytes == 0 && page.facts().is_none() => None,
        Ok(facts) => {
            // Of one that was arriving when a program was cut off nobody had been told how far it came.
            if facts.damaged.is_some() && page.facts().is_some() {
                troubles.push(Trouble::PageDamaged(page.id, path));
            }
            page.stage = PageStage::Ended(facts);
            Some(page)
        }
        Err(error) => {
            troubles.push(match error {
                PageFileError::AnotherPage => Trouble::PageExchanged(page.id, path),
                _ => Trouble::PageUnreadable(page.id, path),
            });
            let before = page.facts().copied();
            page.stage = PageStage::Ended(before.map_or(PageFacts::NOTHING, |facts| PageFacts::lost(&facts)));
            Some(page)
        }
    }
}

/// A page of which only the file is there. With a sound database it came in the last moments of a program that was cut
/// off, and may have lost its newest bytes to that; without one it was whole once.
fn from_file(folder: &Path, file: PageId, was_known: bool, troubles: &mut Vec<Trouble>) -> Option<(PageHead, Page)> {
    let path = page_path(folder, file);
    let opened = PageFile::open(&path).and_then(|page| Ok((PageFacts::of(&page)?, page)));
    let Ok((mut facts, page)) = opened.inspect_err(|error| cannot_be_read(error, &path)) else {
        troubles.push(Trouble::PageUnreadable(file, path));
        return None;
    };
    if facts.bytes == 0 {
        return None;
    }
    let head = page.head().clone();
    if was_known && facts.damaged.is_some() {
        facts.damaged = Some(head.info.expected_rows.unwrap_or_default().max(facts.height));
        troubles.push(Trouble::PageDamaged(file, path));
    }
    let stage = PageStage::Ended(facts);
    let page = Page { id: file, file, side: head.info.side, stage, look: Look::default() };
    Some((head, page))
}

/// What a page's file has of it, of which `before` was true when it came.
fn read(path: &Path, file: PageId, before: Option<&PageFacts>) -> Result<PageFacts, PageFileError> {
    let facts = PageFile::open(path).and_then(|page| match before {
        Some(before) => before.again(&page, file),
        None => Ok(PageFacts::of(&page)?),
    });
    facts.inspect_err(|error| cannot_be_read(error, path))
}

fn cannot_be_read(error: &PageFileError, path: &Path) {
    tracing::warn!(%error, file = %path.display(), "a page cannot be read");
}

impl From<StoreError> for FolderError {
    fn from(error: StoreError) -> FolderError {
        FolderError::Store(error)
    }
}
