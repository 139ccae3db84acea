//! The pipe to a device: opened when it is needed, one command at a time, never a byte lost to a wake. What the
//! device says by itself is heard for as long as it is open.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::super::PortFactory;
use super::protocol::{Answer, Command, HEAD, LARGEST_PAYLOAD, OutOfStep, Press};
use crate::clock::{Clock, WakerRelay};
use crate::minidriver::Code;
use crate::usb::{Completion, DeviceDescription, Direction, EndpointAddress, EndpointDescription, InterfaceKind};
use crate::usb::{TransferKind, TransferTag, UntilGone, UsbError, UsbPort, Wait};

/// The device that speaks the protocol, by its numbers: test ids of pid.codes.
pub const VENDOR: u16 = 0x1209;
/// See [`VENDOR`].
pub const PRODUCT: u16 = 0x0002;
/// Its interface.
const INTERFACE: InterfaceKind = InterfaceKind(0xff, 0x4c, 0x01);
/// Packets of one read; a whole answer fits.
const READ_PACKETS: usize = 256;
/// Stalls of one command that are cleared before the device is given up.
const MOST_STALLS: u32 = 3;
/// Presses that are kept until they are fetched.
const MOST_HEARD: usize = 8;

/// The bulk pair of the protocol, and what tells of buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pipe {
    interface: u8,
    alternate: u8,
    input: EndpointAddress,
    output: EndpointAddress,
    /// Bytes of a packet from the device.
    packet: usize,
    events: Option<EventEndpoint>,
}

/// An interrupt endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EventEndpoint {
    address: EndpointAddress,
    packet: usize,
}

/// The pipe of a device, if it has the interface.
fn pipe_of(device: &DeviceDescription) -> Option<Pipe> {
    let interface = device.interfaces.iter().find(|interface| interface.kind == INTERFACE)?;
    let (input, output) = (interface.bulk(Direction::In)?, interface.bulk(Direction::Out)?);
    let tells = |endpoint: &&EndpointDescription| {
        endpoint.transfer == TransferKind::Interrupt && endpoint.address.direction() == Direction::In
    };
    let events = interface.endpoints.iter().find(tells);
    Some(Pipe {
        interface: interface.number,
        alternate: interface.alternate,
        input: input.address,
        output: output.address,
        packet: usize::from(input.max_packet).max(1),
        events: events.map(|endpoint| EventEndpoint {
            address: endpoint.address,
            packet: usize::from(endpoint.max_packet).max(1),
        }),
    })
}

