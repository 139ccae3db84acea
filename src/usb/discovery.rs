//! Which scanners are plugged in, and the news when that changes.
//!
//! A thread of its own watches the bus. It subscribes first and is told of what is already there
//! through the same subscription, so nothing is lost between listing and subscribing. A device is
//! announced once it can be opened: the system sets a device's permissions a moment after the
//! device itself appears, so a refusal is asked again for [`PERMISSION_WAIT`] before it is believed.
//!
//! This module knows neither libusb (that is behind [`Bus`]) nor what a scanner is: who starts it says which
//! devices are [`Wanted`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{DeviceDescription, DeviceId, PortPath, UsbError};
use crate::clock::{Clock, Moment, Waker};

/// How long a refused device is asked again before it counts as refused.
pub const PERMISSION_WAIT: Duration = Duration::from_secs(3);

/// Between two attempts on a device that refuses or does not answer.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// Attempts to read a device's descriptors; more do not help a device that is broken.
const DESCRIBE_ATTEMPTS: u32 = 3;

/// How often a refused device is looked at again, in case somebody installed the rule meanwhile.
/// A refused open reaches no device, so this causes no traffic.
const REFUSED_AGAIN: Duration = Duration::from_secs(5);

/// Longest sleep of the watching thread while nothing is pending.
const IDLE_TICK: Duration = Duration::from_secs(60);

/// Events that may wait for a reader; what is beyond waits on the watching thread, newest state only.
const EVENT_CAPACITY: usize = 64;

/// Whether a device is one that is looked for, as far as its descriptors tell.
pub type Wanted = fn(&DeviceDescription) -> bool;

/// Where a device is at the moment. It changes with every plugging in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusLocation {
    /// The bus's number.
    pub bus: u8,
    /// The device's number on it.
    pub address: u8,
}

impl fmt::Display for BusLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}/{:03}", self.bus, self.address)
    }
}

/// A scanner on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDevice {
    /// Its lasting name: unlike that of any other device that is there.
    pub id: DeviceId,
    /// Where it is now; what opening it needs.
    pub location: BusLocation,
    /// What it is plugged into, where the system tells.
    pub port: Option<PortPath>,
    /// Its descriptors.
    pub description: DeviceDescription,
    /// `Ok` when it could be opened, otherwise why not.
    pub access: Result<(), UsbError>,
}

/// A change on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    /// A scanner is there; or one that was there already can now be opened, or has another name now
    /// that a second one like it is there.
    Arrived(FoundDevice),
    /// The scanner at this place is gone.
    Left {
        /// Its lasting name.
        id: DeviceId,
        /// Where it was.
        location: BusLocation,
    },
}

/// What is plugged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Scanners, by location.
    pub devices: Vec<FoundDevice>,
    /// Why USB cannot be used at all, when that is so.
    pub unavailable: Option<String>,
    /// Whether everything on the bus had been looked at when the limit came.
    pub complete: bool,
}

/// The bus as the watching thread needs it.
pub(super) trait Bus {
    /// Waits for changes, at most this long. What is plugged in from the start comes as arrivals.
    fn wait(&mut self, limit: Duration) -> Vec<Plug>;

    /// The descriptors of the device at a place.
    fn describe(&mut self, location: BusLocation) -> Result<DeviceDescription, UsbError>;

    /// What the device at a place is plugged into, where the system tells.
    fn port(&mut self, location: BusLocation) -> Option<PortPath>;

    /// Whether the device at a place can be opened.
    fn try_open(&mut self, location: BusLocation) -> Result<(), UsbError>;

    /// Ends a wait, from any thread.
    fn waker(&self) -> Waker;
}

/// Something was plugged in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plug {
    /// A device is there.
    In(BusLocation),
    /// It is gone.
    Out(BusLocation),
}

/// Opens the bus. Runs on the watching thread, as it may take its time.
pub(super) type OpenBus = Box<dyn FnOnce() -> Result<Box<dyn Bus>, String> + Send>;

/// The running watch over the bus. Dropping it ends the watch.
pub struct Discovery {
    shared: Arc<Shared>,
    events: Receiver<DeviceEvent>,
}

