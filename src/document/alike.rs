//! The same part of several pages: the same millimetres of paper, whatever resolution and size each of them has.

use std::collections::HashMap;

use crate::raster::PixelWindow;
use crate::units::{Area, Dpi};

use super::{Document, Edit, Page, PageId};

/// What leaving the same part of several pages comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The change.
    pub edit: Edit,
    /// Pages of which nothing lies in that part: they stay as they are.
    pub beside: Vec<PageId>,
    /// Pages that have no size yet: they stay as they are, too.
    pub arriving: Vec<PageId>,
}

impl Document {
    /// The change that leaves the same part of each of these pages, cropped and turned as it is seen now. What of the part
    /// lies beyond a page's edge is none of it.
    pub fn cropped_alike(&self, pages: &[PageId], part: Area) -> Alike {
        let there: HashMap<PageId, &Page> = self.pages().iter().map(|page| (page.id, page)).collect();
        let mut crops = Vec::new();
        let (mut beside, mut arriving) = (Vec::new(), Vec::new());
        for page in pages.iter().filter_map(|page| there.get(page)) {
            match (page.facts(), page.part_as_seen(part)) {
                (None, _) => arriving.push(page.id),
                (Some(_), None) => beside.push(page.id),
                (Some(_), Some(crop)) => crops.push((page.id, Some(crop))),
            }
        }
        Alike { edit: Edit::Crop(crops), beside, arriving }
    }

    /// Whether a part is less than a pixel of one of these pages in one direction: nothing could be left of it then.
    pub fn is_nothing(&self, part: Area, pages: &[PageId]) -> bool {
        let dpis = self.pages().iter().filter(|page| pages.contains(&page.id)).filter_map(|page| page.facts()?.sheet);
        dpis.into_iter().any(|sheet| part.width.pixels(sheet.dpi) == 0 || part.height.pixels(sheet.dpi) == 0)
    }

    /// The numbers of pages, as people count them, in order.
    pub fn numbers_of(&self, pages: &[PageId]) -> Vec<u32> {
        let numbered = self.pages().iter().zip(1..);
        numbered.filter(|(page, _)| pages.contains(&page.id)).map(|(_, number)| number).collect()
    }
}

impl Page {
    /// A part of the paper as it is seen, in pixels of the page as it came; `None` when nothing of the page lies in it.
    fn part_as_seen(&self, part: Area) -> Option<PixelWindow> {
        let facts = self.facts()?;
        let part = pixels_of(part, facts.sheet?.dpi);
        self.look.part_as_seen(part, (facts.width, facts.height))
    }
}

/// A part of the paper in pixels of this resolution, at least one.
fn pixels_of(part: Area, dpi: Dpi) -> PixelWindow {
    let [left, top, width, height] = [part.x, part.y, part.width, part.height].map(|length| length.pixels(dpi));
    PixelWindow { left, top, width: width.max(1), height: height.max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Length;

    #[test]
    fn a_part_is_the_same_millimetres_at_every_resolution() {
        let mm = Length::from_mm;
        let part = Area { x: mm(10), y: mm(20), width: mm(100), height: mm(50) };
        let at = |dpi| {
            let PixelWindow { left, top, width, height } = pixels_of(part, Dpi(dpi));
            [left, top, width, height]
        };
        assert_eq!(at(300), [118, 236, 1181, 591]);
        assert_eq!(at(600), [236, 472, 2362, 1181]);
        assert_eq!(at(1), [0, 1, 4, 2]);
        assert_eq!(pixels_of(Area::default(), Dpi(300)), PixelWindow { left: 0, top: 0, width: 1, height: 1 });
    }

    #[test]
    fn pixels_come_back_from_the_paper_as_they_were() {
        for dpi in [72, 75, 96, 100, 150, 200, 240, 300, 400, 600, 1200, 4800, 9600] {
            let length = |pixels| Length::from_pixels(pixels, Dpi(dpi));
            for part in [[0, 0, 1, 1], [1, 2, 3, 5], [997, 1, 13, 9973], [65_521, 3, 77, 31]] {
                let [left, top, width, height] = part;
                let area = Area { x: length(left), y: length(top), width: length(width), height: length(height) };
                assert_eq!(pixels_of(area, Dpi(dpi)), PixelWindow { left, top, width, height }, "{dpi} dpi");
            }
        }
    }
}
