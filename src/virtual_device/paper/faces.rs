//! The sheets there are.

use super::Raster;
use super::canvas::Canvas;

/// Height of a sheet of A4, in 1/300 inch.
const A4_HEIGHT: u32 = 3508;

/// One side of one sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Face {
    kind: u8,
    number: Option<u32>,
}

impl Face {
    /// A side of a sheet of a stack, counted from 1.
    pub(in super::super) fn of_sheet(sheet: u32, back: bool) -> Face {
        let kind = (sheet.saturating_sub(1) % 5) as u8 * 2 + u8::from(back);
        Face { kind, number: Some(sheet) }
    }

    /// What lies on the glass.
    pub(in super::super) fn on_glass() -> Face {
        Face { kind: 0, number: None }
    }

    /// How long the sheet is, in 1/300 inch.
    pub(in super::super) fn height(&self) -> u32 {
        A4_HEIGHT
    }

    /// Whether nothing is printed on it.
    pub(in super::super) fn is_blank(&self) -> bool {
        self.kind % 2 == 1
    }

    pub(in super::super) fn number(&self) -> Option<u32> {
        self.number
    }

    pub(in super::super) fn without_number(self) -> Face {
        Face { number: None, ..self }
    }

    /// Whether the number of the sheet is printed in these rows.
    pub(in super::super) fn is_numbered_at(&self, raster: &Raster, first: u32, rows: u32) -> bool {
        let mm = |row: u32| raster.y as f32 * 25.4 / 300.0 + row as f32 * 25.4 / raster.dpi as f32;
        self.number.is_some() && mm(first) < 290.0 && mm(first + rows) > 284.0
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        canvas.rectangle(0.0, 0.0, 400.0, 2000.0, [246, 244, 240]);
        if !self.is_blank() {
            for line in 0..50 {
                let width = 120.0 + (line * 37 % 50) as f32 - self.kind as f32 * 3.0;
                canvas.rectangle(20.0, 20.0 + line as f32 * 5.0, width, 2.2, [40, 42, 60]);
            }
        }
        for bit in 0..32 {
            if self.number.is_some_and(|number| number >> bit & 1 == 1) {
                canvas.rectangle(20.0 + bit as f32 * 4.0, 285.0, 3.0, 3.0, [10, 10, 10]);
            }
        }
    }
}