#[derive(Default)]
struct Shared {
    listing: Mutex<Listing>,
    changed: Condvar,
    stop: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    fn listing(&self) -> MutexGuard<'_, Listing> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, listing: Listing) {
        *self.listing() = listing;
        self.changed.notify_all();
    }
}

impl Discovery {
    /// Starts watching with a bus of any make; returns at once.
    pub(super) fn over(open: OpenBus, clock: Arc<dyn Clock>, wanted: Wanted) -> Discovery {
        let shared = Arc::new(Shared::default());
        let (sender, events) = bounded(EVENT_CAPACITY);
        let watching = Arc::clone(&shared);
        let started = std::thread::Builder::new().name("usb discovery".into()).spawn(move || match open() {
            Ok(bus) => watch(bus, wanted, &*clock, &watching, &sender),
            Err(reason) => watching.publish(unavailable(reason)),
        });
        if let Err(error) = started {
            shared.publish(unavailable(format!("no thread to watch USB: {error}")));
        }
        Discovery { shared, events }
    }

    /// Changes from the start on; the first ones are arrivals of what was already there.
    pub fn events(&self) -> &Receiver<DeviceEvent> {
        &self.events
    }

    /// What is plugged in. Waits until everything has been looked at, at most this long.
    pub fn list(&self, limit: Duration) -> Listing {
        let start = Instant::now();
        let mut listing = self.shared.listing();
        while !listing.complete {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            listing = match self.shared.changed.wait_timeout(listing, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        listing.clone()
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let waker = self.shared.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery").field("listing", &*self.shared.listing()).finish()
    }
}

fn unavailable(reason: String) -> Listing {
    Listing { devices: Vec::new(), unavailable: Some(reason), complete: true }
}

/// The watching thread.
fn watch(mut bus: Box<dyn Bus>, wanted: Wanted, clock: &dyn Clock, shared: &Shared, events: &Sender<DeviceEvent>) {
    *shared.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(bus.waker());
    let mut watch = Watch::for_devices(wanted);
    let mut first = true;
    while !shared.stop.load(Ordering::SeqCst) {
        let limit = if first { Duration::ZERO } else { watch.sleep(clock.now()) };
        first = false;
        for plug in bus.wait(limit) {
            watch.plugged(clock.now(), plug);
        }
        for location in watch.due(clock.now()) {
            watch.attempt(clock.now(), location, &mut *bus);
        }
        watch.deliver(events);
        shared.publish(watch.listing());
    }
}

/// What is known of the bus, and what is still to be tried. Time is passed in.
#[derive(Debug)]
struct Watch {
    wanted: Wanted,
    pending: BTreeMap<BusLocation, Pending>,
    known: BTreeMap<BusLocation, FoundDevice>,
    /// Whose arrival the reader has been given, and who therefore must be told of the leaving.
    told: BTreeSet<BusLocation>,
    outbox: VecDeque<DeviceEvent>,
}

/// A device that has not been announced, or was announced as refused.
#[derive(Debug)]
struct Pending {
    since: Moment,
    next: Moment,
    failures: u32,
}

impl Watch {
    fn for_devices(wanted: Wanted) -> Watch {
        let (pending, known, told) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Watch { wanted, pending, known, told, outbox: VecDeque::new() }
    }

    fn plugged(&mut self, now: Moment, plug: Plug) {
        match plug {
            Plug::In(location) => {
                // A new device may sit where another was, when that one's leaving was missed.
                self.forget(location);
                self.pending.insert(location, Pending { since: now, next: now, failures: 0 });
            }
            Plug::Out(location) => self.forget(location),
        }
    }

    fn forget(&mut self, location: BusLocation) {
        self.pending.remove(&location);
        if let Some(device) = self.known.remove(&location) {
            self.unannounce(location);
            if self.told.remove(&location) {
                self.outbox.push_back(DeviceEvent::Left { id: device.id, location });
            }
        }
    }

    /// Devices whose next attempt is due.
    fn due(&self, now: Moment) -> Vec<BusLocation> {
        self.pending.iter().filter(|(_, pending)| pending.next <= now).map(|(location, _)| *location).collect()
    }

    /// How long nothing has to be done.
    fn sleep(&self, now: Moment) -> Duration {
        if !self.outbox.is_empty() {
            return RETRY_EVERY;
        }
        self.pending.values().map(|pending| pending.next.since(now)).min().unwrap_or(IDLE_TICK).min(IDLE_TICK)
    }

    /// Looks at a device: is it wanted, and does the system let us open it?
    fn attempt(&mut self, now: Moment, location: BusLocation, bus: &mut dyn Bus) {
        let description = match bus.describe(location) {
            Ok(description) if (self.wanted)(&description) => description,
            Ok(_) => {
                self.pending.remove(&location);
                return;
            }
            Err(error) => return self.not_described(now, location, &error),
        };
        match bus.try_open(location) {
            Err(UsbError::NoPermission) => self.refused(now, location, description, bus),
            Err(UsbError::Disconnected) => self.forget(location),
            access => {
                self.pending.remove(&location);
                self.announce(location, description, access, bus);
            }
        }
    }

    fn not_described(&mut self, now: Moment, location: BusLocation, error: &UsbError) {
        let Some(pending) = self.pending.get_mut(&location) else { return };
        pending.failures += 1;
        pending.next = now + RETRY_EVERY;
        if pending.failures >= DESCRIBE_ATTEMPTS {
            tracing::debug!(%location, %error, "a USB device does not show its descriptors");
            self.pending.remove(&location);
        }
    }

    fn refused(&mut self, now: Moment, location: BusLocation, description: DeviceDescription, bus: &mut dyn Bus) {
        let Some(pending) = self.pending.get_mut(&location) else { return };
        if now.since(pending.since) < PERMISSION_WAIT {
            pending.next = now + RETRY_EVERY;
            return;
        }
        pending.next = now + REFUSED_AGAIN;
        if !self.known.contains_key(&location) {
            self.announce(location, description, Err(UsbError::NoPermission), bus);
        }
    }

    fn announce(
        &mut self,
        location: BusLocation,
        description: DeviceDescription,
        access: Result<(), UsbError>,
        bus: &mut dyn Bus,
    ) {
        // A name with a place in it stays for as long as the device does.
        let named = self.known.get(&location).and_then(|known| known.id.port.clone());
        let id = DeviceId { port: named, ..DeviceId::of(&description) };
        let device = FoundDevice { id, location, port: bus.port(location), description, access };
        self.known.insert(location, device);
        self.say_arrived(location);
        self.tell_apart(location);
    }

    /// Gives devices that would have the same name the place they are plugged into.
    fn tell_apart(&mut self, newest: BusLocation) {
        let plain = |device: &FoundDevice| DeviceId::of(&device.description);
        let Some(name) = self.known.get(&newest).map(plain) else { return };
        let alike: Vec<BusLocation> =
            self.known.values().filter(|device| plain(device) == name).map(|device| device.location).collect();
        if alike.len() < 2 {
            return;
        }
        for location in alike {
            let Some(device) = self.known.get_mut(&location) else { continue };
            if device.id.port.is_none() && device.port.is_some() {
                device.id.port = device.port.clone();
                self.say_arrived(location);
            }
        }
    }

    fn say_arrived(&mut self, location: BusLocation) {
        self.unannounce(location);
        self.outbox.extend(self.known.get(&location).cloned().map(DeviceEvent::Arrived));
    }

    /// Takes back an arrival that has not been handed over.
    fn unannounce(&mut self, location: BusLocation) {
        self.outbox.retain(|event| !matches!(event, DeviceEvent::Arrived(found) if found.location == location));
    }

    /// Hands over what fits; the rest waits here. A vanished reader loses its events.
    fn deliver(&mut self, events: &Sender<DeviceEvent>) {
        while let Some(event) = self.outbox.pop_front() {
            let arrival = match &event {
                DeviceEvent::Arrived(device) => Some(device.location),
                DeviceEvent::Left { .. } => None,
            };
            match events.try_send(event) {
                Ok(()) => self.told.extend(arrival),
                Err(crossbeam_channel::TrySendError::Full(event)) => {
                    self.outbox.push_front(event);
                    return;
                }
                Err(crossbeam_channel::TrySendError::Disconnected(_)) => self.outbox.clear(),
            }
        }
    }

    fn listing(&self) -> Listing {
        Listing {
            devices: self.known.values().cloned().collect(),
            unavailable: None,
            complete: self.pending.keys().all(|location| self.known.contains_key(location)),
        }
    }
}

#[cfg(test)]
mod tests;
