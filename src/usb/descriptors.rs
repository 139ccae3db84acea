//! Configuration descriptors, parsed from the bytes a device sends.
//!
//! A device may send anything: whatever is cut off, too short or out of place is left out, and what
//! stands before it counts. (rusb's own view of libusb's structures reads through null pointers when
//! a descriptor announces endpoints that do not follow.)

use super::{EndpointAddress, EndpointDescription, InterfaceDescription, InterfaceKind, TransferKind};

/// bDescriptorType of the descriptors that are understood.
const CONFIGURATION: u8 = 2;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;

/// Alternate settings that are looked at; real devices have a dozen.
const SETTING_LIMIT: usize = 256;

/// Endpoints of a setting: the most there can be.
const ENDPOINT_LIMIT: usize = 30;

/// One configuration of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// bConfigurationValue.
    pub(crate) value: u8,
    /// Every alternate setting of every interface, in descriptor order.
    pub(crate) interfaces: Vec<InterfaceDescription>,
}

/// The configurations in a run of descriptors, one after the other.
pub(crate) fn configurations(mut bytes: &[u8]) -> Vec<Configuration> {
    let mut found: Vec<Configuration> = Vec::new();
    let mut settings = 0;
    while let [length, kind, ..] = *bytes {
        let length = usize::from(length);
        let Some((descriptor, rest)) = bytes.split_at_checked(length).filter(|_| length >= 2) else { break };
        bytes = rest;
        match (kind, found.last_mut()) {
            (CONFIGURATION, _) if length >= 9 => {
                found.push(Configuration { value: descriptor[5], interfaces: Vec::new() });
            }
            (INTERFACE, Some(configuration)) if length >= 9 => {
                settings += 1;
                if settings > SETTING_LIMIT {
                    break;
                }
                configuration.interfaces.push(setting(descriptor));
            }
            (kind, Some(configuration)) => {
                if let Some(setting) = configuration.interfaces.last_mut() {
                    belongs_to(setting, kind, descriptor);
                }
            }
            (_, None) => {}
        }
    }
    found
}

fn setting(descriptor: &[u8]) -> InterfaceDescription {
    InterfaceDescription {
        number: descriptor[2],
        alternate: descriptor[3],
        kind: InterfaceKind(descriptor[5], descriptor[6], descriptor[7]),
        endpoints: Vec::new(),
        extra: Vec::new(),
    }
}

/// An endpoint, or a class-specific descriptor that stands before the first one.
fn belongs_to(setting: &mut InterfaceDescription, kind: u8, descriptor: &[u8]) {
    if kind == ENDPOINT && descriptor.len() >= 7 {
        if setting.endpoints.len() < ENDPOINT_LIMIT {
            setting.endpoints.push(endpoint(descriptor));
        }
    } else if kind != ENDPOINT && setting.endpoints.is_empty() {
        setting.extra.extend_from_slice(descriptor);
    }
}

fn endpoint(descriptor: &[u8]) -> EndpointDescription {
    EndpointDescription {
        address: EndpointAddress(descriptor[2]),
        transfer: match descriptor[3] & 3 {
            0 => TransferKind::Control,
            1 => TransferKind::Isochronous,
            2 => TransferKind::Bulk,
            _ => TransferKind::Interrupt,
        },
        // The bits above count additional transactions.
        max_packet: u16::from_le_bytes([descriptor[4], descriptor[5]]) & 0x7ff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two alternates as real scanners have them, the second with its class descriptor.
    fn scanner() -> Vec<u8> {
        let mut bytes = vec![9, 2, 62, 0, 1, 3, 0, 0xc0, 1];
        for (alternate, protocol) in [(0, 2), (1, 4)] {
            bytes.extend([9, 4, 0, alternate, 2, 7, 1, protocol, 0]);
            if alternate == 1 {
                bytes.extend([7, 0x21, 0x10, 0x01, 0, 1, 2]);
            }
            bytes.extend([7, 5, 0x01, 2, 0x00, 0x02, 0, 7, 5, 0x81, 2, 0x00, 0x02, 0]);
        }
        bytes
    }

    #[test]
    fn alternates_endpoints_and_class_descriptors_are_found() {
        let [configuration] = &configurations(&scanner())[..] else { panic!("one configuration") };
        assert_eq!(configuration.value, 3);
        let [printing, http] = &configuration.interfaces[..] else { panic!("two settings") };
        assert_eq!((printing.alternate, printing.kind, printing.extra.len()), (0, InterfaceKind(7, 1, 2), 0));
        assert_eq!((http.alternate, http.kind), (1, InterfaceKind::IPP_USB));
        assert_eq!(http.extra, [7, 0x21, 0x10, 0x01, 0, 1, 2]);
        let expected =
            EndpointDescription { address: EndpointAddress(0x81), transfer: TransferKind::Bulk, max_packet: 512 };
        assert_eq!((http.endpoints.len(), http.endpoints[1]), (2, expected));
    }

    #[test]
    fn several_configurations_follow_each_other() {
        let both = configurations(&[scanner(), scanner()].concat());
        assert_eq!(both.len(), 2);
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn cut_and_mutated_descriptors_never_panic_and_stay_bounded() {
        const SEED: u64 = 0x5eed_0006;
        println!("seed {SEED:#x}");
        let whole = scanner();
        for length in 0..whole.len() {
            let settings: usize = configurations(&whole[..length]).iter().map(|found| found.interfaces.len()).sum();
            assert!(settings <= 2);
        }
        let mut random = SEED;
        for _ in 0..20_000 {
            let mut bytes = [scanner(), scanner(), scanner()].concat();
            for _ in 0..4 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (random >> 33) as usize % bytes.len();
                bytes[at] = (random >> 56) as u8;
            }
            for configuration in configurations(&bytes) {
                assert!(configuration.interfaces.len() <= SETTING_LIMIT);
                assert!(configuration.interfaces.iter().all(|setting| setting.endpoints.len() <= ENDPOINT_LIMIT));
            }
        }
        assert_eq!(configurations(&[9, 4, 0, 0, 0, 7, 1, 4, 0].repeat(1000)), [], "no configuration, no interface");
        let endless = [vec![9, 2, 0, 0, 0, 1, 0, 0, 0], [9, 4, 0, 0, 0, 7, 1, 4, 0].repeat(1000)].concat();
        assert_eq!(configurations(&endless)[0].interfaces.len(), SETTING_LIMIT);
    }
}
