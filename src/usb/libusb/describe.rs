//! A device's descriptors and strings, and which of its configurations is used.

#![deny(unsafe_code)]

use std::time::Duration;

use super::{Context, Device, DeviceHandle, kind_of};
use crate::usb::descriptors::{Configuration, configurations};
use crate::usb::{DeviceDescription, UsbError, Wanted, sysfs};

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

/// Reads a device's descriptors and makes the configuration that is wanted the active one.
pub(super) fn configured(
    device: &Device<Context>,
    handle: &DeviceHandle<Context>,
    wanted: Wanted,
) -> Result<DeviceDescription, UsbError> {
    let (mut description, configuration) = description_and_configuration(device, wanted)?;
    if description.manufacturer.is_none() && description.name.is_none() && description.serial.is_none() {
        let descriptor = device.device_descriptor().map_err(kind_of)?;
        description.manufacturer = asked_string(handle, descriptor.manufacturer_string_index());
        description.name = asked_string(handle, descriptor.product_string_index());
        description.serial = asked_string(handle, descriptor.serial_number_string_index());
    }
    if handle.active_configuration().map_err(kind_of)? != configuration {
        // The kernel changes nothing while its own drivers are bound; new ones come with the new configuration.
        for interface in description.interfaces.iter().filter(|interface| interface.alternate == 0) {
            let _ = handle.detach_kernel_driver(interface.number);
        }
        handle.set_active_configuration(configuration).map_err(kind_of)?;
    }
    Ok(description)
}

/// A device's descriptors as the system knows them, without a word to the device where that is possible.
pub(super) fn described(device: &Device<Context>, wanted: Wanted) -> Result<DeviceDescription, UsbError> {
    description_and_configuration(device, wanted).map(|(description, _)| description)
}

/// A string from the device itself.
fn asked_string(handle: &DeviceHandle<Context>, index: Option<u8>) -> Option<String> {
    let index = index?;
    let text = (0..STRING_ATTEMPTS).find_map(|_| handle.read_string_descriptor_ascii(index).ok())?;
    crate::plain_text::plain_or_none(Some(&text))
}

fn description_and_configuration(
    device: &Device<Context>,
    wanted: Wanted,
) -> Result<(DeviceDescription, u8), UsbError> {
    let descriptor = device.device_descriptor().map_err(kind_of)?;
    let (bus, address) = (device.bus_number(), device.address());
    let known = sysfs::configurations_at(bus, address);
    let (active, bytes) = match known {
        Some(known) => known,
        None => asked_configurations(device, descriptor.num_configurations())?,
    };
    let strings = sysfs::strings_at(bus, address).unwrap_or_default();
    let release = descriptor.device_version();
    let with = |configuration: Configuration| DeviceDescription {
        vendor: descriptor.vendor_id(),
        product: descriptor.product_id(),
        release: u16::from(release.major()) << 8 | u16::from(release.minor()) << 4 | u16::from(release.sub_minor()),
        manufacturer: strings.manufacturer.clone(),
        name: strings.product.clone(),
        serial: strings.serial.clone(),
        interfaces: configuration.interfaces,
    };
    let described = configurations(&bytes).into_iter().map(|one| (one.value, with(one)));
    let (value, description) =
        chosen(described.collect(), active, wanted).ok_or(UsbError::NotFound("readable configuration"))?;
    Ok((description, value))
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

/// The device in its active configuration, or in the first other one in which it is wanted when it is not in that.
fn chosen(
    mut all: Vec<(u8, DeviceDescription)>,
    active: Option<u8>,
    wanted: Wanted,
) -> Option<(u8, DeviceDescription)> {
    let is_active = |(value, _): &(u8, DeviceDescription)| Some(*value) == active;
    let first = all.iter().position(|one| is_active(one) && wanted(&one.1));
    let first = first.or_else(|| all.iter().position(|one| wanted(&one.1))).or_else(|| all.iter().position(is_active));
    let index = first.unwrap_or(0);
    (index < all.len()).then(|| all.swap_remove(index))
}
