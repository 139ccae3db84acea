//! The port: one opened device, and the only way for a driver to reach it.

use std::time::Duration;

use super::{DeviceDescription, Direction, EndpointAddress};
use crate::clock::Waker;

/// One opened USB device.
///
/// Transfers are queued: several reads may be armed at once, and they complete in order per
/// endpoint. A wait ends with a completion, a wake or its limit; ending a *wait* never touches a
/// *transfer*, so no byte is lost. Transfers are taken back only by [`UsbPort::cancel_all`], which a
/// driver uses to close or to reset. A port stays small so that hardware, the simulated device, a
/// replay and a fault injector can all be one.
pub trait UsbPort: Send {
    /// The device's descriptors, read when it was opened.
    fn description(&self) -> &DeviceDescription;

    /// Takes an interface for this program alone and selects one of its alternate settings. A kernel
    /// driver that holds it is detached first and comes back with [`UsbPort::release`].
    fn claim(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError>;

    /// Gives an interface back. Its transfers must have ended.
    fn release(&mut self, interface: u8) -> Result<(), UsbError>;

    /// Arms a read of at most `length` bytes from a bulk or interrupt IN endpoint. `length` must be
    /// a multiple of the endpoint's packet size, otherwise a full packet overflows it.
    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError>;

    /// Queues a write to a bulk or interrupt OUT endpoint. Empty data sends a zero-length packet.
    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError>;

    /// Waits for the next completion of any transfer of this port.
    fn wait(&mut self, limit: Duration) -> Wait;

    /// Ends the wait under way, or the next one, with [`Wait::Woken`]. Safe from any thread; touches no device.
    fn waker(&self) -> Waker;

    /// One control transfer, within a limit. For [`Direction::In`] the answer's bytes come back, for
    /// [`Direction::Out`] nothing does.
    fn control(&mut self, request: &ControlRequest, limit: Duration) -> Result<Vec<u8>, UsbError>;

    /// Makes an endpoint usable again after a stall.
    fn clear_halt(&mut self, endpoint: EndpointAddress) -> Result<(), UsbError>;

    /// Resets the device as if it had been plugged in anew and claims again what was claimed. Armed
    /// transfers end as cancelled. A wake ends the wait for it with [`UsbError::Cancelled`]; the port is
    /// of no more use then.
    fn reset(&mut self) -> Result<(), UsbError>;

    /// Takes every armed transfer back. Each completes as [`UsbError::Cancelled`], with the bytes it
    /// had received, through [`UsbPort::wait`].
    fn cancel_all(&mut self);
}

/// Names one transfer of one port; a tag is not used again while the port is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferTag(pub u64);

/// Why a wait ended.
#[derive(Debug)]
pub enum Wait {
    /// A transfer completed, well or not.
    Completed(Completion),
    /// Somebody used the port's waker.
    Woken,
    /// The limit came first. Every transfer is still armed.
    TimedOut,
}

/// The end of one transfer. Bytes that moved are here even when it ended badly.
#[derive(Debug)]
pub struct Completion {
    /// What [`UsbPort::submit_in`] or [`UsbPort::submit_out`] answered.
    pub tag: TransferTag,
    /// The endpoint it ran on.
    pub endpoint: EndpointAddress,
    /// What was received; empty for writes.
    pub data: Vec<u8>,
    /// Bytes that moved, in either direction.
    pub moved: usize,
    /// How it ended.
    pub result: Result<(), UsbError>,
}

/// A control transfer's setup packet and, for [`Direction::Out`], its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlRequest {
    /// bmRequestType, direction bit included.
    pub request_type: u8,
    /// bRequest.
    pub request: u8,
    /// wValue.
    pub value: u16,
    /// wIndex.
    pub index: u16,
    /// What is sent, for OUT.
    pub data: Vec<u8>,
    /// How much is wanted, for IN.
    pub length: u16,
}

impl ControlRequest {
    /// The direction of the data stage.
    pub fn direction(&self) -> Direction {
        if self.request_type & 0x80 != 0 { Direction::In } else { Direction::Out }
    }

    /// Bytes of a setup packet.
    pub(super) const SETUP_LENGTH: usize = 8;

    /// The setup packet, followed by what is sent or by room for what is received. `None` when more
    /// is to be sent than a control transfer can carry.
    pub(super) fn packet(&self) -> Option<Vec<u8>> {
        let (sent, length) = match self.direction() {
            Direction::In => (&[][..], self.length),
            Direction::Out => (&self.data[..], u16::try_from(self.data.len()).ok()?),
        };
        let mut packet = vec![self.request_type, self.request];
        for word in [self.value, self.index, length] {
            packet.extend_from_slice(&word.to_le_bytes());
        }
        packet.extend_from_slice(sent);
        packet.resize(Self::SETUP_LENGTH + usize::from(length), 0);
        Some(packet)
    }
}

/// Why a USB request did not complete. Each kind calls for something else to be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsbError {
    /// The device refused the request or data phase. `clear_halt` makes the endpoint usable again;
    /// on control transfers it means that the request is not supported.
    #[error("endpoint {0} stalled")]
    Stall(EndpointAddress),
    /// The device is gone. Only a new discovery can bring it back.
    #[error("device disconnected")]
    Disconnected,
    /// The transfer was taken back by this side.
    #[error("transfer cancelled")]
    Cancelled,
    /// A control transfer was not answered within its limit.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The device sent more than the buffer holds: a length that is no multiple of the packet size.
    #[error("endpoint {0} sent more than was asked for")]
    Overflow(EndpointAddress),
    /// The system does not let this user open the device. A udev rule or a group helps.
    #[error("no permission to open the device")]
    NoPermission,
    /// Another program or a kernel driver holds the interface.
    #[error("interface {interface} is in use by another program")]
    Busy {
        /// The interface that could not be claimed.
        interface: u8,
    },
    /// The device has no such interface, alternate setting or endpoint.
    #[error("the device has no {0}")]
    NotFound(&'static str),
    /// Too many transfers are armed, or memory for them is short.
    #[error("no resources for another transfer")]
    NoResources,
    /// The bus reported an error, most often a bad cable or hub; `code` is libusb's number.
    #[error("transfer failed on the bus (code {code})")]
    Io {
        /// libusb's error or transfer status number, for the log.
        code: i32,
    },
}
