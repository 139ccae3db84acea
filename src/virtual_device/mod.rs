//! The `virtual_device` module deals with *simulated scanners*: the device's side of the wire.
//!
//! A device is a passive value: it is given transfers, told the time, and asked what has happened.
//! It has no thread and never sleeps. Hosts drive it: the in-process port, a USB/IP server, a faked
//! usbfs in the tests. Nothing here knows the driver side.
//!
//! ```
//! use lightbar::clock::ManualClock;
//! use lightbar::virtual_device::{Options, VirtualScanner};
//!
//! let clock = ManualClock::start();
//! let faults = "jam@page2".parse()?;
//! let scanner = VirtualScanner::new("feeder", Options { sheets: Some(3), faults, ..Options::default() }, clock)?;
//! let port = scanner.open()?; // a `UsbPort` for a driver
//! scanner.fix(); // and the person beside it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod core;
mod fault;
mod handle;
mod http_host;
mod http_server;
mod image;
mod kept_documents;
mod line_stream;
mod model;
mod options;
mod paper;
mod port;
mod scanner;
mod shared;
mod usb_device;
mod usbip;

pub use self::core::{Poll, Setup, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbDevice, UsbSpeed};
pub use fault::{Fault, FaultName, FaultPlace, FaultSpec, FaultSpecError};
pub use handle::{UnknownModel, VirtualScanner};
pub use http_host::HttpServer;
pub use kept_documents::KeptDocuments;
pub use model::{MODELS, Model, model};
pub use options::{DocumentSink, Options, RELOAD_AFTER};
pub use port::{Socket, Taken, VirtualUsbPort, describe};
pub use scanner::Trouble;
pub use usbip::{BUS_ID, UsbIpServer, serve_stream};
