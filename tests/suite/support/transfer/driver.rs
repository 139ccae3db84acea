//! A driver that does what a test tells it to, and writes down what the broker asks of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use lightbar::clock::{Signal, Waker};
use lightbar::minidriver::property::{PropertyRules, StandardRules};
use lightbar::minidriver::{
    AcquireEnd, AcquireError, CancelIo, ColorMode, Combination, DeviceEvent, DeviceInfo, DriverError, Duplex,
    ErrorHandler, Feeder, FeederState, Item, ItemCategory, Justification, MiniDriver, MiniDriverCallback,
    Notifications, OfferedFormat, PnpEvent, PressedButton, Resolutions, Settled, Surface, TransferContext, TransferId,
    deliver_pages,
};
use lightbar::units::{Dpi, Length};

use super::{Journal, ScriptedSource, Seen, Step};

pub type AcquireResult = Result<AcquireEnd, AcquireError>;

/// What acquire gives to a script.
pub struct Acquire<'a> {
    pub transfer: &'a TransferContext,
    pub callback: &'a mut dyn MiniDriverCallback,
    /// What CANCEL_IO sets.
    pub cancel_io: &'a Arc<CancelIo>,
    /// Which transfer this is, from 0.
    pub turn: usize,
}

type Script = Box<dyn FnMut(Acquire<'_>) -> AcquireResult + Send>;

/// See the module.
pub struct ScriptedDriver {
    journal: Journal,
    info: DeviceInfo,
    items: Vec<Item>,
    cancel_io: Arc<CancelIo>,
    script: Script,
    turn: usize,
    /// Calls that panic.
    pub panics_in: Vec<&'static str>,
    /// Called inside of lock, before it answers.
    pub on_lock: Box<dyn FnMut() + Send>,
    /// What lock answers.
    pub lock_result: Result<(), DriverError>,
    /// What the driver says of its device when it is asked whether it is at rest.
    pub at_rest: Arc<AtomicBool>,
    /// What settle answers, after calling this.
    pub on_settle: Box<dyn FnMut() -> Settled + Send>,
    /// What the device says of its feeder.
    pub feeder: Arc<Mutex<FeederState>>,
    /// Buttons that were pressed, and which events the driver says it reports; the usual ones when `None`.
    pub pressed: Arc<Mutex<Vec<PressedButton>>>,
    pub declared: Option<Vec<DeviceEvent>>,
    /// What the driver says of its properties.
    pub rules: Arc<dyn PropertyRules>,
    /// The driver's own handler, handed to the broker once.
    pub handler: Mutex<Option<Box<dyn ErrorHandler + Send>>>,
}

impl ScriptedDriver {
    pub fn with_acquire(
        journal: &Journal,
        script: impl FnMut(Acquire<'_>) -> AcquireResult + Send + 'static,
    ) -> ScriptedDriver {
        ScriptedDriver::woken_by(journal, Waker::from(Signal::new()), script)
    }

    /// As [`ScriptedDriver::with_acquire`], for a driver whose waits this waker ends.
    pub fn woken_by(
        journal: &Journal,
        waker: Waker,
        script: impl FnMut(Acquire<'_>) -> AcquireResult + Send + 'static,
    ) -> ScriptedDriver {
        ScriptedDriver {
            journal: journal.clone(),
            info: DeviceInfo { name: "Scripted".into(), manufacturer: None, serial: None },
            items: flatbed_and_feeder(),
            cancel_io: CancelIo::new(waker),
            script: Box::new(script),
            turn: 0,
            panics_in: Vec::new(),
            on_lock: Box::new(|| {}),
            lock_result: Ok(()),
            at_rest: Arc::new(AtomicBool::new(true)),
            on_settle: Box::new(|| Settled::Ready),
            feeder: Arc::new(Mutex::new(FeederState::Loaded)),
            pressed: Arc::default(),
            declared: None,
            rules: Arc::new(StandardRules::default()),
            handler: Mutex::new(None),
        }
    }

    /// Runs the page loop on these steps, one list per transfer.
    pub fn with_pages(journal: &Journal, transfers: Vec<Vec<Step>>) -> ScriptedDriver {
        let mut transfers = transfers.into_iter();
        let notes = journal.clone();
        ScriptedDriver::with_acquire(journal, move |acquire| {
            let steps = transfers.next().unwrap_or_default();
            let mut source = ScriptedSource::new(steps, &notes);
            source.cancelled_by(Arc::clone(acquire.cancel_io), acquire.transfer.id);
            deliver_pages(&mut source, &acquire.transfer.job, acquire.callback)
        })
    }

    fn enter(&self, call: &'static str, seen: Seen) {
        self.journal.note(seen);
        if self.panics_in.contains(&call) {
            panic!("made to panic in {call}");
        }
    }
}

impl MiniDriver for ScriptedDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn items(&self) -> &[Item] {
        &self.items
    }

    fn property_rules(&self) -> Arc<dyn PropertyRules> {
        Arc::clone(&self.rules)
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::new(NotedNotifications {
            journal: self.journal.clone(),
            inner: Arc::clone(&self.cancel_io),
            panics: self.panics_in.contains(&"notify"),
        })
    }

    fn error_handler(&self) -> Option<Box<dyn ErrorHandler + Send>> {
        self.handler.lock().expect("no test panics with it").take()
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        if self.panics_in.contains(&"lock") {
            panic!("made to panic in lock");
        }
        (self.on_lock)();
        self.lock_result.clone()?;
        self.journal.note(Seen::Lock);
        Ok(())
    }

    fn unlock(&mut self) {
        self.enter("unlock", Seen::Unlock);
    }

    fn acquire(&mut self, transfer: &TransferContext, callback: &mut dyn MiniDriverCallback) -> AcquireResult {
        self.enter("acquire", Seen::Acquire);
        let turn = self.turn;
        self.turn += 1;
        let result = (self.script)(Acquire { transfer, callback, cancel_io: &self.cancel_io, turn });
        self.journal.note(Seen::AcquireReturned);
        result
    }

    fn is_at_rest(&self) -> bool {
        self.at_rest.load(Ordering::SeqCst)
    }

    fn settle(&mut self) -> Settled {
        self.enter("settle", Seen::Settle);
        (self.on_settle)()
    }

    fn feeder_state(&mut self, _question: TransferId) -> Result<FeederState, DriverError> {
        self.enter("feeder_state", Seen::FeederState);
        Ok(*self.feeder.lock().expect("no test panics with it"))
    }

    fn events(&self) -> Vec<DeviceEvent> {
        self.declared.clone().unwrap_or_else(|| {
            vec![
                DeviceEvent::FeederLoaded,
                DeviceEvent::FeederEmptied,
                DeviceEvent::CoverOpened,
                DeviceEvent::CoverClosed,
            ]
        })
    }

    fn take_button(&mut self) -> Option<PressedButton> {
        self.pressed.lock().expect("no test panics with it").pop()
    }

    fn release(&mut self) {
        self.enter("release", Seen::Release);
    }
}

struct NotedNotifications {
    journal: Journal,
    inner: Arc<CancelIo>,
    panics: bool,
}

impl Notifications for NotedNotifications {
    fn notify(&self, event: PnpEvent) {
        self.journal.note(match event {
            PnpEvent::CancelIo(transfer) => Seen::CancelIo(transfer),
            PnpEvent::Disconnected => Seen::Gone,
            PnpEvent::PowerSuspend => Seen::PowerSuspend,
            PnpEvent::PowerResume => Seen::PowerResume,
        });
        self.inner.notify(event);
        if self.panics {
            panic!("made to panic in notify");
        }
    }
}

/// A flatbed and a duplex feeder.
pub fn flatbed_and_feeder() -> Vec<Item> {
    let surface = Surface {
        min_width: Length::from_mm(1),
        min_height: Length::from_mm(1),
        max_width: Length::from_mm(216),
        max_height: Length::from_mm(356),
        justification: Justification::Left,
    };
    let combinations = vec![Combination {
        mode: ColorMode::Gray,
        format: OfferedFormat::Jpeg,
        resolutions: Resolutions::List(vec![Dpi(100), Dpi(300)]),
    }];
    let item = |name: &str, category, feeder| Item {
        name: name.into(),
        full_name: format!(r"0000\Root\{name}"),
        category,
        surface,
        combinations: combinations.clone(),
        feeder,
    };
    let feeder = Feeder {
        duplex: Some(Duplex { surface, combinations: combinations.clone() }),
        capacity: Some(10),
        detects_paper: true,
    };
    vec![item("Flatbed", ItemCategory::Flatbed, None), item("Feeder", ItemCategory::Feeder, Some(feeder))]
}
