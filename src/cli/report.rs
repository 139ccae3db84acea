//! The one line that `lightbar scan` leaves on standard output, and its exit status.

use std::borrow::Cow;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::export::NumberedDamage;
use crate::text::errors::{Sentences, count_pages};
use crate::text::export;

use super::CommandError;

/// The condition of a file that was saved and lacks pages of which there is nothing.
const PAGES_MISSING: &str = "PagesMissing";

/// The condition of a file that was saved and has pages only as far as the disk still has them.
pub(super) const PAGES_DAMAGED: &str = "PagesDamaged";

/// How a command ended: `scan`, `export`, `import` and `edit` have the same object, and some of them more in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How it ended, in a word.
    pub status: Status,
    /// The exit status of the program.
    pub exit: u8,
    /// The device that was used; `None` when none was found.
    pub device: Option<String>,
    /// Pages in the file, or in the document that was made or changed, partial ones included.
    pub pages: u32,
    /// Partial pages among them.
    pub partial: u32,
    /// Files written, or read.
    pub files: Vec<PathBuf>,
    /// Of `scan` the document's folder, when it was kept; of the other commands the document's name.
    pub document: Option<PathBuf>,
    /// What went wrong.
    pub error: Option<ReportedError>,
}

/// How `scan` ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All that was asked for, or all there was.
    Done,
    /// Ended with Ctrl+C.
    Cancelled,
    /// The feeder had no paper.
    Empty,
    /// Anything else.
    Failed,
}

impl Status {
    /// The program's exit status (design, section 7).
    pub const fn exit(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Empty => 3,
            Status::Cancelled => 130,
        }
    }
}

/// What went wrong, for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportedError {
    /// The device's condition, in a word.
    pub condition: String,
    /// The WIA code, as `0x8021…`.
    pub code: Option<String>,
    /// One or two sentences.
    pub message: String,
}

/// What is wrong with files that were saved.
pub(super) fn flaws(lacks: &[u32], damaged: &[NumberedDamage]) -> Option<ReportedError> {
    let reported = |condition: &str, sentences: &Sentences| ReportedError {
        condition: condition.to_owned(),
        code: None,
        message: sentences.joined(),
    };
    let missing = (!lacks.is_empty()).then(|| reported(PAGES_MISSING, &export::left_out(lacks)));
    let damaged = (!damaged.is_empty()).then(|| reported(PAGES_DAMAGED, &export::damaged(damaged)));
    match (missing, damaged) {
        (Some(missing), Some(damaged)) => {
            Some(ReportedError { message: format!("{} {}", missing.message, damaged.message), ..missing })
        }
        (missing, damaged) => missing.or(damaged),
    }
}

/// Where a file is, in words.
fn destination(file: &Path) -> String {
    if file.as_os_str() == "-" { "standard output".to_owned() } else { file.display().to_string() }
}

impl Report {
    /// The line for standard output: `saved 3 pages to x.pdf`, or nothing when nothing was saved.
    pub fn line(&self) -> Option<String> {
        let mut line = match (self.files.split_first(), &self.document) {
            (Some((first, _)), _) => format!("saved {} to {}", count_pages(self.pages), destination(first)),
            // Pages for a document alone.
            (None, Some(document)) if self.pages > 0 => {
                let name = document.file_name().unwrap_or_default().to_string_lossy();
                format!("added {} to {name}", count_pages(self.pages))
            }
            (None, _) => return None,
        };
        let more = self.files.get(1..).unwrap_or_default();
        if let Some(last) = more.last() {
            line += &format!(" … {}", last.display());
        }
        match self.partial {
            0 => {}
            1 => line += " (1 partial)",
            partial => line += &format!(" ({partial} partial)"),
        }
        Some(line)
    }

    /// Nothing was scanned, because of this.
    pub fn failure(error: &CommandError, device: Option<String>) -> Report {
        let CommandError { status, condition, message } = error;
        let told = ReportedError { condition: (*condition).to_owned(), code: None, message: message.clone() };
        Report {
            status: Status::Failed,
            exit: *status,
            device,
            pages: 0,
            partial: 0,
            files: Vec::new(),
            document: None,
            error: Some(told),
        }
    }

    /// The JSON object. Its names are part of the command line's contract (design, section 7).
    pub fn json(&self) -> String {
        self.json_with(&Nothing {})
    }

    /// The same with what one command has besides.
    pub(super) fn json_with(&self, more: &impl Serialize) -> String {
        let Report { status, exit, device, pages, partial, files, document, error } = self;
        let object = Object {
            status: *status,
            exit: *exit,
            device: device.as_deref(),
            pages: *pages,
            partial: *partial,
            files: files.iter().map(|file| file.to_string_lossy()).collect(),
            files_bytes: files
                .iter()
                .any(|file| file.to_str().is_none())
                .then(|| files.iter().map(|f| hex(f)).collect()),
            document: document.as_ref().map(|folder| folder.to_string_lossy()),
            document_bytes: document.as_ref().filter(|folder| folder.to_str().is_none()).map(|folder| hex(folder)),
            error: error.as_ref(),
            more,
        };
        // Text and numbers alone: there is nothing that could not be written.
        serde_json::to_string(&object).unwrap_or_default()
    }
}

/// Nothing besides.
#[derive(Serialize)]
struct Nothing {}

/// The object as programs read it. A file's name may be bytes that are no text; it is then told a second time.
#[derive(Serialize)]
struct Object<'a, More: Serialize> {
    status: Status,
    exit: u8,
    device: Option<&'a str>,
    pages: u32,
    partial: u32,
    files: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_bytes: Option<Vec<String>>,
    document: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_bytes: Option<String>,
    error: Option<&'a ReportedError>,
    #[serde(flatten)]
    more: &'a More,
}

/// The bytes of a name, two hexadecimal digits each.
fn hex(name: &Path) -> String {
    let mut digits = String::new();
    for byte in name.as_os_str().as_bytes() {
        // A string takes everything.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(pages: u32, files: &[&str]) -> Report {
        Report {
            status: Status::Done,
            exit: 0,
            device: Some("virtual:feeder".to_owned()),
            pages,
            partial: 0,
            files: files.iter().map(PathBuf::from).collect(),
            document: None,
            error: None,
        }
    }

    #[test]
    fn the_line_and_the_object_are_as_the_design_says() {
        assert_eq!(report(3, &["x.pdf"]).line().as_deref(), Some("saved 3 pages to x.pdf"));
        assert_eq!(report(1, &["x.pdf"]).line().as_deref(), Some("saved 1 page to x.pdf"));
        assert_eq!(report(0, &[]).line(), None);
        let json = report(3, &["x.pdf"]).json();
        let expected = r#"{"status":"done","exit":0,"device":"virtual:feeder","pages":3,"partial":0,"files":["x.pdf"],"document":null,"error":null}"#;
        assert_eq!(json, expected);
    }
}
