//! What is known of a page before its first byte. The benchmarks use it, too.

use lightbar::minidriver::{PageFormat, PageInfo, Side};
use lightbar::units::{Area, Dpi, Length};

/// An A4 page from a feeder.
pub(crate) fn a4_page(format: PageFormat, dpi: u32) -> PageInfo {
    let area = Area::of_size(Length::from_mm(210), Length::from_mm(297));
    PageInfo {
        item: "Feeder".into(),
        full_name: r"0000\Root\Feeder".into(),
        number: 1,
        side: Side::Front,
        format,
        dpi: Dpi(dpi),
        area,
        expected_width: area.width.pixels(Dpi(dpi)),
        expected_rows: Some(area.height.pixels(Dpi(dpi))),
        expected_bytes: None,
    }
}
