//! `lightbar scan`: one job, one saved file, one line about it.

mod result;

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, select};

use crate::export::{FileFormat, Naming, SaveOptions};
use crate::minidriver::{ColorMode, DeviceFailure, PageLimit, Source};
use crate::session::settings::SettingsError;
use crate::session::{
    Command, Connection, DeviceTrouble, Event, JobEnd, JobReport, Matter, Outlet, Placement, ProblemAnswer, SaveWish,
    Saved, ScanPlan, SendWish, Session,
};
use crate::text::errors::{self, Sentences};
use crate::text::progress::FINISHING;
use crate::text::{command_line, documents, export};

use super::arguments::{FormatName, Scan};
use super::destination::{check_files, check_stdout, naming};
use super::outflow::{Outflow, StopWriting};
use super::progress::ProgressLine;
use super::question::{Questioner, Reply};
use super::saving;
use super::words::say;
use super::{CommandError, DEVICE_LIMIT};

/// How long a search for devices may take when none was named.
const SEARCH_LIMIT: Duration = Duration::from_secs(5);
/// How long a document may take to be opened; a damaged one is read as a whole.
const OPEN_LIMIT: Duration = Duration::from_secs(600);
/// How often progress is drawn.
const TICK: Duration = Duration::from_millis(200);

/// What keeps a scan from beginning.
enum Failure {
    /// With its exit status.
    Command(CommandError),
    /// Ctrl+C before anything came.
    Cancelled,
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Failure {
        Failure::Command(error)
    }
}

/// How the job and its save ended.
struct Ending {
    job: JobReport,
    save: SaveEnd,
}

/// How saving ended.
enum SaveEnd {
    /// There was nothing to save.
    Nothing,
    /// The pages are in the document they were for, and nothing more was asked.
    Kept,
    /// The file is there.
    Saved(Saved),
    /// Ctrl+C ended it; what was scanned is kept.
    Cancelled,
    /// It failed; what was scanned is kept.
    Failed(Sentences),
}

/// Runs `lightbar scan` and prints its result; the exit status comes back.
pub(super) fn run(arguments: &Scan, plan: &ScanPlan, session: Session, interrupts: &Receiver<()>) -> u8 {
    let mut scan = ScanCommand {
        arguments,
        plan,
        session,
        interrupts,
        progress: ProgressLine::on_stderr(),
        questioner: Questioner::on_terminal(),
        device: None,
        gray_instead: false,
        from_feeder: false,
        remarks: Vec::new(),
        save_options: None,
        stop_writing: StopWriting::default(),
    };
    let report = match scan.run() {
        Ok(ending) => scan.report(ending),
        Err(failure) => scan.report_failure(failure),
    };
    scan.progress.clear();
    scan.print(&report);
    let exit = report.exit;
    // The result is out; what is left is the device's.
    scan.session.leave(interrupts, || say(format_args!("lightbar: {FINISHING}")));
    exit
}

struct ScanCommand<'a> {
    arguments: &'a Scan,
    /// What to scan.
    plan: &'a ScanPlan,
    session: Session,
    interrupts: &'a Receiver<()>,
    progress: ProgressLine,
    /// Somebody at a terminal, who can put a problem right.
    questioner: Option<Questioner>,
    /// The device's name, once it is known.
    device: Option<String>,
    /// Line art was asked for and the source scans gray instead.
    gray_instead: bool,
    /// The pages come from a feeder.
    from_feeder: bool,
    /// What else is worth knowing, to be said at the end.
    remarks: Vec<String>,
    /// How the file is to be, once its format is known.
    save_options: Option<SaveOptions>,
    /// Ends what goes to standard output.
    stop_writing: StopWriting,
}

