//! The document as the session keeps it: its pages, their files, and what is still to be synced.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::document::library::{LastNoted, Library};
use crate::document::{
    About, Arrival, Document, DocumentFolder, DocumentId, Edit, FolderError, KeptDocument, Leaving, LetGo, Page,
    PageFacts, PageFile, PageHead, PageId, PageStage, Part, Space, StoreError, SyncHandle, Unsaved, space_for,
};
use crate::export::ExportDocument;
use crate::import::ImportedPage;
use crate::raster::PixelWindow;

use super::pictures::Face;
use super::settings::SettingsError;
use super::{Made, PageState, PageView};

/// A growing page file is synced at least once a second (design, section 4), the time included that it takes to notice and
/// to sync.
const SYNC_EVERY: Duration = Duration::from_millis(700);
/// A change that could not be written down is tried again so often.
pub(super) const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Binder {
    kept: KeptDocument,
    library: Library,
    /// How many documents this session has had before.
    number: u32,
    /// Those of them that somebody here may still hold.
    put_away: Vec<(DocumentId, LetGo)>,
    /// What the next start would find.
    noted: LastNoted,
    /// Whether the next start should find this document.
    remembers: bool,
    growing: Option<(PageId, SyncHandle)>,
    synced: Moment,
    unsynced: Unsynced,
    /// Why the last change could not be written down, until somebody asked.
    trouble: Option<ErrorKind>,
    /// Why what is not written down is not.
    behind: ErrorKind,
    tried: Moment,
    /// What the last snapshot showed, and after how many changes.
    views: Option<(u64, Shown)>,
}

/// Whether a page of the document could not be brought to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsynced {
    No,
    ToBeTold,
    Told,
}

/// A document as a snapshot shows it.
#[derive(Clone, Default)]
pub(super) struct Shown {
    pub(super) pages: Arc<[PageView]>,
    pub(super) unsaved: Unsaved,
    pub(super) about: Arc<About>,
}

impl Binder {
    pub(super) fn new(data_dir: &Path, remembers: bool) -> Binder {
        Binder {
            kept: KeptDocument::unborn(data_dir),
            library: Library::in_folder(data_dir),
            number: 0,
            put_away: Vec::new(),
            noted: LastNoted::default(),
            remembers,
            growing: None,
            synced: Moment::START,
            unsynced: Unsynced::No,
            trouble: None,
            behind: ErrorKind::Other,
            tried: Moment::START,
            views: None,
        }
    }

    pub(super) fn document(&self) -> &Document {
        self.kept.document()
    }

    pub(super) fn folder(&self) -> &Arc<DocumentFolder> {
        self.kept.folder()
    }

    /// How many documents this session has had before this one.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Forgets the history; what is to be removed then.
    ///
    /// # Errors
    /// [`FolderError`].
    pub(super) fn forget_history(&mut self) -> Result<Leaving, FolderError> {
        self.kept.forget_history()
    }

    /// Notes that files of this document are gone.
    pub(super) fn are_gone(&mut self, leaving: &Leaving) {
        let written = self.kept.are_gone(leaving);
        self.note(&written);
    }

    /// The file with a page's pixels.
    pub(super) fn file_of(&self, page: PageId) -> Option<PathBuf> {
        self.folder().page_path(self.document().page(page)?.file)
    }

    /// Whether this document is open here.
    pub(super) fn has_open(&self, id: &DocumentId) -> bool {
        self.folder().id().as_ref() == Some(id)
    }

    /// What tells when a document that was put away here is held by nobody any more.
    pub(super) fn let_go(&self, id: &DocumentId) -> Option<LetGo> {
        self.put_away.iter().rev().find(|(put_away, _)| put_away == id).map(|(_, let_go)| let_go.clone())
    }

    /// Puts the document away and takes a new one, without a page.
    pub(super) fn take_new(&mut self) {
        let data_dir = self.library.data_dir().to_path_buf();
        self.take(KeptDocument::unborn(&data_dir));
        if self.remembers
            && let Err(error) = self.library.shows_nothing()
        {
            tracing::warn!(%error, "the next start will not know that a new document was shown");
        }
    }

    /// Puts the document away and takes another one that was opened.
    pub(super) fn take(&mut self, kept: KeptDocument) {
        self.put_away.retain(|(_, let_go)| !let_go.wait(Duration::ZERO));
        self.put_away.extend(self.folder().id().map(|id| (id, self.folder().let_go())));
        self.number += 1;
        self.kept = kept;
        self.growing = None;
        self.unsynced = Unsynced::No;
        self.views = None;
        // Also the one that was noted already: it is shown anew, and is the last one from now on.
        self.remember_anew();
    }

    /// Lets the next start find this document, once it is on the disk. Another window may have noted its own since.
    fn remember(&mut self) {
        let id = self.folder().id().filter(|_| self.remembers);
        if id.is_some() && self.library.noted_now(&mut self.noted) != id.as_ref() {
            self.remember_anew();
        }
    }

