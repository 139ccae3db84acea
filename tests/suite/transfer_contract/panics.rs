//! A driver that panics in each of its entry points, once or always: the application sees a legal
//! sequence and a result, and what can go on does.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use lightbar::clock::ManualClock;
use lightbar::minidriver::property::{Batch, BatchError, Change, PropertyRules, Refusal, StandardRules, keys};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, DeviceEvent, DeviceFailure, DeviceInfo, DriverError, ErrorHandler,
    FeederState, Flow, HandlerAnswer, Item, ItemCategory, MiniDriver, MiniDriverCallback, Notifications, PnpEvent,
    PressedButton, Settled, Source, StreamGrant, TransferContext, TransferId,
};
use lightbar::transfer::{Answer, Broker, TransferError, TransferMessage, outcome_code};
use lightbar::units::Percent;

use crate::support::transfer::{
    Acquire, AcquireResult, Application, Journal, ScriptedDriver, device_status, job, page_bytes, page_info, status,
};

/// Panics in one entry point for so many times.
#[derive(Clone)]
struct Trap {
    entry: &'static str,
    times: Arc<AtomicU32>,
    has_sprung: Arc<AtomicBool>,
}

impl Trap {
    fn passes(&self, entry: &'static str) {
        let left = |times: u32| times.checked_sub(1);
        if self.entry == entry && self.times.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            self.has_sprung.store(true, Ordering::SeqCst);
            // As a panic, without the report on stderr.
            resume_unwind(Box::new(format!("made to panic in {entry}")));
        }
    }
}

struct Panicking {
    inner: ScriptedDriver,
    trap: Trap,
}

impl MiniDriver for Panicking {
    fn device(&self) -> &DeviceInfo {
        self.trap.passes("device");
        self.inner.device()
    }

    fn items(&self) -> &[Item] {
        self.trap.passes("items");
        self.inner.items()
    }

    fn property_rules(&self) -> Arc<dyn PropertyRules> {
        self.trap.passes("property_rules");
        Arc::new(PanickingRules { inner: StandardRules::default(), trap: self.trap.clone() })
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        self.trap.passes("notifications");
        Arc::new(PanickingNotifications { inner: self.inner.notifications(), trap: self.trap.clone() })
    }

    fn error_handler(&self) -> Option<Box<dyn ErrorHandler + Send>> {
        self.trap.passes("error_handler");
        Some(Box::new(PanickingHandler(self.trap.clone())))
    }

    fn events(&self) -> Vec<DeviceEvent> {
        self.trap.passes("events");
        self.inner.events()
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        self.trap.passes("lock");
        self.inner.lock()
    }

    fn unlock(&mut self) {
        self.inner.unlock();
        self.trap.passes("unlock");
    }

    fn acquire(&mut self, transfer: &TransferContext, callback: &mut dyn MiniDriverCallback) -> AcquireResult {
        self.trap.passes("acquire");
        let acquired = self.inner.acquire(transfer, callback);
        self.trap.passes("the end of acquire");
        acquired
    }

    fn is_at_rest(&self) -> bool {
        self.trap.passes("is_at_rest");
        self.inner.is_at_rest()
    }

    fn settle(&mut self) -> Settled {
        self.trap.passes("settle");
        self.inner.settle()
    }

    fn feeder_state(&mut self, question: TransferId) -> Result<FeederState, DriverError> {
        self.trap.passes("feeder_state");
        self.inner.feeder_state(question)
    }

    fn take_button(&mut self) -> Option<PressedButton> {
        self.trap.passes("take_button");
        self.inner.take_button()
    }

    fn release(&mut self) {
        self.trap.passes("release");
        self.inner.release();
    }
}

struct PanickingRules {
    inner: StandardRules,
    trap: Trap,
}

impl PropertyRules for PanickingRules {
    fn validate(&self, item: &Item, change: &mut Change<'_>) -> Result<(), BatchError> {
        self.trap.passes("validate");
        self.inner.validate(item, change)
    }
}

struct PanickingNotifications {
    inner: Arc<dyn Notifications>,
    trap: Trap,
}

impl Notifications for PanickingNotifications {
    fn notify(&self, event: PnpEvent) {
        self.trap.passes("notify");
        self.inner.notify(event);
    }

