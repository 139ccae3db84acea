//! Changes to a document as values. Pages are named, never counted: a change stays right when
//! pages arrive between making it and taking it back.

use super::PageId;
use super::pages::{Page, Rotation};

/// A change a person makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Bring back pages that are put aside, behind this page or at the start.
    Insert {
        /// The pages, in the order they are to have.
        pages: Vec<PageId>,
        /// The page before them.
        after: Option<PageId>,
    },
    /// Take pages out; their files stay for as long as the history lasts.
    Delete(Vec<PageId>),
    /// Take all pages out.
    Clear,
    /// Move pages behind another one or to the start; they keep their order.
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
    /// Let a page take another one's place, as after scanning it again.
    Replace {
        /// The page that goes.
        old: PageId,
        /// The page that takes its place, wherever it is now.
        new: PageId,
    },
}

/// The way back from one edit.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    /// Put these aside again.
    Remove(Vec<PageId>),
    /// Put these where they were.
    Place(Vec<Placed>),
    /// Turn these back to what they were.
    Rotate(Vec<(PageId, Rotation)>),
    /// Several, in this order.
    Both(Box<Undo>, Box<Undo>),
}

/// Where a page was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    page: PageId,
    /// The page before it.
    after: Option<PageId>,
    /// Its number, for when that one is not there.
    index: usize,
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
            Edit::Replace { .. } => "Replace",
        }
    }

    /// Makes the change; `None` when it changes nothing. Pages that are not there are passed over.
    pub(super) fn apply(&self, pages: &mut Vec<Page>, aside: &mut Vec<Page>) -> Option<Undo> {
        match self {
            Edit::Insert { pages: which, after } => {
                let taken = take(aside, which);
                let ids = ids(&taken);
                insert_after(pages, *after, taken);
                (!ids.is_empty()).then_some(Undo::Remove(ids))
            }
            Edit::Delete(which) => put_aside(pages, aside, which),
            Edit::Clear => {
                let all = ids(pages);
                put_aside(pages, aside, &all)
            }
            Edit::Move { pages: which, after } => move_pages(pages, which, *after),
            Edit::Rotate { pages: which, by } => rotate(pages, which, *by),
            Edit::Replace { old, new } => replace(pages, aside, *old, *new),
        }
    }
}

impl Undo {
    pub(super) fn apply(self, pages: &mut Vec<Page>, aside: &mut Vec<Page>) {
        match self {
            Undo::Remove(which) => {
                put_aside(pages, aside, &which);
            }
            Undo::Place(places) => {
                for place in places {
                    let taken = take(aside, &[place.page]).pop().or_else(|| take(pages, &[place.page]).pop());
                    let Some(page) = taken else { continue };
                    pages.insert(place.resolve(pages), page);
                }
            }
            Undo::Rotate(turns) => {
                for (id, rotation) in turns {
                    if let Some(page) = pages.iter_mut().chain(aside.iter_mut()).find(|page| page.id == id) {
                        page.rotation = rotation;
                    }
                }
            }
            Undo::Both(first, second) => {
                first.apply(pages, aside);
                second.apply(pages, aside);
            }
        }
    }
}

impl Placed {
    fn of(pages: &[Page], index: usize) -> Placed {
        let after = index.checked_sub(1).map(|before| pages[before].id);
        Placed { page: pages[index].id, after, index }
    }

    fn resolve(&self, pages: &[Page]) -> usize {
        match self.after {
            None => 0,
            Some(after) => match pages.iter().position(|page| page.id == after) {
                Some(before) => before + 1,
                None => self.index.min(pages.len()),
            },
        }
    }
}

fn ids(pages: &[Page]) -> Vec<PageId> {
    pages.iter().map(|page| page.id).collect()
}

/// Where these pages are, in order.
fn places(pages: &[Page], which: &[PageId]) -> Vec<Placed> {
    (0..pages.len()).filter(|index| which.contains(&pages[*index].id)).map(|index| Placed::of(pages, index)).collect()
}

/// Takes pages out, in the order in which they are named.
fn take(from: &mut Vec<Page>, which: &[PageId]) -> Vec<Page> {
    let found = which.iter().filter_map(|id| {
        let index = from.iter().position(|page| page.id == *id)?;
        Some(from.remove(index))
    });
    found.collect()
}

fn insert_after(pages: &mut Vec<Page>, after: Option<PageId>, what: Vec<Page>) {
    let index = match after {
        None => 0,
        Some(after) => pages.iter().position(|page| page.id == after).map_or(pages.len(), |index| index + 1),
    };
    pages.splice(index..index, what);
}

fn put_aside(pages: &mut Vec<Page>, aside: &mut Vec<Page>, which: &[PageId]) -> Option<Undo> {
    let places = places(pages, which);
    if places.is_empty() {
        return None;
    }
    let gone: Vec<PageId> = places.iter().map(|place| place.page).collect();
    aside.extend(take(pages, &gone));
    Some(Undo::Place(places))
}

fn move_pages(pages: &mut Vec<Page>, which: &[PageId], after: Option<PageId>) -> Option<Undo> {
    if after.is_some_and(|after| which.contains(&after) || !pages.iter().any(|page| page.id == after)) {
        return None;
    }
    let before = ids(pages);
    let places = places(pages, which);
    let moved: Vec<PageId> = places.iter().map(|place| place.page).collect();
    let taken = take(pages, &moved);
    insert_after(pages, after, taken);
    (ids(pages) != before).then_some(Undo::Place(places))
}

fn rotate(pages: &mut [Page], which: &[PageId], by: Rotation) -> Option<Undo> {
    let mut before = Vec::new();
    for page in pages.iter_mut().filter(|page| which.contains(&page.id)) {
        before.push((page.id, page.rotation));
        page.rotation = page.rotation.then(by);
    }
    (!before.is_empty() && by != Rotation::None).then_some(Undo::Rotate(before))
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
