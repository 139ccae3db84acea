//! A document that is kept: its pages and edits in memory, its folder, its database, and the rule that what
//! changes is in the database before anybody sees it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{DocumentFolder, FolderError};
use super::page_file::{PageFile, PageHead};
use super::store::{self, PageRow, Store, StoreError, Stored};
use super::{Document, DocumentId, Look, Page, PageFacts, PageId, PageStage, page_path};

/// Something of a document that is not as it was left. The rest of it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its database could not be read as a whole; what was in it and makes no sense is gone: perhaps edits, the order
    /// of pages, and the way back. The database lies here now.
    DatabaseDamaged(PathBuf),
    /// A page's file is not there.
    PageMissing(PageId, PathBuf),
    /// A page's file cannot be read, not even in part.
    PageUnreadable(PageId, PathBuf),
    /// A page's file has less than it had; the page is there as far as it goes.
    PageDamaged(PageId, PathBuf),
    /// These pages were not in the database; their files brought them back, at the end.
    PagesFound(Vec<PageId>),
}

/// A document, its folder and its database. Belongs to one thread.
#[derive(Debug)]
pub struct KeptDocument {
    document: Document,
    folder: Arc<DocumentFolder>,
    store: Option<Store>,
}

impl KeptDocument {
    /// A document without a page yet; nothing of it is on disk.
    pub fn unborn(data_dir: &Path) -> KeptDocument {
        let folder = Arc::new(DocumentFolder::unborn(data_dir));
        KeptDocument { document: Document::new(), folder, store: None }
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
        let (store, stored) = match Store::open(&path) {
            Ok(Some((store, stored))) => (Some(store), stored),
            Ok(None) => (None, Stored::default()),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the document's database is damaged");
                (None, Stored { is_damaged: true, ..Stored::default() })
            }
            Err(error) => return Err(error.into()),
        };
        let is_damaged = stored.is_damaged;
        let document = put_together(&folder, stored, &mut troubles)?;
        // What could be read of a damaged database goes into a new one; the old one is kept.
        let store = if is_damaged {
            drop(store);
            troubles.push(Trouble::DatabaseDamaged(store::put_aside(&path)?));
            None
        } else {
            store
        };
        folder.never_again(document.pages().iter().chain(document.put_aside()).map(|page| page.id).max());
        let mut kept = KeptDocument { document, folder: Arc::new(folder), store };
        if kept.store.is_none() {
            kept.store = Some(Store::create(&path)?);
        }
        kept.write()?;
        kept.remove_what_leaves()?;
        Ok((kept, troubles))
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
    /// [`StoreError`]; it is tried again with the next change.
    pub fn write(&mut self) -> Result<(), StoreError> {
        let Some(path) = self.folder.path() else { return Ok(()) };
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(Store::create(&path)?),
        };
        let touched = self.document.take_touched();
        if touched.is_nothing() && !store.is_behind() {
            return Ok(());
        }
        let file_bytes = |page| fs::metadata(page_path(&path, page)).ok().map(|file| file.len());
        store.write(&self.document, &touched, &file_bytes)
    }

    /// Whether something is not written down yet.
    pub fn is_behind(&self) -> bool {
        self.store.as_ref().is_some_and(Store::is_behind)
    }

    /// Takes the document with all its files away for good.
    ///
    /// # Errors
    /// The file system's; what is left stays.
    pub fn remove(&mut self) -> std::io::Result<()> {
        if let Some(store) = self.store.take() {
            store.abandon();
        }
        self.document = Document::new();
        self.folder.remove()
    }

    /// Forgets the history, and removes the files that nothing needs any more; how many bytes that freed. Undo has
    /// nothing to bring back then.
    ///
    /// # Errors
    /// [`FolderError`]; the files that were to go stay then, or some of them.
    pub fn clean(&mut self) -> Result<u64, FolderError> {
        let (_, written) = self.change(Document::forget_history);
        written?;
        self.remove_what_leaves()
    }

    /// Removes the files that are on their way out, also those that a program which ended in mid way left.
    fn remove_what_leaves(&mut self) -> Result<u64, FolderError> {
        let mut freed = 0;
        for file in self.document.leaving().to_vec() {
            let path = self.folder.page_path(file).filter(|_| !self.document.needs_file(file));
            freed += path.as_deref().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
            if path.is_some() {
                self.folder.remove_page(file)?;
            }
        }
        if !self.document.leaving().is_empty() {
            self.change(Document::files_are_gone).1?;
        }
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
    for row in rows {
        let is_shown = row.place.is_some();
        if row.is_as_it_was(&files) {
            if is_shown {
                pages.push(row.page)
            } else {
                put_aside.push(row.page)
            }
            continue;
        }
        as_it_was = false;
        let Some(page) = put_right(&path, row, &files, troubles) else { continue };
        if is_shown { pages.push(page) } else { put_aside.push(page) }
    }
    let mut unknown: Vec<PageId> = files.keys().copied().filter(|file| !known.contains(file)).collect();
    unknown.sort_unstable();
    let mut found = Vec::new();
    // A process that ended before it had written a page's head leaves an empty file, which was never a page.
    unknown.retain(|file| files.get(file) != Some(&0));
    for file in unknown {
        let Some((head, page)) = from_file(&path, file, troubles) else { continue };
        let began = kept.began.get_or_insert(head.origin.began);
        *began = head.origin.began.min(*began);
        found.push(page.id);
        pages.push(page);
    }
    let mut document = Document::restored(pages, put_aside, kept);
    if !as_it_was || !found.is_empty() {
        document.touch_all();
    }
    if !found.is_empty() {
        troubles.push(Trouble::PagesFound(found));
    }
    Ok(document)
}

