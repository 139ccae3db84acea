//! What was done to a page, beside its place among the others. What came from the scanner stays as it
//! came: a page as it is shown and saved is a pure function of its file and its look.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::raster::{
    DecodeError, DecodeOptions, Decoded, EditedRows, PixelEdit, PixelWindow, RowLayout, RowSink, Tone, decode,
};

use super::damaged_jpeg::decode_damaged;
use super::{PageFacts, PageFile, PictureFacts, encoding_of};

/// Turns of a page, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub enum Rotation {
    /// As scanned.
    #[default]
    None,
    /// A quarter turn.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarter turns.
    ThreeQuarters,
}

impl Rotation {
    /// In degrees.
    pub const fn degrees(self) -> u16 {
        match self {
            Rotation::None => 0,
            Rotation::Quarter => 90,
            Rotation::Half => 180,
            Rotation::ThreeQuarters => 270,
        }
    }

    /// From degrees; `None` for what is no quarter turn.
    pub const fn from_degrees(degrees: u16) -> Option<Rotation> {
        match degrees {
            0 => Some(Rotation::None),
            90 => Some(Rotation::Quarter),
            180 => Some(Rotation::Half),
            270 => Some(Rotation::ThreeQuarters),
            _ => None,
        }
    }

    /// One turn after the other.
    #[must_use]
    pub const fn then(self, other: Rotation) -> Rotation {
        match (self.degrees() + other.degrees()) % 360 {
            90 => Rotation::Quarter,
            180 => Rotation::Half,
            270 => Rotation::ThreeQuarters,
            _ => Rotation::None,
        }
    }

    /// A part of a page that is turned so, named as it is seen, before it was turned. `size` is the size before.
    pub const fn unturned(self, part: PixelWindow, size: (u32, u32)) -> PixelWindow {
        let PixelWindow { left, top, width, height } = part;
        let (right, bottom) = (left.saturating_add(width), top.saturating_add(height));
        match self {
            Rotation::None => part,
            Rotation::Quarter => {
                PixelWindow { left: top, top: size.1.saturating_sub(right), width: height, height: width }
            }
            Rotation::Half => {
                PixelWindow { left: size.0.saturating_sub(right), top: size.1.saturating_sub(bottom), width, height }
            }
            Rotation::ThreeQuarters => {
                PixelWindow { left: size.0.saturating_sub(bottom), top: left, width: height, height: width }
            }
        }
    }

    /// Whether width and height change places.
    pub const fn lies(self) -> bool {
        matches!(self, Rotation::Quarter | Rotation::ThreeQuarters)
    }
}

impl From<Rotation> for u16 {
    fn from(rotation: Rotation) -> u16 {
        rotation.degrees()
    }
}

impl TryFrom<u16> for Rotation {
    type Error = &'static str;

    fn try_from(degrees: u16) -> Result<Rotation, &'static str> {
        Rotation::from_degrees(degrees).ok_or("not a number of quarter turns")
    }
}

/// What was done to a page: first a part of it, then its tone, then turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Look {
    /// How it is turned.
    pub rotation: Rotation,
    /// The part of it that is left, in pixels of the page as it came, unturned; `None`: all.
    pub crop: Option<PixelWindow>,
    /// Lighter or darker, or black and white.
    pub tone: Tone,
}

impl Look {
    /// Whether the pixels are those that came; it may be turned.
    pub fn keeps_pixels(&self) -> bool {
        self.crop.is_none() && self.tone.is_neutral()
    }

    /// The part that is left of a page of this size. A crop that lies beside the page is none.
    pub fn window(&self, width: u32, height: u32) -> PixelWindow {
        self.crop.and_then(|crop| crop.within(width, height)).unwrap_or(PixelWindow::all(width, height))
    }

    /// Pixels of a page of this size as it is seen, turned.
    pub fn size(&self, width: u32, height: u32) -> (u32, u32) {
        let window = self.window(width, height);
        if self.rotation.lies() { (window.height, window.width) } else { (window.width, window.height) }
    }

    /// A part of the page, named in pixels of the page as it is seen now, in pixels of the page as it came. For whoever
    /// points at the screen. `full` is the size of the page as it came. `None` when nothing of the page lies in it.
    pub fn part_as_seen(&self, part: PixelWindow, full: (u32, u32)) -> Option<PixelWindow> {
        let window = self.window(full.0, full.1);
        let seen = self.size(full.0, full.1);
        // What lies beyond the edge goes first: turned, it would push the rest aside.
        let part = self.rotation.unturned(part.within(seen.0, seen.1)?, (window.width, window.height));
        let left = window.left.saturating_add(part.left);
        Some(PixelWindow { left, top: window.top.saturating_add(part.top), ..part })
    }
}

