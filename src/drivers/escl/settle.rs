//! After a cancel or a failure: bringing the device to *idle and ready* (design, section 3).
//!
//! ```text
//!  POST unanswered ─▶ its answer ─┐      (a lane is free) DELETE ─┐
//!  page under way ────────────────┴─▶ drain the page's lane ◀─────┘   (a connection is closed instead)
//!                                        │ whole        │ silent, or too long
//!                                        ▼              ▼
//!                       (one lane) DELETE ─▶ idle?    reset ─▶ probe ─▶ idle?
//! ```

use std::time::Duration;

use super::device::{
    CONTROL, DELETE_LIMIT, Device, PAGES, POST_LIMIT, PROBE_LIMIT, SLOW_PROBE_LIMIT, TICK, read_status,
};
use super::job::job_path;
use super::status::DeviceState;
use crate::http::{HttpClient, HttpError, Lane, Progress};
use crate::minidriver::Settled;

/// Silence of the page under way, with the status unanswered too, that ends the draining.
pub(super) const SETTLE_SILENCE: Duration = Duration::from_secs(10);
/// Longest draining while bytes flow.
pub(super) const SETTLE_TOTAL: Duration = Duration::from_secs(180);
/// Silence before the cancel that makes a device suspect.
const SUSPECT_SILENCE: Duration = Duration::from_secs(2);
/// Time for a suspect device to answer DELETE on a free lane.
const SUSPECT_ANSWER: Duration = Duration::from_millis(300);
/// Between two looks whether the device is idle.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Looks after which a device that still says busy is left to itself (eSCL reference, 6.4).
const IDLE_LOOKS: u32 = 30;

/// The device does not do what settling needs.
struct Stuck;

impl Device {
    /// Whether the last transfer left anything to do.
    pub(super) fn is_settled(&self) -> bool {
        self.left.is_nothing() && !self.connection.has_work_besides(self.question)
    }

    /// Puts away what the last transfer left.
    pub(super) fn settle(&mut self, source_is_feeder: bool) -> Settled {
        if self.cancel.is_gone() {
            self.connection.close();
            return Settled::NotResponding;
        }
        if !self.connection.is_open() {
            return Settled::Ready;
        }
        tracing::debug!(left = ?self.left, source_is_feeder, "settling");
        match self.put_away() {
            Ok(()) => {
                self.left = Default::default();
                self.wait_until_idle();
                if self.cancel.is_gone() { Settled::NotResponding } else { Settled::Ready }
            }
            Err(Stuck) => self.bring_back(),
        }
    }

    fn put_away(&mut self) -> Result<(), Stuck> {
        let suspect = self.silence_of_page() >= SUSPECT_SILENCE;
        self.await_post()?;
        if !self.connection.is_usb() {
            self.abandon_all_but(None)?;
        }
        let mut deleting = None;
        if let Some(job) = self.left.path.clone()
            && !self.lane_for_delete_is_busy()
        {
            deleting = self.start_delete(&job, suspect)?;
        }
        self.drain(deleting)?;
        if deleting.is_none()
            && let Some(job) = self.left.path.clone()
        {
            let request = self.delete_request(&job);
            let gone = self.gone();
            match self.fetch(&request, DELETE_LIMIT, &gone) {
                Ok(response) => tracing::debug!(status = response.head.status, "job deleted"),
                Err(_) => return Err(Stuck),
            }
        }
        Ok(())
    }

    fn gone(&self) -> impl Fn() -> bool + use<> {
        let cancel = std::sync::Arc::clone(&self.cancel);
        move || cancel.is_gone()
    }

    fn silence_of_page(&mut self) -> Duration {
        let lane = self.left.paging.or(self.left.posting);
        match (lane, self.connection.client()) {
            (Some(lane), Ok(client)) => client.silence(lane),
            _ => Duration::ZERO,
        }
    }

    /// A job that was asked for may exist: its answer names it.
    fn await_post(&mut self) -> Result<(), Stuck> {
        let Some(lane) = self.left.posting.take() else { return Ok(()) };
        let gone = self.gone();
        let client = self.connection.client().map_err(|_| Stuck)?;
        match client.await_answer(lane, POST_LIMIT, &gone) {
            Ok(response) => {
                let location = response.head.header("location").unwrap_or_default();
                self.left.path = job_path(location, &self.root).filter(|_| response.head.status < 300);
                Ok(())
            }
            // The connection that carried it is closed; nothing can be known of a job.
            Err(error) if !error.is_gone() && !self.connection.is_usb() => Ok(()),
            Err(_) => Err(Stuck),
        }
    }

    fn lane_for_delete_is_busy(&mut self) -> bool {
        self.free_lane().is_none()
    }

    /// Sends DELETE on the free lane. A device that was silent before answers at once or not at all.
    fn start_delete(&mut self, job: &str, suspect: bool) -> Result<Option<Lane>, Stuck> {
        let request = self.delete_request(job);
        let Some(lane) = self.free_lane() else { return Ok(None) };
        let gone = self.gone();
        let client = self.connection.client().map_err(|_| Stuck)?;
        client.start(lane, &request).map_err(|_| Stuck)?;
        if suspect {
            match client.await_answer(lane, SUSPECT_ANSWER, &gone) {
                Ok(response) => tracing::debug!(status = response.head.status, "job deleted"),
                Err(error) => {
                    tracing::info!(%error, "silent before the cancel and after it");
                    return Err(Stuck);
                }
            }
        }
        Ok(Some(lane))
    }