    fn bytes_received(&self) -> u64 {
        self.trap.passes("bytes_received");
        7
    }
}

struct PanickingHandler(Trap);

impl ErrorHandler for PanickingHandler {
    fn report_status(&mut self, _: &DeviceFailure, _: Percent) -> HandlerAnswer {
        self.0.passes("report_status");
        HandlerAnswer::Handled
    }

    fn clear(&mut self) {
        self.0.passes("clear");
    }
}

/// A delay, a page, and the answer to everything obeyed.
fn a_page(acquire: Acquire<'_>) -> AcquireResult {
    let callback = acquire.callback;
    let failed = AcquireError::Application;
    let _ = callback.send_message(&device_status(Condition::WarmingUp, 10)).map_err(failed)?;
    let StreamGrant::Stream(mut stream) = callback.next_stream(&page_info(1)).map_err(failed)? else {
        return Ok(AcquireEnd::Cancelled);
    };
    stream.write(&page_bytes(1, 30)).map_err(|error| failed(error.0))?;
    for percent in [50, 100] {
        if callback.send_message(&status(percent, 30)).map_err(failed)? == Flow::Cancelled {
            return Ok(AcquireEnd::Cancelled);
        }
    }
    Ok(AcquireEnd::Completed)
}

fn application(journal: &Journal) -> Application {
    Application::new(journal).handled_by(|_| HandlerAnswer::NotHandled)
}

const ALWAYS: u32 = u32::MAX;

/// What a transfer comes to that is cancelled in mid page while the driver panics there.
fn cancelled_code(entry: &str) -> Code {
    match entry {
        // A driver that does not say what it has has nothing.
        "items" => Code::E_INVALIDARG,
        "lock" | "acquire" | "the end of acquire" => Code::ERROR_EXCEPTION_IN_DRIVER,
        _ => Code::S_FALSE,
    }
}

/// Every call into a driver, and the end of the longest.
const ENTRIES: [&str; 20] = [
    "device",
    "items",
    "property_rules",
    "notifications",
    "error_handler",
    "events",
    "lock",
    "unlock",
    "acquire",
    "the end of acquire",
    "is_at_rest",
    "settle",
    "feeder_state",
    "take_button",
    "release",
    "validate",
    "notify",
    "bytes_received",
    "report_status",
    "clear",
];

#[test]
fn a_panic_in_any_entry_point_ends_what_it_was_called_for_and_nothing_else() {
    for entry in ENTRIES {
        for times in [1, ALWAYS] {
            one_panicking_driver(entry, times);
        }
    }
}

