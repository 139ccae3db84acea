//! How large a page is on paper.

use crate::units::Dpi;

use super::ShownPage;

/// Pixels per inch as a whole number, for formats that hold one.
pub(super) fn whole_dpi(page: &ShownPage) -> Dpi {
    Dpi(page.dpi.round().clamp(1.0, f64::from(u16::MAX)) as u32)
}
