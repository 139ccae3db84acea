//! What a PDF page is on paper, and whether it is nothing but one picture.

use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Rect, Stream};
use hayro_syntax::page::{Page, Rotation as PageRotation};

use crate::document::{Look, Rotation};
use crate::raster::PixelWindow;

use super::message::Refusal;

const POINTS_PER_INCH: f64 = 72.0;
/// States that may be put aside within each other.
const MOST_SAVED: usize = 64;
/// A picture covers a page when no more than this is left free at an edge, in points and as a share of the page.
const FREE_POINTS: f64 = 1.0;
const FREE_SHARE: f64 = 0.005;
/// The text rendering mode in which nothing is seen.
const INVISIBLE: i64 = 3;
/// Resolutions of pictures that are taken as they are.
const TAKEN_DPI: std::ops::RangeInclusive<f64> = 30.0..=9600.0;
/// Directions whose resolutions differ by less than this are rounded differently.
const UNEVEN: f64 = 0.02;
/// What a graphics state may set without anybody seeing it on a page of one picture.
const UNSEEN: [&[u8]; 17] = [
    b"Type", b"SA", b"OP", b"op", b"OPM", b"SM", b"AIS", b"LW", b"LC", b"LJ", b"ML", b"D", b"RI", b"FL", b"TK",
    b"Font", b"Name",
];

/// A page on paper.
pub(super) struct Sheet {
    /// The part of it that is seen, in its own units.
    pub(super) seen: Rect,
    /// How many points such a unit is.
    pub(super) unit: f64,
}

impl Sheet {
    pub(super) fn of(page: &Page<'_>, number: u32) -> Result<Sheet, Refusal> {
        let seen = page.intersected_crop_box();
        let unit = page.raw().get::<f32>(b"UserUnit").map_or(1.0, f64::from);
        let sides = [seen.x0, seen.y0, seen.x1, seen.y1, unit];
        if sides.iter().all(|side| side.is_finite()) && unit > 0.0 {
            Ok(Sheet { seen, unit })
        } else {
            Err(Refusal::Broken(Some(number)))
        }
    }
}

/// The picture that a page consists of.
pub(super) struct OnlyPicture<'a> {
    pub(super) image: Stream<'a>,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Dots per inch, the same in both directions.
    pub(super) dpi: f64,
    /// How it lies on the page, and which part of it is seen.
    pub(super) look: Look,
    /// What a stencil is filled with is black.
    pub(super) ink_is_black: bool,
    /// There is text that nobody sees.
    pub(super) hidden_text: bool,
}

/// What drawing depends on.
#[derive(Clone, Copy)]
struct State {
    matrix: [f64; 6],
    ink_is_black: bool,
    text_mode: i64,
}

