//! Lighter, darker, more or less contrast, and black and white: each sample becomes another one,
//! whatever stands beside it.

use serde::{Deserialize, Serialize};

use super::rows::EightBits;
use super::{PixelFormat, RowLayout};

/// What is done to the samples of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tone {
    /// Percent of the whole range by which a page becomes lighter, −100 to 100.
    pub brightness: i8,
    /// From −100, all middle gray, to 100, where only the middle is not black or white.
    pub contrast: i8,
    /// Everything darker than this becomes black and the rest white, after the rest was done.
    pub threshold: Option<u8>,
}

impl Tone {
    /// Largest brightness and contrast.
    pub const MOST: i8 = 100;

    /// Whether nothing is done.
    pub fn is_neutral(&self) -> bool {
        *self == Tone::default()
    }

    /// Rows of this format become rows of that one.
    pub const fn format(&self, from: PixelFormat) -> PixelFormat {
        match self.threshold {
            Some(_) => PixelFormat::Bw1,
            None => from,
        }
    }

    /// One sample of a range from 0 to `top`: first contrast around the middle, then brightness.
    fn sample(&self, value: u32, top: u32) -> u32 {
        let most = i64::from(Tone::MOST);
        let (value, top) = (i64::from(value), i64::from(top));
        let contrast = i64::from(self.contrast).clamp(-most, most);
        // Twice the distance to the middle, so that it is a whole number.
        let distance = 2 * value - top;
        let distance = match contrast {
            ..=0 => distance * (most + contrast) / most,
            // A hundred percent leaves no divisor: one is the steepest there is.
            _ => distance * most / (most - contrast).max(1),
        };
        let shift = top * i64::from(self.brightness).clamp(-most, most) / most;
        ((distance + top) / 2 + shift).clamp(0, top) as u32
    }
}

/// Makes the rows of a page with a tone.
#[derive(Debug)]
pub struct ToneRows {
    tone: Tone,
    from: RowLayout,
    /// For samples of eight bits: what each becomes.
    table: Vec<u8>,
    /// The same for sixteen bits.
    wide_table: Vec<u16>,
    to_eight: EightBits,
    row: Vec<u8>,
}

impl ToneRows {
    /// For rows of this layout, without padding.
    pub fn new(tone: Tone, from: RowLayout) -> ToneRows {
        let changes = Tone { threshold: None, ..tone } != Tone::default();
        // A threshold looks at eight bits, whatever there was.
        let wide = tone.threshold.is_none() && matches!(from.format, PixelFormat::Gray16 | PixelFormat::Rgb16);
        let top = u32::from(u8::MAX);
        let table =
            if changes && !wide { (0..=top).map(|value| tone.sample(value, top) as u8).collect() } else { vec![] };
        let wide_top = u32::from(u16::MAX);
        let wide_table = if changes && wide {
            (0..=wide_top).map(|value| tone.sample(value, wide_top) as u16).collect()
        } else {
            vec![]
        };
        ToneRows { tone, from, table, wide_table, to_eight: EightBits::from(from), row: Vec::new() }
    }

    /// What the rows become.
    pub fn layout(&self) -> RowLayout {
        RowLayout::packed(self.from.width, self.tone.format(self.from.format))
    }

    /// Makes one row.
    pub fn turn<'a>(&'a mut self, row: &'a [u8]) -> &'a [u8] {
        // Black and white has nothing between.
        if self.from.format == PixelFormat::Bw1 {
            return row;
        }
        match self.tone.threshold {
            Some(threshold) => self.black_and_white(row, threshold),
            None => self.in_kind(row),
        }
        &self.row
    }

    fn in_kind(&mut self, row: &[u8]) {
        self.row.clear();
        match self.from.format {
            _ if self.table.is_empty() && self.wide_table.is_empty() => self.row.extend_from_slice(row),
            PixelFormat::Gray16 | PixelFormat::Rgb16 => self.row.extend(row.chunks_exact(2).flat_map(|sample| {
                self.wide_table[usize::from(u16::from_be_bytes([sample[0], sample[1]]))].to_be_bytes()
            })),
            // Ink: more of it is darker.
            PixelFormat::Cmyk8 => self.row.extend(row.iter().map(|ink| 255 - self.table[usize::from(255 - ink)])),
            _ => self.row.extend(row.iter().map(|sample| self.table[usize::from(*sample)])),
        }
    }

