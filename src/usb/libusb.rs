//! Devices through libusb: the only file that knows rusb.
//!
//! Every open port has a context and a thread ("usb") of its own, and *every* libusb call of that
//! port runs there: the event loop, and what others ask for through a bounded channel. The kernel
//! holds a lock per device during set-interface, clear-halt, reset and close, for many seconds with
//! a device that is stuck. The port's owner therefore only waits for answers, with a limit, and
//! leaves the thread behind when the limit passes; a thread left behind closes its device when the
//! kernel lets go of it. It also means that transfers are made, completed and freed by one thread.

#![allow(unsafe_code)] // libusb's asynchronous transfers exist as C functions only.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_int;
use std::fmt;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, select_biased};
use rusb::constants::{
    LIBUSB_TRANSFER_CANCELLED, LIBUSB_TRANSFER_COMPLETED, LIBUSB_TRANSFER_NO_DEVICE, LIBUSB_TRANSFER_OVERFLOW,
    LIBUSB_TRANSFER_STALL, LIBUSB_TRANSFER_TIMED_OUT, LIBUSB_TRANSFER_TYPE_BULK, LIBUSB_TRANSFER_TYPE_CONTROL,
    LIBUSB_TRANSFER_TYPE_INTERRUPT,
};
use rusb::ffi::{
    libusb_alloc_transfer, libusb_cancel_transfer, libusb_device_handle, libusb_free_transfer, libusb_submit_transfer,
    libusb_transfer,
};
use rusb::{
    Context, Device, DeviceHandle, Error as LibusbError, Hotplug, HotplugBuilder, Registration, UsbContext, has_hotplug,
};

use super::completions::CompletionQueue;
use super::{
    BusLocation, Completion, ControlRequest, DeviceDescription, Direction, EndpointAddress, EndpointDescription,
    TransferKind, TransferTag, UsbError, UsbPort, Wait, Wanted,
};
use crate::clock::Waker;

// The children get libusb's types from here; `unsafe` stays in this file.
mod bus;
mod describe;

pub(super) use bus::bus;

/// Transfers that may be armed at once. 64 reads of 16 KiB are more than any bus needs.
const MAX_ARMED: usize = 64;

/// Calls that may wait for the usb thread: every transfer, and one call that is waited for.
const CALL_CAPACITY: usize = MAX_ARMED + 16;

/// Claiming and setting an alternate; the kernel gives the device 5 s to answer.
const CLAIM_LIMIT: Duration = Duration::from_secs(6);

/// Giving back; the kernel may set the first alternate again, and gives that 5 s.
const RELEASE_LIMIT: Duration = Duration::from_secs(6);

/// Clearing a halt; the kernel gives the device 5 s.
const CLEAR_HALT_LIMIT: Duration = Duration::from_secs(6);

/// Resetting and claiming again: several attempts to address the device, 5 s each at worst.
const RESET_LIMIT: Duration = Duration::from_secs(15);

/// What a control transfer may take beyond its own limit, for the kernel to take it back.
const CONTROL_GRACE: Duration = Duration::from_secs(1);

/// How long a closing port waits for its device to be released, so that the next open finds it free.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// How long the usb thread waits for cancelled transfers to come back before it closes or resets anyway.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// Longest sleep of the event loop; it is interrupted whenever there is something to do.
const EVENT_TICK: Duration = Duration::from_secs(60);

/// Rest after a failure of the event loop itself, which would otherwise spin.
const FAILURE_REST: Duration = Duration::from_millis(10);

/// An opened device. Dropping it takes every transfer back and releases the device, in bounded time.
pub struct LibusbPort {
    description: DeviceDescription,
    ended: Arc<CompletionQueue>,
    calls: Option<Sender<Call>>,
    closed: Receiver<()>,
    context: Context,
    wakes: (Sender<()>, Receiver<()>),
    claimed: BTreeMap<u8, u8>,
    armed: usize,
    next_tag: u64,
    stuck: bool,
}