/// The picture that a page consists of; `None` when there is more or less to it, or when it does not lie
/// straight.
pub(super) fn only_picture<'a>(page: &Page<'a>, sheet: &Sheet) -> Option<OnlyPicture<'a>> {
    let annotations = page.raw().get::<Array<'_>>(b"Annots");
    if annotations.is_some_and(|list| list.raw_iter().next().is_some()) {
        return None;
    }
    let mut state = State { matrix: [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], ink_is_black: true, text_mode: 0 };
    let mut saved = Vec::new();
    let mut placed = None;
    let mut hidden_text = false;
    let mut clip: Option<Rect> = None;
    let mut clips = false;
    let mut operations = page.typed_operations();
    while let Some(operation) = operations.next() {
        use TypedInstruction as Op;
        match operation {
            Op::SaveState(_) if saved.len() < MOST_SAVED => saved.push(state),
            Op::RestoreState(_) => state = saved.pop().unwrap_or(state),
            Op::Transform(by) => {
                state.matrix = then([by.0, by.1, by.2, by.3, by.4, by.5].map(|number| number.as_f64()), state.matrix);
            }
            Op::XObject(name) if placed.is_none() => placed = Some((page.resources().get_x_object(name.0)?, state)),
            Op::SetGraphicsState(name) if unseen(&page.resources().get_ext_g_state(name.0)?) => {}
            Op::NonStrokeColorDeviceGray(gray) => state.ink_is_black = is_zero(gray.0),
            Op::NonStrokeColorDeviceRgb(rgb) => state.ink_is_black = [rgb.0, rgb.1, rgb.2].into_iter().all(is_zero),
            Op::RectPath(rect) if clip.is_none() => {
                let [x, y, width, height] = [rect.0, rect.1, rect.2, rect.3].map(|number| number.as_f64());
                clip = Some(bounds(state.matrix, [x, y, x + width, y + height])?);
            }
            Op::ClipNonZero(_) | Op::ClipEvenOdd(_) => clips = true,
            Op::EndPath(_) => {
                if clips && !clip.is_some_and(|clip| covers(&clip, &sheet.seen)) {
                    return None;
                }
                (clip, clips) = (None, false);
            }
            Op::TextRenderingMode(mode) => state.text_mode = mode.0.as_i64(),
            Op::ShowText(_) | Op::ShowTexts(_) | Op::NextLineAndShowText(_) | Op::ShowTextWithParameters(_)
                if state.text_mode == INVISIBLE =>
            {
                hidden_text = true;
            }
            Op::BeginMarkedContentWithProperties(marked) if marked.0.as_ref() != b"OC" => {}
            Op::BeginCompatibility(_)
            | Op::EndCompatibility(_)
            | Op::LineWidth(_)
            | Op::LineCap(_)
            | Op::LineJoin(_)
            | Op::MiterLimit(_)
            | Op::DashPattern(_)
            | Op::RenderingIntent(_)
            | Op::FlatnessTolerance(_)
            | Op::StrokeColorDeviceGray(_)
            | Op::StrokeColorDeviceRgb(_)
            | Op::StrokeColorCmyk(_)
            | Op::CharacterSpacing(_)
            | Op::WordSpacing(_)
            | Op::HorizontalScaling(_)
            | Op::TextLeading(_)
            | Op::TextFont(_)
            | Op::TextRise(_)
            | Op::BeginText(_)
            | Op::EndText(_)
            | Op::NextLine(_)
            | Op::NextLineAndSetLeading(_)
            | Op::SetTextMatrix(_)
            | Op::NextLineUsingLeading(_)
            | Op::MarkedContentPoint(_)
            | Op::MarkedContentPointWithProperties(_)
            | Op::BeginMarkedContent(_)
            | Op::EndMarkedContent(_) => {}
            _ => return None,
        }
    }
    let (image, state) = placed?;
    placed_picture(page, sheet, image, state, hidden_text)
}

/// How a picture that was placed lies on its page.
fn placed_picture<'a>(
    page: &Page<'a>,
    sheet: &Sheet,
    image: Stream<'a>,
    state: State,
    hidden_text: bool,
) -> Option<OnlyPicture<'a>> {
    let dict = image.dict();
    if dict.get::<Name<'_>>(b"Subtype")?.as_ref() != b"Image" {
        return None;
    }
    let (width, height) = (dict.get::<u32>(b"Width")?, dict.get::<u32>(b"Height")?);
    let [a, b, c, d, e, f] = state.matrix;
    let turned = quarter_turns(a, b, c, d)?;
    let seen = &sheet.seen;
    // Where the corners of what is seen lie in the picture, as shares of its sides.
    let determinant = a * d - b * c;
    let share = |x: f64, y: f64| {
        let (x, y) = (x - e, y - f);
        ((x * d - y * c) / determinant, (y * a - x * b) / determinant)
    };
    let (one, other) = (share(seen.x0, seen.y0), share(seen.x1, seen.y1));
    let (left, right) = (one.0.min(other.0), one.0.max(other.0));
    let (below, above) = (one.1.min(other.1), one.1.max(other.1));
    let sides = (a.hypot(b), c.hypot(d));
    let free = |points: f64| (FREE_POINTS / points).max(FREE_SHARE);
    let covered = left >= -free(sides.0)
        && right <= 1.0 + free(sides.0)
        && below >= -free(sides.1)
        && above <= 1.0 + free(sides.1);
    let inches = |points: f64| points * sheet.unit / POINTS_PER_INCH;
    let (across, down) = (f64::from(width) / inches(sides.0), f64::from(height) / inches(sides.1));
    if !covered || !TAKEN_DPI.contains(&across) || (across / down - 1.0).abs() > UNEVEN {
        return None;
    }
    let columns = |share: f64| (share * f64::from(width)).round().clamp(0.0, f64::from(width)) as u32;
    let rows = |share: f64| (share * f64::from(height)).round().clamp(0.0, f64::from(height)) as u32;
    let (first, top) = (columns(left), rows(1.0 - above));
    let window =
        PixelWindow { left: first, top, width: columns(right) - first, height: rows(1.0 - below).saturating_sub(top) };
    let crop = (window != PixelWindow::all(width, height)).then_some(window);
    if crop.is_some_and(|crop| crop.within(width, height) != Some(crop)) {
        return None;
    }
    let on_screen = match page.rotation() {
        PageRotation::None => Rotation::None,
        PageRotation::Horizontal => Rotation::Quarter,
        PageRotation::Flipped => Rotation::Half,
        PageRotation::FlippedHorizontal => Rotation::ThreeQuarters,
    };
    let look = Look { rotation: turned.then(on_screen), crop, ..Look::default() };
    Some(OnlyPicture { image, width, height, dpi: across, look, ink_is_black: state.ink_is_black, hidden_text })
}

