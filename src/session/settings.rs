//! Scan settings as a person thinks of them, and their translation into a driver's job.

use crate::minidriver::ColorMode;
use crate::units::{Dpi, Length};

/// Settings that do not depend on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanSettings {
    /// Colour mode.
    pub mode: ColorMode,
    /// Resolution.
    pub dpi: Dpi,
    /// Size of the paper.
    pub paper: Paper,
}

/// A size of paper.
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
