//! The password in a file, a pipe or on standard input. On the command line itself everybody on this computer could read it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use crate::text::command_line;

use super::CommandError;
use super::report::Status;

/// Stands for standard input.
const STDIN: &str = "-";
/// A line with a password is no longer than this, in bytes.
const LONGEST: usize = 4096;
/// So long somebody has to write it into a pipe: a person may be asked for another password before.
const LIMIT: Duration = Duration::from_secs(120);
/// How often Ctrl+C is looked for meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// The first line of a file.
///
/// # Errors
/// Why it cannot be had, in words; Ctrl+C.
pub(super) fn password(file: &Path, interrupts: &Receiver<()>) -> Result<String, CommandError> {
    let line = opened(file).and_then(|opened| first_line(opened, interrupts));
    line.map_err(|error| match error.kind() {
        ErrorKind::Interrupted => CommandError {
            status: Status::Cancelled.exit(),
            condition: "Cancelled",
            message: command_line::no_password_meanwhile().joined(),
        },
        kind => CommandError::usage(command_line::password_file(file, kind).joined()),
    })
}

/// Opens it without waiting for somebody at the other end of a pipe.
fn opened(file: &Path) -> io::Result<File> {
    if file.as_os_str() == STDIN {
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    let nonblock = OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(file)?;
    if file.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    Ok(file)
}

fn first_line(mut file: File, interrupts: &Receiver<()>) -> io::Result<String> {
    let until = Instant::now() + LIMIT;
    let mut line = Vec::new();
    let mut piece = [0; LONGEST];
    while line.len() < LONGEST && !line.contains(&b'\n') {
        if !interrupts.is_empty() {
            return Err(ErrorKind::Interrupted.into());
        }
        if Instant::now() >= until {
            return Err(ErrorKind::TimedOut.into());
        }
        // A pipe that nobody has begun to write into is not at its end, though reading it says so.
        let Some(is_over) = ready(&file)? else { continue };
        let room = piece.get_mut(..LONGEST - line.len()).unwrap_or_default();
        match file.read(room) {
            Ok(0) => break,
            Ok(read) => line.extend(room.iter().take(read)),
            Err(error) if error.kind() == ErrorKind::WouldBlock && is_over => break,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
    line.truncate(end);
    let line = String::from_utf8(line).map_err(|_| ErrorKind::InvalidData)?;
    Ok(line.strip_suffix('\r').unwrap_or(&line).to_owned())
}

/// Waits a moment for something to read; `None`: nothing came. Else whether nobody writes any more.
fn ready(file: &File) -> io::Result<Option<bool>> {
    let mut wanted = [PollFd::new(file, PollFlags::IN)];
    let limit = Timespec { tv_sec: 0, tv_nsec: i64::from(GLANCE.subsec_nanos()) };
    match poll(&mut wanted, Some(&limit)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => Ok(None),
        Ok(_) => Ok(Some(wanted[0].revents().contains(PollFlags::HUP))),
        Err(error) => Err(error.into()),
    }
}
