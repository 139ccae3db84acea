//! The page loop's view of a job: pages, bands, going on after a problem, and the end.

use super::device::{DOCUMENT_LIMIT, Device, RELEASE_LIMIT};
use super::job::Why;
use super::source::{JobSource, OpenPage, State};
use super::status::JobState;
use crate::http::{Progress, Request};
use crate::minidriver::{BandRead, Condition, DeviceFailure, DrawnAhead, PageSource, PageWait, Resumed, Source};

/// Bytes that are gathered for one band when they are there already.
const BAND_LENGTH: usize = 64 << 10;
/// Pages that are taken beyond the wanted number, whatever a device claims to have drawn in: devices
/// buffer a few (eSCL reference, 6.3).
const AHEAD_LIMIT: u32 = 10;

impl PageSource for JobSource<'_> {
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure> {
        self.advance_to_page()
    }

    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        if self.is_cancelled() {
            return Ok(BandRead::Cancelled);
        }
        self.check_gone()?;
        match &self.state {
            State::Awaited(_) => {
                let from = band.len();
                let read = self.read_page(band)?;
                self.keep_copy(&band[from..]);
                Ok(read)
            }
            State::Again => Ok(BandRead::Again),
            // The page's answer ended too early; the status is asked why.
            _ => {
                self.step()?;
                Ok(if self.state == State::OverCancelled { BandRead::CancelledAtDevice } else { BandRead::Tick })
            }
        }
    }

    fn resume(&mut self) -> Result<Resumed, DeviceFailure> {
        self.check_gone()?;
        let page_goes_on = match &self.page {
            Some(open) => self.is_under_way(open.lane),
            None => matches!(self.state, State::Awaited(lane) if self.is_under_way(lane)),
        };
        match self.look_again() {
            Look::Cancelled => return Ok(Resumed::SamePage),
            Look::Trouble(failure) => return Err(failure),
            Look::Fine => {}
        }
        if page_goes_on {
            if let State::Awaited(lane) = self.state {
                self.device.connection.client()?.forgive_silence(lane);
            }
            self.watch.begin(self.device.clock.now());
            return Ok(Resumed::SamePage);
        }
        let alive = self.old_job_is_alive();
        let was_open = self.page.take().is_some();
        if alive && self.device.left.path.is_some() {
            self.state = State::Ask;
            return Ok(if was_open { Resumed::PageAgain } else { Resumed::SamePage });
        }
        self.restart();
        Ok(Resumed::PageAgain)
    }

    /// What the device had drawn in when the number was reached is taken. While it is taken such a
    /// device draws in the next sheets, to the end of the stack; only the end of its job stops that,
    /// and what it holds then comes out without a page (eSCL reference, 6.4).
    fn drawn_ahead(&mut self) -> Result<DrawnAhead, DeviceFailure> {
        if self.wanted.source == Source::Flatbed {
            return Ok(DrawnAhead::Nothing);
        }
        let first_look = self.ahead.is_none();
        let left = match self.ahead {
            Some(left) => left,
            None => self.pages_drawn_in()?.min(AHEAD_LIMIT),
        };
        self.ahead = Some(left.saturating_sub(1));
        if left > 0 {
            return Ok(DrawnAhead::Page);
        }
        let passing = if first_look { 0 } else { self.pages_drawn_in()? };
        Ok(if passing > 0 { DrawnAhead::PassesOn(passing) } else { DrawnAhead::Nothing })
    }

    fn finish(&mut self) {
        self.watch.stop(self.device);
        let cancel = std::sync::Arc::clone(&self.device.cancel);
        let transfer = self.transfer;
        let stop = move || cancel.is_cancelled(transfer) || cancel.is_gone();
        release_job(self.device, self.wanted.source, &stop);
    }
}

/// What looking at the device after a problem showed.
enum Look {
    Fine,
    Trouble(DeviceFailure),
    Cancelled,
}

