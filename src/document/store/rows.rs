//! A page as a row of the database.

use rusqlite::types::Type;
use rusqlite::{Row, Statement, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{Look, Page, PageFacts, PageId, PageStage};
use crate::minidriver::Side;

/// A page as the database has it.
#[derive(Clone, Debug)]
pub(in crate::document) struct PageRow {
    pub(in crate::document) id: PageId,
    /// Its place in the document; `None`: put aside.
    pub(in crate::document) place: Option<u64>,
    pub(in crate::document) page: Page,
    /// The length of its file when it was over.
    pub(in crate::document) file_bytes: Option<u64>,
}

pub(super) const SELECT: &str = "SELECT id, file, place, back, look, width, height, facts, file_bytes FROM page";

/// Whether a page is known to have lost something; the facts are JSON.
pub(super) const IS_DAMAGED: &str = "(facts IS NOT NULL AND facts LIKE '%\"damaged\":%')";

pub(super) const UPSERT: &str = "INSERT INTO page (id, file, back, look, width, height, complete, facts, file_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (id) DO UPDATE SET file = ?2, back = ?3, look = ?4, width = ?5, height = ?6, complete = ?7,
        facts = ?8, file_bytes = ifnull(?9, file_bytes)";

impl PageRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<PageRow> {
        let id = page_id(row, 0)?;
        let facts: Option<String> = row.get(7)?;
        let stage = match facts {
            Some(facts) => PageStage::Ended(from_json::<PageFacts>(7, &facts)?),
            None => PageStage::Arriving { width: row.get(5)?, height: row.get(6)? },
        };
        let look: Option<String> = row.get(4)?;
        let look = look.map(|look| from_json::<Look>(4, &look)).transpose()?.unwrap_or_default();
        let side = if row.get(3)? { Side::Back } else { Side::Front };
        let place: Option<i64> = row.get(2)?;
        let page = Page { id, file: page_id(row, 1)?, side, stage, look };
        let file_bytes: Option<i64> = row.get(8)?;
        Ok(PageRow {
            id,
            place: place.and_then(|place| u64::try_from(place).ok()),
            page,
            file_bytes: file_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        })
    }
}

/// Writes all of a page but its place. `file_bytes` is looked up when it is known now.
pub(super) fn write(upsert: &mut Statement<'_>, page: &Page, file_bytes: Option<u64>) -> rusqlite::Result<()> {
    let (width, height, facts) = match &page.stage {
        PageStage::Arriving { width, height } => (*width, *height, None),
        PageStage::Ended(facts) => (facts.width, facts.height, Some(facts)),
    };
    let look = (page.look != Look::default()).then(|| to_json(&page.look));
    upsert.execute(params![
        number(page.id),
        number(page.file),
        page.side == Side::Back,
        look,
        width,
        height,
        facts.map(|facts| facts.complete),
        facts.map(to_json),
        file_bytes.and_then(|bytes| i64::try_from(bytes).ok()),
    ])?;
    Ok(())
}

/// SQLite's numbers have a sign; page numbers come nowhere near.
pub(super) fn number(page: PageId) -> i64 {
    i64::try_from(page.0).unwrap_or(i64::MAX)
}

pub(super) fn page_id(row: &Row<'_>, column: usize) -> rusqlite::Result<PageId> {
    let id: i64 = row.get(column)?;
    u64::try_from(id).map(PageId).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, id))
}

/// Values of ours can always be written.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn from_json<Value: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<Value> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
