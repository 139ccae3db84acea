//! A page that is more than a picture, drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use hayro_syntax::page::Page;

use crate::document::Look;
use crate::import::{Limit, Remark};

use super::message::{Kind, Pixels, Refusal, Teller, Told};
use super::page::Sheet;
use super::reading::Stopped;

/// Dots per inch of a drawn page: text stays readable, and printers give no more.
const USUAL_DPI: f64 = 300.0;
/// Of a page whose only picture cannot be taken out, that picture's own, within these bounds: nothing is lost then.
const PICTURE_DPI: std::ops::RangeInclusive<f64> = 150.0..=600.0;
/// Pixels of a drawn page: A2 at 300 dpi. Four bytes each are in memory, and as much again for each transparent
/// group. Larger sheets get fewer dots per inch.
const MOST_PIXELS: f64 = 36_000_000.0;
/// The longest side that the library draws, with room for rounding.
const LONGEST_SIDE: f64 = 65_000.0;
/// A sheet that would have fewer dots per inch than this is no page.
const FEWEST_DPI: f64 = 20.0;

/// Draws a page and tells its rows; `false` when a font or a picture of it could not be read. `picture` is the
/// resolution of the only picture on it, if that is all.
pub(super) fn tell(
    page: &Page<'_>,
    sheet: &Sheet,
    picture: Option<f64>,
    number: u32,
    teller: &mut Teller<'_>,
) -> Result<bool, Stopped> {
    let (width, height) = page.render_dimensions();
    let inches = |units: f32| f64::from(units) * sheet.unit / 72.0;
    let (across, down) = (inches(width), inches(height));
    let wanted = picture.map_or(USUAL_DPI, |dpi| dpi.clamp(*PICTURE_DPI.start(), *PICTURE_DPI.end()));
    let most = (MOST_PIXELS / (across * down)).sqrt().min(LONGEST_SIDE / across.max(down));
    let dpi = wanted.min(most).floor();
    if dpi.is_nan() || dpi < FEWEST_DPI {
        return Err(Refusal::TooLarge(Some(number), Limit::Pixels(MOST_PIXELS as u64)).into());
    }
    let pixels = |inches: f64| (inches * dpi).round().max(1.0);
    // The library rounds down; a little more keeps it from losing the last pixel.
    let scale = |inches: f64, units: f32| ((pixels(inches) + 0.01) / f64::from(units)) as f32;
    let settings = PixmapSettings { x_scale: scale(across, width), y_scale: scale(down, height), bg_color: WHITE };
    let missing = Arc::new(AtomicBool::new(false));
    let noted = missing.clone();
    let interpreting = InterpreterSettings {
        warning_sink: Arc::new(move |_| noted.store(true, Ordering::Relaxed)),
        ..InterpreterSettings::default()
    };
    // What it remembers of one page would stay for all: memory is to be flat over a thousand pages.
    let cache = RenderCache::new();
    let drawn = render(page, &cache, &interpreting, &RenderSettings::default(), &settings);
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let samples = drawn.data_as_u8_slice();
    let is_gray = samples.as_chunks::<4>().0.iter().all(|[red, green, blue, _]| red == green && green == blue);
    let kind = Kind::Rows(if is_gray { Pixels::Gray8 } else { Pixels::Rgb8 });
    let kept = if is_gray { 1 } else { 3 };
    let bytes = u64::from(width) * u64::from(height) * kept as u64;
    teller.tell(&Told::Begin { kind, width, height, dpi: dpi as u32, bytes, look: Look::default() })?;
    let mut row = Vec::new();
    for pixels in samples.chunks_exact(4 * width.max(1) as usize) {
        row.clear();
        row.extend(pixels.as_chunks::<4>().0.iter().flat_map(|pixel| &pixel[..kept]));
        teller.data(&row)?;
    }
    if dpi < wanted.min(USUAL_DPI) {
        teller.tell(&Told::Remark(Remark::DrawnCoarsely(number, dpi as u32)))?;
    }
    teller.tell(&Told::End)?;
    Ok(!missing.load(Ordering::Relaxed))
}
