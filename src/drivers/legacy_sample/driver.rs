//! What the compatibility layer calls: one page per call.

use std::sync::Arc;
use std::time::Duration;

use super::super::PortFactory;
use super::connect::{Connection, LineError};
use super::image::LineFormat;
use super::protocol::{
    Answer, Command, Identity, LARGEST_PAYLOAD, PageSize, PathState, Press, PressedFor, Status, Window,
};
use crate::clock::Clock;
use crate::minidriver::legacy::{
    LegacyCallback, LegacyContext, LegacyMessage, LegacyMiniDriver, LegacyProperties, LegacyStatus,
};
use crate::minidriver::property::{Format, HandlingCapabilities};
use crate::minidriver::{
    Button, CancelIo, Code, ColorMode, Condition, DeviceInfo, DriverError, FeederState, Justification, Notifications,
    OfferedFormat, PressedButton, Resolutions, ScanJob, Settled, Source, TransferId, Unusable,
};
use crate::plain_text::beginning;
use crate::units::{Dpi, Length, Percent};
use crate::usb::DeviceDescription;

/// Limit of a command that needs no paper to move.
const COMMAND_LIMIT: Duration = Duration::from_secs(5);
/// Silence in the middle of a page, or before one, after which the device does not answer.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);
/// How late progress is told while the device is silent (R35).
const TICK: Duration = Duration::from_millis(500);
/// The smallest area, in 1/300 inch.
const SMALLEST: i64 = 16;

/// A scanner that speaks the made-up protocol.
pub struct LegacySampleDriver {
    info: DeviceInfo,
    identity: Identity,
    connection: Connection,
    cancel: Arc<CancelIo>,
    /// What was written last.
    wanted: Option<Window>,
    /// What the device was told last.
    told: Option<Window>,
    /// The device may have a job.
    has_job: bool,
}

impl LegacySampleDriver {
    /// Opens a device and asks what it is. The factory is called again whenever the device was released or
    /// lost and is wanted again.
    ///
    /// # Errors
    /// It cannot be opened, does not answer, or is no scanner this driver can use.
    pub fn open_usb(
        ports: PortFactory,
        clock: Arc<dyn Clock>,
        description: Option<&DeviceDescription>,
    ) -> Result<LegacySampleDriver, DriverError> {
        let mut connection = Connection::new(ports, clock);
        let cancel = CancelIo::sharing(connection.relay().waker(), connection.received(), connection.gone());
        let payload = open_in_step(&mut connection, &cancel)?.payload;
        let unreadable = || Unusable::Unreadable(format!("an identity that begins with {}", beginning(&payload)));
        let identity = Identity::decode(&payload).ok_or_else(|| DriverError::Unusable(unreadable()))?;
        let info = info_of(description);
        Ok(LegacySampleDriver { info, identity, connection, cancel, wanted: None, told: None, has_job: false })
    }

    /// A command of a page and its answer. While the device thinks, progress is told; the first answer of the
    /// callback that is not *go on*, a cancel and a failure end the page, with the device's answer under way.
    fn ask(&mut self, page: &mut PageCall<'_>, command: Command) -> Result<Answer, Code> {
        self.connection.send(command).map_err(|error| self.broken(&error))?;
        let until = self.connection.clock().now() + SILENCE_LIMIT;
        loop {
            if self.cancel.is_gone() {
                return Err(Code::ERROR_OFFLINE);
            }
            if self.cancel.is_cancelled(page.transfer) {
                return Err(Code::S_FALSE);
            }
            if let Some(answer) = self.connection.poll(TICK).map_err(|error| self.broken(&error))? {
                return Ok(answer);
            }
            if self.connection.clock().now() >= until {
                return Err(self.broken(&LineError::Silent(SILENCE_LIMIT)));
            }
            page.tell_progress()?;
        }
    }

    /// A conversation that failed.
    fn broken(&mut self, error: &LineError) -> Code {
        tracing::warn!(%error, "the device");
        if error.is_gone() {
            self.connection.close();
            self.has_job = false;
        }
        if self.cancel.is_gone() { Code::ERROR_OFFLINE } else { error.code() }
    }

