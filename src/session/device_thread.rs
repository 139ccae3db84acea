//! The scan thread: one for each device in use. It owns the driver, through the broker, and its
//! port; it appends to page files and never syncs them.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::document::{PageFacts, PageHead, PageId, SyncHandle};
use crate::minidriver::{
    AcquireEnd, AcquireError, Condition, DeviceEvent, DeviceFailure, DeviceInfo, FeederState, ScanJob, Settled,
    TransferId,
};
use crate::transfer::{ApplicationItems, Broker, Outcome, TransferError};

use super::device_source::{DeviceSource, Means, Opened};
use super::job_control::JobControl;
use super::live_page::LivePage;
use super::page_sink::{JobDesk, PageSink};
use super::progress::Counters;
use super::settings::Offers;
use super::{DeviceTrouble, JobEnd, Phase, Remark};

/// Released to other programs so long after the last use (design, section 3, *who holds the device*).
const RELEASE_AFTER: Duration = Duration::from_secs(10);
/// How often what a held device has told of its buttons is fetched. It asks the device nothing.
const HEAR_EVERY: Duration = Duration::from_millis(500);
/// The clocks of a computer that was awake all the time may differ by this.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// Orders that may wait; the session thread sends one at a time.
const ORDERS: usize = 8;

/// What the scan thread is asked to do.
pub(super) enum Order {
    /// Run a job.
    Scan(Box<ScanJob>, Box<JobDesk>),
    /// Look whether there is paper.
    LookAtFeeder,
    /// The device was unplugged.
    Gone,
    /// The computer is about to sleep: give the device back.
    Suspend,
    /// The computer is awake again.
    Resume,
}

/// What a device says of itself when it is opened.
pub(super) struct Introduction {
    pub(super) info: DeviceInfo,
    pub(super) offers: Arc<Offers>,
    /// It tells when a button of it is pressed.
    pub(super) has_buttons: bool,
}

/// What the scan thread has to tell.
pub(super) enum News {
    /// The device was opened and asked, or cannot be used.
    Asked { device: u64, result: Result<Introduction, DeviceTrouble> },
    /// Paper in the feeder.
    Feeder { device: u64, state: FeederState },
    /// The device did something by itself.
    Device { device: u64, event: DeviceEvent },
    /// A job began.
    Began(TransferId),
    /// What the job is doing.
    Phase(TransferId, Phase),
    /// A page began; its file exists.
    PageBegan {
        transfer: TransferId,
        head: Box<PageHead>,
        sync: SyncHandle,
        live: Option<Arc<LivePage>>,
        counters: Arc<Counters>,
    },
    /// A page's stream ended; its file has an end. What is true of it, where that was seen as it came.
    PageEnded { transfer: TransferId, page: PageId, number: u32, facts: Option<PageFacts> },
    /// A page was left out.
    PageSkipped(TransferId, u32),
    /// The job waits for a person.
    Paused { transfer: TransferId, failure: DeviceFailure },
    /// The job goes on.
    Resumed(TransferId),
    /// Something of the device is worth knowing.
    Remark(Remark),
    /// The job is over.
    Ended(TransferId, JobEnd),
    /// Its device is at rest; how, when the job did not end by itself.
    Rested(TransferId, Option<Settled>),
}

/// The session's end of a scan thread. Dropping it lets the thread finish what it does and end.
pub(super) struct DeviceThread {
    orders: Sender<Order>,
    broker: Arc<std::sync::OnceLock<Broker>>,
}

