//! Sizes of paper, as people name them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::minidriver::property::PageSize;
use crate::units::Length;

/// A size of paper. Its text is `a4`, `a5`, `letter`, `legal`, or width x height like `100x150mm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 148 × 210 mm.
    A5,
    /// 8.5 × 11 inches.
    Letter,
    /// 8.5 × 14 inches.
    Legal,
    /// Any other.
    Custom {
        /// Width.
        width: Length,
        /// Height.
        height: Length,
    },
}

/// The smallest and the largest side that can be asked for, in millimetres.
const SIDE_MM: RangeInclusive<f64> = 5.0..=6000.0;

impl Paper {
    /// The sizes with a name.
    pub const NAMED: [Paper; 4] = [Paper::A4, Paper::A5, Paper::Letter, Paper::Legal];

    /// Width and height.
    pub const fn size(self) -> (Length, Length) {
        match self {
            Paper::A4 => (Length::from_mm(210), Length::from_mm(297)),
            Paper::A5 => (Length::from_mm(148), Length::from_mm(210)),
            Paper::Letter => (Length::from_thousandths(8500), Length::from_thousandths(11_000)),
            Paper::Legal => (Length::from_thousandths(8500), Length::from_thousandths(14_000)),
            Paper::Custom { width, height } => (width, height),
        }
    }

    /// The property's value for a paper that has one.
    pub(super) const fn named(self) -> Option<PageSize> {
        match self {
            Paper::A4 => Some(PageSize::A4),
            Paper::Letter => Some(PageSize::Letter),
            Paper::Legal => Some(PageSize::Legal),
            Paper::A5 | Paper::Custom { .. } => None,
        }
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Paper::A4 => f.write_str("a4"),
            Paper::A5 => f.write_str("a5"),
            Paper::Letter => f.write_str("letter"),
            Paper::Legal => f.write_str("legal"),
            Paper::Custom { width, height } => write!(f, "{}x{}mm", width.mm(), height.mm()),
        }
    }
}

/// Why a text is no size of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPaper {
    /// It is neither a name nor two sides.
    #[error("allowed are a4, a5, letter, legal, or width x height in millimetres like 100x150mm")]
    Unknown,
    /// A side that no paper has.
    #[error("a side is {} to {} mm long", SIDE_MM.start(), SIDE_MM.end())]
    Side,
}

impl FromStr for Paper {
    type Err = MalformedPaper;

    fn from_str(text: &str) -> Result<Paper, MalformedPaper> {
        let lower = text.to_ascii_lowercase();
        if let Some(named) = Paper::NAMED.into_iter().find(|paper| paper.to_string() == lower) {
            return Ok(named);
        }
        let sides = lower.strip_suffix("mm").unwrap_or(&lower);
        let (width, height) = sides.split_once('x').ok_or(MalformedPaper::Unknown)?;
        Ok(Paper::Custom { width: side(width)?, height: side(height)? })
    }
}

fn side(text: &str) -> Result<Length, MalformedPaper> {
    let mm: f64 = text.trim().parse().map_err(|_| MalformedPaper::Unknown)?;
    if !SIDE_MM.contains(&mm) {
        return Err(MalformedPaper::Side);
    }
    Ok(Length::from_micrometres((mm * 1000.0).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paper_is_read_as_it_is_written_and_refused_with_what_is_allowed() {
        assert_eq!("Letter".parse(), Ok(Paper::Letter));
        let custom: Paper = "100x150.5mm".parse().unwrap();
        assert_eq!(custom.size(), (Length::from_mm(100), Length::from_micrometres(150_500)));
        for paper in Paper::NAMED.into_iter().chain([custom]) {
            assert_eq!(paper.to_string().parse(), Ok(paper));
        }
        for bad in ["", "a9", "10", "x", "-5x10mm", "0x10mm", "nanx10", "infx10mm", "1e9x10mm"] {
            assert!(bad.parse::<Paper>().is_err(), "{bad:?} was accepted");
        }
    }
}
