//! Pages that a person left out of the job under way, or else of the last one.

use std::collections::BTreeMap;

use crate::document::{Page, PageId};

/// Numbers of pages in the device's job; for one that was deleted while it arrived, which it is: taken back, it is
/// left out no more.
#[derive(Default)]
pub(super) struct LeftOut(BTreeMap<u32, Option<PageId>>);

impl LeftOut {
    /// The device delivered a page that nobody wanted.
    pub(super) fn skipped(&mut self, number: u32) {
        self.0.insert(number, None);
    }

    /// A page was deleted while it arrived.
    pub(super) fn deleted(&mut self, number: u32, page: PageId) {
        self.0.insert(number, Some(page));
    }

    /// The numbers of those that are not in the document, in order.
    pub(super) fn shown(&self, document: &[Page]) -> Vec<u32> {
        let there = |id: PageId| document.iter().any(|page| page.id == id);
        self.0.iter().filter(|(_, page)| !page.is_some_and(there)).map(|(number, _)| *number).collect()
    }
}