    fn scan(&mut self, page: &mut PageCall<'_>, context: &mut LegacyContext) -> Result<(), Code> {
        let format = if self.wanted.is_some_and(|window| window.jpeg) { Format::Jpeg } else { Format::MemoryBmp };
        let window = self.wanted.filter(|_| context.format == format).ok_or(Code::E_INVALIDARG)?;
        if self.told != Some(window) {
            self.told = None;
            good(self.ask(page, Command::Window(window))?)?;
            self.told = Some(window);
        }
        self.has_job = true;
        let started = good(self.ask(page, Command::Start)?);
        // There is no job without paper.
        self.has_job = started != Err(Code::ERROR_PAPER_EMPTY);
        let size = PageSize::decode(&started?).ok_or(Code::ERROR_DEVICE_COMMUNICATION)?;
        if window.jpeg {
            self.read_file(page, context)?;
        } else {
            let format = LineFormat::of(size, context.depth).ok_or(Code::ERROR_DEVICE_COMMUNICATION)?;
            page.deliver(context, &format.header(context.x_resolution.0))?;
            self.read_lines(page, context, &format)?;
        }
        self.has_job = window.from_feeder;
        Ok(())
    }

    /// The page as a file of the device's own making. How long it becomes nobody knows.
    fn read_file(&mut self, page: &mut PageCall<'_>, context: &mut LegacyContext) -> Result<(), Code> {
        loop {
            let answer = self.ask(page, Command::Read { most: LARGEST_PAYLOAD as u32 })?;
            if answer.status == Status::EndOfPage {
                return Ok(());
            }
            on(context.write_to_file(&good(answer)?))?;
            page.tell_progress()?;
        }
    }

    fn read_lines(
        &mut self,
        page: &mut PageCall<'_>,
        context: &mut LegacyContext,
        format: &LineFormat,
    ) -> Result<(), Code> {
        let (mut begun, mut count) = (Vec::new(), 0_u32);
        let mut band = Vec::new();
        loop {
            let answer = self.ask(page, Command::Read { most: LARGEST_PAYLOAD as u32 })?;
            if answer.status == Status::EndOfPage {
                let whole = begun.is_empty() && (format.lines() == 0 || format.lines() == count);
                return if whole { Ok(()) } else { Err(Code::ERROR_DEVICE_COMMUNICATION) };
            }
            begun.extend(good(answer)?);
            let lines = begun.len() / format.line_bytes;
            count = count.saturating_add(lines as u32);
            if format.lines() > 0 && count > format.lines() {
                return Err(Code::ERROR_DEVICE_COMMUNICATION);
            }
            band.clear();
            let bytes: Vec<u8> = begun.drain(..lines * format.line_bytes).collect();
            bytes.chunks_exact(format.line_bytes).for_each(|line| format.turn(line, &mut band));
            page.percent = Percent::before_the_end(u64::from(count), u64::from(format.lines()));
            page.deliver(context, &band)?;
        }
    }
}

/// What a call of acquire needs to tell.
struct PageCall<'a> {
    callback: &'a mut dyn LegacyCallback,
    transfer: TransferId,
    percent: Percent,
    /// Bytes of the image so far.
    offset: u64,
}

impl PageCall<'_> {
    /// Bytes of the image, through the broker's buffer.
    fn deliver(&mut self, context: &mut LegacyContext, bytes: &[u8]) -> Result<(), Code> {
        for part in bytes.chunks(context.buffer.len().max(1)) {
            let buffer = context.buffer.get_mut(..part.len()).ok_or(Code::E_POINTER)?;
            buffer.copy_from_slice(part);
            let message = LegacyMessage::Data { offset: self.offset, bytes: buffer, percent: self.percent };
            on(self.callback.message(message))?;
            self.offset += part.len() as u64;
        }
        Ok(())
    }

    fn tell_progress(&mut self) -> Result<(), Code> {
        on(self.callback.message(LegacyMessage::Status { status: LegacyStatus::FromDevice, percent: self.percent }))
    }
}

/// Whether an answer of the callback says to go on.
fn on(answer: Code) -> Result<(), Code> {
    if answer == Code::S_OK { Ok(()) } else { Err(answer) }
}