type Answer<T> = Sender<Result<T, UsbError>>;

/// What the usb thread is asked to do.
enum Call {
    Submit { tag: TransferTag, endpoint: EndpointAddress, kind: u8, buffer: Vec<u8> },
    Control { buffer: Vec<u8>, limit: Duration, answer: Answer<Vec<u8>> },
    CancelAll,
    Claim { interface: u8, alternate: Option<u8>, answer: Answer<()> },
    Release { interface: u8, answer: Answer<()> },
    ClearHalt { endpoint: EndpointAddress, answer: Answer<()> },
    Reset { answer: Answer<()> },
}

/// What opening brings back to the owner's thread.
struct Opened {
    description: DeviceDescription,
    context: Context,
}

impl LibusbPort {
    /// Opens the device at a place on the bus, in the configuration that is wanted.
    ///
    /// # Errors
    /// [`UsbError::NoPermission`], [`UsbError::Disconnected`] when nothing is there any more, and
    /// [`UsbError::TimedOut`] when the system did not open it within the limit.
    pub fn open(location: BusLocation, wanted: Wanted, limit: Duration) -> Result<LibusbPort, UsbError> {
        let ended = Arc::new(CompletionQueue::default());
        let (calls, asked) = bounded(CALL_CAPACITY);
        let (opened, open) = bounded::<Result<Opened, UsbError>>(1);
        let (alive, closed) = bounded::<()>(0);
        let queue = Arc::clone(&ended);
        let run = move || {
            let _alive = alive;
            match UsbThread::open(location, wanted, asked, queue) {
                Err(error) => drop(opened.send(Err(error))),
                Ok((thread, description)) => {
                    let context = thread.context.clone();
                    // Nobody waits any more when the limit has passed: then the device is closed again.
                    if opened.send(Ok(Opened { description, context })).is_ok() {
                        thread.run();
                    }
                }
            }
        };
        std::thread::Builder::new().name("usb".into()).spawn(run).map_err(|_| UsbError::NoResources)?;
        let Opened { description, context } = open.recv_timeout(limit).map_err(|_| UsbError::TimedOut(limit))??;
        Ok(LibusbPort {
            description,
            ended,
            calls: Some(calls),
            closed,
            context,
            wakes: bounded(1),
            claimed: BTreeMap::new(),
            armed: 0,
            next_tag: 0,
            stuck: false,
        })
    }

    /// Gives the usb thread something to do. Never waits.
    fn post(&self, call: Call) -> Result<(), UsbError> {
        let calls = self.calls.as_ref().ok_or(UsbError::Disconnected)?;
        calls.try_send(call).map_err(|error| match error {
            TrySendError::Full(_) => UsbError::NoResources,
            TrySendError::Disconnected(_) => UsbError::Disconnected,
        })?;
        // Sticky: when the event loop does not run at this moment, its next turn returns at once.
        self.context.interrupt_handle_events();
        Ok(())
    }

    /// Asks the usb thread and waits for the answer, at most this long. A wake that comes meanwhile, or came
    /// before and was not heard by a [`UsbPort::wait`], ends the wait as well, when `wakeable`; it stays to end
    /// the next [`UsbPort::wait`] too.
    fn ask<T>(&mut self, limit: Duration, wakeable: bool, make: impl FnOnce(Answer<T>) -> Call) -> Result<T, UsbError> {
        if self.stuck {
            return Err(UsbError::TimedOut(limit));
        }
        let (answer, reply) = bounded(1);
        let never = crossbeam_channel::never();
        let wakes = if wakeable { &self.wakes.1 } else { &never };
        if wakeable && self.ended.is_woken() {
            return Err(UsbError::Cancelled);
        }
        self.post(make(answer))?;
        select_biased! {
            recv(reply) -> answer => answer.unwrap_or(Err(UsbError::Disconnected)),
            recv(wakes) -> _ => { self.stuck = true; Err(UsbError::Cancelled) },
            default(limit) => { self.stuck = true; Err(UsbError::TimedOut(limit)) },
        }
    }

