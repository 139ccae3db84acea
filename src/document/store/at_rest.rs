//! A database that nobody writes: read without a change to its folder, which may lie on a disk that is full or takes
//! nothing at all.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{FILE, StoreError, connect, schema};
use crate::document::{private_file, regular_file};

/// What a program that was cut off leaves beside the database, and without which it is not the whole truth.
const UNFINISHED: [&str; 2] = ["document.sqlite-wal", "document.sqlite-journal"];
/// Where a copy lies for as long as it is read; the first is in memory.
const ROOM_FOR_A_COPY: &str = "/dev/shm";
/// What the name of a copy's folder begins with.
const COPY: &str = "lightbar-";
/// A file in a copy's folder that is locked for as long as the copy is in use.
const IN_USE: &str = "in-use";
/// A copy that is not locked and older than this is nobody's: between its making and its lock there is no time.
const STALE_AFTER: Duration = Duration::from_secs(60);
/// Names in the room for copies that are looked at, to find those that nobody uses any more.
const LOOKED_AT: usize = 1024;
/// A database of more bytes is not copied. One of ten thousand pages has five million.
const MOST_COPIED: u64 = 256 << 20;

/// A database that is read. Whoever has it holds the document's lock, alone or with other readers.
pub(super) struct AtRest {
    pub(super) connection: Connection,
    /// Goes after the connection.
    _copy: Option<Copied>,
}

impl AtRest {
    /// Opens it; `None` when there is none, or nothing is in it.
    ///
    /// # Errors
    /// [`StoreError`], also when there is no room for the copy of one that was left in the middle of something.
    pub(super) fn open(folder: &Path) -> Result<Option<AtRest>, StoreError> {
        let path = folder.join(FILE);
        if !super::is_there(&path)? {
            return Ok(None);
        }
        let mut copy = None;
        if length(&path)? > 0 && UNFINISHED.iter().any(|name| length(&folder.join(name)).is_ok_and(|bytes| bytes > 0)) {
            copy = Some(Copied::of(folder)?);
        }
        let mut connection = match &copy {
            Some(copy) => connect(&copy.folder.join(FILE))?,
            None => unchanged(&path)?,
        };
        let version = schema::check(&connection)?;
        if schema::is_empty(&connection)? {
            return Ok(None);
        }
        // An earlier version is brought to this one, elsewhere.
        if version != schema::VERSION {
            drop(connection);
            let earlier = copy.take().map_or_else(|| Copied::of(folder), Ok)?;
            connection = connect(&earlier.folder.join(FILE))?;
            schema::migrate(&connection)?;
            copy = Some(earlier);
        }
        Ok(Some(AtRest { connection, _copy: copy }))
    }
}

/// A connection that neither locks the database nor looks for its log.
fn unchanged(path: &Path) -> Result<Connection, StoreError> {
    let path = std::path::absolute(path)?;
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' => name.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(*byte)),
            _ => name += &format!("%{byte:02x}"),
        }
    }
    name += "?immutable=1";
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(name, flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A copy of a database with all that belongs to it, until dropped. One that a killed program left goes with the next.
struct Copied {
    folder: PathBuf,
    /// Locked.
    _in_use: File,
}

impl Copied {
    fn of(folder: &Path) -> Result<Copied, StoreError> {
        let names = || UNFINISHED.into_iter().chain([FILE]);
        let bytes: u64 = names().filter_map(|name| length(&folder.join(name)).ok()).sum();
        if bytes > MOST_COPIED {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
        let rooms = [PathBuf::from(ROOM_FOR_A_COPY), std::env::temp_dir()];
        rooms.iter().for_each(|room| remove_stale(room));
        let copy = Copied::empty(&rooms[0]).or_else(|_| Copied::empty(&rooms[1]))?;
        for name in names() {
            match fs::copy(folder.join(name), copy.folder.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => drop(copied?),
            }
            // The copy of a file that may only be read may be written.
            let _ = fs::set_permissions(copy.folder.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600));
        }
        Ok(copy)
    }

    /// A folder for this user's eyes alone, which was not there before.
    fn empty(room: &Path) -> io::Result<Copied> {
        static COPIES: AtomicU64 = AtomicU64::new(0);
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let folder = room.join(format!("{COPY}{}-{number}", process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let in_use = private_file(&folder.join(IN_USE)).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        match in_use {
            Ok(in_use) => Ok(Copied { folder, _in_use: in_use }),
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }
}

/// Removes copies of this user that nobody uses any more.
fn remove_stale(room: &Path) {
    for entry in fs::read_dir(room).into_iter().flatten().take(LOOKED_AT).flatten() {
        let is_copy = entry.file_name().as_bytes().starts_with(COPY.as_bytes());
        if is_copy
            && is_stale(&entry.path()).unwrap_or(false)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, folder = %entry.path().display(), "the copy of a database stays");
        }
    }
}

/// Whether a folder is a copy that a program of this user left behind. Everybody may have folders in the room, so nothing is
/// believed of one that is not this user's alone.
fn is_stale(folder: &Path) -> io::Result<bool> {
    let there = fs::symlink_metadata(folder)?;
    if !there.is_dir() || there.uid() != rustix::process::geteuid().as_raw() {
        return Ok(false);
    }
    let in_use = regular_file(&folder.join(IN_USE))?;
    let is_old = in_use.metadata()?.modified()?.elapsed().is_ok_and(|age| age > STALE_AFTER);
    Ok(is_old && in_use.try_lock().is_ok())
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "the copy of a database stays");
        }
    }
}

fn length(file: &Path) -> io::Result<u64> {
    Ok(fs::metadata(file)?.len())
}