/// The payload of an answer that says that all is well.
fn good(answer: Answer) -> Result<Vec<u8>, Code> {
    match answer.status {
        Status::Ok => Ok(answer.payload),
        Status::Cancelled => Err(Code::S_FALSE),
        Status::Refused => Err(Code::E_INVALIDARG),
        Status::NoPaper => Err(Code::ERROR_PAPER_EMPTY),
        Status::Jam => Err(Code::ERROR_PAPER_JAM),
        Status::CoverOpen => Err(Code::ERROR_COVER_OPEN),
        Status::MultiFeed => Err(Code::ERROR_MULTI_FEED),
        Status::Busy => Err(Code::ERROR_BUSY),
        Status::EndOfPage | Status::BrokenOff | Status::Unknown(_) => Err(Code::ERROR_DEVICE_COMMUNICATION),
    }
}

fn info_of(description: Option<&DeviceDescription>) -> DeviceInfo {
    let manufacturer = description.and_then(|usb| usb.manufacturer.clone());
    let name = description.and_then(|usb| usb.name.clone()).unwrap_or_else(|| "Older scanner".to_owned());
    DeviceInfo {
        name: manufacturer.iter().chain([&name]).cloned().collect::<Vec<_>>().join(" "),
        manufacturer,
        serial: description.and_then(|usb| usb.serial.clone()),
    }
}

/// Opens the way, and asks until an answer proves that the stream is in step: whoever used the device before
/// may have left something in it.
fn open_in_step(connection: &mut Connection, cancel: &CancelIo) -> Result<Answer, DriverError> {
    connection.open()?;
    let first = match identify(connection, cancel) {
        Err(error) if !error.is_gone() => {
            tracing::info!(%error, "no identity; resetting");
            connection.reset()?;
            identify(connection, cancel)
        }
        first => first,
    };
    first.map_err(|error| {
        connection.close();
        failed(&error)
    })
}

fn identify(connection: &mut Connection, cancel: &CancelIo) -> Result<Answer, LineError> {
    connection.exchange(Command::Identify, COMMAND_LIMIT, &|| cancel.is_gone())
}

fn failed(error: &LineError) -> DriverError {
    match error {
        LineError::Usb(error) => DriverError::Usb(error.clone()),
        LineError::Silent(_) => Condition::NotAnswering.with(error.to_string()).into(),
        LineError::OutOfStep(_) => Condition::Communication.with(error.to_string()).into(),
    }
}