    /// The endpoint in the alternate setting that is selected, on an interface that is claimed.
    fn endpoint(&self, address: EndpointAddress, direction: Direction) -> Result<&EndpointDescription, UsbError> {
        let selected = self
            .description
            .interfaces
            .iter()
            .filter(|interface| self.claimed.get(&interface.number) == Some(&interface.alternate));
        let streams = [TransferKind::Bulk, TransferKind::Interrupt];
        selected
            .flat_map(|interface| &interface.endpoints)
            .find(|endpoint| endpoint.address == address && streams.contains(&endpoint.transfer))
            .filter(|endpoint| endpoint.address.direction() == direction)
            .ok_or(UsbError::NotFound("such endpoint in a claimed interface"))
    }

    fn submit(
        &mut self,
        address: EndpointAddress,
        direction: Direction,
        buffer: Vec<u8>,
    ) -> Result<TransferTag, UsbError> {
        let kind = match self.endpoint(address, direction)?.transfer {
            TransferKind::Interrupt => LIBUSB_TRANSFER_TYPE_INTERRUPT,
            _ => LIBUSB_TRANSFER_TYPE_BULK,
        };
        if self.armed >= MAX_ARMED || c_int::try_from(buffer.len()).is_err() {
            return Err(UsbError::NoResources);
        }
        let tag = TransferTag(self.next_tag);
        self.post(Call::Submit { tag, endpoint: address, kind, buffer })?;
        self.next_tag += 1;
        self.armed += 1;
        Ok(tag)
    }
}

impl UsbPort for LibusbPort {
    fn description(&self) -> &DeviceDescription {
        &self.description
    }

    fn claim(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError> {
        let of_interface = || self.description.interfaces.iter().filter(|known| known.number == interface);
        if !of_interface().any(|known| known.alternate == alternate) {
            return Err(UsbError::NotFound("such interface or alternate setting"));
        }
        // Some devices stall a setting of the only alternate there is.
        let setting = (of_interface().count() > 1).then_some(alternate);
        self.ask(CLAIM_LIMIT, true, |answer| Call::Claim { interface, alternate: setting, answer })?;
        self.claimed.insert(interface, alternate);
        Ok(())
    }

    fn release(&mut self, interface: u8) -> Result<(), UsbError> {
        self.claimed.remove(&interface);
        self.ask(RELEASE_LIMIT, false, |answer| Call::Release { interface, answer })
    }

    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError> {
        self.submit(endpoint, Direction::In, vec![0; length])
    }

    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError> {
        self.submit(endpoint, Direction::Out, data)
    }

    fn wait(&mut self, limit: Duration) -> Wait {
        let ended = self.ended.wait(limit);
        match ended {
            Wait::Completed(_) => self.armed = self.armed.saturating_sub(1),
            // Heard; it must not end a later question as well.
            Wait::Woken => while self.wakes.1.try_recv().is_ok() {},
            Wait::TimedOut => {}
        }
        ended
    }

    fn waker(&self) -> Waker {
        let (wait, ask) = (self.ended.waker(), self.wakes.0.clone());
        Waker::new(move || {
            // First, so that whoever hears the second finds it and takes it away. Full means that one is there.
            let _ = ask.try_send(());
            wait.wake();
        })
    }

    fn control(&mut self, request: &ControlRequest, limit: Duration) -> Result<Vec<u8>, UsbError> {
        let buffer = request.packet().ok_or(UsbError::NoResources)?;
        let asked = self.ask(limit + CONTROL_GRACE, true, |answer| Call::Control { buffer, limit, answer });
        // The transfer takes itself back at its limit, so the thread is not stuck in it.
        if let Err(UsbError::Cancelled | UsbError::TimedOut(_)) = asked {
            self.stuck = false;
        }
        asked
    }

    fn clear_halt(&mut self, endpoint: EndpointAddress) -> Result<(), UsbError> {
        self.ask(CLEAR_HALT_LIMIT, true, |answer| Call::ClearHalt { endpoint, answer })
    }

    fn reset(&mut self) -> Result<(), UsbError> {
        self.ask(RESET_LIMIT, true, |answer| Call::Reset { answer })
    }

    fn cancel_all(&mut self) {
        if let Err(error) = self.post(Call::CancelAll) {
            tracing::debug!(%error, "transfers could not be taken back");
        }
    }
}

impl Drop for LibusbPort {
    fn drop(&mut self) {
        // Without a sender the usb thread takes its transfers back, closes the device and ends.
        self.calls = None;
        self.context.interrupt_handle_events();
        let _ = self.closed.recv_timeout(if self.stuck { Duration::ZERO } else { CLOSE_LIMIT });
    }
}

impl fmt::Debug for LibusbPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibusbPort").field("claimed", &self.claimed).field("armed", &self.armed).finish_non_exhaustive()
    }
}

