//! What is said of files that are imported.

use std::io::ErrorKind;

use crate::import::{Demand, Foreign, ImportError, Limit, Remark};

use crate::session::ImportedFile;

use super::errors::{Sentences, count_pages, say};
use super::numbers::{self, grouped, page_list};

/// Why a file is not imported. `name` is what it is called.
pub fn refused(name: &str, error: &ImportError) -> Sentences {
    match error {
        ImportError::Unreadable(ErrorKind::NotFound) => {
            say(format!("There is no file {name}"), "Look at its name and folder for a slip.")
        }
        ImportError::Unreadable(ErrorKind::PermissionDenied) => {
            say(format!("{name} may not be read"), "Its owner or its permissions do not let you.")
        }
        ImportError::Unreadable(_) => {
            say(format!("{name} cannot be read"), "Look at the disk or connection it lies on.")
        }
        ImportError::NotAFile => say(format!("{name} is not a file"), "Import the files in it one by one."),
        ImportError::NotAPicture(foreign) => not_a_picture(name, *foreign),
        ImportError::Unsupported { page, what } => say(
            format!("{name}: page {page} is {what}, which Lightbar does not read"),
            "Save it again as a plainer PDF, TIFF, PNG or JPEG with the program it comes from.",
        ),
        ImportError::Broken { page } => say(
            format!("{name} is damaged{}", at(*page)),
            "Nothing of it was imported. Look for another copy of the file.",
        ),
        ImportError::TooLarge { page, limit } => too_large(name, *page, *limit),
        ImportError::Bomb { page } => say(
            format!("{name} unpacks to far more than it says{}", at(*page)),
            "Files are not made like this by accident. Nothing of it was imported.",
        ),
        ImportError::TooDemanding { page, what } => say(
            match what {
                Demand::Time => format!("{name} takes too long to read{}", at(*page)),
                Demand::Memory => format!("{name} needs more memory than Lightbar gives a file{}", at(*page)),
            },
            "Nothing of it was imported. Save it again as a plainer PDF, or print it to one.",
        ),
        ImportError::NeedsPassword => {
            say(format!("{name} opens with a password only"), "Give its password, then import it again.")
        }
        ImportError::WrongPassword => say(
            format!("The password does not open {name}"),
            "Look at its spelling, capital letters too, then try again.",
        ),
        ImportError::NoPages => say(format!("{name} has no page"), ""),
        ImportError::Full => {
            say("The disk is full", format!("Nothing of {name} was imported. Make room, then try again."))
        }
        ImportError::NotKept(_) => say(
            format!("The pages of {name} cannot be written"),
            "Look at the disk with Lightbar's documents. Nothing was imported.",
        ),
        ImportError::NoReader(_) => {
            say(format!("{name} cannot be read: the system starts no more programs"), "Close some, then try again.")
        }
        ImportError::Cancelled => say(format!("{name} was not imported: you stopped it"), ""),
    }
}

/// How a password gets to the program from the command line, where others could read it.
pub fn how_to_give_a_password() -> String {
    "`--password-file FILE` takes the password from the first line of a file.".to_owned()
}

/// Passwords that are right and do not open a file here.
pub fn which_passwords() -> String {
    "Files with older encryption than AES-256 open here with the password for opening them only, not with their owner's, and \
     often not with one that has letters like ä."
        .to_owned()
}

/// The question for the password of a file. `was_wrong`: one was typed that does not open it.
pub fn password_question(name: &str, was_wrong: bool) -> Sentences {
    let title = "This file needs a password";
    match was_wrong {
        true => say(title, format!("That password does not open “{name}”. Look at its spelling, capital letters too.")),
        false => {
            say(title, format!("“{name}” opens with a password only. Type it to import the file; it is kept nowhere."))
        }
    }
}

fn not_a_picture(name: &str, foreign: Option<Foreign>) -> Sentences {
    let is = match foreign {
        None => return say(format!("{name} is not a picture or PDF that Lightbar reads"), WHAT_IT_READS),
        Some(Foreign::Empty) => return say(format!("{name} is empty"), ""),
        Some(Foreign::Bmp) => "a Windows bitmap",
        Some(Foreign::Gif) => "a GIF",
        Some(Foreign::WebP) => "a WebP picture",
        Some(Foreign::Heic) => "a HEIC picture",
        Some(Foreign::Jpeg2000) => "a JPEG 2000 picture",
        Some(Foreign::JpegXl) => "a JPEG XL picture",
        Some(Foreign::Jbig2) => "a JBIG2 picture",
        Some(Foreign::Djvu) => "a DjVu document",
        Some(Foreign::PostScript) => "PostScript",
        Some(Foreign::Markup) => "text with markup",
        Some(Foreign::Zip) => "a ZIP archive or an office document",
    };
    say(format!("{name} is {is}, not a picture or PDF that Lightbar reads"), WHAT_IT_READS)
}

const WHAT_IT_READS: &str = "It reads PDF, TIFF, PNG and JPEG.";

/// ` on page 3`.
fn at(page: Option<u32>) -> String {
    page.map(|page| format!(" on page {page}")).unwrap_or_default()
}

