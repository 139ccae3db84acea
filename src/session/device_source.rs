//! From a device's name to its driver: only here is a virtual device handed to a driver as its port.

use std::sync::Arc;

use crate::clock::Clock;
use crate::minidriver::MiniDriver;

use super::DeviceTrouble;

/// Where a device is to be found.
#[derive(Clone)]
pub(super) enum DeviceSource {
    /// A network device, or a service that stands for a USB device, at this address.
    Escl(String),
}

impl DeviceSource {
    /// Opens the device and asks what it can do. Touches the device and may take as long as the
    /// driver's limits say.
    ///
    /// # Errors
    /// See [`DeviceTrouble`].
    pub(super) fn open(&self, _clock: &Arc<dyn Clock>) -> Result<Box<dyn MiniDriver>, DeviceTrouble> {
        Err(DeviceTrouble::Unknown(String::new()))
    }
}
