//! Documents that are kept, in words: what is not as it was left, and what cannot be done with one.

use std::io::ErrorKind;
use std::path::Path;

use crate::document::library::{Entry, EntryState, Freed};
use crate::document::{Check, DatabaseFlaw, DocumentId, PageFlaw, PageId, Trouble};
use crate::session::{DocumentTrouble, NotCropped};

use super::errors::{Sentences, count_pages, say, upper_first};
use super::library::{all_of, came_from};
use super::numbers::page_list;

/// Something of a document that is not as it was left.
pub fn trouble(trouble: &Trouble) -> Sentences {
    match trouble {
        Trouble::DatabaseDamaged(None) => say(
            "The document's database is damaged",
            "The pages are here; their order, what was done to them and the way back may be lost. Nothing was \
             changed; whatever changes the document makes it a new database and keeps this one.",
        ),
        Trouble::DatabaseDamaged(Some(kept)) => say(
            "The document's database was damaged",
            format!(
                "The pages are here; their order, what was done to them and the way back may be lost. The damaged \
                 database was kept as {}.",
                kept.display()
            ),
        ),
        Trouble::DatabaseLost => say(
            "The document's database is gone",
            "The pages are here as they came, in the order in which they came, with those that were deleted. Their order, \
             what was done to them, the title and the way back are lost.",
        ),
        Trouble::PageMissing(_, file) => say(
            "A page's file is missing",
            format!(
                "The page stays empty. If there is a copy, put it back as {}, then open the document again.",
                file.display()
            ),
        ),
        Trouble::PageUnreadable(_, file) => {
            say("A page cannot be read", format!("Nothing of it can be shown. Its file is {}.", file.display()))
        }
        Trouble::PageDamaged(_, file) => {
            say("A page is damaged", format!("It is shown as far as it can be read. Its file is {}.", file.display()))
        }
        Trouble::PageExchanged(_, file) => say(
            "A page's file is another page's",
            format!(
                "The page stays empty. Perhaps files were exchanged: put its own back as {}, then open the document \
                 again.",
                file.display()
            ),
        ),
        Trouble::PagesFound(pages) => say(
            format!("{} found again", count_pages(u32::try_from(pages.len()).unwrap_or(u32::MAX))),
            "The document's database did not have them: what was done to them may be lost. They are at its end.",
        ),
    }
}

/// The same of all that was found when a document with these pages was opened, with the pages' numbers, and once for each
/// file.
pub fn troubles(all: &[Trouble], pages: &[PageId]) -> Vec<Sentences> {
    let mut told: Vec<&Path> = Vec::new();
    let mut sentences = Vec::new();
    for one in all {
        let Some(file) = of_a_page(one).map(|(_, file)| file) else {
            sentences.push(trouble(one));
            continue;
        };
        if told.contains(&file) {
            continue;
        }
        told.push(file);
        let same = |page: &PageId| all.iter().filter_map(of_a_page).any(|of| of == (*page, file));
        let numbers: Vec<u32> = (1..).zip(pages).filter(|(_, page)| same(page)).map(|(number, _)| number).collect();
        let Sentences { title, advice } = trouble(one);
        sentences.push(say(numbered(one, &numbers, false).unwrap_or(title), advice));
    }
    sentences
}

/// The page that has a trouble, and its file.
pub fn of_a_page(trouble: &Trouble) -> Option<(PageId, &Path)> {
    match trouble {
        Trouble::PageMissing(page, file)
        | Trouble::PageUnreadable(page, file)
        | Trouble::PageDamaged(page, file)
        | Trouble::PageExchanged(page, file) => Some((*page, file)),
        Trouble::DatabaseDamaged(_) | Trouble::DatabaseLost | Trouble::PagesFound(_) => None,
    }
}

