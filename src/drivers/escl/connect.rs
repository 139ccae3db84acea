//! The way to a device: opened when it is needed, given back when it is not, opened again after that.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use super::super::PortFactory;
use super::quirks::Quirks;
use crate::clock::{Clock, WakerRelay};
use crate::http::{Address, HttpClient, HttpError, Lane, Link, LinkError, Scheme, TcpLink, Trust, UsbPipe, pipes_of};
use crate::minidriver::{Condition, DeviceFailure, DriverError, Unusable};
use crate::usb::{ControlRequest, UntilGone, UsbError, UsbPort};

/// Lanes that are used: one for pages, one for everything else.
const LANES: usize = 2;
/// Rest of a device after a reset (eSCL reference, 9.2).
pub(super) const RESET_PAUSE: Duration = Duration::from_secs(2);
/// Limit of the printer-class soft reset.
const SOFT_RESET_LIMIT: Duration = Duration::from_secs(1);

/// How a device is reached.
pub(super) enum Route {
    /// Over USB.
    Usb(PortFactory),
    /// Over the network. `plain` is the same device without encryption, where it offers that too.
    Network { address: Address, plain: Option<Address>, trust: Arc<Trust> },
}

/// The way to one device, open or not.
pub(super) struct Connection {
    route: Route,
    clock: Arc<dyn Clock>,
    client: Option<HttpClient>,
    relay: WakerRelay,
    /// Bytes received over every client there was.
    received: Arc<AtomicU64>,
    /// The device is said to be gone; its port asks it nothing more.
    gone: Arc<AtomicBool>,
    /// Opened, and no answer has proved yet that the streams are in step.
    pub(super) unproved: bool,
}

impl Connection {
    pub(super) fn new(route: Route, clock: Arc<dyn Clock>) -> Connection {
        Connection {
            route,
            clock,
            client: None,
            relay: WakerRelay::default(),
            received: Arc::default(),
            gone: Arc::default(),
            unproved: true,
        }
    }

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

    pub(super) fn is_usb(&self) -> bool {
        matches!(self.route, Route::Usb(_))
    }

    pub(super) fn is_open(&self) -> bool {
        self.client.is_some()
    }

    /// Opens the way unless it is open.
    pub(super) fn open(&mut self, quirks: &Quirks) -> Result<(), DriverError> {
        if self.client.is_some() {
            return Ok(());
        }
        let link: Box<dyn Link> = match &mut self.route {
            Route::Usb(open) => {
                let mut port = UntilGone::around(open()?, Arc::clone(&self.gone));
                let pipes = pipes_of(port.description());
                if pipes.is_empty() {
                    return Err(DriverError::Unusable(Unusable::NoScanner));
                }
                if quirks.soft_reset {
                    soft_reset(port.as_mut(), pipes[0].interface);
                }
                let lanes = if quirks.one_interface { 1 } else { LANES };
                Box::new(UsbPipe::open(port, &pipes, lanes, Arc::clone(&self.clock))?)
            }
            Route::Network { address, trust, .. } => {
                Box::new(TcpLink::new(address.clone(), Arc::clone(trust)).map_err(link_failure)?)
            }
        };
        let mut client = HttpClient::new(link, Arc::clone(&self.clock));
        if let Some(connection) = quirks.connection {
            client.set_connection(connection);
        }
        client.count_into(Arc::clone(&self.received));
        self.relay.set(Some(client.waker()));
        self.client = Some(client);
        self.unproved = true;
        Ok(())
    }

