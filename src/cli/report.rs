//! The one line that `lightbar scan` leaves on standard output, and its exit status.

use std::path::PathBuf;

use serde::Serialize;

use crate::text::errors::count_pages;

/// How `scan` ended. The JSON names are part of the command line's contract (design, section 7).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How it ended, in a word.
    pub status: Status,
    /// The exit status of the program.
    pub exit: u8,
    /// The device that was used; `None` when none was found.
    pub device: Option<String>,
    /// Pages in the file, partial ones included.
    pub pages: u32,
    /// Partial pages among them.
    pub partial: u32,
    /// Files written.
    pub files: Vec<PathBuf>,
    /// The document's folder, when it was kept.
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

impl Report {
    /// The line for standard output: `saved 3 pages to x.pdf`, or nothing when nothing was saved.
    pub fn line(&self) -> Option<String> {
        let (first, more) = self.files.split_first()?;
        let mut line = format!("saved {} to {}", count_pages(self.pages), first.display());
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

    /// The JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
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
