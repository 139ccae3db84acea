//! What a list says of a document, without opening it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::document::{CameFrom, PageId};
use crate::plain_text::plain_title;

use super::at_rest::AtRest;
use super::reading::{BEGAN, CAME_FROM, SAVED_TO, TITLE, path_from};
use super::rows::{IS_DAMAGED, page_id};
use super::{Store, StoreError, peeked};

/// Files that only pages need which are put aside.
const ONLY_HISTORY: &str =
    "SELECT DISTINCT file FROM page WHERE file NOT IN (SELECT file FROM page WHERE place IS NOT NULL)";

/// What a database says of its document as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::document) struct Summary {
    pub(in crate::document) title: Option<String>,
    pub(in crate::document) began: Option<u64>,
    pub(in crate::document) saved_to: Option<PathBuf>,
    pub(in crate::document) came_from: Option<CameFrom>,
    pub(in crate::document) pages: u32,
    /// Those that ended early.
    pub(in crate::document) partial: u32,
    /// Files of those that have not ended as far as the database was told.
    pub(in crate::document) unended: Vec<PageId>,
    /// Pages that only undo brings back.
    pub(in crate::document) put_aside: u32,
    /// Files that no other pages need.
    pub(in crate::document) leaving: Vec<PageId>,
    /// The files of all pages, also of those that only undo brings back.
    pub(in crate::document) files: Vec<FileOfPage>,
}

/// What a database says of the file of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::document) struct FileOfPage {
    /// The page that has its name. Several pages may be made of one.
    pub(in crate::document) file: PageId,
    /// What its length was.
    pub(in crate::document) bytes: Option<u64>,
    /// Whether it is known that it has lost something.
    pub(in crate::document) is_damaged: bool,
    /// Whether the page is in the document; only undo brings back others.
    pub(in crate::document) is_shown: bool,
}

/// Whoever looks at a database while it is written, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::document) enum Writer {
    /// Nobody writes it, because this process has the document's lock, alone or with other readers.
    Nobody,
    /// Somebody has the document open.
    Somebody,
}

impl Store {
    /// Reads what a document's database says in short; `None` when there is none, or nothing is in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::document) fn summary(folder: &Path, writer: Writer) -> Result<Option<Summary>, StoreError> {
        let summary = match writer {
            Writer::Nobody => AtRest::open(folder)?.map(|at_rest| read(&at_rest.connection)).transpose(),
            Writer::Somebody => peeked(folder)?.map(|connection| read(&connection)).transpose(),
        };
        Ok(summary?)
    }
}

fn read(connection: &Connection) -> rusqlite::Result<Summary> {
    let about = |key: &str| -> rusqlite::Result<Option<String>> {
        connection.query_row("SELECT value FROM about WHERE key = ?1", [key], |row| row.get(0)).optional()
    };
    let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, u32>(0));
    let partial = format!("SELECT count(*) FROM page WHERE place IS NOT NULL AND complete = 0 AND NOT {IS_DAMAGED}");
    let mut unended = connection.prepare("SELECT file FROM page WHERE place IS NOT NULL AND complete IS NULL")?;
    let unended = unended.query_map([], |row| page_id(row, 0))?;
    let mut files =
        connection.prepare(&format!("SELECT file, file_bytes, {IS_DAMAGED}, place IS NOT NULL FROM page"))?;
    let files = files.query_map([], |row| {
        let bytes: Option<i64> = row.get(1)?;
        Ok(FileOfPage {
            file: page_id(row, 0)?,
            bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()),
            is_damaged: row.get(2)?,
            is_shown: row.get(3)?,
        })
    })?;
    let mut leaving = connection.prepare(ONLY_HISTORY)?;
    let leaving = leaving.query_map([], |row| page_id(row, 0))?;
    Ok(Summary {
        title: about(TITLE)?.as_deref().and_then(plain_title),
        began: about(BEGAN)?.and_then(|began| began.parse().ok()),
        saved_to: about(SAVED_TO)?.and_then(|path| path_from(&path)),
        came_from: about(CAME_FROM)?.as_deref().and_then(CameFrom::from_kept),
        put_aside: count("SELECT count(*) FROM page WHERE place IS NULL")?,
        leaving: leaving.collect::<rusqlite::Result<_>>()?,
        pages: count("SELECT count(*) FROM page WHERE place IS NOT NULL")?,
        partial: count(&partial)?,
        unended: unended.collect::<rusqlite::Result<_>>()?,
        files: files.collect::<rusqlite::Result<_>>()?,
    })
}
