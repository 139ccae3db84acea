//! Papers and rectangles: sizes that are physical, and the pixels they are told in.

use super::super::Surface;
use super::{Orientation, PropertyType, Value};
use crate::units::{Area, Dpi, Length};

/// A size of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageSize {
    /// 210 × 297 mm.
    A4,
    /// 8.5 × 11 inches.
    Letter,
    /// Whatever the extents say.
    Custom,
    /// 8.5 × 14 inches.
    Legal,
}

impl PageSize {
    /// The sizes with a name.
    pub const NAMED: [PageSize; 3] = [PageSize::A4, PageSize::Letter, PageSize::Legal];

    /// WIA's number.
    pub const fn number(self) -> i32 {
        match self {
            PageSize::A4 => 0,
            PageSize::Letter => 1,
            PageSize::Custom => 2,
            PageSize::Legal => 3,
        }
    }

    /// Width and height of an upright sheet; `None` for a custom one.
    pub const fn size(self) -> Option<(Length, Length)> {
        match self {
            PageSize::A4 => Some((Length::from_mm(210), Length::from_mm(297))),
            PageSize::Letter => Some((Length::from_thousandths(8500), Length::from_thousandths(11_000))),
            PageSize::Legal => Some((Length::from_thousandths(8500), Length::from_thousandths(14_000))),
            PageSize::Custom => None,
        }
    }

    /// Width and height of an upright sheet in thousandths of an inch, as the headers have them: cut, not rounded.
    pub const fn thousandths(self) -> Option<(i32, i32)> {
        match self {
            PageSize::A4 => Some((8267, 11_692)),
            PageSize::Letter => Some((8500, 11_000)),
            PageSize::Legal => Some((8500, 14_000)),
            PageSize::Custom => None,
        }
    }

    /// The same, as the sheet lies.
    pub fn size_lying(self, orientation: Orientation) -> Option<(Length, Length)> {
        let (width, height) = self.size()?;
        Some(if orientation.is_sideways() { (height, width) } else { (width, height) })
    }

    /// Whether the sheet, as it lies, fits a surface.
    pub fn fits(self, surface: &Surface, orientation: Orientation) -> bool {
        self.size_lying(orientation).is_none_or(|sheet| surface.takes(sheet))
    }
}

impl PropertyType for PageSize {
    fn to_value(&self) -> Value {
        Value::Number(self.number())
    }

    fn from_value(value: &Value) -> Option<PageSize> {
        [PageSize::A4, PageSize::Letter, PageSize::Custom, PageSize::Legal]
            .into_iter()
            .find(|size| size.to_value() == *value)
    }
}

/// The same rectangle, moved and cut to lie on a surface and to be no smaller than it allows.
pub(super) fn clipped(area: Area, surface: &Surface) -> Area {
    let fit = |start: Length, size: Length, min: Length, max: Length| {
        let size = size.max(min).min(max);
        (start.max(Length::ZERO).min(max - size), size)
    };
    let (x, width) = fit(area.x, area.width, surface.min_width, surface.max_width);
    let (y, height) = fit(area.y, area.height, surface.min_height, surface.max_height);
    Area { x, y, width, height }
}

/// A length in pixels, as properties have it.
pub(super) fn pixels(length: Length, dpi: Dpi) -> i32 {
    i32::try_from(length.pixels(dpi)).unwrap_or(i32::MAX)
}

/// A length in thousandths of an inch, as properties have it.
pub(super) fn thousandths(length: Length) -> i32 {
    (length.inches() * 1000.0).round() as i32
}