fn too_large(name: &str, page: Option<u32>, limit: Limit) -> Sentences {
    let what = match page {
        Some(page) => format!("Page {page} of {name}"),
        None => name.to_owned(),
    };
    let (more, advice) = match limit {
        Limit::FileBytes(most) => {
            (format!("is larger than {}", numbers::bytes(most as f64)), "Split it into several files.")
        }
        Limit::Pages(most) => {
            (format!("has more than {} pages", grouped(u64::from(most))), "Split it into several files.")
        }
        Limit::Width(most) => (format!("is wider than {} pixels", grouped(u64::from(most))), SMALLER),
        Limit::Height(most) => (format!("is higher than {} pixels", grouped(u64::from(most))), SMALLER),
        Limit::Pixels(most) => (format!("has more than {} million pixels", grouped(most / 1_000_000)), SMALLER),
        Limit::Memory(most) => (format!("needs more than {} at once", numbers::bytes(most as f64)), SMALLER),
    };
    say(format!("{what} {more}, too large to be imported"), advice)
}

const SMALLER: &str = "Save it smaller, or in several parts.";

/// How many pages of a file came, and what is to be said of them.
pub fn imported(file: &ImportedFile) -> Sentences {
    say(format!("Imported {} from {}", count_pages(file.pages), file.name), remarks(file).join(" "))
}

/// What is to be said of a file that was imported: a sentence for each kind of thing.
pub fn remarks(file: &ImportedFile) -> Vec<String> {
    let mut kinds: Vec<(Kind, Vec<u32>)> = Vec::new();
    let mut of_the_file = Vec::new();
    for remark in &file.remarks {
        let Some((kind, page)) = kind_of(*remark) else {
            of_the_file.extend(whole_file(&file.name, *remark));
            continue;
        };
        match kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, pages)) => pages.push(page),
            None => kinds.push((kind, vec![page])),
        }
    }
    let of_pages = kinds.into_iter().map(|(kind, pages)| sentence(&file.name, kind, &page_list(&pages)));
    of_the_file.into_iter().chain(of_pages).collect()
}

/// What is true of all of a file.
fn whole_file(name: &str, remark: Remark) -> Option<String> {
    match remark {
        Remark::PagesNotThere(pages) => Some(format!(
            "{name} names {} more that cannot be found in it. Compare with the original.",
            count_pages(pages)
        )),
        Remark::FirstPictureOnly(pictures) => {
            Some(format!("{name} is a moving picture of {pictures}: only the first of them was imported."))
        }
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Partial,
    Mirrored,
    Coarse(u32),
    Missing,
    Profile,
    Repeated,
    Uneven,
    HiddenText,
    Notes,
}

/// What kind of thing is to be said of which page; `None` when it is of the whole file.
fn kind_of(remark: Remark) -> Option<(Kind, u32)> {
    Some(match remark {
        Remark::Partial(page) => (Kind::Partial, page),
        Remark::Mirrored(page) => (Kind::Mirrored, page),
        Remark::DrawnCoarsely(page, dpi) => (Kind::Coarse(dpi), page),
        Remark::SomethingMissing(page) => (Kind::Missing, page),
        Remark::ProfileLeftOut(page) => (Kind::Profile, page),
        Remark::RowsRepeated(page) => (Kind::Repeated, page),
        Remark::UnevenDots(page) => (Kind::Uneven, page),
        Remark::HiddenTextLeftOut(page) => (Kind::HiddenText, page),
        Remark::NotesLeftOut(page) => (Kind::Notes, page),
        Remark::PagesNotThere(_) | Remark::FirstPictureOnly(_) => return None,
    })
}

/// `pages` is like `page 3`, or `pages 1 and 4`.
fn sentence(name: &str, kind: Kind, pages: &str) -> String {
    match kind {
        Kind::Partial => format!("{name} breaks off in {pages}: what is there was imported, and is marked as partial."),
        Kind::Mirrored => format!("In {name}, {pages}: mirrored in the file, so decoded and put right."),
        Kind::Coarse(dpi) => format!("In {name}, {pages}: so large that it was drawn with {dpi} dpi only."),
        Kind::Missing => {
            format!("In {name}, {pages}: a font, a picture or a part cannot be read. Compare with the original.")
        }
        Kind::Profile => {
            format!("In {name}, {pages}: the colour profile was left out, so colours may look a little different.")
        }
        Kind::Repeated => format!("In {name}, {pages}: fewer rows than columns per inch, so each row was repeated."),
        Kind::Uneven => format!("In {name}, {pages}: other dots per inch across than down, so it looks stretched."),
        Kind::HiddenText => format!("In {name}, {pages}: recognised text behind the picture was left out."),
        Kind::Notes => {
            format!(
                "In {name}, {pages}: a filled-in field or a remark is not drawn, because the file does not say how it looks. Print it into a PDF first, or compare with the original."
            )
        }
    }
}

/// The line that `lightbar import` leaves: `imported 3 pages into 20261121-101437-000, “Bill and 2 more”`.
pub fn imported_into(pages: u32, partial: u32, document: &str, name: Option<&str>) -> String {
    let partial = if partial > 0 { format!(" ({partial} partial)") } else { String::new() };
    let name = name.map(|name| format!(", “{name}”")).unwrap_or_default();
    format!("imported {} into {document}{partial}{name}", count_pages(pages))
}
