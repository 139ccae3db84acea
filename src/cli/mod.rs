//! The `cli` module deals with *the command line*: arguments, words on standard error, results on
//! standard output, exit statuses. It knows no window.

pub mod arguments;
mod devices;
mod interrupt;
mod progress;
pub mod report;
mod scan;
mod virtual_scanner;

use std::path::PathBuf;
use std::process::ExitCode;

use etcetera::BaseStrategy;

use crate::session::{DeviceName, Session, SessionOptions, VirtualOptions};

use arguments::{Action, Arguments, Behaviour};
pub use interrupt::interrupts;

/// Moves the data directory, for tests and for people with several.
const DATA_DIR_VARIABLE: &str = "LIGHTBAR_DATA_DIR";
/// The exit status of wrong usage.
const WRONG_USAGE: u8 = 2;

/// Where documents are kept: `LIGHTBAR_DATA_DIR`, or the user's own data directory.
///
/// # Errors
/// A sentence, when the system does not say where home is.
pub fn data_dir() -> Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os(DATA_DIR_VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(folder.into());
    }
    etcetera::choose_base_strategy().map(|strategy| strategy.data_dir().join("lightbar")).map_err(|_| {
        format!("There is no home directory. Say where documents are to be kept with {DATA_DIR_VARIABLE}.")
    })
}

/// Runs a command to its end.
pub fn run(action: &Action, arguments: &Arguments) -> ExitCode {
    let result = match action {
        Action::Devices { json } => devices::run(*json),
        Action::Scan(scan) => {
            let mut scan = scan.clone();
            scan.device = scan.device.or_else(|| arguments.device.clone());
            scan.behaviour = scan.behaviour.or(&arguments.behaviour);
            scan_command(&scan)
        }
        Action::Virtual(lent) => virtual_scanner::run(lent),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("lightbar: {}", error.message);
            ExitCode::from(error.status)
        }
    }
}

/// A command that could not begin.
pub struct CommandError {
    /// The exit status.
    pub status: u8,
    /// One or two sentences.
    pub message: String,
}

impl CommandError {
    fn usage(message: impl Into<String>) -> CommandError {
        CommandError { status: WRONG_USAGE, message: message.into() }
    }

    fn failed(message: impl Into<String>) -> CommandError {
        CommandError { status: 1, message: message.into() }
    }
}

fn scan_command(scan: &arguments::Scan) -> Result<u8, CommandError> {
    // Before anything else, so that no Ctrl+C is lost.
    let interrupts = interrupt::interrupts().map_err(|error| CommandError::failed(error.to_string()))?;
    let mut options = session_options(&scan.behaviour)?;
    // A device of this computer has to be found on the bus, whether it was named or not.
    let named = scan.device.as_deref().and_then(|name| name.parse().ok());
    options.discover = !matches!(named, Some(DeviceName::Virtual(_) | DeviceName::Escl(_)));
    let session = Session::start(options).map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(scan::run(scan, session, &interrupts))
}

/// The options of a session with documents where the user keeps them.
///
/// # Errors
/// When the behaviour of a virtual scanner makes no sense, or there is no place for documents.
pub fn session_options(behaviour: &Behaviour) -> Result<SessionOptions, CommandError> {
    let mut options = SessionOptions::in_folder(data_dir().map_err(CommandError::failed)?);
    options.virtual_scanner = virtual_options(behaviour)?;
    Ok(options)
}

fn virtual_options(behaviour: &Behaviour) -> Result<VirtualOptions, CommandError> {
    let faults = match &behaviour.fault {
        Some(text) => text.parse().map_err(|error| CommandError::usage(format!("--fault {text}: {error}.")))?,
        None => Default::default(),
    };
    if let Some(folder) = &behaviour.keep_sent {
        std::fs::create_dir_all(folder).map_err(|error| {
            CommandError::failed(format!("{} cannot be created ({})", folder.display(), error.kind()))
        })?;
    }
    let mut options = VirtualOptions { faults, keep_sent: behaviour.keep_sent.clone(), ..VirtualOptions::default() };
    options.sheets = behaviour.sheets;
    options.pages_per_minute = behaviour.speed.map(f64::from);
    if let Some(reload) = behaviour.reload {
        options.reload = match reload {
            arguments::Reload::Never => None,
            arguments::Reload::Seconds(seconds) => Some(std::time::Duration::from_secs(seconds.into())),
        };
    }
    Ok(options)
}