impl DeviceThread {
    /// Starts the thread; it opens the device at once, and lets go of `held` when it has given it back.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(
        number: u64,
        source: DeviceSource,
        means: Means,
        control: JobControl,
        news: Sender<News>,
        held: Sender<Infallible>,
    ) -> std::io::Result<DeviceThread> {
        let (orders, received) = bounded(ORDERS);
        let broker = Arc::new(std::sync::OnceLock::new());
        let shared = broker.clone();
        thread::Builder::new().name("scan".to_owned()).spawn(move || {
            let slept = means.clock.slept();
            let mut thread = Thread { number, means, control, news, orders: received, items: None, slept };
            thread.run(&source, &shared);
            // The device has been given back.
            drop(held);
        })?;
        Ok(DeviceThread { orders, broker })
    }

    /// Asks for something; `false` when the thread is not there any more or has too much to do.
    pub(super) fn order(&self, order: Order) -> bool {
        match (&order, self.broker.get()) {
            (Order::Gone, Some(broker)) => broker.device_gone(),
            (Order::Suspend, Some(broker)) => broker.power_suspending(),
            _ => {}
        }
        let scans = matches!(order, Order::Scan(..));
        let taken = self.orders.try_send(order).is_ok();
        if scans && taken {
            self.stop_asking();
        }
        taken
    }

    /// A question that the device is being asked does not keep what comes after it waiting.
    fn stop_asking(&self) {
        if let Some(broker) = self.broker.get() {
            broker.stop_asking();
        }
    }
}

impl Drop for DeviceThread {
    fn drop(&mut self) {
        self.stop_asking();
    }
}

struct Thread {
    number: u64,
    means: Means,
    control: JobControl,
    news: Sender<News>,
    orders: Receiver<Order>,
    /// This application's own copy of the device's items, whose state follows the device.
    items: Option<ApplicationItems>,
    /// How long the computer had slept when the device was used last.
    slept: Duration,
}