/// The usb thread of one port: owner of the device's handle and of its transfers.
struct UsbThread {
    context: Context,
    handle: DeviceHandle<Context>,
    calls: Receiver<Call>,
    ended: Arc<CompletionQueue>,
    claimed: BTreeMap<u8, Option<u8>>,
    flights: BTreeMap<u64, Flight>,
    next_flight: u64,
    landed: Landed,
}

/// Numbers of flights whose transfers have completed, in order; filled by libusb's callback.
type Landed = Rc<RefCell<VecDeque<u64>>>;

impl UsbThread {
    fn open(
        location: BusLocation,
        wanted: Wanted,
        calls: Receiver<Call>,
        ended: Arc<CompletionQueue>,
    ) -> Result<(UsbThread, DeviceDescription), UsbError> {
        let context = Context::new().map_err(kind_of)?;
        let devices = context.devices().map_err(kind_of)?;
        let device = devices
            .iter()
            .find(|device| device.bus_number() == location.bus && device.address() == location.address)
            .ok_or(UsbError::Disconnected)?;
        let handle = device.open().map_err(kind_of)?;
        // Unsupported on systems without kernel drivers that could be in the way.
        let _ = handle.set_auto_detach_kernel_driver(true);
        let description = describe::configured(&device, &handle, wanted)?;
        let thread = UsbThread {
            context,
            handle,
            calls,
            ended,
            claimed: BTreeMap::new(),
            flights: BTreeMap::new(),
            next_flight: 0,
            landed: Landed::default(),
        };
        Ok((thread, description))
    }

    fn run(mut self) {
        loop {
            match self.calls.try_recv() {
                Ok(call) => self.perform(call),
                Err(TryRecvError::Empty) => self.turn(EVENT_TICK),
                Err(TryRecvError::Disconnected) => break,
            }
        }
        self.take_back();
        // Here the handle is closed, which releases what was claimed; then the flights that the
        // kernel did not give back are freed: a closed handle makes no more callbacks.
        let UsbThread { handle, flights, .. } = self;
        drop(handle);
        drop(flights);
    }

    /// One turn of libusb's event loop.
    fn turn(&mut self, limit: Duration) {
        match self.context.handle_events(Some(limit)) {
            Ok(()) | Err(LibusbError::Interrupted) => {}
            Err(error) => {
                tracing::warn!(%error, "libusb's event loop");
                std::thread::park_timeout(FAILURE_REST);
            }
        }
        while let Some(number) = self.next_landed() {
            if let Some(flight) = self.flights.remove(&number) {
                flight.deliver(&self.ended);
            }
        }
    }

    fn next_landed(&self) -> Option<u64> {
        self.landed.borrow_mut().pop_front()
    }

