//! Paper: what lies on the glass and in the feeder, drawn row by row at any resolution.
//!
//! A [`Face`] is one side of a sheet. What is seen at a place depends on nothing but the face and
//! the resolution, so that any rows can be drawn at any time and are always the same.

mod canvas;
mod faces;

pub(super) use faces::Face;

use super::model::Units;
use crate::raster::PixelFormat;
use canvas::Canvas;

/// The part of the surface that is scanned, and how finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Raster {
    pub(super) x: Units,
    pub(super) y: Units,
    /// In pixels.
    pub(super) width: u32,
    /// In pixels.
    pub(super) height: u32,
    pub(super) dpi: u32,
}

/// The image controls of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tone {
    /// −127 to 127.
    pub(super) brightness: i32,
    /// −127 to 127.
    pub(super) contrast: i32,
    /// 0 to 255: what is darker becomes black in line art.
    pub(super) threshold: i32,
}

impl Tone {
    fn table(&self) -> [u8; 256] {
        std::array::from_fn(|value| {
            let centred = value as i32 - 128;
            let stretched = centred * (127 + self.contrast) / 127;
            (stretched + 128 + self.brightness).clamp(0, 255) as u8
        })
    }
}

impl Face {
    /// Rows of the face: packed rows in the wanted pixel format.
    pub(super) fn render(&self, raster: &Raster, first: u32, rows: u32, pixels: PixelFormat, tone: &Tone) -> Vec<u8> {
        let mut canvas = Canvas::new(raster, first, rows);
        self.draw(&mut canvas);
        let table = tone.table();
        let rgb = canvas.into_rgb();
        match pixels {
            PixelFormat::Rgb8 => rgb.into_iter().map(|value| table[usize::from(value)]).collect(),
            PixelFormat::Bw1 => {
                let gray = to_gray(&rgb, &table);
                let width = raster.width as usize;
                gray.chunks_exact(width).flat_map(|row| to_bits(row, tone.threshold)).collect()
            }
            _ => to_gray(&rgb, &table),
        }
    }
}

fn to_gray(rgb: &[u8], table: &[u8; 256]) -> Vec<u8> {
    let luma = |pixel: &[u8]| (u32::from(pixel[0]) * 77 + u32::from(pixel[1]) * 150 + u32::from(pixel[2]) * 29) >> 8;
    rgb.chunks_exact(3).map(|pixel| table[luma(pixel) as usize]).collect()
}

/// Eight pixels to a byte, most significant bit first, 1 is white; bits past the last pixel are white.
fn to_bits(row: &[u8], threshold: i32) -> Vec<u8> {
    let bit = |pixel: Option<&u8>| u8::from(pixel.is_none_or(|value| i32::from(*value) >= threshold));
    row.chunks(8).map(|eight| (0..8).fold(0, |byte, at| byte << 1 | bit(eight.get(at)))).collect()
}
