//! What of a document a saved file has, and what would be in none if the document were gone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::pages::Page;
use super::{Look, PageId};

/// A document as a file has it: which pages, in which order, with what done to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition(Vec<(PageId, Look)>);

/// What of a document no saved file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unsaved {
    /// The file saved last has all of it; or there is no page.
    #[default]
    Nothing,
    /// So many pages are not in the file saved last, those that are still arriving among them.
    Pages(u32),
    /// All pages are in it, but since then some were turned, moved or taken out.
    Changes,
}

impl Edition {
    /// What a file saved now would have: the pages that have ended.
    pub(super) fn of(pages: &[Page]) -> Edition {
        let mut edition = Vec::with_capacity(pages.len());
        edition.extend(pages.iter().filter(|page| page.facts().is_some()).map(|page| (page.id, page.look)));
        Edition(edition)
    }

    /// What this file does not have of these pages.
    pub(super) fn lacks(&self, pages: &[Page]) -> Unsaved {
        let has: BTreeSet<PageId> = self.0.iter().map(|(id, _)| *id).collect();
        let missing = pages.iter().filter(|page| page.facts().is_none() || !has.contains(&page.id)).count();
        if missing > 0 {
            Unsaved::Pages(u32::try_from(missing).unwrap_or(u32::MAX))
        } else if pages.is_empty() || *self == Edition::of(pages) {
            Unsaved::Nothing
        } else {
            Unsaved::Changes
        }
    }
}
