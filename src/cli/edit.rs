//! `lightbar edit`: changes to a document, each of which can be taken back.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::document::{Alike, Document, Edit, KeptDocument, Page, PageId, Part, Rotation};
use crate::raster::{PixelWindow, Tone};
use crate::session::NotCropped;
use crate::text::documents as words_for;

use super::CommandError;
use super::arguments::{self, EditAction, PartOfPage, Turn};
use super::documents::opened;
use super::page_list::PageList;
use super::report::{Report, Status};
use super::words::{print, say};

/// What programs read besides of a change.
#[derive(Serialize)]
struct Changed<'a> {
    changed: bool,
    undo: Option<&'static str>,
    redo: Option<&'static str>,
    /// Numbers that these pages had before.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    without_partner: &'a [u32],
    /// Numbers of pages of which nothing lies in the part that was to be left.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    not_cropped: &'a [u32],
}

/// Makes a change, and tells what became of the document.
pub(super) fn run(wanted: &arguments::Edit) -> Result<u8, CommandError> {
    let mut kept = opened(&wanted.document)?;
    let change = change_of(&wanted.action, &kept)?;
    let alone = without_partner(&wanted.action, &kept);
    let left_alone = not_cropped(&wanted.action, &kept);
    let (changed, written) = kept.change(|document| make(document, change));
    written.map_err(|error| CommandError::failed("Storage", words_for::not_written_down(error.kind()).joined()))?;
    let document = kept.document();
    let id = kept.folder().id();
    let id = id.as_ref().map_or("", |id| id.as_str());
    let pages = document.pages().len();
    let (undo, redo) = (document.undo_name(), document.redo_name());
    if !alone.is_empty() {
        say(format_args!("lightbar: {}", words_for::without_partner(&alone).joined()));
    }
    if !left_alone.beside.is_empty() {
        say(format_args!("lightbar: {}", words_for::not_cropped(&left_alone).joined()));
    }
    let line = match wanted.json {
        true => {
            let partial =
                document.pages().iter().filter(|page| page.facts().is_some_and(|facts| !facts.complete)).count();
            let report = Report {
                status: Status::Done,
                exit: Status::Done.exit(),
                device: None,
                pages: u32::try_from(pages).unwrap_or(u32::MAX),
                partial: u32::try_from(partial).unwrap_or(u32::MAX),
                files: Vec::new(),
                document: Some(id.into()),
                error: None,
            };
            report.json_with(&Changed { changed, undo, redo, without_partner: &alone, not_cropped: &left_alone.beside })
        }
        false => words_for::edited(id, changed, pages, undo, redo),
    };
    print(&line);
    Ok(0)
}

/// A change with its pages found.
enum Change {
    Edit(Edit),
    Title(Option<String>),
    Undo(NonZeroU32),
    Redo(NonZeroU32),
}

/// Whether something is different now.
fn make(document: &mut Document, change: Change) -> bool {
    let several = |document: &mut Document, times: NonZeroU32, step: fn(&mut Document) -> bool| {
        (0..times.get()).take_while(|_| step(document)).count() > 0
    };
    match change {
        Change::Edit(edit) => document.apply(edit),
        Change::Title(title) => document.set_title(title.filter(|title| !title.trim().is_empty())),
        Change::Undo(times) => several(document, times, Document::undo),
        Change::Redo(times) => several(document, times, Document::redo),
    }
}

fn change_of(action: &EditAction, kept: &KeptDocument) -> Result<Change, CommandError> {
    let pages = kept.document().pages();
    Ok(Change::Edit(match action {
        EditAction::Title { title } => return Ok(Change::Title(title.clone())),
        EditAction::Undo { changes } => return Ok(Change::Undo(*changes)),
        EditAction::Redo { changes } => return Ok(Change::Redo(*changes)),
        EditAction::Clear => Edit::Clear,
        EditAction::Delete { pages: list } => Edit::Delete(ids(list, pages)?),
        EditAction::Rotate { by, pages: list } => {
            let by = match by {
                Turn::Quarter => Rotation::Quarter,
                Turn::Half => Rotation::Half,
                Turn::ThreeQuarters => Rotation::ThreeQuarters,
            };
            Edit::Rotate { pages: ids(list, pages)?, by }
        }
        EditAction::Tone { brightness, contrast, threshold, pages: list } => {
            let tone = Tone { brightness: *brightness, contrast: *contrast, threshold: *threshold };
            Edit::Tone { pages: ids(list, pages)?, tone }
        }
        EditAction::Crop { part: None, pages: list, .. } => {
            Edit::Crop(ids(list, pages)?.into_iter().map(|page| (page, None)).collect())
        }
        EditAction::Crop { part: Some(PartOfPage(part)), pages: list, .. } => {
            let wanted = ids(list, pages)?;
            if kept.document().is_nothing(*part, &wanted) {
                return Err(CommandError::usage(words_for::part_too_small().joined()));
            }
            let Alike { edit, beside, .. } = kept.document().cropped_alike(&wanted, *part);
            if beside.len() == wanted.len() {
                found(list, pages)?.into_iter().try_for_each(|page| size(page, kept).map(drop))?;
                return Err(CommandError::usage(words_for::part_beside_the_page().joined()));
            }
            edit
        }
        EditAction::Move { pages: list, after } => {
            let after = NonZeroU32::new(*after).map(|after| one(after, pages)).transpose()?.map(|page| page.id);
            let moved = ids(list, pages)?;
            if after.is_some_and(|after| moved.contains(&after)) {
                return Err(CommandError::usage(words_for::moved_behind_itself().joined()));
            }
            Edit::Move { pages: moved, after }
        }
        EditAction::Replace { old, with } => Edit::Replace { old: one(*old, pages)?.id, new: one(*with, pages)?.id },
        EditAction::Split { page, at, across } => split(one(*page, pages)?, *at, *across, kept)?,
        EditAction::Combine { fronts, backs, reversed } => {
            let (fronts, mut backs) = (ids(fronts, pages)?, ids(backs, pages)?);
            if fronts.iter().any(|front| backs.contains(front)) {
                return Err(CommandError::usage(words_for::front_and_back_at_once().joined()));
            }
            if *reversed {
                backs.reverse();
            }
            Edit::Interleave { fronts, backs }
        }
    }))
}

