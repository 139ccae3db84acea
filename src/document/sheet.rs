//! The paper that a page is a picture of: how large its pixels are, and how long it was to be.

use serde::{Deserialize, Serialize};

use crate::units::Dpi;

use super::PageHead;

/// Resolution when nothing at all is known.
const UNKNOWN: f64 = 300.0;
/// The width that came may differ from the width asked for by this much before the resolution asked
/// for is doubted: devices round to bytes, MCUs and their own steps.
const TOLERANCE: f64 = 0.15;
/// Resolutions that devices have. A doubted resolution becomes the nearest of them when it is near one.
const USUAL: [f64; 11] = [75.0, 100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0, 1200.0, 2400.0, 4800.0];

/// The paper of a page, as far as its head and the width that came tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Pixels per inch of what came.
    pub dpi: Dpi,
    /// Rows that the page was to have at that resolution: one that broke off has fewer.
    pub rows: u32,
}

impl Sheet {
    /// The sheet of a page that came with this many pixels in a row.
    pub(super) fn of(head: &PageHead, width: u32) -> Sheet {
        let dpi = Dpi(dots_per_inch(width, head).round().max(1.0) as u32);
        let (rows, asked) = (head.info.likely_rows(), head.info.dpi);
        let rows = match asked {
            Dpi(0) => rows,
            Dpi(asked) => u32::try_from(u64::from(rows) * u64::from(dpi.0) / u64::from(asked)).unwrap_or(u32::MAX),
        };
        Sheet { dpi, rows }
    }
}

/// Pixels per inch of what came with this width. A device may deliver another resolution than the one asked for: the
/// width in pixels over the width asked for then says which.
pub fn dots_per_inch(width: u32, head: &PageHead) -> f64 {
    let asked = f64::from(head.info.dpi.0);
    let inches = head.info.area.width.inches();
    if inches <= 0.0 || width == 0 {
        return if head.info.dpi.0 == 0 { UNKNOWN } else { asked };
    }
    let came = f64::from(width) / inches;
    if asked > 0.0 && (came / asked - 1.0).abs() <= TOLERANCE {
        return asked;
    }
    let nearest = USUAL.into_iter().min_by(|a, b| (a - came).abs().total_cmp(&(b - came).abs()));
    match nearest {
        // A sheet narrower than the area asked for: only a usual resolution is believed.
        Some(usual) if (came / usual - 1.0).abs() <= 0.03 => usual,
        _ if asked > 0.0 => asked,
        _ => came,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentId, Origin, PageId};
    use crate::minidriver::{PageFormat, PageInfo, Side};
    use crate::units::{Area, Length};

    fn head(asked: u32, millimetres: i64, expected_rows: Option<u32>) -> PageHead {
        let info = PageInfo {
            item: "Flatbed".into(),
            full_name: r"0000\Root\Flatbed".into(),
            number: 1,
            side: Side::Front,
            format: PageFormat::Jpeg,
            dpi: Dpi(asked),
            area: Area::of_size(Length::from_mm(millimetres), Length::from_mm(297)),
            expected_width: 0,
            expected_rows,
            expected_bytes: None,
        };
        let document = DocumentId::new("x").expect("a valid id");
        PageHead { page: PageId(1), document, origin: Origin::default(), info }
    }

    #[test]
    fn the_resolution_asked_for_holds_unless_the_width_tells_of_another() {
        let dpi_of = |asked, width, millimetres| dots_per_inch(width, &head(asked, millimetres, None));
        assert_eq!(dpi_of(300, 2480, 210), 300.0);
        assert_eq!(dpi_of(300, 2496, 210), 300.0);
        assert_eq!(dpi_of(300, 1240, 210), 150.0);
        assert_eq!(dpi_of(150, 2480, 210), 300.0);
        assert_eq!(dpi_of(0, 2480, 210), 300.0);
        assert_eq!(dpi_of(300, 1100, 210), 300.0, "a narrow sheet, not another resolution");
        assert_eq!(dpi_of(0, 0, 0), 300.0);
    }

    #[test]
    fn a_sheet_is_as_long_as_it_was_to_be_at_the_resolution_that_came() {
        let rows = |asked, width, expected| Sheet::of(&head(asked, 210, expected), width);
        assert_eq!(rows(300, 2480, Some(3508)), Sheet { dpi: Dpi(300), rows: 3508 });
        assert_eq!(rows(300, 1240, Some(3508)), Sheet { dpi: Dpi(150), rows: 1754 });
        assert_eq!(rows(300, 2480, None), Sheet { dpi: Dpi(300), rows: 3508 }, "those of the area asked for");
        assert_eq!(rows(0, 2480, Some(3508)), Sheet { dpi: Dpi(300), rows: 3508 });
        assert_eq!(rows(75, 0, Some(u32::MAX)), Sheet { dpi: Dpi(75), rows: u32::MAX });
    }
}
