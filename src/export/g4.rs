//! CCITT group 4 (T.6), row by row: each row is told by where it differs from the row above.

use std::io::{self, Write};

use fax::Bits;
use fax::maps::{EDFB_HALF, Mode, black, mode, white};

/// Compressed bytes that are gathered before they are written.
const GATHER: usize = 16 << 10;
/// The longest run that has a code of its own.
const LONGEST_RUN: u32 = 2560;

/// Compresses rows of one bit per pixel, 1 is white.
pub(super) struct G4<W> {
    sink: W,
    width: u32,
    /// Where the colour changes in the row above and in this one; each row begins white.
    above: Vec<u32>,
    here: Vec<u32>,
    code: Gathered,
}

impl<W: Write> G4<W> {
    pub(super) fn new(sink: W, width: u32) -> G4<W> {
        G4 { sink, width, above: Vec::new(), here: Vec::new(), code: Gathered::default() }
    }

    /// Compresses the next row.
    pub(super) fn row(&mut self, row: &[u8]) -> io::Result<()> {
        changes(row, self.width, &mut self.here);
        encode(&self.above, &self.here, self.width, &mut self.code);
        std::mem::swap(&mut self.above, &mut self.here);
        if self.code.bytes.len() >= GATHER {
            self.sink.write_all(&self.code.bytes)?;
            self.code.bytes.clear();
        }
        Ok(())
    }

    /// Ends the picture.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.code.put(EDFB_HALF);
        self.code.put(EDFB_HALF);
        self.code.pad();
        self.sink.write_all(&self.code.bytes)
    }
}

/// The pixels at which the colour changes, the first of them to black.
fn changes(row: &[u8], width: u32, out: &mut Vec<u32>) {
    out.clear();
    let mut before = 1;
    for (at, byte) in (0u32..).step_by(8).zip(row) {
        if at >= width {
            break;
        }
        // Bits that differ from the bit on their left.
        let mut differing = byte ^ (byte >> 1 | before << 7);
        before = byte & 1;
        while differing != 0 {
            let bit = differing.leading_zeros();
            if at + bit >= width {
                return;
            }
            out.push(at + bit);
            differing &= !(0x80 >> bit);
        }
    }
}

fn encode(above: &[u32], here: &[u32], width: u32, code: &mut Gathered) {
    let at = |changes: &[u32], index: usize| changes.get(index).copied().unwrap_or(width);
    // T.6: a0 is where the coding is, a1 and a2 the next changes in this row, b1 and b2 those above.
    let (mut a0, mut started) = (0, false);
    let (mut a, mut b) = (0, 0);
    let mut is_black = false;
    while a0 < width || !started {
        // The first change above that lies right of a0 and turns to the other colour.
        while b > 0 && at(above, b - 1) > a0 {
            b -= 1;
        }
        while b < above.len() && (above[b] <= a0 && (started || above[b] < a0) || (b % 2 == 1) != is_black) {
            b += 1;
        }
        let (a1, b1, b2) = (at(here, a), at(above, b), at(above, b + 1));
        if b2 < a1 {
            code.put_mode(Mode::Pass);
            a0 = b2;
        } else if a1.abs_diff(b1) <= 3 {
            code.put_mode(Mode::Vertical((i64::from(a1) - i64::from(b1)) as i8));
            a0 = a1;
            a += 1;
            is_black = !is_black;
        } else {
            let a2 = at(here, a + 1);
            code.put_mode(Mode::Horizontal);
            code.put_run(is_black, a1 - a0);
            code.put_run(!is_black, a2 - a1);
            a0 = a2;
            a += 2;
        }
        started = true;
    }
}

/// Bits on their way to becoming bytes.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Gathered {
    fn put(&mut self, code: Bits) {
        self.bits = self.bits << code.len | u64::from(code.data);
        self.count += u32::from(code.len);
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.bits >> self.count) as u8);
        }
        self.bits &= (1 << self.count) - 1;
    }

    fn put_mode(&mut self, which: Mode) {
        if let Some(code) = mode::encode(which) {
            self.put(code);
        }
    }

    fn put_run(&mut self, is_black: bool, mut length: u32) {
        let codes = if is_black { &black::ENTRIES } else { &white::ENTRIES };
        while length >= LONGEST_RUN {
            self.put(codes[63 + (LONGEST_RUN / 64) as usize].1);
            length -= LONGEST_RUN;
        }
        if length >= 64 {
            self.put(codes[63 + (length / 64) as usize].1);
        }
        self.put(codes[(length % 64) as usize].1);
    }

    fn pad(&mut self) {
        if self.count > 0 {
            self.bytes.push((self.bits << (8 - self.count)) as u8);
            self.count = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(code: &[u8], width: u32, rows: u32) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        fax::decoder::decode_g4(code.iter().copied(), width, Some(rows), |changes| {
            let mut row = vec![0u8; (width as usize).div_ceil(8)];
            for (x, color) in (0..width as usize).zip(fax::decoder::pels(changes, width)) {
                row[x / 8] |= u8::from(color == fax::Color::White) << (7 - x % 8);
            }
            out.push(row);
        });
        out
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let mut noise = 0x9e37_79b9u32;
        for (width, coarse) in
            [(1, 0), (7, 0), (8, 1), (61, 0), (64, 3), (2480, 6), (2480, 0), (6000, 11), (40_000, 15)]
        {
            let bytes = (width as usize).div_ceil(8);
            let mut rows: Vec<Vec<u8>> = Vec::new();
            for y in 0..40u32 {
                let mut row = vec![0xff; bytes];
                let mut is_white = y % 5 != 0;
                for x in 0..width as usize {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    is_white ^= noise >> (31 - coarse) == 0;
                    row[x / 8] &= !(u8::from(!is_white) << (7 - x % 8));
                }
                // Some rows resemble the one above, as on paper.
                let row = if y % 3 == 2 { rows[y as usize - 1].clone() } else { row };
                rows.push(row);
            }
            // Bits behind the row's end do not count.
            let mask = 0xffu8 << (bytes * 8 - width as usize);
            let mut code = Vec::new();
            let mut g4 = G4::new(&mut code, width);
            rows.iter().for_each(|row| g4.row(row).expect("a vector takes everything"));
            g4.finish().expect("a vector takes everything");
            rows.iter_mut().for_each(|row| row[bytes - 1] &= mask);
            assert!(decoded(&code, width, 40) == rows, "width {width}");
        }
    }
}
