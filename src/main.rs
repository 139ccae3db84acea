//! The `lightbar` program: arguments in, window or command line out.

use std::io::IsTerminal;
use std::process::ExitCode;
#[cfg(feature = "gui")]
use std::sync::Arc;

use clap::Parser;
use lightbar::cli::{self, arguments::Arguments, words::say};
use lightbar::text::command_line;
#[cfg(feature = "gui")]
use lightbar::{
    session::Session,
    text::{errors::Sentences, progress::FINISHING},
    ui::{StartWith, display_is_named},
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return cli::not_parsed(&error),
    };
    if let Err(error) = log_to_stderr(arguments.log.as_deref()) {
        say(format_args!("lightbar: {}", command_line::bad_log_filter(&error).joined()));
        return ExitCode::from(2);
    }
    match &arguments.command {
        Some(action) => cli::run(action, &arguments),
        None => window(&arguments),
    }
}

/// What a person asked for, else nothing: what matters to a person is said in sentences.
fn log_to_stderr(filter: Option<&str>) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::try_new(filter.unwrap_or("off"))?;
    let stderr = std::io::stderr;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal()).init();
    Ok(())
}

#[cfg(feature = "gui")]
fn window(arguments: &Arguments) -> ExitCode {
    match opened(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("lightbar: {}", error.message));
            ExitCode::from(error.status)
        }
    }
}

/// The window over a session, until it is closed and what was under way has ended.
#[cfg(feature = "gui")]
fn opened(arguments: &Arguments) -> Result<(), cli::CommandError> {
    arguments.device.as_deref().map_or(Ok(()), cli::check_device_name)?;
    if !display_is_named() {
        return Err(no_window(&command_line::no_display()));
    }
    let start = StartWith { device: arguments.device.clone(), ..Default::default() };
    let mut options = cli::session_options(&arguments.behaviour, arguments.device.as_deref())?;
    options.changed = start.repaint.waker();
    options.pictures = true;
    options.document = lightbar::session::DocumentChoice::Last;
    let repaint = start.repaint.clone();
    let start = StartWith { data_dir: Some(options.data_dir.clone()), ..start };
    let hurry = cli::on_interrupt(move || repaint.close_window()).map_err(|error| cli::CommandError::system(&error))?;
    let session = Arc::new(Session::start(options).map_err(|error| cli::CommandError::system(&error))?);
    lightbar::ui::run(&session, start).map_err(|error| {
        tracing::warn!(%error, "there is no window");
        no_window(&command_line::no_window_here())
    })?;
    if let Some(session) = Arc::into_inner(session) {
        session.leave(&hurry, || say(format_args!("lightbar: {FINISHING}")));
    }
    Ok(())
}

/// Without a window the program has failed, and other ways to scan are told.
#[cfg(feature = "gui")]
fn no_window(sentences: &Sentences) -> cli::CommandError {
    cli::CommandError::failed("NoWindow", sentences.joined())
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: &Arguments) -> ExitCode {
    say(format_args!("lightbar: {}", command_line::no_window().joined()));
    ExitCode::from(2)
}
