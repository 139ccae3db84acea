//! Letters drawn with a pen: each is some strokes of even width, lines and smooth curves.
//!
//! A glyph is written as strokes; each starts with its kind and goes on with points, two base-36
//! digits (x, y) each, in half units. The base line is at y = 6, small letters end at g (16),
//! capitals at k (20), descenders at 0. `L` is a polyline, `C` a curve that begins and ends at its first and
//! last point and bends towards those between, `O` a closed curve inside its corners.

use std::sync::OnceLock;

/// Half units of a capital.
const CAPITAL: f32 = 14.0;
const BASE_LINE: f32 = 6.0;
/// Half units between two letters, and those of a space.
const LETTER_GAP: f32 = 4.2;
const SPACE: f32 = 6.5;
/// Straight pieces of one bend.
const BEND_PIECES: usize = 5;

const GLYPHS: &[(char, &str)] = &[
    ('a', "O060g8g86 L8g86"),
    ('b', "L0k06 O060g8g86"),
    ('c', "C8d8g0g068689"),
    ('d', "L8k86 O060g8g86"),
    ('e', "L0b8b C8b8g0g068688"),
    ('f', "C6k2k2g L2g26 L0g5g"),
    ('g', "O060g8g86 L8g83 C83800002"),
    ('h', "L0k06 C0c0g8g8c L8c86"),
    ('i', "L0g06 L0j0k"),
    ('j', "L3g33 C333000 L3j3k"),
    ('k', "L0k06 L7g0a L3c86"),
    ('l', "L0k06"),
    ('m', "L0g06 C0c0g6g6c L6c66 C6c6gcgcc Lccc6"),
    ('n', "L0g06 C0c0g8g8c L8c86"),
    ('o', "O060g8g86"),
    ('p', "L0g00 O060g8g86"),
    ('q', "L8g80 O060g8g86"),
    ('r', "L0g06 C0b0g5g"),
    ('s', "C7e7g0g0b7b760608"),
    ('t', "L2k29 C292666 L0g6g"),
    ('u', "L0g0a C0a06868a L8g86"),
    ('v', "L0g468g"),
    ('w', "L0g366f96cg"),
    ('x', "L0g86 L068g"),
    ('y', "L0g46 L8g2000"),
    ('z', "L0g8g0686"),
    ('A', "L065ka6 L2b8b"),
    ('B', "L06060k5k C5k9k9d5d L0d5d C5dada656 L5606"),
    ('C', "Cagak0k06a6aa"),
    ('D', "L46060k4k C4kaka646"),
    ('E', "L96060k9k L0d7d"),
    ('F', "L060k9k L0d7d"),
    ('G', "Cagak0k06a6ab Lab6b"),
    ('H', "L060k La6ak L0dad"),
    ('I', "L060k"),
    ('J', "L6k6a C6a66060a"),
    ('K', "L060k L9k0c L3fa6"),
    ('L', "L0k0696"),
    ('M', "L060k69ckc6"),
    ('N', "L060ka6ak"),
    ('O', "O060kaka6"),
    ('P', "L060k5k C5kakac5c L5c0c"),
    ('Q', "O060kaka6 L6aa5"),
    ('R', "L060k5k C5kakac5c L5c0c L5ca6"),
    ('S', "Cahak0k0dada60609"),
    ('T', "L0kak L5k56"),
    ('U', "L0k0b C0b06a6ab Labak"),
    ('V', "L0k56ak"),
    ('W', "L0k367ib6ek"),
    ('X', "L06ak L0ka6"),
    ('Y', "L0k5cak L5c56"),
    ('Z', "L0kak06a6"),
    ('0', "O060k8k86"),
    ('1', "L1h4k46"),
    ('2', "C0g0k8k8d06 L0686"),
    ('3', "C0h0k8k8d3d C3d8d860609"),
    ('4', "L5k0a8a L6e66"),
    ('5', "L7k1k0d C0d8h860608"),
    ('6', "O060e8e86 C6k0i0a"),
    ('7', "L0k8k36"),
    ('8', "O1d1k7k7d O060d8d86"),
    ('9', "O0c0k8k8c C8g8826"),
    ('.', "L0607"),
    (',', "L1603"),
    (':', "L0607 L0f0g"),
    (';', "L1603 L1f1g"),
    ('!', "L0k0b L0607"),
    ('?', "C0h0k7k7d3d3a L3637"),
    ('-', "L0c5c"),
    ('–', "L0c8c"),
    ('+', "L0b8b L4f47"),
    ('=', "L0a8a L0e8e"),
    ('/', "L058l"),
    ('(', "C3m0i0834"),
    (')', "C0m3i3804"),
    ('\'', "L0k0h"),
    ('"', "L0k0h L3k3h"),
    ('%', "L169k O0f0k4k4f O666baba6"),
    ('&', "L962g C2g2k7k7g C7g0d060 6 C0606"),
    ('€', "Cagak2k26a6a9 L0e7e L0b7b"),
    ('*', "L4k4e L1f7j L1j7f"),
    ('#', "L2636 L269k L0a8a L0e8e"),
    ('@', "O4a4g8g8a C8g88cac kck"),
    ('·', "L0b0c"),
    ('|', "L0k04"),
    ('_', "L0484"),
];

