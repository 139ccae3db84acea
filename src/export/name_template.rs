//! File names from a template: `{date} {device}-{counter}.pdf`.
//!
//! A template is a file's name or a path; only its last part may have fields, and what a field becomes is cleaned, so
//! that no value leads out of the folder that a person chose.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ExportDocument;

/// Longest name, in bytes; file systems take no longer ones.
const LONGEST: usize = 255;
/// What is called nothing, in a name that has its date already.
const UNTITLED: &str = "Scan";
/// Digits of a page's number and of a counter, at least.
const DIGITS: usize = 3;
/// Counters tried before giving up: a folder with so many files of one name is a mistake.
const MOST_COUNTED: u32 = 100_000;

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate {
    folder: PathBuf,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

/// What a template can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `2026-11-21`.
    Date,
    /// `10-14-37`.
    Time,
    /// The number of the first page in the file, `001`.
    Page,
    /// How many pages are saved.
    Pages,
    /// The first number from 1 on whose name is free, `001`.
    Counter,
    /// The scanner's name.
    Device,
    /// The document's title, or the first file it came from. One without either has its date and time, or `Scan` where
    /// the template has a field for these.
    Title,
}

impl Field {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Field); 7] = [
        ("date", Field::Date),
        ("time", Field::Time),
        ("page", Field::Page),
        ("pages", Field::Pages),
        ("counter", Field::Counter),
        ("device", Field::Device),
        ("title", Field::Title),
    ];

    /// Whether a path has the name of a field in braces.
    pub fn is_named_in(path: &Path) -> bool {
        let path = path.to_string_lossy();
        Field::ALL.iter().any(|(name, _)| path.contains(&format!("{{{name}}}")))
    }
}

/// What the fields stand for in one save.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateValues {
    /// The day of the document, as people here write it in file names: `2026-11-21`.
    pub date: String,
    /// Its time, `10-14-37`.
    pub time: String,
    /// The scanner.
    pub device: String,
    /// What the document is called, if anything.
    pub title: Option<String>,
    /// How many pages are saved.
    pub pages: u32,
}

/// Why a template gives no names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A field that is not known. Helps: one of [`Field::ALL`], or `{{` where a brace is meant.
    #[error("{{{0}}} is not known")]
    Unknown(String),
    /// A brace without its other one. Helps: `{{` or `}}` where a brace is meant.
    #[error("a brace stands alone")]
    LoneBrace,
    /// A field in the name of a folder. Helps: fields in the file's name.
    #[error("a field in the name of a folder")]
    FieldInFolder,
    /// A folder in what is to be a file's name alone. Helps: choosing the folder apart.
    #[error("a folder in the name of a file")]
    FolderInName,
    /// The name is no text, or there is none.
    #[error("no name")]
    NoName,
    /// All numbers are taken. Helps: another folder.
    #[error("all numbers are taken")]
    AllTaken,
}

impl NameTemplate {
    /// Reads a template. `{{` and `}}` are braces.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn read(path: &Path) -> Result<NameTemplate, TemplateError> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or(TemplateError::NoName)?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        // A folder may be called so.
        if Field::is_named_in(&folder) && !folder.is_dir() {
            return Err(TemplateError::FieldInFolder);
        }
        Ok(NameTemplate { folder, pieces: pieces(name)? })
    }

    /// Whether it has this field.
    pub fn has(&self, field: Field) -> bool {
        self.pieces.contains(&Piece::Field(field))
    }

    /// Whether it has any field; else it is a name like any other.
    pub fn has_fields(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Field(_)))
    }

    /// The name of a file, with this page's number and this counter. It lies in the template's folder, whatever the
    /// values are.
    pub fn name(&self, values: &TemplateValues, page: u32, counter: u32) -> PathBuf {
        let digits = values.pages.to_string().len().max(DIGITS);
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => name += text,
                Piece::Field(Field::Date) => name += &clean(&values.date),
                Piece::Field(Field::Time) => name += &clean(&values.time),
                Piece::Field(Field::Page) => name += &format!("{page:0digits$}"),
                Piece::Field(Field::Pages) => name += &values.pages.to_string(),
                Piece::Field(Field::Counter) => name += &format!("{counter:0DIGITS$}"),
                Piece::Field(Field::Device) => name += &clean(&values.device),
                Piece::Field(Field::Title) => {
                    let is_dated = self.has(Field::Date) || self.has(Field::Time);
                    let otherwise = || match is_dated {
                        true => UNTITLED.to_owned(),
                        false => format!("{} {}", values.date, values.time),
                    };
                    name += &clean(&values.title.clone().unwrap_or_else(otherwise));
                }
            }
        }
        self.folder.join(fitted(&name))
    }

    /// The lowest counter behind this one whose name is not taken; the one behind it for a template without one.
    ///
    /// # Errors
    /// [`TemplateError::AllTaken`].
    pub fn free_counter(
        &self,
        values: &TemplateValues,
        page: u32,
        behind: u32,
        is_taken: impl Fn(&Path) -> bool,
    ) -> Result<u32, TemplateError> {
        let next = behind.saturating_add(1);
        if !self.has(Field::Counter) {
            return Ok(next);
        }
        let free = (next..=MOST_COUNTED).find(|counter| !is_taken(&self.name(values, page, *counter)));
        free.ok_or(TemplateError::AllTaken)
    }
}

