//! Where pages go, looked at before paper moves.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use crate::export::{
    ExportDocument, ExportError, Field, NameTemplate, Naming, TemplateValues, check_numbered, check_target, is_special,
};
use crate::minidriver::Source;
use crate::text::{command_line, export};

use super::CommandError;
use super::outflow::leads_nowhere;

/// What a destination that cannot be written is called in an object.
pub(super) const DESTINATION: &str = "Destination";

/// A name with fields is a template; else see [`numbering`].
pub(super) fn naming(target: &Path, source: Source, holds_many_pages: bool) -> Naming {
    if is_template(target) { Naming::Template } else { numbering(source, holds_many_pages) }
}

/// A flatbed writes exactly the file that was named; a feeder numbers files of one page each.
pub(super) fn numbering(source: Source, holds_many_pages: bool) -> Naming {
    if holds_many_pages || source == Source::Flatbed { Naming::Exact } else { Naming::Numbered }
}

/// Whether a name has fields, or braces that ought to be some.
pub(super) fn is_template(target: &Path) -> bool {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let folder = target.parent().unwrap_or(Path::new(""));
    name.contains(['{', '}']) || Field::is_named_in(folder) && !folder.is_dir()
}

/// Looks whether a file, or all that will be numbered after it, can be written.
pub(super) fn check_files(target: &Path, naming: Naming, overwrite: bool) -> Result<(), CommandError> {
    match naming {
        Naming::Exact => check_target(target, overwrite).map_err(|error| refused(&error)),
        Naming::Template => {
            let template = NameTemplate::read(target);
            let template = template.map_err(|error| CommandError::usage(export::template(&error).joined()))?;
            let values = TemplateValues::of(&ExportDocument::default());
            // What it will be called in the end is known only then; whether the folder takes files is known now.
            let counter = template.free_counter(&values, 1, 0, Path::exists).unwrap_or(1);
            check_target(&template.name(&values, 1, counter), overwrite).map_err(|error| refused(&error))
        }
        // Files beside a device would be a surprise.
        Naming::Numbered if is_special(target) => Err(CommandError::usage(command_line::one_stream(target).joined())),
        Naming::Numbered => check_names(&|number| crate::export::numbered(target, number, 1), overwrite),
    }
}

/// Looks whether all files of a batch can be written.
pub(super) fn check_names(name: &dyn Fn(u32) -> PathBuf, overwrite: bool) -> Result<(), CommandError> {
    check_numbered(name, overwrite).map_err(|error| refused(&error))
}

/// Looks whether standard output leads to somebody.
pub(super) fn check_stdout() -> Result<(), CommandError> {
    if io::stdout().is_terminal() {
        return Err(CommandError::usage(command_line::pages_to_a_terminal().joined()));
    }
    if leads_nowhere() {
        return Err(CommandError::failed(DESTINATION, command_line::stdout_leads_nowhere().joined()));
    }
    Ok(())
}

fn refused(error: &ExportError) -> CommandError {
    match error.existing() {
        Some(there) => CommandError::usage(command_line::exist(there).joined()),
        None => CommandError::failed(DESTINATION, export::failed(error).joined()),
    }
}
