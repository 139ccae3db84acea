//! `lightbar scan --format pnm`: bands go to a pipe or to files while they come, without a document
//! (reference, part 6, *banded*).

mod images;
mod raw_reader;

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select};
use rustix::io::Errno;

use crate::export::{BatchNames, ExportError, Naming, Netpbm, PnmTarget, PnmWriter, is_special, numbered};
use crate::minidriver::property::{Batch, Format, ItemProperties, keys};
use crate::minidriver::{AcquireEnd, AcquireError, Code, ColorMode, FeederState, Source};
use crate::session::settings::{Offer, Offers, SettingsError};
use crate::session::{DeviceName, DeviceTrouble, OpenTrouble, OpenedDevice, ScanPlan, open_device, wait_for_rest};
use crate::text::errors::{self, Sentences, count_pages};
use crate::text::progress::FINISHING;
use crate::text::{command_line, export};
use crate::transfer::{BandRequest, Broker, Outcome, TransferError};

use super::arguments::{FormatName, Scan, netpbm_ending};
use super::destination::{check_files, check_names, check_stdout, numbering};
use super::outflow::{Outflow, StopWriting};
use super::report::Status;
use super::words::{print, say};
use super::{CommandError, DEVICE_LIMIT, WRONG_USAGE, data_dir, virtual_options};
use images::Images;

/// Bytes of the two halves of the buffer.
const BUFFER: usize = 1 << 20;
/// What a device that cannot be used is called in an object.
const DEVICE: &str = "Device";
/// How long a cancelled job waits for somebody who reads along and has stopped reading.
const LEAVE_READER_AFTER: Duration = Duration::from_secs(1);

/// Runs the command; the exit status comes back.
pub(super) fn run(arguments: &Scan, plan: &ScanPlan, interrupts: &Receiver<()>) -> Result<u8, CommandError> {
    let folder = data_dir()?;
    // A page of unknown height waits there until it is whole; on a new machine nobody has made it yet.
    std::fs::create_dir_all(&folder).map_err(|_| {
        CommandError::failed("Storage", errors::settings(&SettingsError::Storage(folder.clone())).joined())
    })?;
    let wanted = Wanted::of(arguments)?;
    let Some(opened) = open_in_time(arguments, plan.source, folder.clone(), interrupts)? else {
        return Ok(Status::Cancelled.exit());
    };
    let (broker, offers, source) = opened;
    let item = properties(plan, &offers, source)?;
    let own_line_art = offers.offer(source).is_none_or(Offer::has_line_art_of_its_own);
    let gray_instead = plan.settings.mode == ColorMode::LineArt && !own_line_art;
    let mode = if gray_instead { ColorMode::Gray } else { plan.settings.mode };
    let place = wanted.place(arguments, plan, source, mode)?;
    let stop_writing = StopWriting::default();
    let job = Job { arguments, pages: plan.pages, broker, item, interrupts, folder, gray_instead, stop_writing };
    Ok(job.run(&place))
}

/// Where the images are wanted, as the arguments say.
enum Wanted {
    Pipe,
    File(PathBuf),
    Batch(BatchNames),
}

impl Wanted {
    fn of(arguments: &Scan) -> Result<Wanted, CommandError> {
        let usage = |sentences: Sentences| CommandError::usage(sentences.joined());
        if arguments.format.is_some_and(|format| format != FormatName::Pnm) {
            return Err(usage(command_line::batch_is_for_images()));
        }
        let meant_for_documents = [(arguments.json, "--json"), (arguments.keep_document, "--keep-document")];
        if let Some((_, name)) = meant_for_documents.into_iter().find(|(given, _)| *given) {
            return Err(usage(command_line::not_with_images(name)));
        }
        match (&arguments.batch, &arguments.output) {
            (Some(pattern), _) => {
                BatchNames::read(pattern).map(Wanted::Batch).map_err(|error| usage(command_line::batch_pattern(&error)))
            }
            (None, Some(_)) if arguments.is_to_stdout() => check_stdout().map(|()| Wanted::Pipe),
            (None, Some(output)) => Ok(Wanted::File(output.clone())),
            (None, None) => Err(usage(command_line::no_output())),
        }
    }