    fn black_and_white(&mut self, row: &[u8], threshold: u8) {
        let channels = self.to_eight.samples().channels();
        let samples = self.to_eight.turn(row);
        let out = &mut self.row;
        out.clear();
        out.resize(PixelFormat::Bw1.row_bytes(self.from.width), 0);
        for (column, pixel) in samples.chunks_exact(channels).take(self.from.width as usize).enumerate() {
            let gray = match *pixel {
                [red, green, blue] => luminance(red, green, blue),
                [gray] => gray,
                _ => continue,
            };
            let gray = self.table.get(usize::from(gray)).copied().unwrap_or(gray);
            if gray >= threshold {
                out[column / 8] |= 0x80 >> (column % 8);
            }
        }
    }
}

/// How bright a colour looks, in the weights of ITU-R BT.601.
const fn luminance(red: u8, green: u8, blue: u8) -> u8 {
    ((299 * red as u32 + 587 * green as u32 + 114 * blue as u32 + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(tone: Tone, format: PixelFormat, width: u32, row: &[u8]) -> Vec<u8> {
        ToneRows::new(tone, RowLayout::packed(width, format)).turn(row).to_vec()
    }

    #[test]
    fn a_neutral_tone_changes_nothing() {
        let row: Vec<u8> = (0..=255).collect();
        for (format, width) in [(PixelFormat::Gray8, 256), (PixelFormat::Gray16, 128), (PixelFormat::Cmyk8, 64)] {
            assert_eq!(turned(Tone::default(), format, width, &row), row);
        }
    }

    #[test]
    fn brightness_and_contrast_keep_order_and_range() {
        for (brightness, contrast) in [(30, 0), (-30, 0), (0, 60), (0, -60), (100, 100), (-100, -100), (20, -20)] {
            let tone = Tone { brightness, contrast, threshold: None };
            let made = turned(tone, PixelFormat::Gray8, 256, &(0..=255).collect::<Vec<u8>>());
            assert!(made.windows(2).all(|pair| pair[0] <= pair[1]), "{tone:?}");
            let wide: Vec<u8> = (0..=255u16).flat_map(|high| (high << 8 | high).to_be_bytes()).collect();
            let wide = turned(tone, PixelFormat::Gray16, 256, &wide);
            let near = wide.chunks_exact(2).zip(&made).all(|(wide, narrow)| wide[0].abs_diff(*narrow) <= 1);
            assert!(near, "{tone:?}: sixteen bits look as eight do");
        }
        let lighter = Tone { brightness: 20, ..Tone::default() };
        assert_eq!(turned(lighter, PixelFormat::Gray8, 3, &[0, 100, 250]), [51, 151, 255]);
        assert_eq!(turned(lighter, PixelFormat::Cmyk8, 1, &[255, 100, 0, 0]), [204, 49, 0, 0], "less ink");
        let flat = Tone { contrast: -100, ..Tone::default() };
        assert_eq!(turned(flat, PixelFormat::Gray8, 3, &[0, 100, 255]), [127, 127, 127]);
    }

    #[test]
    fn a_threshold_makes_one_bit() {
        let tone = Tone { threshold: Some(128), ..Tone::default() };
        assert_eq!(turned(tone, PixelFormat::Gray8, 9, &[0, 127, 128, 255, 0, 255, 0, 0, 200]), [0b0011_0100, 0x80]);
        assert_eq!(turned(tone, PixelFormat::Rgb8, 2, &[255, 255, 255, 255, 0, 0]), [0x80], "red is dark");
        assert_eq!(turned(tone, PixelFormat::Bw1, 8, &[0b1010_0000]), [0b1010_0000]);
        let dark = Tone { brightness: -50, ..tone };
        assert_eq!(turned(dark, PixelFormat::Gray8, 2, &[200, 255]), [0x40], "after brightness");
    }
}
