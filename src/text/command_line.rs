//! What the command line says besides errors, and what is wrong with its arguments.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::export::{BatchNameError, MOST_DIGITS, Netpbm};
use crate::minidriver::ColorMode;

use super::errors::{Sentences, count_pages, say};
use super::export::several_exist;

/// The feeder had fewer pages than were wanted.
pub fn fewer_pages(scanned: u32, wanted: u32) -> String {
    format!("the feeder is empty: {scanned} of {wanted} pages scanned")
}

/// Where what was scanned is to be found.
pub fn document_kept(folder: &Path) -> String {
    format!("the document is kept in {}", folder.display())
}

/// Ctrl+C came before anything else.
pub const NOTHING_HAD_ARRIVED: &str = "cancelled, nothing had arrived";

/// Ctrl+C ended a job whose images went out as they came.
pub fn cancelled_after(pages: u32) -> String {
    format!("cancelled after {}", count_pages(pages))
}

/// Files are in the way, and an option allows to replace them.
pub fn exist(files: &[PathBuf]) -> Sentences {
    match files {
        [file] => {
            say(format!("{} exists already", file.display()), "Choose another name, or replace it with --overwrite.")
        }
        files => say(several_exist(files), "Choose another name, or replace them with --overwrite."),
    }
}

/// Images that go out as they come are in no document.
pub fn pipe_and_document() -> Sentences {
    say("Netpbm images go out as they come and into no document", "Leave out --append, or name another format.")
}

/// An option that another format has.
pub fn foreign_to_format(option: &str) -> Sentences {
    say(format!("{option} means nothing for this kind of file"), "Leave it out, or choose another format.")
}

/// The file with the password cannot be read.
pub fn password_file(file: &Path, kind: ErrorKind) -> Sentences {
    let file = file.display();
    let title = match kind {
        ErrorKind::NotFound => format!("There is no file {file} with a password"),
        ErrorKind::PermissionDenied => format!("The password in {file} may not be read by you"),
        ErrorKind::IsADirectory => format!("{file} is a folder and has no password"),
        ErrorKind::InvalidData => format!("The first line of {file} is no text in UTF-8"),
        ErrorKind::TimedOut => format!("Nobody has written a password into {file}"),
        _ => format!("The password in {file} cannot be read"),
    };
    say(title, "Name a text file with it in its first line, or - for standard input.")
}

/// Ctrl+C while a password is waited for.
pub fn no_password_meanwhile() -> Sentences {
    say("Stopped while a password was waited for", "Nothing was done.")
}

/// The system does not say where this person's files belong; a variable can.
pub fn no_home(variable: &str) -> Sentences {
    say("There is no home directory", format!("Say where documents are to be kept with {variable}."))
}

/// A folder that was named does not come to be.
pub fn folder_not_created(folder: &Path, kind: ErrorKind) -> Sentences {
    say(format!("{} cannot be created ({kind})", folder.display()), "Name another folder.")
}

/// A fault that no virtual scanner has.
pub fn bad_fault(text: &str, error: &dyn Display) -> Sentences {
    say(format!("--fault {text}: {error}"), "")
}

/// An address that nobody can listen at.
pub fn cannot_listen(address: SocketAddr, kind: ErrorKind) -> Sentences {
    say(format!("Nobody can be served at {address} ({kind})"), "Choose another port; 0 takes a free one.")
}

/// A virtual scanner that no network protocol fits.
pub fn usb_alone(model: &str) -> Sentences {
    say(format!("--http: virtual:{model} has a protocol of its own, for USB alone"), "Use --usbip.")
}

/// A virtual scanner without a button.
pub fn no_button(model: &str) -> Sentences {
    say(format!("--press: virtual:{model} has no scan button"), "virtual:legacy has one.")
}

/// A fault that this virtual scanner cannot have.
pub fn foreign_fault(fault: &str, model: &str, its_own: &[&str]) -> Sentences {
    say(
        format!("--fault {fault}: virtual:{model} cannot go wrong in this way"),
        format!("It can do {}.", enumerated(its_own)),
    )
}

/// What the log is to tell cannot be read.
pub fn bad_log_filter(error: &dyn Display) -> Sentences {
    say(format!("--log: {error}"), "A filter is like debug, or lightbar::http=trace.")
}

/// A program without a window was started to open one.
pub fn no_window() -> Sentences {
    say("This program was built without its window", "`lightbar scan --help` says how to scan.")
}

