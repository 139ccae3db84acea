//! Where an import puts its pages: page files that are begun, filled in pieces, ended, or taken away.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::document::{DocumentFolder, Look, Origin, PageFacts, PageFile, PageId, PageIntake, SyncHandle};
use crate::minidriver::{PageFormat, PageInfo, PageStream, Side};
use crate::plain_text::plain;
use crate::raster::{PixelFormat, RowLayout};
use crate::units::{Area, Dpi, Length};

use super::limits::{MAX_HEIGHT, MAX_PAGES, MAX_PIXELS, MAX_WIDTH};
use super::{ImportError, Imported, ImportedPage, Limit, OnStep, Progress, Remark, Step};

/// What the item is called that an imported page comes from.
const ITEM: &str = "Import";
/// Resolution of a picture that says none: what scanners usually have.
const USUAL_DPI: u32 = 300;
/// Resolutions that are believed. Programs write 1 or 72 when they know none; 72 stays, it is what screens have.
const BELIEVED_DPI: std::ops::RangeInclusive<f64> = 30.0..=9600.0;
/// Directions whose resolutions differ by less than this are rounded differently.
const UNEVEN: f64 = 0.02;
/// Rows go to disk in pieces of about this size.
const BAND: usize = 256 << 10;
/// Bytes of a file go to disk in pieces of this size.
pub(super) const PIECE: usize = 64 << 10;

/// A page that is about to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewPage {
    pub(super) format: PageFormat,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dpi: Dpi,
    /// Bytes, when that is known.
    pub(super) bytes: Option<u64>,
}

/// A resolution that a file states, as one that can be worked with.
fn sensible_dpi(stated: Option<f64>) -> Dpi {
    Dpi(stated.filter(|dpi| BELIEVED_DPI.contains(dpi)).map_or(USUAL_DPI, |dpi| dpi.round() as u32))
}

/// The same of both directions, and whether they differ by more than rounding.
pub(super) fn resolution(across: Option<f64>, down: Option<f64>) -> (Dpi, bool) {
    let uneven = across.zip(down).is_some_and(|(across, down)| (across / down - 1.0).abs() > UNEVEN);
    (sensible_dpi(across), uneven && across.is_some_and(|dpi| BELIEVED_DPI.contains(&dpi)))
}

/// Takes the pages of one file.
pub(super) struct Desk<'a, 'b> {
    folder: &'a DocumentFolder,
    origin: Origin,
    on_step: &'a mut OnStep<'b>,
    progress: Progress,
    imported: Imported,
    open: Option<Open>,
    /// All page files that were begun.
    made: Vec<PageId>,
}

struct Open {
    id: PageId,
    intake: PageIntake,
    stream: Box<dyn PageStream>,
    sync: SyncHandle,
    head: crate::document::PageHead,
    band: Vec<u8>,
}

impl<'a, 'b> Desk<'a, 'b> {
    pub(super) fn new(folder: &'a DocumentFolder, name: &str, job: u64, on_step: &'a mut OnStep<'b>) -> Desk<'a, 'b> {
        let began = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let origin = Origin { device: String::new(), device_name: plain(name), began, job };
        let (progress, imported) = (Progress::default(), Imported::default());
        Desk { folder, origin, on_step, progress, imported, open: None, made: Vec::new() }
    }

    /// The number of the page that is written now, or comes next.
    pub(super) fn number(&self) -> u32 {
        self.progress.done + 1
    }

    /// The page that is being written, if one is.
    pub(super) fn under_way(&self) -> Option<u32> {
        Some(self.number())
    }

    /// The file has so many pages.
    pub(super) fn expect(&mut self, pages: u32) -> Result<(), ImportError> {
        if pages > MAX_PAGES {
            return Err(ImportError::TooLarge { page: None, limit: Limit::Pages(MAX_PAGES) });
        }
        self.progress.pages = Some(pages);
        self.look()
    }

    /// Lets a cancel through; to be called at least once per piece of work.
    pub(super) fn look(&mut self) -> Result<(), ImportError> {
        let flow = (self.on_step)(Step::Working(self.progress));
        if flow.is_break() { Err(ImportError::Cancelled) } else { Ok(()) }
    }

    pub(super) fn remark(&mut self, remark: Remark) {
        if !self.imported.remarks.contains(&remark) {
            self.imported.remarks.push(remark);
        }
    }

