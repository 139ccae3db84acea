//! A device in the hands of one command, without documents: found, opened, and its broker.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::drivers::is_scanner;
use crate::http::{RememberedIdentities, Trust};
use crate::transfer::Broker;
use crate::usb::Discovery;

use super::device_list::TRUST_FILE;
use super::device_name::DeviceName;
use super::device_source::{DeviceSource, Means, Opened};
use super::virtual_shelf::{VirtualOptions, VirtualShelf};
use super::{DeviceId, DeviceTrouble, Remark};

/// How long finding the devices of this computer may take.
const FIND_LIMIT: Duration = Duration::from_secs(5);

/// Why no device was opened.
#[derive(Debug)]
pub enum OpenTrouble {
    /// None was named and none is connected.
    NoScanner,
    /// None was named and these are connected.
    Several(Vec<DeviceId>),
    /// The device cannot be used.
    Device(DeviceTrouble),
}

/// A device that was opened.
pub struct OpenedDevice {
    /// What it is called.
    pub name: DeviceName,
    /// What it is used through.
    pub broker: Broker,
    /// What a person should know of it.
    pub remark: Option<Remark>,
}

/// Opens the device of this name, or the only real one that is connected. Touches the device and may
/// take as long as the driver's limits say.
///
/// # Errors
/// See [`OpenTrouble`].
pub fn open_device(
    name: Option<DeviceName>,
    data_dir: PathBuf,
    behaviour: VirtualOptions,
) -> Result<OpenedDevice, OpenTrouble> {
    let clock: Arc<dyn Clock> = SystemClock::start();
    let trust = Trust::new(RememberedIdentities::from_file(data_dir.join(TRUST_FILE)));
    let means = Means { clock: clock.clone(), trust };
    let unknown = |name: &DeviceName| OpenTrouble::Device(DeviceTrouble::Unknown(name.to_string()));
    let (name, source) = match name {
        Some(name @ DeviceName::Virtual(_)) => {
            let DeviceName::Virtual(model) = &name else { return Err(unknown(&name)) };
            let scanner = VirtualShelf::new(behaviour, clock.clone(), &[]).take(model).ok_or_else(|| unknown(&name))?;
            (name, DeviceSource::Virtual(scanner))
        }
        Some(DeviceName::Escl(address)) => (DeviceName::Escl(address.clone()), DeviceSource::Escl(address)),
        Some(DeviceName::Usb(id)) => {
            let discovery = Arc::new(Discovery::start(clock.clone(), is_scanner));
            (DeviceName::Usb(id.clone()), DeviceSource::Usb { id, discovery })
        }
        None => only_device(&clock)?,
    };
    let Opened { driver, remark } = source.open(&means).map_err(OpenTrouble::Device)?;
    Ok(OpenedDevice { name, broker: Broker::new(driver, clock), remark })
}

fn only_device(clock: &Arc<dyn Clock>) -> Result<(DeviceName, DeviceSource), OpenTrouble> {
    let discovery = Arc::new(Discovery::start(clock.clone(), is_scanner));
    let found = discovery.list(FIND_LIMIT).devices;
    match found.as_slice() {
        [] => Err(OpenTrouble::NoScanner),
        [only] => {
            let id = only.id.clone();
            Ok((DeviceName::Usb(id.clone()), DeviceSource::Usb { id, discovery }))
        }
        several => {
            let names = several.iter().map(|device| DeviceId(DeviceName::Usb(device.id.clone()).to_string()));
            Err(OpenTrouble::Several(names.collect()))
        }
    }
}
