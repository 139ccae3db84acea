//! The `usb` module deals with *USB devices*: what they are, how bytes are exchanged with them, and
//! how they come and go.
//!
//! Everything above it talks to a [`UsbPort`]. Only `libusb.rs` knows libusb; a simulated device
//! offers the same port. Nothing here knows a scanner protocol.

mod description;
mod port;

pub use description::{
    DeviceDescription, Direction, EndpointAddress, EndpointDescription, InterfaceDescription, InterfaceKind,
    TransferKind,
};
pub use port::{Completion, ControlRequest, TransferTag, UsbError, UsbPort, Wait};
