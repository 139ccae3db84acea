//! MEMORYBMP as drivers send it: a bitmap without its file header, turned into rows of this program.
//!
//! The header says how many lines there are and which comes first. A negative height means *from the top*;
//! a positive one means what it means in every bitmap, *the last line first*: a driver that copies lines as
//! the lamp finds them and announces a positive height delivers a picture that stands on its head in every
//! other program as well. A height of zero is not known before the end, so nobody can begin with the last
//! line: it is from the top.

use crate::raster::{PixelFormat, RowLayout};

/// Bytes of the header that everybody writes.
const INFO_HEADER: u32 = 40;
/// Bytes of the longest one there is.
const LONGEST_HEADER: u32 = 124;
/// Pixels in a line, at most: 150 cm at 9600 dpi.
const MOST_PIXELS: u32 = 600_000;
/// Lines, at most: three hundred metres at 300 dpi.
const MOST_LINES: u32 = 1 << 22;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemoryBitmap {
    width: u32,
    /// Lines; `None` when only the end tells.
    pub(super) lines: Option<u32>,
    /// The last line comes first.
    pub(super) from_the_bottom: bool,
    pixels: Pixels,
    /// Bits per pixel as sent.
    bits: u32,
}

/// How a line becomes a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pixels {
    /// One bit, 1 is white; the other way round when `inverted`.
    Bits { inverted: bool },
    /// One byte is a level of gray.
    Gray,
    /// A number of a gray level.
    GrayIndex(Vec<u8>),
    /// A number of a colour.
    ColorIndex(Vec<[u8; 3]>),
    /// Blue, green, red.
    Bgr,
}

/// What the first bytes of an image came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// More are needed.
    Incomplete,
    /// So many of them are the header.
    Complete(MemoryBitmap, usize),
}

impl MemoryBitmap {
    /// Reads a header from the first bytes of an image.
    ///
    /// # Errors
    /// What is wrong with it, for the log.
    pub(super) fn parse(bytes: &[u8]) -> Result<Header, &'static str> {
        let Some(size) = field(bytes, 0) else { return Ok(Header::Incomplete) };
        if !(INFO_HEADER..=LONGEST_HEADER).contains(&size) {
            return Err("the size of its header");
        }
        let (Some(width), Some(height), Some(kind), Some(compression), Some(used)) =
            (field(bytes, 4), field(bytes, 8), field(bytes, 12), field(bytes, 16), field(bytes, 32))
        else {
            return Ok(Header::Incomplete);
        };
        let height = height as i32;
        let (planes, bits) = (kind & 0xffff, kind >> 16);
        if planes != 1 || compression != 0 {
            return Err("its planes or its compression");
        }
        if !(1..=MOST_PIXELS).contains(&width) || height.unsigned_abs() > MOST_LINES {
            return Err("its size in pixels");
        }
        let most_colors = match bits {
            1 | 8 => 1 << bits,
            24 => 256,
            _ => return Err("its bits per pixel"),
        };
        let colors = if used == 0 && bits != 24 { most_colors } else { used };
        if colors > most_colors {
            return Err("its number of colours");
        }
        let length = (size + 4 * colors) as usize;
        let Some(palette) = bytes.get(size as usize..length) else { return Ok(Header::Incomplete) };
        let bitmap = MemoryBitmap {
            width,
            lines: (height != 0).then_some(height.unsigned_abs()),
            from_the_bottom: height > 0,
            pixels: Pixels::of(bits, palette),
            bits,
        };
        Ok(Header::Complete(bitmap, length))
    }

    /// Bytes of a line as it is sent, padded to four.
    pub(super) fn line_bytes(&self) -> usize {
        (self.width as usize * self.bits as usize).div_ceil(32) * 4
    }

    /// What the rows are.
    pub(super) fn layout(&self) -> RowLayout {
        let format = match self.pixels {
            Pixels::Bits { .. } => PixelFormat::Bw1,
            Pixels::Gray | Pixels::GrayIndex(_) => PixelFormat::Gray8,
            Pixels::ColorIndex(_) | Pixels::Bgr => PixelFormat::Rgb8,
        };
        RowLayout::packed(self.width, format)
    }

    /// Appends the row that a line of [`MemoryBitmap::line_bytes`] is.
    pub(super) fn turn(&self, line: &[u8], rows: &mut Vec<u8>) {
        let width = self.width as usize;
        match &self.pixels {
            Pixels::Bits { inverted } => {
                let flip = if *inverted { 0xff } else { 0 };
                rows.extend(line.iter().take(self.layout().stride).map(|byte| byte ^ flip));
            }
            Pixels::Gray => rows.extend_from_slice(&line[..width]),
            Pixels::GrayIndex(levels) => {
                rows.extend(self.numbers(line).map(|number| levels.get(number).copied().unwrap_or(0)));
            }
            Pixels::ColorIndex(colors) => {
                rows.extend(self.numbers(line).flat_map(|number| colors.get(number).copied().unwrap_or_default()));
            }
            Pixels::Bgr => {
                rows.extend(line.chunks_exact(3).take(width).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]));
            }
        }
    }

    /// The colour numbers of a line of one or eight bits.
    fn numbers<'a>(&self, line: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let one_bit = self.bits == 1;
        (0..self.width as usize).map(move |at| match one_bit {
            true => usize::from(line[at / 8] >> (7 - at % 8) & 1),
            false => usize::from(line[at]),
        })
    }
}

