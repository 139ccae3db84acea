//! Quantities with their units: no bare number in this program carries one.
//!
//! This module deals with numbers alone and knows nothing of scanners.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Resolution in dots per inch, the same in both directions unless two values are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dpi(pub u32);

impl fmt::Display for Dpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dpi", self.0)
    }
}

/// A length on paper.
///
/// Held in 1/762000 inch, the coarsest step in which 1/300 inch (eSCL), 1/1000 inch (WIA) and one
/// micrometre (paper sizes) are all whole numbers, so that none of them is rounded on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(i64);

impl Length {
    /// Nothing.
    pub const ZERO: Length = Length(0);
    const PER_INCH: i64 = 762_000;

    /// From micrometres (1/1000 mm).
    pub const fn from_micrometres(value: i64) -> Length {
        Length(value * 30)
    }

    /// From millimetres.
    pub const fn from_mm(value: i64) -> Length {
        Length::from_micrometres(value * 1000)
    }

    /// From 1/300 inch, the unit of eSCL (reference, head).
    pub const fn from_three_hundredths(value: i64) -> Length {
        Length(value * (Length::PER_INCH / 300))
    }

    /// From 1/1000 inch, the unit of WIA properties (reference, 4.3).
    pub const fn from_thousandths(value: i64) -> Length {
        Length(value * (Length::PER_INCH / 1000))
    }

    /// From a number of pixels at a resolution. Zero for a resolution of zero.
    pub fn from_pixels(pixels: u32, dpi: Dpi) -> Length {
        if dpi.0 == 0 {
            return Length::ZERO;
        }
        Length(i64::from(pixels) * Length::PER_INCH / i64::from(dpi.0))
    }

    /// Half of it.
    pub const fn half(self) -> Length {
        Length(self.0 / 2)
    }

    /// In millimetres.
    pub fn mm(self) -> f64 {
        self.0 as f64 / 30_000.0
    }

    /// In inches.
    pub fn inches(self) -> f64 {
        self.0 as f64 / Length::PER_INCH as f64
    }

    /// In points of 1/72 inch, the unit of PDF.
    pub fn points(self) -> f64 {
        self.inches() * 72.0
    }

    /// In 1/300 inch, rounded to the nearest.
    pub fn three_hundredths(self) -> i64 {
        let step = Length::PER_INCH / 300;
        (self.0 + step / 2).div_euclid(step)
    }

    /// In pixels at a resolution, rounded to the nearest; never negative.
    pub fn pixels(self, dpi: Dpi) -> u32 {
        let product = i128::from(self.0) * i128::from(dpi.0);
        let per_inch = i128::from(Length::PER_INCH);
        ((product + per_inch / 2) / per_inch).clamp(0, i128::from(u32::MAX)) as u32
    }
}

impl std::ops::Add for Length {
    type Output = Length;
    fn add(self, other: Length) -> Length {
        Length(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Length {
    type Output = Length;
    fn sub(self, other: Length) -> Length {
        Length(self.0.saturating_sub(other.0))
    }
}

/// A rectangle on the scanning surface, from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Area {
    /// Distance from the left edge of the surface.
    pub x: Length,
    /// Distance from the top edge of the surface.
    pub y: Length,
    /// Width of the rectangle.
    pub width: Length,
    /// Height of the rectangle.
    pub height: Length,
}

impl Area {
    /// The rectangle of a size at the surface's origin.
    pub const fn of_size(width: Length, height: Length) -> Area {
        Area { x: Length::ZERO, y: Length::ZERO, width, height }
    }
}

/// A share of a page, 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// Nothing yet.
    pub const ZERO: Percent = Percent(0);
    /// Everything (R33: only when all bytes of the page are written).
    pub const DONE: Percent = Percent(100);

    /// A value; anything above 100 becomes 100.
    pub const fn new(value: u8) -> Percent {
        Percent(if value > 100 { 100 } else { value })
    }

    /// `part` of `whole`, held at 99 or below: only the end of a page says 100 (reference, 8.3).
    pub fn before_the_end(part: u64, whole: u64) -> Percent {
        if whole == 0 {
            return Percent::ZERO;
        }
        Percent((u128::from(part) * 100 / u128::from(whole)).min(99) as u8)
    }

    /// The number, 0 to 100.
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// A moment of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
}

impl Date {
    /// From seconds since 1970, by the clock of this place.
    pub fn here(seconds: u64) -> Date {
        let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let moment = moment.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::system()).datetime();
        Date {
            year: moment.year().unsigned_abs(),
            month: moment.month().unsigned_abs(),
            day: moment.day().unsigned_abs(),
            hour: moment.hour().unsigned_abs(),
            minute: moment.minute().unsigned_abs(),
            second: moment.second().unsigned_abs(),
        }
    }

    /// The day: `2026-11-21`.
    pub fn day(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// In UTC, from seconds since 1970, held below the year 10000.
    pub fn from_unix(seconds: u64) -> Date {
        const LAST: u64 = 253_402_300_799;
        let seconds = seconds.min(LAST);
        let (days, time) = (seconds / 86_400, seconds % 86_400);
        // Years begin in March here, so that the odd day is a year's last; 719468 days lie between
        // 1 March of the year 0 and 1970.
        let day = days + 719_468;
        let era = day / 146_097;
        let of_era = day % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Date {
            year: (era * 400 + year_of_era + u64::from(month <= 2)) as u16,
            month: month as u8,
            day: (of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (time / 3600) as u8,
            minute: (time / 60 % 60) as u8,
            second: (time % 60) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_the_protocols_are_exact() {
        assert_eq!(Length::from_three_hundredths(2480).pixels(Dpi(300)), 2480);
        assert_eq!(Length::from_three_hundredths(2480).three_hundredths(), 2480);
        assert_eq!(Length::from_thousandths(8500).pixels(Dpi(200)), 1700);
        assert_eq!(Length::from_mm(210).three_hundredths(), 2480);
        assert_eq!(Length::from_mm(297).pixels(Dpi(300)), 3508);
    }

    #[test]
    fn dates_follow_the_calendar() {
        let parts = |seconds| {
            let date = Date::from_unix(seconds);
            (date.year, date.month, date.day, date.hour, date.minute, date.second)
        };
        assert_eq!(parts(0), (1970, 1, 1, 0, 0, 0));
        assert_eq!(parts(951_827_696), (2000, 2, 29, 12, 34, 56));
        assert_eq!(parts(1_798_761_599), (2026, 12, 31, 23, 59, 59));
        assert_eq!(parts(u64::MAX), (9999, 12, 31, 23, 59, 59));
    }

    #[test]
    fn percent_reaches_one_hundred_only_at_the_end() {
        assert_eq!(Percent::before_the_end(5, 5).value(), 99);
        assert_eq!(Percent::before_the_end(1, 0), Percent::ZERO);
        assert_eq!(Percent::new(200), Percent::DONE);
    }
}
