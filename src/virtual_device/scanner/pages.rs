//! Pages: drawing sheets in, and giving out their images as far as the clock has come.

use std::sync::Arc;
use std::time::Duration;

use super::super::fault::FaultName;
use super::super::http_server::Pull;
use super::super::image::{ImageSpec, PIECE_ROWS};
use super::super::model::CancelStyle;
use super::super::paper::{Face, Raster, Tone};
use super::job::{JobState, Side, UnderWay};
use super::settings::PaperSource;
use super::{FEED_GAP, PageBody, START_DELAY, Scanner, Trouble};
use crate::clock::Moment;
use crate::raster::JpegMarkers;
use crate::units::{Dpi, Length};

/// The back of a sheet was under the lamp together with its front; only sending it takes time.
const BACK_SHARE: u32 = 4;
/// Below this resolution the mechanism does not get faster.
const FASTEST_DPI: u32 = 100;
/// When a device that has just gone silent is looked at again.
const SILENT: Duration = Duration::from_secs(3600);

/// The side that comes next.
pub(super) enum NextSide {
    /// There is no paper; the job is over.
    None,
    /// Not under the lamp before then.
    Later(Moment),
    /// Under the lamp, and no longer among those that were drawn in.
    Here(Side),
}

impl Scanner {
    /// The next side of a job, drawn in when none is.
    pub(super) fn next_side(&mut self, index: usize, now: Moment) -> NextSide {
        if self.jobs[index].drawn.is_empty() && !self.draw(index, now) {
            let (state, reason) = match self.jobs[index].sent {
                0 => (JobState::Aborted, "JobCompletedWithErrors"),
                _ => (JobState::Completed, "JobCompletedSuccessfully"),
            };
            self.end_job(index, now, state, reason);
            return NextSide::None;
        }
        let drawn = &mut self.jobs[index].drawn;
        match drawn.front() {
            Some(side) if side.starts > now => NextSide::Later(side.starts),
            Some(_) => drawn.pop_front().map_or(NextSide::None, NextSide::Here),
            None => NextSide::None,
        }
    }

    /// Draws the next sheet in, or looks at the glass. Whether there was one.
    pub(super) fn draw(&mut self, index: usize, now: Moment) -> bool {
        let pause = |of: Duration| if self.page_time.is_some() { of } else { Duration::ZERO };
        let (start_delay, gap) = (pause(START_DELAY), pause(FEED_GAP));
        let takes = self.side_time(index);
        let job = &mut self.jobs[index];
        let (sheet, duplex, starts) = match job.settings.source {
            PaperSource::Platen if job.begun > 0 => return false,
            PaperSource::Platen => (0, false, now.max(job.ready_at) + start_delay),
            PaperSource::Feeder { duplex } => {
                let Some(sheet) = self.feeder.draw() else { return false };
                let begin = if job.begun == 0 && job.drawn.is_empty() {
                    now.max(job.ready_at) + start_delay
                } else {
                    now.max(job.mechanism_free + gap)
                };
                (sheet, duplex, begin)
            }
        };
        job.drawn.push_back(Side { sheet, back: false, last_of_sheet: !duplex, starts, takes });
        job.mechanism_free = starts + takes;
        if duplex {
            let starts = starts + takes;
            job.drawn.push_back(Side { sheet, back: true, last_of_sheet: true, starts, takes: takes / BACK_SHARE });
            job.mechanism_free = starts + takes / BACK_SHARE;
        }
        true
    }

    /// Draws sheets in that nobody has asked for yet, as far as the device does that.
    pub(super) fn feed_ahead(&mut self, index: usize, now: Moment) -> Option<Moment> {
        let limit = self.model.quirks.feeds_ahead as usize;
        loop {
            let job = &self.jobs[index];
            let ahead = job.drawn.iter().filter(|side| side.last_of_sheet).count();
            let goes_on = job.state == JobState::Processing && job.uses_feeder() && job.begun > 0;
            if !goes_on || self.trouble.is_some() || ahead >= limit || self.feeder.left() == 0 {
                return None;
            }
            if job.mechanism_free > now {
                return Some(job.mechanism_free);
            }
            self.draw(index, now);
        }
    }

