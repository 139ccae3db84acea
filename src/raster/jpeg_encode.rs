//! Making a JPEG of rows, for pages that did not come as one.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::compress::CompressStarted;
use mozjpeg::{ColorSpace, Compress, PixelDensity, PixelDensityUnit};

use crate::units::Dpi;

use super::{EightBits, RowLayout, Samples};

/// Width and height a JPEG can have.
const LARGEST_SIDE: u32 = 65_500;

/// The encoder gave up, or the picture does not fit into a JPEG. Nothing helps but another format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no JPEG can be made of this picture")]
pub struct NoJpeg;

/// Makes one JPEG. Where it goes should be memory, or hide that it failed: the encoder has no words for a disk that is
/// full.
pub struct JpegEncoder<W: Write> {
    turn: EightBits,
    encoder: Option<CompressStarted<W>>,
}

impl<W: Write> JpegEncoder<W> {
    /// For rows of this layout. Quality goes from 1 to 100.
    ///
    /// # Errors
    /// [`NoJpeg`].
    pub fn new(layout: RowLayout, rows: u32, dpi: Dpi, quality: u8, sink: W) -> Result<JpegEncoder<W>, NoJpeg> {
        if !(1..=LARGEST_SIDE).contains(&layout.width) || !(1..=LARGEST_SIDE).contains(&rows) {
            return Err(NoJpeg);
        }
        let turn = EightBits::from(layout);
        let space = match turn.samples() {
            Samples::Gray => ColorSpace::JCS_GRAYSCALE,
            Samples::Rgb => ColorSpace::JCS_RGB,
        };
        let encoder = guarded(|| {
            let mut compress = Compress::new(space);
            compress.set_fastest_defaults();
            compress.set_size(layout.width as usize, rows as usize);
            compress.set_quality(f32::from(quality.clamp(1, 100)));
            let dots = dpi.0.clamp(1, u32::from(u16::MAX)) as u16;
            compress.set_pixel_density(PixelDensity { unit: PixelDensityUnit::Inches, x: dots, y: dots });
            compress.start_compress(sink).map_err(|_| NoJpeg)
        })?;
        Ok(JpegEncoder { turn, encoder: Some(encoder) })
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// [`NoJpeg`].
    pub fn row(&mut self, row: &[u8]) -> Result<(), NoJpeg> {
        let encoder = self.encoder.as_mut().ok_or(NoJpeg)?;
        let row = self.turn.turn(row);
        guarded(|| encoder.write_scanlines(row).map_err(|_| NoJpeg))
    }

    /// Ends the picture, and gives back what it was written to.
    ///
    /// # Errors
    /// [`NoJpeg`], also when rows are missing.
    pub fn finish(mut self) -> Result<W, NoJpeg> {
        let encoder = self.encoder.take().ok_or(NoJpeg)?;
        guarded(|| encoder.finish().map_err(|_| NoJpeg))
    }
}

/// The encoder reports its errors by unwinding.
fn guarded<T>(work: impl FnOnce() -> Result<T, NoJpeg>) -> Result<T, NoJpeg> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(NoJpeg))
}
