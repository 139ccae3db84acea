//! What a card says: where it can be known, which pages and which document are meant.

use crate::document::{PageId, Trouble};
use crate::session::{Matter, Notice, PageState, Snapshot};
use crate::text::documents::of_a_page;
use crate::text::errors::Sentences;
use crate::text::library::list_trouble;
use crate::text::lost_pages::{is_alike, lost_pages};
use crate::text::notices::{Tone, notice};

/// A card in words.
pub(super) struct Told {
    pub(super) tone: Tone,
    pub(super) sentences: Sentences,
    /// The notices that it tells of: they are put away together.
    pub(super) numbers: Vec<u64>,
}

impl Told {
    /// What is said of a notice, and of those that say the same of other pages.
    pub(super) fn of(told: &Notice, shown: &Snapshot) -> Told {
        let (tone, sentences) = notice(&told.matter);
        let plain = Told { tone, sentences, numbers: vec![told.number] };
        match &told.matter {
            Matter::Document(trouble) => {
                let shelf = shown.library.clone().unwrap_or_default();
                Told { sentences: list_trouble(trouble, &shelf), ..plain }
            }
            Matter::Recovered(trouble) => {
                let pages = numbers_of(trouble, shown);
                match lost_pages(trouble, &pages) {
                    Some(sentences) => Told { sentences, numbers: alike(trouble, shown), ..plain },
                    None => plain,
                }
            }
            _ => plain,
        }
    }
}

/// The notices of the same trouble.
fn alike(trouble: &Trouble, shown: &Snapshot) -> Vec<u64> {
    let is_alike = |told: &&Notice| matches!(&told.matter, Matter::Recovered(other) if is_alike(trouble, other));
    shown.notices.iter().filter(is_alike).map(|told| told.number).collect()
}

/// The numbers of the pages that are in the same trouble, in order. Not every damaged page has a notice of its own.
fn numbers_of(trouble: &Trouble, shown: &Snapshot) -> Vec<u32> {
    let told = |same: bool| -> Vec<PageId> {
        let of = shown.notices.iter().filter_map(|told| match &told.matter {
            Matter::Recovered(other) if is_alike(trouble, other) == same => of_a_page(other).map(|(page, _)| page),
            _ => None,
        });
        of.collect()
    };
    let (these, others) = (told(true), told(false));
    let is_damaged = matches!(trouble, Trouble::PageDamaged(..));
    let numbered = shown.pages.iter().zip(1..);
    let meant = numbered.filter(|(page, _)| {
        let is_in = |pages: &[PageId]| pages.contains(&page.id) || pages.contains(&page.face.file);
        is_in(&these) || (is_damaged && matches!(page.state, PageState::Damaged { .. }) && !is_in(&others))
    });
    meant.map(|(_, number)| number).collect()
}