/// Gives the rows of a page as it looks, all but turned, while they are decoded. `enough` as in
/// [`DecodeOptions`].
///
/// # Errors
/// [`DecodeError`]; the rows before it are good.
pub fn render(
    page: &PageFile,
    facts: &PageFacts,
    look: &Look,
    enough: Option<NonZeroU32>,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    let options = DecodeOptions { expected_rows: Some(facts.height), enough: enough.map(NonZeroU32::get) };
    if look.keeps_pixels() {
        return rows_of(page, facts, &options, sink);
    }
    rows_of(page, facts, &options, &mut EditedRows::new(look.pixel_edit(facts), sink))
}

fn rows_of(
    page: &PageFile,
    facts: &PageFacts,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<Decoded, DecodeError> {
    if facts.is_damaged_jpeg() {
        return decode_damaged(page, facts, options, sink);
    }
    decode(page.bytes(), encoding_of(page.head()), options, sink)
}

impl Look {
    fn pixel_edit(&self, facts: &PageFacts) -> PixelEdit {
        PixelEdit { full: (facts.width, facts.height), window: self.window(facts.width, facts.height), tone: self.tone }
    }

    /// The rows that [`render`] gives at full size; `None` when nothing can be decoded.
    pub fn layout(&self, facts: &PageFacts) -> Option<RowLayout> {
        let came = facts.layout()?;
        Some(if self.keeps_pixels() { came } else { self.pixel_edit(facts).layout(came.format) })
    }
}

impl PageFacts {
    /// The rows that decoding gives, without padding; `None` when nothing can be decoded.
    pub fn layout(&self) -> Option<RowLayout> {
        use crate::raster::PixelFormat;
        match self.picture {
            PictureFacts::Jpeg(jpeg) => {
                let format = match jpeg.frame.components {
                    1 => PixelFormat::Gray8,
                    3 => PixelFormat::Rgb8,
                    4 => PixelFormat::Cmyk8,
                    _ => return None,
                };
                Some(RowLayout::packed(self.width, format))
            }
            PictureFacts::Png(layout) | PictureFacts::Tiff(layout) | PictureFacts::Rows(layout) => {
                Some(RowLayout::packed(layout.width, layout.format))
            }
            PictureFacts::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_pointed_at_on_a_turned_page_is_the_same_part_of_the_page() {
        // A page of 100 × 60 of which the left half is left.
        let half = Look { crop: Some(PixelWindow { left: 0, top: 0, width: 50, height: 60 }), ..Look::default() };
        let cropped = |rotation, part| {
            let [left, top, width, height] = part;
            let part = PixelWindow { left, top, width, height };
            let crop = Look { rotation, ..half }.part_as_seen(part, (100, 60));
            crop.map(|crop| [crop.left, crop.top, crop.width, crop.height])
        };
        // Each time the upper left corner of what is seen, 10 wide and 20 high.
        assert_eq!(cropped(Rotation::None, [0, 0, 10, 20]), Some([0, 0, 10, 20]));
        assert_eq!(cropped(Rotation::Quarter, [0, 0, 10, 20]), Some([0, 50, 20, 10]), "its left end is below");
        assert_eq!(cropped(Rotation::Half, [0, 0, 10, 20]), Some([40, 40, 10, 20]));
        assert_eq!(cropped(Rotation::ThreeQuarters, [0, 0, 10, 20]), Some([30, 0, 20, 10]));
        assert_eq!(cropped(Rotation::None, [45, 0, 100, 20]), Some([45, 0, 5, 20]), "what was cut off stays so");
        assert_eq!(cropped(Rotation::Quarter, [50, 40, 20, 20]), Some([40, 0, 10, 10]), "its right end is above");
        assert_eq!(cropped(Rotation::Half, [45, 50, 100, 20]), Some([0, 0, 5, 10]));
        assert_eq!(cropped(Rotation::ThreeQuarters, [50, 40, 20, 20]), Some([0, 50, 10, 10]));
        assert_eq!(cropped(Rotation::None, [50, 0, 1, 1]), None, "beside what is left");
        assert_eq!(half.size(100, 60), (50, 60));
        assert_eq!(Look { rotation: Rotation::Quarter, ..half }.size(100, 60), (60, 50));
    }

    #[test]
    fn a_crop_beside_the_page_leaves_the_page() {
        let beside = Look { crop: Some(PixelWindow { left: 100, top: 0, width: 5, height: 5 }), ..Look::default() };
        assert_eq!(beside.window(100, 60), PixelWindow::all(100, 60));
    }
}
