//! What the kernel already knows of a device: the descriptors and strings it read when the device
//! was plugged in.
//!
//! Reading them here wakes no device, needs no permission and takes no time on the bus. Where there
//! is no sysfs, or a device did not answer then, the strings are asked of the device itself.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::plain_text::plain_or_none;

/// Where Linux lists USB devices.
const DEVICES: &str = "/sys/bus/usb/devices";

/// More than the 126 characters that fit into a string descriptor need, in UTF-8.
const STRING_LIMIT: u64 = 1024;

/// Entries looked at; a bus has at most 127 devices, each with a few interfaces.
const ENTRY_LIMIT: usize = 16_384;

/// More than all configurations of any device have.
const DESCRIPTORS_LIMIT: u64 = 256 * 1024;

/// Bytes of the device descriptor, which stands before the configurations.
const DEVICE_DESCRIPTOR: usize = 18;

/// A device's three strings, each absent when the device has none or they could not be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeviceStrings {
    /// iManufacturer.
    pub(super) manufacturer: Option<String>,
    /// iProduct.
    pub(super) product: Option<String>,
    /// iSerialNumber.
    pub(super) serial: Option<String>,
}

/// The strings of the device at a place on the bus; `None` when the kernel does not list it.
pub(super) fn strings_at(bus: u8, address: u8) -> Option<DeviceStrings> {
    strings_below(Path::new(DEVICES), bus, address)
}

/// The active configuration's value, if one is active, and the descriptors of all configurations.
/// `None` when the kernel does not show them.
pub(super) fn configurations_at(bus: u8, address: u8) -> Option<(Option<u8>, Vec<u8>)> {
    configurations_below(Path::new(DEVICES), bus, address)
}

fn configurations_below(root: &Path, bus: u8, address: u8) -> Option<(Option<u8>, Vec<u8>)> {
    let folder = device_folder(root, bus, address)?;
    let mut bytes = Vec::new();
    fs::File::open(folder.join("descriptors")).ok()?.take(DESCRIPTORS_LIMIT).read_to_end(&mut bytes).ok()?;
    let active = read_line(&folder.join("bConfigurationValue")).and_then(|value| value.parse().ok());
    Some((active, bytes.get(DEVICE_DESCRIPTOR..)?.to_vec()))
}

fn strings_below(root: &Path, bus: u8, address: u8) -> Option<DeviceStrings> {
    let folder = device_folder(root, bus, address)?;
    Some(DeviceStrings {
        manufacturer: read_line(&folder.join("manufacturer")),
        product: read_line(&folder.join("product")),
        serial: read_line(&folder.join("serial")),
    })
}

/// The device's folder, found by the numbers in it: names like `1-4.2` say where the plug is, not
/// which device is in it.
fn device_folder(root: &Path, bus: u8, address: u8) -> Option<PathBuf> {
    let number = |folder: &Path, file: &str| read_line(&folder.join(file))?.parse::<u32>().ok();
    fs::read_dir(root).ok()?.take(ENTRY_LIMIT).filter_map(|entry| Some(entry.ok()?.path())).find(|folder| {
        number(folder, "busnum") == Some(u32::from(bus)) && number(folder, "devnum") == Some(u32::from(address))
    })
}

/// A file's first line, cleaned: a string is what the device calls itself; `None` when it is missing or empty.
fn read_line(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(STRING_LIMIT).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    plain_or_none(text.lines().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_by_bus_and_address() {
        let root = tempfile::tempdir().expect("a folder for the test");
        for (name, files) in [
            ("usb1", &[("busnum", "1\n"), ("devnum", "1\n"), ("product", "Root hub\n")][..]),
            (
                "1-4",
                &[
                    ("busnum", "1\n"),
                    ("devnum", "12\n"),
                    ("product", "\u{1b}[1mET-4850\u{202e} \n"),
                    ("serial", "X5T\n"),
                    ("bConfigurationValue", "1\n"),
                    ("descriptors", "eighteen bytes....rest"),
                ][..],
            ),
            ("1-4:1.0", &[("bInterfaceClass", "07\n")][..]),
        ] {
            let folder = root.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            for (file, text) in files {
                fs::write(folder.join(file), text).expect("a file");
            }
        }
        let strings = strings_below(root.path(), 1, 12).expect("the device is listed");
        assert_eq!(strings.product.as_deref(), Some("[1mET-4850"));
        assert_eq!(strings.serial.as_deref(), Some("X5T"));
        assert_eq!(strings.manufacturer, None);
        assert_eq!(strings_below(root.path(), 2, 12), None);
        assert_eq!(configurations_below(root.path(), 1, 12), Some((Some(1), b"rest".to_vec())));
        assert_eq!(configurations_below(root.path(), 1, 1), None, "no descriptors are shown");
        assert_eq!(strings_below(&root.path().join("absent"), 1, 12), None);
    }
}
