//! From a device's name to its driver: only here is a virtual device handed to a driver as its port.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::drivers::escl::{EsclDriver, EsclOptions};
use crate::drivers::legacy_sample::LegacySampleDriver;
use crate::drivers::{PortFactory, Protocol, driver_for};
use crate::http::{Address, Scheme, Trust};
use crate::minidriver::{DriverError, MiniDriver, Unusable};
use crate::transfer::BridgedDriver;
use crate::usb::{DeviceDescription, DeviceId as UsbId, Discovery, FoundDevice, LibusbPort, UsbError, UsbPort};
use crate::virtual_device::{VirtualScanner, describe};

use super::{DeviceTrouble, Remark, loopback_service};

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
    },
    /// At an address.
    Escl(String),
}

/// What opening a device needs besides its name.
#[derive(Clone)]
pub(super) struct Means {
    /// Time.
    pub(super) clock: Arc<dyn Clock>,
    /// Certificates that were met before.
    pub(super) trust: Arc<Trust>,
}

impl DeviceSource {
    /// Opens the device and asks what it can do. Touches the device and may take as long as the
    /// driver's limits say.
    ///
    /// # Errors
    /// See [`DeviceTrouble`].
    pub(super) fn open(&self, means: &Means) -> Result<Opened, DeviceTrouble> {
        match self {
            DeviceSource::Virtual(scanner) => {
                let opened = scanner.clone();
                let ports = Box::new(move || opened.open().map(boxed));
                let description = describe(&**scanner.socket().device());
                Ok(Opened { driver: open_virtual(&description, ports, means)?, remark: None })
            }
            DeviceSource::Usb { id, discovery } => open_usb(id, discovery, means),
            DeviceSource::Escl(address) => open_address(address, means),
        }
    }
}

/// A device that was opened.
pub(super) struct Opened {
    pub(super) driver: Box<dyn MiniDriver>,
    /// What a person should know of it.
    pub(super) remark: Option<Remark>,
}

impl From<EsclDriver> for Opened {
    fn from(driver: EsclDriver) -> Opened {
        Opened { driver: Box::new(driver), remark: None }
    }
}

/// Opens a device in this process with the driver that its descriptors call for.
fn open_virtual(
    description: &DeviceDescription,
    ports: PortFactory,
    means: &Means,
) -> Result<Box<dyn MiniDriver>, DriverError> {
    let driver = driver_for(description).ok_or(DriverError::Unusable(Unusable::NoScanner))?;
    let clock = means.clock.clone();
    Ok(match driver.protocol {
        Protocol::Escl => Box::new(EsclDriver::open_usb(ports, clock, &EsclOptions::default())?),
        Protocol::LegacySample => {
            Box::new(BridgedDriver::new(LegacySampleDriver::open_usb(ports, clock, Some(description))?)?)
        }
    })
}

fn open_address(address: &str, means: &Means) -> Result<Opened, DeviceTrouble> {
    let parsed = Address::parse(address).map_err(|error| DeviceTrouble::Malformed(error.text))?;
    let encrypted = parsed.scheme == Scheme::Https;
    // Who names a port that is usual for encryption and asks for none gets it when there is no other way;
    // who asks for encryption never gets less.
    let plain =
        (encrypted && !asks_for_encryption(address)).then(|| Address { scheme: Scheme::Http, ..parsed.clone() });
    let options = EsclOptions { plain, ..EsclOptions::default() };
    let driver = EsclDriver::open_address(parsed, means.trust.clone(), means.clock.clone(), &options)?;
    let remark = (encrypted && !driver.is_encrypted()).then_some(Remark::NotEncrypted);
    Ok(Opened { remark, ..driver.into() })
}

fn asks_for_encryption(address: &str) -> bool {
    let address = address.trim();
    address.strip_prefix("escl:").unwrap_or(address).starts_with("https://")
}

/// Opens a USB device; when another program holds it, and that is the service ipp-usb, through that.
fn open_usb(id: &UsbId, discovery: &Arc<Discovery>, means: &Means) -> Result<Opened, DeviceTrouble> {
    let found = find(id, discovery).ok_or_else(|| DeviceTrouble::Unknown(id.to_string()))?;
    let options = EsclOptions { description: Some(found.description.clone()), ..EsclOptions::default() };
    let (wanted, bus) = (id.clone(), discovery.clone());
    let ports = move || {
        // Looked up each time: the place changes whenever the device is plugged in.
        let found = find(&wanted, &bus).ok_or(UsbError::Disconnected)?;
        LibusbPort::open(found.location, OPEN_LIMIT).map(boxed)
    };
    match EsclDriver::open_usb(Box::new(ports), means.clock.clone(), &options) {
        Err(DriverError::Usb(UsbError::Busy { interface })) => {
            match loopback_service::find(&found.description, means) {
                Some(address) => open_address(&address, means),
                None => Err(DriverError::Usb(UsbError::Busy { interface }).into()),
            }
        }
        driver => Ok(driver?.into()),
    }
}

fn find(id: &UsbId, discovery: &Discovery) -> Option<FoundDevice> {
    discovery.list(FIND_LIMIT).devices.into_iter().find(|device| id.means(&device.description))
}

fn boxed(port: impl UsbPort + 'static) -> Box<dyn UsbPort> {
    Box::new(port)
}