impl ScanCommand<'_> {
    fn run(&mut self) -> Result<Ending, Failure> {
        let target = self.target()?;
        if let Some(target) = &target {
            self.save_options = Some(saving::options(&self.arguments.file, target.format, self.interrupts)?);
        }
        let placement = self.placement()?;
        self.choose_device()?;
        let source = self.source()?;
        if let Some(target) = &target {
            self.check_target(target, source)?;
        }
        let job = self.scan(source, placement)?;
        if job.beyond > 0 {
            self.remarks.push(errors::received_beyond(job.beyond).joined());
        }
        let save = match &target {
            Some(target) => self.save(&job, target, source),
            None if job.complete + job.partial == 0 => SaveEnd::Nothing,
            None => SaveEnd::Kept,
        };
        if let SaveEnd::Saved(saved) = &save {
            self.remarks.extend(export::encoded_again(saved.encoded_anew.len()));
        }
        if let (JobEnd::Failed(_) | JobEnd::CancelledAtDevice, SaveEnd::Failed(sentences)) = (&job.end, &save) {
            self.remarks.push(sentences.joined());
        }
        Ok(Ending { job, save })
    }

    /// The file to write. The arguments have one, unless they have a batch, which is not for a document.
    fn output(&self) -> &Path {
        self.arguments.output.as_deref().unwrap_or(Path::new("-"))
    }

    /// The format, and the file to write; `None` when the pages are only for a document.
    fn target(&self) -> Result<Option<Target>, Failure> {
        if self.arguments.output.is_none() {
            return Ok(None);
        }
        let output = self.output();
        let stdout = self.arguments.is_to_stdout();
        let named = self.arguments.format.and_then(file_format);
        let by_ending = output.extension().and_then(|ending| FileFormat::from_extension(&ending.to_string_lossy()));
        let format = named.or(by_ending).ok_or_else(|| usage(&command_line::unknown_format(output)))?;
        Ok(Some(Target { path: output.to_path_buf(), format, stdout }))
    }

    /// Where the pages belong in the document, once that is open.
    fn placement(&mut self) -> Result<Placement, Failure> {
        if self.arguments.append.is_none() {
            return Ok(Placement::End);
        }
        let deadline = Instant::now() + OPEN_LIMIT;
        loop {
            match self.next_event(deadline)? {
                Some(Event::DocumentOpened(Ok(_))) => break,
                Some(Event::DocumentOpened(Err(trouble))) => {
                    return Err(failed(documents::condition(&trouble), &documents::document_trouble(&trouble)));
                }
                Some(_) => {}
                None => return Err(failed("Storage", &errors::session_gone())),
            }
        }
        let snapshot = self.session.snapshot();
        for matter in snapshot.notices.iter().map(|notice| &notice.matter) {
            if let Matter::Recovered(trouble) = matter {
                self.remarks.push(documents::trouble(trouble).joined());
            }
        }
        let page = |number: u32| match snapshot.pages.get(number as usize - 1) {
            Some(page) => Ok(page.id),
            None => Err(usage(&documents::no_page(number, snapshot.pages.len()))),
        };
        Ok(match (self.arguments.after, self.arguments.replace) {
            (Some(0), _) => Placement::After(None),
            (Some(after), _) => Placement::After(Some(page(after)?)),
            (None, Some(replaced)) => Placement::Replace(page(replaced.get())?),
            (None, None) => Placement::End,
        })
    }

    /// Opens the device that was named, or the only real one there is.
    fn choose_device(&mut self) -> Result<(), Failure> {
        let name = match &self.arguments.device {
            Some(name) => name.clone(),
            None => self.only_device()?,
        };
        self.device = Some(name.clone());
        self.session.send(Command::ChooseAddress(name));
        let deadline = Instant::now() + DEVICE_LIMIT;
        loop {
            match self.next_event(deadline)? {
                Some(Event::DeviceAsked(Ok(()))) => return Ok(()),
                Some(Event::DeviceAsked(Err(trouble))) => {
                    let sentences = errors::device_trouble(&trouble);
                    return Err(match trouble {
                        DeviceTrouble::Malformed(_) | DeviceTrouble::Unknown(_) | DeviceTrouble::Ambiguous { .. } => {
                            usage(&sentences)
                        }
                        DeviceTrouble::Driver(_) | DeviceTrouble::NoThread => failed("Device", &sentences),
                    });
                }
                Some(Event::Remark(remark)) => self.remarks.push(errors::remark(&remark).joined()),
                Some(_) => {}
                None => return Err(failed("NotAnswering", &errors::device_silent())),
            }
        }
    }

    fn only_device(&mut self) -> Result<String, Failure> {
        let deadline = Instant::now() + SEARCH_LIMIT;
        while self.session.snapshot().searching && self.next_event(deadline)?.is_some() {}
        let snapshot = self.session.snapshot();
        let real: Vec<_> = snapshot.devices.iter().filter(|device| device.connection != Connection::Virtual).collect();
        match real.as_slice() {
            [] => Err(failed("NoScanner", &command_line::no_scanner())),
            [only] => Ok(only.id.0.clone()),
            several => {
                let names: Vec<&str> = several.iter().map(|device| device.id.0.as_str()).collect();
                Err(usage(&command_line::several_scanners(&names)))
            }
        }
    }

    /// The source that was named; else the feeder when paper lies in it; else the flatbed.
    fn source(&mut self) -> Result<Source, Failure> {
        if let Some(source) = self.plan.source {
            return Ok(source);
        }
        let snapshot = self.session.snapshot();
        let Some(chosen) = &snapshot.chosen else { return Err(refused(&SettingsError::NoDevice)) };
        let choice = chosen.offers.as_ref().and_then(|offers| offers.usual_source(chosen.feeder));
        choice.ok_or_else(|| refused(&SettingsError::NoDevice))
    }

    /// A target that cannot be written is found before paper moves.
    fn check_target(&self, target: &Target, source: Source) -> Result<(), Failure> {
        if target.stdout {
            if !target.format.holds_many_pages() && source != Source::Flatbed {
                return Err(usage(&command_line::many_files_to_stdout()));
            }
            return Ok(check_stdout()?);
        }
        Ok(check_files(&target.path, target.naming(source), self.arguments.overwrite)?)
    }

    fn scan(&mut self, source: Source, placement: Placement) -> Result<JobReport, Failure> {
        let mut wish = self.plan.wish(source);
        if let Placement::Replace(_) = placement {
            wish.pages = PageLimit::Count(NonZeroU32::MIN);
        }
        self.from_feeder = source != Source::Flatbed;
        let snapshot = self.session.snapshot();
        let offers = snapshot.chosen.as_ref().and_then(|chosen| chosen.offers.as_ref());
        self.gray_instead = wish.settings.mode == ColorMode::LineArt
            && offers.and_then(|offers| offers.offer(source)).is_some_and(|offer| !offer.has_line_art_of_its_own());
        self.session.send(Command::ScanTo(wish, placement));
        loop {
            let event = select! {
                recv(self.session.events()) -> event => event.ok(),
                recv(self.interrupts) -> _ => { self.session.stop(); None }
                default(TICK) => None,
            };
            self.progress.show(&self.session.snapshot());
            match event {
                Some(Event::JobEnded(report)) => return Ok(report),
                Some(Event::Refused(error)) => return Err(refused(&error)),
                Some(Event::Paused(_, failure)) => self.answer_problem(&failure),
                Some(Event::Remark(remark)) => self.remarks.push(errors::remark(&remark).joined()),
                _ => {}
            }
        }
    }

    /// Somebody at a terminal is asked; where nobody sits, the job ends with what is there.
    fn answer_problem(&mut self, failure: &DeviceFailure) {
        self.progress.clear();
        let reply = match &mut self.questioner {
            Some(questioner) => questioner.ask(&errors::question(failure), self.interrupts),
            None => {
                tracing::info!(%failure, "nobody is there to put it right");
                Reply::Stop
            }
        };
        match reply {
            Reply::Continue => self.session.send(Command::AnswerProblem(ProblemAnswer::Continue)),
            Reply::Stop => self.session.send(Command::AnswerProblem(ProblemAnswer::Finish)),
            Reply::Interrupted => {
                self.session.stop();
                false
            }
        };
    }

    /// Saves what arrived, also after a failure or a cancel. Ctrl+C that ended the job does not end its
    /// save; another one does, and the document stays.
    fn save(&mut self, job: &JobReport, target: &Target, source: Source) -> SaveEnd {
        if job.complete + job.partial == 0 {
            return SaveEnd::Nothing;
        }
        match self.save_command(target, source) {
            Ok(command) => self.session.send(command),
            Err(error) => return SaveEnd::Failed(command_line::stdout(&error)),
        };
        let mut cancelled = false;
        loop {
            let event = select! {
                recv(self.session.events()) -> event => event,
                recv(self.interrupts) -> _ => {
                    // A third one leaves a file system behind that does not come to an end.
                    if cancelled {
                        return SaveEnd::Cancelled;
                    }
                    cancelled = true;
                    self.session.send(Command::CancelSave);
                    self.stop_writing.stop();
                    continue;
                }
            };
            match event {
                Ok(Event::Saved(saved)) => return SaveEnd::Saved(saved),
                Ok(Event::SaveCancelled) => return SaveEnd::Cancelled,
                Ok(Event::SaveFailed(_)) if cancelled => return SaveEnd::Cancelled,
                Ok(Event::SaveFailed(error)) => return SaveEnd::Failed(export::failed(&error)),
                Ok(_) => {}
                Err(_) => return SaveEnd::Failed(errors::session_gone()),
            }
        }
    }

    fn save_command(&self, target: &Target, source: Source) -> io::Result<Command> {
        let options = self.save_options.clone().unwrap_or(SaveOptions::of(target.format));
        if target.stdout {
            let to = Outlet::new(Outflow::stdout(self.stop_writing.clone())?);
            return Ok(Command::Send(SendWish { options: Box::new(options), to }));
        }
        let (naming, overwrite) = (target.naming(source), self.arguments.overwrite);
        let options = SaveOptions { naming, overwrite, ..options };
        Ok(Command::Save(SaveWish { target: target.path.clone(), options: Box::new(options), pages: None }))
    }

    /// The next event; `None` when the deadline comes first.
    fn next_event(&self, deadline: Instant) -> Result<Option<Event>, Failure> {
        let limit = deadline.saturating_duration_since(Instant::now());
        select! {
            recv(self.session.events()) -> event => Ok(event.ok()),
            recv(self.interrupts) -> _ => Err(Failure::Cancelled),
            default(limit) => Ok(None),
        }
    }
}

