//! The `drivers` module deals with *scanner protocols*: one folder each, alike inside, and the visible list of them.

pub mod escl;

use crate::http::pipes_of;
use crate::usb::DeviceDescription;

/// A protocol this program speaks.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    /// Its name, for logs.
    pub name: &'static str,
    /// Whether a USB device may speak it, as far as its descriptors say.
    pub may_drive: fn(&DeviceDescription) -> bool,
}

/// Every protocol, the preferred one first.
pub const DRIVERS: &[Driver] = &[Driver { name: "eSCL", may_drive: |device| !pipes_of(device).is_empty() }];
