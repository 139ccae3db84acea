//! The database's tables, by version. A version that was given out is never changed: what is new is a step to the
//! next one.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// The version that this program writes. Documents without a database are of version 0: their pages' files say
/// what they are.
pub const VERSION: u32 = STEPS.len() as u32;

/// Marks a database as one of ours (SQLite's `application_id`): "LtBr".
const APPLICATION: i32 = 0x4c74_4272;

/// How a database of each version becomes one of the next.
const STEPS: [&str; 1] = [
    // 1: the first.
    "CREATE TABLE page (
        id INTEGER PRIMARY KEY,
        -- The page whose file has its pixels.
        file INTEGER NOT NULL,
        -- Its place in the document, from 0; NULL: put aside, for the history.
        place INTEGER,
        back INTEGER NOT NULL,
        -- What was done to it, JSON; NULL: nothing.
        look TEXT,
        -- Of a page that is arriving: what was expected.
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        -- Of a page that is over: whether all of it is there, what is true of it as JSON, and the bytes of its file.
        complete INTEGER,
        facts TEXT,
        file_bytes INTEGER
    ) STRICT;
    CREATE TABLE history (
        number INTEGER PRIMARY KEY,
        edit TEXT NOT NULL,
        -- The way back, of a change that stands.
        undo TEXT
    ) STRICT;
    CREATE TABLE about (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;",
];

/// Whatever is more than tables and their indices: a view may have rows without end, a trigger runs by itself.
const STRANGE: &str = "SELECT count(*) FROM sqlite_schema
    WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'";

/// Refuses what a later version wrote, and what none ever makes, before anything is read or changed.
///
/// # Errors
/// [`StoreError::FromTheFuture`], [`StoreError::Strange`]; SQLite's.
pub(super) fn check(connection: &Connection) -> Result<u32, StoreError> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(StoreError::FromTheFuture(version));
    }
    let strange: u32 = connection.query_row(STRANGE, [], |row| row.get(0))?;
    if strange > 0 { Err(StoreError::Strange) } else { Ok(version) }
}

/// Whether nothing was ever written into a database.
///
/// # Errors
/// SQLite's.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

/// Makes the tables of a new database.
///
/// # Errors
/// SQLite's.
pub(super) fn make(connection: &Connection) -> Result<(), StoreError> {
    migrate(connection)
}

/// Brings a database to this program's version, each step whole or not at all.
///
/// # Errors
/// [`StoreError::FromTheFuture`]; SQLite's.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let version = check(connection)?;
    for (from, step) in STEPS.iter().enumerate().skip(version as usize) {
        let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", from as u32 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
