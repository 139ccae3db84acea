//! The broker: one driver, one transfer at a time.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::minidriver::property::{ItemProperties, NotTransferable, PropertyRules, StandardRules, keys};
use crate::minidriver::{
    AcquireEnd, DeviceEvent, DeviceInfo, DriverError, ErrorHandler, FeederState, Item, ItemCategory, MiniDriver,
    Notifications, PnpEvent, ScanJob, Settled, Source, TransferContext, TransferId,
};
use crate::usb::UsbError;

use super::application_items::{ApplicationItems, guarded_rules};
use super::callback::TransferCallback;
use super::event_watch::EventWatch;
use super::format::{MadeFormat, Reformatted};
use super::gate::{Gate, Passage, Stage};
use super::latch::{Canceller, Latch};
use super::outcome::{Outcome, TransferError, ended_by_itself, guarded, outcome};
use super::relay::Relay;
use super::status::{DefaultHandler, Handlers};

/// The longest that a transfer waits for a device that is being brought to rest or locked: the
/// driver's own limits (design, section 3: 180 s while bytes flow, 30 s for DELETE) and a reset.
const SETTLING_LIMIT: Duration = Duration::from_secs(240);

/// Events that are told at once; a device that reports more is not believed.
const MOST_EVENTS: usize = 32;

/// Stands between applications and one driver: serialises the calls, relays, keeps the latch, and
/// sees to it that every lock is given back once. A copy is another handle to the same broker.
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    device: DeviceInfo,
    items: Arc<[Item]>,
    /// Outside of every lock (part 5).
    notifications: Arc<dyn Notifications>,
    /// Outside of every lock as well.
    rules: Arc<dyn PropertyRules>,
    has_buttons: bool,
    clock: Arc<dyn Clock>,
    gate: Arc<Gate>,
    /// Used only by whoever passed the gate, so nobody ever waits for this lock.
    seat: Mutex<Seat>,
}

struct Seat {
    driver: Box<dyn MiniDriver>,
    driver_handler: Option<Box<dyn ErrorHandler + Send>>,
    default_handler: DefaultHandler,
    /// The events that the driver said it reports.
    declared: Vec<DeviceEvent>,
    watch: EventWatch,
}

/// What came of the way to the device.
enum Entry {
    /// It is locked for the transfer.
    Locked,
    /// The transfer was cancelled before.
    Cancelled,
    /// It is not at rest, and is being brought there.
    NotAtRest,
}

/// A transfer that has not begun: its number is known and it can be cancelled already.
pub struct Transfer {
    context: TransferContext,
    /// The format that is made of what the device sends; `None`: pages come as the device sends them.
    format: Option<MadeFormat>,
    latch: Arc<Latch>,
    canceller: Canceller,
}

impl Transfer {
    /// The same in a format made here, whatever the properties say.
    pub(super) fn made(self, format: Option<MadeFormat>) -> Transfer {
        Transfer { format, ..self }
    }

    /// Its number.
    pub fn id(&self) -> TransferId {
        self.context.id
    }

    /// What is asked for.
    pub fn job(&self) -> &ScanJob {
        &self.context.job
    }

    /// What ends it, now or later.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    fn is_cancelled(&self) -> bool {
        self.latch.stop().is_some()
    }
}

impl Broker {
    /// A broker for one driver, with a default handler that has no face.
    pub fn new(driver: Box<dyn MiniDriver>, clock: Arc<dyn Clock>) -> Broker {
        Broker::with_default_handler(driver, clock, DefaultHandler::default())
    }

