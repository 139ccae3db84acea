//! The driver's side of the contract (reference, part 5).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::clock::Waker;
use crate::usb::UsbError;

use super::property::{PropertyRules, StandardRules};
use super::{
    Code, Condition, DeviceEvent, DeviceFailure, ErrorHandler, Item, MiniDriverCallback, PressedButton, ScanJob,
};

/// A scanner driver.
///
/// The broker makes one call at a time, though not always on the same thread. The exception is
/// [`Notifications::notify`], which may come from any thread while any other call runs.
pub trait MiniDriver: Send {
    /// The device, as far as it is known.
    fn device(&self) -> &DeviceInfo;

    /// The sources, the flatbed first (reference, part 3).
    fn items(&self) -> &[Item];

    /// What may be written to the items' properties, and what depends on what. The broker asks once and
    /// keeps it outside of every lock: settings are checked while a transfer runs, and touch no device.
    fn property_rules(&self) -> Arc<dyn PropertyRules> {
        Arc::new(StandardRules::default())
    }

    /// Where events for the driver go. The broker asks once and keeps it outside of every lock.
    #[doc(alias = "drvNotifyPnpEvent")]
    fn notifications(&self) -> Arc<dyn Notifications>;

    /// The driver's own handler of device status, asked after the application's and before the
    /// default one (R37). The broker asks for it once; most drivers have none.
    fn error_handler(&self) -> Option<Box<dyn ErrorHandler + Send>> {
        None
    }

    /// Takes the device for this program: opens and claims it when it was released. The broker does
    /// not make a cancel wait for this call.
    #[doc(alias = "drvLockWiaDevice")]
    fn lock(&mut self) -> Result<(), DriverError>;

    /// Ends what [`MiniDriver::lock`] began. The device may stay open for a while.
    #[doc(alias = "drvUnLockWiaDevice")]
    fn unlock(&mut self);

    /// Runs one transfer to its end. After a cancel or a failure it returns at once, without another
    /// request to the device; what the device still needs is done in [`MiniDriver::settle`].
    #[doc(alias = "drvAcquireItemData")]
    fn acquire(
        &mut self,
        transfer: &TransferContext,
        callback: &mut dyn MiniDriverCallback,
    ) -> Result<AcquireEnd, AcquireError>;

    /// Whether the device is *idle and ready* (reference, 7.2) as far as the driver knows, without
    /// asking it. A driver whose closing work was interrupted or did not succeed says no after a
    /// transfer that ended by itself; it is then settled like after any other.
    fn is_at_rest(&self) -> bool {
        true
    }

    /// After a transfer that did not end by itself, and whenever the device is not at rest: brings it
    /// to *idle and ready*, within the limits of the design's section 3. Not always called on the
    /// thread that called acquire.
    fn settle(&mut self) -> Settled;

    /// Looks whether paper is in the feeder. Touches the device. A CANCEL_IO with this number ends the look at
    /// once, with whatever error: a transfer is wanted meanwhile.
    fn feeder_state(&mut self, question: TransferId) -> Result<FeederState, DriverError>;

    /// The events that this driver reports. The broker passes on no other (reference, part 15). Those of
    /// paper and covers are found by looking at the feeder; a driver that hears them itself looks there.
    #[doc(alias = "drvGetCapabilities")]
    fn events(&self) -> Vec<DeviceEvent> {
        DeviceEvent::of_items(self.items())
    }

    /// The next button that was pressed since it was asked last. Touches no device: what a driver
    /// heard while it listened or looked is kept until it is fetched.
    fn take_button(&mut self) -> Option<PressedButton> {
        None
    }

    /// Gives the device back to others (printing must go on working); the next [`MiniDriver::lock`] takes it again.
    fn release(&mut self);
}

/// Who a device is, for people and for matching it with itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name to show.
    pub name: String,
    /// Its maker, when known.
    pub manufacturer: Option<String>,
    /// Its serial number, when it has one worth the name.
    pub serial: Option<String>,
}

