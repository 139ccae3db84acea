//! How pixels lie in memory.

use serde::{Deserialize, Serialize};

/// The meaning of a row's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelFormat {
    /// One bit per pixel, most significant bit first, **1 is white** (eSCL reference, 4.2).
    Bw1,
    /// One byte per pixel, 0 is black.
    Gray8,
    /// Two bytes per pixel, big endian, 0 is black.
    Gray16,
    /// Three bytes per pixel: red, green, blue.
    Rgb8,
    /// Six bytes per pixel: red, green, blue, each big endian.
    Rgb16,
    /// Four bytes per pixel: cyan, magenta, yellow, black, 0 is no ink.
    Cmyk8,
}

impl PixelFormat {
    /// All of them.
    pub const ALL: [PixelFormat; 6] = [
        PixelFormat::Bw1,
        PixelFormat::Gray8,
        PixelFormat::Gray16,
        PixelFormat::Rgb8,
        PixelFormat::Rgb16,
        PixelFormat::Cmyk8,
    ];

    /// Bits of one pixel.
    pub const fn bits(self) -> u32 {
        match self {
            PixelFormat::Bw1 => 1,
            PixelFormat::Gray8 => 8,
            PixelFormat::Gray16 => 16,
            PixelFormat::Rgb8 => 24,
            PixelFormat::Cmyk8 => 32,
            PixelFormat::Rgb16 => 48,
        }
    }

    /// The byte of which white pixels are made.
    pub const fn white(self) -> u8 {
        match self {
            PixelFormat::Cmyk8 => 0,
            _ => 0xff,
        }
    }

    /// Bytes of an unpadded row of this many pixels.
    pub const fn row_bytes(self, width: u32) -> usize {
        (width as usize * self.bits() as usize).div_ceil(8)
    }
}

/// Rows of raw pixels: their width and how far apart they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowLayout {
    /// Pixels in a row.
    pub width: u32,
    /// What a pixel is.
    pub format: PixelFormat,
    /// Bytes from the start of a row to the start of the next, padding included.
    pub stride: usize,
}

impl RowLayout {
    /// Rows without padding.
    pub const fn packed(width: u32, format: PixelFormat) -> RowLayout {
        RowLayout { width, format, stride: format.row_bytes(width) }
    }
}
