//! What the command line says besides errors, and what is wrong with its arguments.

use std::fmt::Display;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use crate::export::ExportError;

use super::errors::{self, Sentences, count_pages, say};

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

/// A file that cannot be saved, where an option allows to replace one.
pub fn export(error: &ExportError) -> Sentences {
    match error {
        ExportError::Exists(path) => {
            say(format!("{} exists already", path.display()), "Choose another name, or replace it with --overwrite.")
        }
        other => errors::export(other),
    }
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

/// What the log is to tell cannot be read.
pub fn bad_log_filter(error: &dyn Display) -> Sentences {
    say(format!("--log: {error}"), "A filter is like debug, or lightbar::http=trace.")
}

/// A program without a window was started to open one.
pub fn no_window() -> Sentences {
    say("This program was built without its window", "`lightbar scan --help` says how to scan.")
}
