//! Saving: a new file beside the target, synced, checked, and only then put in its place.

use std::path::{Path, PathBuf};

use crate::document::{Document, Edition};

use super::file_names::names;
use super::nameless::room_for;
use super::output::Watch;
use super::part::Part;
use super::ready::{OnePageFormat, each_ready};
use super::spill::Scratch;
use super::target::{place_of, refuse_one_file_twice};
use super::{
    ExportDocument, ExportError, ExportPage, FileFormat, OnProgress, SaveOptions, Written, jpeg, pdf, png, tiff,
};

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The files, in order of their pages.
    pub files: Vec<PathBuf>,
    /// What is in them, all together.
    pub written: Written,
}

impl Saved {
    /// Whether the files have all that was to be in them; what was passed on is in none.
    pub fn is_the_document(&self) -> bool {
        !self.files.is_empty() && self.written.left_out.is_empty() && self.written.damaged.is_empty()
    }

    /// Notes in a document that these files have it, as it was when the save began. Files that lack a page are not the
    /// document, and neither is what was passed on without a file. Of several files the first is named.
    pub fn note_in(&self, document: &mut Document, edition: Edition) {
        let file = self.files.first().filter(|_| self.is_the_document());
        if let Some(file) = file {
            document.saved_as(edition, std::path::absolute(file).ok());
        }
    }
}

/// Saves a document. A target that is a link stays one: the file it leads to is replaced.
///
/// # Errors
/// [`ExportError`]; an existing target is then as it was, and nothing is left beside it.
pub fn save(
    document: &ExportDocument,
    target: &Path,
    options: &SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Saved, ExportError> {
    if document.pages.is_empty() {
        return Err(ExportError::NoPages);
    }
    options.check(document)?;
    written(document, target, options, on_progress).map_err(|error| document.why_nothing(error))
}

fn written(
    document: &ExportDocument,
    target: &Path,
    options: &SaveOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<Saved, ExportError> {
    let mut watch = Watch::new(document.pages.len(), on_progress);
    match options.format {
        FileFormat::Pdf => save_together(document, target, options, |document, part, scratch| {
            let written = part.fill(|sink| pdf::write(document, options, scratch, sink, &mut watch))?;
            pdf::check(&part.reopened()?, written.pages)?;
            Ok(written)
        }),
        FileFormat::Tiff => save_together(document, target, options, |document, part, scratch| {
            let written = part.fill(|sink| tiff::write(document, options, scratch, sink, &mut watch))?;
            tiff::check(&part.reopened()?, written.pages)?;
            Ok(written)
        }),
        FileFormat::Png => save_apart(document, target, options, &png::ONE_PAGE, &mut watch),
        FileFormat::Jpeg => save_apart(document, target, options, &jpeg::ONE_PAGE, &mut watch),
    }
}

/// All pages in one file, or so many in each. All files are written and checked before the first takes its place.
fn save_together(
    document: &ExportDocument,
    target: &Path,
    options: &SaveOptions,
    mut write: impl FnMut(&ExportDocument, &Part, Scratch<'_>) -> Result<Written, ExportError>,
) -> Result<Saved, ExportError> {
    let in_each = options.pages_per_file.map_or(usize::MAX, |pages| pages.get() as usize);
    let groups: Vec<&[ExportPage]> = document.pages.chunks(in_each).collect();
    let first = |group: usize| u32::try_from(group.saturating_mul(in_each).saturating_add(1)).unwrap_or(u32::MAX);
    let first_pages: Vec<u32> = (0..groups.len()).map(first).collect();
    let mut saved = Saved::default();
    let mut parts = Vec::new();
    let nameless = room_for(groups.len());
    let names = names(document, target, &first_pages, options.naming)?;
    refuse_existing(&names, options)?;
    for (pages, name) in groups.iter().zip(names) {
        let of_this_file;
        let part_of_it = match groups.len() {
            1 => document,
            _ => {
                of_this_file = ExportDocument { pages: pages.to_vec(), ..document.without_pages() };
                &of_this_file
            }
        };
        let may_replace = options.may_replace(&name);
        let place = place_of(&name, may_replace)?;
        let part = new_part(&place, parts.len() < nameless)?;
        match write(part_of_it, &part, Scratch::beside(&place)) {
            Ok(written) => saved.written.and(written),
            // Nothing of these pages is there; the others are saved.
            Err(ExportError::NoPages) => {
                saved.written.left_out.extend(pages.iter().map(|page| page.page));
                continue;
            }
            Err(error) => return Err(error),
        }
        saved.files.push(name);
        parts.push((part.closed(), place, may_replace));
    }
    all_in_place(parts, &saved.files, options)?;
    Ok(saved)
}

/// A file per page. All are written and checked before the first takes its place.
fn save_apart(
    document: &ExportDocument,
    target: &Path,
    options: &SaveOptions,
    format: &OnePageFormat,
    watch: &mut Watch<'_, '_>,
) -> Result<Saved, ExportError> {
    let files = u32::try_from(document.pages.len()).unwrap_or(u32::MAX);
    let mut saved = Saved::default();
    let mut parts = Vec::new();
    let nameless = room_for(document.pages.len());
    let first_pages: Vec<u32> = (1..=files).collect();
    let names = names(document, target, &first_pages, options.naming)?;
    refuse_existing(&names, options)?;
    let mut names = names.into_iter();
    each_ready(document, options, format, Scratch::beside(target), watch, |page, ready, watch| {
        let name = names.next().unwrap_or_default();
        match ready {
            None => saved.written.left_out.push(page.page),
            Some(ready) => {
                let may_replace = options.may_replace(&name);
                let place = place_of(&name, may_replace)?;
                let part = new_part(&place, parts.len() < nameless)?;
                saved.written.has(ready.shown(), ready.is_encoded_anew(format));
                part.fill(|sink| (format.put)(ready, sink, watch))?;
                (format.check)(&part.reopened()?)?;
                parts.push((part.closed(), place, may_replace));
                saved.files.push(name);
            }
        }
        watch.page_done()
    })?;
    all_in_place(parts, &saved.files, options)?;
    Ok(saved)
}

/// Refuses when a file is there that may not be replaced, with all that are there: whoever is asked is asked once. What
/// cannot be had by replacing is not asked about.
fn refuse_existing(names: &[PathBuf], options: &SaveOptions) -> Result<(), ExportError> {
    refuse_one_file_twice(names)?;
    if options.overwrite {
        return Ok(());
    }
    // What else is wrong with a name is said when its file is written.
    let is_there = |name: &&PathBuf| matches!(place_of(name, false), Err(ExportError::Exists(_)));
    let mut there: Vec<PathBuf> = names.iter().filter(is_there).cloned().collect();
    match there.len() {
        _ if there.iter().all(|name| options.may_replace(name)) => Ok(()),
        1 => Err(ExportError::Exists(there.swap_remove(0))),
        _ => Err(ExportError::SeveralExist(there)),
    }
}

/// Gives all files their names, unless one came into being meanwhile that may not be replaced.
fn all_in_place(
    parts: Vec<(Part, PathBuf, bool)>,
    names: &[PathBuf],
    options: &SaveOptions,
) -> Result<(), ExportError> {
    if parts.is_empty() {
        return Err(ExportError::NoPages);
    }
    refuse_existing(names, options)?;
    parts.into_iter().try_for_each(|(part, place, may_replace)| part.put_in_place(&place, may_replace))
}

/// A new file. Of very many, the later ones have names: those without stay open.
fn new_part(place: &Path, nameless: bool) -> Result<Part, ExportError> {
    if nameless { Part::create(place) } else { Part::named(place) }
}
