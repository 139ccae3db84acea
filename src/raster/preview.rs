//! The small picture: rows come in, rows of a smaller RGBA picture come out, each as soon as the rows
//! it is made of are there. Every picture pixel is the average of the area it covers.
//!
//! All arithmetic is on 16 bits with weights that add up to 256, so that the compiler can do many at once.

use std::ops::ControlFlow;

use super::decode::{PictureInfo, RowSink};
use super::rows::EightBits;

/// The weights of one picture pixel or row add up to this.
const WHOLE: u16 = 256;

/// Source pixels that a picture pixel covers, at most, for the quick way. Reductions to no less than
/// half need three.
const QUICK: usize = 4;

/// Which source pixels a picture pixel covers, and how much of each.
struct Cover {
    first: usize,
    /// Range in the list of weights.
    weights: std::ops::Range<usize>,
    /// The same weights, filled up with zeros.
    quick: [u16; QUICK],
}

/// Makes a picture of another size, row by row.
pub struct PreviewScaler {
    channels: usize,
    source_rows: u32,
    height: u32,
    covers: Vec<Cover>,
    column_weights: Vec<u16>,
    /// The largest number of weights of a cover.
    taps: usize,
    /// Weighted sum of the source rows of the picture row under way, a few pixels longer than a row.
    sums: Vec<u16>,
    /// The same when it is finished, a pixel in each number.
    packed: Vec<u64>,
    /// Source rows that came, picture rows that went.
    taken: u32,
    given: u32,
    /// Weight that the picture row under way has so far.
    weight: u16,
}

impl PreviewScaler {
    /// From rows of this many pixels, gray (1) or RGB (3), `source_rows` of them expected, to a picture of
    /// this size. A page that turns out longer goes on in the same proportion.
    pub fn new(source: (u32, u32), channels: usize, picture: (u32, u32)) -> PreviewScaler {
        let (source_width, source_rows) = (source.0.max(1), source.1.max(1));
        let (width, height) = (picture.0.max(1), picture.1.max(1));
        let mut covers = Vec::with_capacity(width as usize);
        let mut column_weights = Vec::new();
        for column in 0..width {
            let start = column_weights.len();
            let first = cover(column, source_width, width, &mut column_weights);
            let mut quick = [0; QUICK];
            quick.iter_mut().zip(&column_weights[start..]).for_each(|(quick, weight)| *quick = *weight);
            covers.push(Cover { first: first as usize, weights: start..column_weights.len(), quick });
        }
        let taps = covers.iter().map(|cover| cover.weights.len()).max().unwrap_or(1);
        let sums = vec![0; (source_width as usize + QUICK) * channels + 1];
        PreviewScaler {
            channels,
            source_rows,
            height,
            covers,
            column_weights,
            taps,
            sums,
            packed: Vec::new(),
            taken: 0,
            given: 0,
            weight: 0,
        }
    }

    /// Takes the next row and appends the picture rows that are finished by it, RGBA.
    pub fn push(&mut self, row: &[u8], picture: &mut Vec<u8>) {
        let mut weights = Vec::new();
        loop {
            // The rows that the picture row under way covers, and this row's share.
            weights.clear();
            let first = cover(self.given, self.source_rows, self.height, &mut weights);
            let Some(share) = self.taken.checked_sub(first).and_then(|index| weights.get(index as usize)) else {
                break;
            };
            self.add(row, *share);
            let last = first + weights.len() as u32 - 1;
            if self.taken < last {
                break;
            }
            self.give(picture);
        }
        self.taken += 1;
    }

    /// Appends what is there of a last row that is not covered in full, if anything is.
    pub fn finish(&mut self, picture: &mut Vec<u8>) {
        if self.weight > 0 {
            for sum in &mut self.sums {
                *sum = (u32::from(*sum) * u32::from(WHOLE) / u32::from(self.weight)).min(u32::from(u16::MAX)) as u16;
            }
            self.give(picture);
        }
    }

