//! `lightbar scan --format pnm`: bands go to a pipe or to files while they come, without a document
//! (reference, part 6, *banded*).

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, select};

use crate::export::{ExportError, PnmTarget, PnmWriter, batch_name, check_numbered};
use crate::minidriver::property::{Batch, Format, ItemProperties, keys};
use crate::minidriver::{
    AcquireEnd, AcquireError, Code, ColorMode, DeviceFailure, ErrorHandler, FeederState, HandlerAnswer, Source,
};
use crate::raster::{PixelFormat, RowLayout};
use crate::session::settings::{Offer, Offers, SettingsError};
use crate::session::{DeviceName, DeviceTrouble, LEAVE_SILENT_AFTER, OpenTrouble, ScanPlan, open_device};
use crate::text::command_line;
use crate::text::errors::{self, Sentences, count_pages};
use crate::transfer::{Answer, Band, BandCallback, BandMessage, BandRequest, Broker, Outcome, TransferError};
use crate::units::Percent;

use super::arguments::{FormatName, Scan};
use super::question::{Questioner, Reply};
use super::stdout::{Stdout, StopWriting};
use super::words::say;
use super::{CommandError, WRONG_USAGE, data_dir, virtual_options};

/// Bytes of the two halves of the buffer.
const BUFFER: usize = 1 << 20;
/// How long a device may take to say what it can do; sleeping ones are slow (eSCL reference, 6.5).
const DEVICE_LIMIT: Duration = Duration::from_secs(60);
/// How long a cancelled job waits for somebody who reads along and has stopped reading.
const LEAVE_READER_AFTER: Duration = Duration::from_secs(1);
/// How often a device that still sends is looked at.
const TICK: Duration = Duration::from_millis(100);
/// Exit statuses (design, section 7).
const FAILED: u8 = 1;
const EMPTY: u8 = 3;
const CANCELLED: u8 = 130;

/// Runs the command; the exit status comes back.
pub(super) fn run(arguments: &Scan, plan: &ScanPlan, interrupts: &Receiver<()>) -> Result<u8, CommandError> {
    let folder = data_dir().map_err(CommandError::failed)?;
    // A page of unknown height waits there until it is whole; on a new machine nobody has made it yet.
    std::fs::create_dir_all(&folder)
        .map_err(|_| CommandError::failed(errors::settings(&SettingsError::Storage(folder.clone())).joined()))?;
    let place = Place::of(arguments)?;
    let Some(opened) = open_in_time(arguments, plan.source, folder.clone(), interrupts)? else { return Ok(CANCELLED) };
    let (broker, offers, source) = opened;
    let item = properties(plan, &offers, source)?;
    let own_line_art = offers.offer(source).is_none_or(Offer::has_line_art_of_its_own);
    let gray_instead = plan.settings.mode == ColorMode::LineArt && !own_line_art;
    let stop_writing = StopWriting::default();
    let job = Job { arguments, pages: plan.pages, broker, item, interrupts, folder, gray_instead, stop_writing };
    Ok(job.run(&place))
}

/// Where the images go.
enum Place {
    Pipe,
    File(PathBuf),
    Batch(PathBuf),
}

impl Place {
    /// Found wrong before paper moves.
    fn of(arguments: &Scan) -> Result<Place, CommandError> {
        let usage = |sentences: Sentences| CommandError::usage(sentences.joined());
        if arguments.format.is_some_and(|format| format != FormatName::Pnm) {
            return Err(usage(errors::batch_is_for_images()));
        }
        let meant_for_documents = [(arguments.json, "--json"), (arguments.keep_document, "--keep-document")];
        if let Some((_, name)) = meant_for_documents.into_iter().find(|(given, _)| *given) {
            return Err(usage(errors::not_with_images(name)));
        }
        let place = match (&arguments.batch, &arguments.output) {
            (Some(pattern), _) => Place::Batch(pattern.clone()),
            (None, Some(output)) if output.as_os_str() == "-" => Place::Pipe,
            (None, Some(output)) => Place::File(output.clone()),
            (None, None) => return Err(usage(errors::no_output())),
        };
        match &place {
            Place::Pipe if io::stdout().is_terminal() => return Err(usage(errors::images_to_a_terminal())),
            Place::Pipe => {}
            Place::File(_) | Place::Batch(_) => {
                if place.file(1).is_none() {
                    return Err(usage(errors::batch_pattern()));
                }
                let name = |number| place.file(number).unwrap_or_default();
                check_numbered(&name, arguments.overwrite).map_err(|error| match error {
                    ExportError::Exists(_) => usage(command_line::export(&error)),
                    _ => CommandError::failed(command_line::export(&error).joined()),
                })?;
            }
        }
        Ok(place)
    }

