//! The document as the session keeps it: its pages, their files, and what is still to be synced.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::document::{
    Document, DocumentFolder, Edit, Page, PageFacts, PageFile, PageHead, PageId, PageStage, Space, SyncHandle, Unsaved,
    space_for,
};

use super::settings::SettingsError;
use super::{PageState, PageView};

/// A growing page file is synced at least once a second (design, section 4).
const SYNC_EVERY: Duration = Duration::from_millis(900);

pub(super) struct Binder {
    pub(super) document: Document,
    pub(super) folder: Arc<DocumentFolder>,
    growing: Option<(PageId, SyncHandle)>,
    synced: Moment,
    /// What the last snapshot showed, and after how many changes.
    views: Option<(u64, Shown)>,
}

/// A document as a snapshot shows it.
#[derive(Clone, Default)]
pub(super) struct Shown {
    pub(super) pages: Arc<[PageView]>,
    pub(super) unsaved: Unsaved,
}

impl Binder {
    pub(super) fn new(folder: DocumentFolder) -> Binder {
        let folder = Arc::new(folder);
        Binder { document: Document::new(), folder, growing: None, synced: Moment::START, views: None }
    }

    pub(super) fn page_began(&mut self, head: &PageHead, sync: SyncHandle) {
        self.growing = Some((head.page, sync));
        self.document.page_began(head, None);
    }

    /// A page's file has its end: syncs it, and finds out what is true of it unless that was seen when
    /// it came. `None` when not a byte of the page came; it is out of the document then, and its file
    /// goes. Bytes that nobody can make a picture of stay, as a partial page without rows.
    pub(super) fn page_ended(&mut self, id: PageId, seen: Option<PageFacts>) -> Option<PageFacts> {
        if let Some((_, sync)) = self.growing.take_if(|(growing, _)| *growing == id) {
            write_through(&sync);
        }
        let facts = seen.or_else(|| self.facts_of(id)).filter(|facts| facts.bytes > 0);
        match facts {
            Some(facts) => self.document.page_ended(id, facts),
            None => {
                self.document.page_came_to_nothing(id);
                if let Err(error) = self.folder.remove_page(id) {
                    tracing::warn!(%error, "the file of an empty page stays");
                }
            }
        }
        facts
    }

    fn facts_of(&self, page: PageId) -> Option<PageFacts> {
        let path = self.folder.page_path(page)?;
        let facts = PageFile::open(&path).map_err(|error| error.to_string());
        let facts = facts.and_then(|file| PageFacts::of(&file).map_err(|error| error.to_string()));
        facts.inspect_err(|error| tracing::error!(%error, "a page that was just written cannot be read")).ok()
    }

    pub(super) fn delete(&mut self, pages: Vec<PageId>) -> bool {
        !pages.is_empty() && self.document.apply(Edit::Delete(pages))
    }

    /// Whether pages can be kept, found out before paper moves.
    ///
    /// # Errors
    /// [`SettingsError::Storage`] or [`SettingsError::NoSpace`].
    pub(super) fn check_storage(&self) -> Result<(), SettingsError> {
        let folder = self.folder.documents();
        let refused = |error: std::io::Error| {
            tracing::info!(%error, "documents cannot be kept");
            SettingsError::Storage(folder.to_path_buf())
        };
        std::fs::create_dir_all(folder).map_err(refused)?;
        rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).map_err(|error| refused(error.into()))?;
        match space_for(folder, 1, None).map_err(refused)? {
            Space::Enough => Ok(()),
            Space::Short { .. } => Err(SettingsError::NoSpace),
        }
    }

    /// Takes the document and its files away for good.
    ///
    /// # Errors
    /// The file system's words; what is left of the folder stays then.
    pub(super) fn discard(&mut self) -> Result<(), String> {
        self.document = Document::new();
        self.views = None;
        self.growing = None;
        self.folder.remove().map_err(|error| error.to_string())
    }

    /// Syncs the page that grows when it is time.
    pub(super) fn sync(&mut self, now: Moment) {
        let Some((_, sync)) = &self.growing else { return };
        if now.since(self.synced) >= SYNC_EVERY {
            write_through(sync);
            self.synced = now;
        }
    }

    /// Whether a page is arriving.
    pub(super) fn is_growing(&self) -> bool {
        self.growing.is_some()
    }

    /// The document for a snapshot: the same pages as long as nothing changes.
    pub(super) fn shown(&mut self) -> Shown {
        let changes = self.document.changes();
        if self.views.as_ref().is_none_or(|(made_at, _)| *made_at != changes) {
            // The old ones go first: a document may have many pages.
            self.views = None;
            let pages = self.document.pages().iter().map(view).collect();
            self.views = Some((changes, Shown { pages, unsaved: self.document.unsaved() }));
        }
        self.views.as_ref().map(|(_, shown)| shown.clone()).unwrap_or_default()
    }
}

fn write_through(sync: &SyncHandle) {
    if let Err(error) = sync.sync() {
        tracing::error!(%error, "a page cannot be synced");
    }
}

fn view(page: &Page) -> PageView {
    let (state, width, height) = match page.stage {
        PageStage::Arriving { width, height } => (PageState::Arriving, width, height),
        PageStage::Ended(facts) if facts.complete => (PageState::Complete, facts.width, facts.height),
        PageStage::Ended(facts) => (PageState::Partial { rows: facts.height }, facts.width, facts.height),
    };
    PageView { id: page.id, state, side: page.side, width, height }
}
