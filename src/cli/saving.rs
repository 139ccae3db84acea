//! How a file is to be, from the arguments that say so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::export::{FileFormat, PdfPassword, SaveOptions};
use crate::text::command_line;

use super::CommandError;
use super::arguments::HowToSave;

/// A file with a password is no longer than this, in bytes.
const LONGEST_PASSWORD_FILE: u64 = 4096;

/// The options that were asked for. One that the format does not have is refused.
pub(super) fn options(wanted: &HowToSave, format: FileFormat) -> Result<SaveOptions, CommandError> {
    if let Some(option) = wanted.foreign_to(format) {
        return Err(CommandError::usage(command_line::foreign_to_format(option).joined()));
    }
    let password = wanted.password_file.as_deref().map(password).transpose()?;
    Ok(wanted.options(format, password.map(|user| PdfPassword { user, owner: None })))
}

/// The first line of a file. On the command line itself everybody on this computer could read it.
pub(super) fn password(file: &Path) -> Result<String, CommandError> {
    let refused = |why| CommandError::usage(command_line::password_file(file, why).joined());
    let mut text = String::new();
    let opened = File::open(file).map_err(|error| refused(error.kind()))?;
    opened.take(LONGEST_PASSWORD_FILE).read_to_string(&mut text).map_err(|error| refused(error.kind()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
