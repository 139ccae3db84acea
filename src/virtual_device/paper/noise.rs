//! Noise that depends on the place alone.

/// A well mixed number of a place.
fn hash(x: i32, y: i32) -> u32 {
    let mut mixed = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
    mixed = (mixed ^ (mixed >> 12)).wrapping_mul(0x297a_2d39);
    mixed ^ (mixed >> 15)
}

/// The noise of one pixel, about −1 to 1, mostly near 0.
pub(super) fn speck(x: i32, y: i32) -> f32 {
    let bits = hash(x, y);
    ((bits & 0xffff) as f32 + (bits >> 16) as f32) / 65_535.0 - 1.0
}

fn lattice(x: i32, y: i32) -> f32 {
    (hash(x.wrapping_add(7919), y.wrapping_add(104_729)) >> 8) as f32 / 8_388_608.0 - 1.0
}

fn smooth(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Smooth noise, −1 to 1, with features of the size of one unit.
pub(super) fn smooth_at(x: f32, y: f32) -> f32 {
    Row::new(y).at(x)
}

/// Smooth noise with finer and finer detail.
pub(super) fn detailed_at(x: f32, y: f32, octaves: u32) -> f32 {
    let (mut sum, mut size, mut scale) = (0.0, 0.5, 1.0);
    for octave in 0..octaves {
        sum += smooth_at(x * scale + octave as f32 * 17.3, y * scale) * size;
        size *= 0.5;
        scale *= 2.03;
    }
    sum
}

/// One row of smooth noise; neighbours share their corners.
pub(super) struct Row {
    y: i32,
    share: f32,
    cell: i32,
    corners: (f32, f32),
}

impl Row {
    pub(super) fn new(y: f32) -> Row {
        Row { y: y.floor() as i32, share: smooth(y - y.floor()), cell: i32::MIN, corners: (0.0, 0.0) }
    }

    pub(super) fn at(&mut self, x: f32) -> f32 {
        let cell = x.floor() as i32;
        if cell != self.cell {
            let corner = |x: i32| {
                let (above, below) = (lattice(x, self.y), lattice(x, self.y.wrapping_add(1)));
                above + (below - above) * self.share
            };
            (self.cell, self.corners) = (cell, (corner(cell), corner(cell.wrapping_add(1))));
        }
        let (left, right) = self.corners;
        left + (right - left) * smooth(x - x.floor())
    }
}
