//! Documents that are kept, in words: what is not as it was left, and what cannot be done with one.

use std::io::ErrorKind;

use crate::document::Trouble;
use crate::session::DocumentTrouble;

use super::errors::{Sentences, count_pages, say};

/// Something of a document that is not as it was left.
pub fn trouble(trouble: &Trouble) -> Sentences {
    match trouble {
        Trouble::DatabaseDamaged(kept) => say(
            "The document's database was damaged",
            format!(
                "The pages are here; their order, what was done to them and the way back may be lost. The damaged \
                 database was kept as {}.",
                kept.display()
            ),
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
        Trouble::PagesFound(pages) => say(
            format!("{} found again", count_pages(u32::try_from(pages.len()).unwrap_or(u32::MAX))),
            "The program ended before they were noted. They are at the end of the document.",
        ),
    }
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
            say("A scan or a save is under way", "Wait until it has ended, or stop it, then try again.")
        }
        DocumentTrouble::Disk(kind) => say("The documents cannot be used", disk(*kind)),
    }
}

/// A change that is made but not written down.
pub fn not_written_down(kind: ErrorKind) -> Sentences {
    let what = "The last change is not on the disk yet; it is written with the next one.";
    say("The change could not be written down", format!("{what} {}", disk(kind)))
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