    /// Nobody wants what is under way any more: a connection is closed with it, a pipe has to be read to
    /// the answer's end. A DELETE that was just sent is kept.
    fn abandon_all_but(&mut self, deleting: Option<Lane>) -> Result<(), Stuck> {
        let client = self.connection.client().map_err(|_| Stuck)?;
        for lane in (0..client.lanes()).filter(|lane| Some(*lane) != deleting) {
            client.abandon(lane);
        }
        Ok(())
    }

    /// Reads every answer under way to its end, within the limits.
    fn drain(&mut self, mut deleting: Option<Lane>) -> Result<(), Stuck> {
        let began = self.clock.now();
        let mut alive_at = began;
        let request = self.status_request();
        let page = self.left.paging.take().unwrap_or(PAGES);
        let usb = self.connection.is_usb();
        self.abandon_all_but(deleting)?;
        // Whether a status is under way that shows whether the device lives.
        let mut asked = false;
        loop {
            let now = self.clock.now();
            if self.cancel.is_gone() {
                return Err(Stuck);
            }
            let client = self.connection.client().map_err(|_| Stuck)?;
            if (0..client.lanes()).any(|lane| client.is_poisoned(lane)) {
                return Err(Stuck);
            }
            if let Some(lane) = deleting.or(asked.then_some(CONTROL))
                && client.finish(lane).is_some()
            {
                deleting = None;
                asked = false;
                alive_at = now;
            }
            let deleted = deleting.is_none_or(|lane| client.exchange(lane).is_none());
            let draining = silence_of_others(client, [deleting, asked.then_some(CONTROL)]);
            if draining.is_none() && deleted {
                if asked {
                    client.abandon(CONTROL);
                }
                return Ok(());
            }
            let silence = draining.unwrap_or_else(|| client.silence(page)).min(now.since(alive_at));
            let took = now.since(began);
            let limit = if draining.is_some() { SETTLE_TOTAL } else { DELETE_LIMIT };
            if took >= limit || (draining.is_some() && silence >= SETTLE_SILENCE) {
                tracing::info!("the device does not end what it does");
                return if usb { Err(Stuck) } else { self.abandon_all_but(None) };
            }
            // A device that answers for itself is given time to finish the page.
            if deleted && !asked && silence >= SETTLE_SILENCE / 2 && client.is_free(CONTROL) {
                asked = client.start(CONTROL, &request).is_ok();
            }
            let wait = TICK.min(SETTLE_SILENCE.saturating_sub(silence)).max(Duration::from_millis(1));
            if let Progress::Failed(lane, error) = client.advance(wait) {
                if usb || error.is_gone() {
                    return Err(Stuck);
                }
                tracing::debug!(lane, %error, "while settling");
                deleting = deleting.filter(|deleting| *deleting != lane);
            }
        }
    }

    /// Reset, then see whether the device answers again.
    fn bring_back(&mut self) -> Settled {
        let job = self.left.path.take();
        self.left = Default::default();
        let gone = self.gone();
        for limit in [PROBE_LIMIT, SLOW_PROBE_LIMIT] {
            if self.cancel.is_gone() || self.reset(&gone).is_err() {
                break;
            }
            if self.prove(limit, &gone).is_ok() {
                if let Some(job) = job {
                    // It may have survived the reset; when not, nothing is lost by asking.
                    let request = self.delete_request(&job);
                    let _ = self.fetch(&request, PROBE_LIMIT, &gone);
                }
                self.wait_until_idle();
                return if self.cancel.is_gone() { Settled::NotResponding } else { Settled::Reset };
            }
        }
        self.connection.close();
        Settled::NotResponding
    }

    /// An answer on every lane proves that the streams are in step.
    pub(super) fn prove(&mut self, limit: Duration, stop: &dyn Fn() -> bool) -> Result<(), HttpError> {
        let request = self.status_request();
        let client = self.connection.client().map_err(|_| HttpError::Poisoned)?;
        for lane in 0..client.lanes() {
            client.fetch(lane, &request, limit, stop)?;
        }
        self.connection.unproved = false;
        Ok(())
    }

    /// The next job of a device that is not idle would be answered 503.
    fn wait_until_idle(&mut self) {
        let gone = self.gone();
        for _ in 0..IDLE_LOOKS {
            let request = self.status_request();
            let status = match self.fetch(&request, PROBE_LIMIT, &gone) {
                Ok(response) => read_status(&response),
                Err(error) => return tracing::info!(%error, "status after settling"),
            };
            if matches!(status.state, DeviceState::Idle | DeviceState::Unknown | DeviceState::Stopped) {
                return;
            }
            self.pause(IDLE_INTERVAL, &gone);
        }
        tracing::info!("still busy after settling");
    }
}

/// How long the answers that are still to be read have been silent, those of these lanes left out;
/// `None` when there is none to read.
fn silence_of_others(client: &HttpClient, left_out: [Option<Lane>; 2]) -> Option<Duration> {
    let others = (0..client.lanes()).filter(|lane| !left_out.contains(&Some(*lane)) && !client.is_free(*lane));
    others.map(|lane| client.silence(lane)).min()
}
