//! How a file is to be, from the arguments that say so.

use crossbeam_channel::Receiver;

use crate::export::{FileFormat, PdfPassword, SaveOptions};
use crate::text::command_line;

use super::CommandError;
use super::arguments::HowToSave;
use super::password_file::password;

/// The options that were asked for. One that the format does not have is refused.
pub(super) fn options(
    wanted: &HowToSave,
    format: FileFormat,
    interrupts: &Receiver<()>,
) -> Result<SaveOptions, CommandError> {
    if let Some(option) = wanted.foreign_to(format) {
        return Err(CommandError::usage(command_line::foreign_to_format(option).joined()));
    }
    let password = wanted.password_file.as_deref().map(|file| password(file, interrupts)).transpose()?;
    Ok(wanted.options(format, password.map(|user| PdfPassword { user, owner: None })))
}
