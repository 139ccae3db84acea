//! From a device's name to its driver: only here is a virtual device handed to a driver as its port.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::drivers::escl::{EsclDriver, EsclOptions};
use crate::drivers::legacy_sample::LegacySampleDriver;
use crate::drivers::{PortFactory, Protocol, driver_for, is_scanner};
use crate::http::{Address, Identity, Scheme, Trust};
use crate::minidriver::{DriverError, MiniDriver, Unusable};
use crate::transfer::BridgedDriver;
use crate::usb::{
    DeviceDescription, DeviceId as UsbId, Discovery, FoundDevice, LibusbPort, PortPath, UsbError, UsbPort,
};
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
                Ok(Opened { driver: open_ports(&description, ports, means)?, remark: None })
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

/// Opens a USB device with the driver that its descriptors call for.
fn open_ports(
    description: &DeviceDescription,
    ports: PortFactory,
    means: &Means,
) -> Result<Box<dyn MiniDriver>, DriverError> {
    let driver = driver_for(description).ok_or(DriverError::Unusable(Unusable::NoScanner))?;
    let clock = means.clock.clone();
    Ok(match driver.protocol {
        Protocol::Escl => {
            let options = EsclOptions { description: Some(description.clone()), ..EsclOptions::default() };
            Box::new(EsclDriver::open_usb(ports, clock, &options)?)
        }
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
    let driver = EsclDriver::open_address(parsed.clone(), means.trust.clone(), means.clock.clone(), &options)?;
    let remark = match means.trust.identity(&parsed) {
        _ if encrypted && !driver.is_encrypted() => Some(Remark::NotEncrypted),
        Some(Identity::New(fingerprint)) => Some(Remark::NewIdentity(fingerprint)),
        Some(Identity::Changed { now, .. }) => Some(Remark::ChangedIdentity(now)),
        Some(Identity::Known(_)) | None => None,
    };
    Ok(Opened { driver: Box::new(driver), remark })
}

fn asks_for_encryption(address: &str) -> bool {
    let address = address.trim();
    address.strip_prefix("escl:").unwrap_or(address).starts_with("https://")
}

/// Opens a USB device; when another program holds it, and that is the service ipp-usb, through that.
fn open_usb(id: &UsbId, discovery: &Arc<Discovery>, means: &Means) -> Result<Opened, DeviceTrouble> {
    let found = meant(id, discovery.list(FIND_LIMIT).devices)?;
    let (wanted, port, bus) = (id.clone(), found.port.clone(), discovery.clone());
    let ports = move || {
        // Looked up each time: the place changes whenever the device is plugged in.
        let found = again(&wanted, port.as_ref(), bus.list(FIND_LIMIT).devices).ok_or(UsbError::Disconnected)?;
        LibusbPort::open(found.location, is_scanner, OPEN_LIMIT).map(boxed)
    };
    match open_ports(&found.description, Box::new(ports), means) {
        Err(DriverError::Usb(UsbError::Busy { interface })) => {
            match loopback_service::find(&found.description, means) {
                Some(address) => open_address(&address, means),
                None => Err(DriverError::Usb(UsbError::Busy { interface }).into()),
            }
        }
        driver => Ok(Opened { driver: driver?, remark: None }),
    }
}

/// The only device of this name.
fn meant(id: &UsbId, devices: Vec<FoundDevice>) -> Result<FoundDevice, DeviceTrouble> {
    let mut meant: Vec<FoundDevice> = devices.into_iter().filter(|device| id.means(device)).collect();
    match meant.len() {
        0 => Err(DeviceTrouble::Unknown(id.to_string())),
        1 => Ok(meant.remove(0)),
        _ => {
            let own = meant.iter().map(|device| device.id.to_string()).collect();
            Err(DeviceTrouble::Ambiguous { name: id.to_string(), own })
        }
    }
}

/// The device that was opened before at this port. Elsewhere it may only be when nothing else was ever
/// there that could be taken for it.
fn again(id: &UsbId, port: Option<&PortPath>, devices: Vec<FoundDevice>) -> Option<FoundDevice> {
    let mut candidates: Vec<FoundDevice> = devices.into_iter().filter(|device| id.means(device)).collect();
    let same = candidates.iter().position(|device| port.is_some() && device.port.as_ref() == port);
    let only = || candidates.iter().position(|device| device.id.port.is_none());
    same.or_else(only).map(|index| candidates.swap_remove(index))
}

fn boxed(port: impl UsbPort + 'static) -> Box<dyn UsbPort> {
    Box::new(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::device_list::tests::found;

    fn id(name: &str) -> UsbId {
        name.parse().expect(name)
    }

    #[test]
    fn a_name_that_fits_several_devices_is_answered_with_their_own() {
        let twins = || vec![found("usb:04b8:1182@1-2", 1, "1-2"), found("usb:04b8:1182@1-4", 2, "1-4")];
        let own = ["usb:04b8:1182@1-2", "usb:04b8:1182@1-4"].map(str::to_owned).to_vec();
        let ambiguous = DeviceTrouble::Ambiguous { name: "usb:04b8:1182".to_owned(), own };
        assert_eq!(meant(&id("usb:04b8:1182"), twins()), Err(ambiguous));
        assert_eq!(meant(&id("usb:04b8:1182@1-4"), twins()).map(|device| device.location.address), Ok(2));
        let elsewhere = id("usb:04b8:1182@1-3");
        assert_eq!(meant(&elsewhere, twins()), Err(DeviceTrouble::Unknown(elsewhere.to_string())));
        let alone = vec![found("usb:04b8:1182:S", 3, "1-1")];
        assert_eq!(meant(&id("usb:04b8:1182"), alone).map(|device| device.location.address), Ok(3));
    }

    #[test]
    fn a_device_is_opened_again_where_it_was_and_no_other_is_taken_for_it() {
        let (name, port) = (id("usb:04b8:1182"), "1-4".parse().expect("a port"));
        let again = |devices| again(&name, Some(&port), devices).map(|device| device.location.address);
        // Plugged in again, and then elsewhere.
        assert_eq!(again(vec![found("usb:04b8:1182", 7, "1-4")]), Some(7));
        assert_eq!(again(vec![found("usb:04b8:1182", 8, "2-1")]), Some(8));
        // Another one like it came, and then this one went.
        let twins = vec![found("usb:04b8:1182@1-2", 1, "1-2"), found("usb:04b8:1182@1-4", 7, "1-4")];
        assert_eq!(again(twins), Some(7));
        assert_eq!(again(vec![found("usb:04b8:1182@1-2", 1, "1-2")]), None);
    }
}
