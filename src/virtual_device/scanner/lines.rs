//! The scanner for hosts that do not speak eSCL: one page at a time, asked for line by line.

use super::super::model::{Model, Source, Units};
use super::job::JobState;
use super::pages::NextSide;
use super::settings::{ImageFormat, PaperSource, Settings};
use super::{PageBody, REQUESTS_LISTED, Scanner, Trouble};
use crate::clock::Moment;
use crate::raster::PixelFormat;

/// The bits of the status.
const PAPER: u8 = 1;
const JAM: u8 = 2;
const COVER: u8 = 4;
const MULTI_FEED: u8 = 8;
const AT_WORK: u8 = 16;

/// The bits of what the device can do.
const HAS_GLASS: u8 = 1;
const HAS_FEEDER: u8 = 2;
const SENDS_JPEG: u8 = 4;

/// What is to be scanned, checked.
#[derive(Clone, Debug)]
pub(in crate::virtual_device) struct LineWindow(Settings);

/// What came of asking for a page.
pub(in crate::virtual_device) enum Started {
    /// It is under the lamp.
    Page {
        body: PageBody,
        width: u32,
        lines: u32,
        line_bytes: u32,
    },
    /// Not before then.
    Later(Moment),
    Refused(Refused),
}

/// Why there is no page, or no more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::virtual_device) enum Refused {
    NoPaper,
    Jam,
    CoverOpen,
    MultiFeed,
    Busy,
    /// The page is lost, and the device does not say why.
    BrokenOff,
}

/// How a page ended.
pub(in crate::virtual_device) enum PageEnding {
    Complete,
    /// Somebody pressed Cancel on the device.
    Cancelled,
    Refused(Refused),
}

impl LineWindow {
    /// Reads a window: source, bits per pixel, dpi, a rectangle in 1/300 inch, and lines or JPEG. `None` when the
    /// model does not scan that.
    pub(in crate::virtual_device) fn parse(model: &Model, bytes: &[u8]) -> Option<LineWindow> {
        let bytes: &[u8; 21] = bytes.try_into().ok()?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (source, paper) = match bytes[0] {
            0 => (PaperSource::Platen, model.platen.as_ref()?),
            1 => (PaperSource::Feeder { duplex: false }, model.feeder.as_ref()?),
            _ => return None,
        };
        let pixels = match bytes[1] {
            1 => PixelFormat::Bw1,
            8 => PixelFormat::Gray8,
            24 => PixelFormat::Rgb8,
            _ => return None,
        };
        let format = match (bytes[20], pixels) {
            (0, _) => ImageFormat::Raw,
            (1, PixelFormat::Gray8 | PixelFormat::Rgb8) => ImageFormat::Jpeg,
            _ => return None,
        };
        let dpi = u32::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        let (x, y, width, height) = (word(4), word(8), word(12), word(16));
        let fits = |offset: Units, size: Units, min: Units, max: Units| {
            size >= min && offset.checked_add(size).is_some_and(|end| end <= max)
        };
        let fitting = paper.resolutions.contains(&dpi)
            && fits(x, width, paper.min_width, paper.max_width)
            && fits(y, height, paper.min_height, paper.max_height);
        fitting.then_some(LineWindow(Settings {
            source,
            x,
            y,
            width,
            height,
            dpi,
            pixels,
            format,
            brightness: 0,
            contrast: 0,
            threshold: 128,
            compression: 0,
        }))
    }
}

impl Scanner {
    /// A command has come; the faults that wait for one happen now.
    pub(in crate::virtual_device) fn received_line_command(&mut self, now: Moment, name: &str, asks_for_page: bool) {
        self.advance(now);
        if self.requests.len() >= REQUESTS_LISTED {
            self.requests.drain(..REQUESTS_LISTED / 2);
        }
        self.requests.push(name.to_owned());
        self.faults.requests += 1;
        if asks_for_page {
            let begun = self.active().map_or(0, |index| self.jobs[index].begun);
            self.faults.page = Some((begun + 1, 0));
        }
        self.misbehave(now);
    }

