//! The list of all documents while it is open: what is searched for, what is selected, what is asked.

use crate::document::DocumentId;
use crate::document::library::Entry;
use crate::session::{Matter, Notice, ScanState, Shelf, Snapshot};

/// The list of all documents.
#[derive(Debug, Default)]
pub(super) enum DocumentsFlow {
    /// Not open.
    #[default]
    Closed,
    /// Open.
    Open(Browsing),
}

/// The list while it is open.
#[derive(Debug, Default)]
pub(super) struct Browsing {
    /// Words that are searched for.
    pub(super) search: String,
    /// The search field was given the keyboard.
    pub(super) focused: bool,
    /// Which documents are shown.
    pub(super) place: Place,
    /// The document that is pointed at.
    pub(super) selected: Option<DocumentId>,
    /// The list is to bring it into sight.
    pub(super) reveal: bool,
    /// Its row is to have the keyboard.
    pub(super) take_focus: bool,
    /// The last notice that was there before the list was asked for something: those after it are told in the list.
    pub(super) told_before: u64,
    /// What is asked.
    pub(super) question: Option<Question>,
}

/// Which documents are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Those in use.
    #[default]
    Documents,
    /// Those in the trash.
    Trash,
}

/// What is asked over the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// What this document is called.
    Title {
        /// Which one.
        id: DocumentId,
        /// What was typed.
        title: String,
        /// The field was given the keyboard.
        focused: bool,
    },
    /// Whether the trash shall be emptied.
    EmptyTrash,
    /// Whether this document of the trash shall go for good.
    DeleteForever(DocumentId),
    /// Whether this document's history shall go.
    Clean(DocumentId),
}

impl DocumentsFlow {
    /// Opens the list.
    pub(super) fn open(&mut self, shown: &Snapshot) {
        let mut browsing = Browsing::default();
        browsing.asks(shown);
        *self = DocumentsFlow::Open(browsing);
    }

    /// Whether the list is open.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, DocumentsFlow::Open(_))
    }
}

impl Browsing {
    /// The documents to show: those that answer to what was typed.
    pub(super) fn found<'a>(&self, shelf: &'a Shelf) -> Vec<&'a Entry> {
        let entries = match self.place {
            Place::Documents => &shelf.documents,
            Place::Trash => &shelf.trash,
        };
        entries.iter().filter(|entry| entry.matches(&self.search)).collect()
    }

    /// The document that is pointed at, if it is among these.
    pub(super) fn chosen<'a>(&self, found: &[&'a Entry]) -> Option<&'a Entry> {
        found.iter().find(|entry| Some(&entry.id) == self.selected.as_ref()).copied()
    }

    /// Something is asked of the session: what is told from now on is told in the list.
    pub(super) fn asks(&mut self, shown: &Snapshot) {
        self.told_before = shown.notices.iter().map(|notice| notice.number).max().unwrap_or(self.told_before);
    }

    /// What became of what was asked: trouble with a document, or what went for good.
    pub(super) fn told<'a>(&self, shown: &'a Snapshot) -> Option<&'a Notice> {
        let is_ours = |notice: &&Notice| matches!(notice.matter, Matter::Document(_) | Matter::Freed(_));
        shown.notices.iter().rev().filter(is_ours).find(|notice| notice.number > self.told_before)
    }

    /// Points at the document so many further on among these.
    pub(super) fn step(&mut self, by: isize, found: &[&Entry]) {
        let Some(last) = found.len().checked_sub(1) else { return };
        let at = found.iter().position(|entry| Some(&entry.id) == self.selected.as_ref());
        let to = match at {
            Some(at) => at.saturating_add_signed(by).min(last),
            None if by < 0 => last,
            None => 0,
        };
        self.selected = found.get(to).map(|entry| entry.id.clone());
        self.reveal = true;
        self.take_focus = true;
    }

    /// The document that is pointed at goes: its neighbour is pointed at then.
    pub(super) fn goes(&mut self, found: &[&Entry]) {
        let at = found.iter().position(|entry| Some(&entry.id) == self.selected.as_ref());
        let neighbour = at.and_then(|at| found.get(at + 1).or_else(|| found.get(at.checked_sub(1)?)));
        self.selected = neighbour.map(|entry| entry.id.clone());
        self.take_focus = self.selected.is_some();
    }
}

/// Whether the document that is open cannot be put away now.
pub(super) fn is_in_use(shown: &Snapshot) -> bool {
    !matches!(shown.scan, ScanState::Idle) || shown.saving.is_some()
}
