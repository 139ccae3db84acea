//! What a page's first bytes say, and whether its last ones are there (eSCL reference, 4.2, 6.6).

use super::settings::Plan;
use crate::http::Head;
use crate::minidriver::{ColorMode, Condition, DeviceFailure, OfferedFormat, PageFormat, PageInfo, Side, Source};
use crate::raster::{JpegMarkers, RowLayout};
use crate::units::{Area, Length};

/// Bytes that tell every format.
pub(super) const SNIFFED: usize = 8;
/// Rows by which a device may round a page of its own accord (reference, 4.3, 6.6).
const ROUNDED_ROWS: u64 = 8;
/// Bytes by which a row may be padded.
const WIDEST_PADDING: usize = 4096;
/// The end of every PNG.
const PNG_END: [u8; 8] = [b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];

/// A page under way.
pub(super) struct Page {
    format: PageFormat,
    jpeg: JpegMarkers,
    received: u64,
    /// The newest bytes, as many as the end of a PNG has.
    tail: [u8; PNG_END.len()],
    /// Bytes of raw rows below which the page is not whole.
    least: u64,
    /// Bytes of raw rows below which a page is shorter than asked, and somebody has to say whether it is whole.
    full: u64,
    /// Its length has been found right although it is shorter than asked.
    accepted: bool,
    /// Bytes above which nobody believes that this is still the page.
    most: u64,
}

/// A page of any format is at most so many times as large as its raw pixels at 16 bits a colour …
const LARGEST_BLOW_UP: u64 = 2;
/// … and this, for headers, and for small pages of devices that ignore the size asked for.
const LARGEST_EXTRA: u64 = 256 << 20;

/// The kind of bytes that begin like this; what a label says counts only where bytes say nothing.
pub(super) fn format_of(
    first: &[u8],
    head: &Head,
    plan: &Plan,
    layout: RowLayout,
) -> Result<PageFormat, DeviceFailure> {
    let wrong = |what: &str| Err(Condition::Communication.with(format!("{what} instead of a page")));
    match first {
        [0xff, 0xd8, ..] => Ok(PageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Ok(PageFormat::Png),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Ok(PageFormat::Tiff),
        [b'%', b'P', b'D', b'F', ..] => wrong("a PDF"),
        _ if plan.kind == OfferedFormat::Rows || head.media_type() == "application/octet-stream" => {
            Ok(PageFormat::Rows(layout))
        }
        [b'<', ..] => wrong("a text"),
        _ => wrong("unknown bytes"),
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
    let (item, full_name) = match plan.source {
        Source::Flatbed => ("Flatbed", "Root/Flatbed"),
        Source::Feeder | Source::Duplex => ("Feeder", "Root/Feeder"),
    };
    let rows = area.height.pixels(plan.dpi);
    let expected_bytes = match format {
        PageFormat::Rows(layout) if !plan.finds_bottom => {
            head.content_length().or(Some(layout.stride as u64 * u64::from(rows)))
        }
        _ => head.content_length(),
    };
    PageInfo {
        item: item.to_owned(),
        full_name: full_name.to_owned(),
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
    /// A page that begins.
    pub(super) fn new(info: &PageInfo, source: Source) -> Page {
        let full = match info.format {
            PageFormat::Rows(layout) => {
                let rows = u64::from(info.area.height.pixels(info.dpi));
                layout.stride as u64 * rows.saturating_sub(ROUNDED_ROWS)
            }
            _ => 0,
        };
        // The feeder's sheet may be shorter than what was asked for; the glass never is.
        let least = if source == Source::Flatbed { full.max(1) } else { 1 };
        let pixels = u64::from(info.area.width.pixels(info.dpi)) * u64::from(info.area.height.pixels(info.dpi));
        let most = (pixels * 6).saturating_mul(LARGEST_BLOW_UP).saturating_add(LARGEST_EXTRA);
        Page {
            format: info.format,
            jpeg: JpegMarkers::new(),
            received: 0,
            tail: [0; PNG_END.len()],
            least,
            full,
            accepted: false,
            most,
        }
    }

    /// Whether raw rows ended before the length that was asked for, and nobody has said yet that the
    /// sheet ended there too.
    pub(super) fn is_in_doubt(&self) -> bool {
        !self.accepted && self.received < self.full
    }

    /// The sheet is as short as its page.
    pub(super) fn accept(&mut self) {
        self.accepted = true;
    }

    /// What is missing of a page that is shorter than asked; `None` when it can be whole. The height
    /// that the device tells counts before `may_end`: whether it ends a page where the sheet ends.
    pub(super) fn missing_of_sheet(&self, told_rows: Option<u32>, may_end: bool) -> Option<String> {
        let PageFormat::Rows(layout) = self.format else { return None };
        let rows = self.received / layout.stride.max(1) as u64;
        match told_rows {
            Some(told) => (rows + ROUNDED_ROWS < u64::from(told)).then(|| format!("{rows} rows of {told}")),
            None => (!may_end).then(|| format!("{rows} rows, fewer than asked for")),
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
            PageFormat::Jpeg => self.jpeg.feed(bytes),
            PageFormat::Png => {
                let kept = bytes.len().min(self.tail.len());
                self.tail.rotate_left(kept);
                let from = self.tail.len() - kept;
                self.tail[from..].copy_from_slice(&bytes[bytes.len() - kept..]);
            }
            PageFormat::Tiff | PageFormat::Rows(_) => {}
        }
    }

    /// What is missing at the page's end; `None` when it is whole.
    pub(super) fn missing(&self) -> Option<String> {
        match self.format {
            PageFormat::Jpeg if self.jpeg.facts().is_whole() => None,
            PageFormat::Jpeg => Some(format!("no end marker after {} bytes of JPEG", self.received)),
            PageFormat::Png if self.tail == PNG_END => None,
            PageFormat::Png => Some(format!("no end after {} bytes of PNG", self.received)),
            PageFormat::Tiff => None,
            PageFormat::Rows(layout) => {
                let rest = self.received % (layout.stride.max(1) as u64);
                (self.received < self.least || rest != 0)
                    .then(|| format!("{} bytes of rows of {} bytes", self.received, layout.stride))
            }
        }
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
        let mut page = Page::new(&info, Source::Feeder);
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
        let mut full = Page::new(&info, Source::Feeder);
        full.feed(&vec![0; layout.stride * area.height.pixels(dpi) as usize]);
        assert!(!full.is_in_doubt());
    }
}