/// A pattern that gives no names for a batch.
pub fn batch_pattern(error: &BatchNameError) -> Sentences {
    match error {
        BatchNameError::NoNumber => say(
            "The name of a batch needs a %d",
            "Write something like page%03d.pnm: the number of the page stands there.",
        ),
        BatchNameError::SeveralNumbers => {
            say("The name of a batch has two numbers", "Only the number of the page goes there: write one %d.")
        }
        BatchNameError::NumberInFolder => {
            say("The number of a batch stands in the name of a folder", "Put the %d into the name of the file.")
        }
        BatchNameError::Unknown(what) => say(
            format!("{what} means nothing in the name of a batch"),
            "Write %d or %03d for the number of the page, and %% for a percent sign.",
        ),
        BatchNameError::TooManyDigits => {
            say("The number of a batch has too many digits", format!("At most {MOST_DIGITS}, like %0{MOST_DIGITS}d."))
        }
    }
}

/// The ending of a name promises less than the pages are.
pub fn poorer_ending(file: &Path, ending: Netpbm, mode: ColorMode) -> Sentences {
    let (holds, choose) = match ending {
        Netpbm::Pbm => ("black and white", "--mode lineart, where the scanner has it"),
        Netpbm::Pgm => ("gray", "--mode gray"),
        Netpbm::Ppm => ("colour", "another mode"),
    };
    let pages = match mode {
        ColorMode::LineArt | ColorMode::Gray | ColorMode::Gray16 => "gray",
        ColorMode::Color | ColorMode::Color48 => "in colour",
    };
    say(
        format!("{} is a name for {holds}, and the pages are {pages}", file.display()),
        format!("Choose {choose}, or name it .pnm, which holds any of them."),
    )
}

/// Pages on a screen of letters help nobody.
pub fn pages_to_a_terminal() -> Sentences {
    say("Standard output is a terminal", "Pass the pages on with | or >, or name a file with -o.")
}

/// Standard output is closed.
pub fn stdout_leads_nowhere() -> Sentences {
    say("Standard output is closed", "Nobody would get the pages. Pass them on with | or >, or name a file with -o.")
}

/// The system gives nothing to work with: no thread, no signals.
pub fn system(kind: ErrorKind) -> Sentences {
    say(format!("The system is short of something ({kind})"), "Close other programs and try again.")
}

/// There is no display to open a window on.
pub fn no_display() -> Sentences {
    say(
        "There is no display to open the window on",
        "Start it from a desktop, or scan without a window: `lightbar scan -o letter.pdf`.",
    )
}

/// The display takes no window.
pub fn no_window_here() -> Sentences {
    say(
        "The window cannot be opened on this display",
        "`lightbar --log warn` tells more. Scanning works without a window: `lightbar scan -o letter.pdf`.",
    )
}

/// An option or a word that a command does not know.
pub fn unknown_argument(argument: &str, command: &str, meant: &str) -> Sentences {
    let title = if argument.starts_with('-') {
        format!("`{command}` has no option {argument}")
    } else {
        format!("`{command}` does not know what to do with “{argument}”")
    };
    let advice = if meant.is_empty() { see_help(command) } else { format!("Did you mean {meant}?") };
    say(title, advice)
}

/// A command that there is not, and those that there are.
pub fn unknown_command(command: &str, known: &[&str]) -> Sentences {
    say(
        format!("There is no command “{command}”"),
        format!("There are {}; without one the window opens.", enumerated(known)),
    )
}

/// What a command is to do was not said, or it cannot do that.
pub fn unknown_action(command: &str, action: &str, known: &[&str]) -> Sentences {
    let title = match action {
        "" => format!("`{command}` needs to be told what to do"),
        action => format!("`{command}` cannot “{action}”"),
    };
    say(title, format!("It can {}.", enumerated(known)))
}

/// A value for an option that has none.
pub fn takes_no_value(option: &str) -> Sentences {
    say(format!("{option} takes no value"), "Leave out what stands behind it.")
}

/// Bytes that are no text, where text is needed.
pub fn no_text(command: &str) -> Sentences {
    say("An argument is not text (UTF-8)", see_help(command))
}

/// A value that is not among those allowed; an empty one where none was given.
pub fn bad_value(option: &str, value: &str, allowed: &[String]) -> Sentences {
    let title = if value.is_empty() { format!("{option} needs a value") } else { cannot_be(option, value) };
    let advice = if allowed.is_empty() { String::new() } else { format!("Allowed are {}.", allowed.join(", ")) };
    say(title, advice)
}

/// A value that is refused with what is allowed.
pub fn refused_value(option: &str, value: &str, why: &str) -> Sentences {
    let mut letters = why.chars();
    let advice = letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()));
    say(cannot_be(option, value), advice.unwrap_or_default())
}

fn cannot_be(option: &str, value: &str) -> String {
    format!("{option} cannot be “{value}”")
}

/// Two options of which only one can hold; or one of them twice.
pub fn exclude_each_other(option: &str, other: &str) -> Sentences {
    if option == other || other.is_empty() {
        say(format!("{option} was given twice"), "Leave one out.")
    } else {
        say(format!("{option} and {other} exclude each other"), "Leave one out.")
    }
}