/// How a picture with these sides is turned; `None` when it is askew or mirrored. PDF's rows count from below.
fn quarter_turns(a: f64, b: f64, c: f64, d: f64) -> Option<Rotation> {
    let size = [a, b, c, d].into_iter().fold(0.0, |most: f64, side| most.max(side.abs()));
    let none = |side: f64| side.abs() <= size * 1e-4;
    if !size.is_finite() || size <= 0.0 {
        return None;
    }
    if none(b) && none(c) {
        return if a > 0.0 && d > 0.0 {
            Some(Rotation::None)
        } else if a < 0.0 && d < 0.0 {
            Some(Rotation::Half)
        } else {
            None
        };
    }
    if none(a) && none(d) {
        return if b > 0.0 && c < 0.0 {
            Some(Rotation::ThreeQuarters)
        } else if b < 0.0 && c > 0.0 {
            Some(Rotation::Quarter)
        } else {
            None
        };
    }
    None
}

/// One transformation after the other.
fn then(first: [f64; 6], second: [f64; 6]) -> [f64; 6] {
    let [a, b, c, d, e, f] = first;
    let [g, h, i, j, k, l] = second;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

/// The rectangle that another one becomes; `None` when it is askew then.
fn bounds([a, b, c, d, e, f]: [f64; 6], [x0, y0, x1, y1]: [f64; 4]) -> Option<Rect> {
    if b * c != 0.0 && a * d != 0.0 || (b != 0.0 || c != 0.0) && (a != 0.0 || d != 0.0) {
        return None;
    }
    let place = |x: f64, y: f64| (a * x + c * y + e, b * x + d * y + f);
    let (one, other) = (place(x0, y0), place(x1, y1));
    Some(Rect::new(one.0.min(other.0), one.1.min(other.1), one.0.max(other.0), one.1.max(other.1)))
}

fn covers(outer: &Rect, inner: &Rect) -> bool {
    outer.x0 <= inner.x0 + FREE_POINTS
        && outer.y0 <= inner.y0 + FREE_POINTS
        && outer.x1 >= inner.x1 - FREE_POINTS
        && outer.y1 >= inner.y1 - FREE_POINTS
}

fn is_zero(number: Number) -> bool {
    number.as_f64() == 0.0
}

/// Whether a graphics state leaves a picture as it is.
fn unseen(state: &Dict<'_>) -> bool {
    state.keys().all(|key| match key.as_ref() {
        b"BM" => state.get::<Name<'_>>(b"BM").is_some_and(|mode| matches!(mode.as_ref(), b"Normal" | b"Compatible")),
        b"CA" | b"ca" => state.get::<f32>(key.as_ref()) == Some(1.0),
        b"SMask" => matches!(state.get::<Object<'_>>(b"SMask"), Some(Object::Name(name)) if name.as_ref() == b"None"),
        key => UNSEEN.contains(&key),
    })
}
