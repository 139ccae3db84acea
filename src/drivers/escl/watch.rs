//! Watching a device over the second lane while a page is awaited or under way (design, section 3, *Liveness*).

use std::time::Duration;

use super::device::{CONTROL, Device, PAGES, read_status};
use super::status::{DeviceState, Status};
use crate::clock::Moment;
use crate::http::Lane;
use crate::minidriver::{Condition, DeviceFailure};

/// Between two status requests while pages come.
const INTERVAL: Duration = Duration::from_secs(10);
/// The same while the device warms up, so that its end is noticed soon, and before a page's first byte, so that its
/// beginning is.
const WARM_UP_INTERVAL: Duration = Duration::from_secs(2);
/// For so long the first byte of a page is awaited like that; a warm-up has begun by then.
const MAY_WARM_UP: Duration = Duration::from_secs(10);
/// Silence of a page after which the status is asked for the first time.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// Unanswered requests that mean offline.
const MISSES: u32 = 3;
/// Age up to which a status still says something of the present.
const FRESH: Duration = Duration::from_secs(25);

/// Asks the status now and then, and keeps the last one.
pub(super) struct Watch {
    next: Moment,
    /// The request on its way: its lane and when it was sent.
    asked: Option<(Lane, Moment)>,
    /// Requests that failed in a row.
    misses: u32,
    last: Option<(Status, Moment)>,
}

/// What watching says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watched {
    /// The device answers and says that it is at work.
    AtWork,
    /// Nothing is known.
    Unknown,
}

impl Watch {
    pub(super) fn new(now: Moment) -> Watch {
        Watch { next: now + FIRST_LOOK, asked: None, misses: 0, last: None }
    }

    /// A page is asked for.
    pub(super) fn begin(&mut self, now: Moment) {
        self.next = now + if self.is_warming_up() { WARM_UP_INTERVAL } else { FIRST_LOOK };
        self.misses = 0;
    }

    /// Keeps a status that was asked for another reason.
    pub(super) fn note(&mut self, status: Status, now: Moment) {
        self.misses = 0;
        self.last = Some((status, now));
    }

    /// The last status.
    pub(super) fn last(&self) -> Option<&Status> {
        self.last.as_ref().map(|(status, _)| status)
    }

    /// Whether the device warmed up when it was asked last.
    pub(super) fn is_warming_up(&self) -> bool {
        self.last().is_some_and(|status| status.state == DeviceState::Testing)
    }

    /// Time until there is something to do.
    pub(super) fn due(&self, now: Moment) -> Duration {
        match self.asked {
            Some(_) => INTERVAL,
            None => self.next.since(now),
        }
        .max(Duration::from_millis(1))
    }

    /// Looks at the answer that may have come and asks again when it is time.
    ///
    /// # Errors
    /// [`Condition::Offline`] when neither this lane nor the page's answers any more; the trouble that
    /// the device reports while its page stays silent.
    pub(super) fn step(&mut self, device: &mut Device, page: Lane) -> Result<Watched, DeviceFailure> {
        let now = device.clock.now();
        let request = device.status_request();
        let client = device.connection.client()?;
        let silence = client.silence(page);
        let nothing_yet = client.exchange(page).is_some_and(|exchange| exchange.received() == 0);
        if let Some((lane, asked)) = self.asked {
            if let Some(response) = client.finish(lane) {
                self.note(read_status(&response), now);
                self.asked = None;
                let soon = self.is_warming_up() || (nothing_yet && silence < MAY_WARM_UP);
                self.next = now + if soon { WARM_UP_INTERVAL } else { INTERVAL };
                self.check_trouble(silence)?;
            } else if client.exchange(lane).is_none() {
                self.asked = None;
                self.misses += 1;
                self.next = now + INTERVAL;
            } else if now.since(asked) >= INTERVAL * (MISSES - self.misses.min(MISSES)) {
                // One request unanswered for three intervals counts like three of them.
                self.misses = MISSES;
            }
        } else if now >= self.next
            && let Some(lane) = [CONTROL, PAGES].into_iter().find(|lane| *lane != page && client.is_free(*lane))
        {
            match client.start(lane, &request) {
                Ok(()) => self.asked = Some((lane, now)),
                Err(error) if error.is_gone() => return Err(device.failure(error)),
                Err(_) => self.misses += 1,
            }
            self.next = now + INTERVAL;
        }
        if self.misses >= MISSES && silence >= INTERVAL * MISSES {
            return Err(Condition::Offline.with("neither page nor status is answered"));
        }
        Ok(self.watched(now))
    }

    /// The request on its way is nobody's any more.
    pub(super) fn stop(&mut self, device: &mut Device) {
        if let Some((lane, _)) = self.asked.take()
            && let Ok(client) = device.connection.client()
        {
            client.abandon(lane);
        }
    }

    fn check_trouble(&self, silence: Duration) -> Result<(), DeviceFailure> {
        let trouble = self.last().and_then(Status::trouble);
        match trouble.filter(|_| silence >= INTERVAL) {
            Some(condition) => Err(condition.with("while the page is silent")),
            None => Ok(()),
        }
    }

    fn watched(&self, now: Moment) -> Watched {
        match &self.last {
            Some((status, at))
                if now.since(*at) < FRESH && matches!(status.state, DeviceState::Processing | DeviceState::Testing) =>
            {
                Watched::AtWork
            }
            _ => Watched::Unknown,
        }
    }
}
