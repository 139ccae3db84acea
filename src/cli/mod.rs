//! The `cli` module deals with *the command line*: arguments, words on standard error, results on
//! standard output, exit statuses. It knows no window.

pub mod arguments;
mod bands;
mod check;
mod destination;
mod devices;
mod documents;
mod edit;
mod export;
mod import;
mod interrupt;
mod outflow;
mod page_list;
mod password_file;
mod profiles;
mod progress;
mod properties;
mod question;
pub mod report;
mod saving;
mod scan;
mod usage;
mod virtual_scanner;
pub mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::import::pdf::PdfReader;
use crate::session::{DeviceName, DocumentChoice, Session, SessionOptions, VirtualOptions};
use crate::text::{command_line, errors};
use crate::virtual_device::{FaultName, FaultSpec, model};

use arguments::{Action, Arguments, Behaviour};
pub use interrupt::on_interrupt;
pub use usage::not_parsed;
use usage::{ObjectFor, tell};

/// Moves the data directory, for tests and for people with several.
const DATA_DIR_VARIABLE: &str = "LIGHTBAR_DATA_DIR";
/// The exit status of wrong usage.
const WRONG_USAGE: u8 = 2;
/// How long a device may take to say what it can do; sleeping ones are slow (eSCL reference, 6.5).
const DEVICE_LIMIT: Duration = Duration::from_secs(60);

/// Where documents are kept: `LIGHTBAR_DATA_DIR`, or the user's own data directory.
///
/// # Errors
/// A sentence, when the system does not say where home is.
pub fn data_dir() -> Result<PathBuf, CommandError> {
    if let Some(folder) = std::env::var_os(DATA_DIR_VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    etcetera::choose_base_strategy()
        .map(|strategy| strategy.data_dir().join("lightbar"))
        .map_err(|_| CommandError::failed("Storage", command_line::no_home(DATA_DIR_VARIABLE).joined()))
}

/// Runs a command to its end.
pub fn run(action: &Action, arguments: &Arguments) -> ExitCode {
    if matches!(action, Action::ReadPdf) {
        return crate::import::pdf::serve();
    }
    match perform(action, arguments) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let (device, object) = asked_for(action);
            tell(&error, device.or_else(|| arguments.device.clone()), object)
        }
    }
}

/// The device that a command names, and whether its failure is wanted as an object.
fn asked_for(action: &Action) -> (Option<String>, ObjectFor) {
    match action {
        Action::Profiles(wanted) if wanted.json => (None, ObjectFor::Stdout),
        Action::Documents(wanted) if wanted.wants_json() => (None, ObjectFor::Stdout),
        Action::Edit(wanted) if wanted.json => (None, ObjectFor::Stdout),
        Action::Export(wanted) if wanted.json && wanted.is_to_stdout() => (None, ObjectFor::Stderr),
        Action::Export(wanted) if wanted.json => (None, ObjectFor::Stdout),
        Action::Import(wanted) if wanted.json => (None, ObjectFor::Stdout),
        Action::Devices(wanted) if wanted.json => (wanted.device.clone(), ObjectFor::Stdout),
        Action::Scan(scan) if scan.json && scan.is_to_stdout() => (scan.device.clone(), ObjectFor::Stderr),
        Action::Scan(scan) if scan.json => (scan.device.clone(), ObjectFor::Stdout),
        _ => (None, ObjectFor::Nobody),
    }
}

