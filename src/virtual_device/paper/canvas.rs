//! A band of rows that faces are drawn on, in millimetres.

use super::Raster;

/// Some rows of a page.
pub(super) struct Canvas {
    width: usize,
    rows: usize,
    /// Pixels of a millimetre.
    scale: f32,
    /// The place of the top left pixel on the surface, in millimetres.
    left: f32,
    top: f32,
    rgb: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(raster: &Raster, first: u32, rows: u32) -> Canvas {
        let scale = raster.dpi as f32 / 25.4;
        let (width, rows) = (raster.width as usize, rows as usize);
        Canvas {
            width,
            rows,
            scale,
            left: raster.x as f32 * 25.4 / 300.0,
            top: raster.y as f32 * 25.4 / 300.0 + first as f32 / scale,
            rgb: vec![255; width * rows * 3],
        }
    }

    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// Fills the part of a rectangle that is in the band.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, color: [u8; 3]) {
        let column = |mm: f32| ((mm - self.left) * self.scale).round().clamp(0.0, self.width as f32) as usize;
        let row = |mm: f32| ((mm - self.top) * self.scale).round().clamp(0.0, self.rows as f32) as usize;
        let (from, to) = (column(x), column(x + width));
        for at in row(y)..row(y + height) {
            for pixel in self.rgb[(at * self.width + from) * 3..(at * self.width + to) * 3].chunks_exact_mut(3) {
                pixel.copy_from_slice(&color);
            }
        }
    }
}
