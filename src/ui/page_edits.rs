//! What an action on pages means for the document: which command, for which pages.

use std::collections::HashSet;
use std::num::NonZeroU32;

use crate::document::{Edit, PageId, Rotation};
use crate::minidriver::{PageLimit, Source};
use crate::raster::PixelWindow;
use crate::session::{Command, PageState, PageView, Placement, Snapshot};

use super::action::Action;
use super::choice::Choice;

/// The command for an action that needs nothing but pages; `None` when it would change nothing, or is none of these.
/// `pages` are in the order of the document.
pub(super) fn command(action: Action, pages: &[PageId], shown: &Snapshot) -> Option<Command> {
    if pages.is_empty() {
        return None;
    }
    let rotate = |by| Some(Edit::Rotate { pages: pages.to_vec(), by });
    let edit = match action {
        Action::DeletePages => return Some(Command::DeletePages(pages.to_vec())),
        Action::ClearDocument => Some(Edit::Clear),
        Action::RotateLeft => rotate(Rotation::ThreeQuarters),
        Action::RotateRight => rotate(Rotation::Quarter),
        Action::RotateHalf => rotate(Rotation::Half),
        Action::WholePage => whole(pages, shown),
        Action::MoveUp => moved(pages, shown, first(pages, shown)?.checked_sub(1)?),
        Action::MoveDown => moved(pages, shown, last(pages, shown)? + 2),
        Action::MoveToStart => moved(pages, shown, 0),
        Action::MoveToEnd => moved(pages, shown, shown.pages.len()),
        _ => None,
    };
    edit.map(Command::Edit)
}

/// Where a page is.
fn place(page: PageId, shown: &Snapshot) -> Option<usize> {
    shown.pages.iter().position(|there| there.id == page)
}

fn first(pages: &[PageId], shown: &Snapshot) -> Option<usize> {
    place(*pages.first()?, shown)
}

fn last(pages: &[PageId], shown: &Snapshot) -> Option<usize> {
    place(*pages.last()?, shown)
}

/// The change that puts pages into the gap before the page with this index; `None` when they are there already.
pub(super) fn moved(pages: &[PageId], shown: &Snapshot, gap: usize) -> Option<Edit> {
    let named: HashSet<PageId> = pages.iter().copied().collect();
    let ids = || shown.pages.iter().map(|page| page.id);
    let before: Vec<PageId> = ids().take(gap).filter(|id| !named.contains(id)).collect();
    let behind = ids().skip(gap).filter(|id| !named.contains(id));
    let after = before.last().copied();
    let result = before.iter().copied().chain(pages.iter().copied()).chain(behind);
    (!result.eq(ids())).then(|| Edit::Move { pages: pages.to_vec(), after })
}

fn whole(pages: &[PageId], shown: &Snapshot) -> Option<Edit> {
    let cropped = views(pages, shown).filter(|page| page.face.look.crop.is_some());
    let crops: Vec<_> = cropped.map(|page| (page.id, None)).collect();
    (!crops.is_empty()).then_some(Edit::Crop(crops))
}

fn views<'a>(pages: &'a [PageId], shown: &'a Snapshot) -> impl Iterator<Item = &'a PageView> {
    let named: HashSet<PageId> = pages.iter().copied().collect();
    shown.pages.iter().filter(move |page| named.contains(&page.id))
}

/// Two pages of one, cut at this column or row of the page as it is seen.
pub(super) fn split(page: &PageView, cut: Cut) -> Option<Command> {
    let (width, height) = (page.width, page.height);
    let parts = match cut {
        Cut::Column(at) if (1..width).contains(&at) => [
            PixelWindow { left: 0, top: 0, width: at, height },
            PixelWindow { left: at, top: 0, width: width - at, height },
        ],
        Cut::Row(at) if (1..height).contains(&at) => [
            PixelWindow { left: 0, top: 0, width, height: at },
            PixelWindow { left: 0, top: at, width, height: height - at },
        ],
        Cut::Column(_) | Cut::Row(_) => return None,
    };
    let parts = parts.iter().filter_map(|part| page.face.look.part_as_seen(*part, page.full)).collect();
    Some(Command::Split { page: page.id, parts })
}

/// Where a page is cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Left of this column.
    Column(u32),
    /// Above this row.
    Row(u32),
}

/// The first half of these pages are fronts, the others their backs.
pub(super) fn sides(pages: &[PageId], reversed: bool) -> Option<Edit> {
    let (fronts, backs) = pages.split_at(pages.len().div_ceil(2));
    let mut backs = backs.to_vec();
    if reversed {
        backs.reverse();
    }
    (!backs.is_empty()).then(|| Edit::Interleave { fronts: fronts.to_vec(), backs })
}

/// A scan whose pages come behind the last of these.
pub(super) fn insert_here(pages: &[PageId], choice: &Choice, shown: &Snapshot) -> Option<Command> {
    let wish = choice.wish(shown).filter(|_| shown.scan.job().is_none())?;
    Some(Command::ScanTo(wish, Placement::After(pages.last().copied())))
}

/// A scan of one page in the place of this one.
pub(super) fn rescan(page: PageId, choice: &Choice, shown: &Snapshot) -> Option<Command> {
    let is_over = shown.pages.iter().any(|there| there.id == page && there.state != PageState::Arriving);
    let mut wish = choice.wish(shown).filter(|_| is_over && shown.scan.job().is_none())?;
    if wish.source == Source::Duplex {
        // A sheet of both sides has two pages: only one of them is to be replaced.
        let offers = shown.chosen.as_ref()?.offers.as_ref()?;
        wish.source = Source::Feeder;
        wish.settings = choice.settings(offers.offer(Source::Feeder)?);
    }
    wish.pages = PageLimit::Count(NonZeroU32::MIN);
    Some(Command::ScanTo(wish, Placement::Replace(page)))
}
