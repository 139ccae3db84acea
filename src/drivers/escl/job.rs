//! The device's job: its path, and what an answer and a status together mean.
//!
//! ```text
//!  POST ──201──▶ job ──GET──▶ 200 page ──▶ GET … ──▶ 404 the end
//!   │ 503 later     │           └ empty ─┐      └ 410, 409, 5xx, broken
//!   │ 409 another   │ 503 later          ▼               ▼
//!   │     variant   └──────────▶ status: at work → again; cancelled; trouble; over
//! ```
//!
//! Nothing in here talks to a device.

use std::time::Duration;

use super::status::{AdfState, JobState, Status};
use crate::minidriver::{Condition, DeviceFailure};

/// GETs that a 404 in the middle of a job at work is followed by.
pub(super) const NOT_FOUND_TRIES: u32 = 5;
/// 503 answers to GET before it matters whether the job is still at work (reference, 6.3).
pub(super) const UNAVAILABLE_TRIES: u32 = 30;
/// 503 answers to GET that are too many even for a job at work.
pub(super) const UNAVAILABLE_LIMIT: u32 = 600;
/// Broken answers in a row that are asked for again.
pub(super) const BROKEN_TRIES: u32 = 3;

/// Why the status is asked in the middle of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// GET was answered 404.
    NotFound,
    /// GET was answered 410.
    Gone,
    /// GET was answered 409.
    Conflict,
    /// GET was answered 503.
    Unavailable {
        /// Before it is asked again, as the device wants it.
        pause: Duration,
    },
    /// GET was answered 200 without a byte.
    Empty,
    /// GET was answered with another failure, or not to its end.
    Broken(DeviceFailure),
    /// A page ended before its end, or has none.
    Cut(DeviceFailure),
    /// A page that does not say how high it is ended before the length asked for, where its sheet may have ended.
    Short,
    /// POST was answered 409 or 400.
    PostRefused(u16),
    /// POST was answered 503.
    PostBusy,
}

/// What is known of a job when a status is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// Path of the job, once there is one.
    pub(super) path: Option<&'a str>,
    /// The source is a feeder.
    pub(super) from_feeder: bool,
    /// Pages the device's job has delivered.
    pub(super) pages: u32,
    /// No page came in the whole transfer.
    pub(super) none_yet: bool,
    /// How often the same answer came in a row.
    pub(super) tries: u32,
    /// The device ends its job after each sheet.
    pub(super) job_per_sheet: bool,
    /// 404 and 410 mean "again".
    pub(super) not_found_means_again: bool,
    /// A stream that broke stays out of step until the device is reset (eSCL reference, 9.5).
    pub(super) over_usb: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask for the page again, after a pause.
    AskAgain,
    /// Start the job again, after a pause.
    PostAgain,
    /// Start the job again with settings written in another way.
    OtherVariant,
    /// Start a further job: paper is left.
    NextJob,
    /// The page under way is whole.
    PageWhole,
    /// There are no more pages.
    NoMorePages,
    /// A person ended the job at the device.
    Cancelled,
    /// It does not go on like this.
    Failed(DeviceFailure),
}

/// What an answer means in the light of a status. Troubles and a person's cancel count before all else.
pub(super) fn judge(why: &Why, status: &Status, known: &Known<'_>) -> Verdict {
    let job = known.path.and_then(|path| status.job(path));
    if job.is_some_and(|job| job.is_cancelled()) {
        return Verdict::Cancelled;
    }
    if let Some(condition) = status.trouble() {
        return Verdict::Failed(condition.with(format!("{:?} {:?} after {why:?}", status.state, status.adf)));
    }
    let alive = known.path.is_some_and(|path| status.is_alive(path));
    let waiting = job.and_then(|job| job.images_to_transfer).is_some_and(|images| images > 0);
    let aborted = job.is_some_and(|job| job.state == JobState::Aborted);
    let empty = known.from_feeder && status.adf == Some(AdfState::Empty);
    // The device counts a page of which not a byte came: it is lost, and asking on would hide that.
    let counted = job.and_then(|job| job.images_completed).is_some_and(|images| images > i64::from(known.pages));
    match why {
        Why::Empty if counted => Verdict::Failed(Condition::LostPage.with("counted as sent")),
        Why::NotFound | Why::Gone | Why::Empty => {
            let again = alive || (waiting && !aborted) || (known.not_found_means_again && job.is_none() && !empty);
            let most = if known.not_found_means_again { UNAVAILABLE_TRIES } else { NOT_FOUND_TRIES };
            match again && known.tries < most {
                true => Verdict::AskAgain,
                false if aborted => Verdict::Failed(aborted_job()),
                false if known.none_yet && !empty => without_a_page(why, status, known, alive),
                false => over(why, status, known),
            }
        }
        Why::Conflict if known.from_feeder && !aborted => over(why, status, known),
        Why::Conflict => Verdict::Failed(Condition::Refused.with("HTTP 409")),
        Why::Unavailable { .. } if aborted => Verdict::Failed(aborted_job()),
        Why::Unavailable { .. } if known.tries < UNAVAILABLE_TRIES || (alive && known.tries < UNAVAILABLE_LIMIT) => {
            Verdict::AskAgain
        }
        Why::Unavailable { .. } => Verdict::Failed(Condition::Busy.with("HTTP 503 without end")),
        Why::Broken(_) if alive && !known.over_usb && known.tries < BROKEN_TRIES => Verdict::AskAgain,
        Why::Broken(failure) => Verdict::Failed(failure.clone()),
        Why::Cut(failure) => Verdict::Failed(failure.clone()),
        Why::Short => Verdict::PageWhole,
        Why::PostRefused(_) if empty => Verdict::NoMorePages,
        Why::PostRefused(_) => Verdict::OtherVariant,
        Why::PostBusy => Verdict::PostAgain,
    }
}

