//! What is known of a page before its first band.

use crate::raster::RowLayout;
use crate::units::{Area, Dpi};

/// A page that is about to arrive. The numbers are expectations from request and first answer; what
/// the bytes say later counts more (eSCL reference, 6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageInfo {
    /// The item's name: `Flatbed`, `Feeder`.
    pub item: String,
    /// The item's path: `0000\Root\Feeder`.
    pub full_name: String,
    /// Which page of the device's job this is, from 1; skipped pages count, a page fed again after a jam does not.
    pub number: u32,
    /// Which side of the sheet.
    pub side: Side,
    /// How the bytes of the page are to be read.
    pub format: PageFormat,
    /// Resolution asked for, which may not be what came.
    pub dpi: Dpi,
    /// The area asked for.
    pub area: Area,
    /// Pixels expected in a row.
    pub expected_width: u32,
    /// Rows expected; `None` when the sheet's end decides.
    pub expected_rows: Option<u32>,
    /// Bytes expected, when the device says so (raw rows, Content-Length).
    pub expected_bytes: Option<u64>,
}

impl PageInfo {
    /// Rows to be ready for: those expected, else those of the area asked for.
    pub fn likely_rows(&self) -> u32 {
        self.expected_rows.unwrap_or_else(|| self.area.height.pixels(self.dpi))
    }
}

/// How the bytes of a page are to be read (design, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFormat {
    /// A JPEG file, as the device sent it.
    Jpeg,
    /// A PNG file, as the device sent it.
    Png,
    /// A TIFF file, as the device sent it.
    Tiff,
    /// Raw rows from the top, without a header; their number is known when the page ends.
    Rows(RowLayout),
    /// Bytes that are none of these, as the device sent them: nothing can be shown of them.
    Unknown,
}

/// A side of a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// The front, or the only one.
    #[default]
    Front,
    /// The back, in a job of both sides.
    Back,
}
