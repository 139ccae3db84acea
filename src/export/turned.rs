//! Pages as they are seen, turned, for formats whose viewers do not turn them: the rows that come out are columns of those
//! that go in. What does not fit into memory waits on the disk in blocks, so that a page of any size takes no more
//! memory than [`BLOCK`] for the rows that come, as much for those that go, and what [`super::spill`] takes.

use crate::document::Rotation;
use crate::raster::{PixelFormat, RowLayout};

use super::rows::{RowEncoder, encode_rows};
use super::spill::{Scratch, Spill, Spilled};
use super::workers::GoOn;
use super::{ExportError, OpenedPage};

/// Bytes of rows that are gathered, and of turned rows that are put together at a time; a single row may be longer.
const BLOCK: usize = 4 << 20;
/// The longest turned row, in bytes: 59 metres of the finest colour at 1200 dpi. A page that gives longer ones is refused.
const LONGEST_ROW: usize = 16 << 20;

/// Gives the rows of a page as it is seen, turned, to an encoder.
pub(super) fn encode_turned(
    page: &OpenedPage,
    scratch: Scratch<'_>,
    go_on: &mut GoOn<'_>,
    encoder: &mut dyn RowEncoder,
) -> Result<(), ExportError> {
    let rotation = page.shown.look.rotation;
    if rotation == Rotation::None {
        return encode_rows(page, go_on, encoder);
    }
    let (_, rows) = page.shown.size();
    let layout = page.shown.layout().ok_or(ExportError::NotPossible(page.shown.page))?;
    let blocks = Blocks::of(layout, rows, rotation, BLOCK).ok_or(ExportError::NotPossible(page.shown.page))?;
    let mut turning = Turning { blocks, gathered: Vec::new(), spill: Spill::new(scratch) };
    encode_rows(page, go_on, &mut turning)?;
    turning.give(go_on, encoder)
}

/// How a page is divided: into bands of rows, and those into stripes of columns. A band's stripes lie one behind
/// the other, each with its part of every row.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    layout: RowLayout,
    rows: u32,
    rotation: Rotation,
    /// Bytes that columns cannot be told apart within: a pixel, or eight of one bit.
    unit: usize,
    /// Rows of a band; the last has fewer.
    band: usize,
    /// Units of a stripe; the last has fewer.
    stripe: usize,
}

impl Blocks {
    /// For rows of this layout, without padding. `None` for a page too long to be turned.
    fn of(layout: RowLayout, rows: u32, rotation: Rotation, block: usize) -> Option<Blocks> {
        let layout = RowLayout::packed(layout.width, layout.format);
        let unit = (layout.format.bits() / 8).max(1) as usize;
        let band = (block / layout.stride.max(1)).clamp(1, rows.max(1) as usize);
        let units = layout.stride / unit;
        let mut blocks = Blocks { layout, rows, rotation, unit, band, stripe: units.max(1) };
        if rotation.lies() {
            let row = blocks.turned().stride;
            if row > LONGEST_ROW {
                return None;
            }
            blocks.stripe = (block / (row * blocks.columns(1)).max(1)).clamp(1, units.max(1));
        }
        Some(blocks)
    }

    /// The rows that come out.
    fn turned(&self) -> RowLayout {
        let width = if self.rotation.lies() { self.rows } else { self.layout.width };
        RowLayout::packed(width, self.layout.format)
    }

    /// Columns in so many units.
    fn columns(&self, units: usize) -> usize {
        if self.layout.format == PixelFormat::Bw1 { units * 8 } else { units }
    }