    /// Whether requests are to be encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(&self.route, Route::Network { address, .. } if address.scheme == Scheme::Https)
    }

    /// Goes without encryption from now on; `false` when the device is not known to offer that.
    pub(super) fn go_plain(&mut self, quirks: &Quirks) -> Result<bool, DriverError> {
        let Route::Network { address, plain, .. } = &mut self.route else { return Ok(false) };
        let Some(plain) = plain.take() else { return Ok(false) };
        tracing::warn!(encrypted = %address, %plain, "no encrypted connection; going without");
        *address = plain;
        self.close();
        self.open(quirks).map(|()| true)
    }

    /// Gives the device back.
    pub(super) fn close(&mut self) {
        self.relay.set(None);
        // Dropping the client takes back what is armed and releases the interfaces.
        self.client = None;
    }

    /// Brings every stream back to its beginning: by a reset, or by closing and opening when that
    /// fails. Over USB the device then wants [`RESET_PAUSE`]. Nothing is done when `stop` says so, which is
    /// an error; after a wake in the middle of it, which is one as well, the way is closed.
    pub(super) fn reset(&mut self, quirks: &Quirks, stop: &dyn Fn() -> bool) -> Result<(), DriverError> {
        self.unproved = true;
        if let Some(client) = &mut self.client {
            client.hear_wakes();
        }
        if stop() {
            return Err(DriverError::Usb(UsbError::Cancelled));
        }
        let done = match self.client.as_mut().map(HttpClient::reset) {
            Some(Ok(())) => true,
            Some(Err(error)) if error.is_gone() => {
                self.close();
                return Err(DriverError::Usb(UsbError::Disconnected));
            }
            Some(Err(HttpError::Link(LinkError::Usb(UsbError::Cancelled)))) => {
                self.close();
                return Err(DriverError::Usb(UsbError::Cancelled));
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "reset failed; opening anew");
                false
            }
            None => false,
        };
        if !done {
            self.close();
            self.open(quirks)?;
        }
        Ok(())
    }

    /// Whether an answer is under way on a lane.
    pub(super) fn exchange_is_open(&self, lane: usize) -> bool {
        let exchange = self.client.as_ref().and_then(|client| client.exchange(lane));
        exchange.is_some_and(|exchange| !exchange.is_complete())
    }

    /// Whether some lane is not free, this one left out.
    pub(super) fn has_work_besides(&self, left_out: Option<Lane>) -> bool {
        let is_at_work = |client: &HttpClient, lane| Some(lane) != left_out && !client.is_free(lane);
        self.client.as_ref().is_some_and(|client| (0..client.lanes()).any(|lane| is_at_work(client, lane)))
    }

    /// The client, when the way is open.
    pub(super) fn client(&mut self) -> Result<&mut HttpClient, DeviceFailure> {
        self.client.as_mut().ok_or_else(|| Condition::Offline.with("the device is closed"))
    }
}

/// Printer-class request 2, for devices that do not wake up without it (reference, 9.2).
fn soft_reset(port: &mut dyn UsbPort, interface: u8) {
    // To "other" as the class has it, to the interface as some devices want it.
    for recipient in [0x23, 0x21] {
        let request = ControlRequest {
            request_type: recipient,
            request: 2,
            value: 0,
            index: u16::from(interface),
            data: Vec::new(),
            length: 0,
        };
        if port.control(&request, SOFT_RESET_LIMIT).is_ok() {
            return;
        }
    }
    tracing::debug!("no soft reset");
}

/// A link that failed, as the application is told.
pub(super) fn link_failure(error: LinkError) -> DeviceFailure {
    let condition = match &error {
        LinkError::Usb(UsbError::Disconnected) => Condition::Offline,
        LinkError::UnknownHost { .. } | LinkError::Unreachable { .. } => Condition::Offline,
        LinkError::Usb(UsbError::Busy { .. }) => Condition::Locked,
        LinkError::Usb(UsbError::NoPermission) => Condition::NotPermitted,
        LinkError::Tls { .. } => Condition::NoEncryption,
        LinkError::Usb(_) | LinkError::Broken(_) | LinkError::ShutDown => Condition::Communication,
    };
    let failure = condition.with(error.to_string());
    match error {
        LinkError::UnknownHost { host } | LinkError::Unreachable { host, .. } | LinkError::Tls { host, .. } => {
            failure.at(host)
        }
        _ => failure,
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("usb", &self.is_usb()).field("open", &self.is_open()).finish()
    }
}