impl TemplateValues {
    /// What the fields stand for when this document is saved. Date and time are those of its first page, here.
    pub fn of(document: &ExportDocument) -> TemplateValues {
        let seconds = i64::try_from(document.created).unwrap_or_default();
        let began = Timestamp::from_second(seconds).unwrap_or_default().to_zoned(TimeZone::system());
        TemplateValues {
            date: format!("{:04}-{:02}-{:02}", began.year(), began.month(), began.day()),
            time: format!("{:02}-{:02}-{:02}", began.hour(), began.minute(), began.second()),
            device: document.device.clone().unwrap_or_else(|| "scan".to_owned()),
            title: document.called.clone(),
            pages: u32::try_from(document.pages.len()).unwrap_or(u32::MAX),
        }
    }
}

fn pieces(name: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = name;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text += before;
        if let Some(behind) = from.strip_prefix("{{") {
            text.push('{');
            rest = behind;
        } else if let Some(behind) = from.strip_prefix("}}") {
            text.push('}');
            rest = behind;
        } else {
            let inner = from.strip_prefix('{').ok_or(TemplateError::LoneBrace)?;
            let (field, behind) = inner.split_once('}').ok_or(TemplateError::LoneBrace)?;
            let known = Field::ALL.iter().find(|(name, _)| *name == field);
            let (_, field) = known.ok_or_else(|| TemplateError::Unknown(field.to_owned()))?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Field(*field));
            rest = behind;
        }
    }
    text += rest;
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// A value without what has a meaning in paths, and without what nobody can see.
fn clean(value: &str) -> String {
    let one = |letter: char| if letter == '/' || letter == '\\' || letter.is_control() { '-' } else { letter };
    value.chars().map(one).collect::<String>().trim().to_owned()
}

/// A name that a file system takes: neither hidden nor a folder's, and not too long; its ending stays.
fn fitted(name: &str) -> OsString {
    let name = name.trim_start_matches(['.', ' ']);
    let name = if name.is_empty() { "scan" } else { name };
    if name.len() <= LONGEST {
        return name.into();
    }
    let path = Path::new(name);
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.filter(|ending| ending.len() <= 16).unwrap_or_default();
    let mut stem = name.strip_suffix(ending.as_str()).unwrap_or(name);
    while stem.len() + ending.len() > LONGEST {
        let mut letters = stem.chars();
        letters.next_back();
        stem = letters.as_str();
    }
    format!("{stem}{ending}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> TemplateValues {
        TemplateValues {
            date: "2026-11-21".to_owned(),
            time: "10-14-37".to_owned(),
            device: "EPSON ET-4850".to_owned(),
            title: None,
            pages: 12,
        }
    }

    fn name(template: &str) -> Result<String, TemplateError> {
        let template = NameTemplate::read(Path::new(template))?;
        Ok(template.name(&values(), 7, 3).to_string_lossy().into_owned())
    }

    #[test]
    fn fields_become_what_they_stand_for() {
        assert_eq!(name("a/{date} {device}.pdf").as_deref(), Ok("a/2026-11-21 EPSON ET-4850.pdf"));
        assert_eq!(name("{title}-{page}of{pages}.png").as_deref(), Ok("2026-11-21 10-14-37-007of12.png"));
        assert_eq!(name("{date} {title}.pdf").as_deref(), Ok("2026-11-21 Scan.pdf"), "no date twice");
        assert_eq!(name("{counter}_{{x}}.tif").as_deref(), Ok("003_{x}.tif"));
        assert_eq!(name("plain.pdf").as_deref(), Ok("plain.pdf"));
        assert_eq!(name("{dat}.pdf"), Err(TemplateError::Unknown("dat".to_owned())));
        assert_eq!(name("{date.pdf"), Err(TemplateError::LoneBrace));
        assert_eq!(name("date}.pdf"), Err(TemplateError::LoneBrace));
        assert_eq!(name("{date}/x.pdf"), Err(TemplateError::FieldInFolder));
        assert_eq!(name("/"), Err(TemplateError::NoName));
    }

    #[test]
    fn no_value_leads_out_of_the_folder() {
        let template = NameTemplate::read(Path::new("/scans/{title}.pdf")).expect("a template");
        for title in ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a\0b\nc", "..\\x", ".hidden"] {
            let values = TemplateValues { title: Some(title.to_owned()), ..values() };
            let name = template.name(&values, 1, 1);
            assert_eq!(name.parent(), Some(Path::new("/scans")), "{title:?}");
            let last = name.file_name().expect("it has a name").to_string_lossy().into_owned();
            assert!(!last.starts_with('.') && !last.contains(['/', '\0', '\n']), "{title:?}: {last:?}");
        }
        let long = TemplateValues { title: Some("ü".repeat(400)), ..values() };
        let name = template.name(&long, 1, 1);
        let last = name.file_name().expect("it has a name").to_string_lossy().into_owned();
        assert!(last.len() <= LONGEST && last.ends_with(".pdf"), "{}", last.len());
    }

    #[test]
    fn a_counter_finds_a_free_name() {
        let template = NameTemplate::read(Path::new("x-{counter}.pdf")).expect("a template");
        let taken = |path: &Path| path == Path::new("x-001.pdf") || path == Path::new("x-002.pdf");
        assert_eq!(template.free_counter(&values(), 1, 0, taken), Ok(3));
        assert_eq!(template.free_counter(&values(), 1, 0, |_| true), Err(TemplateError::AllTaken));
        let without = NameTemplate::read(Path::new("x.pdf")).expect("a template");
        assert_eq!(without.free_counter(&values(), 1, 0, |_| true), Ok(1));
    }
}
