//! The documents there are, in words.

use crate::document::library::{Entry, EntryState};
use crate::session::Shelf;
use crate::units::Date;

use super::errors::{Sentences, count_pages, say};
use super::numbers::bytes;

/// What a document is called: its title, else the file it was saved to, else its day.
pub fn document_name(entry: &Entry) -> String {
    let file = || entry.saved_to.as_deref().and_then(|file| file.file_stem()).map(|stem| stem.to_string_lossy());
    match (&entry.title, file(), entry.began) {
        (Some(title), ..) => title.clone(),
        (None, Some(file), _) => file.into_owned(),
        (None, None, Some(began)) => format!("Scan of {}", Date::here(began).day()),
        (None, None, None) => entry.id.to_string(),
    }
}

/// What there is to know of a document, in one line. Partial pages are told apart.
pub fn document_facts(entry: &Entry) -> String {
    let mut facts = vec![count_pages(entry.pages), bytes(entry.bytes as f64)];
    facts.push(match entry.saved_to.as_deref() {
        Some(file) => format!("saved to {}", file.display()),
        None => "not saved to a file".to_owned(),
    });
    match entry.state {
        EntryState::Closed | EntryState::Open => {}
        EntryState::Damaged => facts.push("its database is damaged or gone".to_owned()),
        EntryState::Newer => facts.push("made by a later version".to_owned()),
    }
    if entry.damaged > 0 {
        facts.push(format!("{} damaged", count_pages(entry.damaged)));
    }
    facts.join(" · ")
}

/// When a document changed last, by the clock of this place.
pub fn document_changed(entry: &Entry) -> String {
    let date = Date::here(entry.changed);
    format!("{} {:02}:{:02}", date.day(), date.hour, date.minute)
}

/// How many documents there are, and the room they take.
pub fn room_taken(shelf: &Shelf) -> String {
    let mut words = format!("{}, {}", count(shelf.documents.len()), bytes(sum(&shelf.documents)));
    if !shelf.trash.is_empty() {
        words += &format!(" · trash {}", bytes(sum(&shelf.trash)));
    }
    words
}

fn count(documents: usize) -> String {
    if documents == 1 { "1 document".to_owned() } else { format!("{documents} documents") }
}

fn sum(entries: &[Entry]) -> f64 {
    entries.iter().map(|entry| entry.bytes as f64).sum()
}

/// What the window of a document with this title is called.
pub fn window_title(title: Option<&str>) -> String {
    match title {
        Some(title) => format!("{title} – Lightbar"),
        None => "Lightbar".to_owned(),
    }
}

/// The question before what lies in the trash goes for good.
pub fn empty_trash_question(trash: &[Entry]) -> Sentences {
    let pages = trash.iter().map(|entry| entry.pages).fold(0, u32::saturating_add);
    let what = format!("{} with {}, {}", count(trash.len()), count_pages(pages), bytes(sum(trash)));
    let go = if trash.len() == 1 { "goes" } else { "go" };
    say("Empty the trash?", format!("{what}, {go} for good. Files that were saved stay."))
}

/// The question before a document's way back goes.
pub fn clean_question(entry: &Entry) -> Sentences {
    say(
        format!("Clean up the history of “{}”?", document_name(entry)),
        "Pages that were deleted from it go for good, and nothing done to it so far can be undone. The pages it has stay \
         as they are.",
    )
}
