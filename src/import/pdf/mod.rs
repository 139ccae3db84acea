//! PDF: a page that is one picture is taken out as it is, any other is drawn.
//!
//! The libraries that read and draw PDF hold a file in memory, unpack what it tells them to, and have no limit
//! for it. So they run in a process of their own: `lightbar read-pdf`, which gave itself a limit of memory, is
//! handed the open file and answers with pages (`message.rs`). Whatever a file makes of it, a panic, an
//! overflow of its stack, gigabytes out of a kilobyte or a loop without end, only that process ends, and the
//! file is refused. What it answers is checked as if it were a file. A password goes to it through a pipe, where nobody
//! else can read it.
//!
//! ```text
//!   import ──file──▶ lightbar read-pdf ──▶ page.rs: one picture? ─▶ picture.rs   its bytes or rows
//!          ◀─pages──                                 anything else ─▶ drawn.rs     rows
//! ```

mod bombs;
mod drawn;
mod message;
mod notes;
mod page;
mod picture;
mod process;
mod reading;
mod tree;

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use crate::document::Look;
use crate::minidriver::PageFormat;
use crate::units::Dpi;

use super::desk::{Desk, NewPage, rows_page};
use super::limits::MAX_PDF_BYTES;
use super::{Demand, ImportError, ImportOptions, Limit};
use message::{Kind, Message, Refusal, Told};
use process::Reading;
pub use process::serve;

/// The command of the program that reads a PDF; not for people.
pub const READ_PDF: &str = "read-pdf";
/// How long nothing may be heard while a page is read or drawn. Maps full of lines take some seconds.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a cancel is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Who reads PDF files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdfReader {
    /// This program, started with [`READ_PDF`]: with a limit of memory.
    Process(PathBuf),
    /// A thread of this process. It has a limit of time only, and one that does not end is left behind: for
    /// programs other than `lightbar` that use this library.
    Thread,
}

/// This program, whatever it is called. Its file may have been replaced by a newer one: what runs is still there under this
/// name.
const OWN: &str = "/proc/self/exe";

impl PdfReader {
    /// The running program, which must do [`serve`] when it is started with [`READ_PDF`].
    pub fn this_program() -> PdfReader {
        PdfReader::Process(OWN.into())
    }
}

impl Default for PdfReader {
    /// A process when this one is called `lightbar`, else a thread: who else uses this library need not know [`READ_PDF`].
    fn default() -> PdfReader {
        let own = std::env::current_exe().ok();
        let name = own.as_deref().and_then(|own| own.file_name()).map(|name| name.to_string_lossy().into_owned());
        match name {
            Some(name) if name.split(' ').next() == Some(env!("CARGO_PKG_NAME")) => PdfReader::this_program(),
            _ => PdfReader::Thread,
        }
    }
}

/// Reads a file.
pub(super) fn read(file: File, options: &ImportOptions, desk: &mut Desk<'_, '_>) -> Result<(), ImportError> {
    let bytes = file.metadata().map_err(|error| ImportError::Unreadable(error.kind()))?.len();
    if bytes > MAX_PDF_BYTES {
        return Err(ImportError::TooLarge { page: None, limit: Limit::FileBytes(MAX_PDF_BYTES) });
    }
    let reading = Reading::start(file, options)?;
    let mut told = Vec::new();
    let mut pages = Pages { desk, open: None };
    loop {
        match next(&reading, pages.desk, &mut told)? {
            Some(Message::Data) => pages.desk.write(&told)?,
            Some(Message::Told(told)) => match pages.take(*told) {
                Ok(false) => {}
                Ok(true) => return Ok(()),
                Err(ImportError::NeedsPassword) if options.password.is_some() => {
                    return Err(ImportError::WrongPassword);
                }
                Err(error) => return Err(error),
            },
            // It is gone without a last word: memory ran out, or its stack. Everything else it would have said.
            None => {
                let page = pages.desk.under_way();
                return Err(ImportError::TooDemanding { page, what: Demand::Memory });
            }
        }
    }
}

/// The next answer; `None` when there will be none.
fn next(reading: &Reading, desk: &mut Desk<'_, '_>, data: &mut Vec<u8>) -> Result<Option<Message>, ImportError> {
    let until = Instant::now() + SILENCE;
    loop {
        match reading.answers().recv_timeout(LOOK_EVERY) {
            Ok((message, bytes)) => {
                *data = bytes;
                return Ok(Some(message));
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => desk.look()?,
        }
        if Instant::now() >= until {
            return Err(ImportError::TooDemanding { page: desk.under_way(), what: Demand::Time });
        }
    }
}

struct Pages<'a, 'b, 'c> {
    desk: &'a mut Desk<'b, 'c>,
    open: Option<Look>,
}

impl Pages<'_, '_, '_> {
    /// Does what an answer says; `true` after the last one.
    fn take(&mut self, told: Told) -> Result<bool, ImportError> {
        match told {
            Told::Pages(pages) => self.desk.expect(pages)?,
            Told::Begin { kind, width, height, dpi, bytes, look } => {
                let dpi = Dpi(dpi);
                self.desk.begin(match kind {
                    Kind::Jpeg => NewPage { format: PageFormat::Jpeg, width, height, dpi, bytes: Some(bytes) },
                    Kind::Rows(pixels) => rows_page(width, height, pixels.format(), dpi),
                })?;
                self.open = Some(look);
            }
            Told::End => {
                let look = self.open.take().unwrap_or_default();
                self.desk.end(true, look)?;
            }
            Told::Remark(remark) => self.desk.remark(remark),
            Told::Refused(refusal) => return Err(error_of(refusal)),
            Told::Done => return Ok(true),
        }
        Ok(false)
    }
}

fn error_of(refusal: Refusal) -> ImportError {
    match refusal {
        Refusal::Unreadable => ImportError::Unreadable(std::io::ErrorKind::Other),
        Refusal::NeedsPassword => ImportError::NeedsPassword,
        Refusal::NoPages => ImportError::NoPages,
        Refusal::Broken(page) => ImportError::Broken { page },
        Refusal::Bomb(page) => ImportError::Bomb { page },
        Refusal::TooLarge(page, limit) => ImportError::TooLarge { page, limit },
        Refusal::Unsupported(page, what) => ImportError::Unsupported { page, what },
    }
}