    /// The stripes: the unit where each begins, and how many it has.
    fn stripes(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + ExactSizeIterator + use<> {
        parts(self.layout.stride / self.unit, self.stripe)
    }

    /// The bands: the row where each begins, and how many it has.
    fn bands(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + ExactSizeIterator + use<> {
        parts(self.rows as usize, self.band)
    }
}

/// A length in parts: where each begins, and how long it is.
fn parts(length: usize, part: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> + ExactSizeIterator {
    (0..length.div_ceil(part)).map(move |number| (number * part, part.min(length - number * part)))
}

/// A page that is being turned.
struct Turning<'a> {
    blocks: Blocks,
    /// Rows of the band under way.
    gathered: Vec<u8>,
    spill: Spill<'a>,
}

impl Turning<'_> {
    /// Puts the gathered band down, stripe by stripe.
    fn put_down(&mut self) -> Result<(), ExportError> {
        use std::io::Write;
        let Blocks { layout, unit, .. } = self.blocks;
        for (begin, units) in self.blocks.stripes() {
            for row in self.gathered.chunks_exact(layout.stride) {
                self.spill.write_all(&row[begin * unit..(begin + units) * unit])?;
            }
        }
        self.gathered.clear();
        Ok(())
    }

    fn give(mut self, go_on: &mut GoOn<'_>, encoder: &mut dyn RowEncoder) -> Result<(), ExportError> {
        self.put_down()?;
        let Turning { blocks, gathered, spill } = self;
        drop(gathered);
        let kept = spill.whole()?;
        let lying = blocks.rotation.lies();
        encoder.begin(blocks.turned(), if lying { blocks.layout.width } else { blocks.rows })?;
        match blocks.rotation {
            Rotation::None => Err(ExportError::CheckFailed("a page that is not turned")),
            Rotation::Half => give_upside_down(&blocks, &kept, go_on, encoder),
            Rotation::Quarter => {
                blocks.stripes().try_for_each(|stripe| give_stripe(&blocks, stripe, &kept, go_on, encoder))
            }
            Rotation::ThreeQuarters => {
                blocks.stripes().rev().try_for_each(|stripe| give_stripe(&blocks, stripe, &kept, go_on, encoder))
            }
        }
    }
}

impl RowEncoder for Turning<'_> {
    fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
        if (layout, rows) == (self.blocks.layout, self.blocks.rows) {
            Ok(())
        } else {
            Err(ExportError::CheckFailed("a page changed while it was saved"))
        }
    }

    fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
        self.gathered.extend_from_slice(row);
        if self.gathered.len() >= self.blocks.band * self.blocks.layout.stride { self.put_down() } else { Ok(()) }
    }
}

/// Gives the columns of one stripe as rows.
fn give_stripe(
    blocks: &Blocks,
    (begin, units): (usize, usize),
    kept: &Spilled,
    go_on: &mut GoOn<'_>,
    encoder: &mut dyn RowEncoder,
) -> Result<(), ExportError> {
    let Blocks { layout, unit, rows, .. } = *blocks;
    let length = blocks.turned().stride;
    let mut turned = vec![0; blocks.columns(units) * length];
    let mut block = Vec::new();
    for (first, height) in blocks.bands() {
        go_on()?;
        block.resize(units * unit * height, 0);
        kept.read_at(&mut block, (first * layout.stride + begin * unit * height) as u64)?;
        for (row, part) in (first..).zip(block.chunks_exact(units * unit)) {
            let place = if blocks.rotation == Rotation::Quarter { rows as usize - 1 - row } else { row };
            match layout.format {
                PixelFormat::Bw1 => put_bits(part, &mut turned, length, place),
                PixelFormat::Gray8 => put::<1>(part, &mut turned, length, place),
                PixelFormat::Gray16 => put::<2>(part, &mut turned, length, place),
                PixelFormat::Rgb8 => put::<3>(part, &mut turned, length, place),
                PixelFormat::Cmyk8 => put::<4>(part, &mut turned, length, place),
                PixelFormat::Rgb16 => put::<6>(part, &mut turned, length, place),
            }
        }
    }
    // Behind the last column are bits that are no pixels.
    let columns = blocks.columns(units).min(layout.width as usize - blocks.columns(begin));
    let mut give = |row: &[u8]| encoder.row(row);
    let turned = &turned[..columns * length];
    if blocks.rotation == Rotation::Quarter {
        turned.chunks_exact(length).try_for_each(&mut give)
    } else {
        turned.chunks_exact(length).rev().try_for_each(&mut give)
    }
}

