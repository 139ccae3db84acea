//! The first chunk of a page file: what the page is and where it belongs.

use serde::{Deserialize, Serialize};

use crate::document::{DocumentId, PageId};
use crate::minidriver::{PageFormat, PageInfo, Side};
use crate::raster::{PixelFormat, RowLayout};
use crate::units::{Area, Dpi, Length};

/// What is known of a page before its first byte; enough to put it back when nothing else is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHead {
    /// The page's name within its document.
    pub page: PageId,
    /// Its document.
    pub document: DocumentId,
    /// Where it comes from.
    pub origin: Origin,
    /// What the driver said of it.
    pub info: PageInfo,
}

/// Where a page comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The device's id, `usb:04b8:1182`, `virtual:feeder` ….
    pub device: String,
    /// The device's name for people.
    pub device_name: String,
    /// When the page began, in seconds since 1970.
    pub began: u64,
    /// The job the page belongs to, counted within the document; pages of one job stay together.
    pub job: u64,
}

/// The head as it is written, JSON: fields may be added, and readers pass over those they do not know.
#[derive(Serialize, Deserialize)]
struct Record {
    page: u64,
    document: String,
    origin: Origin,
    item: String,
    full_name: String,
    number: u32,
    back: bool,
    format: String,
    layout: Option<Layout>,
    dpi: u32,
    area: [u32; 4],
    expected_width: u32,
    expected_rows: Option<u32>,
    expected_bytes: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Layout {
    width: u32,
    pixels: String,
    stride: u64,
}

/// Lengths are kept in the unit they are held in, as pixels of this resolution, so that none is rounded.
const EXACT: Dpi = Dpi(762_000);

const PIXELS: [(&str, PixelFormat); 6] = [
    ("bw1", PixelFormat::Bw1),
    ("gray8", PixelFormat::Gray8),
    ("gray16", PixelFormat::Gray16),
    ("rgb8", PixelFormat::Rgb8),
    ("rgb16", PixelFormat::Rgb16),
    ("cmyk8", PixelFormat::Cmyk8),
];

impl PageHead {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let info = &self.info;
        let (format, layout) = match info.format {
            PageFormat::Jpeg => ("jpeg", None),
            PageFormat::Png => ("png", None),
            PageFormat::Tiff => ("tiff", None),
            PageFormat::Rows(rows) => ("rows", Some(rows)),
            PageFormat::Unknown => ("unknown", None),
        };
        let layout = layout.map(|rows| Layout {
            width: rows.width,
            pixels: PIXELS.iter().find(|(_, pixel)| *pixel == rows.format).map_or("", |(name, _)| name).to_owned(),
            stride: rows.stride as u64,
        });
        let record = Record {
            page: self.page.0,
            document: self.document.as_str().to_owned(),
            origin: self.origin.clone(),
            item: info.item.clone(),
            full_name: info.full_name.clone(),
            number: info.number,
            back: info.side == Side::Back,
            format: format.to_owned(),
            layout,
            dpi: info.dpi.0,
            area: [info.area.x, info.area.y, info.area.width, info.area.height].map(|length| length.pixels(EXACT)),
            expected_width: info.expected_width,
            expected_rows: info.expected_rows,
            expected_bytes: info.expected_bytes,
        };
        // A record of strings and numbers can always be written.
        serde_json::to_vec(&record).unwrap_or_default()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<PageHead> {
        let record: Record = serde_json::from_slice(bytes).ok()?;
        let format = match (record.format.as_str(), record.layout) {
            ("jpeg", _) => PageFormat::Jpeg,
            ("png", _) => PageFormat::Png,
            ("tiff", _) => PageFormat::Tiff,
            ("unknown", _) => PageFormat::Unknown,
            ("rows", Some(layout)) => PageFormat::Rows(layout.to_rows()?),
            _ => return None,
        };
        let [x, y, width, height] = record.area.map(|pixels| Length::from_pixels(pixels, EXACT));
        Some(PageHead {
            page: PageId(record.page),
            document: DocumentId::new(&record.document)?,
            origin: record.origin,
            info: PageInfo {
                item: record.item,
                full_name: record.full_name,
                number: record.number,
                side: if record.back { Side::Back } else { Side::Front },
                format,
                dpi: Dpi(record.dpi),
                area: Area { x, y, width, height },
                expected_width: record.expected_width,
                expected_rows: record.expected_rows,
                expected_bytes: record.expected_bytes,
            },
        })
    }
}

impl Layout {
    /// `None` for rows that lie within each other: nothing could be made of them.
    fn to_rows(&self) -> Option<RowLayout> {
        let (_, format) = *PIXELS.iter().find(|(name, _)| *name == self.pixels)?;
        let stride = usize::try_from(self.stride).ok()?;
        let rows = RowLayout { width: self.width, format, stride };
        (stride >= format.row_bytes(self.width) && stride > 0).then_some(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(format: PageFormat) -> PageHead {
        PageHead {
            page: PageId(7),
            document: DocumentId::new("20260102-030405-0001").expect("a valid id"),
            origin: Origin {
                device: "virtual:feeder".into(),
                device_name: "Virtual \"feeder\"".into(),
                began: 1_767_322_645,
                job: 3,
            },
            info: PageInfo {
                item: "Feeder".into(),
                full_name: r"0000\Root\Feeder".into(),
                number: 4,
                side: Side::Back,
                format,
                dpi: Dpi(300),
                area: Area::of_size(Length::from_three_hundredths(2481), Length::from_thousandths(11_693)),
                expected_width: 2481,
                expected_rows: None,
                expected_bytes: Some(1 << 40),
            },
        }
    }

    #[test]
    fn a_head_comes_back_as_it_was() {
        assert!(PixelFormat::ALL.iter().all(|format| PIXELS.iter().any(|(_, known)| known == format)));
        let rows = PIXELS.map(|(_, format)| PageFormat::Rows(RowLayout { width: 99, format, stride: 1024 }));
        for format in rows.into_iter().chain([PageFormat::Jpeg, PageFormat::Png, PageFormat::Tiff, PageFormat::Unknown])
        {
            let head = head(format);
            assert_eq!(PageHead::from_bytes(&head.to_bytes()), Some(head));
        }
    }

    #[test]
    fn impossible_heads_are_refused() {
        let narrow = head(PageFormat::Rows(RowLayout { width: 99, format: PixelFormat::Rgb8, stride: 5 }));
        assert_eq!(PageHead::from_bytes(&narrow.to_bytes()), None);
        for bytes in [&b""[..], b"{}", b"null", b"\xff\xfe"] {
            assert_eq!(PageHead::from_bytes(bytes), None);
        }
    }
}
