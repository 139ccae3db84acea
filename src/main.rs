//! The `lightbar` program: arguments in, window or command line out.

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
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

#[cfg(feature = "gui")]
fn window(arguments: &Arguments) -> ExitCode {
    let started = cli::session_options(&arguments.behaviour)
        .map_err(|error| (error.status, error.message))
        .and_then(|options| lightbar::ui::run(options, arguments.device.clone()).map_err(|error| (1, error.to_string())));
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err((status, message)) => {
            eprintln!("lightbar: {message}");
            ExitCode::from(status)
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: &Arguments) -> ExitCode {
    eprintln!("lightbar: this program was built without its window. `lightbar scan --help` says how to scan.");
    ExitCode::from(2)
}
