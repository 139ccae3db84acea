//! How large a page is on paper, from the pixels that came.

use crate::document::{PageFacts, PageHead};
use crate::units::Dpi;

use super::ShownPage;

/// Resolution when nothing at all is known.
const UNKNOWN: f64 = 300.0;
/// The width that came may differ from the width asked for by this much before the resolution asked
/// for is doubted: devices round to bytes, MCUs and their own steps.
const TOLERANCE: f64 = 0.15;
/// Resolutions that devices have. A doubted resolution becomes the nearest of them when it is near one.
const USUAL: [f64; 11] = [75.0, 100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0, 1200.0, 2400.0, 4800.0];

/// Pixels per inch of what came. A device may deliver another resolution than the one asked for: the
/// width in pixels over the width asked for then says which.
pub fn dots_per_inch(facts: &PageFacts, head: &PageHead) -> f64 {
    let asked = f64::from(head.info.dpi.0);
    let inches = head.info.area.width.inches();
    if inches <= 0.0 || facts.width == 0 {
        return if head.info.dpi.0 == 0 { UNKNOWN } else { asked };
    }
    let came = f64::from(facts.width) / inches;
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

/// The same as a whole number, for formats that hold one.
pub(super) fn whole_dpi(page: &ShownPage) -> Dpi {
    Dpi(page.dpi.round().clamp(1.0, f64::from(u16::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentId, Origin, PageId, PictureFacts};
    use crate::minidriver::{PageFormat, PageInfo, Side};
    use crate::units::{Area, Length};

    fn dpi_of(asked: u32, width: u32, millimetres: i64) -> f64 {
        let info = PageInfo {
            item: "Flatbed".into(),
            full_name: r"0000\Root\Flatbed".into(),
            number: 1,
            side: Side::Front,
            format: PageFormat::Jpeg,
            dpi: Dpi(asked),
            area: Area::of_size(Length::from_mm(millimetres), Length::from_mm(297)),
            expected_width: 0,
            expected_rows: None,
            expected_bytes: None,
        };
        let document = DocumentId::new("x").expect("a valid id");
        let head = PageHead { page: PageId(1), document, origin: Origin::default(), info };
        let picture = PictureFacts::Unknown;
        let facts = PageFacts { width, height: 1, complete: true, bytes: 1, picture, damaged: None, blank: 0, mark: 0 };
        dots_per_inch(&facts, &head)
    }

    #[test]
    fn the_resolution_asked_for_holds_unless_the_width_tells_of_another() {
        assert_eq!(dpi_of(300, 2480, 210), 300.0);
        assert_eq!(dpi_of(300, 2496, 210), 300.0);
        assert_eq!(dpi_of(300, 1240, 210), 150.0);
        assert_eq!(dpi_of(150, 2480, 210), 300.0);
        assert_eq!(dpi_of(0, 2480, 210), 300.0);
        assert_eq!(dpi_of(300, 1100, 210), 300.0, "a narrow sheet, not another resolution");
        assert_eq!(dpi_of(0, 0, 0), 300.0);
    }
}
