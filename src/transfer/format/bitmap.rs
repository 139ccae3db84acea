//! Windows bitmaps, with and without their file header.
//!
//! Rows come from the top, so the height in the header is negative: an image can be shown while it
//! grows. A bitmap has no samples of 16 bits; they become eight.

use crate::raster::{EightBits, PictureInfo, PixelFormat, Samples};
use crate::units::{Dpi, Length};

use super::image_writer::ImageWriter;

const FILE_HEADER: u32 = 14;
const INFO_HEADER: u32 = 40;

/// See the module.
pub(super) struct Bitmap {
    width: u32,
    dpi: Dpi,
    bits: u16,
    colors: u32,
    row_bytes: usize,
    /// Turns rows that are not bits into bytes.
    bytes: Option<EightBits>,
    with_file_header: bool,
}

impl Bitmap {
    pub(super) fn new(picture: &PictureInfo, dpi: Dpi, with_file_header: bool) -> Bitmap {
        let width = picture.layout.width;
        let bytes = (picture.layout.format != PixelFormat::Bw1).then(|| EightBits::from(picture.layout));
        let (bits, colors) = match bytes.as_ref().map(EightBits::samples) {
            None => (1, 2),
            Some(Samples::Gray) => (8, 256),
            Some(Samples::Rgb) => (24, 0),
        };
        // Rows are padded to four bytes.
        let row_bytes = (width as usize * usize::from(bits)).div_ceil(32) * 4;
        Bitmap { width, dpi, bits, colors, row_bytes, bytes, with_file_header }
    }

    fn file_header(&self, image_bytes: u32) -> Vec<u8> {
        let offset = FILE_HEADER + INFO_HEADER + 4 * self.colors;
        let mut header = b"BM".to_vec();
        for field in [offset.saturating_add(image_bytes), 0, offset] {
            header.extend(field.to_le_bytes());
        }
        header
    }

    fn palette(&self) -> impl Iterator<Item = [u8; 4]> {
        let last = self.colors.saturating_sub(1).max(1);
        (0..self.colors).map(move |index| {
            let level = (index * 255 / last) as u8;
            [level, level, level, 0]
        })
    }
}

impl ImageWriter for Bitmap {
    fn header(&self, rows: u32) -> Vec<u8> {
        let image_bytes = u32::try_from(self.row_bytes as u64 * u64::from(rows)).unwrap_or(0);
        let per_metre = (f64::from(self.dpi.0) / (Length::from_pixels(1, Dpi(1)).mm() / 1000.0)).round() as u32;
        let mut header = if self.with_file_header { self.file_header(image_bytes) } else { Vec::new() };
        header.extend(INFO_HEADER.to_le_bytes());
        header.extend(self.width.to_le_bytes());
        // From the top.
        header.extend(i32::try_from(rows).unwrap_or(i32::MAX).wrapping_neg().to_le_bytes());
        header.extend(1u16.to_le_bytes());
        header.extend(self.bits.to_le_bytes());
        for field in [0, image_bytes, per_metre, per_metre, self.colors, 0] {
            header.extend(u32::to_le_bytes(field));
        }
        header.extend(self.palette().flatten());
        header
    }

    fn row(&mut self, row: &[u8], image: &mut Vec<u8>) {
        let start = image.len();
        match &mut self.bytes {
            None => image.extend_from_slice(row),
            Some(bytes) => match bytes.samples() {
                Samples::Gray => image.extend_from_slice(bytes.turn(row)),
                // Blue comes first.
                Samples::Rgb => {
                    image.extend(bytes.turn(row).chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]))
                }
            },
        }
        image.resize(start + self.row_bytes, 0);
    }
}
