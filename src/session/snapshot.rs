//! The truth as a window sees it: read-only, behind an `Arc`, replaced as a whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::document::library::{Entry, Freed};
use crate::document::{About, DocumentId, FolderError, PageId, StoreError, Trouble, Unsaved};
use crate::export::ExportError;
use crate::import::ImportError;
use crate::minidriver::{Code, DeviceFailure, DriverError, FeederState, Side, TransferId, Unusable};
use crate::units::Dpi;

use super::auto_save::AutoSave;
use super::event::{ImportedFile, JobReport, NotCropped, Remark, Saved};
use super::live_page::LivePage;
use super::pictures::Face;
use super::profiles::{ProfileError, Profiles};
use super::settings::Offers;
use super::settings::SettingsError;

/// Everything there is to show. Cheap to take: the parts that are large are shared.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Devices that were found, real ones first.
    pub devices: Vec<DeviceEntry>,
    /// Whether the search for devices is still going on for the first time.
    pub searching: bool,
    /// Settings under a name.
    pub profiles: Arc<Profiles>,
    /// The device in use.
    pub chosen: Option<ChosenDevice>,
    /// Pages of the document, in order.
    pub pages: Arc<[PageView]>,
    /// What of the document no saved file has.
    pub unsaved: Unsaved,
    /// The document's folder, once it has a page.
    pub document: Option<PathBuf>,
    /// The document's name, once it has a page.
    pub id: Option<DocumentId>,
    /// What a person called it, and where it was saved.
    pub about: Arc<About>,
    /// Whether it is being opened.
    pub opening: bool,
    /// The documents there are, as they were when somebody asked.
    pub library: Option<Arc<Shelf>>,
    /// What the scanner is doing.
    pub scan: ScanState,
    /// A save under way.
    pub saving: Option<Saving>,
    /// An import under way.
    pub importing: Option<Importing>,
    /// A file of it that waits for its password.
    pub locked: Option<LockedFile>,
    /// Where the pages of each job are saved as soon as it has ended.
    pub auto_save: Option<Arc<AutoSave>>,
    /// Things a person should know, oldest first.
    pub notices: Vec<Notice>,
    /// Numbers, in the job under way or else in the last one, of pages that a person left out.
    pub left_out: Vec<u32>,
    /// Whether there is something to undo; its name.
    pub undo: Option<&'static str>,
    /// Whether there is something to redo; its name.
    pub redo: Option<&'static str>,
}

/// Names a device: `virtual:feeder`, `usb:VVVV:PPPP[:SERIAL]`, `escl:http://host:port/eSCL`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub String);

/// One device of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// Its name for commands.
    pub id: DeviceId,
    /// Its name for people.
    pub name: String,
    /// How it is connected.
    pub connection: Connection,
    /// Whether it can be used.
    pub state: DeviceState,
}

/// How a device is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// A USB cable, spoken to directly.
    Usb,
    /// A USB cable, through the service that holds the device (ipp-usb).
    UsbService,
    /// The network.
    Network,
    /// Simulated in this program.
    Virtual,
}

/// Whether a device can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Not asked yet, or asleep.
    Unknown,
    /// Ready.
    Ready,
    /// This user may not open it.
    NoPermission,
    /// Another program holds it.
    Busy,
    /// It cannot be used, and why.
    Unusable(Unusable),
}

/// The device in use.
#[derive(Clone, Debug)]
pub struct ChosenDevice {
    /// Its entry.
    pub entry: DeviceEntry,
    /// What it can do; `None` while it is being asked.
    pub offers: Option<Arc<Offers>>,
    /// Paper in the feeder, as last seen.
    pub feeder: FeederState,
    /// Whether it tells when a button of it is pressed.
    pub has_buttons: bool,
    /// Why it cannot be used.
    pub trouble: Option<DeviceTrouble>,
}

