//! From a device's name to its driver: only here is a virtual device handed to a driver as its port.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::drivers::escl::EsclDriver;
use crate::minidriver::{DriverError, MiniDriver};
use crate::usb::{DeviceId as UsbId, Discovery, LibusbPort, UsbError, UsbPort};
use crate::virtual_device::VirtualScanner;

use super::DeviceTrouble;

/// How long a device that was named may take to appear on the bus.
const FIND_LIMIT: Duration = Duration::from_secs(5);
/// How long the system may take to open a device.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// Where a device is to be found.
#[derive(Clone)]
pub(super) enum DeviceSource {
    /// In this process.
    Virtual(VirtualScanner),
    /// On a USB cable.
    Usb {
        /// Its lasting name.
        id: UsbId,
        /// Who knows where it is at the moment.
        discovery: Arc<Discovery>,
        /// Where certificates are remembered.
        trust: PathBuf,
    },
    /// At an address.
    Escl {
        /// The address of its service.
        address: String,
        /// Where certificates are remembered.
        trust: PathBuf,
    },
}

impl DeviceSource {
    /// Opens the device and asks what it can do. Touches the device and may take as long as the
    /// driver's limits say.
    ///
    /// # Errors
    /// See [`DeviceTrouble`].
    pub(super) fn open(&self, clock: &Arc<dyn Clock>) -> Result<Box<dyn MiniDriver>, DeviceTrouble> {
        let driver = match self {
            DeviceSource::Virtual(scanner) => {
                let scanner = scanner.clone();
                EsclDriver::open_usb(Box::new(move || scanner.open().map(boxed)), clock.clone())
            }
            DeviceSource::Usb { id, discovery, trust } => return open_usb(id, discovery, trust, clock),
            DeviceSource::Escl { address, trust } => EsclDriver::open_address(address, clock.clone(), trust.clone()),
        };
        Ok(Box::new(driver?))
    }
}

/// Opens a USB device; when another program holds it, and that is the service ipp-usb, through that.
fn open_usb(
    id: &UsbId,
    discovery: &Arc<Discovery>,
    trust: &PathBuf,
    clock: &Arc<dyn Clock>,
) -> Result<Box<dyn MiniDriver>, DeviceTrouble> {
    let (id, discovery) = (id.clone(), discovery.clone());
    let named = id.clone();
    let port = move || {
        let listing = discovery.list(FIND_LIMIT);
        let found = listing.devices.into_iter().find(|device| named.means(&device.description));
        let found = found.ok_or(UsbError::Disconnected)?;
        LibusbPort::open(found.location, OPEN_LIMIT).map(boxed)
    };
    match EsclDriver::open_usb(Box::new(port), clock.clone()) {
        Err(DriverError::Usb(UsbError::Busy { interface })) => match crate::usb::ipp_usb::find_service(&id) {
            Some(address) => {
                Ok(Box::new(EsclDriver::open_address(&address, clock.clone(), trust.clone())?))
            }
            None => Err(DriverError::Usb(UsbError::Busy { interface }).into()),
        },
        Err(DriverError::Usb(UsbError::Disconnected)) => Err(DeviceTrouble::Unknown(id.to_string())),
        driver => Ok(Box::new(driver?)),
    }
}

fn boxed(port: impl UsbPort + 'static) -> Box<dyn UsbPort> {
    Box::new(port)
}
