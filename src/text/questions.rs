//! What the window asks before something is lost or left behind.

use std::path::Path;

use super::errors::{Sentences, say};

/// The question before a file is replaced.
pub fn replace_question(target: &Path) -> Sentences {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let folder = target.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    say("Replace the file?", format!("“{name}” is already in {folder}. The old file is lost when it is replaced."))
}
