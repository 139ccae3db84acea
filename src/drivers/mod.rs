//! The `drivers` module deals with *scanner protocols*: one folder each, alike inside, and the visible list of them.

pub mod escl;
pub mod legacy_sample;

use crate::http::pipes_of;
use crate::usb::{DeviceDescription, UsbError, UsbPort};

/// Opens a port to the same device again, each time it is called.
pub type PortFactory = Box<dyn FnMut() -> Result<Box<dyn UsbPort>, UsbError> + Send>;

/// A protocol this program speaks.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    /// Its name, for logs.
    pub name: &'static str,
    /// Which it is.
    pub protocol: Protocol,
    /// Whether a USB device may speak it, as far as its descriptors say.
    pub may_drive: fn(&DeviceDescription) -> bool,
}

/// The protocols. Whoever opens a device decides by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// See [`escl`].
    Escl,
    /// See [`legacy_sample`].
    LegacySample,
}

/// Every protocol, the preferred one first.
pub const DRIVERS: &[Driver] = &[
    Driver { name: "eSCL", protocol: Protocol::Escl, may_drive: |device| !pipes_of(device).is_empty() },
    Driver {
        name: "sample of the older model",
        protocol: Protocol::LegacySample,
        may_drive: |device| legacy_sample::pipe_of(device).is_some(),
    },
];

/// The preferred driver for a USB device, as far as its descriptors say.
pub fn driver_for(device: &DeviceDescription) -> Option<&'static Driver> {
    DRIVERS.iter().find(|driver| (driver.may_drive)(device))
}