    /// A broker whose default handler asks a person.
    pub fn with_default_handler(
        driver: Box<dyn MiniDriver>,
        clock: Arc<dyn Clock>,
        default_handler: DefaultHandler,
    ) -> Broker {
        let items = told("items", || driver.items().into()).unwrap_or_default();
        let rules = told("property_rules", || driver.property_rules());
        let seat = Seat {
            driver_handler: told("error_handler", || driver.error_handler()).flatten(),
            declared: told("events", || driver.events()).unwrap_or_default(),
            watch: EventWatch::default(),
            default_handler,
            driver,
        };
        let driver = &seat.driver;
        let shared = Shared {
            device: told("device", || driver.device().clone()).unwrap_or_else(nameless),
            items,
            notifications: told("notifications", || driver.notifications()).unwrap_or_else(|| Arc::new(Deaf)),
            rules: guarded_rules(rules.unwrap_or_else(|| Arc::new(StandardRules::default()))),
            has_buttons: seat.declared.iter().any(|event| matches!(event, DeviceEvent::Button(_))),
            clock,
            gate: Arc::default(),
            seat: Mutex::new(seat),
        };
        Broker { shared: Arc::new(shared) }
    }

    /// The device.
    pub fn device(&self) -> &DeviceInfo {
        &self.shared.device
    }

    /// The sources, the flatbed first.
    pub fn items(&self) -> Arc<[Item]> {
        Arc::clone(&self.shared.items)
    }

    /// A new application's own copy of the item tree, with every property at its first value (R55).
    pub fn application_items(&self) -> ApplicationItems {
        ApplicationItems::new(&self.shared.items, &self.shared.rules)
    }

    /// Reads the values that change by themselves: what the device says of its feeder. Touches the
    /// device; never waits for a transfer (reference, 4.2).
    ///
    /// # Errors
    /// As [`Broker::feeder_state`]; the values stay as they were.
    #[doc(alias = "drvReadItemProperties")]
    pub fn refresh(&self, items: &mut ApplicationItems) -> Result<(), TransferError> {
        items.set_feeder(self.feeder_state()?);
        Ok(())
    }

    /// A transfer to be run with [`Broker::download`].
    pub fn prepare(&self, job: ScanJob) -> Transfer {
        let context = TransferContext { id: TransferId::next(), job };
        let latch = Latch::new(context.id);
        let canceller =
            Canceller::new(Arc::clone(&latch), Arc::clone(&self.shared.notifications), Arc::clone(&self.shared.gate));
        Transfer { context, format: None, latch, canceller }
    }

    /// A transfer of an item as its properties stand, in the format they name.
    ///
    /// # Errors
    /// [`NotTransferable`] (`E_INVALIDARG`) when the item has no transfer bit (reference, 7.1, row 1).
    pub fn prepare_item(&self, item: &ItemProperties) -> Result<Transfer, NotTransferable> {
        let format = item.get(keys::FORMAT).and_then(MadeFormat::of);
        Ok(Transfer { format, ..self.prepare(item.job()?) })
    }

    /// Runs a transfer and returns right after END_OF_TRANSFER. When it did not end by itself, or the
    /// driver could not end it properly, the device still has to be brought to rest: call
    /// [`Broker::settle`] then.
    ///
    /// A transfer that comes while the device is being brought to rest tells so
    /// ([`TransferCallback::waiting_for_device`]) and waits; when nobody has begun with it, it is
    /// begun on a thread of its own, so that the wait can be cancelled. So is the device locked:
    /// opening one takes as long as the system likes.
    ///
    /// END_OF_TRANSFER is sent when the driver's acquire was called, and not otherwise.
    ///
    /// # Errors
    /// See [`TransferError`]. [`TransferError::Busy`] when a transfer is running (R56).
    ///
    /// # Panics
    /// With the application's own panic, when a callback panicked; the device is safe by then.
    pub fn download(&self, transfer: Transfer, callback: &mut dyn TransferCallback) -> Outcome {
        match transfer.format {
            Some(format) => self.download_as_sent(&transfer, &mut Reformatted::new(callback, format)),
            None => self.download_as_sent(&transfer, callback),
        }
    }

    fn download_as_sent(&self, transfer: &Transfer, callback: &mut dyn TransferCallback) -> Outcome {
        let entered = self.check(transfer.job()).and_then(|()| self.enter(transfer, callback));
        match entered {
            Ok(true) => self.run(transfer, callback),
            Ok(false) => {
                transfer.latch.abandon();
                Ok(AcquireEnd::Cancelled)
            }
            Err(error) => {
                transfer.latch.abandon();
                Err(error)
            }
        }
    }

