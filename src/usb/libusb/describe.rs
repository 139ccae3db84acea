//! A device's descriptors and strings, and which of its configurations is used.

#![deny(unsafe_code)]

use std::time::Duration;

use super::{Context, Device, DeviceHandle, kind_of};
use crate::usb::descriptors::{Configuration, configurations};
use crate::usb::discovery::carries_escl;
use crate::usb::{DeviceDescription, UsbError, sysfs};

/// Attempts to read a string: a device that just woke up often misses the first.
const STRING_ATTEMPTS: u32 = 3;

/// One answer of a device that is asked for a descriptor.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// Configurations that are asked for where the system does not have them; real devices have one or two.
const CONFIGURATION_LIMIT: u8 = 8;

/// Descriptors that are asked for where the system does not have them: larger than any real ones.
const DESCRIPTOR_LIMIT: usize = 4096;

/// GET_DESCRIPTOR, for configurations.
const DEVICE_TO_HOST: u8 = 0x80;
const GET_DESCRIPTOR: u8 = 6;
const CONFIGURATION_TYPE: u16 = 2 << 8;

/// Reads a device's descriptors and makes the configuration with the scanner in it the active one.
pub(super) fn configured(
    device: &Device<Context>,
    handle: &DeviceHandle<Context>,
) -> Result<DeviceDescription, UsbError> {
    let (mut description, wanted) = description_and_configuration(device)?;
    if description.manufacturer.is_none() && description.name.is_none() && description.serial.is_none() {
        let descriptor = device.device_descriptor().map_err(kind_of)?;
        description.manufacturer = asked_string(handle, descriptor.manufacturer_string_index());
        description.name = asked_string(handle, descriptor.product_string_index());
        description.serial = asked_string(handle, descriptor.serial_number_string_index());
    }
    if handle.active_configuration().map_err(kind_of)? != wanted {
        // The kernel changes nothing while its own drivers are bound; new ones come with the new configuration.
        for interface in description.interfaces.iter().filter(|interface| interface.alternate == 0) {
            let _ = handle.detach_kernel_driver(interface.number);
        }
        handle.set_active_configuration(wanted).map_err(kind_of)?;
    }
    Ok(description)
}

/// A device's descriptors as the system knows them, without a word to the device where that is possible.
pub(super) fn described(device: &Device<Context>) -> Result<DeviceDescription, UsbError> {
    description_and_configuration(device).map(|(description, _)| description)
}

/// A string from the device itself.
fn asked_string(handle: &DeviceHandle<Context>, index: Option<u8>) -> Option<String> {
    let index = index?;
    let text = (0..STRING_ATTEMPTS).find_map(|_| handle.read_string_descriptor_ascii(index).ok())?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn description_and_configuration(device: &Device<Context>) -> Result<(DeviceDescription, u8), UsbError> {
    let descriptor = device.device_descriptor().map_err(kind_of)?;
    let (bus, address) = (device.bus_number(), device.address());
    let known = sysfs::configurations_at(bus, address);
    let (active, bytes) = match known {
        Some(known) => known,
        None => asked_configurations(device, descriptor.num_configurations())?,
    };
    let configuration = chosen(configurations(&bytes), active, descriptor.vendor_id())
        .ok_or(UsbError::NotFound("readable configuration"))?;
    let strings = sysfs::strings_at(bus, address).unwrap_or_default();
    let release = descriptor.device_version();
    let description = DeviceDescription {
        vendor: descriptor.vendor_id(),
        product: descriptor.product_id(),
        release: u16::from(release.major()) << 8 | u16::from(release.minor()) << 4 | u16::from(release.sub_minor()),
        manufacturer: strings.manufacturer,
        name: strings.product,
        serial: strings.serial,
        interfaces: configuration.interfaces,
    };
    Ok((description, configuration.value))
}

/// Active configuration and all configuration descriptors, from the device itself.
fn asked_configurations(device: &Device<Context>, count: u8) -> Result<(Option<u8>, Vec<u8>), UsbError> {
    let handle = device.open().map_err(kind_of)?;
    let mut bytes = Vec::new();
    for index in 0..count.min(CONFIGURATION_LIMIT) {
        let mut answer = [0; DESCRIPTOR_LIMIT];
        let value = CONFIGURATION_TYPE | u16::from(index);
        let length = handle
            .read_control(DEVICE_TO_HOST, GET_DESCRIPTOR, value, 0, &mut answer, ANSWER_LIMIT)
            .map_err(kind_of)?;
        bytes.extend_from_slice(&answer[..length]);
    }
    Ok((handle.active_configuration().ok(), bytes))
}

/// The active configuration, or the first other one with a scanner in it when that has none.
fn chosen(all: Vec<Configuration>, active: Option<u8>, vendor: u16) -> Option<Configuration> {
    let scans = |configuration: &&Configuration| {
        configuration.interfaces.iter().any(|interface| carries_escl(vendor, interface.kind))
    };
    let is_active = |configuration: &&Configuration| Some(configuration.value) == active;
    let first = all.iter().find(|configuration| is_active(configuration) && scans(configuration));
    first.or_else(|| all.iter().find(scans)).or_else(|| all.iter().find(is_active)).or(all.first()).cloned()
}
