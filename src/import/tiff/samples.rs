//! Rows as the decoder gives them, turned into rows of a page.

use crate::import::png::{over_white, over_white_16};
use crate::raster::RowLayout;

use super::form::{Alpha, Form, Samples};

/// Turns rows; keeps one.
#[derive(Default)]
pub(super) struct Turned(Vec<u8>);

impl Turned {
    /// One row, as `layout` says.
    pub(super) fn row(&mut self, form: &Form, row: &[u8], layout: RowLayout) -> &mut [u8] {
        let out = &mut self.0;
        out.clear();
        match &form.samples {
            Samples::Bits => bits(row, layout.width, out),
            Samples::Gray(8) => out.extend_from_slice(row),
            Samples::Gray(depth) => {
                let whitest = (1u16 << depth) - 1;
                out.extend(small(row, *depth).map(|value| (u16::from(value) * 255 / whitest) as u8));
            }
            Samples::Palette(depth, colours) => {
                let colour = |index: u8| colours.get(usize::from(index)).copied().unwrap_or_default();
                out.extend(small(row, *depth).flat_map(colour));
            }
            Samples::Colours { kept, of, bytes: 1, alpha } => eight(row, (*kept, *of), *alpha, out),
            Samples::Colours { kept, of, alpha, .. } => sixteen(row, (*kept, *of), *alpha, out),
            Samples::YCbCr => out.extend(row.as_chunks::<3>().0.iter().flat_map(|pixel| rgb(*pixel))),
        }
        out.resize(layout.stride, 0);
        out
    }
}

/// One bit per pixel as it is; bits behind the last pixel are zero, so that the same page is the same bytes.
fn bits(row: &[u8], width: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(row);
    if let (Some(last), rest @ 1..) = (out.last_mut(), width % 8) {
        *last &= !(0xff >> rest);
    }
}

/// Samples of one to eight bits, the first in the highest bits.
fn small(row: &[u8], depth: u8) -> impl Iterator<Item = u8> {
    let depth = depth.clamp(1, 8);
    let mask = (0xffu16 >> (8 - depth)) as u8;
    row.iter().flat_map(move |byte| (0..8 / depth).map(move |at| byte >> (8 - depth * (at + 1)) & mask))
}

fn eight(row: &[u8], (kept, of): (u8, u8), alpha: Alpha, out: &mut Vec<u8>) {
    if kept == of {
        return out.extend_from_slice(row);
    }
    for pixel in row.chunks_exact(usize::from(of)) {
        let (colours, rest) = pixel.split_at(usize::from(kept));
        let behind = rest.first().copied().unwrap_or(255);
        out.extend(colours.iter().map(|sample| match alpha {
            Alpha::None => *sample,
            Alpha::Associated => sample.saturating_add(255 - behind),
            Alpha::Unassociated => over_white(*sample, behind),
        }));
    }
}

/// Samples of sixteen bits come in this machine's order, and are kept with the upper byte first.
fn sixteen(row: &[u8], (kept, of): (u8, u8), alpha: Alpha, out: &mut Vec<u8>) {
    for pixel in row.chunks_exact(2 * usize::from(of)) {
        let (colours, rest) = pixel.split_at(2 * usize::from(kept));
        let value = |sample: &[u8; 2]| u16::from_ne_bytes(*sample);
        let behind = rest.first_chunk().map_or(u16::MAX, value);
        for sample in colours.as_chunks::<2>().0 {
            let sample = match alpha {
                Alpha::None => value(sample),
                Alpha::Associated => value(sample).saturating_add(u16::MAX - behind),
                Alpha::Unassociated => over_white_16(value(sample), behind.to_be_bytes()),
            };
            out.extend(sample.to_be_bytes());
        }
    }
}

/// As JFIF has it (ITU-R BT.601, all 256 values).
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let whole = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    [whole(y + 1.402 * cr), whole(y - 0.344_136 * cb - 0.714_136 * cr), whole(y + 1.772 * cb)]
}