    /// Where they go, now that it is known what comes and from where. Found wrong before paper moves.
    fn place(self, arguments: &Scan, plan: &ScanPlan, source: Source, mode: ColorMode) -> Result<Place, CommandError> {
        let one = source == Source::Flatbed || plan.pages == Some(NonZeroU32::MIN);
        let place = match self {
            Wanted::Pipe => return Ok(Place::Pipe),
            Wanted::File(file) if one && is_special(&file) => Place::Special(file),
            Wanted::File(file) => Place::File(file, numbering(source, false)),
            Wanted::Batch(names) => Place::Batch(names),
        };
        let first = place.file(1);
        if let Some(ending) = netpbm_ending(&first).filter(|ending| *ending < needed(mode)) {
            return Err(CommandError::usage(command_line::poorer_ending(&first, ending, mode).joined()));
        }
        match &place {
            Place::Pipe | Place::Special(_) => {}
            Place::File(file, naming) => check_files(file, *naming, arguments.overwrite)?,
            Place::Batch(_) => check_names(&|number| place.file(number), arguments.overwrite)?,
        }
        Ok(place)
    }
}

/// The poorest netpbm image that holds a mode's pixels.
fn needed(mode: ColorMode) -> Netpbm {
    match mode {
        ColorMode::LineArt => Netpbm::Pbm,
        ColorMode::Gray | ColorMode::Gray16 => Netpbm::Pgm,
        ColorMode::Color | ColorMode::Color48 => Netpbm::Ppm,
    }
}

/// Where the images go.
enum Place {
    Pipe,
    /// A device or a pipe that has a name. One image is written to it as it comes.
    Special(PathBuf),
    File(PathBuf, Naming),
    Batch(BatchNames),
}

impl Place {
    /// The file of a page, by its number; a pipe has none.
    fn file(&self, number: u32) -> PathBuf {
        match self {
            Place::Pipe => PathBuf::new(),
            Place::Special(file) => file.clone(),
            Place::File(file, Naming::Exact) if number == 1 => file.clone(),
            Place::File(file, _) => numbered(file, number, number),
            Place::Batch(names) => names.name(number),
        }
    }

    /// The device or pipe that has a name.
    fn special(&self) -> Option<&Path> {
        match self {
            Place::Special(file) => Some(file),
            Place::Pipe | Place::File(..) | Place::Batch(_) => None,
        }
    }
}

/// Why an outflow could not be had.
fn not_opened(place: &Place, error: &io::Error) -> Sentences {
    match place.special() {
        // What the system says of a pipe that nobody has open for reading.
        Some(file) if Errno::from_io_error(error) == Some(Errno::NXIO) => command_line::nobody_reads(file),
        Some(file) => export::failed(&ExportError::NotWritable { path: file.to_path_buf(), kind: error.kind() }),
        None => command_line::stdout(error),
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
        return Err(CommandError::failed(DEVICE, errors::device_trouble(&DeviceTrouble::NoThread).joined()));
    }
    select! {
        recv(opened) -> found => found.unwrap_or_else(|_| Err(CommandError::failed("NotAnswering", errors::device_silent().joined()))).map(Some),
        recv(interrupts) -> _ => {
            say(format_args!("lightbar: {}", command_line::NOTHING_HAD_ARRIVED));
            Ok(None)
        }
        default(DEVICE_LIMIT) => Err(CommandError::failed("NotAnswering", errors::device_silent().joined())),
    }
}

