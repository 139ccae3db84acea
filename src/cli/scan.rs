//! `lightbar scan`: one job, one saved file, one line about it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, select};

use crate::minidriver::{AcquireError, FeederState, PageLimit, Source};
use crate::session::settings::{ScanSettings, SettingsError, sources};
use crate::session::{
    Command, DeviceId, DeviceTrouble, Event, JobEnd, JobReport, SaveWish, ScanState, ScanWish, Session,
};
use crate::text::errors::{self, Sentences};

use super::arguments::{FormatName, Scan};
use super::progress::ProgressLine;
use super::report::{Report, ReportedError, Status};

/// How long a device may take to say what it can do; sleeping ones are slow (eSCL reference, 6.5).
const DEVICE_LIMIT: Duration = Duration::from_secs(60);
/// How long a search for devices may take when none was named.
const SEARCH_LIMIT: Duration = Duration::from_secs(5);
/// How long a device that says nothing is waited for before the program ends (design, section 3).
const LEAVE_SILENT_AFTER: Duration = Duration::from_secs(1);
/// How often progress is drawn, and the longest time between two looks at anything.
const TICK: Duration = Duration::from_millis(200);

/// Runs `lightbar scan`.
pub(super) fn run(arguments: &Scan, session: Session, interrupts: &Receiver<()>) -> Report {
    let mut job = Job { arguments, session, interrupts, progress: ProgressLine::on_stderr(), device: None };
    let report = job.run().unwrap_or_else(|failure| job.failed(failure));
    job.print(&report);
    job.let_the_device_finish();
    report
}

/// What keeps a scan from beginning or from being saved.
enum Failure {
    /// The arguments ask for what does not exist: status 2.
    Usage(Sentences),
    /// Anything else: status 1.
    Other { condition: String, code: Option<String>, sentences: Sentences },
    /// Ctrl+C before anything came.
    Cancelled,
}