/// What is wrong with pages of one file, or of several; `None` for pages that are not in the document.
pub(super) fn numbered(trouble: &Trouble, numbers: &[u32], several_files: bool) -> Option<String> {
    let list = page_list(numbers);
    let which = list.replacen('p', "P", 1);
    let are = if numbers.len() == 1 { "is" } else { "are" };
    let said = match trouble {
        Trouble::PageMissing(..) if several_files => format!("The files of {list} are missing"),
        Trouble::PageMissing(..) => format!("The file of {list} is missing"),
        Trouble::PageUnreadable(..) => format!("{which} cannot be read"),
        Trouble::PageDamaged(..) => format!("{which} {are} damaged"),
        Trouble::PageExchanged(..) if several_files => format!("The files of {list} are other pages'"),
        Trouble::PageExchanged(..) => format!("The file of {list} is another page's"),
        _ => return None,
    };
    (!numbers.is_empty()).then_some(said)
}

/// Why something cannot be done with a document.
pub fn document_trouble(trouble: &DocumentTrouble) -> Sentences {
    match trouble {
        DocumentTrouble::Missing(id) => {
            say(format!("There is no document {id}"), "`lightbar documents` lists those that are there.")
        }
        DocumentTrouble::OpenElsewhere(id) => {
            say(format!("The document {id} is open in another window or program"), "Close it there, then try again.")
        }
        DocumentTrouble::Newer(id) => say(
            format!("The document {id} was made by a later version of Lightbar"),
            "Open it with that version. Nothing of it was changed.",
        ),
        DocumentTrouble::Busy => {
            say("A scan, a save or an import is under way", "Wait until it has ended, or stop it, then try again.")
        }
        DocumentTrouble::Disk(kind) => say("The documents cannot be used", disk(*kind)),
    }
}

/// A change that is made but not written down.
pub fn not_written_down(kind: ErrorKind) -> Sentences {
    let what = "The last change is not on the disk yet; it is written with the next one.";
    say("The change could not be written down", format!("{what} {}", disk(kind)))
}

/// A file that was saved, of which the document does not know.
pub fn save_not_noted(trouble: &DocumentTrouble) -> Sentences {
    let why = match trouble {
        DocumentTrouble::Disk(kind) => disk(*kind).to_owned(),
        other => document_trouble(other).joined(),
    };
    say("The file is saved, and the document does not know of it", why)
}

/// What helps with the disk that documents lie on.
fn disk(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "The disk is full. Make room.",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Their folder may not be written. Allow it, or choose another one with LIGHTBAR_DATA_DIR."
        }
        ErrorKind::NotFound => "Their folder is not there.",
        _ => "The disk did not take or give them. Look whether it is in order.",
    }
}

/// A word for programs.
pub fn condition(trouble: &DocumentTrouble) -> &'static str {
    match trouble {
        DocumentTrouble::Missing(_) => "NoDocument",
        DocumentTrouble::OpenElsewhere(_) => "OpenElsewhere",
        DocumentTrouble::Newer(_) => "LaterVersion",
        DocumentTrouble::Busy => "Busy",
        DocumentTrouble::Disk(_) => "Storage",
    }
}

/// There is none to open.
pub fn no_documents() -> Sentences {
    say("There is no document yet", "`lightbar scan --keep-document` and `lightbar import` make one.")
}

/// No document is called so.
pub fn no_document(name: &str) -> Sentences {
    say(format!("There is no document {name}"), "`lightbar documents` lists those that are there.")
}

/// A document is looked for where it is not: it was thrown away.
pub fn in_the_trash(id: &DocumentId) -> Sentences {
    say(format!("The document {id} is in the trash"), format!("`lightbar documents restore {id}` takes it back."))
}

/// A document is looked for in the trash, and was not thrown away.
pub fn not_in_the_trash(id: &DocumentId) -> Sentences {
    say(
        format!("The document {id} is not in the trash"),
        format!(
            "`lightbar documents delete {id}` moves it there; only from there it can be deleted for ever or taken back."
        ),
    )
}

