//! The documents there are, in words.

use std::path::Path;

use crate::document::library::{Entry, EntryState, Freed};
use crate::document::{About, CameFrom, DocumentId};
use crate::session::{DocumentTrouble, Shelf};
use crate::units::Date;

use super::documents::document_trouble;
use super::errors::{Sentences, count_pages, say};
use super::numbers::bytes;

/// What a document is called, wherever that is said: its title, else the files it came from, else the file it was saved to,
/// else its day.
pub fn document_name(entry: &Entry) -> String {
    let name = named(entry.title.as_deref(), entry.saved_to.as_deref(), entry.came_from.as_ref());
    let day = || entry.began.map(|began| format!("Scan of {}", Date::here(began).day()));
    name.or_else(day).unwrap_or_else(|| entry.id.to_string())
}

/// The same of the document that is open; `None` when it has only its day.
pub fn own_name(about: &About) -> Option<String> {
    named(about.title.as_deref(), about.saved_to.as_deref(), about.came_from.as_ref())
}

fn named(title: Option<&str>, saved_to: Option<&Path>, files: Option<&CameFrom>) -> Option<String> {
    let saved = || saved_to.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    title.map(str::to_owned).or_else(|| files.map(came_from)).or_else(saved)
}

/// Files that a document came from: `Bill and 3 more`.
pub fn came_from(files: &CameFrom) -> String {
    match files.others {
        0 => files.first.clone(),
        others => format!("{} and {others} more", files.first),
    }
}

/// What is wrong with a document's pages, in few words; empty: nothing.
pub fn document_flaws(entry: &Entry) -> String {
    let some = |count, what| (count > 0).then(|| format!("{count} {what}"));
    if entry.state == EntryState::Damaged {
        return "damaged".to_owned();
    }
    let flaws = [some(entry.damaged, "damaged"), some(entry.partial, "partial")];
    flaws.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What there is to know of a document, in one line. Its flaws are told apart.
pub fn document_facts(entry: &Entry) -> String {
    let mut facts = vec![count_pages(entry.pages), bytes(entry.bytes as f64)];
    facts.push(match entry.saved_to.as_deref() {
        Some(file) => format!("saved to {}", file.display()),
        None => "not saved to a file".to_owned(),
    });
    match entry.state {
        EntryState::Closed | EntryState::Open => {}
        EntryState::Damaged => facts.push("opening it brings back what can be read".to_owned()),
        EntryState::Newer => facts.push("made by a later version".to_owned()),
    }
    facts.join(" · ")
}

/// When a document changed last, by the clock of this place.
pub fn document_changed(entry: &Entry) -> String {
    let date = Date::here(entry.changed);
    format!("{} {:02}:{:02}", date.day(), date.hour, date.minute)
}

/// How many documents there are, and the room they take; a line of nothing where there is none.
pub fn room_taken(shelf: &Shelf) -> String {
    let size = |entries: &[Entry]| bytes(sum(entries).bytes as f64);
    if shelf.documents.is_empty() && shelf.trash.is_empty() {
        // The list says it.
        return " ".to_owned();
    }
    let mut words = format!("{}, {}", count(shelf.documents.len()), size(&shelf.documents));
    if !shelf.trash.is_empty() {
        words += &format!(" · trash {}", size(&shelf.trash));
    }
    words
}

fn count(documents: usize) -> String {
    if documents == 1 { "1 document".to_owned() } else { format!("{documents} documents") }
}

fn sum(entries: &[Entry]) -> Freed {
    let one = |entry: &Entry| Freed { documents: 1, pages: entry.pages, bytes: entry.bytes };
    entries.iter().map(one).fold(Freed::default(), Freed::and)
}

/// What the window of this document is called.
pub fn window_title(about: &About) -> String {
    match own_name(about) {
        Some(title) => format!("{title} – Lightbar"),
        None => "Lightbar".to_owned(),
    }
}

/// The question before what lies in the trash goes for good.
pub fn empty_trash_question(trash: &[Entry]) -> Sentences {
    let go = if trash.len() == 1 { "goes" } else { "go" };
    say("Empty the trash?", format!("{}, {go} for good. {STAYS}", all_of(&sum(trash))))
}

/// The question before one document of the trash goes for good.
pub fn delete_question(entry: &Entry) -> Sentences {
    let what = format!("{}, {}", count_pages(entry.pages), size(entry.bytes));
    say(format!("Delete {} for ever?", quoted(entry)), format!("It has {what}, and cannot be brought back. {STAYS}"))
}

/// A size whose number and unit stay in one line.
fn size(size: u64) -> String {
    bytes(size as f64).replace(' ', "\u{a0}")
}

/// Letters of a name that a question's one line has room for.
const QUOTED: usize = 28;

/// What a document is called, in a question: a long name only as far as it is needed to know it by.
fn quoted(entry: &Entry) -> String {
    let name = document_name(entry);
    match name.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("“{}…”", name[..end].trim_end()),
        None => format!("“{name}”"),
    }
}

const STAYS: &str = "Files that were saved stay.";

/// The question before a document's way back goes.
pub fn clean_question(entry: &Entry) -> Sentences {
    let Freed { pages, bytes, .. } = entry.history;
    let go = if pages == 1 { "goes" } else { "go" };
    say(
        format!("Clean up {}?", quoted(entry)),
        format!(
            "{} that only undo brings back {go} for good, which frees {}. Nothing done to it so far can be undone then. \
             The pages it shows stay as they are.",
            count_pages(pages),
            size(bytes)
        ),
    )
}

/// What went for good.
pub fn gone_for_good(freed: &Freed) -> Sentences {
    let free = format!("{} are free again.", bytes(freed.bytes as f64));
    match freed.documents {
        0 => say(format!("{} of the history removed", count_pages(freed.pages)), free),
        documents => say(format!("{} deleted for ever", count(documents as usize)), free),
    }
}

/// The same as a line: `2 documents with 6 pages, 8.4 MB`.
pub fn all_of(freed: &Freed) -> String {
    let pages = format!("{}, {}", count_pages(freed.pages), bytes(freed.bytes as f64));
    match freed.documents {
        0 => pages,
        documents => format!("{} with {pages}", count(documents as usize)),
    }
}

/// What stands in the list when it has nothing to show. `in_trash`: the list of the trash; `searched`: words were typed.
pub const fn nothing_found(in_trash: bool, searched: bool) -> &'static str {
    match (in_trash, searched) {
        (false, true) => "No document matches. Try fewer words, or a date like 2026-11-21.",
        (true, true) => "Nothing in the trash matches.",
        (false, false) => "No documents yet. What you scan or import appears here.",
        (true, false) => "The trash is empty.",
    }
}

/// Why something cannot be done with a document, said in a window: by the name it has in the list, not by its name for commands.
pub fn list_trouble(trouble: &DocumentTrouble, shelf: &Shelf) -> Sentences {
    let name = |id: &DocumentId| {
        let mut entries = shelf.documents.iter().chain(&shelf.trash);
        let entry = entries.find(|entry| entry.id == *id);
        entry.map_or_else(|| "The document".to_owned(), quoted)
    };
    match trouble {
        DocumentTrouble::Missing(id) => say(format!("{} is not there any more", name(id)), ""),
        DocumentTrouble::OpenElsewhere(id) => {
            say(format!("{} is open in another window or program", name(id)), "Close it there, then try again.")
        }
        DocumentTrouble::Newer(id) => say(
            format!("{} was made by a later version of Lightbar", name(id)),
            "Use that version. Nothing of it was changed.",
        ),
        DocumentTrouble::Busy | DocumentTrouble::Disk(_) => document_trouble(trouble),
    }
}
