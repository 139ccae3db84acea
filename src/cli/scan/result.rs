//! How a scan ended: the document that goes or stays, the words, and the line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::cli::destination::DESTINATION;
use crate::cli::report::{Report, ReportedError, Status, flaws};
use crate::cli::words::{print, say};
use crate::export::ExportError;
use crate::minidriver::AcquireEnd;
use crate::session::{Command, Event, JobEnd};
use crate::text::errors::{self, Sentences};
use crate::text::{command_line, export};

use super::{Ending, Failure, SaveEnd, ScanCommand};

impl ScanCommand<'_> {
    pub(super) fn report(&self, ending: Ending) -> Report {
        let Ending { job, save } = ending;
        let status = match (&job.end, &save) {
            (JobEnd::Cancelled, _) | (_, SaveEnd::Cancelled) => Status::Cancelled,
            (JobEnd::FeederEmpty, _) => Status::Empty,
            (JobEnd::Failed(_) | JobEnd::CancelledAtDevice, _) | (_, SaveEnd::Failed(_)) => Status::Failed,
            // A file that lacks pages, or rows of them, is no success, whatever else is in it.
            (_, SaveEnd::Saved(saved)) if !saved.is_whole() => Status::Failed,
            (JobEnd::Completed | JobEnd::FewerPages, SaveEnd::Nothing | SaveEnd::Saved(_) | SaveEnd::Kept) => {
                Status::Done
            }
        };
        // Why the job ended comes first: often it is why nothing could be saved.
        let error = match (&job.end, &save) {
            (JobEnd::Failed(error), SaveEnd::Failed(_) | SaveEnd::Saved(_) | SaveEnd::Nothing | SaveEnd::Kept) => {
                let condition = errors::condition_name(error);
                Some(reported(&condition, Some(format!("{:#010x}", error.code().0)), &errors::transfer(error)))
            }
            (JobEnd::CancelledAtDevice, SaveEnd::Failed(_) | SaveEnd::Saved(_) | SaveEnd::Nothing | SaveEnd::Kept) => {
                let code = AcquireEnd::CancelledAtDevice.code();
                Some(reported("CancelledAtDevice", Some(format!("{:#010x}", code.0)), &errors::job(&job)))
            }
            (_, SaveEnd::Failed(sentences)) => Some(reported(DESTINATION, None, sentences)),
            (_, SaveEnd::Cancelled) => Some(reported("Cancelled", None, &export::failed(&ExportError::Cancelled))),
            (JobEnd::FeederEmpty, _) => Some(reported("PaperEmpty", None, &errors::job(&job))),
            (JobEnd::Completed | JobEnd::FewerPages, SaveEnd::Saved(saved)) => flaws(&saved.left_out, &saved.damaged),
            _ => None,
        };
        // The document goes only after a complete, checked save of everything (design, section 4).
        let flawless = status == Status::Done && job.partial == 0 && job.skipped == 0 && job.beyond == 0;
        let keep = self.arguments.keep_document || self.arguments.append.is_some();
        let document = self.finish_document(flawless && !keep);
        let (pages, partial, mut files) = match save {
            SaveEnd::Saved(saved) => (saved.pages, saved.partial, saved.files),
            SaveEnd::Kept => (job.complete + job.partial, job.partial, Vec::new()),
            _ => (0, 0, Vec::new()),
        };
        if pages > 0 && files.is_empty() && self.arguments.is_to_stdout() {
            files.push(self.output().to_path_buf());
        }
        Report { status, exit: status.exit(), device: self.device.clone(), pages, partial, files, document, error }
    }

    /// Takes the document away, or says where it is.
    fn finish_document(&self, discard: bool) -> Option<PathBuf> {
        let folder = self.session.snapshot().document.clone()?;
        if !discard {
            return Some(folder);
        }
        self.session.send(Command::DiscardDocument);
        loop {
            match self.session.events().recv() {
                Ok(Event::DocumentDiscarded(Ok(()))) => return None,
                Ok(Event::DocumentDiscarded(Err(error))) => {
                    tracing::warn!(error, "the document stays");
                    return Some(folder);
                }
                Ok(_) => {}
                Err(_) => return Some(folder),
            }
        }
    }

    pub(super) fn report_failure(&self, failure: Failure) -> Report {
        let device = self.device.clone();
        let status = match failure {
            Failure::Command(error) => return Report::failure(&error, device),
            Failure::Cancelled => Status::Cancelled,
        };
        let exit = status.exit();
        Report { status, exit, device, pages: 0, partial: 0, files: Vec::new(), document: None, error: None }
    }

    /// Words go to standard error, the result to standard output.
    pub(super) fn print(&self, report: &Report) {
        if let Some(error) = &report.error {
            say(format_args!("lightbar: {}", error.message));
        }
        if report.status == Status::Done
            && self.from_feeder
            && let Some(wanted) = self.plan.pages.map(NonZeroU32::get).filter(|wanted| *wanted > report.pages)
        {
            say(format_args!("lightbar: {}", command_line::fewer_pages(report.pages, wanted)));
        }
        for remark in &self.remarks {
            say(format_args!("lightbar: {remark}"));
        }
        // Where pages that were put into a document are, the line says.
        if let Some(document) = report.document.as_ref().filter(|_| self.arguments.append.is_none()) {
            say(format_args!("lightbar: {}", command_line::document_kept(document)));
        }
        if report.pages > 0 && self.gray_instead {
            say(format_args!("lightbar: {}", errors::gray_instead().joined()));
        }
        let line = if self.arguments.json { Some(report.json()) } else { report.line() };
        match line {
            Some(line) if self.arguments.is_to_stdout() => say(format_args!("{line}")),
            Some(line) => print(&line),
            None if report.status == Status::Cancelled && report.error.is_none() => {
                say(format_args!("lightbar: {}", command_line::NOTHING_HAD_ARRIVED));
            }
            None => {}
        }
    }
}

fn reported(condition: &str, code: Option<String>, sentences: &Sentences) -> ReportedError {
    ReportedError { condition: condition.to_owned(), code, message: sentences.joined() }
}