impl Pixels {
    /// What a palette of blue, green, red and nothing makes of pixels.
    fn of(bits: u32, palette: &[u8]) -> Pixels {
        if bits == 24 {
            return Pixels::Bgr;
        }
        let colors: Vec<[u8; 3]> = palette.chunks_exact(4).map(|entry| [entry[2], entry[1], entry[0]]).collect();
        if colors.iter().any(|[red, green, blue]| red != green || green != blue) {
            return Pixels::ColorIndex(colors);
        }
        let levels: Vec<u8> = colors.into_iter().map(|[level, ..]| level).collect();
        match (bits, &levels[..]) {
            (1, [0, 255]) => Pixels::Bits { inverted: false },
            (1, [255, 0]) => Pixels::Bits { inverted: true },
            (8, levels)
                if levels.len() == 256 && levels.iter().enumerate().all(|(at, level)| at == usize::from(*level)) =>
            {
                Pixels::Gray
            }
            _ => Pixels::GrayIndex(levels),
        }
    }
}

/// The 32 bits at a place.
fn field(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(width: i32, height: i32, bits: u16, palette: &[[u8; 4]]) -> Vec<u8> {
        let mut bytes = INFO_HEADER.to_le_bytes().to_vec();
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        for field in [0, 0, 0, 0, palette.len() as u32, 0] {
            bytes.extend(u32::to_le_bytes(field));
        }
        bytes.extend(palette.iter().flatten());
        bytes
    }

    fn turned(header: &[u8], line: &[u8]) -> (PixelFormat, Vec<u8>) {
        let Ok(Header::Complete(bitmap, length)) = MemoryBitmap::parse(header) else { panic!("a header") };
        assert_eq!((length, bitmap.line_bytes()), (header.len(), line.len()));
        let mut row = Vec::new();
        bitmap.turn(line, &mut row);
        assert_eq!(row.len(), bitmap.layout().stride);
        (bitmap.layout().format, row)
    }

    #[test]
    fn every_kind_of_pixel_becomes_a_row_without_padding() {
        let (black, white, red) = ([0, 0, 0, 0], [255, 255, 255, 0], [0, 0, 255, 0]);
        let bgr = [1, 2, 3, 4, 5, 6, 0xee, 0xee];
        assert_eq!(turned(&header(2, -1, 24, &[]), &bgr), (PixelFormat::Rgb8, vec![3, 2, 1, 6, 5, 4]));
        let bits = [0b1010_0000, 0xee, 0xee, 0xee];
        assert_eq!(turned(&header(3, -1, 1, &[black, white]), &bits), (PixelFormat::Bw1, vec![0b1010_0000]));
        assert_eq!(turned(&header(3, -1, 1, &[white, black]), &bits), (PixelFormat::Bw1, vec![0b0101_1111]));
        assert_eq!(
            turned(&header(2, -1, 1, &[red, white]), &bits),
            (PixelFormat::Rgb8, vec![255, 255, 255, 255, 0, 0])
        );
        let ramp: Vec<[u8; 4]> = (0..=255).map(|level| [level, level, level, 0]).collect();
        let reverse: Vec<[u8; 4]> = ramp.iter().rev().copied().collect();
        let line = [7, 250, 0xee, 0xee];
        assert_eq!(turned(&header(2, -1, 8, &ramp), &line), (PixelFormat::Gray8, vec![7, 250]));
        assert_eq!(turned(&header(2, -1, 8, &reverse), &line), (PixelFormat::Gray8, vec![248, 5]));
        // A number beyond the palette is black.
        assert_eq!(turned(&header(2, -1, 8, &[red, white]), &line), (PixelFormat::Rgb8, vec![0; 6]));
    }

    #[test]
    fn the_sign_of_the_height_says_which_line_is_first() {
        for (height, lines, from_the_bottom) in [(5, Some(5), true), (-5, Some(5), false), (0, None, false)] {
            let Ok(Header::Complete(bitmap, 40)) = MemoryBitmap::parse(&header(1, height, 24, &[])) else {
                panic!("a header")
            };
            assert_eq!((bitmap.lines, bitmap.from_the_bottom), (lines, from_the_bottom));
        }
    }

    #[test]
    fn a_header_is_read_however_it_is_cut_and_no_number_in_it_does_harm() {
        let good = header(3, -2, 1, &[[0; 4], [255, 255, 255, 0]]);
        for cut in 0..good.len() {
            assert_eq!(MemoryBitmap::parse(&good[..cut]), Ok(Header::Incomplete), "{cut}");
        }
        for (at, value) in [
            (0, 39),
            (0, 125),
            (0, u32::MAX),
            (4, 0),
            (4, u32::MAX),
            (4, MOST_PIXELS + 1),
            (8, i32::MIN as u32),
            (8, i32::MAX as u32),
            (12, 2),
            (12, 1 | 16 << 16),
            (12, 1 | 4 << 16),
            (16, 1),
            (32, 3),
            (32, u32::MAX),
        ] {
            let mut bad = good.clone();
            bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
            assert!(MemoryBitmap::parse(&bad).is_err(), "{value:#x} at {at}");
        }
    }
}