/// The numbers of fronts without a back, or of backs without a front.
fn without_partner(action: &EditAction, kept: &KeptDocument) -> Vec<u32> {
    let EditAction::Combine { fronts, backs, reversed } = action else { return Vec::new() };
    let pages = kept.document().pages().len();
    let (Ok(fronts), Ok(mut backs)) = (fronts.places(pages), backs.places(pages)) else { return Vec::new() };
    if *reversed {
        backs.reverse();
    }
    let sheets = fronts.len().min(backs.len());
    let mut alone: Vec<u32> = fronts
        .iter()
        .skip(sheets)
        .chain(backs.iter().skip(sheets))
        .filter_map(|place| u32::try_from(place + 1).ok())
        .collect();
    alone.sort_unstable();
    alone
}

/// The pages that a crop leaves as they are.
fn not_cropped(action: &EditAction, kept: &KeptDocument) -> NotCropped {
    let document = kept.document();
    let EditAction::Crop { part: Some(PartOfPage(part)), pages, .. } = action else { return NotCropped::default() };
    let beside = ids(pages, document.pages()).map(|pages| document.cropped_alike(&pages, *part).beside);
    NotCropped { beside: document.numbers_of(&beside.unwrap_or_default()), ..NotCropped::default() }
}

fn found<'a>(list: &PageList, pages: &'a [Page]) -> Result<Vec<&'a Page>, CommandError> {
    let places = list.places(pages.len()).map_err(|number| no_page(number, pages))?;
    Ok(places.into_iter().map(|place| &pages[place]).collect())
}

fn ids(list: &PageList, pages: &[Page]) -> Result<Vec<PageId>, CommandError> {
    Ok(found(list, pages)?.into_iter().map(|page| page.id).collect())
}

fn one(number: NonZeroU32, pages: &[Page]) -> Result<&Page, CommandError> {
    pages.get(number.get() as usize - 1).ok_or_else(|| no_page(number.get(), pages))
}

fn no_page(number: u32, pages: &[Page]) -> CommandError {
    CommandError::usage(words_for::no_page(number, pages.len()).joined())
}

/// The size of a page as it came, in pixels. A page of which nothing is there has none.
fn size(page: &Page, kept: &KeptDocument) -> Result<(u32, u32), CommandError> {
    let size =
        page.facts().map(|facts| (facts.width, facts.height)).filter(|(width, height)| *width > 0 && *height > 0);
    size.ok_or_else(|| {
        let number = kept.document().pages().iter().position(|there| there.id == page.id).map_or(0, |place| place + 1);
        CommandError::failed("EmptyPage", words_for::empty_page(number).joined())
    })
}

/// Two halves of a page, in the order in which they are seen.
fn split(page: &Page, at: u8, across: bool, kept: &KeptDocument) -> Result<Edit, CommandError> {
    let full = size(page, kept)?;
    let (width, height) = page.look.size(full.0, full.1);
    let length = if across { height } else { width };
    let at = (u64::from(length) * u64::from(at) / 100) as u32;
    if at == 0 {
        return Err(CommandError::usage(words_for::too_small_to_split().joined()));
    }
    let halves = match across {
        true => [
            PixelWindow { left: 0, top: 0, width, height: at },
            PixelWindow { left: 0, top: at, width, height: height - at },
        ],
        false => [
            PixelWindow { left: 0, top: 0, width: at, height },
            PixelWindow { left: at, top: 0, width: width - at, height },
        ],
    };
    let whole = page.look.window(full.0, full.1);
    let parts = halves.map(|half| Part {
        page: kept.folder().name_page(),
        crop: page.look.part_as_seen(half, full).unwrap_or(whole),
    });
    Ok(Edit::Split { page: page.id, into: parts.to_vec() })
}
