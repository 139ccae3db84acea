//! The `lightbar` program: arguments in, window or command line out.

use std::process::ExitCode;

fn main() -> ExitCode {
    lightbar::cli::run(std::env::args_os())
}
