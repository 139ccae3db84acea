//! A device's descriptors and strings, and which of its configurations is used.

#![deny(unsafe_code)]

use super::{ConfigDescriptor, Context, Device, DeviceHandle, Endpoint, TransferType, kind_of};
use crate::usb::discovery::carries_escl;
use crate::usb::{
    DeviceDescription, EndpointAddress, EndpointDescription, InterfaceDescription, InterfaceKind, TransferKind,
    UsbError, sysfs,
};

/// Attempts to read a string: a device that just woke up often misses the first.
const STRING_ATTEMPTS: u32 = 3;

/// Reads a device's descriptors and makes the configuration with the scanner in it the active one.
pub(super) fn configured(
    device: &Device<Context>,
    handle: &DeviceHandle<Context>,
) -> Result<DeviceDescription, UsbError> {
    let mut description = described(device)?;
    if description.manufacturer.is_none() && description.name.is_none() && description.serial.is_none() {
        let descriptor = device.device_descriptor().map_err(kind_of)?;
        description.manufacturer = asked_string(handle, descriptor.manufacturer_string_index());
        description.name = asked_string(handle, descriptor.product_string_index());
        description.serial = asked_string(handle, descriptor.serial_number_string_index());
    }
    let wanted = configuration(device)?.number();
    if handle.active_configuration().map_err(kind_of)? != wanted {
        // The kernel changes nothing while its own drivers are bound; new ones come with the new configuration.
        for interface in description.interfaces.iter().filter(|interface| interface.alternate == 0) {
            let _ = handle.detach_kernel_driver(interface.number);
        }
        handle.set_active_configuration(wanted).map_err(kind_of)?;
    }
    Ok(description)
}

/// A string from the device itself.
fn asked_string(handle: &DeviceHandle<Context>, index: Option<u8>) -> Option<String> {
    let index = index?;
    let text = (0..STRING_ATTEMPTS).find_map(|_| handle.read_string_descriptor_ascii(index).ok())?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The active configuration, or the first other one with a scanner in it when that has none.
fn configuration(device: &Device<Context>) -> Result<ConfigDescriptor, UsbError> {
    let descriptor = device.device_descriptor().map_err(kind_of)?;
    let has_scanner = |config: &ConfigDescriptor| {
        interfaces(config).iter().any(|interface| carries_escl(descriptor.vendor_id(), interface.kind))
    };
    let active = device.active_config_descriptor();
    if let Ok(active) = active
        && has_scanner(&active)
    {
        return Ok(active);
    }
    let others = (0..descriptor.num_configurations()).filter_map(|index| device.config_descriptor(index).ok());
    match others.into_iter().find(has_scanner) {
        Some(other) => Ok(other),
        None => device.active_config_descriptor().or_else(|_| device.config_descriptor(0)).map_err(kind_of),
    }
}

/// A device's descriptors as the system knows them, without a word to the device.
pub(super) fn described(device: &Device<Context>) -> Result<DeviceDescription, UsbError> {
    let descriptor = device.device_descriptor().map_err(kind_of)?;
    let strings = sysfs::strings_at(device.bus_number(), device.address()).unwrap_or_default();
    let release = descriptor.device_version();
    Ok(DeviceDescription {
        vendor: descriptor.vendor_id(),
        product: descriptor.product_id(),
        release: u16::from(release.major()) << 8 | u16::from(release.minor()) << 4 | u16::from(release.sub_minor()),
        manufacturer: strings.manufacturer,
        name: strings.product,
        serial: strings.serial,
        interfaces: interfaces(&configuration(device)?),
    })
}

fn interfaces(config: &ConfigDescriptor) -> Vec<InterfaceDescription> {
    let endpoint = |endpoint: Endpoint<'_>| EndpointDescription {
        address: EndpointAddress(endpoint.address()),
        transfer: match endpoint.transfer_type() {
            TransferType::Control => TransferKind::Control,
            TransferType::Isochronous => TransferKind::Isochronous,
            TransferType::Bulk => TransferKind::Bulk,
            TransferType::Interrupt => TransferKind::Interrupt,
        },
        max_packet: endpoint.max_packet_size() & 0x7ff,
    };
    let settings = config.interfaces().flat_map(|interface| interface.descriptors());
    settings
        .map(|setting| InterfaceDescription {
            number: setting.interface_number(),
            alternate: setting.setting_number(),
            kind: InterfaceKind(setting.class_code(), setting.sub_class_code(), setting.protocol_code()),
            endpoints: setting.endpoint_descriptors().map(endpoint).collect(),
            extra: setting.extra().to_vec(),
        })
        .collect()
}
