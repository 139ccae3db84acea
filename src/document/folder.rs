//! A document's folder: `<data dir>/documents/<id>/pages/<n>.page`, locked while it is open.

use std::convert::Infallible;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::minidriver::{Code, PageInfo};

use super::page_file::{OpenPage, Origin, PageFile, PageFileError, PageFileWriter, PageHead, io_code};
use super::store::{Store, Summary};
use super::{DocumentId, PageId, regular_file};

const DOCUMENTS: &str = "documents";
const PAGES: &str = "pages";
const EXTENSION: &str = "page";
const LOCK: &str = "lock";
/// The beginning of the name of a folder that is being removed: no document is called so.
const LEAVING: &str = ".leaving-";
/// Somebody who only looks whether a document is open has its lock for a moment: it is tried again so often, after so
/// long.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_AGAIN: Duration = Duration::from_millis(20);
/// What the lock's file says once the document has had a database: one that is missing later is lost.
const HAS_A_DATABASE: &[u8] = b"has a database\n";
/// Names tried for a new document before giving up.
const NAME_ATTEMPTS: u32 = 1000;

/// Why a document's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system said no.
    #[error("document folder: {0}")]
    Io(#[from] io::Error),
    /// Another process has the document open.
    #[error("the document is open elsewhere")]
    Locked,
    /// There is no such document.
    #[error("no such document")]
    Missing,
    /// Its database cannot be used.
    #[error(transparent)]
    Store(super::StoreError),
    /// A page's file could not be begun.
    #[error(transparent)]
    Page(#[from] PageFileError),
}

impl FolderError {
    /// What the file system said, as far as it is that.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            FolderError::Io(error) => error.kind(),
            FolderError::Locked => io::ErrorKind::ResourceBusy,
            FolderError::Missing => io::ErrorKind::NotFound,
            FolderError::Store(error) => error.kind(),
            FolderError::Page(_) => io::ErrorKind::Other,
        }
    }

    /// The code under which a failure travels through the broker (R14).
    pub fn code(&self) -> Code {
        match self {
            FolderError::Io(error) => io_code(error),
            FolderError::Locked => Code::ERROR_DEVICE_LOCKED,
            FolderError::Missing => Code::ERROR_DESTINATION,
            FolderError::Store(error) => io_code(&error.kind().into()),
            FolderError::Page(error) => error.code(),
        }
    }
}

/// The folder of one document. Nothing is on disk before its first page. Usable from any thread.
#[derive(Debug)]
pub struct DocumentFolder {
    documents: PathBuf,
    state: Mutex<State>,
    /// Goes after the lock has gone.
    held: (Sender<Infallible>, Receiver<Infallible>),
}

/// Tells when a folder, and with it its lock, is held by nobody in this program any more.
#[derive(Clone, Debug)]
pub struct LetGo(Receiver<Infallible>);

impl LetGo {
    /// Waits for it no longer than this; whether it is so.
    pub fn wait(&self, limit: Duration) -> bool {
        matches!(self.0.recv_timeout(limit), Err(RecvTimeoutError::Disconnected))
    }
}

#[derive(Debug)]
struct State {
    place: Option<Place>,
    next_page: u64,
}

#[derive(Debug)]
struct Place {
    id: DocumentId,
    /// Held for as long as the document is open; the lock goes with it. `None`: it is only read, where nobody can lock.
    lock: Option<File>,
}

impl DocumentFolder {
    /// A document without a page yet.
    pub fn unborn(data_dir: &Path) -> DocumentFolder {
        let state = Mutex::new(State { place: None, next_page: 1 });
        DocumentFolder::with(data_dir.join(DOCUMENTS), state)
    }

    /// Opens a document that exists.
    ///
    /// # Errors
    /// [`FolderError::Missing`], [`FolderError::Locked`], [`FolderError::Io`].
    pub fn open(data_dir: &Path, id: &DocumentId) -> Result<DocumentFolder, FolderError> {
        let documents = data_dir.join(DOCUMENTS);
        let path = documents.join(id.as_str());
        if !is_document(&path) {
            return Err(FolderError::Missing);
        }
        DocumentFolder::opened(documents, id, Some(lock(&path)?))
    }

