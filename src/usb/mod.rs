//! The `usb` module deals with *USB devices*: what they are, how bytes are exchanged with them, and
//! how they come and go.
//!
//! Everything above it talks to a [`UsbPort`]. Only `libusb.rs` knows libusb; a simulated device
//! offers the same port. Nothing here knows a scanner protocol.

mod completions;
mod description;
mod descriptors;
mod device_id;
mod device_match;
mod discovery;
pub mod ipp_usb;
mod libusb;
pub mod permission;
mod port;
mod sysfs;
mod until_gone;

pub use description::{
    DeviceDescription, Direction, EndpointAddress, EndpointDescription, InterfaceDescription, InterfaceKind,
    TransferKind,
};
pub(crate) use descriptors::configurations;
pub use device_id::{DeviceId, NotADeviceId, PortPath};
pub use device_match::DeviceMatch;
pub use discovery::{BusLocation, DeviceEvent, Discovery, FoundDevice, Listing, PERMISSION_WAIT, Wanted};
pub use libusb::LibusbPort;
pub use port::{Completion, ControlRequest, TransferTag, UsbError, UsbPort, Wait};
pub use until_gone::UntilGone;

impl Discovery {
    /// Watches the computer's USB devices for those that are wanted. Where USB cannot be used, the listing is
    /// empty and says why.
    pub fn start(clock: std::sync::Arc<dyn crate::clock::Clock>, wanted: Wanted) -> Discovery {
        Discovery::over(Box::new(move || libusb::bus(wanted)), clock, wanted)
    }
}