    fn perform(&mut self, call: Call) {
        match call {
            Call::Submit { tag, endpoint, kind, buffer } => {
                self.launch(Purpose::Stream { tag, endpoint }, kind, buffer, None);
            }
            Call::Control { buffer, limit, answer } => {
                let purpose = Purpose::Control { limit, answer };
                self.launch(purpose, LIBUSB_TRANSFER_TYPE_CONTROL, buffer, Some(limit));
            }
            Call::CancelAll => self.flights.values().for_each(|flight| flight.transfer.cancel()),
            Call::Claim { interface, alternate, answer } => drop(answer.send(self.claim(interface, alternate))),
            Call::Release { interface, answer } => {
                self.claimed.remove(&interface);
                drop(answer.send(self.handle.release_interface(interface).map_err(kind_of)));
            }
            Call::ClearHalt { endpoint, answer } => {
                drop(answer.send(self.handle.clear_halt(endpoint.0).map_err(kind_of)));
            }
            Call::Reset { answer } => drop(answer.send(self.reset())),
        }
    }

    fn claim(&mut self, interface: u8, alternate: Option<u8>) -> Result<(), UsbError> {
        let busy = |error| if error == LibusbError::Busy { UsbError::Busy { interface } } else { kind_of(error) };
        if !self.claimed.contains_key(&interface) {
            self.handle.claim_interface(interface).map_err(busy)?;
            self.claimed.insert(interface, alternate);
        }
        if let Some(alternate) = alternate
            && let Err(error) = self.handle.set_alternate_setting(interface, alternate)
        {
            self.claimed.remove(&interface);
            let _ = self.handle.release_interface(interface);
            return Err(busy(error));
        }
        self.claimed.insert(interface, alternate);
        Ok(())
    }

    /// Resets the device. libusb claims again what was claimed; the alternate settings are ours to restore.
    fn reset(&mut self) -> Result<(), UsbError> {
        self.take_back();
        self.handle.reset().map_err(|error| match error {
            // It came back as another device: this handle is of no more use.
            LibusbError::NotFound => UsbError::Disconnected,
            error => kind_of(error),
        })?;
        for (&interface, &alternate) in &self.claimed {
            if let Some(alternate) = alternate {
                self.handle.set_alternate_setting(interface, alternate).map_err(kind_of)?;
            }
        }
        Ok(())
    }

    /// Takes every transfer back and waits for them, at most [`DRAIN_LIMIT`].
    fn take_back(&mut self) {
        self.flights.values().for_each(|flight| flight.transfer.cancel());
        let start = Instant::now();
        while !self.flights.is_empty() && start.elapsed() < DRAIN_LIMIT {
            self.turn(DRAIN_LIMIT.saturating_sub(start.elapsed()));
        }
    }

    fn launch(&mut self, purpose: Purpose, kind: u8, buffer: Vec<u8>, limit: Option<Duration>) {
        let number = self.next_flight;
        self.next_flight += 1;
        let mark = Box::new(Mark { number, landed: Rc::clone(&self.landed) });
        match Flight::start(&self.handle, kind, buffer, purpose, mark, limit) {
            Ok(flight) => drop(self.flights.insert(number, flight)),
            Err((purpose, error)) => purpose.deliver(&self.ended, Vec::new(), 0, Err(error)),
        }
    }
}

/// What a transfer is for, and so where its end is told.
enum Purpose {
    Stream { tag: TransferTag, endpoint: EndpointAddress },
    Control { limit: Duration, answer: Answer<Vec<u8>> },
}

impl Purpose {
    fn endpoint(&self) -> EndpointAddress {
        match self {
            Purpose::Stream { endpoint, .. } => *endpoint,
            Purpose::Control { .. } => EndpointAddress(0),
        }
    }

