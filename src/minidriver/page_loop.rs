//! The one loop that delivers the pages of a job (reference, 7.2).
//!
//! ```text
//!  start ─▶ wait for paper ─▶ next_stream ─▶ bands ─▶ 100 % ─▶ wait for paper … ─▶ finish
//!              │                  │ skip: the page is read and thrown away
//!              │ no more pages    │ cancelled, failure
//!              ▼                  ▼
//!            finish             return at once; the broker settles later
//! ```
//!
//! A protocol implements [`PageSource`]; it knows bytes and their order, and nothing of streams,
//! messages, skip and cancel beyond *somebody woke me*.

use crate::units::Percent;

use super::{
    AcquireEnd, AcquireError, Code, Condition, DeviceFailure, DriverMessage, Flow, MiniDriverCallback, OnMultiFeed,
    PageInfo, PageLimit, PageStream, ScanJob, Source, StreamGrant, Streams,
};

/// Into how many portions a page's first bytes are divided, so that also a page that arrives at once
/// is reported at least ten times (R35).
const REPORTS_PER_PAGE: u64 = 10;

/// A protocol, pulled step by step. Every call returns within half a second or so: what takes longer
/// is reported as *waiting* or *tick*, so that the loop can report progress (R35) and learn of a cancel.
pub trait PageSource {
    /// Starts the device's job, or goes on starting it after [`PageWait::Waiting`]. Called before
    /// each attempt to get a page until it says that the job runs.
    fn next_page(&mut self) -> Result<PageWait, DeviceFailure>;

    /// Appends the next bytes of the page under way to `band`.
    fn read_band(&mut self, band: &mut Vec<u8>) -> Result<BandRead, DeviceFailure>;

    /// After a failure that a person says is put right: looks at the device again and goes on.
    fn resume(&mut self) -> Result<Resumed, DeviceFailure>;

    /// The number of pages asked for is reached: whether the device has drawn in further ones (R47).
    /// Asked again after each of them. A device that feeds one sheet at a time has none.
    fn drawn_ahead(&mut self) -> Result<DrawnAhead, DeviceFailure> {
        Ok(DrawnAhead::Nothing)
    }

    /// The job ended by itself: releases the device's job. A failure here costs no page; the source
    /// remembers it and puts itself right before the next job.
    fn finish(&mut self);
}

/// What came of waiting for a page.
#[derive(Debug)]
pub enum PageWait {
    /// A page begins. Its number and side are filled in by the loop.
    Page(PageInfo),
    /// Nothing yet.
    Waiting,
    /// Nothing yet, because the device is busy with itself: warming up, calibrating.
    Delayed(DeviceFailure, Percent),
    /// The device has no further page.
    NoMorePages,
    /// The job was cancelled here.
    Cancelled,
    /// A person ended the job at the device (R9).
    CancelledAtDevice,
}

/// What came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandRead {
    /// Bytes were appended.
    Band,
    /// Half a second passed without any.
    Tick,
    /// The page is complete.
    EndOfPage,
    /// The page was announced wrongly: it comes again from its start, with the next call of
    /// [`PageSource::next_page`] and in a new stream. What was written so far stays a partial page.
    Again,
    /// The job was cancelled here.
    Cancelled,
    /// A person ended the job at the device (R9).
    CancelledAtDevice,
}

/// What a device has drawn in beyond the number of pages asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawnAhead {
    /// Nothing, or nothing more.
    Nothing,
    /// A page that is received and delivered as well.
    Page,
    /// So many pages that will not be received: the person is told, and the job ends.
    PassesOn(u32),
}

/// Where a job goes on after a problem was put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// The page under way goes on where it was.
    SamePage,
    /// The page under way comes again from its start, in duplex the whole sheet.
    PageAgain,
}

