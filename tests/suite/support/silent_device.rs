//! A device that takes every transfer and never answers, except to the standard requests that the
//! kernel makes itself.

use lightbar::clock::Moment;
use lightbar::virtual_device::{Poll, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbDevice, UsbSpeed};

pub(crate) struct SilentDevice {
    configuration: Vec<u8>,
    pending: Vec<UrbId>,
    ended: Vec<UrbCompletion>,
}

impl Default for SilentDevice {
    fn default() -> SilentDevice {
        let mut configuration = vec![9, 2, 39, 0, 1, 1, 0, 0xc0, 1];
        configuration.extend([9, 4, 0, 0, 2, 7, 1, 4, 0]);
        configuration.extend([7, 0x21, 0x10, 0x01, 0, 1, 2]);
        configuration.extend([7, 5, 0x01, 2, 0x00, 0x02, 0]);
        configuration.extend([7, 5, 0x81, 2, 0x00, 0x02, 0]);
        SilentDevice::with_configuration(configuration)
    }
}

impl SilentDevice {
    /// With another configuration descriptor, right or wrong.
    pub(crate) fn with_configuration(configuration: Vec<u8>) -> SilentDevice {
        SilentDevice { configuration, pending: Vec::new(), ended: Vec::new() }
    }

    fn end(&mut self, id: UrbId, status: UrbStatus) {
        self.ended.push(UrbCompletion { id, status, data: Vec::new(), moved: 0 });
    }
}

impl UsbDevice for SilentDevice {
    fn device_descriptor(&self) -> Vec<u8> {
        vec![18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x02, 0x00, 0x00, 0x01, 0, 0, 0, 1]
    }

    fn configuration_descriptor(&self) -> Vec<u8> {
        self.configuration.clone()
    }

    fn string(&self, _index: u8) -> Option<String> {
        None
    }

    fn speed(&self) -> UsbSpeed {
        UsbSpeed::High
    }

    fn submit(&mut self, _now: Moment, urb: Urb) {
        match urb.kind {
            UrbKind::Control { setup, .. } if setup.request_type & 0x60 == 0 => self.end(urb.id, UrbStatus::Done),
            _ => self.pending.push(urb.id),
        }
    }

    fn cancel(&mut self, _now: Moment, id: UrbId) {
        if let Some(at) = self.pending.iter().position(|pending| *pending == id) {
            self.pending.remove(at);
            self.end(id, UrbStatus::Cancelled);
        }
    }

    fn poll(&mut self, _now: Moment) -> Poll {
        Poll { completions: std::mem::take(&mut self.ended), wake_at: None, unplugged: false }
    }

    fn reset(&mut self, _now: Moment) {
        for id in std::mem::take(&mut self.pending) {
            self.end(id, UrbStatus::Cancelled);
        }
    }
}
