//! Changes to a document as values. Pages are named, never counted: a change stays right when
//! pages arrive between making it and taking it back.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::raster::{PixelWindow, Tone};

use super::pages::{Page, PageStage};
use super::undo::{Placed, Undo};
use super::{Look, PageId, Rotation};

/// A change a person makes. Written into the document's history: variants and fields may be added, and
/// those that are there keep their meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Bring back pages that are put aside. Pages that a person had put in by hand came by this, too.
    Insert {
        /// The pages, in the order they are to have.
        pages: Vec<PageId>,
        /// The page before them; `None`: at the start.
        after: Option<PageId>,
    },
    /// Take pages out; their files stay for as long as the history lasts.
    Delete(Vec<PageId>),
    /// Take all pages out.
    Clear,
    /// Move pages behind another one or to the start; they keep the order in which they are named.
    Move {
        /// The pages.
        pages: Vec<PageId>,
        /// The page before their new place; must not be one of them.
        after: Option<PageId>,
    },
    /// Turn pages clockwise.
    Rotate {
        /// The pages.
        pages: Vec<PageId>,
        /// By how much.
        by: Rotation,
    },
    /// Leave a part of each page, or all of it again.
    Crop(Vec<(PageId, Option<PixelWindow>)>),
    /// Make pages lighter, darker, or black and white.
    Tone {
        /// The pages.
        pages: Vec<PageId>,
        /// What they get in the place of the tone they have.
        tone: Tone,
    },
    /// Let a page take another one's place, as after scanning it again.
    Replace {
        /// The page that goes.
        old: PageId,
        /// The page that takes its place, wherever it is now.
        new: PageId,
    },
    /// Make several pages of one: each has a part of it. The page itself goes.
    Split {
        /// The page.
        page: PageId,
        /// The new pages, in order.
        into: Vec<Part>,
    },
    /// Combine the sides of sheets that went through twice: a front, its back, the next front.
    Interleave {
        /// The fronts, in order; the result begins where the first of them is.
        fronts: Vec<PageId>,
        /// The backs, in the order of the fronts. Whoever turned the whole stack over names them from the last to
        /// the first.
        backs: Vec<PageId>,
    },
}

/// A page that has a part of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its own name, never used before.
    pub page: PageId,
    /// Which part, in pixels of the other page as it came.
    pub crop: PixelWindow,
}

impl Edit {
    /// What the change is called, in a menu behind *Undo*.
    pub fn name(&self) -> &'static str {
        match self {
            Edit::Insert { .. } => "Insert",
            Edit::Delete(_) => "Delete",
            Edit::Clear => "Clear",
            Edit::Move { .. } => "Move",
            Edit::Rotate { .. } => "Rotate",
            Edit::Crop(_) => "Crop",
            Edit::Tone { .. } => "Brightness",
            Edit::Replace { .. } => "Replace",
            Edit::Split { .. } => "Split",
            Edit::Interleave { .. } => "Combine sides",
        }
    }

    /// Makes the change; `None` when it changes nothing. Pages that are not there are passed over.
    pub(super) fn apply(&self, pages: &mut Vec<Page>, aside: &mut Vec<Page>) -> Option<Undo> {
        match self {
            Edit::Insert { pages: which, after } => insert(pages, aside, which, *after),
            Edit::Delete(which) => put_aside(pages, aside, which),
            Edit::Clear => {
                let all = ids(pages);
                put_aside(pages, aside, &all)
            }
            Edit::Move { pages: which, after } => move_pages(pages, which, *after),
            Edit::Rotate { pages: which, by } => {
                change_looks(pages, which, |look| look.rotation = look.rotation.then(*by))
            }
            Edit::Crop(crops) => crop(pages, crops),
            Edit::Tone { pages: which, tone } => change_looks(pages, which, |look| look.tone = *tone),
            Edit::Replace { old, new } => replace(pages, aside, *old, *new),
            Edit::Split { page, into } => split(pages, aside, *page, into),
            Edit::Interleave { fronts, backs } => interleave(pages, fronts, backs),
        }
    }
}

pub(super) fn ids(pages: &[Page]) -> Vec<PageId> {
    pages.iter().map(|page| page.id).collect()
}

/// Where these pages are, in order.
pub(super) fn places(pages: &[Page], which: &[PageId]) -> Vec<Placed> {
    let which: HashSet<PageId> = which.iter().copied().collect();
    (0..pages.len()).filter(|index| which.contains(&pages[*index].id)).map(|index| Placed::of(pages, index)).collect()
}

/// Takes pages out, in the order in which they are named.
pub(super) fn take(from: &mut Vec<Page>, which: &[PageId]) -> Vec<Page> {
    let rank: HashMap<PageId, usize> = which.iter().rev().copied().zip((0..which.len()).rev()).collect();
    let mut taken: Vec<Page> = from.extract_if(.., |page| rank.contains_key(&page.id)).collect();
    taken.sort_by_key(|page| rank.get(&page.id).copied());
    taken
}

/// Where what comes behind a page begins; at the end when that page is not there.
fn place_after(pages: &[Page], after: Option<PageId>) -> usize {
    match after {
        None => 0,
        Some(after) => pages.iter().position(|page| page.id == after).map_or(pages.len(), |index| index + 1),
    }
}

