//! Files made of documents, in words: why one cannot be saved, what it lacks, how large it will be, and its name.

use std::path::PathBuf;

use crate::export::{ExportError, Field, Impossible, NumberedDamage, TemplateError};

use super::command_line::many_files_to_stdout;
use super::documents::rows_left;
use super::errors::{Sentences, count_pages, disk_failing, say};
use super::numbers::{bytes, page_list};
use super::saving::some_of;

/// A file that cannot be saved. What was scanned is kept.
pub fn failed(error: &ExportError) -> Sentences {
    match error {
        ExportError::NoPages => say(
            "There is no page that can be saved",
            "Nothing was scanned, or what came is not a picture. All that came is kept.",
        ),
        ExportError::NothingLeft => say(
            "Nothing can be read any more of what was to be saved",
            "Its files are damaged or gone. If there is a copy of the document's page files, put it back.",
        ),
        ExportError::Exists(path) => {
            say(format!("{} exists already", path.display()), "Choose another name, or replace it.")
        }
        ExportError::SeveralExist(paths) => say(several_exist(paths), "Choose another name, or replace them."),
        ExportError::SameFile { first, second } => say(
            format!("{} and {} are the same file", first.display(), second.display()),
            "One of them is a link. Choose another name, or remove the link. Nothing was saved.",
        ),
        ExportError::NoFolder(path) => {
            say(format!("There is no folder {}", path.display()), "Create it, or choose another one.")
        }
        ExportError::NotAFile(path) => say(format!("{} is not a file", path.display()), "Choose another name."),
        ExportError::NameTooLong(path) => say(
            format!("The name {} is too long", path.display()),
            "Choose a shorter one: most file systems take 255 bytes, and some fewer.",
        ),
        ExportError::DanglingLink { link, to } => say(
            format!("{} is a link to {}, which is not there", link.display(), to.display()),
            "Remove the link, or choose another name.",
        ),
        ExportError::LinkLoop(link) => say(
            format!("{} is a link that leads in a circle", link.display()),
            "Remove the link, or choose another name.",
        ),
        ExportError::NotWritable { path, .. } => {
            say(format!("{} cannot be written", path.display()), "Check its permissions, or choose another folder.")
        }
        ExportError::Full => {
            say("The disk is full", "Make room or choose another disk, then save again. The pages are kept.")
        }
        ExportError::ScratchFull(folder) => say(
            format!("There is no room left in {}", folder.display()),
            "A TIFF file is put together there before it is passed on. Make room, or choose pdf. The pages are kept.",
        ),
        ExportError::NotTaken(kind) => say(
            format!("Standard output takes no more ({kind})"),
            "What was passed on so far is not a whole file. The pages are kept.",
        ),
        ExportError::SeveralPages => many_files_to_stdout(),
        ExportError::Cancelled => say("Saving was cancelled", "The pages are kept."),
        ExportError::PageUnreadable(_) => {
            say("A page could not be read back from the disk", "The disk may be failing. The other pages are kept.")
        }
        ExportError::NotPossible(_) => {
            say("One of the pages cannot be saved in this format", "Choose another format. The pages are kept.")
        }
        ExportError::Impossible(why) => impossible(*why),
        ExportError::CheckFailed(_) => say(
            "The saved file is not what was written",
            "The disk may be failing: save to another one. The pages are kept.",
        ),
        ExportError::Name(error) => template(error),
        ExportError::Busy => say("Another save is under way", "Wait until it is done, or cancel it."),
        ExportError::DiskFailing => disk_failing("Save to another one. The pages are kept."),
        ExportError::Io(kind) => say(format!("Saving failed ({kind})"), "Save to another folder. The pages are kept."),
    }
}

/// A scan that could not be saved by itself.
pub fn auto_save_failed(error: &ExportError) -> Sentences {
    let why = match error {
        ExportError::NoFolder(folder) => format!(
            "There is no folder {}. The pages are safe in the document. The next scan is saved there once it is back.",
            folder.display()
        ),
        error => format!("{} The pages are safe in the document.", failed(error).joined()),
    };
    say("This scan was not saved to its folder", why)
}

/// How many of a save's files are there already, and which.
pub(super) fn several_exist(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    format!("{} files exist already: {}", paths.len(), some_of(&names))
}

