//! A picture with fewer pixels: each is the exact average of the area it covers. For files; the picture on
//! screen has its own, quicker way.

use super::rows::{EightBits, Samples};
use super::{PixelFormat, RowLayout};

/// Makes the rows of a smaller picture, gray or RGB with eight bits.
#[derive(Debug)]
pub struct ReducedRows {
    eight: EightBits,
    channels: usize,
    from: (u64, u64),
    to: (u64, u64),
    /// One row of the smaller picture's width, each sample times the width it came from.
    across: Vec<u64>,
    /// The row under way, each sample times the area it came from.
    sums: Vec<u64>,
    /// How much of the row under way is there, in source rows times the smaller height.
    filled: u64,
    row: Vec<u8>,
}

impl ReducedRows {
    /// From so many rows of this layout to a picture of this size, which is at most as large on each side.
    pub fn new(from: RowLayout, rows: u32, to: (u32, u32)) -> ReducedRows {
        let eight = EightBits::from(from);
        let channels = eight.samples().channels();
        let from = (u64::from(from.width.max(1)), u64::from(rows.max(1)));
        let to = (u64::from(to.0).clamp(1, from.0), u64::from(to.1).clamp(1, from.1));
        let samples = to.0 as usize * channels;
        ReducedRows {
            eight,
            channels,
            from,
            to,
            across: vec![0; samples],
            sums: vec![0; samples],
            filled: 0,
            row: vec![0; samples],
        }
    }

    /// What the rows become.
    pub fn layout(&self) -> RowLayout {
        let format = match self.eight.samples() {
            Samples::Gray => PixelFormat::Gray8,
            Samples::Rgb => PixelFormat::Rgb8,
        };
        RowLayout::packed(self.to.0 as u32, format)
    }

    /// Takes the next row; gives one when it is finished by that.
    pub fn push(&mut self, row: &[u8]) -> Option<&[u8]> {
        self.reduce_across(row);
        // Along the height, a source row is as thick as the smaller picture has rows, and a row of that as the source has.
        let missing = self.from.1 - self.filled;
        let here = missing.min(self.to.1);
        self.sums.iter_mut().zip(&self.across).for_each(|(sum, sample)| *sum += sample * here);
        self.filled += here;
        if self.filled < self.from.1 {
            return None;
        }
        let area = self.from.0 * self.from.1;
        let rest = self.to.1 - here;
        for ((out, sum), sample) in self.row.iter_mut().zip(&mut self.sums).zip(&self.across) {
            *out = ((*sum + area / 2) / area) as u8;
            *sum = sample * rest;
        }
        self.filled = rest;
        Some(&self.row)
    }

    fn reduce_across(&mut self, row: &[u8]) {
        let samples = self.eight.turn(row);
        self.across.fill(0);
        let (mut column, mut filled) = (0, 0);
        for pixel in samples.chunks_exact(self.channels) {
            let mut left = self.to.0;
            while left > 0 {
                let here = left.min(self.from.0 - filled);
                let Some(out) = self.across.get_mut(column..column + self.channels) else { return };
                out.iter_mut().zip(pixel).for_each(|(out, sample)| *out += u64::from(*sample) * here);
                left -= here;
                filled += here;
                if filled == self.from.0 {
                    filled = 0;
                    column += self.channels;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(from: RowLayout, rows: &[u8], to: (u32, u32)) -> Vec<Vec<u8>> {
        let count = (rows.len() / from.stride) as u32;
        let mut made = ReducedRows::new(from, count, to);
        rows.chunks(from.stride).filter_map(|row| made.push(row).map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn each_pixel_is_the_average_of_its_area() {
        let gray = RowLayout::packed(4, PixelFormat::Gray8);
        let rows = [[0, 100, 200, 200], [100, 200, 100, 100], [9, 9, 0, 0], [9, 9, 1, 0]].concat();
        assert_eq!(reduced(gray, &rows, (2, 2)), [[100, 150], [9, 0]]);
        assert_eq!(reduced(gray, &rows, (4, 4)).concat(), rows, "as many pixels are the same pixels");
        let three = RowLayout::packed(3, PixelFormat::Gray8);
        // One and a half pixels each.
        assert_eq!(reduced(three, &[30, 60, 90], (2, 1)), [[40, 80]]);
        assert_eq!(reduced(RowLayout::packed(1, PixelFormat::Gray8), &[30, 60, 90], (1, 2)), [[40], [80]]);
    }

    #[test]
    fn every_size_gives_all_its_rows_and_keeps_a_plain_colour() {
        for (width, height) in [(1, 1), (7, 5), (64, 33), (100, 99)] {
            let from = RowLayout::packed(width, PixelFormat::Rgb8);
            let rows = [10, 128, 255].repeat((width * height) as usize);
            for to in [(1, 1), (width, 1), (width.div_ceil(3), height.div_ceil(2)), (width, height)] {
                let made = reduced(from, &rows, to);
                assert_eq!(made.len(), to.1 as usize, "{width} × {height} to {to:?}");
                assert!(made.iter().all(|row| *row == [10, 128, 255].repeat(to.0 as usize)), "{to:?}");
            }
        }
    }
}
