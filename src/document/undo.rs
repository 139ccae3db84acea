//! The way back from one edit, as a value that outlives the program.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::edits::{put_aside, take};
use super::pages::Page;
use super::{Look, PageId};

/// The way back from one edit. Written into the document's history, see [`super::Edit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Undo {
    /// Put these aside again.
    Remove(Vec<PageId>),
    /// Put these where they were; in the order in which they were there.
    Place(Vec<Placed>),
    /// Let these look as they did.
    Look(Vec<(PageId, Look)>),
    /// Both, in this order.
    Both(Box<Undo>, Box<Undo>),
}

/// Where a page was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Placed {
    pub(super) page: PageId,
    /// The page before it.
    after: Option<PageId>,
    /// Its number, for when that one is not there.
    index: usize,
}

impl Placed {
    pub(super) fn of(pages: &[Page], index: usize) -> Placed {
        let after = index.checked_sub(1).map(|before| pages[before].id);
        Placed { page: pages[index].id, after, index }
    }
}

impl Undo {
    pub(super) fn apply(&self, pages: &mut Vec<Page>, aside: &mut Vec<Page>) {
        match self {
            Undo::Remove(which) => {
                put_aside(pages, aside, which);
            }
            Undo::Place(places) => put_back(pages, aside, places),
            Undo::Look(looks) => {
                let looks: HashMap<PageId, Look> = looks.iter().copied().collect();
                for page in pages.iter_mut().chain(aside) {
                    if let Some(look) = looks.get(&page.id) {
                        page.look = *look;
                    }
                }
            }
            Undo::Both(first, second) => {
                first.apply(pages, aside);
                second.apply(pages, aside);
            }
        }
    }

    /// Every page that it names.
    pub(super) fn pages(&self) -> Vec<PageId> {
        match self {
            Undo::Remove(which) => which.clone(),
            Undo::Place(places) => places.iter().map(|place| place.page).collect(),
            Undo::Look(looks) => looks.iter().map(|(page, _)| *page).collect(),
            Undo::Both(first, second) => [first.pages(), second.pages()].concat(),
        }
    }
}

/// Puts pages where they were: each behind the one that was before it, whatever came there meanwhile.
fn put_back(pages: &mut Vec<Page>, aside: &mut Vec<Page>, places: &[Placed]) {
    let which: Vec<PageId> = places.iter().map(|place| place.page).collect();
    let mut back = take(aside, &which);
    back.extend(take(pages, &which));
    let mut back: HashMap<PageId, Page> = back.into_iter().map(|page| (page.id, page)).collect();
    let mut behind: HashMap<Option<PageId>, Vec<&Placed>> = HashMap::new();
    for place in places {
        behind.entry(place.after).or_default().push(place);
    }
    let mut out = Vec::with_capacity(pages.len() + back.len());
    follow(None, &mut behind, &mut back, &mut out);
    for page in pages.drain(..) {
        let id = page.id;
        out.push(page);
        follow(Some(id), &mut behind, &mut back, &mut out);
    }
    // The page before it is not there: its number has to do.
    for place in places {
        if let Some(page) = back.remove(&place.page) {
            let at = place.index.min(out.len());
            let mut run = vec![page];
            follow(Some(place.page), &mut behind, &mut back, &mut run);
            out.splice(at..at, run);
        }
    }
    *pages = out;
}

/// Appends what was behind a page, and what was behind that.
fn follow(
    page: Option<PageId>,
    behind: &mut HashMap<Option<PageId>, Vec<&Placed>>,
    back: &mut HashMap<PageId, Page>,
    out: &mut Vec<Page>,
) {
    let mut waiting: Vec<&Placed> = behind.remove(&page).unwrap_or_default();
    waiting.reverse();
    while let Some(place) = waiting.pop() {
        if let Some(page) = back.remove(&place.page) {
            out.push(page);
            waiting.extend(behind.remove(&Some(place.page)).unwrap_or_default().into_iter().rev());
        }
    }
}