impl Thread {
    fn run(&mut self, source: &DeviceSource, shared: &std::sync::OnceLock<Broker>) {
        let Some(broker) = self.open(source) else { return };
        let broker = shared.get_or_init(|| broker).clone();
        let mut in_use = true;
        loop {
            let order = if in_use {
                self.next_order(&broker)
            } else {
                self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match order {
                Ok(Order::Scan(job, desk)) => {
                    self.wake_up(&broker);
                    self.scan(&broker, *job, *desk);
                    self.look_at_feeder(&broker);
                    in_use = true;
                }
                Ok(Order::LookAtFeeder) => {
                    self.look_at_feeder(&broker);
                    in_use = true;
                }
                Ok(Order::Gone) => {}
                Ok(Order::Suspend) => {
                    in_use = !broker.release();
                    self.control.end_suspend();
                }
                Ok(Order::Resume) => {
                    in_use = !broker.power_resumed();
                    self.slept = self.means.clock.slept();
                    // Whoever waits for its button wants it held again.
                    if broker.has_buttons() && self.control.waits_for_button() {
                        self.look_at_feeder(&broker);
                        in_use = true;
                    }
                }
                Err(RecvTimeoutError::Timeout) => in_use = !broker.release(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        broker.release();
    }

    /// The next order, within the time that the device is held without one. Its buttons are heard meanwhile; while
    /// one of them is to start something, it is held on to.
    fn next_order(&mut self, broker: &Broker) -> Result<Order, RecvTimeoutError> {
        let release = Instant::now() + RELEASE_AFTER;
        loop {
            let hears = broker.has_buttons() && self.control.waits_for_button();
            let next = Instant::now() + HEAR_EVERY;
            let until = if hears {
                next
            } else if broker.has_buttons() {
                release.min(next)
            } else {
                release
            };
            match self.orders.recv_deadline(until) {
                Err(RecvTimeoutError::Timeout) if hears || Instant::now() < release => self.hear_buttons(broker),
                order => return order,
            }
        }
    }

    fn hear_buttons(&mut self, broker: &Broker) {
        let mut items = self.items.take().unwrap_or_else(|| broker.application_items());
        let events = broker.pressed_buttons(&mut items).unwrap_or_default();
        self.tell_events(events, &mut items);
        self.items = Some(items);
    }

    /// What a button meant is known until it was told (reference, 15).
    fn tell_events(&self, events: Vec<DeviceEvent>, items: &mut ApplicationItems) {
        for event in events {
            self.tell(News::Device { device: self.number, event });
        }
        items.set_scan_available_item("");
    }

    fn open(&mut self, source: &DeviceSource) -> Option<Broker> {
        match source.open(&self.means) {
            Ok(Opened { driver, remark }) => {
                let broker = Broker::new(driver, self.means.clock.clone());
                if let Some(remark) = remark {
                    self.tell(News::Remark(remark));
                }
                // Before anything else is told: whoever chooses a source by the paper needs to know.
                self.look_at_feeder(&broker);
                let offers = Arc::new(Offers::of(broker.application_items()));
                let (info, has_buttons) = (broker.device().clone(), broker.has_buttons());
                let introduction = Introduction { info, offers, has_buttons };
                self.tell(News::Asked { device: self.number, result: Ok(introduction) });
                Some(broker)
            }
            Err(trouble) => {
                tracing::info!(%trouble, "the device cannot be used");
                self.tell(News::Asked { device: self.number, result: Err(trouble) });
                self.refuse_what_waits();
                None
            }
        }
    }

    /// A job asked for a device that turned out unusable does not begin, and no sleep waits for it.
    fn refuse_what_waits(&self) {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Scan(..) => self.control.withdraw(),
                Order::Suspend => self.control.end_suspend(),
                Order::LookAtFeeder | Order::Gone | Order::Resume => {}
            }
        }
    }

    /// Asks the device what has changed, if it is one that can tell.
    fn look_at_feeder(&mut self, broker: &Broker) {
        self.wake_up(broker);
        if !broker.items().iter().any(|item| item.feeder.is_some()) {
            return;
        }
        let mut items = self.items.take().unwrap_or_else(|| broker.application_items());
        let unwanted = || !self.orders.is_empty();
        match broker.poll_events_unless(&mut items, &unwanted) {
            Ok((state, events)) => {
                self.tell(News::Feeder { device: self.number, state });
                self.tell_events(events, &mut items);
            }
            Err(error) if unwanted() => tracing::debug!(%error, "there is something else to do"),
            Err(error) => {
                tracing::debug!(%error, "the feeder cannot be looked at");
                self.tell(News::Feeder { device: self.number, state: FeederState::Unknown });
            }
        }
        self.items = Some(items);
    }

    /// A device that was open while the computer slept is opened anew.
    fn wake_up(&mut self, broker: &Broker) {
        let slept = self.means.clock.slept();
        if slept > self.slept + SHORTEST_SLEEP {
            tracing::info!("the computer has slept; the device is opened anew");
            broker.power_resumed();
        }
        self.slept = slept;
    }

    fn scan(&self, broker: &Broker, job: ScanJob, desk: JobDesk) {
        let transfer = broker.prepare(job);
        let id = transfer.id();
        if self.control.begin(transfer.canceller(), broker) {
            transfer.canceller().cancel();
        }
        self.tell(News::Began(id));
        let mut sink = PageSink::new(desk, id);
        let outcome = broker.download(transfer, &mut sink);
        self.control.end();
        self.tell(News::Ended(id, job_end(outcome)));
        let settled = broker.settle();
        self.control.rested();
        self.tell(News::Rested(id, settled));
    }

    fn tell(&self, news: News) {
        // Without a session thread nobody wants to know.
        let _ = self.news.send(news);
    }
}

/// How a download's result is told.
fn job_end(outcome: Outcome) -> JobEnd {
    match outcome {
        Ok(AcquireEnd::Completed) => JobEnd::Completed,
        Ok(AcquireEnd::EndOfMedia) => JobEnd::FewerPages,
        Ok(AcquireEnd::Cancelled) => JobEnd::Cancelled,
        Ok(AcquireEnd::CancelledAtDevice) => JobEnd::CancelledAtDevice,
        Err(TransferError::Acquire(AcquireError::Device(failure))) if failure.condition == Condition::PaperEmpty => {
            JobEnd::FeederEmpty
        }
        Err(error) => JobEnd::Failed(error),
    }
}
