//! Hot-plug: the bus as libusb shows it.

#![deny(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::describe::described;
use super::{
    Context, Device, FAILURE_REST, Hotplug, HotplugBuilder, LibusbError, Registration, UsbContext, has_hotplug, kind_of,
};
use crate::clock::Waker;
use crate::usb::discovery::{Bus, Plug};
use crate::usb::{BusLocation, DeviceDescription, PortPath, UsbError, Wanted};

/// Changes of the bus that may wait to be looked at. When more come, the bus is listed anew.
const PLUG_CAPACITY: usize = 256;

/// How often the bus is listed where libusb cannot tell of changes.
const LIST_EVERY: Duration = Duration::from_secs(2);

/// The bus as libusb shows it, with a context of its own: a port that is stuck does not disturb it.
struct LibusbBus {
    // Declared before the context, so that it ends first.
    subscription: Option<Registration<Context>>,
    context: Context,
    /// Whose configuration is shown, of a device that has several.
    wanted: Wanted,
    plugged: Receiver<Plug>,
    missed: Arc<AtomicBool>,
    present: BTreeSet<BusLocation>,
}

/// The computer's bus.
///
/// # Errors
/// Why libusb cannot be used, in its own words: most often there is no usbfs, as in a container.
pub(in crate::usb) fn bus(wanted: Wanted) -> Result<Box<dyn Bus>, String> {
    match LibusbBus::open(wanted) {
        Ok(bus) => Ok(Box::new(bus)),
        Err(error) => Err(error.to_string()),
    }
}

impl LibusbBus {
    /// Subscribes to changes; what is plugged in already is told through the same subscription.
    fn open(wanted: Wanted) -> Result<LibusbBus, LibusbError> {
        let context = Context::new()?;
        let (sender, plugged) = bounded(PLUG_CAPACITY);
        let missed = Arc::new(AtomicBool::new(false));
        let subscription = if has_hotplug() {
            let notes = Box::new(Notes { plugged: sender, missed: Arc::clone(&missed) });
            Some(HotplugBuilder::new().enumerate(true).register(&context, notes)?)
        } else {
            None
        };
        Ok(LibusbBus { subscription, context, wanted, plugged, missed, present: BTreeSet::new() })
    }

    fn device(&self, location: BusLocation) -> Result<Device<Context>, UsbError> {
        let devices = self.context.devices().map_err(kind_of)?;
        devices.iter().find(|device| location_of(device) == location).ok_or(UsbError::Disconnected)
    }

    /// Lists the bus and compares: for what the subscription could not tell.
    fn compare(&mut self, plugs: &mut Vec<Plug>) {
        let Ok(devices) = self.context.devices() else { return };
        let found: BTreeSet<BusLocation> = devices.iter().map(|device| location_of(&device)).collect();
        plugs.extend(self.present.difference(&found).map(|&gone| Plug::Out(gone)));
        plugs.extend(found.difference(&self.present).map(|&new| Plug::In(new)));
        self.present = found;
    }
}

impl Bus for LibusbBus {
    fn wait(&mut self, limit: Duration) -> Vec<Plug> {
        let subscribed = self.subscription.is_some();
        let limit = if subscribed { limit } else { limit.min(LIST_EVERY) };
        let limit = if self.plugged.is_empty() { limit } else { Duration::ZERO };
        if let Err(error) = self.context.handle_events(Some(limit))
            && error != LibusbError::Interrupted
        {
            tracing::warn!(%error, "libusb's event loop");
            std::thread::park_timeout(FAILURE_REST);
        }
        let mut plugs: Vec<Plug> = self.plugged.try_iter().collect();
        for plug in &plugs {
            match plug {
                Plug::In(location) => self.present.insert(*location),
                Plug::Out(location) => self.present.remove(location),
            };
        }
        if self.missed.swap(false, Ordering::SeqCst) || !subscribed {
            self.compare(&mut plugs);
        }
        plugs
    }

    fn describe(&mut self, location: BusLocation) -> Result<DeviceDescription, UsbError> {
        described(&self.device(location)?, self.wanted)
    }

    fn port(&mut self, location: BusLocation) -> Option<PortPath> {
        PortPath::new(location.bus, &self.device(location).ok()?.port_numbers().ok()?)
    }

    fn try_open(&mut self, location: BusLocation) -> Result<(), UsbError> {
        self.device(location)?.open().map(drop).map_err(kind_of)
    }

    fn waker(&self) -> Waker {
        let context = self.context.clone();
        Waker::new(move || context.interrupt_handle_events())
    }
}

/// Notes changes; runs inside libusb's event loop, where nothing else is allowed.
struct Notes {
    plugged: Sender<Plug>,
    missed: Arc<AtomicBool>,
}

impl Notes {
    fn note(&self, plug: Plug) {
        if self.plugged.try_send(plug).is_err() {
            self.missed.store(true, Ordering::SeqCst);
        }
    }
}

impl Hotplug<Context> for Notes {
    fn device_arrived(&mut self, device: Device<Context>) {
        self.note(Plug::In(location_of(&device)));
    }

    fn device_left(&mut self, device: Device<Context>) {
        self.note(Plug::Out(location_of(&device)));
    }
}

fn location_of(device: &Device<Context>) -> BusLocation {
    BusLocation { bus: device.bus_number(), address: device.address() }
}
