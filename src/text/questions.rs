//! What the window asks before something is lost or left behind.

use std::path::PathBuf;

use super::errors::{Sentences, say};
use super::saving::{file_name, some_of};

/// The question before files are replaced, which lie in one folder.
pub fn replace_question(there: &[PathBuf]) -> Sentences {
    let folder = there.first().and_then(|first| first.parent());
    let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
    let names: Vec<String> = there.iter().map(|file| format!("“{}”", file_name(file))).collect();
    let names = some_of(&names);
    match there.len() {
        1 => say(
            "Replace the file?",
            format!("{names} is already in {folder}. The old file is lost when it is replaced."),
        ),
        count => say(
            format!("Replace {count} files?"),
            format!("{names} are already in {folder}. The old files are lost when they are replaced."),
        ),
    }
}

/// The answer that replaces so many files.
pub fn replace_answer(count: usize) -> String {
    if count == 1 { "Replace".to_owned() } else { format!("Replace {count} files") }
}
