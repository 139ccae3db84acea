//! A band of rows that faces are drawn on, in millimetres of the sheet.

use super::lettering;
use super::{Raster, noise};

/// Red, green, blue.
pub(super) type Color = [u8; 3];

/// How a sheet lies on the surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lie {
    /// Where its top left corner is, in millimetres.
    pub(super) x: f32,
    pub(super) y: f32,
    /// Its size in millimetres.
    pub(super) width: f32,
    pub(super) height: f32,
    /// How far it is turned, in radians, about that corner; clockwise on the screen.
    pub(super) turn: f32,
}

/// Some rows of a page.
pub(super) struct Canvas {
    width: usize,
    rows: usize,
    /// The place of the top left pixel on the surface, in pixels.
    left: i32,
    top: i32,
    /// Pixels of a millimetre.
    scale: f32,
    lie: Lie,
    turn: (f32, f32),
    rgb: Vec<u8>,
    /// How much of each pixel the pen has covered since the last [`Canvas::ink`].
    covered: Vec<u8>,
    touched: bool,
}

impl Canvas {
    /// Rows of the surface with a sheet on it; what is beside the sheet is the scanner's own white.
    pub(super) fn new(raster: &Raster, first: u32, rows: u32, lie: Lie) -> Canvas {
        let (width, rows) = (raster.width as usize, rows as usize);
        let pixel = |units: u32| (f64::from(units) * f64::from(raster.dpi) / 300.0).round() as i32;
        Canvas {
            width,
            rows,
            left: pixel(raster.x),
            top: pixel(raster.y) + first as i32,
            scale: raster.dpi as f32 / 25.4,
            lie,
            turn: lie.turn.sin_cos(),
            rgb: vec![255; width * rows * 3],
            covered: vec![0; width * rows],
            touched: false,
        }
    }

    pub(super) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// The rows of the band on the sheet, in millimetres, with room for its turn.
    pub(super) fn shows(&self, top: f32, bottom: f32) -> bool {
        let slack = self.lie.width * self.turn.0.abs() + 1.0;
        let from = self.top as f32 / self.scale - self.lie.y;
        let to = (self.top + self.rows as i32) as f32 / self.scale - self.lie.y;
        bottom + slack >= from && top - slack <= to
    }

    /// A point of the sheet, in pixels of the band.
    fn place(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (sin, cos) = self.turn;
        let surface = (self.lie.x + x * cos - y * sin, self.lie.y + x * sin + y * cos);
        (surface.0 * self.scale - self.left as f32, surface.1 * self.scale - self.top as f32)
    }

    /// The point of the sheet under the middle of a pixel, in millimetres.
    fn on_sheet(&self, column: usize, row: usize) -> (f32, f32) {
        let (sin, cos) = self.turn;
        let x = (self.left as f32 + column as f32 + 0.5) / self.scale - self.lie.x;
        let y = (self.top as f32 + row as f32 + 0.5) / self.scale - self.lie.y;
        (x * cos + y * sin, y * cos - x * sin)
    }

    /// Lays the sheet down: paper of a colour with its grain, its soft shadow beside it, the
    /// scanner's white around it and the sensor's noise over all.
    pub(super) fn lay(&mut self, paper: Color, grain: f32) {
        const CLOUD: f32 = 9.0;
        const BACKING: f32 = 228.0;
        const SHADOW: f32 = 70.0;
        // Further from its edge than this the sheet is even.
        const MARGIN: f32 = 3.0;
        let (step, mm) = (CLOUD * self.scale, 1.0 / self.scale);
        let across = (self.turn.1 * mm, -self.turn.0 * mm);
        let paper = paper.map(f32::from);
        for row in 0..self.rows {
            let y = self.top + row as i32;
            let mut clouds = noise::Row::new(y as f32 / step);
            let (mut sx, mut sy) = self.on_sheet(0, row);
            let pixels = self.rgb[row * self.width * 3..][..self.width * 3].chunks_exact_mut(3);
            for (x, pixel) in (self.left..).zip(pixels) {
                let speck = noise::speck(x, y);
                let mut light = clouds.at(x as f32 / step) * grain * 0.7 + speck * grain;
                let inside = sx.min(sy).min(self.lie.width - sx).min(self.lie.height - sy);
                let mut share = 1.0;
                let mut around = 0.0;
                if inside < MARGIN {
                    share = (inside * self.scale + 0.5).clamp(0.0, 1.0);
                    // The edge of the sheet is a little raised: it gets less light.
                    light -= 10.0 * (-inside.max(0.0) * 2.2).exp();
                    around = BACKING - SHADOW * (inside.min(0.0) * 1.6).exp() + speck * 1.2;
                }
                for (value, paper) in pixel.iter_mut().zip(paper) {
                    let sheet = paper + light;
                    *value = (around + (sheet - around) * share) as u8;
                }
                sx += across.0;
                sy += across.1;
            }
        }
    }

