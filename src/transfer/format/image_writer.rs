//! What a format that is made here has to say: a header, rows, and what is put right at the end.

use crate::minidriver::property::Format;
use crate::raster::PictureInfo;
use crate::units::Dpi;

use super::bitmap::Bitmap;
use super::raw::RawImage;

/// A format that is made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum MadeFormat {
    /// A bitmap with its file header.
    Bmp,
    /// The same without: what banded transfers carry.
    MemoryBmp,
    /// WIA's raw format.
    Raw,
}

impl MadeFormat {
    /// The way to make a format; `None` for one that devices send.
    pub(in super::super) fn of(format: Format) -> Option<MadeFormat> {
        match format {
            Format::Bmp => Some(MadeFormat::Bmp),
            Format::MemoryBmp => Some(MadeFormat::MemoryBmp),
            Format::Raw => Some(MadeFormat::Raw),
            Format::Jpeg | Format::Png | Format::Tiff => None,
        }
    }

    /// Starts an image.
    pub(super) fn begin(self, picture: &PictureInfo, dpi: Dpi) -> Box<dyn ImageWriter> {
        match self {
            MadeFormat::Bmp => Box::new(Bitmap::new(picture, dpi, true)),
            MadeFormat::MemoryBmp => Box::new(Bitmap::new(picture, dpi, false)),
            MadeFormat::Raw => Box::new(RawImage::new(picture, dpi)),
        }
    }
}

/// One image while it is made.
pub(super) trait ImageWriter: Send {
    /// The header for so many rows; zero when their number is not known yet (R28).
    fn header(&self, rows: u32) -> Vec<u8>;

    /// Appends a row as the format has it.
    fn row(&mut self, row: &[u8], image: &mut Vec<u8>);
}
