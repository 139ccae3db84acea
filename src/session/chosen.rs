//! The device in use, as the session thread keeps it.

use crate::minidriver::{FeederState, Source};

use super::device_thread::{DeviceThread, Introduction, Order};
use super::settings::Offers;
use super::{ChosenDevice, DeviceEntry, DeviceId, DeviceState, DeviceTrouble};

/// A device and its scan thread. Dropping it lets the thread finish, rest its device and end.
pub(super) struct Chosen {
    number: u64,
    thread: DeviceThread,
    shown: ChosenDevice,
}

impl Chosen {
    pub(super) fn new(number: u64, thread: DeviceThread, entry: DeviceEntry) -> Chosen {
        let shown =
            ChosenDevice { entry, offers: None, feeder: FeederState::Unknown, has_buttons: false, trouble: None };
        Chosen { number, thread, shown }
    }

    /// Whether news are of this device, and not of one chosen earlier.
    pub(super) fn is(&self, number: u64) -> bool {
        self.number == number
    }

    pub(super) fn id(&self) -> &DeviceId {
        &self.shown.entry.id
    }

    pub(super) fn name(&self) -> &str {
        &self.shown.entry.name
    }

    /// The device goes by another name now.
    pub(super) fn rename(&mut self, id: DeviceId) {
        self.shown.entry.id = id;
    }

    pub(super) fn offers(&self) -> Option<&Offers> {
        self.shown.offers.as_deref()
    }

    /// See [`Offers::usual_source`].
    pub(super) fn usual_source(&self) -> Option<Source> {
        self.offers()?.usual_source(self.shown.feeder)
    }

    pub(super) fn order(&self, order: Order) -> bool {
        self.thread.order(order)
    }

    /// Takes what the device said of itself.
    pub(super) fn asked(&mut self, result: Result<Introduction, DeviceTrouble>) -> Result<(), DeviceTrouble> {
        match result {
            Ok(Introduction { info, offers, has_buttons }) => {
                self.shown.entry.name = info.name;
                self.shown.entry.state = DeviceState::Ready;
                self.shown.offers = Some(offers);
                self.shown.has_buttons = has_buttons;
                Ok(())
            }
            Err(trouble) => {
                self.shown.trouble = Some(trouble.clone());
                Err(trouble)
            }
        }
    }

    pub(super) fn set_feeder(&mut self, state: FeederState) {
        self.shown.feeder = state;
    }

    pub(super) fn shown(&self) -> ChosenDevice {
        self.shown.clone()
    }
}
