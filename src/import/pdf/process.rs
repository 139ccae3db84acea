//! The process that reads a PDF, or the thread in its place.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::{self, Builder};

use crossbeam_channel::{Receiver, bounded};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::import::{ImportError, ImportOptions, Password};

use super::message::{Message, hear};
use super::{PdfReader, READ_PDF, reading};

/// Memory that the reading process may take beside the file itself. A page of 36 million pixels is drawn on 144 MB,
/// a transparent group on it takes as much again, and pictures on the page are unpacked one after the other. What
/// an ordinary page takes is below 200 MB. It is a limit of addresses: the program itself and stacks count.
const MEMORY: u64 = 1536 << 20;
/// Stack of the thread that reads: forms, patterns and masks lie within each other, a few dozen deep at most.
const STACK: usize = 64 << 20;
/// Answers that may wait to be taken: together at most a few megabytes.
const WAITING: usize = 8;
/// Bytes of a password, at most: those that are left after 127 that PDF looks at, or 32, do not matter. A pipe holds more.
const LONGEST_PASSWORD: usize = 4096;

/// A PDF that is being read. Dropping it ends the process.
pub(super) struct Reading {
    answers: Receiver<(Message, Vec<u8>)>,
    child: Option<Child>,
}

impl Reading {
    /// Starts reading.
    pub(super) fn start(file: File, options: &ImportOptions) -> Result<Reading, ImportError> {
        let password = options.password.as_ref();
        let started = match &options.pdf_reader {
            PdfReader::Process(program) => in_process(file, password, program),
            PdfReader::Thread => in_thread(file, password),
        };
        started.map_err(|error| {
            tracing::error!(%error, "nobody reads the PDF");
            ImportError::NoReader(error.kind())
        })
    }

    /// What is told, as it comes; it ends after the last answer.
    pub(super) fn answers(&self) -> &Receiver<(Message, Vec<u8>)> {
        &self.answers
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // One that ended already cannot be killed, and need not.
            let _ = child.kill();
            match child.wait() {
                Ok(status) if !status.success() => tracing::debug!(%status, "the process that read a PDF"),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the process that read a PDF is not heard of"),
            }
        }
    }
}

fn in_process(file: File, password: Option<&Password>, program: &Path) -> io::Result<Reading> {
    let mut child = Command::new(program)
        .arg(READ_PDF)
        .stdin(Stdio::from(file))
        .stdout(Stdio::piped())
        .stderr(password.map_or(Ok(Stdio::null()), to_be_read)?)
        .spawn()?;
    let answers = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    // From here on dropping the reading ends the process.
    let mut reading = Reading { answers: crossbeam_channel::never(), child: Some(child) };
    reading.answers = hearing(answers)?;
    Ok(reading)
}

/// A pipe in which a password waits. It is the child's standard error, where others find nothing: the command line and the
/// environment of a process can be looked at.
fn to_be_read(password: &Password) -> io::Result<Stdio> {
    let (reader, mut writer) = io::pipe()?;
    let password = password.reveal().as_bytes();
    // What a pipe holds is written without waiting for somebody who reads it.
    if password.len() > LONGEST_PASSWORD {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    writer.write_all(password)?;
    Ok(Stdio::from(reader))
}

/// The password that waits for this process, if there is one.
fn waiting_password() -> Option<Password> {
    let pipe = io::stderr();
    // Somebody may try the command by hand.
    if pipe.is_terminal() {
        return None;
    }
    let pipe = File::from(std::os::fd::AsFd::as_fd(&pipe).try_clone_to_owned().ok()?);
    let mut password = String::new();
    pipe.take(LONGEST_PASSWORD as u64).read_to_string(&mut password).ok()?;
    Password::new(&password)
}

fn in_thread(file: File, password: Option<&Password>) -> io::Result<Reading> {
    let (answers, told) = io::pipe()?;
    let password = password.cloned();
    Builder::new().name("pdf".to_owned()).stack_size(STACK).spawn(move || {
        if let Err(error) = reading::run(file, password.as_ref(), &mut BufWriter::new(told)) {
            tracing::debug!(%error, "nobody hears what a PDF is");
        }
    })?;
    Ok(Reading { answers: hearing(answers)?, child: None })
}

/// Hears on a thread of its own, so that waiting for an answer has a limit.
fn hearing(from: impl Read + Send + 'static) -> io::Result<Receiver<(Message, Vec<u8>)>> {
    let (heard, answers) = bounded(WAITING);
    Builder::new().name("pdf-answers".to_owned()).spawn(move || {
        let mut from = BufReader::new(from);
        while let Ok(message) = hear(&mut from) {
            if heard.send(message).is_err() {
                break;
            }
        }
    })?;
    Ok(answers)
}

/// What the process does that was started with [`READ_PDF`]: reads standard input, tells on standard output.
pub fn serve() -> ExitCode {
    // What a panic would say is of no use to anybody: the file is refused.
    std::panic::set_hook(Box::new(|_| {}));
    let file = File::from(match std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned() {
        Ok(file) => file,
        Err(_) => return ExitCode::FAILURE,
    });
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    if limit(Resource::As, MEMORY.saturating_add(bytes)).is_err() || limit(Resource::Core, 0).is_err() {
        return ExitCode::FAILURE;
    }
    let password = waiting_password();
    let run = move || reading::run(file, password.as_ref(), &mut BufWriter::new(io::stdout().lock()));
    let told = thread::scope(|scope| {
        let reading = Builder::new().name("pdf".to_owned()).stack_size(STACK).spawn_scoped(scope, run);
        reading.map(|reading| reading.join().is_ok_and(|told| told.is_ok())).unwrap_or(false)
    });
    if told { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
