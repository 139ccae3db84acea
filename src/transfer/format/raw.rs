//! WIA's raw format: a header of 80 bytes and rows from the top (reference, part 12).

use crate::raster::{PictureInfo, PixelFormat, RowLayout};
use crate::units::Dpi;

use super::image_writer::ImageWriter;

/// Bytes of the header.
const HEADER: u32 = 80;
const VERSION: u32 = 0x0001_0000;
/// Rows come from the top.
const TOP_TO_BOTTOM: u32 = 1;

/// See the module. Samples of 16 bits keep the order in which they came, the high byte first.
pub(super) struct RawImage {
    layout: RowLayout,
    dpi: Dpi,
    row_bytes: usize,
}

impl RawImage {
    pub(super) fn new(picture: &PictureInfo, dpi: Dpi) -> RawImage {
        let layout = picture.layout;
        // Rows are aligned to four bytes.
        let row_bytes = layout.format.row_bytes(layout.width).next_multiple_of(4);
        RawImage { layout, dpi, row_bytes }
    }

    /// Channels, bits in each of them, WIA's data type.
    fn samples(&self) -> (u32, u8, u32) {
        match self.layout.format {
            PixelFormat::Bw1 => (1, 1, 0),
            PixelFormat::Gray8 => (1, 8, 2),
            PixelFormat::Gray16 => (1, 16, 2),
            PixelFormat::Rgb8 => (3, 8, 6),
            PixelFormat::Rgb16 => (3, 16, 6),
            PixelFormat::Cmyk8 => (4, 8, 11),
        }
    }
}

impl ImageWriter for RawImage {
    fn header(&self, rows: u32) -> Vec<u8> {
        let (channels, bits, data_type) = self.samples();
        let size = u32::try_from(self.row_bytes as u64 * u64::from(rows)).unwrap_or(0);
        let row_bytes = u32::try_from(self.row_bytes).unwrap_or(0);
        let mut header = b"WRAW".to_vec();
        let fields =
            [VERSION, HEADER, self.dpi.0, self.dpi.0, self.layout.width, rows, row_bytes, self.layout.format.bits()];
        for field in fields.into_iter().chain([channels, data_type]) {
            header.extend(field.to_le_bytes());
        }
        header.extend((0..8).map(|channel| if channel < channels { bits } else { 0 }));
        // No compression; white is 1; the data follow at once; no palette.
        for field in [0, 0, TOP_TO_BOTTOM, HEADER, size, 0, 0] {
            header.extend(u32::to_le_bytes(field));
        }
        header
    }

    fn row(&mut self, row: &[u8], image: &mut Vec<u8>) {
        let start = image.len();
        image.extend_from_slice(row);
        image.resize(start + self.row_bytes, 0);
    }
}