    /// Brings the device to rest after a transfer that did not end by itself, and gives it back. May
    /// take as long as the driver's limits say. `None` when there is nothing to do.
    pub fn settle(&self) -> Option<Settled> {
        self.shared.gate.advance(Stage::Unsettled, Stage::Settling).then(|| self.shared.settle())
    }

    /// Whether a transfer has ended whose device still has to be brought to rest, or is being.
    pub fn is_settling(&self) -> bool {
        matches!(*self.shared.gate.lock(), Stage::Unsettled | Stage::Settling)
    }

    /// Bytes received from the device since it was opened; grows while a device that is being brought
    /// to rest still sends.
    pub fn bytes_received(&self) -> u64 {
        guarded("bytes_received", || self.shared.notifications.bytes_received()).unwrap_or(0)
    }

    /// Looks whether paper is in the feeder. Touches the device; never waits for a transfer.
    ///
    /// # Errors
    /// [`TransferError::Busy`] when the device is used for anything else.
    pub fn feeder_state(&self) -> Result<FeederState, TransferError> {
        self.ask(|seat, question| feeder_state(seat.driver.as_mut(), question))
    }

    /// Looks at the device and says what has happened since the last look. The values that an event is
    /// about are up to date before it is told: the feeder's state, and the item that a button means
    /// (reference, part 15). Only declared events are passed on, and none starts a transfer.
    ///
    /// # Errors
    /// As [`Broker::feeder_state`].
    pub fn poll_events(&self, items: &mut ApplicationItems) -> Result<(FeederState, Vec<DeviceEvent>), TransferError> {
        self.poll_events_unless(items, &|| false)
    }

    /// The same for whoever may want a transfer meanwhile: who does so makes `unwanted` true first and calls
    /// [`Broker::stop_asking`] then, and the device is not asked, or not any longer.
    ///
    /// # Errors
    /// As [`Broker::feeder_state`]; [`TransferError::Busy`] when it was not asked.
    pub fn poll_events_unless(
        &self,
        items: &mut ApplicationItems,
        unwanted: &dyn Fn() -> bool,
    ) -> Result<(FeederState, Vec<DeviceEvent>), TransferError> {
        self.ask(|seat, question| {
            if unwanted() {
                return Err(TransferError::Busy);
            }
            let state = feeder_state(seat.driver.as_mut(), question)?;
            items.set_feeder(state);
            let mut events = seat.watch.look(state);
            events.retain(|event| seat.declared.contains(event));
            events.extend(seat.take_buttons(items));
            Ok((state, events))
        })
    }

    /// Whether the device tells of buttons.
    pub fn has_buttons(&self) -> bool {
        self.shared.has_buttons
    }

    /// The buttons that were pressed since they were asked for last, as far as the driver has heard of them.
    /// Asks the device nothing.
    ///
    /// # Errors
    /// [`TransferError::Busy`] when the device is used for anything else.
    pub fn pressed_buttons(&self, items: &mut ApplicationItems) -> Result<Vec<DeviceEvent>, TransferError> {
        self.ask(|seat, _| Ok(seat.take_buttons(items)))
    }

    /// Ends a question that the device is being asked, because a transfer is wanted. Safe from any thread,
    /// returns at once.
    pub fn stop_asking(&self) {
        let Some(question) = self.shared.gate.question() else { return };
        if let Err(panic) = guarded("notify", || self.shared.notifications.notify(PnpEvent::CancelIo(question))) {
            tracing::error!(%panic, "the driver did not take the end of a question");
        }
    }

