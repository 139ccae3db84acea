//! Memory bitmaps from lines: a header, and lines padded to four bytes with blue first.

use super::protocol::PageSize;

const INFO_HEADER: u32 = 40;

/// How the lines of a page become a memory bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineFormat {
    bits: u32,
    width: u32,
    lines: u32,
    /// Bytes of a line as the device sends it.
    pub(super) line_bytes: usize,
}

impl LineFormat {
    /// For a page; `None` when its sizes do not fit together.
    pub(super) fn of(page: PageSize, bits: u32) -> Option<LineFormat> {
        let PageSize { width, lines, line_bytes } = page;
        let needed = (u64::from(width) * u64::from(bits)).div_ceil(8);
        let plausible = width > 0 && u64::from(line_bytes) >= needed && u64::from(line_bytes) < needed + 4096;
        let fits = i32::try_from(lines).is_ok() && needed < 1 << 24;
        (plausible && fits).then_some(LineFormat { bits, width, lines, line_bytes: line_bytes as usize })
    }

    /// Lines the page has; 0 when only its end tells.
    pub(super) fn lines(&self) -> u32 {
        self.lines
    }

    /// The header with its palette. The height is negative: lines come from the top.
    pub(super) fn header(&self, dpi: u32) -> Vec<u8> {
        let colors: u32 = if self.bits <= 8 { 1 << self.bits } else { 0 };
        let height = i32::try_from(self.lines).map_or(0, |lines| -lines);
        let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
        let mut header = INFO_HEADER.to_le_bytes().to_vec();
        header.extend(self.width.to_le_bytes());
        header.extend(height.to_le_bytes());
        header.extend(1_u16.to_le_bytes());
        header.extend((self.bits as u16).to_le_bytes());
        for field in [0, 0, per_metre, per_metre, colors, 0] {
            header.extend(u32::to_le_bytes(field));
        }
        for index in 0..colors {
            let level = (index * 255 / (colors - 1)) as u8;
            header.extend([level, level, level, 0]);
        }
        header
    }

    /// Appends the line of the bitmap that a line of the device is.
    pub(super) fn turn(&self, line: &[u8], bitmap: &mut Vec<u8>) {
        let packed = (self.width as usize * self.bits as usize).div_ceil(8);
        let start = bitmap.len();
        bitmap.extend_from_slice(&line[..packed]);
        if self.bits == 24 {
            bitmap[start..].chunks_exact_mut(3).for_each(<[u8]>::reverse);
        }
        bitmap.resize(start + packed.next_multiple_of(4), 0);
    }
}
