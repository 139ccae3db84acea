//! Words on standard error, and the line on standard output. A terminal that was closed, a full disk behind it or a pipe that nobody reads is
//! no reason to end differently: what cannot be said is not said.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Writes a line on standard error, if that can be.
pub fn say(words: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{words}");
}

/// Writes a line on standard output. Nobody may read it: the exit status still says how it went.
pub(super) fn print(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes on standard error without ending the line, if that can be.
pub(super) fn prompt(words: Arguments<'_>) {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{words}");
    let _ = stderr.flush();
}
