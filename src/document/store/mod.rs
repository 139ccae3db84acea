//! A document's database: order, edits and history of its pages, and where it was saved (design, section 4).
//!
//! It is never the truth about how far a page came; that is the page's file. What is in it and in no page file is
//! what a person did. A change is in the database before anything else is done; pages that arrive are noted
//! without waiting for the disk, because their files can tell.

mod at_rest;
mod reading;
mod rows;
mod schema;
mod summary;
mod writing;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{PageId, free_space};
use at_rest::AtRest;
pub(super) use reading::Stored;
pub(super) use rows::PageRow;
pub use schema::VERSION;
pub(super) use summary::{FileOfPage, Summary, Writer};

/// Its name in the document's folder.
const FILE: &str = "document.sqlite";
/// What belongs to it: the write-ahead log, and the log's index, which is made anew.
const COMPANIONS: [&str; 2] = ["document.sqlite-wal", "document.sqlite-shm"];
/// Somebody who reads the database holds up whoever writes for no longer than this.
const BUSY_LIMIT: Duration = Duration::from_secs(2);
/// The most that SQLite holds of a database in memory, in kB. A thousand pages are 400 kB of it, and no more than a few
/// rows are asked for again: what a job takes must not grow with its pages.
const CACHE_KB: i64 = 64;
/// Room that a log and its index take before anything is in them.
const LEAST_ROOM: u64 = 64 << 10;
/// Names tried for a database that is put aside.
const ASIDE_ATTEMPTS: u32 = 1000;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("document database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("document database: {0}")]
    Io(#[from] io::Error),
    /// A later version of this program wrote it.
    #[error("document database of version {0}, newer than this program")]
    FromTheFuture(u32),
    /// It is no file, or has something in it that no version of this program makes.
    #[error("no database of this program")]
    Strange,
    /// It can only be read here, because nothing else was wanted or nothing else is possible.
    #[error("the document was opened to be read")]
    OpenedToRead,
}

impl StoreError {
    /// Whether the database itself is broken, and not what it lies on.
    pub(super) fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase, TypeMismatch, Unknown};
        match self {
            StoreError::Database(rusqlite::Error::SqliteFailure(error, _)) => {
                matches!(error.code, DatabaseCorrupt | NotADatabase | TypeMismatch | ConstraintViolation | Unknown)
            }
            StoreError::Database(_) | StoreError::Strange => true,
            StoreError::Io(_) | StoreError::FromTheFuture(_) | StoreError::OpenedToRead => false,
        }
    }

    /// The same failure with its reason, where SQLite does not say that there was no room in this folder: for its log's
    /// index it knows no such word.
    pub(super) fn in_folder(self, folder: &Path) -> StoreError {
        let is_full = || free_space(folder).is_ok_and(|free| free < LEAST_ROOM);
        if !self.is_damage() && self.kind() == io::ErrorKind::Other && is_full() {
            tracing::warn!(error = %self, "there is no room for the database");
            return StoreError::Io(io::ErrorKind::StorageFull.into());
        }
        self
    }

    /// What the file system said, as far as SQLite passes it on.
    pub fn kind(&self) -> io::ErrorKind {
        use rusqlite::ErrorCode;
        match self {
            StoreError::Io(error) => error.kind(),
            StoreError::OpenedToRead => io::ErrorKind::ReadOnlyFilesystem,
            StoreError::Database(rusqlite::Error::SqliteFailure(error, _)) => match error.code {
                ErrorCode::DiskFull => io::ErrorKind::StorageFull,
                ErrorCode::ReadOnly => io::ErrorKind::ReadOnlyFilesystem,
                ErrorCode::PermissionDenied | ErrorCode::CannotOpen => io::ErrorKind::PermissionDenied,
                ErrorCode::OutOfMemory => io::ErrorKind::OutOfMemory,
                _ => io::ErrorKind::Other,
            },
            _ => io::ErrorKind::Other,
        }
    }
}

/// An open database of a document whose lock this process holds.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    /// The order of the pages as it is in the database.
    order: Vec<PageId>,
    /// A change did not get into it: everything has to be written anew.
    behind: bool,
}

