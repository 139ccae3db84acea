//! The arguments of commands on documents that are kept.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::cli::page_list::PageList;
use crate::export::FileFormat;
use crate::units::{Area, Length};

use super::HowToSave;
use super::values::{at_least_one, gray, more_or_less, percent_within, whole};

/// How documents are named.
const DOCUMENTS: &str = "\
Documents are named by the name that `lightbar documents` lists, its beginning if only one begins so, \
or `last`: the one that was shown or changed last.";

/// How pages are named.
const PAGES: &str = "\
Pages are named by their numbers in the document: 3, 1-4, 2,5-7, 4- (to the end), odd, even, all.";

/// `lightbar documents`.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = format!("{DOCUMENTS}"))]
pub struct Documents {
    /// What to do; nothing: list them.
    #[command(subcommand)]
    pub action: Option<DocumentsAction>,

    /// Only those with these words in name, title, file or date (2026-11-21)
    #[arg(long, value_name = "WORDS")]
    pub search: Option<String>,

    /// Those in the trash
    #[arg(long)]
    pub trash: bool,

    /// Print an array of objects instead of a table
    #[arg(long)]
    pub json: bool,
}

/// What to do with documents.
#[derive(Clone, Debug, Subcommand)]
pub enum DocumentsAction {
    /// Move documents to the trash
    Delete {
        /// Their names
        #[arg(value_name = "DOC", required = true)]
        documents: Vec<String>,
    },
    /// Take documents out of the trash
    Restore {
        /// Their names
        #[arg(value_name = "DOC", required = true)]
        documents: Vec<String>,
    },
    /// Remove for good what lies in the trash
    EmptyTrash,
    /// Remove documents for good that lie in the trash
    DeleteForever {
        /// Their names
        #[arg(value_name = "DOC", required = true)]
        documents: Vec<String>,
    },
    /// Remove what only undo needs: deleted pages and the way back to them
    Clean {
        /// Their names
        #[arg(value_name = "DOC", required = true)]
        documents: Vec<String>,
    },
    /// Read every page of documents, and name what is damaged
    Check {
        /// Their names; none: all documents
        #[arg(value_name = "DOC")]
        documents: Vec<String>,
        /// Print an array of objects instead of lines
        #[arg(long)]
        json: bool,
    },
}

impl Documents {
    /// Whether the result is wanted as objects.
    pub fn wants_json(&self) -> bool {
        self.json || matches!(self.action, Some(DocumentsAction::Check { json: true, .. }))
    }
}

/// How `lightbar edit` ends.
const EDITS: &str = "\
Everything can be taken back with undo, also much later. With --json the line is one object, like that \
of scan: status, exit, device, pages, partial, files, document (its name), error; and besides changed, \
undo, redo, and without_partner where sides were combined that do not go up.";

/// `lightbar edit`.
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("{PAGES}\n\n{DOCUMENTS}\n\n{EDITS}"))]
pub struct Edit {
    /// The document
    #[arg(value_name = "DOC")]
    pub document: String,

    /// What to change.
    #[command(subcommand)]
    pub action: EditAction,

    /// Print the result as one JSON object
    #[arg(long, global = true)]
    pub json: bool,
}

