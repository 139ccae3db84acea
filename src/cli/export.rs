//! `lightbar export`: a document, or pages of it, as a file.

use std::ops::ControlFlow;

use crossbeam_channel::Receiver;
use serde::Serialize;

use crate::document::{KeptDocument, PageId, PictureFacts};
use crate::export::{
    ExportDocument, ExportError, ExportPage, FileFormat, Naming, NumberedDamage, SaveOptions, SaveProgress, Saved,
    Written, estimate, save, send,
};
use crate::text::command_line;
use crate::text::documents as words_for;
use crate::text::errors::Sentences;
use crate::text::export as saved_words;

use super::CommandError;
use super::arguments::Export;
use super::destination::{DESTINATION, check_stdout, is_template};
use super::documents::{note_saved, opened_to_read};
use super::interrupt::interrupts;
use super::outflow::{Outflow, StopWriting};
use super::progress::ProgressLine;
use super::report::{PAGES_DAMAGED, Report, ReportedError, Status, flaws};
use super::saving;
use super::words::{print, say};

/// What programs read besides of pages that were saved.
#[derive(Serialize)]
struct Pages {
    /// Numbers of pages in the document that are in no file.
    left_out: Vec<u32>,
    /// Those of pages of which the disk has lost something: they are in a file as far as it still has them, or left out.
    damaged: Vec<u32>,
    /// Those of pages that lost a little once more.
    encoded_anew: Vec<u32>,
}

/// Saves, and tells what was saved.
pub(super) fn run(wanted: &Export) -> Result<u8, CommandError> {
    let interrupts = interrupts().map_err(|error| CommandError::system(&error))?;
    let by_ending = wanted.output.extension().and_then(|ending| FileFormat::from_extension(&ending.to_string_lossy()));
    let format = wanted.format.map(FileFormat::from).or(by_ending);
    let format =
        format.ok_or_else(|| CommandError::usage(command_line::unknown_document_format(&wanted.output).joined()))?;
    let kept = opened_to_read(&wanted.document)?;
    let chosen = chosen(wanted, &kept)?;
    let naming = if is_template(&wanted.output) { Naming::Template } else { Naming::Exact };
    let file_options = saving::options(&wanted.file, format, &interrupts)?;
    let options = SaveOptions { naming, overwrite: wanted.overwrite, ..file_options };
    if wanted.estimate {
        return estimated(&chosen, &options, &interrupts, wanted.json);
    }
    let edition = wanted.pages.is_all().then(|| kept.document().edition());
    let result = written(wanted, &chosen, &options, &interrupts)?;
    let all: Vec<PageId> = kept.document().pages().iter().map(|page| page.id).collect();
    let id = kept.folder().id();
    drop(kept);
    if let (Ok(saved), Some(edition), Some(id)) = (&result, edition, &id)
        && saved.is_the_document()
    {
        note_saved(id, |document| saved.note_in(document, edition));
    }
    if let Some(there) = result.as_ref().err().and_then(ExportError::existing) {
        return Err(CommandError::usage(command_line::exist(there).joined()));
    }
    let written = result.as_ref().map_or_else(|_| Written::default(), |saved| saved.written.clone());
    let damaged = written.numbered_damage(&all);
    let left_out = match &result {
        Err(ExportError::NothingLeft) => chosen.pages.iter().map(|page| page.page).collect(),
        _ => written.left_out.clone(),
    };
    let pages = Pages {
        damaged: Written::numbers(&with_damage(&chosen, &written, &left_out), &all),
        left_out: Written::numbers(&left_out, &all),
        encoded_anew: Written::numbers(&written.encoded_anew, &all),
    };
    if let Some(remark) = saved_words::encoded_again(pages.encoded_anew.len()) {
        say(format_args!("lightbar: {remark}"));
    }
    if wanted.file.jpeg_quality.is_some()
        && let Some(remark) = saved_words::copied_as_they_came(copied(&chosen, &written))
    {
        say(format_args!("lightbar: {remark}"));
    }
    let mut report = report(result, &pages.left_out, &damaged);
    report.document = id.map(|id| id.as_str().into());
    if report.pages > 0 && report.files.is_empty() {
        report.files.push(wanted.output.clone());
    }
    if let Some(error) = &report.error {
        say(format_args!("lightbar: {}", error.message));
    }
    match if wanted.json { Some(report.json_with(&pages)) } else { report.line() } {
        // Standard output is for the pages.
        Some(line) if wanted.is_to_stdout() => say(format_args!("{line}")),
        Some(line) => print(&line),
        None => {}
    }
    Ok(report.exit)
}

