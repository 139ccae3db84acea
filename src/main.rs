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

fn window(_arguments: &Arguments) -> ExitCode {
    eprintln!("lightbar: this program was built without its window. `lightbar scan --help` says how to scan.");
    ExitCode::from(2)
}