    /// Opens a document that exists, to be read: with others who read it, and not while somebody changes it.
    ///
    /// # Errors
    /// As [`DocumentFolder::open`].
    pub fn open_to_read(data_dir: &Path, id: &DocumentId) -> Result<DocumentFolder, FolderError> {
        let documents = data_dir.join(DOCUMENTS);
        let path = documents.join(id.as_str());
        if !is_document(&path) {
            return Err(FolderError::Missing);
        }
        DocumentFolder::opened(documents, id, lock_to_read(&path)?)
    }

    fn opened(documents: PathBuf, id: &DocumentId, lock: Option<File>) -> Result<DocumentFolder, FolderError> {
        let path = documents.join(id.as_str());
        let next_page = page_numbers(&path)?.last().map_or(1, |last| last.saturating_add(1));
        let place = Some(Place { id: id.clone(), lock });
        Ok(DocumentFolder::with(documents, Mutex::new(State { place, next_page })))
    }

    fn with(documents: PathBuf, state: Mutex<State>) -> DocumentFolder {
        DocumentFolder { documents, state, held: bounded(0) }
    }

    /// What tells when nobody here holds the document any more.
    pub fn let_go(&self) -> LetGo {
        LetGo(self.held.1.clone())
    }

    /// Lets others have the document from now on, though this is still used to read page files, which are only appended to.
    pub(super) fn give_way(&self) {
        if let Some(place) = &mut self.lock().place {
            place.lock = None;
        }
    }

    /// The documents of a data directory, oldest first.
    ///
    /// # Errors
    /// The file system's; a data directory that does not exist has no documents.
    pub fn list(data_dir: &Path) -> io::Result<Vec<DocumentId>> {
        DocumentFolder::list_in(&DocumentFolder::documents_of(data_dir))
    }

    /// Where the documents of a data directory lie.
    pub(super) fn documents_of(data_dir: &Path) -> PathBuf {
        data_dir.join(DOCUMENTS)
    }