/// Pages that have lost something since they came.
fn with_damage(chosen: &ExportDocument, written: &Written, left_out: &[PageId]) -> Vec<PageId> {
    let gone = chosen.pages.iter().filter(|page| left_out.contains(&page.page) && page.had_something());
    written.damaged.iter().map(|damaged| damaged.page).chain(gone.map(|page| page.page)).collect()
}

/// Pages that came as JPEG and are the same JPEG in the files.
fn copied(chosen: &ExportDocument, written: &Written) -> usize {
    let is_jpeg = |page: &&ExportPage| page.facts.is_some_and(|facts| matches!(facts.picture, PictureFacts::Jpeg(_)));
    let is_another = |page: PageId| {
        let not_copied = [&written.encoded_anew, &written.left_out];
        not_copied.iter().any(|pages| pages.contains(&page))
            || written.damaged.iter().any(|damaged| damaged.page == page)
    };
    let untouched = chosen.pages.iter().filter(is_jpeg).filter(|page| !is_another(page.page)).count();
    if written.pages > 0 { untouched } else { 0 }
}

/// Writes the file, or passes it on.
fn written(
    wanted: &Export,
    chosen: &ExportDocument,
    options: &SaveOptions,
    interrupts: &Receiver<()>,
) -> Result<Result<Saved, ExportError>, CommandError> {
    let mut progress = ProgressLine::on_stderr();
    let mut on_progress = |at: SaveProgress| {
        progress.saving(at.done, at.pages);
        is_wanted(interrupts)
    };
    let result = if wanted.is_to_stdout() {
        let in_each = match options.format.holds_many_pages() {
            true => options.pages_per_file.map_or(usize::MAX, |pages| pages.get() as usize),
            false => 1,
        };
        if chosen.pages.len() > in_each {
            return Err(CommandError::usage(command_line::many_files_to_stdout().joined()));
        }
        check_stdout()?;
        let stdout = Outflow::stdout(StopWriting::at(interrupts));
        let mut stdout =
            stdout.map_err(|error| CommandError::failed(DESTINATION, command_line::stdout(&error).joined()))?;
        let sent = send(chosen, options, &mut stdout, &chosen.folder, &mut on_progress);
        match sent {
            Err(_) if is_wanted(interrupts).is_break() => Err(ExportError::Cancelled),
            sent => sent.map(|written| Saved { files: Vec::new(), written }),
        }
    } else {
        save(chosen, &wanted.output, options, &mut on_progress)
    };
    progress.clear();
    Ok(result)
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
        Err(error) => return Err(CommandError::failed(DESTINATION, saved_words::failed(&error).joined())),
    };
    print(&match json {
        true => serde_json::json!({ "bytes": estimate.bytes, "exact": estimate.exact }).to_string(),
        false => saved_words::about_so_large(estimate.bytes, estimate.exact),
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

/// What was saved. A file that lacks pages is no success, whatever else is in it.
fn report(result: Result<Saved, ExportError>, lacks: &[u32], damaged: &[NumberedDamage]) -> Report {
    let (status, saved, error) = match result {
        Ok(saved) => {
            let is_whole = lacks.is_empty() && damaged.is_empty();
            (if is_whole { Status::Done } else { Status::Failed }, saved, None)
        }
        Err(ExportError::Cancelled) => (Status::Cancelled, Saved::default(), Some(ExportError::Cancelled)),
        Err(error) => (Status::Failed, Saved::default(), Some(error)),
    };
    let condition = match &error {
        Some(ExportError::Cancelled) => "Cancelled",
        Some(ExportError::NothingLeft) => PAGES_DAMAGED,
        _ => DESTINATION,
    };
    Report {
        status,
        exit: status.exit(),
        device: None,
        pages: saved.written.pages,
        partial: saved.written.partial,
        files: saved.files,
        document: None,
        error: match error {
            Some(error) => Some(reported(condition, &saved_words::failed(&error))),
            None => flaws(lacks, damaged),
        },
    }
}

fn reported(condition: &str, sentences: &Sentences) -> ReportedError {
    ReportedError { condition: condition.to_owned(), code: None, message: sentences.joined() }
}
