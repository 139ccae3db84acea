//! `lightbar documents`: what is kept, and where it goes.

use std::io::IsTerminal;
use std::path::Path;

use serde::Serialize;

use crate::document::library::{Entry, EntryState, Freed, Library};
use crate::document::{Document, DocumentId, FolderError, KeptDocument, PageId, Trouble};
use crate::session::DocumentTrouble;
use crate::text::documents as words_for;
use crate::text::errors::Sentences;
use crate::text::library::document_name;
use crate::text::numbers::bytes;
use crate::units::Date;

use super::arguments::{Documents, DocumentsAction};
use super::words::{print, say};
use super::{CommandError, check, data_dir};

/// What stands for the document that was shown or changed last.
const LAST: &str = "last";

/// One document, as programs read it (design, section 7).
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: Option<&'a str>,
    /// What the window calls it: its title, or a name made of its file or its day.
    name: String,
    pages: u32,
    partial: u32,
    damaged: u32,
    saved_to: Option<String>,
    /// Seconds since 1970.
    began: Option<u64>,
    /// Seconds since 1970.
    changed: u64,
    bytes: u64,
    /// Pages that only undo brings back, and the bytes that `clean` would free.
    history_pages: u32,
    history_bytes: u64,
    state: &'static str,
}

/// Lists documents, or moves, cleans and removes them.
pub(super) fn run(wanted: &Documents) -> Result<u8, CommandError> {
    let library = Library::in_folder(&data_dir()?);
    match &wanted.action {
        None => list(&library, wanted)?,
        Some(DocumentsAction::Delete { documents }) => {
            for id in all_named(&library, documents, Shelf::Documents)? {
                library.throw_away(&id).map_err(|error| failed(&id, &error))?;
                print(&words_for::thrown_away(&id));
            }
        }
        Some(DocumentsAction::Restore { documents }) => {
            for id in all_named(&library, documents, Shelf::Trash)? {
                let now = library.take_back(&id).map_err(|error| failed(&id, &error))?;
                print(&words_for::taken_back(&now));
            }
        }
        Some(DocumentsAction::EmptyTrash) => {
            let freed = library.empty_trash().map_err(|error| disk(&error))?;
            print(&words_for::freed(&freed));
        }
        Some(DocumentsAction::DeleteForever { documents }) => {
            let mut freed = Freed::default();
            for id in all_named(&library, documents, Shelf::Trash)? {
                freed = freed.and(library.delete_forever(&id).map_err(|error| failed(&id, &error))?);
            }
            print(&words_for::freed(&freed));
        }
        Some(DocumentsAction::Clean { documents }) => {
            let mut freed = Freed::default();
            for id in all_named(&library, documents, Shelf::Documents)? {
                freed = freed.and(library.clean(&id).map_err(|error| failed(&id, &error))?);
            }
            print(&words_for::freed(&freed));
        }
        Some(DocumentsAction::Check { documents, json }) => return check::run(&library, documents, *json),
    }
    Ok(0)
}

/// Where a document is looked for.
#[derive(Clone, Copy)]
pub(super) enum Shelf {
    Documents,
    Trash,
}

/// All names are looked up before anything is done.
pub(super) fn all_named(library: &Library, names: &[String], shelf: Shelf) -> Result<Vec<DocumentId>, CommandError> {
    names.iter().map(|name| named(library, name, shelf)).collect()
}

/// The document that a name means: its own, a beginning that only one has, or the last one.
fn named(library: &Library, name: &str, shelf: Shelf) -> Result<DocumentId, CommandError> {
    let entries = match shelf {
        Shelf::Documents => library.names(),
        Shelf::Trash => library.names_in_trash(),
    };
    let entries = entries.map_err(|error| disk(&error))?;
    if let (LAST, Shelf::Documents) = (name, shelf) {
        return library.latest().ok_or_else(|| CommandError::failed("NoDocument", words_for::no_documents().joined()));
    }
    match meant(&entries, name).as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(CommandError::usage(not_there(library, name, shelf).joined())),
        several => Err(CommandError::usage(words_for::several_documents(name, several).joined())),
    }
}

/// The documents that a name may mean.
fn meant<'a>(entries: &'a [DocumentId], name: &str) -> Vec<&'a DocumentId> {
    match entries.iter().find(|id| id.as_str() == name) {
        Some(exact) => vec![exact],
        None => entries.iter().filter(|id| !name.is_empty() && id.as_str().starts_with(name)).collect(),
    }
}

/// That no document is called so where it was looked for, and where it is instead.
fn not_there(library: &Library, name: &str, shelf: Shelf) -> Sentences {
    let others = match shelf {
        Shelf::Documents => library.names_in_trash(),
        Shelf::Trash => library.names(),
    };
    // One that cannot be looked through has nothing that could be told.
    match (meant(&others.unwrap_or_default(), name).as_slice(), shelf) {
        ([only], Shelf::Documents) => words_for::in_the_trash(only),
        ([only], Shelf::Trash) => words_for::not_in_the_trash(only),
        _ => words_for::no_document(name),
    }
}