/// Options that stand before a command count for it; one that the command does not have is refused.
fn perform(action: &Action, arguments: &Arguments) -> Result<u8, CommandError> {
    match action {
        Action::Devices(wanted) => {
            refuse_foreign("devices", arguments.behaviour.given())?;
            let device = wanted.device.as_ref().or(arguments.device.as_ref());
            devices::run(wanted, device.map(String::as_str))
        }
        Action::Scan(scan) => {
            let mut scan = scan.clone();
            scan.device = scan.device.or_else(|| arguments.device.clone());
            scan.behaviour = scan.behaviour.or(&arguments.behaviour);
            scan_command(&scan)
        }
        Action::Profiles(wanted) => {
            refuse_scanning("profiles", arguments)?;
            profiles::run(wanted)
        }
        Action::Documents(wanted) => {
            refuse_scanning("documents", arguments)?;
            documents::run(wanted)
        }
        Action::Edit(wanted) => {
            refuse_scanning("edit", arguments)?;
            edit::run(wanted)
        }
        Action::Export(wanted) => {
            refuse_scanning("export", arguments)?;
            export::run(wanted)
        }
        Action::Import(wanted) => {
            refuse_scanning("import", arguments)?;
            import::run(wanted)
        }
        // It is run before anything else.
        Action::ReadPdf => Ok(0),
        Action::Virtual(lent) => {
            refuse_foreign("virtual", arguments.device.as_ref().map(|_| "--device"))?;
            virtual_scanner::run(lent, &lent.behaviour.clone().or(&arguments.behaviour))
        }
    }
}

/// Refuses what only scanning has.
fn refuse_scanning(command: &str, arguments: &Arguments) -> Result<(), CommandError> {
    refuse_foreign(command, arguments.behaviour.given())?;
    refuse_foreign(command, arguments.device.as_ref().map(|_| "--device"))
}

fn refuse_foreign(command: &str, options: impl IntoIterator<Item = &'static str>) -> Result<(), CommandError> {
    let options: Vec<&str> = options.into_iter().collect();
    if options.is_empty() {
        return Ok(());
    }
    Err(CommandError::usage(command_line::foreign_options(&options, command).joined()))
}

/// A command that could not begin.
pub struct CommandError {
    /// The exit status.
    pub status: u8,
    /// A word for it, for programs.
    pub condition: &'static str,
    /// One or two sentences.
    pub message: String,
}

impl CommandError {
    fn usage(message: impl Into<String>) -> CommandError {
        CommandError { status: WRONG_USAGE, condition: "Usage", message: message.into() }
    }

    /// Anything but wrong usage, with a word for programs.
    pub fn failed(condition: &'static str, message: impl Into<String>) -> CommandError {
        CommandError { status: report::Status::Failed.exit(), condition, message: message.into() }
    }

    /// The system gives no thread or no signals.
    pub fn system(error: &std::io::Error) -> CommandError {
        CommandError::failed("System", command_line::system(error.kind()).joined())
    }
}

fn scan_command(scan: &arguments::Scan) -> Result<u8, CommandError> {
    let profile = scan.profile.as_deref().map(profiles::named).transpose()?;
    let plan = scan.how.over(profile.map(|profile| profile.plan).unwrap_or_default());
    // Before anything else, so that no Ctrl+C is lost.
    let interrupts = interrupt::interrupts().map_err(|error| CommandError::system(&error))?;
    if scan.device.is_none() {
        // The only scanner there is, never a virtual one.
        refuse_behaviour(&scan.behaviour, None)?;
    }
    if scan.is_for_a_pipe() && scan.append.is_some() {
        return Err(CommandError::usage(command_line::pipe_and_document().joined()));
    }
    if scan.is_for_a_pipe() {
        session_options(&scan.behaviour, scan.device.as_deref())?;
        return bands::run(scan, &plan, &interrupts);
    }
    let mut options = session_options(&scan.behaviour, scan.device.as_deref())?;
    // A device of this computer has to be found on the bus, whether it was named or not.
    let named = scan.device.as_deref().and_then(|name| name.parse().ok());
    options.discover = !matches!(named, Some(DeviceName::Virtual(_) | DeviceName::Escl(_)));
    if let Some(document) = &scan.append {
        options.document = DocumentChoice::Open(documents::which(document)?);
    }
    let session = Session::start(options).map_err(|error| CommandError::system(&error))?;
    Ok(scan::run(scan, &plan, session, &interrupts))
}

