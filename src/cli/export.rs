//! `lightbar export`: a document, or pages of it, as a file.

use std::ops::ControlFlow;

use crossbeam_channel::Receiver;

use crate::document::{KeptDocument, PageId};
use crate::export::{ExportDocument, ExportError, FileFormat, Naming, SaveOptions, Saved, estimate, save};
use crate::text::command_line;
use crate::text::documents as words_for;
use crate::text::errors::{self, Sentences};

use super::CommandError;
use super::arguments::Export;
use super::destination::{DESTINATION, is_template};
use super::documents::opened;
use super::interrupt::interrupts;
use super::progress::ProgressLine;
use super::report::{Report, ReportedError, Status};
use super::saving;
use super::scan::file_format;
use super::words::{print, say};

/// Saves, and tells what was saved.
pub(super) fn run(wanted: &Export) -> Result<u8, CommandError> {
    let interrupts = interrupts().map_err(|error| CommandError::system(&error))?;
    let by_ending = wanted.output.extension().and_then(|ending| FileFormat::from_extension(&ending.to_string_lossy()));
    let format = wanted.format.map_or(by_ending, file_format);
    let format = format.ok_or_else(|| CommandError::usage(command_line::unknown_format(&wanted.output).joined()))?;
    let mut kept = opened(&wanted.document)?;
    let chosen = chosen(wanted, &kept)?;
    let all = wanted.pages.is_all();
    let naming = if is_template(&wanted.output) { Naming::Template } else { Naming::Exact };
    let options = SaveOptions { naming, overwrite: wanted.overwrite, ..saving::options(&wanted.file, format)? };
    if wanted.estimate {
        return estimated(&chosen, &options, &interrupts, wanted.json);
    }
    let edition = kept.document().edition();
    let mut progress = ProgressLine::on_stderr();
    let result = save(&chosen, &wanted.output, &options, &mut |at| {
        progress.saving(at.done, at.pages);
        is_wanted(&interrupts)
    });
    progress.clear();
    let lacks = result.as_ref().map_or(Vec::new(), |saved| numbers(&saved.written.left_out, &kept));
    if let (Ok(saved), true, true) = (&result, all, lacks.is_empty()) {
        // Of several files the first.
        let target = saved.files.first().and_then(|file| std::path::absolute(file).ok());
        let (_, written) = kept.change(|document| document.saved_as(edition, target));
        if let Err(error) = written {
            say(format_args!("lightbar: {}", words_for::not_written_down(error.kind()).joined()));
        }
    }
    if let Err(ExportError::Exists(path)) = &result {
        return Err(CommandError::usage(command_line::exists(path).joined()));
    }
    let again = result.as_ref().map_or(0, |saved| saved.written.encoded_anew.len());
    if let Some(remark) = words_for::encoded_again(again) {
        say(format_args!("lightbar: {remark}"));
    }
    let report = report(result, &lacks);
    if let Some(error) = &report.error {
        say(format_args!("lightbar: {}", error.message));
    }
    if let Some(line) = if wanted.json { Some(report.json()) } else { report.line() } {
        print(&line);
    }
    Ok(report.exit)
}

/// How large the file would be.
fn estimated(
    document: &ExportDocument,
    options: &SaveOptions,
    interrupts: &Receiver<()>,
    json: bool,
) -> Result<u8, CommandError> {
    let estimate = match estimate(document, options, &mut |_| is_wanted(interrupts)) {
        Ok(estimate) => estimate,
        Err(ExportError::Cancelled) => return Ok(Status::Cancelled.exit()),
        Err(error) => return Err(CommandError::failed(DESTINATION, errors::export(&error).joined())),
    };
    print(&match json {
        true => serde_json::json!({ "bytes": estimate.bytes, "exact": estimate.exact }).to_string(),
        false => words_for::about_so_large(estimate.bytes, estimate.exact),
    });
    Ok(0)
}

fn is_wanted(interrupts: &Receiver<()>) -> ControlFlow<()> {
    if interrupts.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// The pages that were named.
fn chosen(wanted: &Export, kept: &KeptDocument) -> Result<ExportDocument, CommandError> {
    let all = kept.document().pages();
    let places = wanted.pages.places(all.len());
    let places = places.map_err(|number| CommandError::usage(words_for::no_page(number, all.len()).joined()))?;
    Ok(ExportDocument::of(kept, places.into_iter().map(|place| &all[place])))
}

/// The numbers of pages in the document.
fn numbers(pages: &[PageId], kept: &KeptDocument) -> Vec<u32> {
    let all = kept.document().pages().iter().zip(1u32..);
    all.filter(|(page, _)| pages.contains(&page.id)).map(|(_, number)| number).collect()
}

/// What was saved. A file that lacks pages is no success, whatever else is in it.
fn report(result: Result<Saved, ExportError>, lacks: &[u32]) -> Report {
    let (status, saved, error) = match result {
        Ok(saved) => (if lacks.is_empty() { Status::Done } else { Status::Failed }, saved, None),
        Err(ExportError::Cancelled) => (Status::Cancelled, Saved::default(), Some(ExportError::Cancelled)),
        Err(error) => (Status::Failed, Saved::default(), Some(error)),
    };
    let condition = if status == Status::Cancelled { "Cancelled" } else { DESTINATION };
    Report {
        status,
        exit: status.exit(),
        device: None,
        pages: saved.written.pages,
        partial: saved.written.partial,
        files: saved.files,
        document: None,
        error: match error {
            Some(error) => Some(reported(condition, &errors::export(&error))),
            None if lacks.is_empty() => None,
            None => Some(reported("PagesMissing", &words_for::left_out(lacks))),
        },
    }
}

fn reported(condition: &str, sentences: &Sentences) -> ReportedError {
    ReportedError { condition: condition.to_owned(), code: None, message: sentences.joined() }
}