impl Store {
    /// Whether a document has a database.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }

    /// Makes the database of a document that has none.
    ///
    /// # Errors
    /// [`StoreError`]; what was made is taken away.
    pub(super) fn create(folder: &Path) -> Result<Store, StoreError> {
        let path = folder.join(FILE);
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let made = connect(&path).and_then(|connection| {
            // Nothing is in it that could be lost before it is whole: it is written through once, as a whole.
            connection.pragma_update(None, "synchronous", "OFF")?;
            schema::make(&connection)?;
            File::open(&path)?.sync_all()?;
            File::open(folder)?.sync_all()?;
            Ok(Store { connection, order: Vec::new(), behind: true })
        });
        made.inspect_err(|_| drop(remove(folder)))
    }

    /// Opens a document's database and reads it; `None` when there is none, or nothing is in it.
    ///
    /// # Errors
    /// [`StoreError`]. The database is as it was.
    pub(super) fn open(folder: &Path) -> Result<Option<(Store, Stored)>, StoreError> {
        let path = folder.join(FILE);
        if !is_there(&path)? {
            return Ok(None);
        }
        let connection = connect(&path)?;
        if schema::is_empty(&connection)? {
            drop(connection);
            // What was begun and never written is begun again.
            remove(folder)?;
            return Ok(None);
        }
        schema::migrate(&connection)?;
        let stored = reading::read(&connection)?;
        let order = stored.pages.iter().filter(|row| row.place.is_some()).map(|row| row.id).collect();
        let behind = stored.is_damaged;
        Ok(Some((Store { connection, order, behind }, stored)))
    }

    /// Reads the database of a document of which this process need only have the lock that readers share, or none while
    /// somebody writes it; nothing in its folder is changed. `None` when there is none, or nothing is in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) fn read(folder: &Path, writer: Writer) -> Result<Option<Stored>, StoreError> {
        match writer {
            Writer::Nobody => AtRest::open(folder)?.map(|at_rest| reading::read(&at_rest.connection)).transpose(),
            Writer::Somebody => peeked(folder)?.map(|connection| reading::read(&connection)).transpose(),
        }
    }

    /// Lets go of the database without tidying it up, because it is removed.
    pub(super) fn abandon(self) {
        use rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.connection.set_db_config(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::debug!(%error, "the database is tidied up before it is removed");
        }
    }
}

/// Whether a database lies there. Of a pipe or a device SQLite would wait for its content.
fn is_there(path: &Path) -> Result<bool, StoreError> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => Ok(true),
        Ok(_) => Err(StoreError::Strange),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A connection that changes nothing, to the database of a document that somebody else has the lock of.
fn peeked(folder: &Path) -> Result<Option<Connection>, StoreError> {
    let path = folder.join(FILE);
    if !is_there(&path)? {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    schema::check(&connection)?;
    Ok((!schema::is_empty(&connection)?).then_some(connection))
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    // A file that cannot be opened for writing SQLite opens for reading, and would refuse every change later.
    if connection.is_readonly("main")? {
        return Err(StoreError::OpenedToRead);
    }
    schema::check(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A database is input: what it could run by itself is not run.
    connection.pragma_update(None, "trusted_schema", false)?;
    // Pages where it is positive, kB where it is negative.
    connection.pragma_update(None, "cache_size", -CACHE_KB)?;
    Ok(connection)
}

/// Puts a damaged database aside, with all that belongs to it; where it is now. Somebody may want to look at it.
///
/// # Errors
/// The file system's.
pub(super) fn put_aside(folder: &Path) -> io::Result<PathBuf> {
    for attempt in 1..=ASIDE_ATTEMPTS {
        let suffix = format!(".damaged-{attempt}");
        let kept = folder.join(format!("{FILE}{suffix}"));
        if kept.try_exists()? {
            continue;
        }
        for name in COMPANIONS {
            match fs::rename(folder.join(name), folder.join(format!("{name}{suffix}"))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed?,
            }
        }
        fs::rename(folder.join(FILE), &kept)?;
        return Ok(kept);
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn remove(folder: &Path) -> io::Result<()> {
    for name in COMPANIONS.into_iter().chain([FILE]) {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}