/// A change.
#[derive(Clone, Debug, Subcommand)]
pub enum EditAction {
    /// Turn pages clockwise
    Rotate {
        /// By how many degrees
        #[arg(long, value_name = "DEGREES", value_enum, default_value_t = Turn::Quarter)]
        by: Turn,
        /// Which pages
        #[arg(long, value_name = "PAGES", default_value = "all")]
        pages: PageList,
    },
    /// Leave a part of pages; the rest comes back with --whole
    #[command(group(ArgGroup::new("part_of").args(["part", "whole"]).required(true)))]
    Crop {
        /// The part as it is seen: left, top, width and height in millimetres, like 10,20,100x150
        #[arg(long, value_name = "PART")]
        part: Option<PartOfPage>,
        /// All of the page again
        #[arg(long)]
        whole: bool,
        /// Which pages
        #[arg(long, value_name = "PAGES", default_value = "all")]
        pages: PageList,
    },
    /// Make pages lighter or darker, with more or less contrast, or black and white; without options as they came
    Tone {
        /// From -100 (dark) to 100
        #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = more_or_less, allow_negative_numbers = true)]
        brightness: i8,
        /// From -100 (flat) to 100
        #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = more_or_less, allow_negative_numbers = true)]
        contrast: i8,
        /// Black and white: what is darker than this, from 0 to 255, becomes black
        #[arg(long, value_name = "GRAY", value_parser = gray)]
        threshold: Option<u8>,
        /// Which pages
        #[arg(long, value_name = "PAGES", default_value = "all")]
        pages: PageList,
    },
    /// Take pages out
    Delete {
        /// Which pages
        #[arg(value_name = "PAGES")]
        pages: PageList,
    },
    /// Take all pages out
    Clear,
    /// Move pages behind another one
    Move {
        /// Which pages; they keep the order in which they are named
        #[arg(value_name = "PAGES")]
        pages: PageList,
        /// The page that is to be before them; 0 is the start
        #[arg(long, value_name = "PAGE", value_parser = whole)]
        after: u32,
    },
    /// Let a page take another one's place
    Replace {
        /// The page that goes
        #[arg(value_name = "PAGE", value_parser = at_least_one)]
        old: NonZeroU32,
        /// The page that takes its place
        #[arg(long, value_name = "PAGE", value_parser = at_least_one)]
        with: NonZeroU32,
    },
    /// Make two pages of one
    Split {
        /// The page
        #[arg(value_name = "PAGE", value_parser = at_least_one)]
        page: NonZeroU32,
        /// Where: percent of its width, or with --across of its height
        #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = percent_within)]
        at: u8,
        /// Into an upper and a lower half, instead of left and right
        #[arg(long)]
        across: bool,
    },
    /// Combine the sides of sheets that went through twice: a front, its back, the next front. Of passes of unequal
    /// length the pages without another side come last, and are named
    Combine {
        /// The fronts, in order
        #[arg(long, value_name = "PAGES")]
        fronts: PageList,
        /// The backs
        #[arg(long, value_name = "PAGES")]
        backs: PageList,
        /// The stack was turned over as a whole: the last back came first
        #[arg(long)]
        reversed: bool,
    },
    /// Call the document something; without a title it has none
    Title {
        /// The title
        #[arg(value_name = "TITLE")]
        title: Option<String>,
    },
    /// Take changes back
    Undo {
        /// How many
        #[arg(value_name = "N", default_value = "1", value_parser = at_least_one)]
        changes: NonZeroU32,
    },
    /// Make changes again that were taken back
    Redo {
        /// How many
        #[arg(value_name = "N", default_value = "1", value_parser = at_least_one)]
        changes: NonZeroU32,
    },
}

/// Quarter turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Turn {
    /// To the right
    #[value(name = "90")]
    Quarter,
    /// Upside down
    #[value(name = "180")]
    Half,
    /// To the left
    #[value(name = "270")]
    ThreeQuarters,
}

/// A part of a page, from its upper left corner as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOfPage(pub Area);

/// Longest side of a page, in millimetres.
const LONGEST: f64 = 100_000.0;

impl std::str::FromStr for PartOfPage {
    type Err = String;

    fn from_str(text: &str) -> Result<PartOfPage, String> {
        let wrong = || "a part is left, top, width and height in millimetres, like 10,20,100x150".to_owned();
        let number = |text: &str| -> Option<f64> {
            text.trim().parse().ok().filter(|number: &f64| (0.0..=LONGEST).contains(number))
        };
        let text = text.trim_end_matches("mm");
        let mut parts = text.split([',', 'x']).map(number);
        let mut next = || parts.next().flatten().ok_or_else(wrong);
        let (left, top, width, height) = (next()?, next()?, next()?, next()?);
        let is_one = parts.next().is_none() && text.matches('x').count() == 1 && width > 0.0 && height > 0.0;
        let [x, y, width, height] =
            [left, top, width, height].map(|mm| Length::from_micrometres((mm * 1000.0).round() as i64));
        if is_one { Ok(PartOfPage(Area { x, y, width, height })) } else { Err(wrong()) }
    }
}