impl JobSource<'_> {
    fn read_page(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure> {
        let Some(open) = &mut self.page else {
            return Err(Condition::Communication.with("no page is open"));
        };
        let lane = open.lane;
        if !open.first.is_empty() {
            band.append(&mut open.first);
        }
        if open.ended {
            return Ok(if band.is_empty() { self.end_page() } else { BandRead::Band });
        }
        if open.page.is_without_end() {
            let received = open.page.received();
            return Ok(self.cut(Condition::EndlessPage.with(format!("{received} bytes"))));
        }
        if self.take(band)? {
            return Ok(BandRead::Band);
        }
        let complete = match self.device.connection.client()?.exchange(lane) {
            Some(exchange) => exchange.is_complete(),
            None if self.unheard.is_some() => false,
            None => return Ok(self.cut(Condition::TruncatedPage.with("the page's answer is gone"))),
        };
        if complete {
            self.device.connection.client()?.finish(lane);
            return Ok(self.end_page());
        }
        match self.listen(lane)? {
            Some(failure) => Ok(self.cut(Condition::TruncatedPage.with(failure.detail))),
            None if self.take(band)? => Ok(BandRead::Band),
            None => Ok(BandRead::Tick),
        }
    }

    /// Moves what has come of the page to the band, and what comes without waiting.
    fn take(&mut self, band: &mut Vec<u8>) -> Result<bool, DeviceFailure> {
        let Some(OpenPage { lane, page, .. }) = &mut self.page else { return Ok(false) };
        let client = self.device.connection.client()?;
        let before = band.len();
        loop {
            let from = band.len();
            let taken = client.take_body(*lane, band);
            page.feed(&band[from..]);
            let more = taken > 0 && band.len() < BAND_LENGTH;
            let open = client.exchange(*lane).is_some_and(|exchange| !exchange.is_complete());
            // A wake must not be swallowed here: it is looked for before every band.
            let goes_on = more
                && open
                && match client.advance(std::time::Duration::ZERO) {
                    Progress::Arrived(_) => true,
                    Progress::Failed(failed, error) => {
                        let counts = failed == *lane || error.is_gone();
                        self.unheard = counts.then_some((failed, error));
                        false
                    }
                    Progress::Complete(_) | Progress::Woken | Progress::TimedOut => false,
                };
            if !goes_on {
                let rest = band.len();
                client.take_body(*lane, band);
                page.feed(&band[rest..]);
                return Ok(band.len() > before || before > 0);
            }
        }
    }

    fn end_page(&mut self) -> BandRead {
        if self.page.as_ref().is_some_and(|open| open.guess.is_some()) {
            self.measure();
            return BandRead::Tick;
        }
        let missing = self.page.as_ref().and_then(|open| open.page.missing());
        match missing {
            None if self.page.as_ref().is_some_and(|open| open.page.is_in_doubt()) => {
                self.doubt();
                BandRead::Tick
            }
            None => {
                self.page_ended();
                BandRead::EndOfPage
            }
            Some(missing) => self.cut(missing),
        }
    }

    /// The page broke off, or does not end. Its bytes are kept; the status may say why.
    fn cut(&mut self, failure: DeviceFailure) -> BandRead {
        self.device.left.paging = None;
        self.state = State::Explain(Why::Cut(failure));
        BandRead::Tick
    }

    fn is_under_way(&self, lane: usize) -> bool {
        self.device.connection.exchange_is_open(lane)
    }

    /// Asks the status on a lane that is free; with none free only time can tell.
    fn look_again(&mut self) -> Look {
        if self.device.free_lane().is_none() {
            return Look::Fine;
        }
        let cancel = std::sync::Arc::clone(&self.device.cancel);
        let transfer = self.transfer;
        let stop = move || cancel.is_cancelled(transfer) || cancel.is_gone();
        match self.device.status(DOCUMENT_LIMIT, &stop) {
            Ok(status) => {
                let trouble = status.trouble();
                self.watch.note(status, self.device.clock.now());
                match trouble {
                    Some(condition) => Look::Trouble(condition.with("still")),
                    None => Look::Fine,
                }
            }
            Err(_) if self.is_cancelled() => Look::Cancelled,
            Err(error) => Look::Trouble(self.device.failure(error)),
        }
    }

    fn old_job_is_alive(&self) -> bool {
        match (&self.device.left.path, self.watch.last()) {
            (Some(path), Some(status)) => status.is_alive(path),
            _ => false,
        }
    }

    /// Pages that the device has ready or is drawing in (R47).
    fn pages_drawn_in(&mut self) -> Result<u32, DeviceFailure> {
        let Some(path) = self.device.left.path.clone() else { return Ok(0) };
        let cancel = std::sync::Arc::clone(&self.device.cancel);
        let transfer = self.transfer;
        let stop = move || cancel.is_cancelled(transfer) || cancel.is_gone();
        let status = self.device.status(RELEASE_LIMIT, &stop).map_err(|error| self.device.failure(error))?;
        let waiting = status
            .job(&path)
            .filter(|job| matches!(job.state, JobState::Pending | JobState::Processing))
            .and_then(|job| job.images_to_transfer);
        Ok(u32::try_from(waiting.unwrap_or(0)).unwrap_or(0))
    }
}

/// Ends the device's job after it ended by itself (eSCL reference, 6.3): a feeder's always, a
/// flatbed's only when it is still at work, because some are confused by it.
fn release_job(device: &mut Device, source: Source, stop: &dyn Fn() -> bool) {
    let Some(path) = device.left.path.clone() else { return };
    let wanted = match source {
        _ if device.quirks.no_release => false,
        _ if device.quirks.always_release => true,
        Source::Feeder | Source::Duplex => true,
        Source::Flatbed => match device.status(RELEASE_LIMIT, stop) {
            Ok(status) => status.is_alive(&path),
            Err(_) => false,
        },
    };
    if wanted {
        let request: Request = device.delete_request(&path);
        match device.fetch(&request, RELEASE_LIMIT, stop) {
            Ok(response) => tracing::debug!(status = response.head.status, "job released"),
            // A device that is still busy with it is put right before the next job.
            Err(error) => return tracing::info!(%error, "job not released"),
        }
    }
    device.left.path = None;
}

/// Acquire ends: the watching request is nobody's any more.
pub(super) fn forget_page(source: &mut JobSource<'_>) {
    source.page = None;
    source.watch.stop(source.device);
}
