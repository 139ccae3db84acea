//! What a page's first bytes say, and whether its last ones are there (eSCL reference, 4.2, 6.6).

use super::settings::Plan;
use crate::http::Head;
use crate::minidriver::{ColorMode, Condition, DeviceFailure, OfferedFormat, PageFormat, PageInfo, Side, Source};
use crate::plain_text::beginning;
use crate::raster::{JpegExtent, JpegMarkers, RowLayout};
use crate::units::{Area, Length};

/// Bytes that tell every format.
pub(super) const SNIFFED: usize = 8;
/// Rows by which a device may round a page of its own accord (reference, 4.3, 6.6).
const ROUNDED_ROWS: u32 = 8;
/// Bytes by which a row may be padded.
const WIDEST_PADDING: usize = 4096;
/// The end of every PNG.
const PNG_END: [u8; 8] = [b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// A page under way.
pub(super) struct Page {
    format: PageFormat,
    jpeg: JpegMarkers,
    extent: JpegExtent,
    /// Pixels in a row, and rows, above which nobody believes what a picture says of itself.
    largest: (u32, u32),
    /// Rows that were asked for.
    asked_rows: u32,
    received: u64,
    /// The newest bytes, as many as the end of a PNG has.
    tail: [u8; PNG_END.len()],
    /// Bytes of raw rows below which the page is not whole.
    least: u64,
    /// What came instead of a picture, in words.
    instead: Option<String>,
    /// Its length has been found right although it is shorter than asked.
    accepted: bool,
    /// Bytes above which nobody believes that this is still the page.
    most: u64,
}

/// A page of any format is at most so many times as large as its raw pixels at 16 bits a colour …
const LARGEST_BLOW_UP: u64 = 2;
/// … and this, for headers, and for small pages of devices that ignore the size asked for.
const LARGEST_EXTRA: u64 = 256 << 20;

/// A picture that says it is so many times as wide or high as the whole bed …
const LARGEST_OVERSIZE: u32 = 4;
/// … and so many pixels more, for beds that are small, is not believed when its rows are not there.
const OVERSIZE_EXTRA: u32 = 1024;

/// The kind of bytes that begin like this; what a label says counts only where bytes say nothing.
///
/// # Errors
/// They are no picture; what they are instead, in words.
pub(super) fn format_of(first: &[u8], head: &Head, plan: &Plan, layout: RowLayout) -> Result<PageFormat, String> {
    let label = head.media_type();
    let wrong = |what: &str| Err(format!("{what} that begins with {}", beginning(first)));
    match first {
        [0xff, 0xd8, ..] => Ok(PageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Ok(PageFormat::Png),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Ok(PageFormat::Tiff),
        [b'%', b'P', b'D', b'F', ..] => Err("a PDF".to_owned()),
        [b'<', ..] if label.starts_with("text/") || label.ends_with("xml") => wrong("a text"),
        _ if plan.kind == OfferedFormat::Rows || label == "application/octet-stream" => Ok(PageFormat::Rows(layout)),
        [b'<', ..] => wrong("a text"),
        _ => wrong("something"),
    }
}

/// How raw rows lie: as the device told, else as the page's length tells; `None` when nothing does.
pub(super) fn row_layout(
    plan: &Plan,
    mode: ColorMode,
    area: Area,
    told: Option<RowLayout>,
    length: Option<u64>,
) -> Option<RowLayout> {
    let packed = RowLayout::packed(area.width.pixels(plan.dpi), mode.pixels());
    let rows = u64::from(area.height.pixels(plan.dpi));
    let by_length = || {
        let length = length.filter(|length| rows > 0 && length.is_multiple_of(rows))?;
        let stride = usize::try_from(length / rows).ok()?;
        (stride >= packed.stride && stride <= packed.stride * 2 + WIDEST_PADDING)
            .then_some(RowLayout { stride, ..packed })
    };
    told.or_else(by_length)
}

/// What the application is told before the first band.
pub(super) fn page_info(plan: &Plan, area: Area, format: PageFormat, head: &Head) -> PageInfo {
    let category = plan.source.category();
    let rows = area.height.pixels(plan.dpi);
    let expected_bytes = match format {
        PageFormat::Rows(layout) if !plan.finds_bottom => {
            head.content_length().or(Some(layout.stride as u64 * u64::from(rows)))
        }
        _ => head.content_length(),
    };
    PageInfo {
        item: category.name().to_owned(),
        full_name: category.full_name(),
        number: 0,
        side: Side::Front,
        format,
        dpi: plan.dpi,
        area,
        expected_width: match format {
            PageFormat::Rows(layout) => layout.width,
            _ => area.width.pixels(plan.dpi),
        },
        expected_rows: (!plan.finds_bottom).then_some(rows),
        expected_bytes,
    }
}

impl Page {
    /// A page that begins, from a bed of this size.
    pub(super) fn new(info: &PageInfo, source: Source, bed: Area) -> Page {
        let asked_rows = info.area.height.pixels(info.dpi);
        // The feeder's sheet may be shorter than what was asked for; the glass never is.
        let least = match info.format {
            PageFormat::Rows(layout) if source == Source::Flatbed => {
                layout.stride as u64 * u64::from(asked_rows.saturating_sub(ROUNDED_ROWS))
            }
            _ => 0,
        };
        let pixels = u64::from(info.area.width.pixels(info.dpi)) * u64::from(asked_rows);
        let largest =
            |length: Length| length.pixels(info.dpi).saturating_mul(LARGEST_OVERSIZE).saturating_add(OVERSIZE_EXTRA);
        let most = (pixels * 6).saturating_mul(LARGEST_BLOW_UP).saturating_add(LARGEST_EXTRA);
        Page {
            format: info.format,
            jpeg: JpegMarkers::new(),
            extent: JpegExtent::new(),
            largest: (largest(bed.width), largest(bed.height)),
            asked_rows,
            received: 0,
            tail: [0; PNG_END.len()],
            least: least.max(1),
            instead: None,
            accepted: false,
            most,
        }
    }

    /// It is no picture but this.
    pub(super) fn is_instead(&mut self, what: String) {
        self.instead = Some(what);
    }

    /// Whether a page that does not say itself how high it is ended before the height that was asked for,
    /// and nobody has said yet that the sheet ended there too.
    pub(super) fn is_in_doubt(&self) -> bool {
        !self.accepted && self.rows_of_unknown_height().is_some_and(|rows| rows + ROUNDED_ROWS < self.asked_rows)
    }

    /// Rows that came of a page that does not say itself how many it has.
    fn rows_of_unknown_height(&self) -> Option<u32> {
        match self.format {
            PageFormat::Rows(layout) => {
                Some(u32::try_from(self.received / layout.stride.max(1) as u64).unwrap_or(u32::MAX))
            }
            PageFormat::Jpeg if self.jpeg.facts().height().is_none() => self.extent.complete_rows(),
            _ => None,
        }
    }

    /// The sheet is as short as its page.
    pub(super) fn accept(&mut self) {
        self.accepted = true;
    }

    /// What is missing of a page that is shorter than asked; `None` when it can be whole. The height
    /// that the device tells counts before `may_end`: whether it ends a page where the sheet ends.
    pub(super) fn missing_of_sheet(&self, told_rows: Option<u32>, may_end: bool) -> Option<DeviceFailure> {
        let rows = self.rows_of_unknown_height()?;
        // A JPEG without a height comes from a device that did not know before where the sheet ends.
        let may_end = may_end || self.format == PageFormat::Jpeg;
        match told_rows {
            Some(told) => {
                (rows + ROUNDED_ROWS < told).then(|| Condition::TruncatedPage.with(format!("{rows} rows of {told}")))
            }
            None => (!may_end).then(|| Condition::ShortPage.with(format!("{rows} rows, fewer than asked for"))),
        }
    }

    /// Bytes that came.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Whether more came than a page of this size can have.
    pub(super) fn is_without_end(&self) -> bool {
        self.received > self.most
    }

    /// Notes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        match self.format {
            PageFormat::Jpeg => {
                self.jpeg.feed(bytes);
                self.extent.feed(bytes);
            }
            PageFormat::Png => {
                let kept = bytes.len().min(self.tail.len());
                self.tail.rotate_left(kept);
                let from = self.tail.len() - kept;
                self.tail[from..].copy_from_slice(&bytes[bytes.len() - kept..]);
            }
            PageFormat::Tiff | PageFormat::Rows(_) | PageFormat::Unknown => {}
        }
    }

    /// What is wrong with the page at its end; `None` when it is whole.
    pub(super) fn missing(&self) -> Option<DeviceFailure> {
        let torn = |what: String| Some(Condition::TruncatedPage.with(what));
        match self.format {
            PageFormat::Jpeg => self.missing_of_jpeg(),
            PageFormat::Png if self.tail == PNG_END => None,
            PageFormat::Png => torn(format!("no end after {} bytes of PNG", self.received)),
            PageFormat::Tiff => None,
            PageFormat::Rows(layout) => self.missing_of_rows(layout),
            PageFormat::Unknown => Some(Condition::NotAPicture.with(self.instead.clone().unwrap_or_default())),
        }
    }

    fn missing_of_rows(&self, layout: RowLayout) -> Option<DeviceFailure> {
        let stride = layout.stride.max(1) as u64;
        if self.received >= self.least && self.received.is_multiple_of(stride) {
            return None;
        }
        let asked = stride * u64::from(self.asked_rows);
        let condition = if self.received > asked { Condition::LongPage } else { Condition::TruncatedPage };
        Some(condition.with(format!("{} bytes of rows of {stride} bytes, asked for {asked}", self.received)))
    }

    /// An end marker alone proves nothing: a device can close a page that broke off.
    fn missing_of_jpeg(&self) -> Option<DeviceFailure> {
        let facts = self.jpeg.facts();
        let rows = self.extent.complete_rows();
        let height = facts.height().map(u32::from);
        let too_wide = facts.frame.is_some_and(|frame| u32::from(frame.width) > self.largest.0);
        // Where nobody told the height there must be something at least, and not few rows of a giant.
        let least = if too_wide { self.asked_rows } else { 1 };
        let lacks_rows = match height {
            Some(height) => self.extent.lacks_rows(height),
            None => rows.is_some_and(|rows| rows < least),
        };
        if let Some(frame) = facts.frame
            && (too_wide || height > Some(self.largest.1))
            && (lacks_rows || rows.is_none())
        {
            return Some(Condition::ImpossibleSize.with(format!("{} × {} pixels", frame.width, frame.height.rows)));
        }
        if !facts.is_whole() {
            return Some(Condition::TruncatedPage.with(format!("no end marker after {} bytes of JPEG", self.received)));
        }
        if lacks_rows {
            let condition = if self.extent.is_damaged() { Condition::DamagedPage } else { Condition::TruncatedPage };
            let (rows, height) = (rows.unwrap_or_default(), height.unwrap_or_default());
            return Some(condition.with(format!("{rows} rows of a JPEG of {height}")));
        }
        facts.has_another.then(|| Condition::SeveralPictures.with("another JPEG behind the end marker"))
    }
}