/// One of these options has to be there.
pub fn needed(command: &str, options: &[String]) -> Sentences {
    say(format!("`{command}` needs {}", options.join(" or ")), see_help(command))
}

/// Arguments that make no sense otherwise.
pub fn not_understood(words: &str, command: &str) -> Sentences {
    say(words, see_help(command))
}

fn see_help(command: &str) -> String {
    format!("`{command} --help` says what there is.")
}

/// A file name whose ending names no format.
pub fn unknown_format(file: &Path) -> Sentences {
    say(
        format!("The name {} does not say which format to write", file.display()),
        "Endings are .pdf, .tif, .png, .jpg and .pnm; or name one with --format.",
    )
}

/// The same of a document that is there already.
pub fn unknown_document_format(file: &Path) -> Sentences {
    let Sentences { title, .. } = unknown_format(file);
    say(title, "Endings are .pdf, .tif, .png and .jpg; or name one with --format.")
}

/// Several files cannot go to standard output.
pub fn many_files_to_stdout() -> Sentences {
    say(
        "There would be several files, and standard output is one",
        "Choose one page, or pdf or tiff with all pages in one file, or name a file.",
    )
}

/// A file for each page cannot go to a device or a pipe.
pub fn one_stream(target: &Path) -> Sentences {
    say(
        format!("{} is no file, and there is to be one for each page", target.display()),
        "Name a file, or pass the pages on with -o - and >.",
    )
}

/// A pipe that has a name, and nobody at its other end.
pub fn nobody_reads(pipe: &Path) -> Sentences {
    say(format!("Nobody reads from {}", pipe.display()), "Start whoever reads it first, then scan.")
}

/// Neither a file nor a batch was named.
pub fn no_output() -> Sentences {
    say("No file was named", "Name one with -o, - for standard output, or files with --batch page%03d.pnm.")
}

/// `--batch` is for images alone.
pub fn batch_is_for_images() -> Sentences {
    say("--batch makes a file of every page while it comes, as pnm", "Leave --format out, or say --format pnm.")
}

/// An option that means nothing where images pass through.
pub fn not_with_images(option: &str) -> Sentences {
    say(format!("{option} means nothing with --format pnm or --batch"), "No document is made there: leave it out.")
}

/// The last page of a pipe or a batch is not whole.
pub fn last_page_partial() -> Sentences {
    say("The last page is not complete", "Rows that did not arrive are white, or missing from its file.")
}

/// The disk is full, and images pass through: nothing of the page under way is kept.
pub fn no_room_for_images() -> Sentences {
    say("The disk is full", "The page under way is not kept. Make room, and scan it again.")
}

/// Standard output, or the device or pipe of this name, takes no more images; and what the system says of it.
pub fn images_not_taken(by: Option<&Path>, kind: ErrorKind) -> Sentences {
    let not_kept = "The scan has ended, and the rest of the page is not kept.";
    let place = by.map_or_else(|| "where standard output goes".to_owned(), |file| format!("in {}", file.display()));
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            say(format!("There is no room left {place}"), format!("{not_kept} Make room, and scan it again."))
        }
        ErrorKind::BrokenPipe => say("Nobody reads the images any more", not_kept),
        other => say(format!("The images cannot be written {place} ({other})"), not_kept),
    }
}

/// Standard output did not take the file.
pub fn stdout(error: &io::Error) -> Sentences {
    say(format!("Standard output cannot be written ({})", error.kind()), "The pages are kept.")
}

/// No real scanner was found.
pub fn no_scanner() -> Sentences {
    say(
        "No scanner was found",
        "Check its power and its cable. A network scanner is named by its address: -d escl:http://192.168.1.20/eSCL. \
         To try without one: -d virtual:feeder.",
    )
}

/// Several scanners were found and none was named.
pub fn several_scanners(names: &[&str]) -> Sentences {
    say("There are several scanners", format!("Name one with -d: {}.", names.join(", ")))
}

/// Options that only virtual scanners have were given for a real one; without a device for the only
/// one there is.
pub fn only_for_virtual(options: &[&str], device: Option<&str>) -> Sentences {
    let (verb, them) = if options.len() == 1 { ("is", "it") } else { ("are", "them") };
    let options = enumerated(options);
    let title = match device {
        Some(device) => format!("{options} {verb} for virtual scanners, and {device} is a real one"),
        None => format!("{options} {verb} for virtual scanners, and none is named"),
    };
    say(title, format!("Leave {them} out, or name a virtual scanner like -d virtual:feeder."))
}

/// Options were given that a command does not have.
pub fn foreign_options(options: &[&str], command: &str) -> Sentences {
    let verb = if options.len() == 1 { "is no option" } else { "are no options" };
    say(
        format!("{} {verb} of `lightbar {command}`", enumerated(options)),
        format!("`lightbar {command} --help` says what is."),
    )
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