/// Puts the pixels of a part of a row, one each, into rows of this length, at the same place in each.
fn put<const PIXEL: usize>(part: &[u8], rows: &mut [u8], length: usize, place: usize) {
    for (pixel, row) in part.chunks_exact(PIXEL).zip(rows.chunks_exact_mut(length)) {
        row[place * PIXEL..(place + 1) * PIXEL].copy_from_slice(pixel);
    }
}

/// The same with pixels of one bit. The rows are black before.
fn put_bits(part: &[u8], rows: &mut [u8], length: usize, place: usize) {
    let bit = 0x80 >> (place % 8);
    for (eight, rows) in part.iter().zip(rows.chunks_exact_mut(length * 8)) {
        let mut white = *eight;
        while white != 0 {
            let column = white.leading_zeros();
            rows[column as usize * length + place / 8] |= bit;
            white &= !(0x80 >> column);
        }
    }
}

/// Gives the rows from the last to the first, each from its end to its start.
fn give_upside_down(
    blocks: &Blocks,
    kept: &Spilled,
    go_on: &mut GoOn<'_>,
    encoder: &mut dyn RowEncoder,
) -> Result<(), ExportError> {
    let Blocks { layout, .. } = *blocks;
    let (mut band, mut turned) = (Vec::new(), Vec::new());
    for (first, height) in blocks.bands().rev() {
        go_on()?;
        band.resize(height * layout.stride, 0);
        kept.read_at(&mut band, (first * layout.stride) as u64)?;
        for row in band.chunks_exact(layout.stride).rev() {
            turned.clear();
            match layout.format {
                PixelFormat::Bw1 => reverse_bits(row, layout.width, &mut turned),
                _ => turned.extend(row.chunks_exact(blocks.unit).rev().flatten()),
            }
            encoder.row(&turned)?;
        }
    }
    Ok(())
}