/// Whether a layout that a device told can be true for what was asked.
pub(super) fn plausible_layout(
    width: Option<u32>,
    stride: Option<usize>,
    plan: &Plan,
    mode: ColorMode,
    area: Area,
) -> Option<RowLayout> {
    /// Pixels by which a device may round.
    const ROUNDED_PIXELS: u32 = 64;
    let asked = area.width.pixels(plan.dpi);
    // One device exchanged width and height, so a width far from the asked one is not believed.
    let width = width.filter(|width| width.abs_diff(asked) <= ROUNDED_PIXELS).unwrap_or(asked);
    let packed = RowLayout::packed(width, mode.pixels());
    let stride = stride?;
    (stride >= packed.stride && stride <= packed.stride * 2 + WIDEST_PADDING).then_some(RowLayout { stride, ..packed })
}

/// The row layout that a device was last found to use, for pages of the same mode and width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LearnedLayout(Option<(ColorMode, u32, RowLayout)>);

impl LearnedLayout {
    pub(super) fn get(&self, mode: ColorMode, width: u32) -> Option<RowLayout> {
        self.0.filter(|known| (known.0, known.1) == (mode, width)).map(|known| known.2)
    }

    pub(super) fn set(&mut self, mode: ColorMode, width: u32, layout: RowLayout) {
        self.0 = Some((mode, width, layout));
    }
}