pub(super) fn put_aside(pages: &mut Vec<Page>, aside: &mut Vec<Page>, which: &[PageId]) -> Option<Undo> {
    let places = places(pages, which);
    if places.is_empty() {
        return None;
    }
    let gone: Vec<PageId> = places.iter().map(|place| place.page).collect();
    aside.extend(take(pages, &gone));
    Some(Undo::Place(places))
}

fn insert(pages: &mut Vec<Page>, aside: &mut Vec<Page>, which: &[PageId], after: Option<PageId>) -> Option<Undo> {
    let taken = take(aside, which);
    let inserted = ids(&taken);
    let at = place_after(pages, after);
    pages.splice(at..at, taken);
    (!inserted.is_empty()).then_some(Undo::Remove(inserted))
}

fn move_pages(pages: &mut Vec<Page>, which: &[PageId], after: Option<PageId>) -> Option<Undo> {
    if after.is_some_and(|after| which.contains(&after) || !pages.iter().any(|page| page.id == after)) {
        return None;
    }
    rearranged(pages, which, |pages, taken| {
        let at = place_after(pages, after);
        pages.splice(at..at, taken);
    })
}

/// Takes pages out and has them put elsewhere.
fn rearranged(pages: &mut Vec<Page>, which: &[PageId], put: impl FnOnce(&mut Vec<Page>, Vec<Page>)) -> Option<Undo> {
    let before = ids(pages);
    let places = places(pages, which);
    let taken = take(pages, which);
    put(pages, taken);
    (ids(pages) != before).then_some(Undo::Place(places))
}

/// The way back is there only when some page looks different now.
fn change_looks(pages: &mut [Page], which: &[PageId], change: impl Fn(&mut Look)) -> Option<Undo> {
    let which: HashSet<PageId> = which.iter().copied().collect();
    looks_changed(pages, |page| {
        if which.contains(&page.id) {
            change(&mut page.look);
        }
    })
}

fn looks_changed(pages: &mut [Page], change: impl Fn(&mut Page)) -> Option<Undo> {
    let mut before = Vec::new();
    for page in pages {
        let was = page.look;
        change(page);
        if page.look != was {
            before.push((page.id, was));
        }
    }
    (!before.is_empty()).then_some(Undo::Look(before))
}

fn crop(pages: &mut [Page], crops: &[(PageId, Option<PixelWindow>)]) -> Option<Undo> {
    let crops: HashMap<PageId, Option<PixelWindow>> = crops.iter().copied().collect();
    looks_changed(pages, |page| {
        if let Some(crop) = crops.get(&page.id) {
            page.look.crop = *crop;
        }
    })
}

fn replace(pages: &mut Vec<Page>, aside: &mut Vec<Page>, old: PageId, new: PageId) -> Option<Undo> {
    if old == new || !pages.iter().any(|page| page.id == old) {
        return None;
    }
    let was = places(pages, &[new]);
    let page = take(aside, &[new]).pop().or_else(|| take(pages, &[new]).pop())?;
    let index = pages.iter().position(|page| page.id == old)?;
    let place = Placed::of(pages, index);
    pages.insert(index, page);
    aside.extend(take(pages, &[old]));
    // The new one goes first, so that the old one finds its neighbours as they were, and comes back
    // to where it was found, if that was in the document.
    let back = Undo::Both(Box::new(Undo::Place(vec![place])), Box::new(Undo::Place(was)));
    Some(Undo::Both(Box::new(Undo::Remove(vec![new])), Box::new(back)))
}

fn split(pages: &mut Vec<Page>, aside: &mut Vec<Page>, page: PageId, into: &[Part]) -> Option<Undo> {
    let index = pages.iter().position(|there| there.id == page)?;
    let is_over = matches!(pages[index].stage, PageStage::Ended(_));
    let known: HashSet<PageId> = pages.iter().map(|page| page.id).collect();
    if !is_over || into.is_empty() || into.iter().any(|part| known.contains(&part.page)) {
        return None;
    }
    let place = Placed::of(pages, index);
    let whole = pages.remove(index);
    // Made again, the parts are those that are put aside: nothing but their being there was taken back.
    let mut parts = take(aside, &into.iter().map(|part| part.page).collect::<Vec<_>>());
    for part in into {
        if !parts.iter().any(|there| there.id == part.page) {
            parts.push(Page { id: part.page, look: Look { crop: Some(part.crop), ..whole.look }, ..whole.clone() });
        }
    }
    let names: Vec<PageId> = into.iter().map(|part| part.page).collect();
    let parts = take(&mut parts, &names);
    pages.splice(index..index, parts);
    aside.push(whole);
    Some(Undo::Both(Box::new(Undo::Remove(names)), Box::new(Undo::Place(vec![place]))))
}

fn interleave(pages: &mut Vec<Page>, fronts: &[PageId], backs: &[PageId]) -> Option<Undo> {
    let sheets = fronts.len().max(backs.len());
    let order: Vec<PageId> =
        (0..sheets).flat_map(|sheet| [fronts.get(sheet), backs.get(sheet)]).flatten().copied().collect();
    let involved: HashSet<PageId> = order.iter().copied().collect();
    let first = pages.iter().position(|page| involved.contains(&page.id))?;
    rearranged(pages, &order, |pages, taken| {
        pages.splice(first..first, taken);
    })
}