/// Which document a name means.
///
/// # Errors
/// That none or several are meant.
pub(super) fn which(name: &str) -> Result<DocumentId, CommandError> {
    named(&Library::in_folder(&data_dir()?), name, Shelf::Documents)
}

/// Opens a document by its name; what of it is not as it was left is said.
///
/// # Errors
/// That none or several are meant, or why it cannot be opened.
pub(super) fn opened(name: &str) -> Result<KeptDocument, CommandError> {
    with(name, KeptDocument::open)
}

/// Opens a document by its name to read it; also one on a disk that is full or takes no change.
///
/// # Errors
/// As [`opened`].
pub(super) fn opened_to_read(name: &str) -> Result<KeptDocument, CommandError> {
    with(name, KeptDocument::open_to_read)
}

type Opening = fn(&Path, &DocumentId) -> Result<(KeptDocument, Vec<Trouble>), FolderError>;

fn with(name: &str, open: Opening) -> Result<KeptDocument, CommandError> {
    let data_dir = data_dir()?;
    let id = named(&Library::in_folder(&data_dir), name, Shelf::Documents)?;
    let (document, troubles) = open(&data_dir, &id).map_err(|error| failed(&id, &error))?;
    let pages: Vec<PageId> = document.document().pages().iter().map(|page| page.id).collect();
    for trouble in words_for::troubles(&troubles, &pages) {
        say(format_args!("lightbar: {}", trouble.joined()));
    }
    Ok(document)
}

/// Notes that a document was saved; where that cannot be noted it is said, and the file is as good.
pub(super) fn note_saved(id: &DocumentId, what: impl FnOnce(&mut Document)) {
    match data_dir().map(|data_dir| Library::in_folder(&data_dir).note(id, what)) {
        Ok(Ok(troubles)) => {
            // The rest was said when the document was opened to be read.
            let put_aside = |trouble: &&Trouble| matches!(trouble, Trouble::DatabaseDamaged(Some(_)));
            for trouble in troubles.iter().filter(put_aside) {
                say(format_args!("lightbar: {}", words_for::trouble(trouble).joined()));
            }
        }
        Ok(Err(error)) => {
            let trouble = DocumentTrouble::of(id, &error);
            say(format_args!("lightbar: {}", words_for::save_not_noted(&trouble).joined()));
        }
        Err(_) => {}
    }
}

/// Why something cannot be done with a document.
pub(super) fn failed(id: &DocumentId, error: &FolderError) -> CommandError {
    let trouble = DocumentTrouble::of(id, error);
    CommandError::failed(words_for::condition(&trouble), words_for::document_trouble(&trouble).joined())
}

pub(super) fn disk(error: &std::io::Error) -> CommandError {
    let trouble = DocumentTrouble::Disk(error.kind());
    CommandError::failed(words_for::condition(&trouble), words_for::document_trouble(&trouble).joined())
}

fn list(library: &Library, wanted: &Documents) -> Result<(), CommandError> {
    let entries = if wanted.trash { library.trash() } else { library.entries() };
    let mut entries = entries.map_err(|error| disk(&error))?;
    if let Some(words) = &wanted.search {
        entries.retain(|entry| entry.matches(words));
    }
    if wanted.json {
        let rows: Vec<Row<'_>> = entries.iter().map(row).collect();
        print(&serde_json::to_string(&rows).unwrap_or_default());
    } else if !entries.is_empty() {
        print(&table(&entries));
    } else if std::io::stdout().is_terminal() {
        // A program that reads lines finds none.
        print(words_for::empty_list(wanted.search.is_some(), wanted.trash));
    }
    Ok(())
}

fn row(entry: &Entry) -> Row<'_> {
    Row {
        id: entry.id.as_str(),
        title: entry.title.as_deref(),
        name: document_name(entry),
        pages: entry.pages,
        partial: entry.partial,
        damaged: entry.damaged,
        saved_to: entry.saved_to.as_deref().map(|path| path.to_string_lossy().into_owned()),
        began: entry.began,
        changed: entry.changed,
        bytes: entry.bytes,
        history_pages: entry.history.pages,
        history_bytes: entry.history.bytes,
        state: match entry.state {
            EntryState::Closed => "closed",
            EntryState::Open => "open",
            EntryState::Damaged => "damaged",
            EntryState::Newer => "newer",
        },
    }
}

fn table(entries: &[Entry]) -> String {
    let width = entries.iter().map(|entry| entry.id.as_str().len()).max().unwrap_or(0);
    let mut lines: Vec<String> = entries.iter().map(|entry| line(entry, width)).collect();
    let all: u64 = entries.iter().map(|entry| entry.bytes).sum();
    lines.push(words_for::in_all(entries.len(), &bytes(all as f64)));
    lines.join("\n")
}

fn line(entry: &Entry, width: usize) -> String {
    let date = entry.began.map(|seconds| Date::here(seconds).day()).unwrap_or_default();
    let mut line = format!(
        "{:width$}  {date:10}  {:>12}  {:>9}",
        entry.id.as_str(),
        words_for::pages(entry),
        bytes(entry.bytes as f64)
    );
    for remark in words_for::remarks(entry) {
        line += "  ";
        line += &remark;
    }
    line
}