/// How `lightbar export` is used.
const EXPORTS: &str = "\
Examples:
  lightbar export last -o letter.pdf
  lightbar export 20261121-101437-000 --pages 2-4 -o pages.tif
  lightbar export last --quality small --author Me -o '{date} {title}.pdf'
  lightbar export last --pages-per-file 2 -o 'sheet-{counter}.pdf'
  lightbar export last --format pdf -o - | lpr

With --json the line is one object, like that of scan: status, exit, device, pages, partial, files, \
document (its name), error; and besides left_out, damaged and encoded_anew, numbers of pages. Exit status: 0 done, 1 failed \
or not all pages could be saved, 2 wrong usage, 130 cancelled with Ctrl+C.";

/// `lightbar export`.
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("{EXPORTS}\n\n{PAGES}\n\n{DOCUMENTS}"))]
pub struct Export {
    /// The document
    #[arg(value_name = "DOC")]
    pub document: String,

    /// File to write, like letter.pdf, .tif, .png or .jpg; `-` is standard output, for one file. Fields like {date},
    /// {time}, {counter}, {page}, {device} and {title} become what they say in the name of the file, not of a folder
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Which pages
    #[arg(long, value_name = "PAGES", default_value = "all")]
    pub pages: PageList,

    /// Only say how large it would be
    #[arg(long)]
    pub estimate: bool,

    /// What to write; without it what the file's ending says
    #[arg(long, value_enum)]
    pub format: Option<FileFormatName>,

    /// How the file is to be.
    #[command(flatten)]
    pub file: HowToSave,

    /// Replace files that exist
    #[arg(long)]
    pub overwrite: bool,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Export {
    /// Whether the pages go to standard output.
    pub fn is_to_stdout(&self) -> bool {
        self.output.as_os_str() == "-"
    }
}

/// A format of files that are made of a document, by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormatName {
    /// One file with all pages; the scanner's own JPEG goes in unchanged
    Pdf,
    /// One file with all pages, without loss
    Tiff,
    /// A file per page, without loss
    Png,
    /// A file per page; the scanner's own JPEG as it came
    Jpeg,
}

impl From<FileFormatName> for FileFormat {
    fn from(name: FileFormatName) -> FileFormat {
        match name {
            FileFormatName::Pdf => FileFormat::Pdf,
            FileFormatName::Tiff => FileFormat::Tiff,
            FileFormatName::Png => FileFormat::Png,
            FileFormatName::Jpeg => FileFormat::Jpeg,
        }
    }
}

/// How `lightbar import` is used, and how it ends.
const IMPORTS: &str = "\
Examples:
  lightbar import letter.pdf
  lightbar import page1.png page2.png --title \"Contract\"
  lightbar import appendix.tif --append last

A page of a PDF that is one picture is taken out as it is; other pages are drawn. All pages of a file \
come in, or none does. Ctrl+C stops; files that were done by then stay imported. A new \
document is named after its first file until somebody gives it a title.

With --json the line is one object, like that of scan: status, exit, device, pages, partial, files, \
document (its name), error; and besides name (what the list calls it), imported (name and pages of each \
file), refused, remarks. Exit status: 0 all files came in, 1 one did not, 2 wrong usage, 130 cancelled with \
Ctrl+C.";

/// `lightbar import`.
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("{IMPORTS}\n\n{DOCUMENTS}"))]
pub struct Import {
    /// Files, in the order in which their pages are wanted
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Add the pages to this document instead of making a new one
    #[arg(long, value_name = "DOC")]
    pub append: Option<String>,

    /// What the new document is to be called; `lightbar edit DOC title` gives another name to one that is there
    #[arg(long, value_name = "TITLE", conflicts_with = "append")]
    pub title: Option<String>,

    /// Open PDF files that need one with the password in the first line of this file; -: standard input
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_four_numbers() {
        let read = |text: &str| {
            let part = text.parse::<PartOfPage>().ok()?.0;
            Some([part.x, part.y, part.width, part.height].map(Length::mm))
        };
        assert_eq!(read("10,20,100x150"), Some([10.0, 20.0, 100.0, 150.0]));
        assert_eq!(read("0, 0, 10.5 x 20mm"), Some([0.0, 0.0, 10.5, 20.0]));
        for wrong in ["", "1,2,3", "1,2,3,4", "1x2x3x4", "1,2,0x5", "-1,2,3x4", "1,2,3x4,5", "nan,0,1x1", "1,2,1e9x1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