/// One transfer, as a driver sees it.
#[derive(Clone, Debug)]
pub struct TransferContext {
    /// Its number; also in [`PnpEvent::CancelIo`].
    pub id: TransferId,
    /// What is wanted.
    pub job: ScanJob,
}

/// Numbers transfers within one process; a number is not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(u64);

impl TransferId {
    /// The next number.
    pub fn next() -> TransferId {
        static LAST: AtomicU64 = AtomicU64::new(0);
        TransferId(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// How a transfer ended when nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireEnd {
    /// All that was asked for (`S_OK`).
    Completed,
    /// The feeder ran empty before the number of pages asked for (`END_OF_MEDIA`, R45).
    EndOfMedia,
    /// Ended by the person at this computer (`S_FALSE`, R8).
    Cancelled,
    /// Ended by a person at the device (`S_FALSE`, R9): for the older model the same as a cancel here, and
    /// for whoever sits here something to be told.
    CancelledAtDevice,
}

impl AcquireEnd {
    /// The code that `Download` returns.
    pub const fn code(self) -> Code {
        match self {
            AcquireEnd::Completed => Code::S_OK,
            AcquireEnd::EndOfMedia => Code::STATUS_END_OF_MEDIA,
            AcquireEnd::Cancelled | AcquireEnd::CancelledAtDevice => Code::S_FALSE,
        }
    }
}

/// Why a transfer failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquireError {
    /// A callback or a stream answered with this failure; it is passed on unchanged (R14, R16).
    #[error("the application answered {0}")]
    Application(Code),
    /// The device or the way to it.
    #[error(transparent)]
    Device(#[from] DeviceFailure),
}

impl AcquireError {
    /// The code that `Download` returns.
    pub fn code(&self) -> Code {
        match self {
            AcquireError::Application(code) => *code,
            AcquireError::Device(failure) => failure.condition.code(),
        }
    }
}

/// A call outside of a transfer that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The device cannot be opened or reached.
    #[error(transparent)]
    Usb(#[from] UsbError),
    /// The device answered, but not with success.
    #[error(transparent)]
    Device(#[from] DeviceFailure),
    /// The device is no scanner this driver can use, with the reason for the list of devices.
    #[error("not usable: {0}")]
    Unusable(Unusable),
}

impl DriverError {
    /// The code as an application sees it.
    pub fn code(&self) -> Code {
        match self {
            DriverError::Usb(UsbError::NoPermission) => Code::E_ACCESSDENIED,
            DriverError::Usb(UsbError::Busy { .. }) => Code::ERROR_DEVICE_LOCKED,
            DriverError::Usb(UsbError::Disconnected) => Code::ERROR_OFFLINE,
            DriverError::Usb(_) => Code::ERROR_DEVICE_COMMUNICATION,
            DriverError::Device(failure) => failure.condition.code(),
            DriverError::Unusable(_) => Code::ERROR_INVALID_COMMAND,
        }
    }
}

/// Why a device that was found cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It speaks the dialect of 2011 (eSCL reference, 4.5).
    #[error("speaks an older protocol (eSCL 1.0)")]
    OldDialect,
    /// It offers PDF and nothing else.
    #[error("delivers PDF only")]
    PdfOnly,
    /// It answered with a web page.
    #[error("answered with a web page instead of its capabilities")]
    WebPage,
    /// It sends every request on to another place.
    #[error("redirects every request")]
    Redirects,
    /// It sends requests on to encryption that is too old.
    #[error("insists on encryption that is not spoken here")]
    OldEncryption,
    /// No source with a mode, a format and a resolution is left.
    #[error("offers no usable source")]
    NoSource,
    /// The interface is there, the scanner is not.
    #[error("does not scan over this connection")]
    NoScanner,
    /// The answer could not be read at all; what came instead, in words.
    #[error("its capabilities cannot be read: it sent {0}")]
    Unreadable(String),
    /// A driver of the older model whose device scans film alone (reference, 13).
    #[error("scans film only")]
    FilmOnly,
    /// A driver of the older model whose device has pictures in its memory and nothing to scan from.
    #[error("holds stored pictures only")]
    StorageOnly,
    /// A driver of the older model lacks a property that it must have.
    #[error("its driver lacks {0}")]
    MissingProperty(&'static str),
    /// The driver panicked when it was asked what its device is.
    #[error("its driver fails")]
    DriverPanicked,
}

/// What became of the device after a transfer that did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Idle and ready, its conversation in step.
    Ready,
    /// It had to be reset, and is ready.
    Reset,
    /// It does not come back; it has to be switched off and on.
    NotResponding,
}

/// Paper in the feeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeederState {
    /// There is paper.
    Loaded,
    /// There is none.
    Empty,
    /// The device cannot tell.
    Unknown,
    /// Something is in the way.
    Trouble(Condition),
}

/// The way for events into a driver. Must return at once, must not wait for anything that acquire
/// holds, and touches no device (design, section 3, *Cancel*).
pub trait Notifications: Send + Sync {
    /// Takes an event.
    fn notify(&self, event: PnpEvent);