impl PageRow {
    /// Whether the page was over when this was written, and its file is as it was then.
    fn is_as_it_was(&self, files: &HashMap<PageId, u64>) -> bool {
        self.page.facts().is_some() && self.file_bytes.is_some_and(|bytes| files.get(&self.page.file) == Some(&bytes))
    }
}

/// A page of the database, with what its file has of it. `None` when nothing came of it.
fn put_right(folder: &Path, row: PageRow, files: &HashMap<PageId, u64>, troubles: &mut Vec<Trouble>) -> Option<Page> {
    let mut page = row.page;
    let path = page_path(folder, page.file);
    if !files.contains_key(&page.file) {
        // The page of a scan of which nothing is left was nothing.
        let facts = *page.facts().filter(|facts| facts.bytes > 0)?;
        if facts.height > 0 {
            troubles.push(Trouble::PageMissing(page.id, path));
        }
        page.stage = PageStage::Ended(PageFacts::lost(&facts));
        return Some(page);
    }
    if files.get(&page.file) == Some(&0) && page.facts().is_none() {
        return None;
    }
    match read(&path) {
        Some((_, facts)) if facts.bytes == 0 && page.facts().is_none() => None,
        Some((_, facts)) => {
            if page.facts().is_some_and(|before| before.bytes > facts.bytes || before.complete && !facts.complete) {
                troubles.push(Trouble::PageDamaged(page.id, path));
            }
            page.stage = PageStage::Ended(facts);
            Some(page)
        }
        None => {
            troubles.push(Trouble::PageUnreadable(page.id, path));
            let before = page.facts().copied();
            page.stage = PageStage::Ended(before.map_or(PageFacts::NOTHING, |facts| PageFacts::lost(&facts)));
            Some(page)
        }
    }
}

/// A page of which only the file is there.
fn from_file(folder: &Path, file: PageId, troubles: &mut Vec<Trouble>) -> Option<(PageHead, Page)> {
    let path = page_path(folder, file);
    let Some((head, facts)) = read(&path) else {
        troubles.push(Trouble::PageUnreadable(file, path));
        return None;
    };
    if facts.bytes == 0 {
        return None;
    }
    let stage = PageStage::Ended(facts);
    let page = Page { id: file, file, side: head.info.side, stage, look: Look::default() };
    Some((head, page))
}

fn read(path: &Path) -> Option<(PageHead, PageFacts)> {
    let read = PageFile::open(path).and_then(|file| {
        let facts = PageFacts::of(&file)?;
        Ok((file.head().clone(), facts))
    });
    read.inspect_err(|error| tracing::warn!(%error, file = %path.display(), "a page cannot be read")).ok()
}

impl From<StoreError> for FolderError {
    fn from(error: StoreError) -> FolderError {
        FolderError::Store(error)
    }
}