    /// Asks the driver something between two transfers; never waits for one.
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Seat, TransferId) -> Result<T, TransferError>,
    ) -> Result<T, TransferError> {
        let number = TransferId::next();
        let asking = Stage::Asking(number);
        let Passage::Open = self.shared.gate.enter(asking) else { return Err(TransferError::Busy) };
        let _leave = Leaving { gate: &self.shared.gate, from: asking, to: Stage::Idle };
        question(&mut self.shared.seat(), number)
    }

    /// The computer is about to sleep, and the driver is told. Safe from any thread, returns at once; the device is
    /// to be given back with [`Broker::release`] when it is at rest.
    pub fn power_suspending(&self) {
        if let Err(panic) = guarded("notify", || self.shared.notifications.notify(PnpEvent::PowerSuspend)) {
            tracing::error!(%panic, "the driver did not take the coming sleep");
        }
    }

    /// The computer has slept. The device is given back, and opened anew when it is needed next; `false`
    /// when it is in use, whose own failure then says what became of it.
    pub fn power_resumed(&self) -> bool {
        if let Err(panic) = guarded("notify", || self.shared.notifications.notify(PnpEvent::PowerResume)) {
            tracing::error!(%panic, "the driver did not take the end of the sleep");
        }
        self.release()
    }

    /// Gives the device back to other programs until it is used again; `false` when it is in use.
    pub fn release(&self) -> bool {
        let asking = Stage::Asking(TransferId::next());
        let Passage::Open = self.shared.gate.enter(asking) else { return false };
        let _leave = Leaving { gate: &self.shared.gate, from: asking, to: Stage::Idle };
        let mut seat = self.shared.seat();
        match guarded("release", || seat.driver.release()) {
            Ok(()) => true,
            Err(panic) => {
                tracing::error!(%panic, "releasing the device");
                false
            }
        }
    }

    /// The device is gone: the driver touches no hardware any more, and a running transfer fails (R57).
    /// Safe from any thread, returns at once.
    pub fn device_gone(&self) {
        if let Err(panic) = guarded("notify", || self.shared.notifications.notify(PnpEvent::Disconnected)) {
            tracing::error!(%panic, "the driver did not take the disconnection");
        }
    }

    /// Row 1: what no driver needs to be asked about.
    fn check(&self, job: &ScanJob) -> Result<(), TransferError> {
        let found = self.shared.items.iter().any(|item| match job.source {
            Source::Flatbed => item.category == ItemCategory::Flatbed,
            Source::Feeder => item.category == ItemCategory::Feeder,
            Source::Duplex => item.feeder.as_ref().is_some_and(|feeder| feeder.duplex.is_some()),
        });
        match job.areas.len() {
            _ if !found => Err(TransferError::NoSuchSource(job.source)),
            1 => Ok(()),
            2.. if job.source == Source::Flatbed => Ok(()),
            count => Err(TransferError::WrongAreas(count)),
        }
    }

    /// Takes and locks the device; `false` when the transfer was cancelled before that.
    fn enter(&self, transfer: &Transfer, callback: &mut dyn TransferCallback) -> Result<bool, TransferError> {
        let deadline = self.shared.clock.now() + SETTLING_LIMIT;
        let mut told = false;
        // What could not be brought to rest once is left to the driver's acquire.
        let mut may_settle = true;
        loop {
            if !self.pass_gate(transfer, callback, deadline, &mut told)? {
                return Ok(false);
            }
            match self.lock(transfer, deadline, may_settle)? {
                Entry::Locked => return Ok(true),
                Entry::Cancelled => return Ok(false),
                Entry::NotAtRest => {
                    may_settle = false;
                    tell_once(callback, &mut told);
                }
            }
        }
    }

    /// Waits until nobody else uses the device; `false` when the transfer was cancelled meanwhile.
    fn pass_gate(
        &self,
        transfer: &Transfer,
        callback: &mut dyn TransferCallback,
        deadline: Moment,
        told: &mut bool,
    ) -> Result<bool, TransferError> {
        let shared = &self.shared;
        while !transfer.is_cancelled() {
            let passage = shared.gate.enter(Stage::Locking);
            match passage {
                Passage::Open => return Ok(true),
                Passage::Busy => return Err(TransferError::Busy),
                Passage::Unsettled => {}
                Passage::Settling | Passage::Asking if shared.clock.now() < deadline => {}
                Passage::Settling | Passage::Asking => return Err(TransferError::StillSettling),
            }
            if !matches!(passage, Passage::Asking) {
                tell_once(callback, told);
            }
            self.settle_elsewhere();
            let occupied = |stage| matches!(stage, Stage::Settling | Stage::Asking(_) | Stage::Unwanted);
            shared.gate.wait_while(occupied, shared.clock.as_ref(), deadline, &|| transfer.is_cancelled());
        }
        Ok(false)
    }

    /// Locks the device on a thread that can be left behind: a driver may have to open it, and no
    /// cancel waits for that. Left behind, the thread gives the device back when it has it.
    fn lock(&self, transfer: &Transfer, deadline: Moment, may_settle: bool) -> Result<Entry, TransferError> {
        let (answer, answered) = sync_channel(1);
        let shared = Arc::clone(&self.shared);
        let spawned = std::thread::Builder::new().name("lock".into()).spawn(move || shared.lock(&answer, may_settle));
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to lock on");
            self.shared.gate.advance(Stage::Locking, Stage::Idle);
            return Err(TransferError::Lock(DriverError::Usb(UsbError::NoResources)));
        }
        let gate = &self.shared.gate;
        gate.wait_while(|stage| stage == Stage::Locking, self.shared.clock.as_ref(), deadline, &|| {
            transfer.is_cancelled()
        });
        if gate.advance(Stage::Locking, Stage::Unwanted) {
            return if transfer.is_cancelled() { Ok(Entry::Cancelled) } else { Err(TransferError::StillSettling) };
        }
        // The stage moved on, and the answer was given before that.
        answered.recv().unwrap_or(Err(TransferError::StillSettling))
    }

    /// Begins the settling, if there is one that nobody has begun with, beside the thread that waits for it.
    fn settle_elsewhere(&self) {
        if !self.shared.gate.advance(Stage::Unsettled, Stage::Settling) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let spawned = std::thread::Builder::new().name("settle".into()).spawn(move || shared.settle());
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread to settle on");
            self.shared.settle();
        }
    }

    /// Acquire, closing messages, result; unlock now or after settling.
    fn run(&self, transfer: &Transfer, callback: &mut dyn TransferCallback) -> Outcome {
        let mut leaving = Leaving { gate: &self.shared.gate, from: Stage::Transferring, to: Stage::Idle };
        let mut seat = self.shared.seat();
        let Seat { driver, driver_handler, default_handler, watch, .. } = &mut *seat;
        watch.job_ran();
        if !transfer.latch.begin() {
            unlock(driver.as_mut());
            return Ok(AcquireEnd::Cancelled);
        }
        let handlers = Handlers::new(driver_handler.as_deref_mut(), default_handler);
        let mut relay = Relay::new(Arc::clone(&transfer.latch), callback, handlers, transfer.job().streams);
        let returned = guarded("acquire", || driver.acquire(&transfer.context, &mut relay));
        transfer.latch.end();
        let stop = transfer.latch.stop();
        let panic = relay.close();
        transfer.latch.wait_for_notify();
        if ended_by_itself(&returned) && is_at_rest(driver.as_ref()) {
            unlock(driver.as_mut());
        } else {
            leaving.to = Stage::Unsettled;
        }
        drop(seat);
        drop(leaving);
        let outcome = outcome(stop, returned);
        tracing::debug!(?outcome, transfer = ?transfer.id(), "transfer ended");
        match panic {
            Some(panic) => std::panic::resume_unwind(panic),
            None => outcome,
        }
    }
}