fn open(arguments: &Scan, folder: PathBuf) -> Result<(Broker, Offers), CommandError> {
    let name = arguments.device.as_deref().map(str::parse::<DeviceName>).transpose();
    let trouble = |trouble: &DeviceTrouble| errors::device_trouble(trouble).joined();
    let name = name.map_err(|error| CommandError::usage(trouble(&DeviceTrouble::Malformed(error.0))))?;
    let OpenedDevice { broker, remark, .. } = open_device(name, folder, virtual_options(&arguments.behaviour)?)
        .map_err(|error| match error {
            OpenTrouble::NoScanner => CommandError::failed("NoScanner", command_line::no_scanner().joined()),
            OpenTrouble::Several(ids) => {
                let names: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
                CommandError::usage(command_line::several_scanners(&names).joined())
            }
            OpenTrouble::Device(error @ (DeviceTrouble::Unknown(_) | DeviceTrouble::Ambiguous { .. })) => {
                CommandError::usage(trouble(&error))
            }
            OpenTrouble::Device(error) => CommandError::failed(DEVICE, trouble(&error)),
        })?;
    if let Some(remark) = remark {
        say(format_args!("lightbar: {}", errors::remark(&remark).joined()));
    }
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
        let sink = match place {
            Place::Special(file) => Outflow::to(file, self.stop_writing.clone()),
            Place::Pipe | Place::File(..) | Place::Batch(_) => Outflow::stdout(self.stop_writing.clone()),
        };
        let mut sink = match sink {
            Ok(sink) => sink,
            Err(error) => {
                say(format_args!("lightbar: {}", not_opened(place, &error).joined()));
                return Status::Failed.exit();
            }
        };
        let target = match place {
            Place::Pipe | Place::Special(_) => PnmTarget::Pipe { sink: &mut sink, folder: self.folder.clone() },
            Place::File(..) | Place::Batch(_) => {
                PnmTarget::Files { name: Box::new(|number| place.file(number)), overwrite: self.arguments.overwrite }
            }
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
        images.clear_line();
        let status = self.report(&outcome, &images, place);
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
    fn report(&self, outcome: &Outcome, images: &Images<'_>, place: &Place) -> u8 {
        let files = images.writer.files();
        if let (Some(first), last) = (files.first(), files.last()) {
            let more = last.filter(|last| *last != first).map(|last| format!(" … {}", last.display()));
            let (pages, more) = (count_pages(files.len() as u32), more.unwrap_or_default());
            print(&format!("saved {pages} to {}{more}", first.display()));
        }
        if images.partial && images.failed.is_none() {
            say(format_args!("lightbar: {}", command_line::last_page_partial().joined()));
        }
        if images.pages > 0 && self.gray_instead {
            say(format_args!("lightbar: {}", errors::gray_instead().joined()));
        }
        if self.stop_writing.is_stopped() {
            say(format_args!("lightbar: {}", command_line::cancelled_after(images.pages)));
            return Status::Cancelled.exit();
        }
        if let Some(error) = &images.failed {
            let sentences = match error {
                ExportError::NotTaken(kind) => command_line::images_not_taken(place.special(), *kind),
                ExportError::Full | ExportError::ScratchFull(_) => command_line::no_room_for_images(),
                other => export::failed(other),
            };
            say(format_args!("lightbar: {}", sentences.joined()));
            return Status::Failed.exit();
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
                Status::Cancelled.exit()
            }
            Ok(AcquireEnd::CancelledAtDevice) => {
                say(format_args!("lightbar: {}", errors::cancelled_at_device().joined()));
                Status::Failed.exit()
            }
            Err(error) => {
                say(format_args!("lightbar: {}", errors::transfer(error).joined()));
                let empty = matches!(
                    error,
                    TransferError::Acquire(AcquireError::Device(failure)) if failure.condition.code() == Code::ERROR_PAPER_EMPTY
                );
                if empty { Status::Empty.exit() } else { Status::Failed.exit() }
            }
        }
    }

    /// Lets a device that still sends a cancelled page finish with it; a silent one is left alone.
    fn let_the_device_rest(&self) {
        let (done, rested) = bounded::<()>(0);
        let broker = self.broker.clone();
        let traffic = || self.broker.is_settling().then(|| self.broker.bytes_received());
        if traffic().is_none() {
            return;
        }
        let settling = thread::Builder::new().name("settle".to_owned()).spawn(move || {
            broker.settle();
            drop(done);
        });
        if settling.is_ok() {
            wait_for_rest(traffic, &rested, self.interrupts, || say(format_args!("lightbar: {FINISHING}")));
        }
    }
}
