//! Where bytes flow out to somebody who may stop reading: standard output, a pipe or a device. Writing ends when somebody
//! says so.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fstat};

/// Written at once: what a pipe takes without waiting when it takes anything (PIPE_BUF).
const PIECE: usize = 4096;
/// How often it is asked whether writing is still wanted while nobody reads.
const GLANCE: Duration = Duration::from_millis(50);

/// Whether standard output was closed when the program began: the language's library has then put the null device there,
/// open in both directions, which no shell's `>/dev/null` is. Whoever does the same does not want the pages either.
pub(super) fn leads_nowhere() -> bool {
    let stdout = io::stdout();
    let both_ways = fcntl_getfl(&stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    let null = std::fs::metadata("/dev/null").ok().filter(|null| null.file_type().is_char_device());
    both_ways && null.is_some_and(|null| fstat(&stdout).is_ok_and(|stdout| stdout.st_rdev == null.rdev()))
}

/// Standard output, past the library's own buffer: its lock would be held for as long as nobody reads. Or a device or
/// a pipe.
pub(super) struct Outflow {
    file: File,
    stop: StopWriting,
}

/// Ends the writing.
#[derive(Clone, Debug, Default)]
pub(super) struct StopWriting {
    said: Arc<AtomicBool>,
    /// Ctrl+C, for whoever writes on the thread that would hear it.
    interrupts: Option<Receiver<()>>,
}

impl StopWriting {
    /// Ends it when Ctrl+C was pressed, which is left to be heard.
    pub(super) fn at(interrupts: &Receiver<()>) -> StopWriting {
        StopWriting { interrupts: Some(interrupts.clone()), ..StopWriting::default() }
    }

    /// Nothing more is written, and a write under way comes back with a failure.
    pub(super) fn stop(&self) {
        self.said.store(true, Ordering::Release);
    }

    /// Whether somebody said so.
    pub(super) fn is_stopped(&self) -> bool {
        let interrupted = || self.interrupts.as_ref().is_some_and(|interrupts| !interrupts.is_empty());
        self.said.load(Ordering::Acquire) || interrupted()
    }
}

impl Outflow {
    /// Standard output until it is stopped.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn stdout(stop: StopWriting) -> io::Result<Outflow> {
        Ok(Outflow { file: File::from(io::stdout().as_fd().try_clone_to_owned()?), stop })
    }

    /// A device or a pipe that is there, until it is stopped. Opening it waits for nobody.
    ///
    /// # Errors
    /// What the system says; ENXIO when nobody reads from a pipe.
    pub(super) fn to(file: &Path, stop: StopWriting) -> io::Result<Outflow> {
        let at_once = OFlags::NONBLOCK.bits().cast_signed();
        Ok(Outflow { file: File::options().write(true).custom_flags(at_once).open(file)?, stop })
    }

    /// Waits until something can be written, for as long as that is wanted.
    fn wait(&self) -> io::Result<()> {
        let limit = Timespec { tv_sec: 0, tv_nsec: GLANCE.as_nanos() as i64 };
        loop {
            if self.stop.is_stopped() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&limit)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Write for Outflow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        loop {
            self.wait()?;
            match self.file.write(piece) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
