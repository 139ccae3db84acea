//! `lightbar documents check`: whether documents are what they were.

use serde::Serialize;

use crate::document::library::Library;
use crate::document::{Check, DamagedPage, DatabaseFlaw, DocumentId, PageFlaw};
use crate::session::DocumentTrouble;
use crate::text::documents as words_for;

use super::CommandError;
use super::documents::{Shelf, all_named, disk};
use super::report::Status;
use super::words::{print, say};

/// One document, as programs read it.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    /// `sound` or `damaged`; or why it was not looked at: `open` elsewhere, of a `newer` version, `unreadable`.
    state: &'static str,
    pages: u32,
    /// Pages that only undo brings back.
    put_aside: u32,
    database: Option<&'static str>,
    damaged: Vec<Page<'a>>,
}

#[derive(Serialize)]
struct Page<'a> {
    /// Its number in the document; null: only undo brings it back.
    page: Option<u32>,
    flaw: &'static str,
    /// Rows that can be read.
    rows: u32,
    /// Rows that it had.
    had: u32,
    file: std::borrow::Cow<'a, str>,
}

/// Looks at these documents, or at all of them.
pub(super) fn run(library: &Library, names: &[String], json: bool) -> Result<u8, CommandError> {
    let ids = match names {
        [] => library.names().map_err(|error| disk(&error))?,
        names => all_named(library, names, Shelf::Documents)?,
    };
    let mut found = Vec::new();
    for id in ids {
        let check = library.check(&id, &mut |_| ()).map_err(|error| DocumentTrouble::of(&id, &error));
        if let Some(kind) = check.as_ref().ok().and_then(|check| check.not_noted) {
            say(format_args!("lightbar: {}", words_for::damage_not_noted(&id, kind).joined()));
        }
        match &check {
            Ok(check) if !json => words_for::checked(&id, check).iter().for_each(|line| print(line)),
            Ok(_) => {}
            Err(trouble) => say(format_args!("lightbar: {}", words_for::not_checked(trouble).joined())),
        }
        found.push((id, check));
    }
    if json {
        let rows: Vec<Row<'_>> = found.iter().map(|(id, check)| row(id, check)).collect();
        print(&serde_json::to_string(&rows).unwrap_or_default());
    }
    // One that could not be looked at is not known to be sound.
    let well = found.iter().all(|(_, check)| check.as_ref().is_ok_and(Check::is_sound));
    Ok(if well { Status::Done } else { Status::Failed }.exit())
}

fn row<'a>(id: &'a DocumentId, check: &'a Result<Check, DocumentTrouble>) -> Row<'a> {
    let state = match check {
        Ok(check) if check.is_sound() => "sound",
        Ok(_) => "damaged",
        Err(DocumentTrouble::OpenElsewhere(_)) => "open",
        Err(DocumentTrouble::Newer(_)) => "newer",
        Err(_) => "unreadable",
    };
    let check = check.as_ref().ok();
    let database = match check.and_then(|check| check.database) {
        None => "sound",
        Some(DatabaseFlaw::Damaged) => "damaged",
        Some(DatabaseFlaw::Lost) => "lost",
    };
    Row {
        id: id.as_str(),
        state,
        pages: check.map_or(0, |check| check.pages),
        put_aside: check.map_or(0, |check| check.put_aside),
        database: check.map(|_| database),
        damaged: check.map_or(Vec::new(), |check| check.damaged.iter().map(page).collect()),
    }
}

fn page(damaged: &DamagedPage) -> Page<'_> {
    let (flaw, rows) = match damaged.flaw {
        PageFlaw::Missing => ("missing", 0),
        PageFlaw::Unreadable => ("unreadable", 0),
        PageFlaw::Exchanged => ("exchanged", 0),
        PageFlaw::Damaged { rows } => ("damaged", rows),
    };
    Page { page: damaged.number, flaw, rows, had: damaged.had, file: damaged.file.to_string_lossy() }
}
