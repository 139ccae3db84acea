//! What a device says of itself: the descriptors, parsed.

use std::fmt;

/// A device as its descriptors show it. Strings are absent when the device has none or did not
/// answer for them (a sleeping device often does not).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceDescription {
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// bcdDevice, the firmware's own version; with vendor, product and serial the key of what is cached.
    pub release: u16,
    /// iManufacturer.
    pub manufacturer: Option<String>,
    /// iProduct.
    pub name: Option<String>,
    /// iSerialNumber.
    pub serial: Option<String>,
    /// Every alternate setting of every interface of the active configuration, in descriptor order.
    pub interfaces: Vec<InterfaceDescription>,
}

/// One alternate setting of one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceDescription {
    /// bInterfaceNumber.
    pub number: u8,
    /// bAlternateSetting.
    pub alternate: u8,
    /// Class, subclass and protocol.
    pub kind: InterfaceKind,
    /// Its endpoints, in descriptor order.
    pub endpoints: Vec<EndpointDescription>,
    /// Class-specific descriptors that follow the interface descriptor, as they are.
    pub extra: Vec<u8>,
}

impl InterfaceDescription {
    /// The first bulk endpoint in a direction.
    pub fn bulk(&self, direction: Direction) -> Option<&EndpointDescription> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.transfer == TransferKind::Bulk && endpoint.address.direction() == direction)
    }
}

/// Class, subclass and protocol of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceKind(pub u8, pub u8, pub u8);

impl InterfaceKind {
    /// IPP over USB, which carries eSCL (eSCL reference, 2.2).
    pub const IPP_USB: InterfaceKind = InterfaceKind(7, 1, 4);
    /// The same meaning in HP's own class (eSCL reference, 2.2).
    pub const HP_IPP_USB: InterfaceKind = InterfaceKind(255, 9, 1);
}

impl fmt::Display for InterfaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.0, self.1, self.2)
    }
}

/// One endpoint of an alternate setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointDescription {
    /// bEndpointAddress.
    pub address: EndpointAddress,
    /// How bytes move through it.
    pub transfer: TransferKind,
    /// wMaxPacketSize without the bits for additional transactions.
    pub max_packet: u16,
}

/// bEndpointAddress: number and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointAddress(pub u8);

impl EndpointAddress {
    /// Which way the bytes go.
    pub const fn direction(self) -> Direction {
        if self.0 & 0x80 != 0 { Direction::In } else { Direction::Out }
    }

    /// The endpoint's number without its direction.
    pub const fn number(self) -> u8 {
        self.0 & 0x0f
    }
}

impl fmt::Display for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

/// The way bytes go, seen from the computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the device.
    In,
    /// To the device.
    Out,
}

/// The kind of transfers an endpoint makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferKind {
    /// Requests with a setup packet.
    Control,
    /// Timed data; no scanner uses it.
    Isochronous,
    /// Data in order and complete, as fast as the bus allows.
    Bulk,
    /// Small, polled: buttons and the like.
    Interrupt,
}