    fn file(&self, number: u32) -> Option<PathBuf> {
        match self {
            Place::Pipe => None,
            Place::File(file) if number == 1 => Some(file.clone()),
            Place::File(file) => Some(crate::export::numbered(file, number, number)),
            Place::Batch(pattern) => batch_name(pattern, number),
        }
    }
}

/// What is needed of a device before a scan.
type Opened = (Broker, Offers, Source);

/// Opens the device on a thread that can be left behind: it takes as long as it likes, and Ctrl+C does
/// not wait for it. `None` after Ctrl+C.
fn open_in_time(
    arguments: &Scan,
    named: Option<Source>,
    folder: PathBuf,
    interrupts: &Receiver<()>,
) -> Result<Option<Opened>, CommandError> {
    let (answer, opened) = bounded(1);
    let wanted = arguments.clone();
    let opening = thread::Builder::new().name("open".to_owned()).spawn(move || {
        let found = open(&wanted, folder).and_then(|(broker, offers)| {
            let source = source(named, &broker, &offers)?;
            Ok((broker, offers, source))
        });
        // Nobody waits any more after Ctrl+C.
        let _ = answer.send(found);
    });
    if opening.is_err() {
        return Err(CommandError::failed(errors::device_trouble(&DeviceTrouble::NoThread).joined()));
    }
    select! {
        recv(opened) -> found => found.unwrap_or_else(|_| Err(CommandError::failed(errors::device_silent().joined()))).map(Some),
        recv(interrupts) -> _ => {
            say(format_args!("lightbar: {}", command_line::NOTHING_HAD_ARRIVED));
            Ok(None)
        }
        default(DEVICE_LIMIT) => Err(CommandError::failed(errors::device_silent().joined())),
    }
}

fn open(arguments: &Scan, folder: PathBuf) -> Result<(Broker, Offers), CommandError> {
    let name = arguments.device.as_deref().map(str::parse::<DeviceName>).transpose();
    let trouble = |trouble: &DeviceTrouble| errors::device_trouble(trouble).joined();
    let name = name.map_err(|error| CommandError::usage(trouble(&DeviceTrouble::Malformed(error.0))))?;
    let (_, broker) =
        open_device(name, folder, virtual_options(&arguments.behaviour)?).map_err(|error| match error {
            OpenTrouble::NoScanner => CommandError::failed(errors::no_scanner().joined()),
            OpenTrouble::Several(ids) => {
                let names: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
                CommandError::usage(errors::several_scanners(&names).joined())
            }
            OpenTrouble::Device(error @ (DeviceTrouble::Unknown(_) | DeviceTrouble::Ambiguous { .. })) => {
                CommandError::usage(trouble(&error))
            }
            OpenTrouble::Device(error) => CommandError::failed(trouble(&error)),
        })?;
    let offers = Offers::of(broker.application_items());
    Ok((broker, offers))
}

/// The source that was named; else the feeder when paper lies in it; else the first.
fn source(named: Option<Source>, broker: &Broker, offers: &Offers) -> Result<Source, CommandError> {
    if let Some(source) = named {
        return Ok(source);
    }
    let feeder = if offers.has_feeder() { broker.feeder_state().ok() } else { None };
    offers.usual_source(feeder.unwrap_or(FeederState::Unknown)).ok_or_else(|| refused(&SettingsError::NoDevice))
}

fn properties(plan: &ScanPlan, offers: &Offers, source: Source) -> Result<ItemProperties, CommandError> {
    let mut item = offers.properties(&plan.wish(source)).map_err(|error| refused(&error))?;
    item.write(&Batch::new().set(keys::FORMAT, Format::Raw))
        .map_err(|error| refused(&SettingsError::Property(error)))?;
    Ok(item)
}

fn refused(error: &SettingsError) -> CommandError {
    CommandError::usage(errors::settings(error).joined())
}

struct Job<'a> {
    arguments: &'a Scan,
    /// How many pages were asked for.
    pages: Option<NonZeroU32>,
    broker: Broker,
    item: ItemProperties,
    interrupts: &'a Receiver<()>,
    folder: PathBuf,
    /// Line art was asked for and the source scans gray instead.
    gray_instead: bool,
    /// Ends what goes to standard output.
    stop_writing: StopWriting,
}

