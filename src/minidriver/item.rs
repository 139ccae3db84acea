//! The sources of a device and what each can do (reference, part 3 and 4.4).

use crate::raster::PixelFormat;
use crate::units::{Area, Dpi, Length};

use super::PageFormat;

/// A source of pages: a flatbed, a feeder. What it offers is data; there are no `has_x` calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// WIA's name: `Flatbed`, `Feeder`.
    pub name: String,
    /// Path from the root: `0000\Root\Feeder`.
    pub full_name: String,
    /// What it is.
    pub category: ItemCategory,
    /// Sizes it can scan, one side at a time.
    pub surface: Surface,
    /// What can be asked for together. Anything outside does not exist on this device (eSCL reference, 4.2).
    pub combinations: Vec<Combination>,
    /// Present on feeders.
    pub feeder: Option<Feeder>,
}

/// The category of an item (reference, part 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemCategory {
    /// The glass. If there is one it is the first item.
    Flatbed,
    /// The document feeder.
    Feeder,
}

/// The path of the root of every device's tree (reference, part 3).
pub const ROOT_PATH: &str = r"0000\Root";

impl ItemCategory {
    /// The name of the item of this category.
    pub const fn name(self) -> &'static str {
        match self {
            ItemCategory::Flatbed => "Flatbed",
            ItemCategory::Feeder => "Feeder",
        }
    }

    /// Its path from the root: `0000\Root\Feeder`.
    pub fn full_name(self) -> String {
        format!(r"{ROOT_PATH}\{}", self.name())
    }
}

/// The sizes a source accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surface {
    /// Smallest width that can be asked for.
    pub min_width: Length,
    /// Smallest height that can be asked for.
    pub min_height: Length,
    /// Largest width, offset included.
    pub max_width: Length,
    /// Largest height, offset included.
    pub max_height: Length,
    /// Where a narrower sheet lies.
    pub justification: Justification,
}

/// How much larger than the surface a paper may be and still count as fitting: devices round their
/// own size by up to a millimetre or two, and nobody misses that edge.
const PAPER_TOLERANCE: Length = Length::from_mm(2);

impl Surface {
    /// Whether a sheet of this width and height can be scanned.
    pub fn takes(&self, (width, height): (Length, Length)) -> bool {
        width <= self.max_width + PAPER_TOLERANCE && height <= self.max_height + PAPER_TOLERANCE
    }

    /// Where a sheet of this width and height lies, cut to what can be scanned.
    pub fn area_of_sheet(&self, (width, height): (Length, Length)) -> Area {
        let width = width.min(self.max_width);
        let height = height.min(self.max_height);
        let free = self.max_width - width;
        let x = match self.justification {
            Justification::Left => Length::ZERO,
            Justification::Center => free.half(),
            Justification::Right => free,
        };
        Area { x, ..Area::of_size(width, height) }
    }
}

/// Where a sheet narrower than the surface lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Justification {
    /// At the left edge; also when the device does not say.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right edge.
    Right,
}

/// One set of values that exist together: any resolution of it in this mode and this format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combination {
    /// Colour mode.
    pub mode: ColorMode,
    /// The kind of bytes the device then sends.
    pub format: OfferedFormat,
    /// Resolutions.
    pub resolutions: Resolutions,
}

/// A format a device can send, without the layout that is known only with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferedFormat {
    /// See [`PageFormat::Jpeg`].
    Jpeg,
    /// See [`PageFormat::Png`].
    Png,
    /// See [`PageFormat::Tiff`].
    Tiff,
    /// See [`PageFormat::Rows`].
    Rows,
}

/// What a pixel is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColorMode {
    /// One bit.
    LineArt,
    /// 8-bit gray.
    Gray,
    /// 16-bit gray.
    Gray16,
    /// 24-bit colour.
    Color,
    /// 48-bit colour.
    Color48,
}

impl ColorMode {
    /// The pixels a device sends raw in this mode.
    pub const fn pixels(self) -> PixelFormat {
        match self {
            ColorMode::LineArt => PixelFormat::Bw1,
            ColorMode::Gray => PixelFormat::Gray8,
            ColorMode::Gray16 => PixelFormat::Gray16,
            ColorMode::Color => PixelFormat::Rgb8,
            ColorMode::Color48 => PixelFormat::Rgb16,
        }
    }
}

/// The resolutions of a combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolutions {
    /// These and no others, ascending.
    List(Vec<Dpi>),
    /// From `min` to `max` in steps of `step`.
    Range {
        /// The smallest.
        min: Dpi,
        /// The largest.
        max: Dpi,
        /// The distance; never zero.
        step: Dpi,
    },
}

impl Resolutions {
    /// Whether a resolution is offered.
    pub fn contains(&self, dpi: Dpi) -> bool {
        match self {
            Resolutions::List(list) => list.contains(&dpi),
            Resolutions::Range { min, max, step } => {
                (*min..=*max).contains(&dpi) && (dpi.0 - min.0).is_multiple_of(step.0.max(1))
            }
        }
    }

    /// A short ascending list for a person to choose from: all values of a list, the usual ones of a range.
    pub fn choices(&self) -> Vec<Dpi> {
        const USUAL: [u32; 9] = [75, 100, 150, 200, 300, 400, 600, 1200, 2400];
        match self {
            Resolutions::List(list) => list.clone(),
            Resolutions::Range { min, max, .. } => {
                let mut found: Vec<Dpi> = USUAL.into_iter().map(Dpi).filter(|dpi| self.contains(*dpi)).collect();
                if found.is_empty() {
                    found.push(*min);
                    if max != min {
                        found.push(*max);
                    }
                }
                found
            }
        }
    }
}

/// What a feeder can do beyond scanning one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feeder {
    /// Present when both sides can be scanned; the surface and combinations of that way of scanning.
    pub duplex: Option<Duplex>,
    /// Sheets it holds; a hint, not a promise.
    pub capacity: Option<u32>,
    /// Whether it notices that paper lies in it.
    pub detects_paper: bool,
}

/// Scanning both sides, which may offer less than one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplex {
    /// Sizes.
    pub surface: Surface,
    /// What can be asked for together.
    pub combinations: Vec<Combination>,
}

impl OfferedFormat {
    /// The format of a page of this kind; for rows the layout that was asked for.
    pub fn of_page(self, mode: ColorMode, width: u32) -> PageFormat {
        match self {
            OfferedFormat::Jpeg => PageFormat::Jpeg,
            OfferedFormat::Png => PageFormat::Png,
            OfferedFormat::Tiff => PageFormat::Tiff,
            OfferedFormat::Rows => PageFormat::Rows(crate::raster::RowLayout::packed(width, mode.pixels())),
        }
    }
}