/// The area that is really scanned.
pub(super) fn scanned_area(plan: &Plan, without_region: bool) -> Area {
    if without_region { Area { x: Length::ZERO, y: Length::ZERO, ..plan.whole } } else { plan.area }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Dpi;

    #[test]
    fn a_short_sheet_is_whole_where_the_device_tells_its_height_or_finds_its_bottom() {
        let dpi = Dpi(100);
        let area = Area::of_size(Length::from_mm(210), Length::from_mm(297));
        let layout = RowLayout::packed(area.width.pixels(dpi), ColorMode::Gray.pixels());
        let info = PageInfo {
            item: String::new(),
            full_name: String::new(),
            number: 0,
            side: Side::Front,
            format: PageFormat::Rows(layout),
            dpi,
            area,
            expected_width: layout.width,
            expected_rows: None,
            expected_bytes: None,
        };
        let mut page = Page::new(&info, Source::Feeder, area);
        page.feed(&vec![0; layout.stride * 300]);
        assert!(page.missing().is_none() && page.is_in_doubt());
        for (told, finds_bottom, is_whole) in [
            (None, true, true),
            (None, false, false),
            (Some(300), false, true),
            (Some(302), false, true),
            (Some(1169), true, false),
        ] {
            let missing = page.missing_of_sheet(told, finds_bottom);
            assert_eq!(missing.is_none(), is_whole, "{told:?} {finds_bottom}: {missing:?}");
        }
        page.accept();
        assert!(!page.is_in_doubt());
        let mut full = Page::new(&info, Source::Feeder, area);
        full.feed(&vec![0; layout.stride * area.height.pixels(dpi) as usize]);
        assert!(!full.is_in_doubt());
    }
}
