//! A port that asks nothing more of a device that is said to be gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{ControlRequest, DeviceDescription, EndpointAddress, TransferTag, UsbError, UsbPort, Wait};
use crate::clock::Waker;

/// A port whose every request to the device is refused as [`UsbError::Disconnected`] from the moment on that
/// somebody says that the device is gone, in the middle of whatever a driver does (transfer model reference, R57).
///
/// What the device sent before can still be waited for, and transfers be taken back: neither asks it anything.
pub struct UntilGone {
    port: Box<dyn UsbPort>,
    gone: Arc<AtomicBool>,
}

impl UntilGone {
    /// Around a port, for as long as `gone` is not set.
    pub fn around(port: Box<dyn UsbPort>, gone: Arc<AtomicBool>) -> Box<dyn UsbPort> {
        Box::new(UntilGone { port, gone })
    }

    /// The port, while there is a device behind it.
    fn device(&mut self) -> Result<&mut dyn UsbPort, UsbError> {
        if self.gone.load(Ordering::SeqCst) { Err(UsbError::Disconnected) } else { Ok(self.port.as_mut()) }
    }
}

impl UsbPort for UntilGone {
    fn description(&self) -> &DeviceDescription {
        self.port.description()
    }

    fn claim(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError> {
        self.device()?.claim(interface, alternate)
    }

    fn release(&mut self, interface: u8) -> Result<(), UsbError> {
        self.device()?.release(interface)
    }

    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError> {
        self.device()?.submit_in(endpoint, length)
    }

    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError> {
        self.device()?.submit_out(endpoint, data)
    }

    fn wait(&mut self, limit: Duration) -> Wait {
        self.port.wait(limit)
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    fn control(&mut self, request: &ControlRequest, limit: Duration) -> Result<Vec<u8>, UsbError> {
        self.device()?.control(request, limit)
    }

    fn clear_halt(&mut self, endpoint: EndpointAddress) -> Result<(), UsbError> {
        self.device()?.clear_halt(endpoint)
    }

    fn reset(&mut self) -> Result<(), UsbError> {
        self.device()?.reset()
    }

    fn cancel_all(&mut self) {
        self.port.cancel_all();
    }
}