    /// The same for any folder of documents.
    pub(super) fn list_in(documents: &Path) -> io::Result<Vec<DocumentId>> {
        let mut ids = Vec::new();
        let entries = match fs::read_dir(documents) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ids),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let id = entry.file_name().to_str().and_then(DocumentId::new);
            ids.extend(id.filter(|_| is_document(&entry.path())));
        }
        ids.sort();
        Ok(ids)
    }

    /// Makes the folder of all documents, if it is not there.
    ///
    /// # Errors
    /// The file system's.
    pub fn make_room(&self) -> io::Result<()> {
        private_folder(&self.documents)
    }

    /// The folder of all documents; it may not be there yet.
    pub fn documents(&self) -> &Path {
        &self.documents
    }

    /// The document's name; `None` before its first page.
    pub fn id(&self) -> Option<DocumentId> {
        self.lock().place.as_ref().map(|place| place.id.clone())
    }

    /// Where the document lies; `None` before its first page.
    pub fn path(&self) -> Option<PathBuf> {
        self.id().map(|id| self.documents.join(id.as_str()))
    }

    /// The file of a page, whether it exists or not; `None` before the document's first page.
    pub fn page_path(&self, page: PageId) -> Option<PathBuf> {
        self.path().map(|path| page_path(&path, page))
    }

    /// A name for a page that has no file of its own.
    pub fn name_page(&self) -> PageId {
        let mut state = self.lock();
        let page = PageId(state.next_page);
        state.next_page += 1;
        page
    }

    /// Notes that the document has a database, so that it is missed if it goes.
    pub(super) fn has_a_database(&self) {
        let state = self.lock();
        let Some(lock) = state.place.as_ref().and_then(|place| place.lock.as_ref()) else { return };
        let is_noted = lock.metadata().is_ok_and(|file| file.len() >= HAS_A_DATABASE.len() as u64);
        if !is_noted && let Err(error) = lock.write_all_at(HAS_A_DATABASE, 0) {
            tracing::warn!(%error, "nobody will know that the document had a database");
        }
    }

    /// This page's name and those before it are taken, though there may be no file that says so.
    pub(super) fn never_again(&self, page: Option<PageId>) {
        let mut state = self.lock();
        state.next_page = state.next_page.max(page.map_or(1, |page| page.0.saturating_add(1)));
    }

    /// A document in short, as far as the names of its files tell.
    pub(super) fn counted(path: &Path) -> io::Result<Summary> {
        let pages = u32::try_from(page_numbers(path)?.len()).unwrap_or(u32::MAX);
        Ok(Summary { pages, ..Summary::default() })
    }

    /// The page files there, with their lengths in bytes.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn page_files(&self) -> io::Result<Vec<(PageId, u64)>> {
        let Some(path) = self.path() else { return Ok(Vec::new()) };
        let numbers = page_numbers(&path)?.into_iter().map(PageId);
        Ok(numbers.filter_map(|page| Some((page, fs::metadata(page_path(&path, page)).ok()?.len()))).collect())
    }

    /// Begins a page: creates its file, and the document with its first one.
    ///
    /// # Errors
    /// [`FolderError`]; nothing is left behind but perhaps an empty folder.
    pub fn begin_page(&self, info: PageInfo, origin: Origin) -> Result<(PageId, OpenPage), FolderError> {
        let mut state = self.lock();
        let id = match &state.place {
            Some(place) => place.id.clone(),
            None => {
                let place = self.give_birth()?;
                state.place.insert(place).id.clone()
            }
        };
        let page = PageId(state.next_page);
        state.next_page += 1;
        let document = self.documents.join(id.as_str());
        // Somebody may have taken it away.
        private_folder(&document.join(PAGES))?;
        let path = page_path(&document, page);
        let writer = PageFileWriter::create(&path, PageHead { page, document: id, origin, info })?;
        Ok((page, OpenPage::new(writer)))
    }

    /// The pages whose files can be read, in the order in which they began, and the names of those
    /// files that cannot.
    ///
    /// # Errors
    /// The file system's.
    pub fn recover(&self) -> io::Result<Recovered> {
        let mut recovered = Recovered::default();
        let Some(path) = self.path() else { return Ok(recovered) };
        for number in page_numbers(&path)? {
            let page = PageId(number);
            let path = page_path(&path, page);
            match PageFile::open(&path) {
                Ok(file) => recovered.pages.push((page, file)),
                Err(error) => recovered.unreadable.push((path, error)),
            }
        }
        Ok(recovered)
    }

    /// Removes a page's file. One that is not there is as good as removed.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove_page(&self, page: PageId) -> io::Result<()> {
        match self.page_path(page).map(fs::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes the document with all its pages. Streams of pages under way go on writing into files
    /// that have no name any more.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove(&self) -> io::Result<()> {
        self.id().map_or(Ok(()), |id| DocumentFolder::remove_whole(&self.documents, &id))
    }

    /// Removes a document from a folder of documents. All of it is gone at once: half a document must not be found by
    /// the next start.
    pub(super) fn remove_whole(documents: &Path, id: &DocumentId) -> io::Result<()> {
        let leaving = documents.join(format!("{LEAVING}{id}"));
        fs::rename(documents.join(id.as_str()), &leaving)?;
        fs::remove_dir_all(leaving)
    }

    /// Removes for good what was on its way out when a program ended; how many bytes that freed.
    pub(super) fn sweep(documents: &Path, bytes_in: impl Fn(&Path) -> u64) -> io::Result<u64> {
        let entries = match fs::read_dir(documents) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        let mut freed = 0;
        for entry in entries.flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(LEAVING.as_bytes()) && !is_locked(&entry.path()) {
                let bytes = bytes_in(&entry.path());
                fs::remove_dir_all(entry.path())?;
                freed += bytes;
            }
        }
        Ok(freed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_birth(&self) -> Result<Place, FolderError> {
        private_folder(&self.documents)?;
        let name = name_of(SystemTime::now());
        for attempt in 0..NAME_ATTEMPTS {
            let Some(id) = DocumentId::new(&format!("{name}-{attempt:03}")) else { break };
            let path = self.documents.join(id.as_str());
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            }
            // Nobody looks into what is no document yet, so the lock need not be waited for.
            let lock = lock(&path)?;
            DirBuilder::new().mode(0o700).create(path.join(PAGES))?;
            // The last of them in case somebody else made it a moment ago.
            [Some(path.as_path()), Some(&self.documents), self.documents.parent()]
                .into_iter()
                .flatten()
                .try_for_each(sync_names)?;
            return Ok(Place { id, lock: Some(lock) });
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists).into())
    }
}