impl Seat {
    /// Buttons that were pressed and are declared; the item that each means is set before it is told.
    fn take_buttons(&mut self, items: &mut ApplicationItems) -> Vec<DeviceEvent> {
        let mut events = Vec::new();
        for _ in 0..MOST_EVENTS {
            let Ok(Some(pressed)) = guarded("take_button", || self.driver.take_button()) else { break };
            let event = DeviceEvent::Button(pressed.button);
            if self.declared.contains(&event) {
                items.set_scan_available_item(pressed.item.as_deref().unwrap_or_default());
                events.push(event);
            }
        }
        events
    }
}

impl Shared {
    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the device for the transfer that waits for the answer. A device that an earlier use did
    /// not leave at rest is brought there first, unless that was done already.
    fn lock(&self, answer: &SyncSender<Result<Entry, TransferError>>, may_settle: bool) {
        let mut seat = self.seat();
        let locked = locked(seat.driver.as_mut());
        let has_it = locked.is_ok();
        let settles = has_it && may_settle && !is_at_rest(seat.driver.as_ref());
        drop(seat);
        let (entry, next) = match locked {
            Err(error) => (Err(error), Stage::Idle),
            Ok(()) if settles => (Ok(Entry::NotAtRest), Stage::Settling),
            Ok(()) => (Ok(Entry::Locked), Stage::Transferring),
        };
        // Nobody reads the answer of a lock that nobody wants any more.
        let _ = answer.send(entry);
        let wanted = self.gate.advance(Stage::Locking, next);
        if settles {
            self.gate.advance(Stage::Unwanted, Stage::Settling);
            self.settle();
        } else if !wanted {
            if has_it {
                unlock(self.seat().driver.as_mut());
            }
            self.gate.advance(Stage::Unwanted, Stage::Idle);
        }
    }