/// Refuses a name that no device can have, with the words that `scan` has for it.
///
/// # Errors
/// What is wrong with the name; wrong usage.
pub fn check_device_name(name: &str) -> Result<(), CommandError> {
    let refused = |trouble| CommandError::usage(errors::device_trouble(&trouble).joined());
    DeviceName::meant(name).map(drop).map_err(refused)
}

/// The options of a session with documents where the user keeps them. Without a device any may be
/// chosen later, also a virtual one.
///
/// # Errors
/// When the behaviour of a virtual scanner makes no sense or the device is a real one, or there is no
/// place for documents.
pub fn session_options(behaviour: &Behaviour, device: Option<&str>) -> Result<SessionOptions, CommandError> {
    let named = device.and_then(|name| name.parse().ok());
    if let Some(DeviceName::Usb(_) | DeviceName::Escl(_)) = named {
        refuse_behaviour(behaviour, device)?;
    }
    if let Some(DeviceName::Virtual(model)) = &named {
        refuse_what_it_has_not(behaviour, model)?;
    }
    let mut options = kept_options()?;
    options.virtual_scanner = virtual_options(behaviour)?;
    Ok(options)
}

/// How every session of this program runs. PDF files are read by a process of it also when somebody has given the program
/// another name.
fn kept_options() -> Result<SessionOptions, CommandError> {
    Ok(SessionOptions { pdf_reader: PdfReader::this_program(), ..SessionOptions::in_folder(data_dir()?) })
}

/// Only a virtual scanner does as it is told.
fn refuse_behaviour(behaviour: &Behaviour, device: Option<&str>) -> Result<(), CommandError> {
    match behaviour.given().as_slice() {
        [] => Ok(()),
        options => Err(CommandError::usage(command_line::only_for_virtual(options, device).joined())),
    }
}

/// Not every model has a button, or can go wrong in every way.
fn refuse_what_it_has_not(behaviour: &Behaviour, name: &str) -> Result<(), CommandError> {
    let Some(model) = model(name) else { return Ok(()) };
    if behaviour.press.is_some() && !model.has_button() {
        return Err(CommandError::usage(command_line::no_button(name).joined()));
    }
    let foreign = faults(behaviour)?.0.into_iter().find(|fault| !fault.name.fits(model));
    match foreign {
        Some(fault) => {
            let its_own = FaultName::ALL.iter().filter(|(_, fault)| fault.fits(model)).map(|(name, _)| *name);
            let its_own: Vec<&str> = its_own.collect();
            Err(CommandError::usage(command_line::foreign_fault(fault.name.name(), name, &its_own).joined()))
        }
        None => Ok(()),
    }
}

fn faults(behaviour: &Behaviour) -> Result<FaultSpec, CommandError> {
    let Some(text) = &behaviour.fault else { return Ok(FaultSpec::default()) };
    text.parse().map_err(|error| CommandError::usage(command_line::bad_fault(text, &error).joined()))
}

fn virtual_options(behaviour: &Behaviour) -> Result<VirtualOptions, CommandError> {
    let faults = faults(behaviour)?;
    if let Some(folder) = &behaviour.keep_sent {
        std::fs::create_dir_all(folder).map_err(|error| {
            CommandError::failed("Storage", command_line::folder_not_created(folder, error.kind()).joined())
        })?;
    }
    let mut options = VirtualOptions { faults, keep_sent: behaviour.keep_sent.clone(), ..VirtualOptions::default() };
    options.sheets = behaviour.sheets;
    options.pages_per_minute = behaviour.speed.map(f64::from);
    options.press_after = behaviour.press.map(|seconds| Duration::from_secs(seconds.into()));
    if let Some(when) = behaviour.reload {
        options.reload = when.after();
    }
    if let Some(when) = behaviour.fixed {
        options.fixed_after = when.after();
    }
    Ok(options)
}
