//! The `virtual_device` module deals with *simulated scanners*: the device's side of the wire.
//!
//! A device is a passive value: it is given transfers, told the time, and asked what has happened.
//! It has no thread and never sleeps. Hosts drive it: the in-process port, a USB/IP server, a faked
//! usbfs in the tests. Nothing here knows the driver side.

mod core;

pub use self::core::{Poll, Setup, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbDevice, UsbSpeed};
