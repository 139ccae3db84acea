//! Names of USB devices that last: over plugging, restarts, and a second device of the same kind.

use std::fmt;
use std::str::FromStr;

use super::{DeviceDescription, FoundDevice};

/// Hubs between a computer and a device, at most, and the computer's own port.
const DEEPEST: usize = 7;

/// The name of a device that stays the same over plugging and restarts:
/// `usb:VVVV:PPPP[@PLACE][:SERIAL]`. The place is told only of devices that would have the same name
/// otherwise; the name then lasts for as long as they stay plugged in where they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId {
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// What it is plugged into, where that is needed to tell it from others.
    pub port: Option<PortPath>,
    /// iSerialNumber, when the device has one.
    pub serial: Option<String>,
}

impl DeviceId {
    /// The name of a described device that is the only one of its name.
    pub fn of(description: &DeviceDescription) -> DeviceId {
        let DeviceDescription { vendor, product, serial, .. } = description;
        DeviceId { vendor: *vendor, product: *product, port: None, serial: serial.clone() }
    }

    /// Whether a device is meant by this name. A name without a place or a serial number means any.
    pub fn means(&self, device: &FoundDevice) -> bool {
        let description = &device.description;
        self.vendor == description.vendor
            && self.product == description.product
            && (self.port.is_none() || self.port == device.port)
            && (self.serial.is_none() || self.serial == description.serial)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "usb:{:04x}:{:04x}", self.vendor, self.product)?;
        if let Some(port) = &self.port {
            write!(f, "@{port}")?;
        }
        match &self.serial {
            Some(serial) => write!(f, ":{serial}"),
            None => Ok(()),
        }
    }
}

/// Why a text is no USB device name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a USB device is named usb:VVVV:PPPP, usb:VVVV:PPPP:SERIAL or usb:VVVV:PPPP@1-4.2, with four hexadecimal digits each"
)]
pub struct NotADeviceId;

impl FromStr for DeviceId {
    type Err = NotADeviceId;

    fn from_str(text: &str) -> Result<DeviceId, NotADeviceId> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().ok_or(NotADeviceId);
        if part()? != "usb" {
            return Err(NotADeviceId);
        }
        let vendor = number(part()?)?;
        let product = part()?;
        let (product, port) = match product.split_once('@') {
            Some((product, port)) => (product, Some(port.parse()?)),
            None => (product, None),
        };
        let product = number(product)?;
        let serial = parts.next().filter(|serial| !serial.is_empty()).map(str::to_owned);
        Ok(DeviceId { vendor, product, port, serial })
    }
}

/// Four hexadecimal digits, without the sign that the library would take.
fn number(digits: &str) -> Result<u16, NotADeviceId> {
    match digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => u16::from_str_radix(digits, 16).map_err(|_| NotADeviceId),
        false => Err(NotADeviceId),
    }
}

/// The plug a device is in: the bus, and the ports on the way through its hubs. `1-4.2`, as Linux
/// writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortPath {
    bus: u8,
    ports: Vec<u8>,
}

impl PortPath {
    /// A way through these ports; `None` for none, which is the bus itself, and for more than there can be.
    pub fn new(bus: u8, ports: &[u8]) -> Option<PortPath> {
        (1..=DEEPEST).contains(&ports.len()).then(|| PortPath { bus, ports: ports.to_vec() })
    }
}

impl fmt::Display for PortPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bus)?;
        for (index, port) in self.ports.iter().enumerate() {
            write!(f, "{}{port}", if index == 0 { '-' } else { '.' })?;
        }
        Ok(())
    }
}

impl FromStr for PortPath {
    type Err = NotADeviceId;

    fn from_str(text: &str) -> Result<PortPath, NotADeviceId> {
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| NotADeviceId),
            false => Err(NotADeviceId),
        };
        let (bus, ports) = text.split_once('-').ok_or(NotADeviceId)?;
        let ports: Vec<u8> = ports.split('.').map(number).collect::<Result<_, _>>()?;
        PortPath::new(number(bus)?, &ports).ok_or(NotADeviceId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_writing_and_reading() {
        for name in ["usb:1209:0001", "usb:1209:0001:S:1@x", "usb:1209:0001@1-4.2", "usb:1209:0001@12-1:S:1"] {
            let id: DeviceId = name.parse().expect(name);
            assert_eq!(id.to_string(), name);
        }
        assert_eq!("usb:04B8:00aF".parse::<DeviceId>().map(|id| id.to_string()).as_deref(), Ok("usb:04b8:00af"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let places =
            ["usb:1209:0001@", "usb:1209:0001@1", "usb:1209:0001@1-", "usb:1209:0001@1-4..2", "usb:1209:0001@a-4"];
        let ports =
            ["usb:1209:0001@1-256", "usb:1209:0001@+1-4", "usb:1209:0001@1-1.1.1.1.1.1.1.1", "usb:1209@1-4:0001"];
        let rest = ["usb:1209", "usb:12:0001", "usb:1209:000g", "escl:http://x", "usb:+209:0001", ""];
        for wrong in places.into_iter().chain(ports).chain(rest) {
            assert_eq!(wrong.parse::<DeviceId>(), Err(NotADeviceId), "{wrong:?}");
        }
    }
}