/// The job is over before its first page, and the feeder, if it is one, does not say that it is empty.
fn without_a_page(why: &Why, status: &Status, known: &Known<'_>, alive: bool) -> Verdict {
    let loaded = known.from_feeder && status.adf == Some(AdfState::Loaded);
    match why {
        Why::Gone => Verdict::Failed(Condition::General.with("HTTP 410 before the first page")),
        _ if loaded || alive => Verdict::Failed(Condition::NoPages.with(format!("{why:?} before the first page"))),
        _ => Verdict::NoMorePages,
    }
}

/// The job has no further page: whether another one fetches what is left. Only 404 is the regular end; any other
/// answer with paper in the feeder is none.
fn over(why: &Why, status: &Status, known: &Known<'_>) -> Verdict {
    let paper_left = matches!(status.adf, Some(AdfState::Loaded | AdfState::Processing));
    if known.from_feeder && known.job_per_sheet && known.pages > 0 && paper_left {
        return Verdict::NextJob;
    }
    if known.from_feeder && *why != Why::NotFound && status.adf == Some(AdfState::Loaded) {
        return Verdict::Failed(Condition::PaperLeft.with(format!("{why:?} between two pages")));
    }
    Verdict::NoMorePages
}

fn aborted_job() -> DeviceFailure {
    Condition::General.with("the device aborted the job")
}

/// The path of a job from a Location header: its host may be nonsense and is never used (reference, 6.2).
pub(super) fn job_path(location: &str, root: &str) -> Option<String> {
    let location = location.trim();
    let path = match location.split_once("://").map(|(_, rest)| rest).or(location.strip_prefix("//")) {
        Some(rest) => &rest[rest.find('/')?..],
        None => location,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    if path.is_empty() {
        return None;
    }
    let root = root.trim_matches('/');
    let has_root = root.is_empty() || path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    // Relative to the collection or to the root, and then without it.
    let path = match path.split('/').next() {
        _ if has_root => format!("/{path}"),
        Some("ScanJobs") => format!("/{root}/{path}"),
        _ if !location.starts_with('/') && !location.contains("://") => format!("/{root}/ScanJobs/{path}"),
        _ => format!("/{path}"),
    };
    Some(path)
}

/// The failure that an HTTP status stands for where no status document can say more.
pub(super) fn refusal(code: u16) -> DeviceFailure {
    let condition = match code {
        401 | 403 => Condition::NotPermitted,
        400 | 409 | 415 | 422 => Condition::Refused,
        503 => Condition::Busy,
        500..=599 => Condition::General,
        _ => Condition::Communication,
    };
    condition.with(format!("HTTP {code}"))
}

/// The same before there is a job that a device could give up.
pub(super) fn refusal_without_job(code: u16) -> DeviceFailure {
    match code {
        503 => refusal(code),
        500..=599 => Condition::DeviceError.with(format!("HTTP {code}")),
        _ => refusal(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_becomes_a_path_whatever_its_host() {
        let paths = [
            ("http://BR54BF.03f011c2.hpLedmUSB/eSCL/ScanJobs/1", "/eSCL/ScanJobs/1"),
            ("http://[fe80/eSCL/ScanJobs/4060", "/eSCL/ScanJobs/4060"),
            ("/eSCL/ScanJobs/urn:uuid:1-2/", "/eSCL/ScanJobs/urn:uuid:1-2"),
            ("/ScanJobs/3", "/eSCL/ScanJobs/3"),
            ("ScanJobs/3", "/eSCL/ScanJobs/3"),
            ("eSCL/ScanJobs/3", "/eSCL/ScanJobs/3"),
            ("7", "/eSCL/ScanJobs/7"),
            (" https://x:443/other/ScanJobs/9 ", "/other/ScanJobs/9"),
        ];
        for (location, path) in paths {
            assert_eq!(job_path(location, "eSCL").as_deref(), Some(path), "{location}");
        }
        assert_eq!(job_path("http://host", "eSCL"), None);
        assert_eq!(job_path("", "eSCL"), None);
    }
}
