//! A part of a picture: rows go through, and only what lies in a rectangle comes out.

use serde::{Deserialize, Serialize};

use super::PixelFormat;

/// A rectangle of pixels, in a picture as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelWindow {
    /// Columns to the left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Columns of it.
    pub width: u32,
    /// Rows of it.
    pub height: u32,
}

impl PixelWindow {
    /// All of a picture.
    pub const fn all(width: u32, height: u32) -> PixelWindow {
        PixelWindow { left: 0, top: 0, width, height }
    }

    /// What of it lies in a picture of this size; `None` when nothing does.
    pub fn within(&self, width: u32, height: u32) -> Option<PixelWindow> {
        let (columns, rows) = (width.saturating_sub(self.left), height.saturating_sub(self.top));
        let part = PixelWindow { width: self.width.min(columns), height: self.height.min(rows), ..*self };
        (part.width > 0 && part.height > 0).then_some(part)
    }

    /// The same place in a picture that was made smaller: of `of` pixels a side, `now` are left. Never empty.
    #[must_use]
    pub fn scaled(&self, of: (u32, u32), now: (u32, u32)) -> PixelWindow {
        let (left, width) = scale(self.left, self.width, of.0, now.0);
        let (top, height) = scale(self.top, self.height, of.1, now.1);
        PixelWindow { left, top, width, height }
    }

    /// Appends the columns of it that a row has.
    pub(super) fn cut(&self, row: &[u8], format: PixelFormat, out: &mut Vec<u8>) {
        if format == PixelFormat::Bw1 {
            return self.cut_bits(row, out);
        }
        let pixel = format.row_bytes(1);
        let from = self.left as usize * pixel;
        out.extend_from_slice(row.get(from..from + self.width as usize * pixel).unwrap_or_default());
    }

    fn cut_bits(&self, row: &[u8], out: &mut Vec<u8>) {
        let (first, shift) = (self.left as usize / 8, self.left % 8);
        let start = out.len();
        let bytes = PixelFormat::Bw1.row_bytes(self.width);
        out.extend((first..first + bytes).map(|at| {
            let pair = [row.get(at).copied().unwrap_or(0), row.get(at + 1).copied().unwrap_or(0)];
            (u16::from_be_bytes(pair) << shift >> 8) as u8
        }));
        // Bits behind the last pixel say nothing: they are zero, so that the same page is the same bytes.
        if let (Some(last), rest @ 1..) = (out[start..].last_mut(), self.width % 8) {
            *last &= !(0xff >> rest);
        }
    }
}

fn scale(from: u32, length: u32, of: u32, now: u32) -> (u32, u32) {
    let at = |place: u64| ((place * u64::from(now) + u64::from(of) / 2) / u64::from(of.max(1))) as u32;
    let start = at(u64::from(from)).min(now.saturating_sub(1));
    let end = at(u64::from(from) + u64::from(length)).clamp(start + 1, now.max(start + 1));
    (start, end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(window: PixelWindow, format: PixelFormat, row: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        window.cut(row, format, &mut out);
        out
    }

    #[test]
    fn a_row_is_cut_at_any_pixel() {
        let window = PixelWindow { left: 1, top: 0, width: 2, height: 1 };
        assert_eq!(cut(window, PixelFormat::Gray8, &[1, 2, 3, 4]), [2, 3]);
        assert_eq!(cut(window, PixelFormat::Rgb8, &[1, 1, 1, 2, 2, 2, 3, 3, 3]), [2, 2, 2, 3, 3, 3]);
        assert_eq!(cut(window, PixelFormat::Gray16, &[1, 1, 2, 2, 3, 3]), [2, 2, 3, 3]);
        assert_eq!(cut(window, PixelFormat::Bw1, &[0b0101_1111]), [0b1000_0000]);
        let long = PixelWindow { left: 5, top: 0, width: 12, height: 1 };
        assert_eq!(cut(long, PixelFormat::Bw1, &[0b0000_0101, 0b1100_0011, 0b1111_1111]), [0b1011_1000, 0b0111_0000]);
    }

    #[test]
    fn a_window_stays_in_its_picture() {
        let window = PixelWindow { left: 10, top: 20, width: 100, height: 100 };
        assert_eq!(window.within(50, 40), Some(PixelWindow { left: 10, top: 20, width: 40, height: 20 }));
        assert_eq!(window.within(10, 40), None);
        let small = window.scaled((200, 200), (20, 20));
        assert_eq!(small, PixelWindow { left: 1, top: 2, width: 10, height: 10 });
        let tiny = PixelWindow { left: 199, top: 0, width: 1, height: 1 }.scaled((200, 200), (3, 3));
        assert!(tiny.within(3, 3).is_some_and(|all| all == tiny), "{tiny:?}");
    }
}