impl LegacyMiniDriver for LegacySampleDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn properties(&self) -> LegacyProperties {
        let Identity { has_glass, has_feeder, sends_jpeg, glass, feeder, resolutions } = &self.identity;
        let size = |(width, height): (u16, u16)| {
            let length = |units: u16| Length::from_three_hundredths(i64::from(units));
            (length(width), length(height))
        };
        let flat = if *has_glass { HandlingCapabilities::FLAT } else { HandlingCapabilities(0) };
        let feed = match *has_feeder {
            true => HandlingCapabilities::FEED.and(HandlingCapabilities::DETECT_FEED),
            false => HandlingCapabilities(0),
        };
        let smallest = Length::from_three_hundredths(SMALLEST);
        LegacyProperties {
            handling: Some(flat.and(feed)),
            bed: has_glass.then(|| size(*glass)),
            sheet_feed: has_feeder.then(|| size(*feeder)),
            registration: Justification::Left,
            smallest: Some((smallest, smallest)),
            resolutions: Some(Resolutions::List(resolutions.iter().map(|dpi| Dpi(u32::from(*dpi))).collect())),
            modes: vec![ColorMode::LineArt, ColorMode::Gray, ColorMode::Color],
            file_formats: sends_jpeg.then_some(Format::Jpeg).into_iter().collect(),
            buffer_size: Some(LARGEST_PAYLOAD as u32),
        }
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.cancel) as Arc<dyn Notifications>
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        if self.cancel.is_gone() {
            self.connection.close();
        }
        if !self.connection.is_open() {
            self.cancel.is_back();
            open_in_step(&mut self.connection, &self.cancel)?;
            (self.told, self.has_job) = (None, false);
        }
        Ok(())
    }

    fn unlock(&mut self) {}

    fn reset_properties(&mut self) {
        self.wanted = None;
    }

    fn write_properties(&mut self, job: &ScanJob) -> Code {
        let Some(area) = job.areas.first() else { return Code::E_INVALIDARG };
        let units = |length: Length| u32::try_from(length.three_hundredths()).unwrap_or(0);
        let (bits, dpi) = (u8::try_from(job.mode.pixels().bits()), u16::try_from(job.dpi.0));
        let (Ok(bits), Ok(dpi)) = (bits, dpi) else { return Code::E_INVALIDARG };
        self.wanted = Some(Window {
            from_feeder: job.source != Source::Flatbed,
            bits,
            dpi,
            x: units(area.x),
            y: units(area.y),
            width: units(area.width),
            height: units(area.height),
            jpeg: job.format == Some(OfferedFormat::Jpeg),
        });
        Code::S_OK
    }

    fn acquire(&mut self, context: &mut LegacyContext, callback: &mut dyn LegacyCallback) -> Code {
        if self.cancel.is_gone() {
            return Code::ERROR_OFFLINE;
        }
        let mut page = PageCall { callback, transfer: context.transfer, percent: Percent::ZERO, offset: 0 };
        match self.scan(&mut page, context) {
            Ok(()) => Code::S_OK,
            Err(code) => code,
        }
    }

    fn stop_feeder(&mut self) {
        if !self.has_job {
            return;
        }
        let cancel = Arc::clone(&self.cancel);
        match self.connection.exchange(Command::Stop, COMMAND_LIMIT, &|| cancel.is_gone()) {
            Ok(_) => self.has_job = false,
            Err(error) => {
                self.broken(&error);
            }
        }
    }

    fn feeder_state(&mut self) -> Result<FeederState, DriverError> {
        if !self.identity.has_feeder {
            return Ok(FeederState::Unknown);
        }
        let cancel = Arc::clone(&self.cancel);
        let answer = self.connection.exchange(Command::Status, COMMAND_LIMIT, &|| cancel.is_gone());
        let answer = answer.map_err(|error| failed(&error))?;
        let state = answer.payload.first().map(|bits| PathState::from(*bits));
        Ok(match state {
            None => FeederState::Unknown,
            Some(state) if state.jam => FeederState::Trouble(Condition::PaperJam),
            Some(state) if state.cover_open => FeederState::Trouble(Condition::CoverOpen),
            Some(state) if state.multi_feed => FeederState::Trouble(Condition::MultiFeed),
            Some(state) if state.paper => FeederState::Loaded,
            Some(_) => FeederState::Empty,
        })
    }

    fn buttons(&self) -> Vec<Button> {
        self.connection.hears_buttons().then_some(Button::Image).into_iter().collect()
    }

    /// Buttons are told by interrupt, and never asked for as well (reference, 15).
    fn take_button(&mut self) -> Option<PressedButton> {
        loop {
            let Press { button, from } = self.connection.take_press()?;
            let item = match from {
                PressedFor::Glass => Some("Flatbed".to_owned()),
                PressedFor::Feeder => Some("Feeder".to_owned()),
                PressedFor::Unknown => None,
            };
            if button == Press::SCAN {
                return Some(PressedButton { button: Button::Image, item });
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        !self.has_job && !self.connection.is_waiting()
    }

    /// The answer under way is read to its end, then the job is stopped. A device that does neither is reset.
    fn settle(&mut self) -> Settled {
        if self.cancel.is_gone() {
            self.connection.close();
            return Settled::NotResponding;
        }
        if !self.connection.is_open() || self.is_at_rest() {
            return Settled::Ready;
        }
        let cancel = Arc::clone(&self.cancel);
        let stopped = self.connection.exchange(Command::Stop, COMMAND_LIMIT, &|| cancel.is_gone());
        self.has_job = false;
        let Err(error) = stopped else { return Settled::Ready };
        tracing::info!(%error, "resetting the device");
        self.told = None;
        let back = self.connection.reset().map_err(LineError::from);
        match back.and_then(|()| identify(&mut self.connection, &cancel)) {
            Ok(_) => Settled::Reset,
            Err(error) => {
                tracing::warn!(%error, "the device does not come back");
                self.connection.close();
                Settled::NotResponding
            }
        }
    }

    fn release(&mut self) {
        self.connection.close();
    }
}