/// Wishes for a file that cannot be had, or not together.
fn impossible(why: Impossible) -> Sentences {
    match why {
        Impossible::ArchiveWithPassword => {
            say("An archive (PDF/A) cannot have a password", "Save without the password, or as an ordinary PDF.")
        }
        Impossible::EmptyPassword => say("The password is empty", "Type one, or save without a password."),
        Impossible::PasswordTooLong => say(
            "The password is too long",
            "A PDF takes 127 bytes: about as many letters, or fewer when they have accents.",
        ),
        Impossible::PasswordCharacters => say(
            "The password has characters that PDF programs do not take",
            "Leave out control characters and what does not show.",
        ),
        Impossible::TextTooLong => {
            say("The title, the author, the subject or the keywords are too long", "Use fewer than 8,000 letters each.")
        }
        Impossible::GroupFourOfMoreThanBlackAndWhite(_) => say(
            "Group 4 is for black and white alone, and one of the pages has more",
            "Choose another compression, or make the page black and white.",
        ),
        Impossible::NoArchivePage(_) => say(
            "One of the pages is too long for its width to be in an archive (PDF/A)",
            "Save as an ordinary PDF, or crop the page in another way.",
        ),
    }
}

/// A template that gives no names of files.
pub fn template(error: &TemplateError) -> Sentences {
    let fields: Vec<String> = Field::ALL.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    let fields = fields.join(", ");
    match error {
        TemplateError::Unknown(field) => {
            say(format!("{{{field}}} is no field of a file name"), format!("Fields are {fields}; {{{{ is a brace."))
        }
        TemplateError::LoneBrace => {
            say("A brace stands alone in the file name", format!("Fields are {fields}; {{{{ and }}}} are braces."))
        }
        TemplateError::FieldInFolder => say("A folder's name cannot have fields", "Put them into the file's name."),
        TemplateError::FolderInName => say(
            "The name of a file cannot have a folder in it",
            "Choose the folder in its own field, and leave out “/”.",
        ),
        TemplateError::NoName => say("There is no file name", "Name a file, not a folder."),
        TemplateError::AllTaken => say("All numbers of this file name are taken", "Choose another folder or name."),
    }
}

/// What a saved file has less well than the document.
pub fn encoded_again(pages: usize) -> Option<String> {
    let count = count_pages(u32::try_from(pages).unwrap_or(u32::MAX));
    let (were, them) = if pages == 1 { ("was", "it") } else { ("were", "them") };
    (pages > 0)
        .then(|| format!("{count} {were} encoded again as JPEG, because of what was done to {them} or asked for"))
}

/// Pages of which a quality was asked for, and that have the scanner's own.
pub fn copied_as_they_came(pages: usize) -> Option<String> {
    let count = count_pages(u32::try_from(pages).unwrap_or(u32::MAX));
    let (are, them) = if pages == 1 { ("is", "it") } else { ("are", "them") };
    (pages > 0).then(|| format!("{count} {are} the scanner's own JPEG, copied: --jpeg-quality does not change {them}"))
}

/// Pages that could not be saved, by their numbers in the document.
pub fn left_out(numbers: &[u32]) -> Sentences {
    say(
        format!("Nothing is there of {} to be saved", page_list(numbers)),
        "The file has the others. Delete what is missing from the document, or put its page files back.",
    )
}

/// So many pages are named; more are not read.
const NAMED_AT_MOST: usize = 10;

/// Pages that are in a file without what their own files have lost.
pub fn damaged(pages: &[NumberedDamage]) -> Sentences {
    let named = pages.iter().take(NAMED_AT_MOST);
    let each: Vec<String> =
        named.map(|page| format!("page {} ({})", page.number, rows_left(page.rows, page.had))).collect();
    let more = if pages.len() > each.len() { " …" } else { "" };
    say(
        format!("Damaged on the disk: {}{more}", each.join(", ")),
        "The file has of each what can be read. If there is a copy of the document's page files, put it back.",
    )
}

/// How large a file would be.
pub fn about_so_large(size: u64, exact: bool) -> String {
    let size = bytes(size as f64);
    if exact { size } else { format!("about {size}, as far as can be said before") }
}