/// The methods of a trait, as its source has them.
fn methods_of(name: &str, source: &'static str) -> Vec<&'static str> {
    let (_, rest) = source.split_once(&format!("pub trait {name}")).unwrap_or_else(|| panic!("no trait {name}"));
    let (body, _) = rest.split_once("\n}").expect("an end");
    let name = |line: &'static str| line.strip_prefix("    fn ")?.split_once('(').map(|(name, _)| name);
    body.lines().filter_map(name).collect()
}

#[test]
fn no_entry_point_is_left_out() {
    const DRIVER: &str = include_str!("../../../src/minidriver/driver.rs");
    let traits = [
        ("MiniDriver", DRIVER, 14),
        ("Notifications", DRIVER, 2),
        ("PropertyRules", include_str!("../../../src/minidriver/property/rules.rs"), 1),
        ("ErrorHandler", include_str!("../../../src/minidriver/handler.rs"), 2),
    ];
    for (name, source, at_least) in traits {
        let methods = methods_of(name, source);
        assert!(methods.len() >= at_least, "{name}: {methods:?}");
        for method in methods {
            assert!(ENTRIES.contains(&method), "{name}::{method} is not made to panic");
        }
    }
}

/// Every event that a driver is told between two transfers: whether it takes it is nobody's concern.
fn notify_everything(broker: &Broker, entry: &str, case: &str) {
    broker.power_suspending();
    assert_eq!(broker.power_resumed(), entry != "release", "{case}");
    broker.device_gone();
    let mut items = broker.application_items();
    // A question that somebody ends while it is asked.
    let asked = broker.poll_events_unless(&mut items, &|| {
        broker.stop_asking();
        false
    });
    assert_eq!(asked.is_err(), ["feeder_state", "lock"].contains(&entry), "{case}: {asked:?}");
    assert_eq!(broker.pressed_buttons(&mut items), Ok(vec![]), "{case}");
}

fn one_panicking_driver(entry: &'static str, times: u32) {
    let case = format!("{entry}, {times} times");
    let journal = Journal::default();
    let trap = Trap { entry, times: Arc::new(AtomicU32::new(times)), has_sprung: Arc::default() };
    let inner = ScriptedDriver::with_acquire(&journal, a_page);
    let broker = Broker::new(Box::new(Panicking { inner, trap: trap.clone() }), ManualClock::start());
    // Outside of a transfer.
    let received = broker.bytes_received();
    assert_eq!(received, if ["bytes_received", "notifications"].contains(&entry) { 0 } else { 7 }, "{case}");
    check_properties(&broker, &trap, &case);
    let feeder = broker.feeder_state();
    match entry {
        "feeder_state" | "lock" => {
            assert!(matches!(feeder, Err(TransferError::DriverPanicked(_))), "{case}: {feeder:?}")
        }
        _ => assert_eq!(feeder, Ok(FeederState::Loaded), "{case}"),
    }
    assert_eq!(broker.release(), entry != "release", "{case}");
    if times == ALWAYS {
        notify_everything(&broker, entry, &case);
    }
    if entry == "take_button" {
        assert_eq!(broker.pressed_buttons(&mut broker.application_items()), Ok(vec![]), "{case}");
    }
    if entry == "lock" && times == 1 {
        trap.times.store(1, Ordering::SeqCst);
    }
    // A transfer that is cancelled in mid page: status, notice, CANCEL_IO, settling.
    journal.clear();
    let transfer = broker.prepare(job(Source::Feeder));
    let canceller = transfer.canceller();
    let mut cancels = application(&journal).on_message(move |message, _| {
        if matches!(message, TransferMessage::Status { percent, .. } if percent.value() == 50) {
            canceller.cancel();
        }
        Answer::Continue
    });
    let outcome = broker.download(transfer, &mut cancels);
    assert_eq!(outcome_code(&outcome), cancelled_code(entry), "{case}");
    if !["items", "lock"].contains(&entry) {
        cancels.assert_legal(&case);
        assert!(broker.settle().is_some(), "{case}");
    }
    journal.assert_locks_balanced(&case);
    // The next one.
    journal.clear();
    let mut next = application(&journal);
    let outcome = broker.download(broker.prepare(job(Source::Feeder)), &mut next);
    broker.settle();
    journal.assert_locks_balanced(&case);
    let breaks_for_good = times == ALWAYS && ["lock", "acquire", "the end of acquire"].contains(&entry);
    if breaks_for_good || entry == "items" {
        assert_eq!(outcome_code(&outcome), cancelled_code(entry), "{case}");
    } else {
        assert_eq!(outcome, Ok(AcquireEnd::Completed), "{case}");
        assert_eq!(next.bytes(), [page_bytes(1, 30)], "{case}");
        assert_eq!(next.complete(), [true], "{case}");
        next.assert_legal(&case);
    }
    assert!(trap.has_sprung.load(Ordering::SeqCst), "{case}: it was never called");
}

fn check_properties(broker: &Broker, trap: &Trap, case: &str) {
    let entry = trap.entry;
    let mut items = broker.application_items();
    if entry == "validate" {
        // The first values were checked as well.
        trap.times.fetch_max(1, Ordering::SeqCst);
    }
    let Some(flatbed) = items.item_mut(ItemCategory::Flatbed) else {
        assert_eq!(entry, "items", "{case}");
        return;
    };
    let before = flatbed.get(keys::X_RES);
    let written = flatbed.write(&Batch::new().set(keys::X_RES, 300));
    if entry == "validate" {
        let error = written.expect_err("the driver panics");
        assert_eq!(
            (error.code(), &error.refusal),
            (Code::ERROR_EXCEPTION_IN_DRIVER, &Refusal::DriverPanicked),
            "{case}"
        );
        assert_eq!(flatbed.get(keys::X_RES), before, "{case}");
    } else {
        assert_eq!((written, flatbed.get(keys::X_RES)), (Ok(()), Some(300)), "{case}");
    }
}
