//! Paper: what lies on the glass and in the feeder, drawn row by row at any resolution.
//!
//! A [`Face`] is one side of a sheet. What is seen at a place depends on nothing but the face and
//! the resolution, so that any rows can be drawn at any time and are always the same.

mod canvas;
mod faces;
mod lettering;
mod noise;
mod photograph;
mod prints;

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
        let mut canvas = Canvas::new(raster, first, rows, self.lie());
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

#[cfg(test)]
mod tests {
    use super::*;

    const RASTER: Raster = Raster { x: 0, y: 0, width: 620, height: 877, dpi: 75 };
    const TONE: Tone = Tone { brightness: 0, contrast: 0, threshold: 128 };

    #[test]
    fn any_rows_are_the_same_as_in_the_whole_page() {
        for (sheet, back) in (1..=5).flat_map(|sheet| [(sheet, false), (sheet, true)]) {
            let face = Face::of_sheet(sheet, back);
            let whole = face.render(&RASTER, 0, 877, PixelFormat::Rgb8, &TONE);
            let part = face.render(&RASTER, 400, 16, PixelFormat::Rgb8, &TONE);
            assert!(whole[400 * 620 * 3..416 * 620 * 3] == part[..], "sheet {sheet}, back {back}");
            let dark = whole.chunks_exact(3).filter(|pixel| pixel.iter().all(|value| *value < 110)).count();
            assert_eq!(dark == 0, face.is_blank(), "sheet {sheet}, back {back}: {dark}");
        }
    }

    #[test]
    fn a_number_stands_only_in_the_rows_that_say_so() {
        for sheet in 1..=5 {
            let (face, other) = (Face::of_sheet(sheet, false), Face::of_sheet(sheet + 5, false));
            for first in (0..877).step_by(16) {
                let rows = |face: &Face| face.render(&RASTER, first, 16, PixelFormat::Gray8, &TONE);
                if !face.is_numbered_at(&RASTER, first, 16) {
                    assert!(rows(&face) == rows(&other), "sheet {sheet}, row {first}");
                }
            }
        }
    }

    #[test]
    fn line_art_is_white_where_the_paper_is() {
        let rows = Face::of_sheet(2, true).render(&RASTER, 100, 2, PixelFormat::Bw1, &TONE);
        assert_eq!(rows.len(), 2 * 78);
        assert!(rows.iter().all(|byte| *byte == 0xff));
    }
}