/// A row of one bit per pixel from its end to its start.
fn reverse_bits(row: &[u8], width: u32, turned: &mut Vec<u8>) {
    // Bits behind the last pixel come first now: all move up by as many.
    let behind = (8 - width % 8) % 8;
    let mut bytes = row.iter().rev().map(|byte| byte.reverse_bits()).peekable();
    while let Some(byte) = bytes.next() {
        let next = bytes.peek().copied().unwrap_or(0);
        turned.push((u16::from_be_bytes([byte, next]) << behind >> 8) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All formats.
    const FORMATS: [PixelFormat; 6] = PixelFormat::ALL;

    struct Kept(Option<(RowLayout, u32)>, Vec<u8>);

    impl RowEncoder for Kept {
        fn begin(&mut self, layout: RowLayout, rows: u32) -> Result<(), ExportError> {
            self.0 = Some((layout, rows));
            Ok(())
        }

        fn row(&mut self, row: &[u8]) -> Result<(), ExportError> {
            assert_eq!(row.len(), self.0.expect("begun").0.stride);
            self.1.extend_from_slice(row);
            Ok(())
        }
    }

    /// A pixel as a number.
    fn pixel(rows: &[u8], layout: RowLayout, column: usize, row: usize) -> u64 {
        let row = &rows[row * layout.stride..][..layout.stride];
        match layout.format {
            PixelFormat::Bw1 => u64::from(row[column / 8] >> (7 - column % 8) & 1),
            _ => {
                let bytes = layout.format.bits() as usize / 8;
                row[column * bytes..][..bytes].iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
        }
    }

    fn turned(layout: RowLayout, rows: &[u8], rotation: Rotation, block: usize) -> Kept {
        let folder = tempfile::tempdir().expect("a folder");
        let count = (rows.len() / layout.stride) as u32;
        let blocks = Blocks::of(layout, count, rotation, block).expect("it can be turned");
        let spill = Spill::new(Scratch::at(folder.path()));
        let mut turning = Turning { blocks, gathered: Vec::new(), spill };
        turning.begin(layout, count).expect("the same page");
        rows.chunks(layout.stride).for_each(|row| turning.row(row).expect("taken"));
        let mut kept = Kept(None, Vec::new());
        turning.give(&mut || Ok(()), &mut kept).expect("given");
        kept
    }

    #[test]
    fn every_pixel_comes_to_its_place_whatever_the_blocks_are() {
        for format in FORMATS {
            for (width, height) in [(1, 1), (1, 9), (9, 1), (8, 16), (13, 21), (40, 7), (17, 64)] {
                let layout = RowLayout::packed(width, format);
                let mut rows: Vec<u8> =
                    (0..layout.stride * height).map(|at| ((at * 2_654_435_761) >> 13) as u8).collect();
                if format == PixelFormat::Bw1 && width % 8 != 0 {
                    rows.chunks_mut(layout.stride).for_each(|row| row[layout.stride - 1] &= !(0xff >> (width % 8)));
                }
                for block in [1, 50, 333, BLOCK] {
                    for rotation in [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
                        let kept = turned(layout, &rows, rotation, block);
                        let (there, count) = kept.0.expect("begun");
                        let (w, h) = (width as usize, height);
                        let seen = if rotation.lies() { (h, w) } else { (w, h) };
                        assert_eq!((there.width as usize, count as usize), seen);
                        assert_eq!(kept.1.len(), there.stride * seen.1);
                        for (x, y) in (0..seen.0).flat_map(|x| (0..seen.1).map(move |y| (x, y))) {
                            let from = match rotation {
                                Rotation::Quarter => (y, h - 1 - x),
                                Rotation::Half => (w - 1 - x, h - 1 - y),
                                _ => (w - 1 - y, x),
                            };
                            let is = pixel(&kept.1, there, x, y);
                            let was = pixel(&rows, layout, from.0, from.1);
                            assert_eq!(is, was, "{format:?} {width}×{height} {rotation:?} in {block}: {x}, {y}");
                        }
                        if format == PixelFormat::Bw1 && seen.0 % 8 != 0 {
                            let behind = |row: &[u8]| row[row.len() - 1] & (0xff >> (seen.0 % 8)) == 0;
                            assert!(kept.1.chunks(there.stride).all(behind), "bits that are no pixels are zero");
                        }
                    }
                }
            }
        }
    }

    /// The bound that the module states, for pages of every shape up to A3 at 1200 dpi with 16 bits, and a banner.
    #[test]
    fn no_page_takes_more_memory_than_its_blocks() {
        for (width, rows) in
            [(14_032, 19_842), (19_842, 14_032), (2480, 3508), (1, 1_000_000), (300_000, 3), (10_000, 100_000)]
        {
            for format in FORMATS {
                for rotation in [Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters] {
                    let layout = RowLayout::packed(width, format);
                    let blocks = Blocks::of(layout, rows, rotation, BLOCK).expect("it can be turned");
                    let longest = layout.stride.max(blocks.columns(1) * blocks.turned().stride);
                    let most = BLOCK.max(longest);
                    let gathered = blocks.band * layout.stride;
                    let stripe = blocks.columns(blocks.stripe) * blocks.turned().stride;
                    let one_block = blocks.band * blocks.stripe * blocks.unit;
                    let together = if rotation.lies() { stripe } else { gathered };
                    assert!(gathered <= most && together <= most && one_block <= most, "{blocks:?}");
                    assert_eq!(blocks.bands().map(|(_, rows)| rows).sum::<usize>(), rows as usize);
                }
            }
        }
        let endless = RowLayout::packed(2, PixelFormat::Rgb16);
        assert!(Blocks::of(endless, 3_000_000, Rotation::Quarter, BLOCK).is_none(), "a row of 18 MB");
    }
}
