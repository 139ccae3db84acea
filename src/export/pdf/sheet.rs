//! How large a page is on paper, and which part of it is seen.

use pdf_writer::Rect;

use crate::export::{ExportError, Impossible, ShownPage};
use crate::raster::PixelWindow;

/// Longest side of a page in units of 1/72 inch; longer pages have larger units.
const LONGEST_SIDE: f64 = 14_400.0;
/// Shortest side of an archive's page, in its units (ISO 19005-2, 6.1.13), and a little more.
const SHORTEST_SIDE: f64 = 3.01;

/// A page's size in its own units.
pub(super) struct Sheet {
    pub(super) width: f64,
    pub(super) height: f64,
    /// How many 1/72 inch such a unit is.
    pub(super) unit: f64,
    /// The part that is seen, unless that is all of it.
    pub(super) crop_box: Option<Rect>,
}

impl Sheet {
    /// Of a page whose picture is what its look leaves of it, and of which this part of what came is seen.
    pub(super) fn of(shown: &ShownPage, seen: PixelWindow, archive: bool) -> Result<Sheet, ExportError> {
        let picture = shown.window();
        let points = |pixels: u32| f64::from(pixels) * 72.0 / shown.dpi;
        let (width, height) = (points(picture.width), points(picture.height));
        let mut unit = (width.max(height) / LONGEST_SIDE).ceil().max(1.0);
        let shortest = points(seen.width.min(seen.height).min(picture.width).min(picture.height));
        if archive && shortest / unit < SHORTEST_SIDE {
            unit = shortest / SHORTEST_SIDE;
            if width.max(height) / unit > LONGEST_SIDE {
                return Err(ExportError::Impossible(Impossible::NoArchivePage(shown.page)));
            }
        }
        // Two decimals are 1/7200 inch; the same rounding as in the drawing.
        let rounded = |points: f64| ((points / unit) * 100.0).round().max(1.0) / 100.0;
        let (width, height) = (rounded(width), rounded(height));
        let crop_box = part_of(picture, seen).map(|part| {
            // From the left, and from below: so does PDF count.
            let across = |pixels: u32| (f64::from(pixels) / f64::from(picture.width) * width) as f32;
            let up = |pixels: u32| (f64::from(picture.height - pixels) / f64::from(picture.height) * height) as f32;
            Rect::new(across(part.left), up(part.top + part.height), across(part.left + part.width), up(part.top))
        });
        Ok(Sheet { width, height, unit, crop_box })
    }

    pub(super) fn media_box(&self) -> Rect {
        Rect::new(0.0, 0.0, self.width as f32, self.height as f32)
    }
}

/// The part of a picture that is seen, both named in what came; `None` when that is all of it.
fn part_of(picture: PixelWindow, seen: PixelWindow) -> Option<PixelWindow> {
    let (left, top) = (seen.left.saturating_sub(picture.left), seen.top.saturating_sub(picture.top));
    let part = PixelWindow { left, top, ..seen }.within(picture.width, picture.height)?;
    (part != PixelWindow::all(picture.width, picture.height)).then_some(part)
}
