//! The list of all documents while it is open: what is searched for, what is selected, what is asked.

use crate::document::DocumentId;
use crate::document::library::Entry;
use crate::session::{ScanState, Shelf, Snapshot};

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
    /// What the open document is called.
    Title {
        /// What was typed.
        title: String,
        /// The field was given the keyboard.
        focused: bool,
    },
    /// Whether the trash shall be emptied.
    EmptyTrash,
    /// Whether this document's history shall go.
    Clean(DocumentId),
}

impl DocumentsFlow {
    /// Opens the list.
    pub(super) fn open(&mut self) {
        *self = DocumentsFlow::Open(Browsing::default());
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
}

/// Whether the document that is open cannot be put away now.
pub(super) fn is_in_use(shown: &Snapshot) -> bool {
    !matches!(shown.scan, ScanState::Idle) || shown.saving.is_some()
}