/// The beginning of a name is that of several.
pub fn several_documents(name: &str, candidates: &[&DocumentId]) -> Sentences {
    let names: Vec<&str> = candidates.iter().take(NAMED_AT_MOST).map(|id| id.as_str()).collect();
    let more = if candidates.len() > names.len() { " …" } else { "" };
    say(format!("{} documents begin with {name}", candidates.len()), format!("They are {}{more}.", names.join(", ")))
}

/// So many names are told; more are not read.
const NAMED_AT_MOST: usize = 10;

/// The document has no such page.
pub fn no_page(number: u32, pages: usize) -> Sentences {
    let pages = count_pages(u32::try_from(pages).unwrap_or(u32::MAX));
    say(format!("There is no page {number}"), format!("The document has {pages}."))
}

/// Nothing of a page is there.
pub fn empty_page(number: usize) -> Sentences {
    say(format!("Nothing of page {number} is there"), "It has no part that could be taken.")
}

/// A page cannot come behind itself.
pub fn moved_behind_itself() -> Sentences {
    say("The pages cannot come behind one of themselves", "Name a page with --after that stays where it is.")
}

/// A page cannot be on both sides.
pub fn front_and_back_at_once() -> Sentences {
    say("A page cannot be front and back at once", "Name each page once.")
}

/// Two passes of unequal length were combined: these pages had none on the other side.
pub fn without_partner(numbers: &[u32]) -> Sentences {
    let title = match page_list(numbers) {
        list if numbers.len() == 1 => format!("The other side of {list} was not named"),
        list => format!("The other sides of {list} were not named"),
    };
    say(title, "They come behind the others. If sheets stuck together, undo, scan them again, and combine then.")
}

/// A crop of nothing.
pub fn part_beside_the_page() -> Sentences {
    say("That part lies beside the page", "Name one that lies on it, in millimetres from its upper left corner.")
}

/// A crop to less than a pixel.
pub fn part_too_small() -> Sentences {
    say("That part is smaller than a dot of the page", "Name a larger one, in millimetres.")
}

/// Pages that stay as they are while others are cropped.
pub fn not_cropped(pages: &NotCropped) -> Sentences {
    let NotCropped { beside, arriving } = pages;
    let mut all = [&beside[..], arriving].concat();
    all.sort_unstable();
    let were = if all.len() == 1 { "was" } else { "were" };
    let advice = match (beside.as_slice(), arriving.as_slice()) {
        ([_], []) => "Nothing of it lies in that part.".to_owned(),
        (_, []) => "Nothing of them lies in that part.".to_owned(),
        ([], [_]) => "It is still arriving.".to_owned(),
        ([], _) => "They are still arriving.".to_owned(),
        (beside, [_]) => format!("Nothing of {} lies in that part; the other is still arriving.", page_list(beside)),
        (beside, _) => format!("Nothing of {} lies in that part; the others are still arriving.", page_list(beside)),
    };
    say(upper_first(&format!("{} {were} not cropped", page_list(&all))), advice)
}

/// A page of one row or column.
pub fn too_small_to_split() -> Sentences {
    say("The page is too small to be split there", "Choose another place with --at.")
}

/// What became of a document that was edited.
pub fn edited(id: &str, changed: bool, pages: usize, undo: Option<&str>, redo: Option<&str>) -> String {
    let pages = count_pages(u32::try_from(pages).unwrap_or(u32::MAX));
    let mut line = if changed { format!("{id}: {pages}") } else { format!("{id}: nothing to change, {pages}") };
    if let Some(undo) = undo {
        line += &format!(", undo: {undo}");
    }
    if let Some(redo) = redo {
        line += &format!(", redo: {redo}");
    }
    line
}

/// A document was moved to the trash.
pub fn thrown_away(id: &DocumentId) -> String {
    format!("{id} is in the trash; `lightbar documents restore {id}` takes it back")
}

/// A document was taken out of the trash.
pub fn taken_back(id: &DocumentId) -> String {
    format!("{id} is back")
}