    fn add(&mut self, row: &[u8], share: u16) {
        if self.weight == 0 {
            for (sum, sample) in self.sums.iter_mut().zip(row) {
                *sum = u16::from(*sample) * share;
            }
        } else {
            for (sum, sample) in self.sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(u16::from(*sample) * share);
            }
        }
        self.weight += share;
    }

    /// Appends the picture row under way and begins the next one.
    fn give(&mut self, picture: &mut Vec<u8>) {
        for sum in &mut self.sums {
            *sum = sum.saturating_add(WHOLE / 2) >> 8;
        }
        let start = picture.len();
        picture.resize(start + self.covers.len() * 4, 255);
        if self.channels == 3 {
            self.pack();
        }
        let row = &mut picture[start..];
        match (self.channels, self.taps) {
            (3, 1 | 2) => self.rgb_quick::<2>(row),
            (3, 3) => self.rgb_quick::<3>(row),
            (3, 4) => self.rgb_quick::<4>(row),
            (3, _) => self.rgb(row),
            _ => self.gray(row),
        }
        self.weight = 0;
        self.given += 1;
    }
}

/// Where the columns of the row under way become picture pixels.
impl PreviewScaler {
    /// Red, green and blue of a source pixel share one number, sixteen bits for each: one
    /// multiplication weighs all three, and no sum leaves its sixteen bits.
    fn pack(&mut self) {
        let pixels = self.sums.as_chunks::<3>().0.iter();
        self.packed.clear();
        self.packed
            .extend(pixels.map(|[red, green, blue]| {
                u64::from(*red) | u64::from(*green) << LANE | u64::from(*blue) << (2 * LANE)
            }));
    }

    fn rgb_quick<const TAPS: usize>(&self, row: &mut [u8]) {
        for (cover, out) in self.covers.iter().zip(row.as_chunks_mut::<4>().0) {
            let samples = &self.packed[cover.first..][..TAPS];
            let sum = (0..TAPS).fold(ROUNDING, |sum, tap| sum + samples[tap] * u64::from(cover.quick[tap]));
            *out = rgba(sum);
        }
    }

    fn rgb(&self, row: &mut [u8]) {
        for (cover, out) in self.covers.iter().zip(row.as_chunks_mut::<4>().0) {
            let samples = self.packed[cover.first..].iter().zip(&self.column_weights[cover.weights.clone()]);
            *out = rgba(samples.fold(ROUNDING, |sum, (sample, weight)| sum + sample * u64::from(*weight)));
        }
    }

    fn gray(&self, row: &mut [u8]) {
        for (cover, out) in self.covers.iter().zip(row.as_chunks_mut::<4>().0) {
            let samples = self.sums[cover.first..].iter().zip(&self.column_weights[cover.weights.clone()]);
            let sum = samples.fold(WHOLE / 2, |sum, (sample, weight)| sum.wrapping_add(sample * weight));
            let gray = (sum >> 8) as u8;
            *out = [gray, gray, gray, 255];
        }
    }
}

/// Bits between two colours of a packed pixel, and half of [`WHOLE`] for each of them.
const LANE: u32 = 16;
const ROUNDING: u64 = 0x0080_0080_0080;

/// A pixel of the picture from its packed, weighted sum.
fn rgba(sum: u64) -> [u8; 4] {
    let colours = (sum >> 8) & 0xff | (sum >> 16) & 0xff00 | (sum >> 24) & 0x00ff_0000;
    (colours as u32 | 0xff00_0000).to_le_bytes()
}

/// Appends the weights of the source pixels that one picture pixel covers; says which is the first.
fn cover(index: u32, source: u32, picture: u32, weights: &mut Vec<u16>) -> u32 {
    let (index, source, picture) = (u64::from(index), u64::from(source), u64::from(picture));
    // In units in which a source pixel is `picture` long and a picture pixel `source`.
    let (start, end) = (index * source, (index + 1) * source);
    let (first, last) = (start / picture, (end - 1) / picture);
    let mut given = 0;
    for pixel in first..=last {
        let covered = end.min((pixel + 1) * picture) - start;
        // Cumulative, so that the weights add up exactly.
        let until = (covered * u64::from(WHOLE) + source / 2) / source;
        weights.push((until - given) as u16);
        given = until;
    }
    first as u32
}

/// A sink that makes a picture: rows of any format in, RGBA rows out.
pub struct PreviewSink<Size, Rows> {
    size: Size,
    rows: Rows,
    state: Option<(EightBits, PreviewScaler)>,
    out: Vec<u8>,
}