    /// A transfer's status as an error one can act on.
    fn outcome(&self, status: c_int) -> Result<(), UsbError> {
        match (status, self) {
            (LIBUSB_TRANSFER_COMPLETED, _) => Ok(()),
            (LIBUSB_TRANSFER_CANCELLED, _) => Err(UsbError::Cancelled),
            (LIBUSB_TRANSFER_STALL, _) => Err(UsbError::Stall(self.endpoint())),
            (LIBUSB_TRANSFER_NO_DEVICE, _) => Err(UsbError::Disconnected),
            (LIBUSB_TRANSFER_OVERFLOW, _) => Err(UsbError::Overflow(self.endpoint())),
            (LIBUSB_TRANSFER_TIMED_OUT, Purpose::Control { limit, .. }) => Err(UsbError::TimedOut(*limit)),
            (code, _) => Err(UsbError::Io { code }),
        }
    }

    fn deliver(self, ended: &CompletionQueue, data: Vec<u8>, moved: usize, result: Result<(), UsbError>) {
        match self {
            Purpose::Stream { tag, endpoint } => ended.push(Completion { tag, endpoint, data, moved, result }),
            // Whoever asked may have stopped waiting.
            Purpose::Control { answer, .. } => drop(answer.send(result.map(|()| data))),
        }
    }
}

/// What libusb's callback is given: the number of the flight that landed, and where to note it.
struct Mark {
    number: u64,
    landed: Landed,
}

/// One of libusb's transfers: allocated and freed exactly once. It is only dropped when libusb is
/// done with it: never submitted, after its callback, or after its device's handle was closed.
struct Transfer(NonNull<libusb_transfer>);

impl Transfer {
    fn allocate() -> Option<Transfer> {
        // SAFETY: no precondition; null is checked for.
        NonNull::new(unsafe { libusb_alloc_transfer(0) }).map(Transfer)
    }

    /// Asks for the transfer back. Its callback comes in any case.
    fn cancel(&self) {
        // SAFETY: it is not freed yet; cancelling a transfer that has completed is answered with
        // "not found" and does nothing.
        unsafe { libusb_cancel_transfer(self.0.as_ptr()) };
    }

    /// libusb's status and the number of bytes moved. To be asked after the callback.
    fn end(&self) -> (c_int, usize) {
        // SAFETY: it is not freed yet, and libusb does not write to it after its callback.
        let transfer = unsafe { self.0.as_ref() };
        (transfer.status, usize::try_from(transfer.actual_length).unwrap_or(0))
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        // SAFETY: allocated by libusb, freed only here; libusb is done with it (see the type).
        unsafe { libusb_free_transfer(self.0.as_ptr()) };
    }
}

/// A submitted transfer with everything libusb points to.
struct Flight {
    transfer: Transfer,
    buffer: Vec<u8>,
    purpose: Purpose,
    _mark: Box<Mark>,
}

impl Flight {
    /// Makes a transfer and submits it.
    fn start(
        handle: &DeviceHandle<Context>,
        kind: u8,
        mut buffer: Vec<u8>,
        purpose: Purpose,
        mark: Box<Mark>,
        limit: Option<Duration>,
    ) -> Result<Flight, (Purpose, UsbError)> {
        let (Ok(length), Some(transfer)) = (c_int::try_from(buffer.len()), Transfer::allocate()) else {
            return Err((purpose, UsbError::NoResources));
        };
        // Zero means "no limit" to libusb.
        let timeout = limit.map_or(0, |limit| u32::try_from(limit.as_millis()).unwrap_or(u32::MAX).max(1));
        let dev_handle: *mut libusb_device_handle = handle.as_raw();
        // SAFETY: the transfer was allocated above and nobody else knows it. What is stored stays
        // valid as long as the flight: the buffer's and the mark's memory does not move with them.
        unsafe {
            let fields = &mut *transfer.0.as_ptr();
            fields.dev_handle = dev_handle;
            fields.endpoint = purpose.endpoint().0;
            fields.transfer_type = kind;
            fields.timeout = timeout;
            fields.buffer = buffer.as_mut_ptr();
            fields.length = length;
            fields.callback = note_landing;
            fields.user_data = std::ptr::from_ref::<Mark>(&mark).cast_mut().cast();
        }
        // SAFETY: every field libusb reads is set, and the handle is open: it is closed by this
        // thread only, after all flights have landed or just before they are dropped.
        match unsafe { libusb_submit_transfer(transfer.0.as_ptr()) } {
            0 => Ok(Flight { transfer, buffer, purpose, _mark: mark }),
            code => Err((purpose, kind_of_code(code))),
        }
    }