/// What [`DocumentFolder::recover`] found.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Readable pages.
    pub pages: Vec<(PageId, PageFile)>,
    /// Files that say nothing of a page, and why.
    pub unreadable: Vec<(PathBuf, PageFileError)>,
}

/// Makes a folder that only its user may look into, and those above it that are missing. Their names are on the disk
/// when this returns: what is synced within them would otherwise be gone with them after a power cut.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_names)
}

/// Brings the names in a folder to the disk.
fn sync_names(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        // One may write into a folder that one may not read; the system syncs it when it likes.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn lock(document: &Path) -> Result<File, FolderError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    // A pipe in its place would be waited for.
    let file = options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(document.join(LOCK))?;
    locked(|| file.try_lock())?;
    Ok(file)
}

/// The lock that readers share; `None` where there is none to be had, because nothing can be changed there either.
///
/// # Errors
/// [`FolderError::Locked`]; the file system's.
pub(super) fn lock_to_read(document: &Path) -> Result<Option<File>, FolderError> {
    let file = match regular_file(&document.join(LOCK)) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    match locked(|| file.try_lock_shared()) {
        Err(FolderError::Io(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        result => result.map(|()| Some(file)),
    }
}

fn locked(mut attempt_it: impl FnMut() -> Result<(), TryLockError>) -> Result<(), FolderError> {
    for attempt in 1.. {
        match attempt_it() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => thread::sleep(LOCK_AGAIN),
            Err(TryLockError::WouldBlock) => return Err(FolderError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether somebody has the document open. Held for no longer than a look takes, so nobody is refused for it.
pub(super) fn is_locked(document: &Path) -> bool {
    regular_file(&document.join(LOCK)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Whether the document once had a database.
pub(super) fn had_a_database(document: &Path) -> bool {
    let mut says = Vec::new();
    let read = regular_file(&document.join(LOCK));
    let read = read.and_then(|file| file.take(HAS_A_DATABASE.len() as u64).read_to_end(&mut says));
    read.is_ok() && says == HAS_A_DATABASE
}

/// Whether a folder is a document's. One that has lost the folder of its pages is one all the same.
pub(super) fn is_document(folder: &Path) -> bool {
    folder.join(PAGES).is_dir() || Store::is_in(folder)
}

/// The file of a page in a document's folder.
pub fn page_path(document: &Path, page: PageId) -> PathBuf {
    document.join(PAGES).join(format!("{}.{EXTENSION}", page.0))
}

/// The numbers of the page files there, ascending.
fn page_numbers(document: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    let entries = match fs::read_dir(document.join(PAGES)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(numbers),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            numbers.extend(stem.and_then(|stem| stem.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// `20261121-101437` in UTC.
fn name_of(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let date = crate::units::Date::from_unix(seconds);
    format!("{:04}{:02}{:02}-{:02}{:02}{:02}", date.year, date.month, date.day, date.hour, date.minute, date.second)
}
