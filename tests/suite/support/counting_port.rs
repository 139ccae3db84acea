//! A port that keeps what a host asks of its device, in order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lightbar::clock::Waker;
use lightbar::usb::{ControlRequest, DeviceDescription, EndpointAddress, TransferTag, UsbError, UsbPort, Wait};

/// What was asked of a device over all its ports. Waiting for what is under way and taking it back ask nothing of it.
#[derive(Clone, Default)]
pub(crate) struct Traffic(Arc<Mutex<Vec<String>>>);

impl Traffic {
    pub(crate) fn note(&self, asked: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(asked.into());
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All that came after the first so many.
    pub(crate) fn since(&self, count: usize) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).split_off(count)
    }

    /// A port whose traffic is kept here, its opening included.
    pub(crate) fn of(&self, port: Box<dyn UsbPort>) -> Box<dyn UsbPort> {
        self.note("open");
        Box::new(CountingPort { port, traffic: self.clone() })
    }
}

struct CountingPort {
    port: Box<dyn UsbPort>,
    traffic: Traffic,
}

impl UsbPort for CountingPort {
    fn description(&self) -> &DeviceDescription {
        self.port.description()
    }

    fn claim(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError> {
        self.traffic.note(format!("claim {interface}"));
        self.port.claim(interface, alternate)
    }

    fn release(&mut self, interface: u8) -> Result<(), UsbError> {
        self.traffic.note(format!("release {interface}"));
        self.port.release(interface)
    }

    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError> {
        self.traffic.note(format!("read {endpoint}"));
        self.port.submit_in(endpoint, length)
    }

    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError> {
        self.traffic.note(format!("write {endpoint}"));
        self.port.submit_out(endpoint, data)
    }

    fn wait(&mut self, limit: Duration) -> Wait {
        self.port.wait(limit)
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    fn control(&mut self, request: &ControlRequest, limit: Duration) -> Result<Vec<u8>, UsbError> {
        self.traffic.note(format!("control {request:?}"));
        self.port.control(request, limit)
    }

    fn clear_halt(&mut self, endpoint: EndpointAddress) -> Result<(), UsbError> {
        self.traffic.note(format!("clear {endpoint}"));
        self.port.clear_halt(endpoint)
    }

    fn reset(&mut self) -> Result<(), UsbError> {
        self.traffic.note("reset");
        self.port.reset()
    }

    fn cancel_all(&mut self) {
        self.port.cancel_all();
    }
}