/// What is left of a damaged page.
pub(super) fn rows_left(rows: u32, had: u32) -> String {
    if rows >= had {
        "all rows are there, and some may look wrong".to_owned()
    } else {
        format!("{rows} of {had} rows can be read")
    }
}

/// What looking at a document found, a line each.
pub fn checked(id: &DocumentId, check: &Check) -> Vec<String> {
    let mut lines = Vec::new();
    match check.database {
        None => {}
        Some(DatabaseFlaw::Damaged) => {
            lines.push(format!("{id}: its database is damaged; the next change to it brings back what can be"));
        }
        Some(DatabaseFlaw::Lost) => lines.push(format!("{id}: {}", trouble(&Trouble::DatabaseLost).joined())),
    }
    for page in &check.damaged {
        let which = match page.number {
            Some(number) => format!("page {number}"),
            None => "a page that undo would bring back".to_owned(),
        };
        let what = match page.flaw {
            PageFlaw::Missing => "its file is missing".to_owned(),
            PageFlaw::Unreadable => "its file cannot be read".to_owned(),
            PageFlaw::Exchanged => "its file is another page's".to_owned(),
            PageFlaw::Damaged { rows } => format!("damaged, {}", rows_left(rows, page.had)),
        };
        lines.push(format!("{id}: {which}: {what} ({})", page.file.display()));
    }
    if lines.is_empty() {
        let deleted = match check.put_aside {
            0 => String::new(),
            more => format!(" and {more} more that undo would bring back"),
        };
        lines.push(format!("{id}: {}{deleted}, nothing is damaged", count_pages(check.pages)));
    }
    lines
}

/// Damage that was found and could not be written down.
pub fn damage_not_noted(id: &DocumentId, kind: ErrorKind) -> Sentences {
    let why = match kind {
        ErrorKind::ResourceBusy => "It is open in another window or program.",
        kind => disk(kind),
    };
    say(format!("What was found of {id} could not be noted, so the list of documents does not tell of it"), why)
}

/// A document that somebody is working on is not looked at.
pub fn not_checked(trouble: &DocumentTrouble) -> Sentences {
    let Sentences { title, advice } = document_trouble(trouble);
    say(format!("Not checked: {title}"), advice)
}

/// What went for good, in a line: `2 documents with 6 pages, 8.4 MB freed`.
pub fn freed(freed: &Freed) -> String {
    if *freed == Freed::default() {
        return "nothing was there to remove".to_owned();
    }
    format!("{} freed", all_of(freed))
}

/// The pages of a document, in a list.
pub fn pages(entry: &Entry) -> String {
    count_pages(entry.pages)
}

/// What else a list says of a document.
pub fn remarks(entry: &Entry) -> Vec<String> {
    let mut remarks = Vec::new();
    match entry.state {
        EntryState::Closed => {}
        EntryState::Open => remarks.push("open".to_owned()),
        EntryState::Damaged => remarks.push("damaged: its database; opening it brings back what can be".to_owned()),
        EntryState::Newer => remarks.push("of a later version of Lightbar".to_owned()),
    }
    if entry.damaged > 0 {
        remarks.push(format!("damaged: {}", count_pages(entry.damaged)));
    }
    if entry.partial > 0 {
        remarks.push(format!("{} partial", entry.partial));
    }
    remarks.extend(entry.title.clone().or_else(|| entry.came_from.as_ref().map(came_from)));
    remarks.extend(entry.saved_to.as_deref().map(|path| format!("saved to {}", path.display())));
    remarks
}

/// What a person is told in place of a list of nothing.
pub fn empty_list(searched: bool, trash: bool) -> &'static str {
    match (searched, trash) {
        (true, false) => "No document has these words.",
        (true, true) => "No document in the trash has these words.",
        (false, false) => "No documents yet.",
        (false, true) => "The trash is empty.",
    }
}

/// The last line of a list.
pub fn in_all(documents: usize, size: &str) -> String {
    let documents = if documents == 1 { "1 document".to_owned() } else { format!("{documents} documents") };
    format!("{documents}, {size}")
}
