//! The handle of a simulated scanner: building it, plugging it in, and being the person beside it.

use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;

use super::fault::FaultSpec;
use super::http_host::HttpServer;
use super::model::{MODELS, Model, model};
use super::options::Options;
use super::port::{Socket, VirtualUsbPort};
use super::scanner::{Scanner, Trouble};
use super::shared::Shared;
use super::usb_device::UsbScanner;
use super::usbip::UsbIpServer;
use crate::clock::{Clock, Signal};
use crate::usb::UsbError;

/// A simulated scanner. Clones are handles of the same device.
#[derive(Clone)]
pub struct VirtualScanner {
    shared: Arc<Shared>,
    socket: Socket,
    clock: Arc<dyn Clock>,
}

/// No model has this name. The message lists those there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no virtual scanner is called \"{0}\"; there are: {names}", names = model_names())]
pub struct UnknownModel(pub String);

fn model_names() -> String {
    MODELS.iter().map(|model| model.name).collect::<Vec<_>>().join(" ")
}

impl VirtualScanner {
    /// Builds a device of a model, plugged in and switched on.
    pub fn new(name: &str, options: Options, clock: Arc<dyn Clock>) -> Result<VirtualScanner, UnknownModel> {
        let model = model(name).ok_or_else(|| UnknownModel(name.to_owned()))?;
        let shared = Arc::new(Shared::new(Scanner::new(model, options)));
        let changed = Signal::new();
        shared.add_host(changed.clone().into());
        let socket = Socket::new(Box::new(UsbScanner::new(shared.clone())), changed);
        Ok(VirtualScanner { shared, socket, clock })
    }

    /// Which model it is.
    pub fn model(&self) -> &'static Model {
        self.shared.model()
    }

    /// Opens it over USB, in this process. Busy while another port or a USB/IP client has it.
    pub fn open(&self) -> Result<VirtualUsbPort, UsbError> {
        VirtualUsbPort::open(&self.socket, self.clock.clone())
    }

    /// The USB socket it is plugged into, for other hosts.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Lends it over HTTP. Port 0 is any free one; the answer knows which. Unsupported by a model that does
    /// not speak eSCL.
    pub fn serve_http(&self, address: impl ToSocketAddrs) -> io::Result<HttpServer> {
        if !self.model().speaks_escl() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        HttpServer::start(self.shared.clone(), self.clock.clone(), address)
    }

    /// Lends it over USB/IP, as the device that [`crate::virtual_device::BUS_ID`] names.
    pub fn serve_usbip(&self, address: impl ToSocketAddrs) -> io::Result<UsbIpServer> {
        UsbIpServer::start(self.clone(), address)
    }

    /// Puts a new stack of sheets into the feeder.
    pub fn load_sheets(&self, sheets: u32) {
        self.shared.with(|scanner| scanner.load_sheets(sheets));
    }

    /// Sheets in the feeder.
    pub fn sheets_left(&self) -> u32 {
        let now = self.clock.now();
        self.shared.with_quietly(|scanner| {
            scanner.advance(now);
            scanner.sheets_left()
        })
    }

    /// Something happens to the paper, at once.
    pub fn begin_trouble(&self, trouble: Trouble) {
        let now = self.clock.now();
        self.shared.with(|scanner| scanner.begin_trouble(now, trouble));
    }

    /// Clears a jam, closes the cover, puts the unfinished sheet back on the stack; switches a device that hangs off and on.
    pub fn fix(&self) {
        self.shared.with(Scanner::fix);
    }

    /// Presses Cancel on the device's own panel.
    pub fn press_cancel(&self) {
        let now = self.clock.now();
        self.shared.with(|scanner| scanner.press_cancel(now));
    }

    /// Presses the scan button, on a model that has one: nothing is scanned by that, a host is told.
    pub fn press_scan(&self) {
        self.shared.with(Scanner::press_scan);
    }

    /// Pulls the cable.
    pub fn unplug(&self) {
        let now = self.clock.now();
        self.shared.with(|scanner| scanner.unplug(now));
    }

    /// The clock it lives by.
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Puts the cable back.
    pub fn replug(&self) {
        self.shared.with(Scanner::replug);
    }

    /// Adds faults to those still to come.
    pub fn add_faults(&self, faults: FaultSpec) {
        self.shared.with(|scanner| scanner.faults.add(faults));
    }

    /// Whether a job occupies it.
    pub fn is_busy(&self) -> bool {
        let now = self.clock.now();
        self.shared.with_quietly(|scanner| {
            scanner.advance(now);
            scanner.is_busy()
        })
    }

    /// Every HTTP request so far, as `METHOD path`; the oldest are forgotten past a few thousand.
    pub fn requests(&self) -> Vec<String> {
        self.shared.with_quietly(|scanner| scanner.requests())
    }

    /// Pages whose sending began.
    pub fn pages_begun(&self) -> u64 {
        self.shared.with_quietly(|scanner| scanner.pages_begun())
    }

    /// USB transfers that were taken back by a host.
    pub fn transfers_taken_back(&self) -> u64 {
        self.shared.with_quietly(|scanner| scanner.transfers_taken_back)
    }
}