    /// Bytes received from the device since it was opened. Whoever waits for a device to come to rest
    /// sees here whether it still sends or has fallen silent.
    fn bytes_received(&self) -> u64 {
        0
    }
}

/// Events for a driver (reference, part 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PnpEvent {
    /// End this transfer's I/O as soon as possible, or that of a question between two transfers. It names
    /// the transfer, so that an event that comes late cannot end the next one (R11).
    #[doc(alias = "WIA_EVENT_CANCEL_IO")]
    CancelIo(TransferId),
    /// The device is gone; no hardware access any more (R57).
    Disconnected,
    /// The computer is about to sleep. A transfer under way is cancelled besides, and the device is released when it
    /// is at rest.
    #[doc(alias = "WIA_EVENT_POWER_SUSPEND")]
    PowerSuspend,
    /// The computer is awake again: a conversation from before it slept is over, and the device is
    /// opened anew when it is needed next.
    #[doc(alias = "WIA_EVENT_POWER_RESUME")]
    PowerResume,
}

/// A ready-made [`Notifications`] for drivers: remembers what happened and wakes the wait.
#[derive(Debug)]
pub struct CancelIo {
    cancelled: AtomicU64,
    gone: Arc<AtomicBool>,
    received: Arc<AtomicU64>,
    waker: Waker,
}

impl CancelIo {
    /// For a driver whose waits this waker ends.
    pub fn new(waker: Waker) -> Arc<CancelIo> {
        CancelIo::sharing(waker, Arc::default(), Arc::default())
    }

    /// The same, for a driver that counts the bytes its device sends, and whose ports ask nothing more of a device
    /// that is gone ([`crate::usb::UntilGone`]).
    pub fn sharing(waker: Waker, received: Arc<AtomicU64>, gone: Arc<AtomicBool>) -> Arc<CancelIo> {
        Arc::new(CancelIo { cancelled: AtomicU64::new(0), gone, received, waker })
    }

    /// Whether this transfer has been cancelled.
    pub fn is_cancelled(&self, transfer: TransferId) -> bool {
        self.cancelled.load(Ordering::SeqCst) == transfer.0
    }

    /// The device is about to be opened anew: what was said of it before no longer holds.
    pub fn is_back(&self) {
        self.gone.store(false, Ordering::SeqCst);
    }

    /// Whether the device has been reported as gone.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }
}

impl Notifications for CancelIo {
    fn notify(&self, event: PnpEvent) {
        match event {
            PnpEvent::CancelIo(transfer) => self.cancelled.store(transfer.0, Ordering::SeqCst),
            PnpEvent::Disconnected => self.gone.store(true, Ordering::SeqCst),
            // The broker releases the device; there is nothing to remember here.
            PnpEvent::PowerSuspend | PnpEvent::PowerResume => {}
        }
        self.waker.wake();
    }

    fn bytes_received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

impl Condition {
    /// A failure of this condition.
    pub fn with(self, detail: impl Into<String>) -> DeviceFailure {
        DeviceFailure::new(self, detail)
    }
}