    /// How long the lamp takes for a side.
    fn side_time(&self, index: usize) -> Duration {
        let Some(page_time) = self.page_time else { return Duration::ZERO };
        let settings = &self.jobs[index].settings;
        let speed = f64::from(settings.dpi.max(FASTEST_DPI)) / 300.0;
        let length = f64::from(settings.height.min(4200)) / 3508.0;
        page_time.saturating_sub(FEED_GAP).mul_f64(speed * length)
    }

    /// Begins to send a side.
    pub(super) fn begin_page(&mut self, index: usize, side: Side, now: Moment) -> PageBody {
        let image = self.image_of(index, side);
        self.documents_begun += 1;
        let document = self.documents_begun;
        let job = &mut self.jobs[index];
        job.begun += 1;
        job.last_used = now;
        job.busy_left = self.model.quirks.busy_answers;
        job.under_way = Some(UnderWay { side, image, piece: 0, document });
        job.last_image = Some(image);
        PageBody { job: job.name.clone() }
    }

    fn image_of(&self, index: usize, side: Side) -> ImageSpec {
        let settings = &self.jobs[index].settings;
        let quirks = &self.model.quirks;
        let face = match settings.source {
            PaperSource::Platen => Face::on_glass(),
            PaperSource::Feeder { .. } => Face::of_sheet(side.sheet, side.back),
        };
        let ends_at_paper = quirks.height_at_the_end;
        let height = if ends_at_paper {
            settings.height.min(face.height().saturating_sub(settings.y)).max(1)
        } else {
            settings.height
        };
        let pixels = |units: u32| Length::from_three_hundredths(i64::from(units)).pixels(Dpi(settings.dpi)).max(1);
        ImageSpec {
            face,
            raster: Raster {
                x: settings.x,
                y: settings.y,
                width: pixels(settings.width),
                height: pixels(height),
                dpi: settings.dpi,
            },
            pixels: settings.pixels,
            format: settings.format,
            tone: Tone { brightness: settings.brightness, contrast: settings.contrast, threshold: settings.threshold },
            quality: (95 - settings.compression * 2 / 5) as u8,
            row_alignment: quirks.row_alignment,
            height_at_the_end: quirks.height_at_the_end,
        }
    }

    /// The next bytes of the page under way.
    pub(in crate::virtual_device) fn pull_page(&mut self, now: Moment, body: &PageBody) -> Pull {
        let Some(index) = self.position(&body.job) else { return Pull::End };
        let job = &mut self.jobs[index];
        let Some(page) = job.under_way else { return Pull::End };
        if job.break_off {
            self.end_page(index, now, false);
            return Pull::End;
        }
        if page.piece >= page.image.pieces() && !job.endless {
            self.end_page(index, now, true);
            return Pull::End;
        }
        let rows = ((page.piece + 1) * PIECE_ROWS).min(page.image.raster.height);
        let due = page.side.starts + page.side.takes.mul_f64(f64::from(rows) / f64::from(page.image.raster.height));
        if due > now {
            return Pull::Later(due);
        }
        let number = job.begun;
        self.faults.page = Some((number, rows - 1));
        self.misbehave(now);
        if self.mute || self.unplugged {
            return Pull::Later(now + SILENT);
        }
        if let Some(trouble) = self.paper_fault() {
            self.begin_trouble(now, trouble);
            self.end_page(index, now, false);
            return Pull::End;
        }
        if self.jobs[index].cut_short || self.faults.fires(FaultName::Truncate) {
            self.end_page(index, now, true);
            return Pull::End;
        }
        if self.faults.fires(FaultName::CutShort) {
            return self.cut_short(index, now, page);
        }
        let oversize = page.piece == 0 && self.faults.fires(FaultName::Oversize);
        let endless = self.faults.fires(FaultName::Endless);
        let job = &mut self.jobs[index];
        job.endless |= endless;
        // The last piece has the end of the image: one without an end never gets that far.
        let last = page.image.pieces().saturating_sub(if job.endless { 2 } else { 1 });
        let mut bytes = self.imager.piece(&page.image, page.piece.min(last));
        if oversize {
            bytes = oversized(&bytes);
        }
        job.last_used = now;
        if let Some(page) = &mut job.under_way {
            page.piece += 1;
        }
        if let Some(sink) = &mut self.sink {
            sink.bytes(page.document, &bytes);
        }
        Pull::Bytes(bytes)
    }