impl<Size, Rows> PreviewSink<Size, Rows>
where
    Size: FnMut(&PictureInfo) -> Option<(u32, u32)>,
    Rows: FnMut(&[u8]) -> ControlFlow<()>,
{
    /// `size` says how large the picture is to be, `None` for none at all; `rows` gets RGBA rows.
    pub fn new(size: Size, rows: Rows) -> PreviewSink<Size, Rows> {
        PreviewSink { size, rows, state: None, out: Vec::new() }
    }

    /// Gives what is left when no more rows come.
    pub fn finish(&mut self) {
        self.out.clear();
        if let Some((_, scaler)) = &mut self.state {
            scaler.finish(&mut self.out);
            if !self.out.is_empty() {
                let _ = (self.rows)(&self.out);
            }
        }
    }
}

impl<Size, Rows> RowSink for PreviewSink<Size, Rows>
where
    Size: FnMut(&PictureInfo) -> Option<(u32, u32)>,
    Rows: FnMut(&[u8]) -> ControlFlow<()>,
{
    fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
        let Some(size) = (self.size)(picture) else { return ControlFlow::Break(()) };
        let turn = EightBits::from(picture.layout);
        let channels = turn.samples().channels();
        self.state = Some((turn, PreviewScaler::new((picture.layout.width, picture.rows), channels, size)));
        ControlFlow::Continue(())
    }

    fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
        let Some((turn, scaler)) = &mut self.state else { return ControlFlow::Break(()) };
        self.out.clear();
        scaler.push(turn.turn(row), &mut self.out);
        if self.out.is_empty() { ControlFlow::Continue(()) } else { (self.rows)(&self.out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(channels: usize, source: (u32, u32), picture: (u32, u32), sample: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let mut scaler = PreviewScaler::new(source, channels, picture);
        let mut out = Vec::new();
        for y in 0..source.1 {
            let row: Vec<u8> = (0..source.0).flat_map(|x| vec![sample(x, y); channels]).collect();
            scaler.push(&row, &mut out);
        }
        scaler.finish(&mut out);
        out
    }

    #[test]
    fn every_pixel_is_the_average_of_its_area() {
        for channels in [1, 3] {
            let pixels = scaled(channels, (7, 9), (3, 4), |x, y| (x * 30 + y * 5) as u8);
            assert_eq!(pixels.len(), 3 * 4 * 4);
            for (index, pixel) in pixels.chunks(4).enumerate() {
                let (column, row) = ((index % 3) as f64, (index / 3) as f64);
                // A linear gradient's average is its value in the middle of the area.
                let exact = ((column + 0.5) * 7.0 / 3.0 - 0.5) * 30.0 + ((row + 0.5) * 9.0 / 4.0 - 0.5) * 5.0;
                assert!((f64::from(pixel[0]) - exact).abs() <= 1.5, "{pixel:?} at {index}, not {exact}");
                assert!(pixel[1] == pixel[0] && pixel[2] == pixel[0] && pixel[3] == 255);
            }
        }
    }

    #[test]
    fn white_stays_white_and_sizes_are_kept() {
        for (source, picture) in
            [((2480, 3508), (1131, 1600)), ((10, 10), (10, 10)), ((1, 1), (1, 1)), ((99, 5000), (31, 1600))]
        {
            for channels in [1, 3] {
                let pixels = scaled(channels, source, picture, |_, _| 255);
                assert_eq!(pixels.len(), (picture.0 * picture.1 * 4) as usize);
                assert!(pixels.iter().all(|sample| *sample == 255));
            }
        }
    }

    #[test]
    fn a_picture_of_the_same_size_is_the_same() {
        let pixels = scaled(3, (20, 20), (20, 20), |x, y| (x * 11 + y) as u8);
        assert!(pixels.chunks(4).enumerate().all(|(at, pixel)| pixel[1] == ((at % 20) * 11 + at / 20) as u8));
    }

    #[test]
    fn a_page_that_stops_early_gives_what_is_there() {
        let mut scaler = PreviewScaler::new((4, 100), 1, (4, 10));
        let mut out = Vec::new();
        (0..25).for_each(|_| scaler.push(&[80; 4], &mut out));
        assert_eq!(out.len(), 2 * 4 * 4);
        scaler.finish(&mut out);
        assert_eq!(out.len(), 3 * 4 * 4);
        assert!(out.chunks(4).all(|pixel| pixel[..3] == [80; 3]));
    }
}