    /// Tells the transfer's end to whoever armed it, after its callback.
    fn deliver(self, ended: &CompletionQueue) {
        let (status, moved) = self.transfer.end();
        let mut data = self.buffer;
        match &self.purpose {
            Purpose::Stream { endpoint, .. } if endpoint.direction() == Direction::Out => data.clear(),
            Purpose::Stream { .. } => data.truncate(moved),
            Purpose::Control { .. } if data.first().is_some_and(|kind| kind & 0x80 == 0) => data.clear(),
            Purpose::Control { .. } => {
                data.drain(..ControlRequest::SETUP_LENGTH.min(data.len()));
                data.truncate(moved);
            }
        }
        let result = self.purpose.outcome(status);
        self.purpose.deliver(ended, data, moved, result);
    }
}

/// libusb's callback. Runs on the usb thread, inside its event loop.
extern "system" fn note_landing(transfer: *mut libusb_transfer) {
    // SAFETY: libusb calls back with a transfer of ours before it is freed, and its user data is the
    // flight's mark, which lives as long as the flight; the flight is removed only after this.
    let mark = unsafe { &*(*transfer).user_data.cast::<Mark>() };
    // Borrowed nowhere else while the event loop runs; a panic must not cross into C.
    if let Ok(mut landed) = mark.landed.try_borrow_mut() {
        landed.push_back(mark.number);
    }
}

/// A refused submission as an error one can act on.
fn kind_of_code(code: c_int) -> UsbError {
    use rusb::constants::{LIBUSB_ERROR_NO_DEVICE, LIBUSB_ERROR_NO_MEM, LIBUSB_ERROR_NOT_FOUND};
    match code {
        LIBUSB_ERROR_NO_DEVICE => UsbError::Disconnected,
        LIBUSB_ERROR_NO_MEM => UsbError::NoResources,
        LIBUSB_ERROR_NOT_FOUND => UsbError::NotFound("such endpoint"),
        code => UsbError::Io { code },
    }
}

/// A failed call as an error one can act on.
fn kind_of(error: LibusbError) -> UsbError {
    use rusb::constants as code;
    match error {
        LibusbError::Access => UsbError::NoPermission,
        LibusbError::NoDevice => UsbError::Disconnected,
        LibusbError::NoMem => UsbError::NoResources,
        LibusbError::NotFound => UsbError::NotFound("such interface, alternate setting or endpoint"),
        LibusbError::Pipe => UsbError::Stall(EndpointAddress(0)),
        LibusbError::Timeout => UsbError::Io { code: code::LIBUSB_ERROR_TIMEOUT },
        LibusbError::Busy => UsbError::Io { code: code::LIBUSB_ERROR_BUSY },
        LibusbError::Overflow => UsbError::Io { code: code::LIBUSB_ERROR_OVERFLOW },
        LibusbError::Interrupted => UsbError::Io { code: code::LIBUSB_ERROR_INTERRUPTED },
        LibusbError::NotSupported => UsbError::Io { code: code::LIBUSB_ERROR_NOT_SUPPORTED },
        LibusbError::InvalidParam => UsbError::Io { code: code::LIBUSB_ERROR_INVALID_PARAM },
        LibusbError::Io => UsbError::Io { code: code::LIBUSB_ERROR_IO },
        LibusbError::BadDescriptor | LibusbError::Other => UsbError::Io { code: code::LIBUSB_ERROR_OTHER },
    }
}