impl Job<'_> {
    fn run(&self, place: &Place) -> u8 {
        let Ok(transfer) = self.broker.prepare_item(&self.item) else {
            say(format_args!("lightbar: {}", errors::code(Code::E_INVALIDARG).joined()));
            return WRONG_USAGE;
        };
        let request = BandRequest { format: Format::Raw, buffer_size: BUFFER, double_buffer: true };
        let canceller = transfer.canceller();
        let (over, ended) = bounded::<()>(0);
        let (stop, stopped) = bounded::<()>(0);
        let mut stdout = match Stdout::until(self.stop_writing.clone()) {
            Ok(stdout) => stdout,
            Err(error) => {
                say(format_args!("lightbar: {}", errors::stdout(&error).joined()));
                return FAILED;
            }
        };
        let target = match place {
            Place::Pipe => PnmTarget::Pipe { sink: &mut stdout, folder: self.folder.clone() },
            Place::File(_) | Place::Batch(_) => PnmTarget::Files {
                name: Box::new(|number| place.file(number).unwrap_or_default()),
                overwrite: self.arguments.overwrite,
            },
        };
        let mut images = Images::new(PnmWriter::new(target), stopped);
        let outcome = thread::scope(|scope| {
            scope.spawn(|| {
                select! {
                    recv(self.interrupts) -> _ => {
                        // Whoever waits for an answer to a question hears it too.
                        drop(stop);
                        canceller.cancel();
                        self.let_the_reader_finish(&ended);
                    }
                    recv(ended) -> _ => {}
                }
            });
            let outcome = self.broker.read_bands(&self.item, transfer, &request, &mut images);
            drop(over);
            outcome
        });
        let status = self.report(&outcome, &images);
        drop(images);
        self.let_the_device_rest();
        status
    }

    /// After a cancel the image under way comes to its end, unless nobody reads it or somebody is in a hurry.
    fn let_the_reader_finish(&self, ended: &Receiver<()>) {
        select! {
            recv(ended) -> _ => return,
            recv(self.interrupts) -> _ => {}
            default(LEAVE_READER_AFTER) => {}
        }
        self.stop_writing.stop();
    }

    /// Words on standard error, names of files on standard output.
    fn report(&self, outcome: &Outcome, images: &Images<'_>) -> u8 {
        let files = images.writer.files();
        if let (Some(first), last) = (files.first(), files.last()) {
            let more = last.filter(|last| *last != first).map(|last| format!(" … {}", last.display()));
            let _ = writeln!(
                io::stdout(),
                "saved {} to {}{}",
                count_pages(files.len() as u32),
                first.display(),
                more.unwrap_or_default()
            );
        }
        if images.partial && images.failed.is_none() {
            say(format_args!("lightbar: {}", errors::last_page_partial().joined()));
        }
        if images.pages > 0 && self.gray_instead {
            say(format_args!("lightbar: {}", errors::gray_instead().joined()));
        }
        if self.stop_writing.is_stopped() {
            say(format_args!("lightbar: {}", command_line::cancelled_after(images.pages)));
            return CANCELLED;
        }
        if let Some(error) = &images.failed {
            let sentences = match error {
                ExportError::NotTaken(_) => errors::images_not_taken(),
                ExportError::Full | ExportError::ScratchFull(_) => errors::no_room_for_images(),
                other => command_line::export(other),
            };
            say(format_args!("lightbar: {}", sentences.joined()));
            return FAILED;
        }
        match outcome {
            Ok(AcquireEnd::Completed) => 0,
            Ok(AcquireEnd::EndOfMedia) => {
                let wanted = self.pages.map_or(images.pages, NonZeroU32::get);
                say(format_args!("lightbar: {}", command_line::fewer_pages(images.pages, wanted)));
                0
            }
            Ok(AcquireEnd::Cancelled) => {
                say(format_args!("lightbar: {}", command_line::cancelled_after(images.pages)));
                CANCELLED
            }
            Err(error) => {
                say(format_args!("lightbar: {}", errors::transfer(error).joined()));
                let empty = matches!(
                    error,
                    TransferError::Acquire(AcquireError::Device(failure)) if failure.condition.code() == Code::ERROR_PAPER_EMPTY
                );
                if empty { EMPTY } else { FAILED }
            }
        }
    }

    /// Lets a device that still sends a cancelled page finish with it; a silent one is left alone.
    fn let_the_device_rest(&self) {
        if !self.broker.is_settling() {
            return;
        }
        let (done, rested) = bounded::<()>(0);
        let broker = self.broker.clone();
        let settling = thread::Builder::new().name("settle".to_owned()).spawn(move || {
            broker.settle();
            drop(done);
        });
        if settling.is_err() {
            return;
        }
        let mut seen = (self.broker.bytes_received(), Instant::now());
        loop {
            select! {
                recv(rested) -> _ => return,
                recv(self.interrupts) -> _ => return,
                default(TICK) => {}
            }
            let received = self.broker.bytes_received();
            if received != seen.0 {
                seen = (received, Instant::now());
            }
            if seen.1.elapsed() >= LEAVE_SILENT_AFTER {
                return;
            }
        }
    }
}

