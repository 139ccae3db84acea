//! Reading a database: as far as it can be read.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::document::CameFrom;
use crate::document::edits::Edit;
use crate::document::history::{Entry, History};
use crate::document::pages::{About, Kept};
use crate::document::undo::Undo;
use crate::plain_text::plain_title;

use super::StoreError;
use super::rows::{PageRow, SELECT, from_json};

/// Names of what is known of a document beside its pages.
pub(super) const BEGAN: &str = "began";
pub(super) const STANDS: &str = "stands";
pub(super) const SAVED: &str = "saved";
pub(super) const SAVED_TO: &str = "saved_to";
pub(super) const TITLE: &str = "title";
pub(super) const DEVICE: &str = "device";
pub(super) const CAME_FROM: &str = "came_from";
pub(super) const LEAVING: &str = "leaving";

/// What a database says of its document.
#[derive(Debug, Default)]
pub(in crate::document) struct Stored {
    /// Pages of the document in their order, then those put aside.
    pub(in crate::document) pages: Vec<PageRow>,
    pub(in crate::document) kept: Kept,
    /// Some of it could not be read, and is missing here.
    pub(in crate::document) is_damaged: bool,
}

/// Reads everything. Rows that make no sense are left out; so is the history then, because it may need them.
///
/// # Errors
/// SQLite's, when not even the tables are there.
pub(super) fn read(connection: &Connection) -> Result<Stored, StoreError> {
    let mut stored = Stored::default();
    let pages = rows(connection, &format!("{SELECT} ORDER BY place IS NULL, place, id"), PageRow::read)?;
    let history = rows(connection, "SELECT number, edit, undo FROM history ORDER BY number", entry)?;
    let about = rows(connection, "SELECT key, value FROM about", |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    stored.is_damaged = pages.is_damaged || history.is_damaged || about.is_damaged;
    stored.pages = pages.rows;
    let value = |wanted: &str| about.rows.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    let stands = value(STANDS).and_then(|number| number.parse().ok()).unwrap_or(0);
    let entries = if stored.is_damaged { Vec::new() } else { history.rows };
    stored.kept = Kept {
        history: History::restored(entries, stands),
        began: value(BEGAN).and_then(|began| began.parse().ok()),
        saved: value(SAVED).and_then(|saved| serde_json::from_str(&saved).ok()).unwrap_or_default(),
        about: About {
            title: value(TITLE).as_deref().and_then(plain_title),
            saved_to: value(SAVED_TO).and_then(|path| path_from(&path)),
            device: value(DEVICE),
            came_from: value(CAME_FROM).as_deref().and_then(CameFrom::from_kept),
        },
        leaving: value(LEAVING).and_then(|files| serde_json::from_str(&files).ok()).unwrap_or_default(),
    };
    Ok(stored)
}

struct Rows<Value> {
    rows: Vec<Value>,
    is_damaged: bool,
}

/// The rows of a query up to the first that cannot be had; those that make no sense are left out.
fn rows<Value>(
    connection: &Connection,
    query: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<Value>,
) -> Result<Rows<Value>, StoreError> {
    let mut found = Rows { rows: Vec::new(), is_damaged: false };
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(None) => return Ok(found),
            Ok(Some(row)) => match read(row) {
                Ok(value) => found.rows.push(value),
                Err(error) => {
                    tracing::warn!(%error, "a row of the document makes no sense");
                    found.is_damaged = true;
                }
            },
            Err(error) => {
                let error = StoreError::from(error);
                if !error.is_damage() {
                    return Err(error);
                }
                tracing::warn!(%error, "the document's database ends early");
                found.is_damaged = true;
                return Ok(found);
            }
        }
    }
}

fn entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    let number: i64 = row.get(0)?;
    let number = u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))?;
    let edit: String = row.get(1)?;
    let undo: Option<String> = row.get(2)?;
    let undo = undo.map(|undo| from_json::<Undo>(2, &undo)).transpose()?;
    Ok(Entry { number, edit: from_json::<Edit>(1, &edit)?, undo })
}

/// A path as it is kept: whatever bytes it has, those that are no text as `\xNN`.
pub(super) fn path_to_text(path: &std::path::Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let bytes = path.as_os_str().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\\') => text.to_owned(),
        _ => bytes
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' if *byte != b'\\' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            })
            .collect(),
    }
}

pub(super) fn path_from(text: &str) -> Option<PathBuf> {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'\\' {
            let digits = rest.strip_prefix(b"x")?.get(..2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &rest[3..];
        } else {
            bytes.push(byte);
        }
    }
    (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_path_comes_back_whatever_bytes_it_has() {
        for bytes in [&b"/home/x/Br\xc3\xbccke.pdf"[..], b"a\\x41.pdf", b"\xff\xfe", b"line\nend.pdf"] {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(path_from(&path_to_text(path)).as_deref(), Some(path));
        }
        assert_eq!(path_from("broken\\x4"), None);
        assert_eq!(path_from(""), None);
    }
}
