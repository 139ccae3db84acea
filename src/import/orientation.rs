//! How Exif and TIFF say that a picture is turned.

use crate::document::Rotation;
use crate::raster::{PixelFormat, RowLayout};

/// One of the eight ways in which a picture can lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    /// The rows are to be read from the right, before anything else is done.
    pub(super) mirrored: bool,
    /// Then the picture is to be turned.
    pub(super) rotation: Rotation,
}

impl Orientation {
    /// From the number in the file; anything but 2 to 8 is upright.
    pub(super) fn from_number(number: u16) -> Orientation {
        let (mirrored, rotation) = match number {
            2 => (true, Rotation::None),
            3 => (false, Rotation::Half),
            4 => (true, Rotation::Half),
            5 => (true, Rotation::ThreeQuarters),
            6 => (false, Rotation::Quarter),
            7 => (true, Rotation::Quarter),
            8 => (false, Rotation::ThreeQuarters),
            _ => (false, Rotation::None),
        };
        Orientation { mirrored, rotation }
    }
}

/// Puts a row's pixels into the opposite order.
pub(super) fn mirror(row: &mut [u8], layout: RowLayout) {
    let pixel = layout.format.row_bytes(1);
    if layout.format == PixelFormat::Bw1 {
        return mirror_bits(row, layout.width as usize);
    }
    row.reverse();
    row.chunks_exact_mut(pixel).for_each(<[u8]>::reverse);
}

fn mirror_bits(row: &mut [u8], width: usize) {
    row.reverse();
    row.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    // What filled up the last byte stands in front now.
    let filled = (row.len() * 8).saturating_sub(width);
    let mut after = 0;
    for byte in row.iter_mut().rev() {
        let pair = u16::from_be_bytes([*byte, after]);
        after = *byte;
        *byte = ((pair << filled.min(7)) >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_mirrored_by_pixels() {
        let mirrored = |format, width, row: &[u8]| {
            let mut row = row.to_vec();
            mirror(&mut row, RowLayout::packed(width, format));
            row
        };
        assert_eq!(mirrored(PixelFormat::Gray8, 3, &[1, 2, 3]), [3, 2, 1]);
        assert_eq!(mirrored(PixelFormat::Rgb8, 2, &[1, 2, 3, 4, 5, 6]), [4, 5, 6, 1, 2, 3]);
        assert_eq!(mirrored(PixelFormat::Gray16, 2, &[1, 2, 3, 4]), [3, 4, 1, 2]);
        assert_eq!(mirrored(PixelFormat::Bw1, 8, &[0b1100_0000]), [0b0000_0011]);
        assert_eq!(mirrored(PixelFormat::Bw1, 10, &[0b1100_0000, 0b0100_0000]), [0b1000_0000, 0b1100_0000]);
        assert_eq!(mirrored(PixelFormat::Bw1, 12, &[0b1110_0000, 0b0001_0000]), [0b1000_0000, 0b0111_0000]);
    }
}