/// Delivers the pages of one job. Every protocol uses this loop and no other.
///
/// # Errors
/// The application's failure unchanged (R14), or the device's own, after the application was asked
/// about it and did not put it right (R38).
pub fn deliver_pages(
    source: &mut dyn PageSource,
    job: &ScanJob,
    callback: &mut dyn MiniDriverCallback,
) -> Result<AcquireEnd, AcquireError> {
    let mut pages = PageLoop { source, job, callback, delivered: 0, open: None, last_status: NOTHING_YET };
    let ended = match pages.run() {
        Err(Stop::Enough) => pages.close_stream().map(|()| AcquireEnd::Completed),
        other => other,
    };
    match ended {
        Ok(end) => {
            pages.source.finish();
            Ok(end)
        }
        Err(Stop::Cancelled | Stop::Enough) => Ok(AcquireEnd::Cancelled),
        Err(Stop::CancelledAtDevice) => Ok(AcquireEnd::CancelledAtDevice),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why the loop stops before its end.
enum Stop {
    Cancelled,
    CancelledAtDevice,
    Failed(AcquireError),
    /// The job ends well with the pages that are there.
    Enough,
}

impl From<Code> for Stop {
    fn from(code: Code) -> Stop {
        Stop::Failed(AcquireError::Application(code))
    }
}

/// What became of one page.
enum PageEnd {
    Complete,
    /// It comes again at once, for what it really is.
    Corrected,
    /// Its sheet is fed again.
    Again,
}

struct PageLoop<'a> {
    source: &'a mut dyn PageSource,
    job: &'a ScanJob,
    callback: &'a mut dyn MiniDriverCallback,
    /// Pages that are done with, skipped ones included (R20).
    delivered: u32,
    /// The stream under way, between two pages of a multipage format.
    open: Option<OpenStream>,
    /// What was last said of the stream that the application holds. It goes on holding it until the
    /// next one is asked for, so while the loop waits this is said again (R32, R34).
    last_status: DriverMessage,
}

const NOTHING_YET: DriverMessage = DriverMessage::Status { percent: Percent::ZERO, transferred: 0 };

impl PageLoop<'_> {
    fn run(&mut self) -> Result<AcquireEnd, Stop> {
        loop {
            if self.has_all_pages() {
                let ahead = self.drawn_ahead();
                if ahead != DrawnAhead::Page {
                    self.close_stream()?;
                    self.tell_passed_on(ahead)?;
                    return Ok(AcquireEnd::Completed);
                }
            }
            // Paper first, stream second: an empty feeder never asks for a stream (R46).
            let Some(page) = self.wait_for_page()? else {
                self.close_stream()?;
                return self.end_of_paper();
            };
            let end = match self.stream_for(&page)? {
                Some(stream) => self.deliver_page(&page, stream)?,
                None => self.discard_page()?,
            };
            match end {
                PageEnd::Complete => self.delivered += 1,
                PageEnd::Corrected => {}
                PageEnd::Again => self.back_to_the_sheet(),
            }
        }
    }

    fn has_all_pages(&self) -> bool {
        self.job.limit().is_reached_by(self.delivered)
    }

    fn drawn_ahead(&mut self) -> DrawnAhead {
        self.source.drawn_ahead().unwrap_or_else(|failure| {
            tracing::warn!(%failure, "after the last page asked for");
            DrawnAhead::Nothing
        })
    }

    /// No page is dropped silently (R47).
    fn tell_passed_on(&mut self, ahead: DrawnAhead) -> Result<(), Stop> {
        let DrawnAhead::PassesOn(pages) = ahead else { return Ok(()) };
        let failure = Condition::PagesPassedOn(pages).with("drawn in beyond the number asked for");
        self.send(&DriverMessage::DeviceStatus { failure, percent: Percent::ZERO })
    }

    fn wait_for_page(&mut self) -> Result<Option<PageInfo>, Stop> {
        loop {
            match self.source.next_page() {
                Ok(PageWait::Page(page)) => return Ok(Some(self.numbered(page))),
                Ok(PageWait::NoMorePages) if self.delivered == 0 && self.job.source != Source::Flatbed => {
                    self.ask(Condition::PaperEmpty.with("no sheet in the feeder"))?;
                }
                Ok(PageWait::NoMorePages) => return Ok(None),
                Ok(PageWait::Waiting) => self.repeat_status()?,
                Ok(PageWait::Delayed(failure, percent)) => {
                    self.send(&DriverMessage::DeviceStatus { failure, percent })?;
                }
                Ok(PageWait::Cancelled) => return Err(Stop::Cancelled),
                Ok(PageWait::CancelledAtDevice) => return Err(Stop::CancelledAtDevice),
                Err(failure) => {
                    if self.ask(failure)? == Resumed::PageAgain {
                        self.back_to_the_sheet();
                    }
                }
            }
        }
    }

    fn numbered(&self, mut page: PageInfo) -> PageInfo {
        page.number = self.delivered + 1;
        page.side = self.job.side_of(self.delivered);
        page
    }

    /// In duplex a sheet fed again comes with both sides, so its complete first side comes again too.
    fn back_to_the_sheet(&mut self) {
        self.delivered -= self.delivered % self.job.pages_per_sheet();
    }

    /// The stream of a page; `None` when the application leaves the page out.
    fn stream_for(&mut self, page: &PageInfo) -> Result<Option<OpenStream>, Stop> {
        if self.job.streams == Streams::OneForAll
            && let Some(open) = self.open.take()
        {
            self.send(&DriverMessage::NewPage)?;
            return Ok(Some(open));
        }
        match self.callback.next_stream(page)? {
            StreamGrant::Stream(stream) => {
                let open = OpenStream { stream, written: 0, percent: Percent::ZERO };
                self.report(&open)?;
                Ok(Some(open))
            }
            StreamGrant::Skip => {
                self.last_status = NOTHING_YET;
                Ok(None)
            }
            StreamGrant::Cancelled => Err(Stop::Cancelled),
        }
    }

    fn deliver_page(&mut self, page: &PageInfo, mut open: OpenStream) -> Result<PageEnd, Stop> {
        let start = open.written;
        let mut band = Vec::new();
        loop {
            band.clear();
            match self.source.read_band(&mut band) {
                Ok(BandRead::Band) => self.deliver_band(page, &mut open, start, &band)?,
                Ok(BandRead::Tick) => self.report(&open)?,
                Ok(BandRead::EndOfPage) => {
                    self.open = Some(open);
                    if self.job.streams == Streams::PerPage {
                        self.close_stream()?;
                    }
                    return Ok(PageEnd::Complete);
                }
                Ok(BandRead::Again) => return Ok(PageEnd::Corrected),
                Ok(BandRead::Cancelled) => return Err(Stop::Cancelled),
                Ok(BandRead::CancelledAtDevice) => return Err(Stop::CancelledAtDevice),
                Err(failure) => match self.ask(failure)? {
                    Resumed::SamePage => {}
                    // The partial page's stream is given up here; the page comes again in a new one.
                    Resumed::PageAgain => return Ok(PageEnd::Again),
                },
            }
        }
    }

    /// Writes a band, in portions where a page would otherwise be reported fewer than ten times.
    fn deliver_band(&mut self, page: &PageInfo, open: &mut OpenStream, start: u64, band: &[u8]) -> Result<(), Stop> {
        let whole = match page.expected_bytes {
            Some(expected) => expected,
            None if open.written == start => band.len() as u64,
            None => u64::MAX,
        };
        let portion = usize::try_from(whole.div_ceil(REPORTS_PER_PAGE)).unwrap_or(usize::MAX).max(1);
        for bytes in band.chunks(portion) {
            open.append(bytes)?;
            if let Some(expected) = page.expected_bytes {
                open.raise(Percent::before_the_end(open.written - start, expected));
            }
            self.report(open)?;
        }
        Ok(())
    }

    /// Reads a skipped page to its end: the sheet is consumed (R19), nothing is told of it (R18).
    fn discard_page(&mut self) -> Result<PageEnd, Stop> {
        let mut band = Vec::new();
        loop {
            band.clear();
            match self.source.read_band(&mut band) {
                Ok(BandRead::Band | BandRead::Tick) => {}
                Ok(BandRead::EndOfPage) => return Ok(PageEnd::Complete),
                // Whatever it really is, it is left out.
                Ok(BandRead::Again) => drop(self.wait_for_page()?),
                Ok(BandRead::Cancelled) => return Err(Stop::Cancelled),
                Ok(BandRead::CancelledAtDevice) => return Err(Stop::CancelledAtDevice),
                Err(failure) => {
                    if self.ask(failure)? == Resumed::PageAgain {
                        return Ok(PageEnd::Again);
                    }
                }
            }
        }
    }

    /// Says that all bytes are written (R33) and lets go of the stream (R30).
    fn close_stream(&mut self) -> Result<(), Stop> {
        match self.open.take() {
            Some(mut open) => {
                open.percent = Percent::DONE;
                self.report(&open)
            }
            None => Ok(()),
        }
    }

    fn end_of_paper(&self) -> Result<AcquireEnd, Stop> {
        if self.delivered == 0 {
            let failure = Condition::General.with("the job ended without a page");
            return Err(Stop::Failed(failure.into()));
        }
        Ok(match self.job.limit() {
            PageLimit::Count(_) if !self.has_all_pages() => AcquireEnd::EndOfMedia,
            PageLimit::All | PageLimit::Count(_) => AcquireEnd::Completed,
        })
    }

    /// Puts a problem before the application (reference, part 11) and goes on when it is put right.
    fn ask(&mut self, failure: DeviceFailure) -> Result<Resumed, Stop> {
        let mut failure = failure;
        // Once: a device that does not go on by itself needs somebody.
        let mut asked_to_go_on = false;
        loop {
            if failure.condition == Condition::MultiFeed && self.job.on_multi_feed == OnMultiFeed::End {
                tracing::info!(%failure, "ends the job, as asked for");
                return Err(Stop::Enough);
            }
            if failure.condition == Condition::MultiFeed
                && self.job.on_multi_feed == OnMultiFeed::GoOn
                && !asked_to_go_on
            {
                asked_to_go_on = true;
                match self.source.resume() {
                    Ok(resumed) => return Ok(resumed),
                    Err(still) => failure = still,
                }
                continue;
            }
            // All pages asked for are here; trouble with one that nobody asked for ends the job well.
            if self.has_all_pages() {
                tracing::warn!(%failure, "after the last page asked for");
                return Err(Stop::Enough);
            }
            if !failure.condition.can_be_fixed_now() {
                return Err(Stop::Failed(failure.into()));
            }
            let message = DriverMessage::DeviceStatus { failure: failure.clone(), percent: Percent::ZERO };
            match self.callback.send_message(&message) {
                Ok(Flow::Continue) => match self.source.resume() {
                    Ok(resumed) => return Ok(resumed),
                    Err(still) => failure = still,
                },
                Ok(Flow::Cancelled) => return Err(Stop::Cancelled),
                Err(code) if code == failure.condition.code() => return Err(Stop::Failed(failure.into())),
                Err(code) => return Err(code.into()),
            }
        }
    }

    /// Progress of a stream.
    fn report(&mut self, open: &OpenStream) -> Result<(), Stop> {
        self.last_status = open.status();
        self.repeat_status()
    }

    fn repeat_status(&mut self) -> Result<(), Stop> {
        let message = self.last_status.clone();
        self.send(&message)
    }

    fn send(&mut self, message: &DriverMessage) -> Result<(), Stop> {
        match self.callback.send_message(message)? {
            Flow::Continue => Ok(()),
            Flow::Cancelled => Err(Stop::Cancelled),
        }
    }
}

struct OpenStream {
    stream: Box<dyn PageStream>,
    /// Bytes written to this stream (R34).
    written: u64,
    percent: Percent,
}

impl OpenStream {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.stream.append(bytes).map_err(|error| error.0)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Percent never falls within one stream (R32).
    fn raise(&mut self, percent: Percent) {
        self.percent = self.percent.max(percent);
    }

    fn status(&self) -> DriverMessage {
        DriverMessage::Status { percent: self.percent, transferred: self.written }
    }
}

#[cfg(test)]
mod tests;
