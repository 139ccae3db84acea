//! The `lightbar` program: arguments in, window or command line out.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use lightbar::cli::{self, arguments::Arguments};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log.as_deref());
    match &arguments.command {
        Some(action) => cli::run(action, &arguments),
        None => window(&arguments),
    }
}

/// What a person asked for, else warnings.
fn log_to_stderr(filter: Option<&str>) {
    let filter = EnvFilter::try_new(filter.unwrap_or("warn")).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

#[cfg(feature = "gui")]
fn window(arguments: &Arguments) -> ExitCode {
    match opened(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lightbar: {}", error.message);
            ExitCode::from(error.status)
        }
    }
}

/// The window over a session, until it is closed.
#[cfg(feature = "gui")]
fn opened(arguments: &Arguments) -> Result<(), cli::CommandError> {
    let failed = |message: String| cli::CommandError { status: 1, message };
    let start = lightbar::ui::StartWith { device: arguments.device.clone(), ..Default::default() };
    let mut options = cli::session_options(&arguments.behaviour)?;
    options.changed = start.repaint.waker();
    options.pictures = true;
    let session = lightbar::session::Session::start(options).map_err(|error| failed(error.to_string()))?;
    lightbar::ui::run(session, start).map_err(|error| failed(error.to_string()))
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: &Arguments) -> ExitCode {
    eprintln!("lightbar: this program was built without its window. `lightbar scan --help` says how to scan.");
    ExitCode::from(2)
}
