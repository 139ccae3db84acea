//! The minidriver: what the broker calls.

use std::sync::Arc;
use std::time::Duration;

use super::super::PortFactory;
use super::bands::forget_page;
use super::capabilities::Capabilities;
use super::connect::{Connection, Route};
use super::device::{DOCUMENT_LIMIT, Device, Left, PAGES, PROBE_LIMIT, SLOW_PROBE_LIMIT, failure_of};
use super::items::{Known, device_info, items_of};
use super::job::{refusal, refusal_without_job};
use super::page::LearnedLayout;
use super::quirks::{QuirkRule, Quirks, Subject};
use super::settings::{Variant, plans};
use super::source::JobSource;
use crate::clock::Clock;
use crate::http::{Address, HttpError, LinkError, Response, Trust};
use crate::minidriver::{
    AcquireEnd, AcquireError, CancelIo, Condition, DeviceInfo, DriverError, FeederState, Item, MiniDriver,
    MiniDriverCallback, Notifications, Settled, Source, TransferContext, TransferId, Unusable, deliver_pages,
};
use crate::usb::DeviceDescription;

/// Root path of a device that names none (eSCL reference, 2.1).
const USUAL_ROOT: &str = "eSCL";
/// Capabilities requests that a device which is still starting gets.
const START_TRIES: u32 = 10;
/// Pause between them.
const START_PAUSE: Duration = Duration::from_secs(2);

/// A scanner that speaks eSCL, over USB or over the network.
pub struct EsclDriver {
    info: DeviceInfo,
    items: Vec<Item>,
    device: Device,
    last_source: Source,
}

/// What a caller may want otherwise.
#[derive(Clone, Debug, Default)]
pub struct EsclOptions {
    /// Rules that win over the built-in table of quirks.
    pub quirks: Vec<QuirkRule>,
    /// The USB device, so that its own name and number are known where eSCL gives none.
    pub description: Option<DeviceDescription>,
    /// The address of the same device without encryption, where it was announced with both. It is
    /// used when no encrypted connection can be set up (eSCL reference, 2.1): never without having
    /// been named here.
    pub plain: Option<Address>,
}

impl EsclDriver {
    /// Opens a device over USB and reads what it can do. The factory is called again whenever the
    /// device was released or lost and is wanted again.
    ///
    /// # Errors
    /// It cannot be opened, does not answer, or is no scanner this driver can use.
    pub fn open_usb(
        ports: PortFactory,
        clock: Arc<dyn Clock>,
        options: &EsclOptions,
    ) -> Result<EsclDriver, DriverError> {
        let usb = options.description.as_ref();
        let known = Known {
            manufacturer: usb.and_then(|usb| usb.manufacturer.clone()),
            name: usb.and_then(|usb| usb.name.clone()),
            serial: usb.and_then(|usb| usb.serial.clone()),
        };
        let subject = Subject {
            models: [&known.manufacturer, &known.name].into_iter().flatten().cloned().collect(),
            server: None,
            usb: usb.map(|usb| (usb.vendor, usb.product)).or(Some((0, 0))),
        };
        EsclDriver::open(Route::Usb(ports), USUAL_ROOT.to_owned(), clock, options, &known, subject)
    }

    /// Opens a device at an address and reads what it can do.
    ///
    /// # Errors
    /// It cannot be reached, does not answer, or is no scanner this driver can use.
    pub fn open_address(
        address: Address,
        trust: Arc<Trust>,
        clock: Arc<dyn Clock>,
        options: &EsclOptions,
    ) -> Result<EsclDriver, DriverError> {
        let root = if address.path.is_empty() { USUAL_ROOT.to_owned() } else { address.path.clone() };
        let route = Route::Network { address, plain: options.plain.clone(), trust };
        EsclDriver::open(route, root, clock, options, &Known::default(), Subject::default())
    }

    fn open(
        route: Route,
        root: String,
        clock: Arc<dyn Clock>,
        options: &EsclOptions,
        known: &Known,
        mut subject: Subject,
    ) -> Result<EsclDriver, DriverError> {
        let connection = Connection::new(route, Arc::clone(&clock));
        let cancel = CancelIo::sharing(connection.relay().waker(), connection.received(), connection.gone());
        let mut device = Device {
            connection,
            clock,
            cancel,
            root,
            capabilities: Capabilities::default(),
            quirks: Quirks::of(&subject, &options.quirks),
            variant: Variant::Usual,
            learned: LearnedLayout::default(),
            left: Left::default(),
            question: None,
        };
        device.connection.open(&device.quirks)?;
        let response = first_answer(&mut device)?;
        device.capabilities =
            Capabilities::parse(&response.body, &response.head.media_type()).map_err(DriverError::Unusable)?;
        subject.models.extend(device.capabilities.manufacturer.clone());
        subject.models.extend(device.capabilities.make_and_model.clone());
        subject.server = response.head.header("server").map(str::to_owned);
        device.quirks = Quirks::of(&subject, &options.quirks);
        let info = device_info(&device.capabilities, known);
        let items = items_of(&device.capabilities, &device.quirks);
        if items.is_empty() {
            return Err(DriverError::Unusable(Unusable::NoSource));
        }
        Ok(EsclDriver { info, items, device, last_source: Source::Flatbed })
    }

    /// Whether the conversation is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.device.connection.is_encrypted()
    }

    /// What the device said of itself, for diagnostics.
    pub fn capabilities(&self) -> &Capabilities {
        &self.device.capabilities
    }

    /// How the device is treated.
    pub fn quirks(&self) -> &Quirks {
        &self.device.quirks
    }
}