/// One page of the document.
#[derive(Clone, Debug)]
pub struct PageView {
    /// Its name for commands.
    pub id: PageId,
    /// Where it is.
    pub state: PageState,
    /// Which side of a sheet it was.
    pub side: Side,
    /// Size in pixels as it is seen, cropped and turned: true for a finished page, expected for one under way.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Size in pixels as it came: what a crop is named in.
    pub full: (u32, u32),
    /// Rows of its sheet as it came: those of `full`, or more when it ended early.
    pub sheet: u32,
    /// Pixels per inch, once it is over.
    pub dpi: Option<Dpi>,
    /// What its pictures depend on.
    pub face: Face,
}

/// How far a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageState {
    /// Arriving.
    Arriving,
    /// All of it is there.
    Complete,
    /// It ended early; these rows are there.
    Partial {
        /// Complete rows.
        rows: u32,
    },
    /// The disk has lost something of it; these rows are left.
    Damaged {
        /// Rows that can be read.
        rows: u32,
    },
}

impl PageState {
    /// Rows of a page that is not whole and gets no more; `None` of any other.
    pub const fn rows_left(self) -> Option<u32> {
        match self {
            PageState::Partial { rows } | PageState::Damaged { rows } => Some(rows),
            PageState::Arriving | PageState::Complete => None,
        }
    }
}

/// What the scanner is doing.
#[derive(Clone, Debug, Default)]
pub enum ScanState {
    /// Nothing.
    #[default]
    Idle,
    /// A job runs.
    Scanning(Scanning),
    /// A job waits for a person: the problem can be put right.
    Paused(Paused),
    /// A cancelled or failed job's device is being brought to rest (design, section 3, *settling*).
    /// The document can be used; a new scan waits.
    Settling,
}

impl ScanState {
    /// The job that runs or waits for a person.
    pub fn job(&self) -> Option<&Scanning> {
        match self {
            ScanState::Scanning(scanning) => Some(scanning),
            ScanState::Paused(paused) => Some(&paused.scanning),
            ScanState::Idle | ScanState::Settling => None,
        }
    }
}

/// A running job.
#[derive(Clone, Debug)]
pub struct Scanning {
    /// Its number, once it has begun.
    pub transfer: Option<TransferId>,
    /// The page under way; `None` before a page's first byte.
    pub page: Option<PageId>,
    /// Number of the page that is under way or comes next, in the device's job.
    pub number: u32,
    /// Pages of this job that are complete.
    pub complete: u32,
    /// The page number that will be left out, when that was asked for.
    pub skipping: Option<u32>,
    /// The rows of the page under way as they come.
    pub live: Option<Arc<LivePage>>,
    /// Bytes and rows received, and how fast.
    pub progress: Progress,
    /// What the device does before rows come.
    pub phase: Phase,
}

/// True numbers of the page under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Bytes of this page on disk.
    pub bytes: u64,
    /// Rows decoded so far.
    pub rows: u32,
    /// Rows expected; `None` when the sheet's end decides.
    pub expected_rows: Option<u32>,
    /// Whether all of the page is there. Its stream stays open until the device has another page (R21), so
    /// it still counts as the one under way.
    pub whole: bool,
    /// Bytes a second over the last seconds.
    pub bytes_per_second: f64,
    /// Estimated time left, once there is a sound estimate.
    pub left: Option<Duration>,
    /// How long the device has been silent.
    pub silent: Duration,
}

/// What a job is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for the device to start.
    #[default]
    Starting,
    /// Waiting for a device that is being brought to rest after an earlier job.
    WaitingForDevice,
    /// The lamp warms up.
    WarmingUp,
    /// The device calibrates itself.
    Calibrating,
    /// A page is arriving.
    Receiving,
}

/// A job that waits for a person.
#[derive(Clone, Debug)]
pub struct Paused {
    /// The job as it was.
    pub scanning: Scanning,
    /// What the matter is.
    pub failure: DeviceFailure,
}

/// A save under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// The file being written.
    pub target: PathBuf,
    /// Pages written.
    pub done: u32,
    /// Pages in all.
    pub pages: u32,
}

/// An import under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Importing {
    /// What the file under way is called.
    pub name: String,
    /// Pages of it that are there.
    pub done: u32,
    /// Pages it has, when it says so.
    pub pages: Option<u32>,
}

