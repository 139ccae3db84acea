//! The application of the banded transfer: WIA's raw format comes in, netpbm goes out.

use std::thread;

use crossbeam_channel::{Receiver, bounded, select};

use crate::cli::progress::ProgressLine;
use crate::cli::question::{Questioner, Reply};
use crate::export::{ExportError, PnmWriter};
use crate::minidriver::{Code, Condition, DeviceFailure, ErrorHandler, HandlerAnswer};
use crate::session::Phase;
use crate::text::errors;
use crate::transfer::{Answer, Band, BandCallback, BandMessage};
use crate::units::Percent;

use super::raw_reader::RawReader;

/// Images on their way from a device to a target.
pub(super) struct Images<'a> {
    pub(super) writer: PnmWriter<'a>,
    raw: RawReader,
    /// Those that have ended.
    pub(super) pages: u32,
    /// The last one is not complete.
    pub(super) partial: bool,
    /// Why nothing more was written.
    pub(super) failed: Option<ExportError>,
    questioner: Option<Questioner>,
    stopped: Receiver<()>,
    progress: ProgressLine,
    /// Of the page under way.
    bytes: u64,
}

impl<'a> Images<'a> {
    pub(super) fn new(writer: PnmWriter<'a>, stopped: Receiver<()>) -> Images<'a> {
        let mut progress = ProgressLine::on_stderr();
        progress.phase(Phase::Starting);
        Images {
            writer,
            raw: RawReader::default(),
            pages: 0,
            partial: false,
            failed: None,
            questioner: Questioner::on_terminal(),
            stopped,
            progress,
            bytes: 0,
        }
    }

    /// Takes the line away that tells how far the images are, before something else is printed.
    pub(super) fn clear_line(&mut self) {
        self.progress.clear();
    }

    /// Tells how far the images are.
    fn show_progress(&mut self) {
        match (self.raw.is_begun(), self.pages) {
            (true, pages) => self.progress.image(pages + 1, self.bytes),
            (false, 0) => self.progress.phase(Phase::Starting),
            (false, _) => self.progress.phase(Phase::Receiving),
        }
    }

    fn take(&mut self, band: &Band) -> Result<(), ExportError> {
        if band.offset == 0 && self.raw.is_begun() {
            // The header once more, with the true height: the writer has counted the rows itself.
            return Ok(());
        }
        let fed = self.raw.feed(&band.bytes, &mut self.writer);
        self.bytes += band.bytes.len() as u64;
        self.show_progress();
        fed
    }

    fn end_page(&mut self) -> Result<(), ExportError> {
        if self.raw.is_begun() {
            self.pages += 1;
        }
        self.raw = RawReader::default();
        self.bytes = 0;
        self.show_progress();
        self.writer.end()
    }

    fn answer(&mut self, done: Result<(), ExportError>) -> Answer {
        match done {
            Ok(()) => Answer::Continue,
            Err(error) => {
                let code = match &error {
                    ExportError::Full | ExportError::ScratchFull(_) => Code::STG_E_MEDIUMFULL,
                    _ => Code::E_FAIL,
                };
                self.failed = self.failed.take().or(Some(error));
                Answer::Code(code)
            }
        }
    }
}

impl BandCallback for Images<'_> {
    fn message(&mut self, message: BandMessage) -> Answer {
        let done = match message {
            BandMessage::Data(band) => self.take(&band),
            BandMessage::NewPage { .. } => self.end_page(),
            BandMessage::Termination { complete } => {
                let begun = self.raw.is_begun();
                self.partial = begun && !complete;
                self.end_page()
            }
            BandMessage::DataHeader { .. } | BandMessage::Status { .. } => Ok(()),
        };
        self.answer(done)
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        Some(self)
    }
}

impl ErrorHandler for Images<'_> {
    fn report_status(&mut self, failure: &DeviceFailure, _percent: Percent) -> HandlerAnswer {
        let delay = match failure.condition {
            Condition::WarmingUp => Some(Phase::WarmingUp),
            Condition::Calibrating => Some(Phase::Calibrating),
            _ => None,
        };
        if let Some(phase) = delay {
            self.progress.phase(phase);
            return HandlerAnswer::Handled;
        }
        let Some(questioner) = &mut self.questioner else { return HandlerAnswer::NotHandled };
        if !failure.condition.code().is_failure() {
            return HandlerAnswer::Handled;
        }
        self.progress.clear();
        // The other end of `stopped` is dropped at Ctrl+C, which also cancels the transfer.
        let (interrupt, interrupts) = bounded(1);
        let stopped = self.stopped.clone();
        let asked = thread::scope(|scope| {
            let (answered, over) = bounded::<()>(0);
            scope.spawn(move || {
                select! {
                    recv(stopped) -> _ => { let _ = interrupt.send(()); }
                    recv(over) -> _ => {}
                }
            });
            let reply = questioner.ask(&errors::question(failure), &interrupts);
            drop(answered);
            reply
        });
        match asked {
            Reply::Continue => HandlerAnswer::Handled,
            Reply::Stop => HandlerAnswer::Code(failure.condition.code()),
            Reply::Interrupted => HandlerAnswer::Cancel,
        }
    }

    fn clear(&mut self) {
        self.show_progress();
    }
}