    /// The driver's closing work; the lock that the transfer took ends here (R17).
    fn settle(&self) -> Settled {
        let _leave = Leaving { gate: &self.gate, from: Stage::Settling, to: Stage::Idle };
        let mut seat = self.seat();
        let settled = guarded("settle", || seat.driver.settle()).unwrap_or_else(|panic| {
            tracing::error!(%panic, "settling");
            Settled::NotResponding
        });
        unlock(seat.driver.as_mut());
        settled
    }
}

impl Drop for Shared {
    /// A settling that nobody ran cannot be waited for here, but the lock is given back.
    fn drop(&mut self) {
        if *self.gate.lock() == Stage::Unsettled {
            unlock(self.seat.get_mut().unwrap_or_else(PoisonError::into_inner).driver.as_mut());
        }
    }
}

/// Moves the gate on when a call ends, however it ends.
struct Leaving<'a> {
    gate: &'a Gate,
    from: Stage,
    to: Stage,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.gate.advance(self.from, self.to);
    }
}

/// What a driver says of itself when it is taken over; one that panics has said nothing.
fn told<T>(call: &'static str, body: impl FnOnce() -> T) -> Option<T> {
    guarded(call, body).inspect_err(|panic| tracing::error!(%panic, "taking over a driver")).ok()
}

/// The device of a driver that does not say which.
fn nameless() -> DeviceInfo {
    DeviceInfo { name: "Scanner".to_owned(), manufacturer: None, serial: None }
}

/// The notifications of a driver that has none; it learns of a cancel at its next callback (reference, 9.2).
struct Deaf;

impl Notifications for Deaf {
    fn notify(&self, _: PnpEvent) {}
}

/// Says that the transfer waits for its device, unless that was said.
fn tell_once(callback: &mut dyn TransferCallback, told: &mut bool) {
    if !std::mem::replace(told, true) {
        callback.waiting_for_device();
    }
}

fn locked(driver: &mut dyn MiniDriver) -> Result<(), TransferError> {
    match guarded("lock", || driver.lock()) {
        Ok(locked) => locked.map_err(TransferError::Lock),
        Err(panic) => Err(TransferError::DriverPanicked(panic.0)),
    }
}

/// A driver that cannot say has to be settled.
fn is_at_rest(driver: &dyn MiniDriver) -> bool {
    guarded("is_at_rest", || driver.is_at_rest()).unwrap_or(false)
}

fn feeder_state(driver: &mut dyn MiniDriver, question: TransferId) -> Result<FeederState, TransferError> {
    locked(driver)?;
    let state = guarded("feeder_state", || driver.feeder_state(question));
    unlock(driver);
    match state {
        Ok(state) => state.map_err(TransferError::Lock),
        Err(panic) => Err(TransferError::DriverPanicked(panic.0)),
    }
}

fn unlock(driver: &mut dyn MiniDriver) {
    if let Err(panic) = guarded("unlock", || driver.unlock()) {
        tracing::error!(%panic, "unlocking the device");
    }
}
