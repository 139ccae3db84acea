//! What the device says of itself to the bus.

use super::super::model::{Dialect, Model};

/// The fixed ids of the models: test ids of pid.codes, one for each dialect.
const VENDOR: u16 = 0x1209;
const PRODUCT: u16 = 0x0001;
const PRODUCT_OF_ITS_OWN: u16 = 0x0002;
/// The interface of a protocol of its own: vendor-specific, with the numbers of `drivers/legacy_sample`.
const OWN_INTERFACE: [u8; 3] = [0xff, 0x4c, 0x01];
const RELEASE: u16 = 0x0100;
/// Packets of the button, and how often a host asks: 2^(8 - 1) microframes, 16 ms.
const EVENT_PACKET: u8 = 8;
const EVENT_INTERVAL: u8 = 8;
/// Bulk packets at high speed.
pub(super) const MAX_PACKET: usize = 512;
/// What interface descriptors of IPP over USB announce: scan, and any HTTP.
const SCAN_AND_HTTP: u8 = 2 | 16;

/// HTTP over USB, as printers have it.
const HTTP_INTERFACE: [u8; 3] = [7, 1, 4];

pub(super) const STRING_LANGUAGES: [u8; 4] = [4, 3, 0x09, 0x04];
const STRING_MANUFACTURER: u8 = 1;
const STRING_PRODUCT: u8 = 2;
const STRING_SERIAL: u8 = 3;

/// The device descriptor.
pub(super) fn device(model: &Model) -> Vec<u8> {
    let [vendor_low, vendor_high] = VENDOR.to_le_bytes();
    let product = if model.speaks_escl() { PRODUCT } else { PRODUCT_OF_ITS_OWN };
    let [product_low, product_high] = product.to_le_bytes();
    let [release_low, release_high] = RELEASE.to_le_bytes();
    vec![
        18,
        1,
        0x00,
        0x02,
        0,
        0,
        0,
        64,
        vendor_low,
        vendor_high,
        product_low,
        product_high,
        release_low,
        release_high,
        STRING_MANUFACTURER,
        STRING_PRODUCT,
        STRING_SERIAL,
        1,
    ]
}

/// The device qualifier: how it would be at full speed.
pub(super) fn qualifier() -> Vec<u8> {
    vec![10, 6, 0x00, 0x02, 0, 0, 0, 64, 1, 0]
}

/// The configuration: each interface prints in its alternate setting 0 and speaks HTTP in 1, or has one
/// setting, a protocol of its own, and an interrupt endpoint for its button.
pub(super) fn configuration(model: &Model) -> Vec<u8> {
    let mut all = vec![9, 2, 0, 0, model.interfaces, 1, 0, 0xc0, 1];
    for interface in 0..model.interfaces {
        let settings: &[[u8; 3]] = match model.dialect {
            Dialect::Escl => &[[7, 1, 2], HTTP_INTERFACE],
            Dialect::Lines => &[OWN_INTERFACE],
        };
        for (alternate, kind) in (0..).zip(settings) {
            let tells = model.has_button() && interface == 0;
            let endpoints = if tells { 3 } else { 2 };
            all.extend_from_slice(&[9, 4, interface, alternate, endpoints, kind[0], kind[1], kind[2], 0]);
            if *kind == HTTP_INTERFACE {
                all.extend_from_slice(&http_class());
            }
            let [low, high] = (MAX_PACKET as u16).to_le_bytes();
            all.extend_from_slice(&[7, 5, out_endpoint(interface), 2, low, high, 0]);
            all.extend_from_slice(&[7, 5, in_endpoint(interface), 2, low, high, 0]);
            if tells {
                all.extend_from_slice(&[7, 5, event_endpoint(model), 3, EVENT_PACKET, 0, EVENT_INTERVAL]);
            }
        }
    }
    let total = (all.len() as u16).to_le_bytes();
    all[2..4].copy_from_slice(&total);
    all
}

/// The class descriptor of an HTTP interface (eSCL reference, 9.1).
pub(super) fn http_class() -> [u8; 10] {
    [10, 0x21, 0x00, 0x01, 1, 0, SCAN_AND_HTTP, 0, 0, 0]
}

pub(super) fn out_endpoint(interface: u8) -> u8 {
    1 + interface
}

pub(super) fn in_endpoint(interface: u8) -> u8 {
    0x81 + interface
}

/// The endpoint of the button, of a model that has one: after those of all interfaces, on the first.
pub(super) fn event_endpoint(model: &Model) -> u8 {
    0x81 + model.interfaces
}

/// The interface of a bulk endpoint, if there is one.
pub(super) fn interface_of(model: &Model, endpoint: u8) -> Option<usize> {
    (0..model.interfaces)
        .find(|&interface| endpoint == in_endpoint(interface) || endpoint == out_endpoint(interface))
        .map(usize::from)
}

/// A string.
pub(super) fn string(model: &Model, index: u8) -> Option<String> {
    match index {
        STRING_MANUFACTURER => Some("Lightbar".to_owned()),
        STRING_PRODUCT => Some(model.product.to_owned()),
        STRING_SERIAL => Some(model.serial.to_owned()),
        _ => None,
    }
}

/// The IEEE 1284 device id a printer class driver asks for, length included.
pub(super) fn device_id(model: &Model) -> Vec<u8> {
    let text = format!("MFG:Lightbar;MDL:{};CMD:;CLS:IMAGE;SN:{};", model.product, model.serial);
    let mut id = ((text.len() + 2) as u16).to_be_bytes().to_vec();
    id.extend_from_slice(text.as_bytes());
    id
}