    /// The same, also when it is noted already.
    fn remember_anew(&self) {
        let Some(id) = self.folder().id().filter(|_| self.remembers) else { return };
        if let Err(error) = self.library.shows(&id) {
            tracing::warn!(%error, "the next start will not know which document was shown");
        }
    }

    /// The pages that have ended, as they are now: all, or these in this order.
    pub(super) fn to_export(&self, only: Option<&[PageId]>) -> ExportDocument {
        let all = self.document().pages();
        match only {
            None => ExportDocument::of(&self.kept, all.iter()),
            Some(only) => {
                let places: HashMap<PageId, &Page> = all.iter().map(|page| (page.id, page)).collect();
                ExportDocument::of(&self.kept, only.iter().filter_map(|page| places.get(page).copied()))
            }
        }
    }

    /// Changes the document.
    pub(super) fn change<Said>(&mut self, change: impl FnOnce(&mut Document) -> Said) -> Said {
        let (said, written) = self.kept.change(change);
        self.note(&written);
        said
    }

    /// Makes a change that a person wants; what became of it.
    pub(super) fn make(&mut self, change: impl FnOnce(&mut Document) -> bool) -> Made {
        let (made, written) = self.kept.change(change);
        self.note(&written);
        if made {
            self.remember();
        }
        match written {
            _ if !made => Made::Nothing,
            Ok(()) => Made::WrittenDown,
            Err(_) => Made::NotWrittenDown,
        }
    }

    fn note(&mut self, written: &Result<(), StoreError>) {
        if let Err(error) = written {
            tracing::error!(%error, "a change cannot be written down");
            self.trouble = Some(error.kind());
            self.behind = error.kind();
        }
    }

    /// Whether a change is not written down yet.
    pub(super) fn is_behind(&self) -> bool {
        self.kept.is_behind()
    }

    /// Why something is not written down yet; `None`: everything is.
    pub(super) fn why_behind(&self) -> Option<ErrorKind> {
        self.kept.is_behind().then_some(self.behind)
    }

    /// Why a change could not be written down, once.
    pub(super) fn take_trouble(&mut self) -> Option<ErrorKind> {
        self.trouble.take()
    }

    pub(super) fn apply(&mut self, edit: Edit) -> Made {
        self.make(|document| document.apply(edit))
    }

    /// Makes several pages of one.
    pub(super) fn split(&mut self, page: PageId, parts: &[PixelWindow]) -> Made {
        let into = parts.iter().map(|crop| Part { page: self.folder().name_page(), crop: *crop }).collect();
        self.apply(Edit::Split { page, into })
    }

    pub(super) fn page_began(&mut self, head: &PageHead, place: Arrival, sync: SyncHandle) {
        self.growing = Some((head.page, sync));
        self.change(|document| document.page_began(head, place));
        self.remember();
    }

    /// A page's file has its end: syncs it, and finds out what is true of it unless that was seen when
    /// it came. `None` when not a byte of the page came; it is out of the document then, and its file
    /// goes. Bytes that nobody can make a picture of stay, as a partial page without rows.
    pub(super) fn page_ended(&mut self, id: PageId, seen: Option<PageFacts>) -> Option<PageFacts> {
        if let Some((_, sync)) = self.growing.take_if(|(growing, _)| *growing == id) {
            self.write_through(&sync);
        }
        let facts = seen.or_else(|| self.facts_of(id)).filter(|facts| facts.bytes > 0);
        match facts {
            Some(facts) => self.change(|document| document.page_ended(id, facts)),
            None => {
                self.change(|document| document.page_came_to_nothing(id));
                if let Err(error) = self.folder().remove_page(id) {
                    tracing::warn!(%error, "the file of an empty page stays");
                }
            }
        }
        facts
    }

    /// A page of this file that is over and has lost nothing, as far as is known.
    pub(super) fn sound_page_of(&self, file: PageId) -> Option<&Page> {
        let is_sound = |page: &&Page| page.facts().is_some_and(|facts| facts.damaged.is_none());
        self.document().pages().iter().filter(|page| page.file == file).find(is_sound)
    }

    /// Whether it is known that the file of a page has lost something.
    pub(super) fn is_known_as_damaged(&self, page: PageId) -> bool {
        let facts = self.document().page(page).and_then(Page::facts);
        facts.is_some_and(|facts| facts.damaged.is_some())
    }

    /// The file of these pages has lost something: this is true of them now. `false` when that is known.
    pub(super) fn has_lost(&mut self, file: PageId, facts: PageFacts) -> bool {
        if self.sound_page_of(file).is_none() {
            return false;
        }
        let all = self.document().pages().iter().chain(self.document().put_aside());
        let of_file = all.filter(|page| page.file == file && page.facts().is_some());
        let pages: Vec<PageId> = of_file.map(|page| page.id).collect();
        self.change(|document| pages.iter().for_each(|page| document.page_ended(*page, facts)));
        true
    }

    fn facts_of(&self, page: PageId) -> Option<PageFacts> {
        let path = self.folder().page_path(page)?;
        let facts = PageFile::open(&path).map_err(|error| error.to_string());
        let facts = facts.and_then(|file| PageFacts::of(&file).map_err(|error| error.to_string()));
        facts.inspect_err(|error| tracing::error!(%error, "a page that was just written cannot be read")).ok()
    }

