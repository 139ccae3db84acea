//! Raw rows: delivered as they come, and turned into samples of eight bits.

use std::io::{self, Read};

use super::decode::{DecodeError, DecodeOptions, Decoded, PictureInfo, RowSink};
use super::{PixelFormat, RowLayout};

/// Bytes from one row to the next, at most: a row of colour with 16 bits, 150 cm wide at 4800 dpi.
pub(super) const LARGEST_STRIDE: usize = 2 << 20;

/// See [`super::decode::decode`]. Padding is left out.
pub(super) fn decode(
    mut bytes: impl Read,
    layout: RowLayout,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    let packed = RowLayout::packed(layout.width, layout.format);
    let expected = options.expected_rows.unwrap_or(0);
    if layout.stride < packed.stride || packed.stride == 0 || layout.stride > LARGEST_STRIDE {
        return Err(DecodeError::TooLarge { width: layout.width, height: expected });
    }
    let info = PictureInfo { width: layout.width, height: expected, layout: packed, rows: expected };
    if sink.begin(&info).is_break() {
        return Ok(Decoded::default());
    }
    let mut row = vec![0; layout.stride];
    let mut rows = 0;
    while fill(&mut bytes, &mut row)? && rows < u32::MAX {
        rows += 1;
        if sink.row(&row[..packed.stride]).is_break() {
            return Ok(Decoded { rows, whole: false });
        }
    }
    Ok(Decoded { rows, whole: expected == 0 || rows >= expected })
}

/// Fills the buffer; `false` when the bytes end before.
fn fill(bytes: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match bytes.read_exact(buffer) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

/// What [`EightBits`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// One byte per pixel.
    Gray,
    /// Red, green, blue.
    Rgb,
}

impl Samples {
    /// Bytes per pixel.
    pub const fn channels(self) -> usize {
        match self {
            Samples::Gray => 1,
            Samples::Rgb => 3,
        }
    }
}

/// Turns rows of any format into gray or RGB with eight bits.
#[derive(Clone, Debug)]
pub struct EightBits {
    from: RowLayout,
    row: Vec<u8>,
}

impl EightBits {
    /// For rows of this layout.
    pub fn from(layout: RowLayout) -> EightBits {
        EightBits { from: layout, row: Vec::new() }
    }

    /// What the rows become.
    pub fn samples(&self) -> Samples {
        match self.from.format {
            PixelFormat::Bw1 | PixelFormat::Gray8 | PixelFormat::Gray16 => Samples::Gray,
            PixelFormat::Rgb8 | PixelFormat::Rgb16 | PixelFormat::Cmyk8 => Samples::Rgb,
        }
    }

    /// Turns one row, which must have the bytes its layout says; of a shorter one what is there.
    pub fn turn<'a>(&'a mut self, row: &'a [u8]) -> &'a [u8] {
        let out = &mut self.row;
        out.clear();
        match self.from.format {
            PixelFormat::Gray8 | PixelFormat::Rgb8 => return row,
            PixelFormat::Bw1 => {
                out.extend(
                    row.iter().flat_map(|byte| (0..8).map(move |bit| if byte & (0x80 >> bit) != 0 { 255 } else { 0 })),
                );
                out.truncate(self.from.width as usize);
            }
            PixelFormat::Gray16 | PixelFormat::Rgb16 => out.extend(row.chunks_exact(2).map(|sample| sample[0])),
            PixelFormat::Cmyk8 => {
                for pixel in row.chunks_exact(4) {
                    let paper = 255 - u16::from(pixel[3]);
                    out.extend(pixel[..3].iter().map(|ink| ((255 - u16::from(*ink)) * paper / 255) as u8));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_becomes_eight_bits() {
        let turned = |format, width, row: &[u8]| EightBits::from(RowLayout::packed(width, format)).turn(row).to_vec();
        assert_eq!(turned(PixelFormat::Bw1, 10, &[0b1010_0000, 0b0100_0000]), [255, 0, 255, 0, 0, 0, 0, 0, 0, 255]);
        assert_eq!(turned(PixelFormat::Gray16, 2, &[0x12, 0x34, 0xff, 0xff]), [0x12, 0xff]);
        assert_eq!(turned(PixelFormat::Rgb16, 1, &[1, 0, 2, 0, 3, 0]), [1, 2, 3]);
        assert_eq!(turned(PixelFormat::Rgb8, 1, &[1, 2, 3]), [1, 2, 3]);
        assert_eq!(
            turned(PixelFormat::Cmyk8, 3, &[0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255]),
            [255, 255, 255, 0, 255, 255, 0, 0, 0]
        );
    }
}