    /// The page under way ends here; a JPEG of it gets its end marker, as if it were whole.
    fn cut_short(&mut self, index: usize, now: Moment, page: UnderWay) -> Pull {
        let end = page.image.end_marker();
        if end.is_empty() {
            self.end_page(index, now, true);
            return Pull::End;
        }
        self.jobs[index].cut_short = true;
        if let Some(sink) = &mut self.sink {
            sink.bytes(page.document, end);
        }
        Pull::Bytes(end.into())
    }

    fn paper_fault(&mut self) -> Option<Trouble> {
        [
            (FaultName::Jam, Trouble::Jam),
            (FaultName::Cover, Trouble::CoverOpen),
            (FaultName::Multifeed, Trouble::MultiFeed),
        ]
        .into_iter()
        .find(|(fault, _)| self.faults.fires(*fault))
        .map(|(_, trouble)| trouble)
    }

    /// The body of the page under way has ended, well or not.
    pub(super) fn end_page(&mut self, index: usize, now: Moment, complete: bool) {
        let job = &mut self.jobs[index];
        let Some(page) = job.under_way.take() else { return };
        job.last_used = now;
        self.faults.page = None;
        if let Some(sink) = &mut self.sink {
            sink.end(page.document, complete);
        }
        job.endless = false;
        job.cut_short = false;
        if complete {
            self.page_done(index, now);
        }
    }

    /// A page counts as sent; the last one ends the job.
    fn page_done(&mut self, index: usize, now: Moment) {
        let job = &mut self.jobs[index];
        job.sent += 1;
        let more = job.uses_feeder() && (!job.drawn.is_empty() || self.feeder.left() > 0);
        if !more {
            self.end_job(index, now, JobState::Completed, "JobCompletedSuccessfully");
        }
    }

    /// A page is counted, and nobody gets it.
    pub(super) fn lose_page(&mut self, index: usize, now: Moment) {
        let job = &mut self.jobs[index];
        job.begun += 1;
        job.last_used = now;
        self.faults.page = None;
        self.page_done(index, now);
    }

    /// A client deletes a job. Whether there was anything to delete.
    pub(super) fn delete(&mut self, index: usize, now: Moment) -> bool {
        let job = &mut self.jobs[index];
        job.last_used = now;
        let was_released = std::mem::replace(&mut job.released, true);
        if job.state != JobState::Processing {
            return !was_released;
        }
        job.break_off = self.model.quirks.cancel == CancelStyle::EndsBody;
        job.endless = false;
        self.end_job(index, now, JobState::Canceled, "JobCanceledByUser");
        true
    }
}

/// The beginning of a JPEG with the largest size that its header can hold; any other bytes as they are.
fn oversized(piece: &[u8]) -> Arc<[u8]> {
    let mut markers = JpegMarkers::new();
    markers.feed(piece);
    let mut bytes = piece.to_vec();
    // The width stands behind the height.
    let place = markers.facts().frame.map(|frame| frame.height.offset as usize);
    if let Some(size) = place.and_then(|place| bytes.get_mut(place..place + 4)) {
        size.fill(0xff);
    }
    bytes.into()
}