/// The application of the banded transfer: WIA's raw format comes in, netpbm goes out.
struct Images<'a> {
    writer: PnmWriter<'a>,
    raw: RawReader,
    pages: u32,
    partial: bool,
    failed: Option<ExportError>,
    questioner: Option<Questioner>,
    stopped: Receiver<()>,
}

impl<'a> Images<'a> {
    fn new(writer: PnmWriter<'a>, stopped: Receiver<()>) -> Images<'a> {
        let questioner = Questioner::on_terminal();
        Images { writer, raw: RawReader::default(), pages: 0, partial: false, failed: None, questioner, stopped }
    }

    fn take(&mut self, band: &Band) -> Result<(), ExportError> {
        if band.offset == 0 && self.raw.is_begun() {
            // The header once more, with the true height: the writer has counted the rows itself.
            return Ok(());
        }
        let writer = &mut self.writer;
        self.raw.feed(&band.bytes, writer)
    }

    fn end_page(&mut self) -> Result<(), ExportError> {
        if self.raw.is_begun() {
            self.pages += 1;
        }
        self.raw = RawReader::default();
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
        self.questioner.is_some().then_some(self as &mut dyn ErrorHandler)
    }
}

impl ErrorHandler for Images<'_> {
    fn report_status(&mut self, failure: &DeviceFailure, _percent: Percent) -> HandlerAnswer {
        let Some(questioner) = &mut self.questioner else { return HandlerAnswer::NotHandled };
        if !failure.condition.code().is_failure() {
            return HandlerAnswer::Handled;
        }
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
}

/// Bytes of WIA's raw format's header.
const RAW_HEADER: usize = 80;

/// Reads WIA's raw format band by band.
#[derive(Default)]
struct RawReader {
    /// Bytes that are not a whole header or row yet.
    rest: Vec<u8>,
    layout: Option<RowLayout>,
}

impl RawReader {
    fn is_begun(&self) -> bool {
        self.layout.is_some()
    }

    fn feed(&mut self, bytes: &[u8], writer: &mut PnmWriter<'_>) -> Result<(), ExportError> {
        self.rest.extend_from_slice(bytes);
        let layout = match self.layout {
            Some(layout) => layout,
            None => {
                let Some(header) = self.rest.first_chunk::<RAW_HEADER>() else { return Ok(()) };
                let Some((layout, rows)) = layout_of(header) else {
                    return Err(io::Error::from(io::ErrorKind::InvalidData).into());
                };
                self.rest.drain(..RAW_HEADER);
                self.layout = Some(layout);
                writer.begin(layout, rows)?;
                layout
            }
        };
        let whole = self.rest.len() / layout.stride * layout.stride;
        writer.rows(&self.rest[..whole])?;
        self.rest.drain(..whole);
        Ok(())
    }
}

/// Layout and height out of a raw header; `None` when it is none of ours.
fn layout_of(header: &[u8; RAW_HEADER]) -> Option<(RowLayout, u32)> {
    let field = |at: usize| header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let format = match (field(36)?, header[44]) {
        (1, 1) => PixelFormat::Bw1,
        (1, 8) => PixelFormat::Gray8,
        (1, 16) => PixelFormat::Gray16,
        (3, 8) => PixelFormat::Rgb8,
        (3, 16) => PixelFormat::Rgb16,
        (4, 8) => PixelFormat::Cmyk8,
        _ => return None,
    };
    let (width, rows, stride) = (field(20)?, field(24)?, field(28)? as usize);
    let fits = header.starts_with(b"WRAW") && stride >= format.row_bytes(width) && stride > 0;
    fits.then_some((RowLayout { width, format, stride }, rows))
}