/// Why a command has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    #[error(transparent)]
    Usb(#[from] UsbError),
    #[error(transparent)]
    OutOfStep(#[from] OutOfStep),
    #[error("no answer within {0:?}")]
    Silent(Duration),
}

impl LineError {
    /// What the application is told.
    pub(super) fn code(&self) -> Code {
        match self {
            LineError::Usb(UsbError::Disconnected) => Code::ERROR_OFFLINE,
            LineError::Usb(UsbError::Busy { .. }) => Code::ERROR_DEVICE_LOCKED,
            LineError::Usb(UsbError::NoPermission) => Code::E_ACCESSDENIED,
            _ => Code::ERROR_DEVICE_COMMUNICATION,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        *self == LineError::Usb(UsbError::Disconnected)
    }
}

/// The way to one device, open or not.
pub(super) struct Connection {
    ports: PortFactory,
    clock: Arc<dyn Clock>,
    open: Option<OpenPipe>,
    relay: WakerRelay,
    received: Arc<AtomicU64>,
    /// The device is said to be gone; its port asks it nothing more.
    gone: Arc<AtomicBool>,
    /// Buttons that were pressed, until somebody fetches them.
    heard: VecDeque<Press>,
}

struct OpenPipe {
    port: Box<dyn UsbPort>,
    pipe: Pipe,
    sequence: u8,
    /// What came and is no whole answer.
    bytes: Vec<u8>,
    /// The command whose answer has not come.
    asked: Option<Asked>,
    /// The read that is armed.
    reading: Option<TransferTag>,
    /// Where buttons are listened for; `None` where nothing tells of any, or no longer does.
    events: Option<EventEndpoint>,
    listening: Option<TransferTag>,
}

struct Asked {
    command: Command,
    sequence: u8,
    writing: TransferTag,
    stalls: u32,
}

impl Connection {
    pub(super) fn new(ports: PortFactory, clock: Arc<dyn Clock>) -> Connection {
        let (relay, heard) = (WakerRelay::default(), VecDeque::new());
        Connection { ports, clock, open: None, relay, received: Arc::default(), gone: Arc::default(), heard }
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Wakes whatever waits here.
    pub(super) fn relay(&self) -> &WakerRelay {
        &self.relay
    }

    /// The counter of bytes that came from the device.
    pub(super) fn received(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.received)
    }

    /// What says that the device is gone.
    pub(super) fn gone(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.gone)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens the way unless it is open.
    pub(super) fn open(&mut self) -> Result<(), UsbError> {
        if self.open.is_some() {
            return Ok(());
        }
        let mut port = UntilGone::around((self.ports)()?, Arc::clone(&self.gone));
        let pipe = pipe_of(port.description()).ok_or(UsbError::NotFound("interface of this protocol"))?;
        port.claim(pipe.interface, pipe.alternate)?;
        self.relay.set(Some(port.waker()));
        let (bytes, events) = (Vec::new(), pipe.events);
        let open = OpenPipe { port, pipe, sequence: 0, bytes, asked: None, reading: None, events, listening: None };
        self.open.insert(open).listen();
        Ok(())
    }

    /// Gives the device back.
    pub(super) fn close(&mut self) {
        self.relay.set(None);
        if let Some(mut open) = self.open.take() {
            open.port.cancel_all();
            // A device that is gone needs no release.
            let _ = open.port.release(open.pipe.interface);
        }
    }

    /// Whether the answer to a command is under way.
    pub(super) fn is_waiting(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.asked.is_some())
    }

    /// Brings the pipe back to its beginning.
    pub(super) fn reset(&mut self) -> Result<(), UsbError> {
        let Some(open) = &mut self.open else { return self.open() };
        open.port.cancel_all();
        (open.asked, open.reading, open.listening) = (None, None, None);
        open.bytes.clear();
        // A wake from before has been looked at, and would end the reset.
        let _ = open.port.wait(Duration::ZERO);
        if let Err(error) = open.port.reset() {
            self.close();
            return Err(error);
        }
        Ok(())
    }

    /// Sends a command; its answer comes with [`Connection::poll`].
    pub(super) fn send(&mut self, command: Command) -> Result<(), LineError> {
        let open = self.open.as_mut().ok_or(UsbError::Disconnected)?;
        open.sequence = open.sequence.wrapping_add(1);
        let sequence = open.sequence;
        let writing = open.port.submit_out(open.pipe.output, command.encode(sequence))?;
        open.asked = Some(Asked { command, sequence, writing, stalls: 0 });
        Ok(())
    }

    /// Waits for the answer, at most this long; `None` when the time is over, or when somebody woke it.
    pub(super) fn poll(&mut self, limit: Duration) -> Result<Option<Answer>, LineError> {
        let until = self.clock.now() + limit;
        loop {
            let open = self.open.as_mut().ok_or(UsbError::Disconnected)?;
            if let Some(answer) = open.take_answer()? {
                return Ok(Some(answer));
            }
            let left = until.since(self.clock.now());
            if left.is_zero() {
                return Ok(None);
            }
            open.arm()?;
            match open.port.wait(left) {
                Wait::Completed(completion) => {
                    self.received.fetch_add(completion.data.len() as u64, Ordering::Relaxed);
                    open.completed(completion, &mut self.heard)?;
                }
                Wait::Woken | Wait::TimedOut => return Ok(None),
            }
        }
    }

    /// Whether the device tells of buttons, as far as it is open.
    pub(super) fn hears_buttons(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.events.is_some())
    }

    /// The next press that was heard. Asks the device nothing: its packet came by itself, or did not.
    pub(super) fn take_press(&mut self) -> Option<Press> {
        if let Some(open) = &mut self.open {
            open.listen();
            while let Wait::Completed(completion) = open.port.wait(Duration::ZERO) {
                // What is wrong with the pipe shows again at the next command.
                let _ = open.completed(completion, &mut self.heard);
            }
        }
        self.heard.pop_front()
    }

    /// A command and its answer, outside of a transfer. An answer that is under way is waited for first.
    pub(super) fn exchange(
        &mut self,
        command: Command,
        limit: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Answer, LineError> {
        let mut command = Some(command);
        let until = self.clock.now() + limit;
        loop {
            let was_waiting = self.is_waiting();
            if !was_waiting {
                match command.take() {
                    Some(command) => self.send(command)?,
                    None => return Err(LineError::Silent(limit)),
                }
            }
            let answer = loop {
                let left = until.since(self.clock.now());
                if left.is_zero() || stop() {
                    return Err(LineError::Silent(limit));
                }
                if let Some(answer) = self.poll(left)? {
                    break answer;
                }
            };
            if !was_waiting {
                return Ok(answer);
            }
        }
    }
}

impl OpenPipe {
    fn take_answer(&mut self) -> Result<Option<Answer>, OutOfStep> {
        let Some(asked) = &self.asked else { return Ok(None) };
        let answer = Answer::take(&mut self.bytes, asked.command.code(), asked.sequence)?;
        if answer.is_some() {
            self.asked = None;
        }
        Ok(answer)
    }

    /// Keeps one read armed where buttons are told. One that cannot be is no reason not to scan.
    fn listen(&mut self) {
        if let Some(events) = self.events.filter(|_| self.listening.is_none()) {
            match self.port.submit_in(events.address, events.packet) {
                Ok(listening) => self.listening = Some(listening),
                Err(error) => self.deaf(&error),
            }
        }
    }

    fn deaf(&mut self, error: &UsbError) {
        tracing::info!(%error, "buttons are not heard any more");
        self.events = None;
    }

    /// Keeps one read armed; it has room for a whole answer.
    fn arm(&mut self) -> Result<(), UsbError> {
        self.listen();
        if self.reading.is_none() {
            let length =
                (self.pipe.packet * READ_PACKETS).max((HEAD + LARGEST_PAYLOAD).next_multiple_of(self.pipe.packet));
            self.reading = Some(self.port.submit_in(self.pipe.input, length)?);
        }
        Ok(())
    }

    /// Takes what a transfer came to. A stall is cleared, and what did not go out goes out again.
    fn completed(&mut self, completion: Completion, heard: &mut VecDeque<Press>) -> Result<(), UsbError> {
        if self.listening == Some(completion.tag) {
            self.listening = None;
            match completion.result {
                Ok(()) => heard.extend(Press::decode(&completion.data).filter(|_| heard.len() < MOST_HEARD)),
                Err(error) => self.deaf(&error),
            }
            return Ok(());
        }
        let reads = self.reading == Some(completion.tag);
        if reads {
            self.reading = None;
            self.bytes.extend(completion.data);
        }
        let writes = self.asked.as_ref().is_some_and(|asked| asked.writing == completion.tag);
        match (completion.result, &mut self.asked) {
            // Of a command that is over, or of the time before a reset.
            _ if !reads && !writes => Ok(()),
            (Err(UsbError::Stall(endpoint)), Some(asked)) if asked.stalls < MOST_STALLS => {
                asked.stalls += 1;
                self.port.clear_halt(endpoint)?;
                if writes {
                    asked.writing = self.port.submit_out(endpoint, asked.command.encode(asked.sequence))?;
                }
                Ok(())
            }
            (result, _) => result,
        }
    }
}
