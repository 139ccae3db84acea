//! One device: the way to it, what it can do, how it is treated, and the job it may still have.

use std::sync::Arc;
use std::time::Duration;

use super::capabilities::Capabilities;
use super::connect::{Connection, RESET_PAUSE, link_failure};
use super::page::LearnedLayout;
use super::quirks::Quirks;
use super::settings::Variant;
use super::status::Status;
use crate::clock::Clock;
use crate::http::{HttpError, Lane, Method, Progress, Request, Response};
use crate::minidriver::{CancelIo, Condition, DeviceFailure};

/// Limit of a status or capabilities request (eSCL reference, 6.5).
pub(super) const DOCUMENT_LIMIT: Duration = Duration::from_secs(20);
/// Limit of the request that proves that a stream is in step (reference, 9.2).
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// The same after a reset: slow starters need it.
pub(super) const SLOW_PROBE_LIMIT: Duration = Duration::from_secs(20);
/// Limit of a POST.
pub(super) const POST_LIMIT: Duration = Duration::from_secs(30);
/// Limit of a DELETE after a cancel.
pub(super) const DELETE_LIMIT: Duration = Duration::from_secs(30);
/// Limit of the DELETE or status after a job that ended well: nobody should wait for it for long.
pub(super) const RELEASE_LIMIT: Duration = Duration::from_secs(5);
/// Longest single wait: how late progress is reported (R35).
pub(super) const TICK: Duration = Duration::from_millis(500);

/// The lane for pages.
pub(super) const PAGES: Lane = 0;
/// The lane for everything else, where there is one.
pub(super) const CONTROL: Lane = 1;

/// A device, whether a job runs or not.
pub(super) struct Device {
    pub(super) connection: Connection,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cancel: Arc<CancelIo>,
    /// Root path, without slashes at its ends.
    pub(super) root: String,
    pub(super) capabilities: Capabilities,
    pub(super) quirks: Quirks,
    /// The way of writing settings that this device took last.
    pub(super) variant: Variant,
    /// How its raw rows were found to lie.
    pub(super) learned: LearnedLayout,
    /// What the device may still have of a job.
    pub(super) left: Left,
    /// The lane on which nobody waits for the answer to a question any more. A job goes ahead on the other one.
    pub(super) question: Option<Lane>,
}

/// What a job leaves behind until it is put away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// The device's job.
    pub(super) path: Option<String>,
    /// A POST whose answer has not come.
    pub(super) posting: Option<Lane>,
    /// A page that is asked for or under way.
    pub(super) paging: Option<Lane>,
}

impl Left {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Left::default()
    }
}

impl Device {
    /// A path below the root.
    pub(super) fn path(&self, resource: &str) -> String {
        if self.root.is_empty() { format!("/{resource}") } else { format!("/{}/{resource}", self.root) }
    }

    /// A GET below the root.
    pub(super) fn get(&self, resource: &str) -> Request {
        Request::get(self.path(resource))
    }

    /// The status request.
    pub(super) fn status_request(&self) -> Request {
        self.get("ScannerStatus")
    }

    /// The request that ends a job.
    pub(super) fn delete_request(&self, job: &str) -> Request {
        Request::new(Method::Delete, job)
    }

    /// A lane on which a request can be started, the one for everything else first.
    pub(super) fn free_lane(&mut self) -> Option<Lane> {
        let client = self.connection.client().ok()?;
        [CONTROL, PAGES].into_iter().find(|lane| client.is_free(*lane))
    }

    /// One request and its whole answer on a free lane.
    pub(super) fn fetch(
        &mut self,
        request: &Request,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Response, HttpError> {
        let lane = self.free_lane().ok_or(HttpError::LaneBusy)?;
        let client = self.connection.client().map_err(|_| HttpError::Link(crate::http::LinkError::ShutDown))?;
        let response = client.fetch(lane, request, limit, stop)?;
        self.connection.unproved = false;
        Ok(response)
    }

    /// The status, now.
    pub(super) fn status(&mut self, limit: Duration, stop: &dyn Fn() -> bool) -> Result<Status, HttpError> {
        let request = self.status_request();
        let response = self.fetch(&request, limit, stop)?;
        Ok(read_status(&response))
    }

    /// Nobody wants the answer to a question any more: a connection is closed with it; on a pipe it is read
    /// when it comes.
    pub(super) fn abandon_question(&mut self) {
        let unproved = self.connection.unproved;
        let Ok(client) = self.connection.client() else { return };
        (0..client.lanes()).for_each(|lane| client.abandon(lane));
        // Streams that no answer has proved are proved first, and that takes all of them.
        let goes_ahead = !unproved && client.is_free(PAGES) && !client.is_free(CONTROL);
        self.question = goes_ahead.then_some(CONTROL);
    }

    /// Waits without any request; ends early when `stop` says so after a wake.
    pub(super) fn pause(&mut self, length: Duration, stop: &dyn Fn() -> bool) {
        let until = self.clock.now() + length;
        while let Ok(client) = self.connection.client() {
            let left = until.since(self.clock.now());
            if left.is_zero() || stop() {
                return;
            }
            if let Progress::Failed(_, error) = client.advance(left.min(TICK))
                && error.is_gone()
            {
                return;
            }
        }
    }

    /// Brings the streams back to their beginning and waits for the device to come back.
    pub(super) fn reset(&mut self, stop: &dyn Fn() -> bool) -> Result<(), DeviceFailure> {
        tracing::info!("resetting the device");
        self.left.posting = None;
        self.left.paging = None;
        self.connection.reset(&self.quirks, stop).map_err(|error| Condition::Offline.with(error.to_string()))?;
        if self.connection.is_usb() {
            self.pause(RESET_PAUSE, stop);
        }
        Ok(())
    }

    /// A failed request, as the application is told.
    pub(super) fn failure(&self, error: HttpError) -> DeviceFailure {
        if self.cancel.is_gone() {
            return Condition::Offline.with("unplugged");
        }
        failure_of(error)
    }
}

/// The status in an answer; one that says nothing when it cannot be read.
pub(super) fn read_status(response: &Response) -> Status {
    if response.head.status != 200 {
        return Status::default();
    }
    Status::parse(&response.body).unwrap_or_else(|error| {
        tracing::debug!(%error, "status");
        Status::default()
    })
}

/// A failed request, as the application is told.
pub(super) fn failure_of(error: HttpError) -> DeviceFailure {
    let condition = match &error {
        HttpError::Link(link) => return link_failure(link.clone()),
        HttpError::Silent(_) | HttpError::LaneBusy => Condition::NotAnswering,
        _ => Condition::Communication,
    };
    condition.with(error.to_string())
}