/// Where the pages go.
struct Target {
    path: PathBuf,
    format: FileFormat,
    stdout: bool,
}

impl Target {
    fn naming(&self, source: Source) -> Naming {
        naming(&self.path, source, self.format.holds_many_pages())
    }
}

/// The format of a document; `None` for one that is made without.
pub(super) fn file_format(name: FormatName) -> Option<FileFormat> {
    match name {
        FormatName::Pdf => Some(FileFormat::Pdf),
        FormatName::Tiff => Some(FileFormat::Tiff),
        FormatName::Png => Some(FileFormat::Png),
        FormatName::Jpeg => Some(FileFormat::Jpeg),
        FormatName::Pnm => None,
    }
}

fn usage(sentences: &Sentences) -> Failure {
    CommandError::usage(sentences.joined()).into()
}

fn failed(condition: &'static str, sentences: &Sentences) -> Failure {
    CommandError::failed(condition, sentences.joined()).into()
}

fn refused(error: &SettingsError) -> Failure {
    let sentences = errors::settings(error);
    match error {
        SettingsError::Storage(_) => failed("Storage", &sentences),
        SettingsError::NoSpace { .. } => failed("DiskFull", &sentences),
        SettingsError::NoDevice => failed("NoDevice", &sentences),
        _ => usage(&sentences),
    }
}