impl MiniDriver for EsclDriver {
    fn device(&self) -> &DeviceInfo {
        &self.info
    }

    fn items(&self) -> &[Item] {
        &self.items
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::clone(&self.device.cancel) as Arc<dyn Notifications>
    }

    fn lock(&mut self) -> Result<(), DriverError> {
        if self.device.cancel.is_gone() {
            self.device.connection.close();
        }
        if !self.device.connection.is_open() {
            // First: what is said from now on is said of the device that is being opened.
            self.device.cancel.is_back();
            self.device.connection.open(&self.device.quirks)?;
            self.device.left = Left::default();
        }
        Ok(())
    }

    fn unlock(&mut self) {}

    fn acquire(
        &mut self,
        transfer: &TransferContext,
        callback: &mut dyn MiniDriverCallback,
    ) -> Result<AcquireEnd, AcquireError> {
        self.last_source = transfer.job.source;
        let plans = plans(&transfer.job, &self.device.capabilities, &self.device.quirks)?;
        if self.device.cancel.is_gone() {
            return Err(Condition::Offline.with("unplugged").into());
        }
        if !self.device.is_settled() {
            // Settling did not help. The streams have to be proved again, and what was left is lost.
            self.device.left = Left::default();
            self.device.connection.unproved = true;
        }
        let mut source = JobSource::new(&mut self.device, transfer.id, &transfer.job, plans);
        let result = deliver_pages(&mut source, &transfer.job, callback);
        forget_page(&mut source);
        self.device.question = None;
        if matches!(&result, Err(AcquireError::Device(failure)) if failure.condition == Condition::Offline) {
            // Nothing can be settled with a device that is gone.
            self.device.left = Left::default();
            self.device.connection.close();
        }
        result
    }

    fn is_at_rest(&self) -> bool {
        self.device.is_settled()
    }

    fn settle(&mut self) -> Settled {
        self.device.settle(self.last_source != Source::Flatbed)
    }

    fn feeder_state(&mut self, question: TransferId) -> Result<FeederState, DriverError> {
        let Some(adf) = &self.device.capabilities.adf else { return Ok(FeederState::Unknown) };
        let detects = adf.detects_paper;
        self.lock()?;
        let cancel = Arc::clone(&self.device.cancel);
        let stop = move || cancel.is_gone() || cancel.is_cancelled(question);
        let status = self.device.status(DOCUMENT_LIMIT, &stop);
        if let Err(HttpError::Interrupted) = status {
            self.device.abandon_question();
        }
        Ok(status.map_err(failure_of)?.feeder(detects))
    }

    fn release(&mut self) {
        self.device.connection.close();
    }
}

/// The capabilities. A stream out of step is brought back to its beginning once; a device that is
/// still starting is asked again, without a reset (eSCL reference, 9.2).
fn first_answer(device: &mut Device) -> Result<Response, DriverError> {
    let request = device.get("ScannerCapabilities");
    let cancel = Arc::clone(&device.cancel);
    let stop = move || cancel.is_gone();
    let usb = device.connection.is_usb();
    let mut limit = if usb { PROBE_LIMIT } else { DOCUMENT_LIMIT };
    let (mut tries, mut was_reset) = (0, false);
    loop {
        let client = device.connection.client()?;
        match client.fetch(PAGES, &request, limit, &stop) {
            Ok(response) => match response.head.status {
                200 => {
                    device.connection.unproved = device.connection.client()?.lanes() > 1;
                    return Ok(response);
                }
                503 if tries < START_TRIES => {
                    tries += 1;
                    device.pause(START_PAUSE, &stop);
                }
                503 => return Err(Condition::Busy.with("still starting").into()),
                401 | 403 => return Err(refusal(response.head.status).into()),
                404 | 405 | 501 => return Err(DriverError::Unusable(Unusable::NoScanner)),
                300..=399 => return Err(DriverError::Unusable(Unusable::Redirects)),
                status => return Err(refusal_without_job(status).into()),
            },
            Err(error) if usb && !was_reset && is_curable(&error) => {
                tracing::info!(%error, "no capabilities; the stream may be out of step");
                was_reset = true;
                limit = SLOW_PROBE_LIMIT;
                device.reset(&stop)?;
            }
            Err(HttpError::Link(LinkError::Tls { .. })) if device.connection.go_plain(&device.quirks)? => {}
            // Redirected there from where nothing is encrypted.
            Err(HttpError::Link(LinkError::Tls { .. })) if !device.connection.is_encrypted() => {
                return Err(DriverError::Unusable(Unusable::OldEncryption));
            }
            Err(HttpError::Redirected) => return Err(DriverError::Unusable(Unusable::Redirects)),
            Err(HttpError::NotHttp { beginning }) => return Err(unreadable(&beginning)),
            Err(error) => return Err(failure_of(error).into()),
        }
    }
}

fn is_curable(error: &HttpError) -> bool {
    error.is_out_of_step()
        || matches!(error, HttpError::Silent(_) | HttpError::BadBody(_))
        || matches!(error, HttpError::Link(link) if !link.is_gone())
}

fn unreadable(beginning: &str) -> DriverError {
    let page = beginning.trim_start().starts_with('<');
    let what = || format!("something that begins with {}", crate::plain_text::beginning(beginning.as_bytes()));
    DriverError::Unusable(if page { Unusable::WebPage } else { Unusable::Unreadable(what()) })
}