/// A file that opens with a password only, while it is imported: the import waits for [`super::Command::AnswerPassword`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedFile {
    /// Its number.
    pub number: u64,
    /// What the file is called.
    pub name: String,
    /// Whether a password was typed for it that does not open it.
    pub was_wrong: bool,
}

/// Something a person should know; `text` has the sentences.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number, for putting it away.
    pub number: u64,
    /// What it is about.
    pub matter: Matter,
}

/// What a notice is about.
#[derive(Clone, Debug)]
pub enum Matter {
    /// A job is over, well or not.
    JobEnded(JobReport),
    /// A job could not be started with these settings.
    Refused(SettingsError),
    /// Settings cannot be kept under a name, or those that are kept cannot be read.
    Profiles(ProfileError),
    /// The device cannot be used.
    Device(DeviceTrouble),
    /// After a cancelled or failed job the device did not come back.
    DeviceNotResponding,
    /// A file was imported that is not quite as it was, or several files were.
    Imported(ImportedFile),
    /// A file cannot be imported; what it is called.
    ImportRefused(String, ImportError),
    /// The document was saved.
    Saved(Saved),
    /// Saving did not work.
    SaveFailed(Arc<ExportError>),
    /// A job's pages could not be saved by themselves. They are in the document.
    AutoSaveFailed(Arc<ExportError>),
    /// Pages cannot be kept: the document's folder cannot be written.
    Storage(Code),
    /// What was done cannot be written down; it is tried again, and lost only if the program ends before.
    NotWrittenDown(std::io::ErrorKind),
    /// Something of the document that was opened is not as it was left.
    Recovered(Trouble),
    /// Some of the pages that were to be cropped alike stay as they are.
    NotCropped(NotCropped),
    /// A document cannot be opened, moved, renamed or cleaned.
    Document(DocumentTrouble),
    /// Documents, or pages of a history, are gone for good, because a person wanted that.
    Freed(Freed),
    /// Something of the device is worth knowing.
    Remark(Remark),
}

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeviceTrouble {
    /// Opening it or asking it failed.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// No device has this name.
    #[error("no device is called {0:?}")]
    Unknown(String),
    /// Several devices have this name, and these are their own.
    #[error("several devices are called {name:?}: {own:?}")]
    Ambiguous {
        /// The name.
        name: String,
        /// What they are called each.
        own: Vec<String>,
    },
    /// The system has no thread to give.
    #[error("no thread for the device")]
    NoThread,
    /// The name cannot be read: it is neither `virtual:`, `usb:` nor `escl:`.
    #[error("{0:?} is no device name")]
    Malformed(String),
}

/// The documents there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// Those in use, the one that changed last first.
    pub documents: Vec<Entry>,
    /// Those in the trash.
    pub trash: Vec<Entry>,
}

/// Why something cannot be done with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentTrouble {
    /// It is not there. Helps: looking at the list again.
    #[error("there is no document {0}")]
    Missing(DocumentId),
    /// It is open in another window or program. Helps: closing it there.
    #[error("{0} is open elsewhere")]
    OpenElsewhere(DocumentId),
    /// A later version of the program made it. Helps: that version.
    #[error("{0} was made by a later version")]
    Newer(DocumentId),
    /// A scan or a save is under way. Helps: waiting for its end.
    #[error("the document is in use")]
    Busy,
    /// The file system said no.
    #[error("documents: {0}")]
    Disk(std::io::ErrorKind),
}

impl DocumentTrouble {
    /// What is wrong with this document.
    pub fn of(id: &DocumentId, error: &FolderError) -> DocumentTrouble {
        match error {
            FolderError::Missing => DocumentTrouble::Missing(id.clone()),
            FolderError::Locked => DocumentTrouble::OpenElsewhere(id.clone()),
            FolderError::Store(StoreError::FromTheFuture(_)) => DocumentTrouble::Newer(id.clone()),
            FolderError::Store(error) => DocumentTrouble::Disk(error.kind()),
            FolderError::Io(error) => DocumentTrouble::Disk(error.kind()),
            FolderError::Page(_) => DocumentTrouble::Disk(std::io::ErrorKind::Other),
        }
    }
}
