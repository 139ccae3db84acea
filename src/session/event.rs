//! What happened, one event per page or change of state.

use std::path::PathBuf;
use std::sync::Arc;

use crate::document::{DocumentId, PageId};
use crate::export::{ExportError, NumberedDamage};
use crate::import::{self, ImportError};
use crate::minidriver::{DeviceEvent, DeviceFailure, Settled, TransferId};
use crate::transfer::TransferError;

use super::settings::SettingsError;
use super::{DeviceTrouble, DocumentTrouble, Estimated};

/// Something that happened. Facts travel here; progress is in the snapshot.
#[derive(Clone, Debug)]
pub enum Event {
    /// The snapshot's list of devices changed.
    DevicesChanged,
    /// A job's page began.
    PageBegan(TransferId, PageId),
    /// A job's page ended.
    PageEnded {
        /// The job.
        transfer: TransferId,
        /// The page.
        page: PageId,
        /// Whether all of it is there.
        complete: bool,
    },
    /// A page was left out, as asked.
    PageSkipped(TransferId, u32),
    /// The job waits for an answer to a problem.
    Paused(TransferId, DeviceFailure),
    /// The job is over; its device may still be settling.
    JobEnded(JobReport),
    /// The job's device is at rest; how, when the job did not end by itself.
    Settled(TransferId, Option<Settled>),
    /// A page of a file is there.
    PageImported(PageId),
    /// Importing is over, well or not.
    Imported(Arc<ImportReport>),
    /// The document was saved.
    Saved(Saved),
    /// Saving did not work; the old target is as it was.
    SaveFailed(Arc<ExportError>),
    /// A job's pages could not be saved by themselves. They are in the document.
    AutoSaveFailed(Arc<ExportError>),
    /// A job could not be started with these settings.
    Refused(SettingsError),
    /// The document and its files are gone, or why they are not.
    DocumentDiscarded(Result<(), String>),
    /// A document was opened, or cannot be.
    DocumentOpened(Result<DocumentId, DocumentTrouble>),
    /// What became of a change that was asked for.
    Changed(Made),
    /// The device chosen was opened and asked, or cannot be used.
    DeviceAsked(Result<(), DeviceTrouble>),
    /// What a save would come to: an answer to the question with this number.
    Estimated(u64, Estimated),
    /// Saving was cancelled; the old target is as it was.
    SaveCancelled,
    /// The device in use did something by itself: paper, a cover, a button. Nothing is started by it.
    Device(DeviceEvent),
    /// Something of the device is worth knowing.
    Remark(Remark),
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// There was nothing to change.
    Nothing,
    /// It is made and written down: whatever happens now, the next start finds it.
    WrittenDown,
    /// It is made, and could not be written down yet: a notice says why, and it is tried again.
    NotWrittenDown,
}

/// What is worth knowing of a device and keeps nobody from scanning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// So many pages that it had drawn in beyond the number asked for came out unscanned (R47).
    PagesPassedOn(u32),
    /// The disk failed when the end of a page was written, or when a page was brought to it: what is there may not
    /// be there after a power cut.
    DiskTrouble,
    /// No encrypted connection could be set up, and it offers one without.
    NotEncrypted,
    /// The job under way was ended because the computer went to sleep.
    StoppedForSleep,
    /// An encrypted connection met a device for the first time; SHA-256 of its certificate, which is remembered.
    NewIdentity(String),
    /// An encrypted connection met another certificate than the one that was remembered; this one is from now on.
    ChangedIdentity(String),
}

/// Pages that were to be cropped with others and stay as they are, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotCropped {
    /// Nothing of them lies in the part.
    pub beside: Vec<u32>,
    /// They have no size yet.
    pub arriving: Vec<u32>,
}

/// What became of files that were to be imported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportReport {
    /// The pages that came, in order.
    pub pages: Vec<PageId>,
    /// Those of them that are not complete.
    pub partial: u32,
    /// Files whose pages came, and what is to be said of each.
    pub files: Vec<ImportedFile>,
    /// Names of files that were refused, and why.
    pub refused: Vec<(String, ImportError)>,
    /// Whether a person stopped it.
    pub cancelled: bool,
    /// Why the document's database does not know of the pages yet, if so: their files bring them back, without their
    /// order and how they are turned. It is tried again.
    pub not_written_down: Option<std::io::ErrorKind>,
}

/// A file whose pages came.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedFile {
    /// What it is called.
    pub name: String,
    /// How many pages it has.
    pub pages: u32,
    /// What is not quite as it was in the file.
    pub remarks: Vec<import::Remark>,
}

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// The files written; none when the document was passed on.
    pub files: Vec<PathBuf>,
    /// Pages in them.
    pub pages: u32,
    /// Partial pages among them.
    pub partial: u32,
    /// Pages among them whose files have lost something on the disk since they came, by their numbers in the document when the
    /// save began: they are there as far as they can be read. Such a save is no whole one.
    pub damaged: Vec<NumberedDamage>,
    /// Pages of which there is nothing that could be saved, by the same numbers. The files lack them: nor is this a whole one.
    pub left_out: Vec<u32>,
    /// Sound pages that came as JPEG and are another JPEG in the files, by the same numbers: they lost a little once more.
    pub encoded_anew: Vec<u32>,
    /// Whether a page was still arriving that is not in it.
    pub while_scanning: bool,
}

impl Saved {
    /// Whether nothing is missing of what was to be saved, as far as it once was there.
    pub fn is_whole(&self) -> bool {
        self.damaged.is_empty() && self.left_out.is_empty()
    }
}

/// How a job ended, and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct JobReport {
    /// The job.
    pub transfer: TransferId,
    /// How it ended.
    pub end: JobEnd,
    /// Complete pages received.
    pub complete: u32,
    /// Partial pages received.
    pub partial: u32,
    /// Pages left out.
    pub skipped: u32,
    /// Pages received beyond the number asked for, complete or not. They are kept and left out of the
    /// document, which can be undone (R47).
    pub beyond: u32,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEnd {
    /// All that was asked for.
    Completed,
    /// The feeder ran empty before the number asked for.
    FewerPages,
    /// Ended by the person here.
    Cancelled,
    /// Ended by a person at the device.
    CancelledAtDevice,
    /// The feeder had no paper at the start.
    FeederEmpty,
    /// It failed.
    Failed(TransferError),
}
