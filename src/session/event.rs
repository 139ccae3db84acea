//! What happened, one event per page or change of state.

use std::path::PathBuf;
use std::sync::Arc;

use crate::document::PageId;
use crate::export::ExportError;
use crate::minidriver::{DeviceFailure, TransferId};
use crate::transfer::TransferError;

use super::DeviceTrouble;
use super::settings::SettingsError;

/// Something that happened. Facts travel here; progress is in the snapshot.
#[derive(Clone, Debug, PartialEq)]
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
    /// The device is idle again after a job that did not end by itself.
    Settled(TransferId),
    /// The document was saved.
    Saved {
        /// The files written.
        files: Vec<PathBuf>,
        /// Pages in them.
        pages: u32,
        /// Partial pages among them.
        partial: u32,
    },
    /// Saving did not work; the old target is as it was.
    SaveFailed(Arc<ExportError>),
    /// A job could not be started with these settings.
    Refused(SettingsError),
    /// The device chosen was opened and asked, or cannot be used.
    DeviceAsked(Result<(), DeviceTrouble>),
    /// Saving was cancelled; the old target is as it was.
    SaveCancelled,
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
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEnd {
    /// All that was asked for.
    Completed,
    /// The feeder ran empty before the number asked for.
    FewerPages,
    /// Ended by the person.
    Cancelled,
    /// The feeder had no paper at the start.
    FeederEmpty,
    /// It failed.
    Failed(TransferError),
}