    /// Version, abilities, sheets the feeder holds, sizes of glass and feeder, resolutions.
    pub(in crate::virtual_device) fn line_identity(&self) -> Vec<u8> {
        let (platen, feeder) = (self.model.platen.as_ref(), self.model.feeder.as_ref());
        let glass = if platen.is_some() { HAS_GLASS } else { 0 };
        let sheets = if feeder.is_some() { HAS_FEEDER } else { 0 };
        let mut identity = vec![1, glass | sheets | SENDS_JPEG];
        let size = |source: Option<&Source>| source.map_or((0, 0), |source| (source.max_width, source.max_height));
        let ((bed_width, bed_height), (sheet_width, sheet_height)) = (size(platen), size(feeder));
        for number in [self.model.feeder_capacity, bed_width, bed_height, sheet_width, sheet_height] {
            identity.extend((number as u16).to_le_bytes());
        }
        let resolutions = platen.or(feeder).map_or(&[][..], |source| source.resolutions);
        identity.extend((resolutions.len() as u16).to_le_bytes());
        identity.extend(resolutions.iter().flat_map(|dpi| (*dpi as u16).to_le_bytes()));
        identity
    }

    /// What the device says of its paper path.
    pub(in crate::virtual_device) fn line_status(&mut self, now: Moment) -> u8 {
        self.advance(now);
        let paper = if self.feeder.left() > 0 { PAPER } else { 0 };
        let trouble = match self.trouble {
            Some(Trouble::Jam) => JAM,
            Some(Trouble::CoverOpen) => COVER,
            Some(Trouble::MultiFeed) => MULTI_FEED,
            None => 0,
        };
        paper | trouble | if self.active().is_some() { AT_WORK } else { 0 }
    }

    /// The next page of the host's job, which begins with its first page.
    pub(in crate::virtual_device) fn start_lines(
        &mut self,
        now: Moment,
        window: &LineWindow,
        job: &mut Option<String>,
    ) -> Started {
        self.advance(now);
        if let Some(refused) = self.refuses(&window.0) {
            return Started::Refused(refused);
        }
        let mine = job.as_ref().and_then(|name| self.position(name));
        let index = match mine.filter(|index| self.jobs[*index].state == JobState::Processing) {
            Some(index) => index,
            None if self.active().is_some() => return Started::Refused(Refused::Busy),
            None => {
                *job = Some(self.begin_job(now, window.0.clone()));
                self.jobs.len() - 1
            }
        };
        match self.next_side(index, now) {
            NextSide::None => Started::Refused(Refused::NoPaper),
            NextSide::Later(at) => Started::Later(at),
            NextSide::Here(side) => {
                let body = self.begin_page(index, side, now);
                let Some(image) = self.jobs[index].last_image else { return Started::Refused(Refused::BrokenOff) };
                let (width, lines) = (image.raster.width, image.raster.height);
                let line_bytes = match image.format {
                    ImageFormat::Raw => image.layout().stride as u32,
                    ImageFormat::Jpeg => 0,
                };
                Started::Page { body, width, lines, line_bytes }
            }
        }
    }

    fn refuses(&self, settings: &Settings) -> Option<Refused> {
        match (self.trouble, settings.source) {
            (Some(Trouble::CoverOpen), _) => Some(Refused::CoverOpen),
            (Some(Trouble::Jam), PaperSource::Feeder { .. }) => Some(Refused::Jam),
            (Some(Trouble::MultiFeed), PaperSource::Feeder { .. }) => Some(Refused::MultiFeed),
            _ => None,
        }
    }

    /// How a page ended of which there is no more.
    pub(in crate::virtual_device) fn ending_of(&self, page: &PageBody) -> PageEnding {
        let Some(job) = self.position(&page.job).map(|index| &self.jobs[index]) else {
            return PageEnding::Refused(Refused::BrokenOff);
        };
        match (self.trouble, job.state) {
            _ if job.sent == job.begun => PageEnding::Complete,
            (Some(Trouble::Jam), _) => PageEnding::Refused(Refused::Jam),
            (Some(Trouble::CoverOpen), _) => PageEnding::Refused(Refused::CoverOpen),
            (Some(Trouble::MultiFeed), _) => PageEnding::Refused(Refused::MultiFeed),
            (None, JobState::Canceled) => PageEnding::Cancelled,
            (None, _) => PageEnding::Refused(Refused::BrokenOff),
        }
    }

    /// The host wants no more of its job; the page under way is given up.
    pub(in crate::virtual_device) fn stop_lines(&mut self, now: Moment, job: &str) {
        let Some(index) = self.position(job) else { return };
        let in_mid_page = self.jobs[index].under_way.is_some();
        self.end_page(index, now, false);
        if self.jobs[index].state == JobState::Processing {
            let (state, reason) = match in_mid_page {
                true => (JobState::Canceled, "JobCanceledByUser"),
                false => (JobState::Completed, "JobCompletedSuccessfully"),
            };
            self.end_job(index, now, state, reason);
        }
    }
}