    /// A straight line of the pen, in millimetres.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32) {
        let (a, b) = (self.place(from), self.place(to));
        let radius = (thickness * self.scale / 2.0).max(0.4);
        let reach = radius + 0.5;
        let range = |low: f32, high: f32, end: usize| {
            (low - reach).floor().clamp(0.0, end as f32) as usize..(high + reach).ceil().clamp(0.0, end as f32) as usize
        };
        let along = (b.0 - a.0, b.1 - a.1);
        let length = (along.0 * along.0 + along.1 * along.1).max(1e-6);
        let columns = range(a.0.min(b.0), a.0.max(b.0), self.width);
        for row in range(a.1.min(b.1), a.1.max(b.1), self.rows) {
            let dy = row as f32 + 0.5 - a.1;
            for column in columns.clone() {
                let dx = column as f32 + 0.5 - a.0;
                let t = ((dx * along.0 + dy * along.1) / length).clamp(0.0, 1.0);
                let (ox, oy) = (dx - t * along.0, dy - t * along.1);
                let distance = ox * ox + oy * oy;
                if distance < reach * reach {
                    self.cover(row, column, reach - distance.sqrt());
                }
            }
        }
    }

    /// A filled rectangle, in millimetres.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32) {
        if !self.shows(y, y + height) {
            return;
        }
        for row in 0..self.rows {
            for column in self.columns_of(x, y, width, height) {
                let (sx, sy) = self.on_sheet(column, row);
                let inside = (sx - x).min(sy - y).min(x + width - sx).min(y + height - sy);
                self.cover(row, column, inside * self.scale + 0.5);
            }
        }
    }

    /// A filled disc, in millimetres.
    pub(super) fn disc(&mut self, x: f32, y: f32, radius: f32) {
        self.line((x, y), (x, y), radius * 2.0);
    }

    /// A picture of some texels a side, laid into a rectangle in millimetres.
    pub(super) fn picture(&mut self, x: f32, y: f32, width: f32, height: f32, texel: impl Fn(f32, f32) -> [f32; 3]) {
        if !self.shows(y, y + height) {
            return;
        }
        for row in 0..self.rows {
            for column in self.columns_of(x, y, width, height) {
                let (sx, sy) = self.on_sheet(column, row);
                let (u, v) = ((sx - x) / width, (sy - y) / height);
                if !(0.0..1.0).contains(&u) || !(0.0..1.0).contains(&v) {
                    continue;
                }
                let speck = noise::speck(self.left + column as i32, self.top + row as i32);
                let color = texel(u, v);
                let pixel = &mut self.rgb[(row * self.width + column) * 3..][..3];
                for (value, wanted) in pixel.iter_mut().zip(color) {
                    *value = (wanted + speck * 7.0).clamp(0.0, 255.0) as u8;
                }
            }
        }
    }

    fn columns_of(&self, x: f32, y: f32, width: f32, height: f32) -> std::ops::Range<usize> {
        let corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)].map(|at| self.place(at).0);
        let low = corners.into_iter().fold(f32::MAX, f32::min);
        let high = corners.into_iter().fold(f32::MIN, f32::max);
        (low - 1.0).clamp(0.0, self.width as f32) as usize..(high + 2.0).clamp(0.0, self.width as f32) as usize
    }

    /// A line of text from its start on the base line; `size` is the height of a capital, both in millimetres.
    pub(super) fn text(&mut self, x: f32, y: f32, size: f32, weight: f32, text: &str) {
        if self.shows(y - size * 1.3, y + size * 0.6) {
            lettering::pieces(text, |[from, to]| {
                let place = |(px, py): (f32, f32)| (x + px * size, y - py * size);
                self.line(place(from), place(to), size * weight);
            });
        }
    }

    /// The same, ending at `x`.
    pub(super) fn text_to(&mut self, x: f32, y: f32, size: f32, weight: f32, text: &str) {
        self.text(x - lettering::width(text) * size, y, size, weight, text);
    }

    /// A paragraph broken at words; answers the base line after its last line.
    pub(super) fn paragraph(&mut self, x: f32, y: f32, width: f32, size: f32, weight: f32, text: &str) -> f32 {
        let mut baseline = y;
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && lettering::width(&line) * size + lettering::width(word) * size + size > width {
                self.text(x, baseline, size, weight, &line);
                baseline += size * 1.95;
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.text(x, baseline, size, weight, &line);
        baseline + size * 1.95
    }

    /// A smooth line through the plane, in millimetres.
    pub(super) fn stroke(&mut self, points: &[(f32, f32)], thickness: f32) {
        for pair in lettering::curve(points).windows(2) {
            self.line(pair[0], pair[1], thickness);
        }
    }

    fn cover(&mut self, row: usize, column: usize, share: f32) {
        if share > 0.0 {
            let covered = &mut self.covered[row * self.width + column];
            *covered = (*covered).max((share.min(1.0) * 255.0) as u8);
            self.touched = true;
        }
    }

    /// Colours everything drawn since the last time, as ink that soaks in a little unevenly.
    pub(super) fn ink(&mut self, color: Color, density: f32) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        let drawn = self.covered.iter_mut().enumerate().filter(|(_, covered)| **covered != 0);
        for (index, covered) in drawn {
            let (x, y) = (self.left + (index % self.width) as i32, self.top + (index / self.width) as i32);
            let share = f32::from(*covered) / 255.0 * density * (1.0 - 0.05 * noise::speck(x, y).abs());
            for (value, ink) in self.rgb[index * 3..][..3].iter_mut().zip(color) {
                *value = (f32::from(*value) + (f32::from(ink) - f32::from(*value)) * share.clamp(0.0, 1.0)) as u8;
            }
            *covered = 0;
        }
    }
}
