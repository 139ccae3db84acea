//! The files of a faked bus with one device.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use lightbar::virtual_device::{UsbDevice, UsbSpeed};
use rustix::fs::{CWD, FileType, Mode};

use super::{ADDRESS, BUS};

/// The major number of USB devices.
const MAJOR: u32 = 189;

/// The device's node, a FIFO: a program opens it, and polls it for something to reap.
pub(super) fn node(root: &Path) -> PathBuf {
    root.join(format!("dev/bus/usb/{BUS:03}/{ADDRESS:03}"))
}

/// The socket the device's ioctls come through.
pub(super) fn ioctl_socket(root: &Path) -> PathBuf {
    root.join(format!("ioctl/dev/bus/usb/{BUS:03}/{ADDRESS:03}"))
}

/// Lays out what libusb and udev look at.
pub(super) fn build(root: &Path, device: &dyn UsbDevice) {
    let name = format!("{BUS}-1");
    let minor = (u32::from(BUS) - 1) * 128 + u32::from(ADDRESS) - 1;
    let folder = root.join("sys/devices/pci0000:00/usb1").join(&name);
    fs::create_dir_all(&folder).expect("the device's folder");
    let descriptor = device.device_descriptor();
    let configuration = device.configuration_descriptor();
    let word = |at: usize| u16::from_le_bytes([descriptor[at], descriptor[at + 1]]);
    let speed = match device.speed() {
        UsbSpeed::Full => "12",
        UsbSpeed::High => "480",
        UsbSpeed::Super => "5000",
    };
    let product = format!("{:x}/{:x}/{:x}", word(8), word(10), word(12));
    let uevent = format!(
        "MAJOR={MAJOR}\nMINOR={minor}\nDEVNAME=bus/usb/{BUS:03}/{ADDRESS:03}\nDEVTYPE=usb_device\nDRIVER=usb\n\
         PRODUCT={product}\nTYPE=0/0/0\nBUSNUM={BUS:03}\nDEVNUM={ADDRESS:03}\n"
    );
    for (file, text) in [
        ("busnum", BUS.to_string()),
        ("devnum", ADDRESS.to_string()),
        ("devpath", "1".into()),
        ("dev", format!("{MAJOR}:{minor}")),
        ("speed", speed.into()),
        ("bConfigurationValue", configuration.get(5).copied().unwrap_or(1).to_string()),
        ("bNumConfigurations", descriptor[17].to_string()),
        ("idVendor", format!("{:04x}", word(8))),
        ("idProduct", format!("{:04x}", word(10))),
        ("bcdDevice", format!("{:04x}", word(12))),
        ("bDeviceClass", format!("{:02x}", descriptor[4])),
        ("uevent", uevent.trim_end().into()),
    ] {
        fs::write(folder.join(file), text + "\n").expect("a file");
    }
    for (file, index) in [("manufacturer", descriptor[14]), ("product", descriptor[15]), ("serial", descriptor[16])] {
        if let Some(text) = device.string(index) {
            fs::write(folder.join(file), text + "\n").expect("a file");
        }
    }
    fs::write(folder.join("descriptors"), [descriptor, configuration].concat()).expect("a file");
    let bus = root.join("sys/bus/usb/devices");
    fs::create_dir_all(&bus).expect("the bus's folder");
    symlink("../../../../bus/usb", folder.join("subsystem")).expect("a link");
    symlink(format!("../../../devices/pci0000:00/usb1/{name}"), bus.join(&name)).expect("a link");
    let nodes = root.join("dev/.node");
    fs::create_dir_all(&nodes).expect("the folder of numbers");
    symlink(format!("{MAJOR}:{minor}"), nodes.join(format!("bus_usb_{BUS:03}_{ADDRESS:03}"))).expect("a link");
    for file in [node(root), ioctl_socket(root)] {
        fs::create_dir_all(file.parent().expect("it has one")).expect("a folder");
    }
    rustix::fs::mknodat(CWD, node(root), FileType::Fifo, Mode::from_raw_mode(0o660), 0).expect("a FIFO");
}
