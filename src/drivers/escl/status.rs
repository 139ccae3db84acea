//! ScannerStatus and ScanImageInfo (eSCL reference, 5 and 7).

use super::xml::{Element, XmlError, unprefixed};
use crate::minidriver::{Condition, FeederState};

/// What a device says of itself at a moment. A hint, not the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What the whole device does.
    pub state: DeviceState,
    /// What the feeder does; absent without one.
    pub adf: Option<AdfState>,
    /// Jobs, old ones included.
    pub jobs: Vec<JobInfo>,
}

/// `pwg:State`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceState {
    /// Ready.
    Idle,
    /// At work.
    Processing,
    /// Calibrating or warming up.
    Testing,
    /// Stopped by an error.
    Stopped,
    /// Out of service.
    Down,
    /// Not said, or a word of its own.
    #[default]
    Unknown,
}

/// `scan:AdfState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdfState {
    /// Paper is in it.
    Loaded,
    /// Empty, or so it says: some say so while the last sheet is still being scanned.
    Empty,
    /// Busy with the feeder; says nothing of paper.
    Processing,
    /// Something is in the way.
    Trouble(Condition),
    /// A word of its own.
    Unknown,
}

/// One entry of the list of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobInfo {
    /// Path of the job, as written.
    pub uri: String,
    /// What it does.
    pub state: JobState,
    /// Reasons, without prefixes.
    pub reasons: Vec<String>,
    /// Pages done.
    pub images_completed: Option<i64>,
    /// Pages that wait to be fetched.
    pub images_to_transfer: Option<i64>,
}

/// `pwg:JobState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// Waiting, or held.
    Pending,
    /// At work.
    Processing,
    /// Ended well.
    Completed,
    /// Ended by a person.
    Canceled,
    /// Ended by the device.
    Aborted,
    /// Not said, or a word of its own.
    #[default]
    Unknown,
}

/// `scan:ScanImageInfo`: the true numbers of the page just delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageInfo {
    /// Pixels in a row.
    pub width: Option<u32>,
    /// Rows.
    pub height: Option<u32>,
    /// Bytes from row to row.
    pub bytes_per_line: Option<usize>,
}

impl Status {
    /// Reads a status document.
    ///
    /// # Errors
    /// It is no readable status document.
    pub fn parse(bytes: &[u8]) -> Result<Status, XmlError> {
        let root = Element::parse(bytes)?;
        if root.name != "ScannerStatus" {
            return Err(XmlError::NoRoot);
        }
        let state = match root.text_of("State").map(unprefixed) {
            Some("Idle") => DeviceState::Idle,
            Some("Processing") => DeviceState::Processing,
            Some("Testing") => DeviceState::Testing,
            Some("Stopped") => DeviceState::Stopped,
            Some("Down") => DeviceState::Down,
            _ => DeviceState::Unknown,
        };
        let adf = root.text_of("AdfState").map(|text| AdfState::of(unprefixed(text)));
        let jobs = root.all("JobInfo").into_iter().map(job_info).collect();
        Ok(Status { state, adf, jobs })
    }

    /// The entry of a job, found by the last part of its path (reference, 5).
    pub fn job(&self, path: &str) -> Option<&JobInfo> {
        let wanted = last_part(path);
        self.jobs.iter().find(|job| !wanted.is_empty() && last_part(&job.uri) == wanted)
    }

    /// Whether a job is at work or waits to be.
    pub fn is_alive(&self, path: &str) -> bool {
        match self.job(path) {
            Some(job) => matches!(job.state, JobState::Pending | JobState::Processing),
            // A device that lists no jobs at all can only say that it is busy.
            None => self.jobs.is_empty() && self.state == DeviceState::Processing,
        }
    }

    /// What keeps the device from going on, when it says so.
    pub fn trouble(&self) -> Option<Condition> {
        match (self.adf, self.state) {
            (Some(AdfState::Trouble(condition)), _) => Some(condition),
            (_, DeviceState::Stopped | DeviceState::Down) => Some(Condition::Attention),
            _ => None,
        }
    }

    /// Paper in the feeder, as an application sees it.
    pub fn feeder(&self, detects_paper: bool) -> FeederState {
        match self.adf {
            Some(AdfState::Loaded) => FeederState::Loaded,
            Some(AdfState::Trouble(condition)) => FeederState::Trouble(condition),
            // A feeder that cannot look for paper says Empty always.
            Some(AdfState::Empty) if detects_paper => FeederState::Empty,
            _ => FeederState::Unknown,
        }
    }
}

impl JobInfo {
    /// Whether a person ended it, here or at the device.
    pub fn is_cancelled(&self) -> bool {
        self.state == JobState::Canceled
            || self.reasons.iter().any(|reason| matches!(reason.as_str(), "JobCanceledByUser" | "JobCanceledAtDevice"))
    }
}

impl AdfState {
    fn of(text: &str) -> AdfState {
        // "ScannedAdfLoaded" has been seen too.
        let word = text.strip_prefix("ScannerAdf").or_else(|| text.strip_prefix("ScannedAdf")).unwrap_or(text);
        match word {
            "Loaded" => AdfState::Loaded,
            "Empty" => AdfState::Empty,
            "Processing" => AdfState::Processing,
            "Jam" => AdfState::Trouble(Condition::PaperJam),
            "HatchOpen" | "DoorOpen" | "CoverOpen" => AdfState::Trouble(Condition::CoverOpen),
            "MultipickDetected" => AdfState::Trouble(Condition::MultiFeed),
            "Mispick" | "DuplexPageTooShort" | "DuplexPageTooLong" | "InputTrayFailed" | "InputTrayOverloaded" => {
                AdfState::Trouble(Condition::PaperProblem)
            }
            _ => AdfState::Unknown,
        }
    }
}

impl ImageInfo {
    /// Reads a ScanImageInfo document, or the answer to a ScanBufferInfo.
    ///
    /// # Errors
    /// It is no readable XML document.
    pub fn parse(bytes: &[u8]) -> Result<ImageInfo, XmlError> {
        let root = Element::parse(bytes)?;
        let positive = |names: [&str; 2]| {
            let number = names.iter().find_map(|name| root.number_of(name))?;
            u32::try_from(number).ok().filter(|number| *number > 0)
        };
        Ok(ImageInfo {
            width: positive(["ActualWidth", "ImageWidth"]),
            height: positive(["ActualHeight", "ImageHeight"]),
            bytes_per_line: positive(["ActualBytesPerLine", "BytesPerLine"]).map(|bytes| bytes as usize),
        })
    }
}

fn job_info(element: &Element) -> JobInfo {
    let state = match element.text_of("JobState").map(unprefixed) {
        Some("Pending" | "PendingHeld") => JobState::Pending,
        Some("Processing") => JobState::Processing,
        Some("Completed") => JobState::Completed,
        Some("Canceled" | "Cancelled") => JobState::Canceled,
        Some("Aborted") => JobState::Aborted,
        _ => JobState::Unknown,
    };
    JobInfo {
        uri: element.text_of("JobUri").unwrap_or_default().to_owned(),
        state,
        reasons: element
            .all("JobStateReason")
            .into_iter()
            .filter_map(|reason| reason.value())
            .map(|reason| unprefixed(reason).to_owned())
            .collect(),
        images_completed: element.number_of("ImagesCompleted"),
        images_to_transfer: element.number_of("ImagesToTransfer"),
    }
}

/// The last part of a path, without `urn:uuid:` before it.
fn last_part(path: &str) -> &str {
    let part = path.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    part.strip_prefix("urn:uuid:").unwrap_or(part)
}
