//! `lightbar import`: files that become pages of a document.

use std::collections::HashSet;

use crossbeam_channel::{Receiver, select};
use serde::Serialize;

use crate::import::{ImportError, Password};
use crate::session::{Command, DocumentChoice, Event, ImportReport, ImportWish, Session};
use crate::text::documents::{document_trouble, not_written_down};
use crate::text::errors::session_gone;
use crate::text::import as words_for;
use crate::text::library::own_name;

use super::arguments::Import;
use super::interrupt::interrupts;
use super::password_file::password;
use super::report::{Report, ReportedError, Status};
use super::words::{print, say};
use super::{CommandError, documents, kept_options};

/// What programs read besides of files that were imported.
#[derive(Serialize)]
struct Imported<'a> {
    /// What the list of documents calls it.
    name: Option<String>,
    imported: Vec<File<'a>>,
    refused: Vec<Refused<'a>>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    pages: u32,
}

#[derive(Serialize)]
struct Refused<'a> {
    name: &'a str,
    message: String,
}

/// Imports, and tells what came in.
pub(super) fn run(wanted: &Import) -> Result<u8, CommandError> {
    // Before anything else, so that no Ctrl+C is lost.
    let interrupts = interrupts().map_err(|error| CommandError::system(&error))?;
    let password = wanted.password_file.as_deref().map(|file| password(file, &interrupts)).transpose()?;
    let password = password.and_then(|password| Password::new(&password));
    let mut options = kept_options()?;
    options.discover = false;
    if let Some(document) = &wanted.append {
        options.document = DocumentChoice::Open(documents::which(document)?);
    }
    let session = Session::start(options).map_err(|error| CommandError::system(&error))?;
    if wanted.append.is_some() {
        wait_for(&session, |event| match event {
            Event::DocumentOpened(Ok(_)) => Some(Ok(())),
            Event::DocumentOpened(Err(trouble)) => {
                Some(Err(CommandError::failed("Document", document_trouble(&trouble).joined())))
            }
            _ => None,
        })??;
    }
    let report = import(&session, wanted, password, &interrupts)?;
    finish(&session, wanted, &report)?;
    let exit = tell(&session, wanted, &report);
    session.close();
    Ok(exit)
}

fn import(
    session: &Session,
    wanted: &Import,
    password: Option<Password>,
    interrupts: &Receiver<()>,
) -> Result<ImportReport, CommandError> {
    session.send(Command::Import(ImportWish { files: wanted.files.clone(), after: None, password, asks: false }));
    loop {
        select! {
            recv(session.events()) -> event => match event {
                Ok(Event::Imported(report)) => return Ok((*report).clone()),
                Ok(_) => {}
                Err(_) => return Err(gone()),
            },
            recv(interrupts) -> _ => {
                session.send(Command::CancelImport);
            }
        }
    }
}

/// Names a document that has pages, and takes one away that was made for nothing.
fn finish(session: &Session, wanted: &Import, report: &ImportReport) -> Result<(), CommandError> {
    if report.pages.is_empty() && wanted.append.is_none() {
        session.send(Command::DiscardDocument);
        return wait_for(session, |event| matches!(event, Event::DocumentDiscarded(_)).then_some(()));
    }
    if let Some(title) = wanted.title.as_ref().filter(|_| !report.pages.is_empty()) {
        session.send(Command::SetTitle(Some(title.clone()).filter(|title| !title.trim().is_empty())));
        wait_for(session, |event| matches!(event, Event::Changed(_)).then_some(()))?;
    }
    Ok(())
}

fn wait_for<Found>(session: &Session, wanted: impl Fn(Event) -> Option<Found>) -> Result<Found, CommandError> {
    loop {
        let event = session.events().recv().map_err(|_| gone())?;
        if let Some(found) = wanted(event) {
            return Ok(found);
        }
    }
}

fn gone() -> CommandError {
    CommandError::failed("System", session_gone().joined())
}

/// Prints the result; the exit status.
fn tell(session: &Session, wanted: &Import, report: &ImportReport) -> u8 {
    let status = match report {
        ImportReport { cancelled: true, .. } => Status::Cancelled,
        ImportReport { refused, .. } if !refused.is_empty() => Status::Failed,
        ImportReport { not_written_down: Some(_), .. } => Status::Failed,
        _ => Status::Done,
    };
    let refused: Vec<Refused<'_>> = report
        .refused
        .iter()
        .map(|(name, error)| Refused { name, message: words_for::refused(name, error).joined() })
        .collect();
    let needs_password = report.refused.iter().any(|(_, error)| *error == ImportError::NeedsPassword);
    let is_wrong = report.refused.iter().any(|(_, error)| *error == ImportError::WrongPassword);
    let advice = needs_password.then(words_for::how_to_give_a_password);
    let advice = advice.or_else(|| is_wrong.then(words_for::which_passwords));
    let remarks: Vec<String> = report.files.iter().flat_map(words_for::remarks).collect();
    let not_written = report.not_written_down.map(|kind| not_written_down(kind).joined());
    let mut said = HashSet::new();
    let sentences = refused.iter().map(|refused| &refused.message).chain(&remarks).chain(&advice).chain(&not_written);
    sentences.filter(|sentence| said.insert(*sentence)).for_each(|sentence| say(format_args!("lightbar: {sentence}")));
    let snapshot = session.snapshot();
    let document = snapshot.id.as_ref().map(|id| id.as_str()).filter(|_| !report.pages.is_empty());
    let name = document.and_then(|_| own_name(&snapshot.about));
    if wanted.json {
        let error = refused.first().map(|first| ReportedError {
            condition: "Import".to_owned(),
            code: None,
            message: first.message.clone(),
        });
        let unwritten =
            || not_written.map(|message| ReportedError { condition: "Storage".to_owned(), code: None, message });
        let error = error.or_else(unwritten);
        let outcome = Report {
            status,
            exit: status.exit(),
            device: None,
            pages: u32::try_from(report.pages.len()).unwrap_or(u32::MAX),
            partial: report.partial,
            files: report.files.iter().map(|file| file.name.clone().into()).collect(),
            document: document.map(Into::into),
            error,
        };
        let imported = report.files.iter().map(|file| File { name: &file.name, pages: file.pages }).collect();
        print(&outcome.json_with(&Imported { name, imported, refused, remarks }));
    } else if let Some(document) = document {
        let pages = u32::try_from(report.pages.len()).unwrap_or(u32::MAX);
        print(&words_for::imported_into(pages, report.partial, document, name.as_deref()));
    }
    status.exit()
}
