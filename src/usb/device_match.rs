//! Which devices a driver is for, as far as descriptors tell.

use super::{DeviceDescription, InterfaceKind};

/// Some devices on the bus. A driver lists those it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceMatch {
    /// Any with an interface of this kind, in any alternate setting.
    Interface(InterfaceKind),
    /// The same, of this vendor alone: the kinds of class 255 mean something else at each.
    VendorInterface(u16, InterfaceKind),
    /// The product of this vendor with this number, whatever its interfaces are.
    Product(u16, u16),
}

impl DeviceMatch {
    /// Whether a device is one of these.
    pub fn takes(&self, device: &DeviceDescription) -> bool {
        let has = |kind| device.interfaces.iter().any(|interface| interface.kind == kind);
        match *self {
            DeviceMatch::Interface(kind) => has(kind),
            DeviceMatch::VendorInterface(vendor, kind) => device.vendor == vendor && has(kind),
            DeviceMatch::Product(vendor, product) => (device.vendor, device.product) == (vendor, product),
        }
    }
}