    /// Begins a page.
    pub(super) fn begin(&mut self, page: NewPage) -> Result<(), ImportError> {
        let number = self.number();
        if number > MAX_PAGES {
            return Err(ImportError::TooLarge { page: None, limit: Limit::Pages(MAX_PAGES) });
        }
        check_size(number, page.width, page.height)?;
        self.look()?;
        let length = |pixels| Length::from_pixels(pixels, page.dpi);
        let info = PageInfo {
            item: ITEM.to_owned(),
            full_name: String::new(),
            number,
            side: Side::Front,
            format: page.format,
            dpi: page.dpi,
            area: Area::of_size(length(page.width), length(page.height)),
            expected_width: page.width,
            expected_rows: Some(page.height),
            expected_bytes: page.bytes,
        };
        let (id, open) = self.folder.begin_page(info, self.origin.clone())?;
        self.made.push(id);
        let (head, sync) = (open.head(), open.sync_handle());
        let intake = PageIntake::new(open);
        let stream = Box::new(intake.stream());
        self.open = Some(Open { id, intake, stream, sync, head, band: Vec::new() });
        Ok(())
    }

    /// Writes bytes of the page. Small pieces are gathered.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.band.extend_from_slice(bytes);
        if open.band.len() < BAND {
            return Ok(());
        }
        open.flush()?;
        self.look()
    }

    /// Ends the page. One of which no row is there is a broken file.
    pub(super) fn end(&mut self, complete: bool, look: Look) -> Result<(), ImportError> {
        let number = self.number();
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.flush()?;
        let Open { id, intake, stream, sync, head, .. } = open;
        drop(stream);
        let rows = match head.info.format {
            PageFormat::Rows(_) if complete => head.info.expected_rows,
            _ => None,
        };
        let facts = match intake.end(complete, rows)? {
            Some(facts) => facts,
            None => {
                let path = self.folder.page_path(id).ok_or(ImportError::Broken { page: Some(number) })?;
                PageFacts::of(&PageFile::open(&path)?).map_err(crate::document::PageFileError::from)?
            }
        };
        if facts.width == 0 || facts.height == 0 {
            return Err(ImportError::Broken { page: Some(number) });
        }
        if !facts.complete {
            self.remark(Remark::Partial(number));
        }
        let page = ImportedPage { head, facts, look };
        self.progress.done += 1;
        let flow = (self.on_step)(Step::Page { page: &page, sync });
        self.imported.pages.push(page);
        if flow.is_break() { Err(ImportError::Cancelled) } else { Ok(()) }
    }

    /// All pages are there.
    pub(super) fn finish(mut self) -> Result<Imported, ImportError> {
        if self.open.is_none() && !self.imported.pages.is_empty() {
            return Ok(self.imported);
        }
        self.clear_away();
        Err(ImportError::NoPages)
    }

    /// Takes away what was made of this file.
    pub(super) fn clear_away(&mut self) {
        self.open = None;
        if !self.imported.pages.is_empty() {
            let pages: Vec<PageId> = self.imported.pages.iter().map(|page| page.head.page).collect();
            // It is refused already; nobody can stop that.
            let _ = (self.on_step)(Step::Withdrawn(&pages));
        }
        for page in self.made.drain(..) {
            if let Err(error) = self.folder.remove_page(page) {
                tracing::warn!(%error, page = page.0, "the file of a page that is not wanted stays");
            }
        }
    }
}

impl Open {
    fn flush(&mut self) -> Result<(), ImportError> {
        let mut rest = &self.band[..];
        while !rest.is_empty() {
            let written = self.stream.write(rest)?;
            if written == 0 {
                return Err(ImportError::Full);
            }
            rest = rest.get(written..).unwrap_or_default();
        }
        self.band.clear();
        Ok(())
    }
}

/// Refuses a page that is larger than a page may be.
pub(super) fn check_size(page: u32, width: u32, height: u32) -> Result<(), ImportError> {
    let too_large = |limit| Err(ImportError::TooLarge { page: Some(page), limit });
    if width == 0 || height == 0 {
        return Err(ImportError::Broken { page: Some(page) });
    }
    if width > MAX_WIDTH {
        return too_large(Limit::Width(MAX_WIDTH));
    }
    if height > MAX_HEIGHT {
        return too_large(Limit::Height(MAX_HEIGHT));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return too_large(Limit::Pixels(MAX_PIXELS));
    }
    Ok(())
}

/// A page of raw rows.
pub(super) fn rows_page(width: u32, height: u32, format: PixelFormat, dpi: Dpi) -> NewPage {
    let layout = RowLayout::packed(width, format);
    let bytes = Some(layout.stride as u64 * u64::from(height));
    NewPage { format: PageFormat::Rows(layout), width, height, dpi, bytes }
}