/// A straight piece of a stroke, in half units from the base line.
pub(super) type Piece = [(f32, f32); 2];

/// A letter, ready to draw.
#[derive(Debug, Default)]
struct Glyph {
    width: f32,
    pieces: Vec<Piece>,
}

/// Calls `draw` with each piece of a text, in units of which a capital has one, from its start on the base line.
pub(super) fn pieces(text: &str, mut draw: impl FnMut(Piece)) {
    let unit = 1.0 / CAPITAL;
    let mut x = 0.0;
    for letter in text.chars() {
        if let Some(glyph) = glyph(letter) {
            for [from, to] in &glyph.pieces {
                let place = |(px, py): (f32, f32)| ((x + px) * unit, py * unit);
                draw([place(*from), place(*to)]);
            }
        }
        x += advance(letter);
    }
}

/// How wide a text is, in units of which a capital's height is one.
pub(super) fn width(text: &str) -> f32 {
    (text.chars().map(advance).sum::<f32>() - LETTER_GAP).max(0.0) / CAPITAL
}

fn advance(letter: char) -> f32 {
    glyph(letter).map_or(SPACE, |glyph| glyph.width + LETTER_GAP)
}

fn glyph(letter: char) -> Option<&'static Glyph> {
    static DRAWN: OnceLock<Vec<(char, Glyph)>> = OnceLock::new();
    let drawn = DRAWN.get_or_init(|| {
        let mut all: Vec<_> = GLYPHS.iter().map(|(letter, strokes)| (*letter, drawn_from(strokes))).collect();
        all.sort_by_key(|(letter, _)| *letter);
        all
    });
    drawn.binary_search_by_key(&letter, |(known, _)| *known).ok().map(|index| &drawn[index].1)
}

fn drawn_from(strokes: &str) -> Glyph {
    let mut glyph = Glyph::default();
    for stroke in strokes.split(' ').filter(|stroke| stroke.len() > 2) {
        let (kind, digits) = stroke.split_at(1);
        let digits: Vec<f32> =
            digits.chars().filter_map(|digit| digit.to_digit(36)).map(|digit| digit as f32).collect();
        let points: Vec<(f32, f32)> = digits.chunks_exact(2).map(|pair| (pair[0], pair[1] - BASE_LINE)).collect();
        for (x, _) in &points {
            glyph.width = glyph.width.max(*x);
        }
        let path = match kind {
            "C" => curve(&points),
            "O" => closed_curve(&points),
            _ => points,
        };
        glyph.pieces.extend(path.windows(2).map(|pair| [pair[0], pair[1]]));
    }
    glyph
}

/// A smooth line from the first to the last point that bends towards those between.
pub(super) fn curve(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let mut path = vec![*first];
    let inner = points.len().saturating_sub(2);
    let mut from = *first;
    for index in 1..=inner {
        let to = if index == inner { *last } else { middle(points[index], points[index + 1]) };
        bend(&mut path, from, points[index], to);
        from = to;
    }
    if inner == 0 {
        path.push(*last);
    }
    path
}

fn closed_curve(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let start = middle(*last, *first);
    let mut path = vec![start];
    let mut from = start;
    for (index, point) in points.iter().enumerate() {
        let to = middle(*point, points[(index + 1) % points.len()]);
        bend(&mut path, from, *point, to);
        from = to;
    }
    path
}

fn middle(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
}

/// A bend that hugs its corner a little more than a parabola does: letters look rounder that way.
fn bend(path: &mut Vec<(f32, f32)>, from: (f32, f32), corner: (f32, f32), to: (f32, f32)) {
    const HUG: f32 = 0.552;
    let towards = |a: (f32, f32)| (a.0 + (corner.0 - a.0) * HUG, a.1 + (corner.1 - a.1) * HUG);
    let (near, far) = (towards(from), towards(to));
    for step in 1..=BEND_PIECES {
        let t = step as f32 / BEND_PIECES as f32;
        let s = 1.0 - t;
        let mix =
            |a: f32, b: f32, c: f32, d: f32| s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d;
        path.push((mix(from.0, near.0, far.0, to.0), mix(from.1, near.1, far.1, to.1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_strokes_inside_its_box() {
        for (letter, _) in GLYPHS {
            let glyph = glyph(*letter).expect("it is in the list");
            assert!(!glyph.pieces.is_empty(), "{letter}");
            for (x, y) in glyph.pieces.iter().flatten() {
                assert!((0.0..=14.0).contains(x) && (-6.1..=16.1).contains(y), "{letter} {x} {y}");
            }
        }
        assert!(width("mm") > width("ii") && width("") == 0.0);
    }
}