    /// A page came from a file, and is over. It is synced here.
    pub(super) fn page_came(&mut self, page: &ImportedPage, place: Arrival, sync: &SyncHandle) {
        self.write_through(sync);
        self.change(|document| document.page_came(&page.head, page.facts, page.look, place));
        self.remember();
    }

    /// Pages came from a file that is refused after all.
    pub(super) fn withdraw(&mut self, pages: &[PageId]) {
        for page in pages {
            self.change(|document| document.page_came_to_nothing(*page));
        }
    }

    pub(super) fn delete(&mut self, pages: Vec<PageId>) {
        if !pages.is_empty() {
            self.apply(Edit::Delete(pages));
        }
    }

    /// Whether pages can be kept, found out before paper moves.
    ///
    /// # Errors
    /// [`SettingsError::Storage`] or [`SettingsError::NoSpace`].
    pub(super) fn check_storage(&self) -> Result<(), SettingsError> {
        let folder = self.folder().documents();
        let refused = |error: std::io::Error| {
            tracing::info!(%error, "documents cannot be kept");
            SettingsError::Storage(folder.to_path_buf())
        };
        self.folder().make_room().map_err(refused)?;
        rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).map_err(|error| refused(error.into()))?;
        match space_for(folder, 1, None).map_err(refused)? {
            Space::Enough => Ok(()),
            Space::Short { free, needed } => Err(SettingsError::NoSpace { free, needed }),
        }
    }

    /// Takes the document and its files away for good.
    ///
    /// # Errors
    /// The file system's words; what is left of the folder stays then.
    pub(super) fn discard(&mut self) -> Arc<DocumentFolder> {
        self.views = None;
        self.growing = None;
        self.kept.abandon()
    }

    /// Syncs the page that grows when it is time, and tries again to write down what could not be.
    pub(super) fn sync(&mut self, now: Moment) {
        if self.kept.is_behind() && now.since(self.tried) >= WRITE_AGAIN_AFTER {
            self.tried = now;
            if let Err(error) = self.kept.write() {
                tracing::error!(%error, "changes still cannot be written down");
            }
        }
        let Some((_, sync)) = &self.growing else { return };
        if now.since(self.synced) >= SYNC_EVERY {
            let sync = sync.clone();
            self.write_through(&sync);
            self.synced = now;
        }
    }

    fn write_through(&mut self, sync: &SyncHandle) {
        if let Err(error) = sync.sync() {
            tracing::error!(%error, "a page cannot be synced");
            if self.unsynced == Unsynced::No {
                self.unsynced = Unsynced::ToBeTold;
            }
        }
    }

    /// Whether a page of this document could not be brought to the disk, once.
    pub(super) fn take_unsynced(&mut self) -> bool {
        let told = self.unsynced == Unsynced::ToBeTold;
        if told {
            self.unsynced = Unsynced::Told;
        }
        told
    }

    /// The last attempt to write down what could not be; then the document is put away.
    pub(super) fn close(&mut self) {
        if let Err(error) = self.kept.write() {
            tracing::error!(%error, "the last changes are not written down");
        }
        self.remember();
        self.kept = KeptDocument::unborn(self.library.data_dir());
    }

    /// Whether a page is arriving.
    pub(super) fn is_growing(&self) -> bool {
        self.growing.is_some()
    }

    /// The document for a snapshot: the same pages as long as nothing changes.
    pub(super) fn shown(&mut self) -> Shown {
        let changes = self.document().changes();
        if self.views.as_ref().is_none_or(|(made_at, _)| *made_at != changes) {
            // The old ones go first: a document may have many pages.
            self.views = None;
            let document = self.kept.document();
            let pages = document.pages().iter().map(|page| view(page, self.number)).collect();
            let about = Arc::new(document.about().clone());
            self.views = Some((changes, Shown { pages, unsaved: document.unsaved(), about }));
        }
        self.views.as_ref().map(|(_, shown)| shown.clone()).unwrap_or_default()
    }
}

fn view(page: &Page, document: u32) -> PageView {
    let full = match page.stage {
        PageStage::Arriving { width, height } => (width, height),
        PageStage::Ended(facts) => (facts.width, facts.height),
    };
    let (width, height) = match page.stage {
        PageStage::Arriving { .. } => full,
        PageStage::Ended(_) => page.look.size(full.0, full.1),
    };
    let state = match page.stage {
        PageStage::Arriving { .. } => PageState::Arriving,
        PageStage::Ended(facts) if facts.damaged.is_some() => PageState::Damaged { rows: height },
        PageStage::Ended(facts) if facts.complete => PageState::Complete,
        PageStage::Ended(_) => PageState::Partial { rows: height },
    };
    let face = Face { document, page: page.id, file: page.file, look: page.look };
    let sheet = page.facts().map_or(full.1, PageFacts::sheet_rows);
    let dpi = page.facts().and_then(|facts| facts.sheet).map(|sheet| sheet.dpi);
    PageView { id: page.id, state, side: page.side, width, height, full, sheet, dpi, face }
}
