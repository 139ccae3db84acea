//! What a list says of a document, without opening it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::reading::{BEGAN, SAVED_TO, TITLE, path_from};
use super::{Store, StoreError, peeked};

/// What a database says of its document as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::document) struct Summary {
    pub(in crate::document) title: Option<String>,
    pub(in crate::document) began: Option<u64>,
    pub(in crate::document) saved_to: Option<PathBuf>,
    pub(in crate::document) pages: u32,
    /// Those that ended early, or have not ended.
    pub(in crate::document) partial: u32,
}

impl Store {
    /// Reads what a document's database says in short, while others may be writing it; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::document) fn summary(folder: &Path) -> Result<Option<Summary>, StoreError> {
        Ok(peeked(folder)?.map(|connection| read(&connection)).transpose()?)
    }
}

fn read(connection: &Connection) -> rusqlite::Result<Summary> {
    let about = |key: &str| -> rusqlite::Result<Option<String>> {
        connection.query_row("SELECT value FROM about WHERE key = ?1", [key], |row| row.get(0)).optional()
    };
    let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, u32>(0));
    Ok(Summary {
        title: about(TITLE)?,
        began: about(BEGAN)?.and_then(|began| began.parse().ok()),
        saved_to: about(SAVED_TO)?.and_then(|path| path_from(&path)),
        pages: count("SELECT count(*) FROM page WHERE place IS NOT NULL")?,
        partial: count("SELECT count(*) FROM page WHERE place IS NOT NULL AND ifnull(complete, 0) = 0")?,
    })
}
