//! The `drivers` module deals with *scanner protocols*: one folder each, alike inside, and the visible list of them.

pub mod escl;
pub mod legacy_sample;

use crate::usb::{DeviceDescription, DeviceMatch, InterfaceKind, UsbError, UsbPort};

/// Opens a port to the same device again, each time it is called.
pub type PortFactory = Box<dyn FnMut() -> Result<Box<dyn UsbPort>, UsbError> + Send>;

/// A protocol this program speaks.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    /// Its name, for logs.
    pub name: &'static str,
    /// Which it is.
    pub protocol: Protocol,
    /// The USB devices that it takes.
    pub usb: &'static [DeviceMatch],
}

/// The protocols. Whoever opens a device decides by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// See [`escl`].
    Escl,
    /// See [`legacy_sample`].
    LegacySample,
}

/// HP's vendor number: only there does 255/9/1 mean IPP over USB (eSCL reference, 2.2).
const HP: u16 = 0x03f0;

/// Every protocol, the preferred one first. The permissions of the devices are in `assets/udev/`.
pub const DRIVERS: &[Driver] = &[
    Driver {
        name: "eSCL",
        protocol: Protocol::Escl,
        usb: &[
            DeviceMatch::Interface(InterfaceKind::IPP_USB),
            DeviceMatch::VendorInterface(HP, InterfaceKind::HP_IPP_USB),
        ],
    },
    Driver {
        name: "sample of the older model",
        protocol: Protocol::LegacySample,
        usb: &[DeviceMatch::Product(legacy_sample::VENDOR, legacy_sample::PRODUCT)],
    },
];

/// The preferred driver for a USB device, as far as its descriptors say.
pub fn driver_for(device: &DeviceDescription) -> Option<&'static Driver> {
    DRIVERS.iter().find(|driver| driver.usb.iter().any(|some| some.takes(device)))
}

/// Whether there is a driver for a USB device: what is looked for on the bus.
pub fn is_scanner(device: &DeviceDescription) -> bool {
    driver_for(device).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb::{InterfaceDescription, permission};

    fn device(vendor: u16, product: u16, kinds: &[InterfaceKind]) -> DeviceDescription {
        let interfaces = (0..).zip(kinds).map(|(alternate, kind)| InterfaceDescription {
            number: 0,
            alternate,
            kind: *kind,
            endpoints: Vec::new(),
            extra: Vec::new(),
        });
        let interfaces = interfaces.collect();
        let (manufacturer, name, serial) = (None, None, None);
        DeviceDescription { vendor, product, release: 0x0100, manufacturer, name, serial, interfaces }
    }

    fn protocol(device: &DeviceDescription) -> Option<Protocol> {
        driver_for(device).map(|driver| driver.protocol)
    }

    #[test]
    fn escl_is_found_in_any_alternate_setting_and_hps_own_class_only_at_hp() {
        let printer = InterfaceKind(7, 1, 2);
        assert_eq!(protocol(&device(0x04b8, 1, &[printer, InterfaceKind::IPP_USB])), Some(Protocol::Escl));
        assert_eq!(protocol(&device(HP, 1, &[InterfaceKind::HP_IPP_USB])), Some(Protocol::Escl));
        assert_eq!(protocol(&device(0x04b8, 1, &[InterfaceKind::HP_IPP_USB])), None);
        assert_eq!(protocol(&device(0x04b8, 1, &[printer])), None);
    }

    #[test]
    fn a_device_with_a_protocol_of_its_own_is_known_by_its_numbers() {
        let own = InterfaceKind(255, 76, 1);
        assert_eq!(protocol(&device(0x1209, 2, &[own])), Some(Protocol::LegacySample));
        assert_eq!(protocol(&device(0x1209, 3, &[own])), None);
        assert_eq!(protocol(&device(0x04b8, 2, &[own])), None);
    }

    /// A device that is found and must not be opened would be shown with advice that does not help.
    #[test]
    fn whoever_sits_at_the_computer_may_use_every_device_that_has_a_driver() {
        for some in DRIVERS.iter().flat_map(|driver| driver.usb) {
            let written = match some {
                DeviceMatch::Interface(InterfaceKind(7, 1, _)) => "*:0701??:*".to_owned(),
                DeviceMatch::Interface(InterfaceKind(class, subclass, protocol))
                | DeviceMatch::VendorInterface(_, InterfaceKind(class, subclass, protocol)) => {
                    format!("*:{class:02x}{subclass:02x}{protocol:02x}:*")
                }
                DeviceMatch::Product(vendor, product) => {
                    format!("ATTR{{idVendor}}==\"{vendor:04x}\", ATTR{{idProduct}}==\"{product:04x}\"")
                }
            };
            assert!(permission::UDEV_RULE.contains(&written), "{some:?}: {written}");
        }
    }
}
