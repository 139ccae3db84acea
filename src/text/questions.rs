//! What the window asks before something is lost or left behind.

use std::path::Path;

use crate::document::Unsaved;
use crate::session::Snapshot;

use super::errors::{Sentences, count_pages, say};

/// The question before a file is replaced.
pub fn replace_question(target: &Path) -> Sentences {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let folder = target.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    say("Replace the file?", format!("“{name}” is already in {folder}. The old file is lost when it is replaced."))
}

/// The question before a window is closed over pages that no saved file has.
pub fn close_question(shown: &Snapshot) -> Sentences {
    let all = u32::try_from(shown.pages.len()).unwrap_or(u32::MAX);
    let mut words = match shown.unsaved {
        Unsaved::Pages(pages) if pages < all => format!("{pages} of {} not saved.", are(all)),
        Unsaved::Pages(pages) => format!("{} not saved.", are(pages)),
        Unsaved::Changes | Unsaved::Nothing => "The document was changed after it was saved.".to_owned(),
    };
    if shown.scan.job().is_some() {
        words += " The scan that is under way ends when you save or close.";
    }
    if let Some(folder) = &shown.document {
        words += &format!(
            " Without saving, what was scanned stays in\n{}\nOpening it again from there comes with a later version.",
            folder.display()
        );
    }
    say("Save before closing?", words)
}

/// `1 page is`, `3 pages are`.
fn are(pages: u32) -> String {
    format!("{} {}", count_pages(pages), if pages == 1 { "is" } else { "are" })
}
