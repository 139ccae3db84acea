//! The sheets there are, and which of them lies where in a stack.

use super::canvas::{Canvas, Color, Lie};
use super::{Raster, photograph, prints};

/// A4, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
const RECEIPT: (f32, f32) = (80.0, 206.0);
/// How far a badly fed sheet is turned, in radians: a little over two degrees.
const ASKEW: f32 = 0.0385;
/// How far a feeder's print lies from the lower edge of the sheet, in millimetres.
const IMPRINT_UP: f32 = 5.0;

const WHITE_PAPER: Color = [246, 246, 243];
const THERMAL_PAPER: Color = [243, 241, 238];
const PHOTO_PAPER: Color = [249, 249, 248];

/// What is on one side of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Letter,
    SecondPage,
    Invoice,
    Photograph,
    Receipt,
    AskewLetter,
    Blank,
    AskewBlank,
    NarrowBlank,
}

/// Front and back of the sheets of a stack, top sheet first; higher stacks begin again.
const STACK: [(Kind, Kind); 5] = [
    (Kind::Letter, Kind::SecondPage),
    (Kind::Invoice, Kind::Blank),
    (Kind::Photograph, Kind::Blank),
    (Kind::Receipt, Kind::NarrowBlank),
    (Kind::AskewLetter, Kind::AskewBlank),
];

/// One side of one sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Face {
    kind: Kind,
    /// It lies on the glass, not in a feeder.
    on_glass: bool,
    /// The number that the feeder prints on the sheets it draws in.
    number: Option<u32>,
}

impl Face {
    /// A side of a sheet of a stack, counted from 1.
    pub(in super::super) fn of_sheet(sheet: u32, back: bool) -> Face {
        let (front, reverse) = STACK[(sheet.saturating_sub(1) as usize) % STACK.len()];
        let kind = if back { reverse } else { front };
        let is_printed = !matches!(kind, Kind::Blank | Kind::AskewBlank | Kind::NarrowBlank);
        Face { kind, on_glass: false, number: is_printed.then_some(sheet) }
    }

    /// What lies on the glass.
    pub(in super::super) fn on_glass() -> Face {
        Face { kind: Kind::Photograph, on_glass: true, number: None }
    }

    /// How long the sheet is, in 1/300 inch.
    pub(in super::super) fn height(&self) -> u32 {
        (self.lie().height * 300.0 / 25.4).round() as u32
    }

    /// Whether nothing is printed on it.
    pub(in super::super) fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Blank | Kind::AskewBlank | Kind::NarrowBlank)
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
        let lie = self.lie();
        let (top, bottom) = (lie.y + lie.height - IMPRINT_UP - 4.0, lie.y + lie.height + 2.0);
        // A turned sheet has its print lower on the right.
        let slack = (lie.turn.sin() * lie.width).abs() + 1.0;
        self.number.is_some() && mm(first) < bottom + slack && mm(first + rows) > top - slack
    }

    /// How the sheet lies on the glass, or passes the lamp.
    pub(super) fn lie(&self) -> Lie {
        let flat = |x, y, (width, height): (f32, f32), turn| Lie { x, y, width, height, turn };
        match self.kind {
            _ if self.on_glass => flat(0.7, 0.9, (209.0, 295.0), 0.0025),
            Kind::AskewLetter => flat(6.5, -2.0, A4, ASKEW),
            Kind::AskewBlank => flat(-3.0, 4.0, A4, -ASKEW),
            Kind::Receipt => flat(62.0, 0.6, RECEIPT, 0.006),
            Kind::NarrowBlank => flat(68.0, 0.6, RECEIPT, -0.006),
            _ => flat(0.4, 0.5, A4, 0.0012),
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let (paper, grain) = match self.kind {
            Kind::Photograph => (PHOTO_PAPER, 1.4),
            Kind::Receipt | Kind::NarrowBlank => (THERMAL_PAPER, 2.4),
            _ => (WHITE_PAPER, 4.2),
        };
        canvas.lay(paper, grain);
        match self.kind {
            Kind::Letter | Kind::AskewLetter => prints::letter(canvas),
            Kind::SecondPage => prints::second_page(canvas),
            Kind::Invoice => prints::invoice(canvas),
            Kind::Photograph => prints::caption(canvas, photograph::color_at),
            Kind::Receipt => prints::receipt(canvas),
            Kind::Blank | Kind::AskewBlank | Kind::NarrowBlank => {}
        }
        if let Some(number) = self.number {
            let y = self.lie().height - IMPRINT_UP;
            canvas.text(6.0, y, 1.7, 0.13, &format!("{number:06}"));
            canvas.ink([92, 92, 104], 0.85);
        }
    }
}
