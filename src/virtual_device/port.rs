//! A simulated device as a [`UsbPort`], in this process.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::core::{Setup, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbDevice};
use crate::clock::{Clock, Moment, Signal, Waker};
use crate::usb::{
    Completion, ControlRequest, DeviceDescription, Direction, EndpointAddress, InterfaceDescription, TransferTag,
    UsbError, UsbPort, Wait, configurations,
};

/// Limit of the control transfers that claiming and releasing need.
const SELECT_LIMIT: Duration = Duration::from_secs(1);
/// A device that wants to be polled at once is polled after this, so that no wait spins.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The socket a simulated device is plugged into: at most one port or server uses it at a time.
#[derive(Clone)]
pub struct Socket {
    device: Arc<Mutex<Box<dyn UsbDevice>>>,
    in_use: Arc<AtomicBool>,
    changed: Signal,
}

impl Socket {
    /// Plugs a device in. Setting `changed` makes whoever waits look at the device again.
    pub fn new(device: Box<dyn UsbDevice>, changed: Signal) -> Socket {
        Socket { device: Arc::new(Mutex::new(device)), in_use: Arc::default(), changed }
    }

    /// The device, for hosts of another kind. Waits as long as somebody else polls it, which is short.
    pub fn device(&self) -> MutexGuard<'_, Box<dyn UsbDevice>> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What wakes whoever waits for the device.
    pub fn changed(&self) -> &Signal {
        &self.changed
    }

    /// Takes the device for one host, until the answer is dropped. `None` while another has it.
    pub fn take(&self) -> Option<Taken> {
        let was_in_use = self.in_use.swap(true, Ordering::AcqRel);
        (!was_in_use).then(|| Taken(self.in_use.clone()))
    }
}

/// The right to be the only host of a device.
#[derive(Debug)]
pub struct Taken(Arc<AtomicBool>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// One opened simulated device.
pub struct VirtualUsbPort {
    socket: Socket,
    _taken: Taken,
    clock: Arc<dyn Clock>,
    woken: Arc<AtomicBool>,
    description: DeviceDescription,
    /// Claimed interfaces and their alternate settings.
    claimed: BTreeMap<u8, u8>,
    armed: HashMap<UrbId, EndpointAddress>,
    ended: VecDeque<Completion>,
    control: Option<(UrbId, Option<UrbCompletion>)>,
    gone: bool,
}

impl VirtualUsbPort {
    /// Opens the device of a socket. Busy while another host has it, disconnected while it is unplugged.
    pub fn open(socket: &Socket, clock: Arc<dyn Clock>) -> Result<VirtualUsbPort, UsbError> {
        let taken = socket.take().ok_or(UsbError::Busy { interface: 0 })?;
        let description = {
            let mut device = socket.device();
            if device.poll(clock.now()).unplugged {
                return Err(UsbError::Disconnected);
            }
            describe(&**device)
        };
        Ok(VirtualUsbPort {
            socket: socket.clone(),
            _taken: taken,
            clock,
            woken: Arc::default(),
            description,
            claimed: BTreeMap::new(),
            armed: HashMap::new(),
            ended: VecDeque::new(),
            control: None,
            gone: false,
        })
    }

    fn submit(&mut self, endpoint: EndpointAddress, kind: UrbKind) -> Result<TransferTag, UsbError> {
        if self.gone {
            return Err(UsbError::Disconnected);
        }
        let claimed = self.description.interfaces.iter().any(|interface| {
            self.claimed.get(&interface.number) == Some(&interface.alternate)
                && interface.endpoints.iter().any(|known| known.address == endpoint)
        });
        if !claimed {
            return Err(UsbError::NotFound("such endpoint on a claimed interface"));
        }
        let id = next_urb();
        self.armed.insert(id, endpoint);
        self.socket.device().submit(self.clock.now(), Urb { id, endpoint: endpoint.0, kind });
        Ok(TransferTag(id.0))
    }

    /// Asks the device what happened. Answers when it wants to be asked again.
    fn poll(&mut self) -> Option<Moment> {
        let now = self.clock.now();
        let polled = self.socket.device().poll(now);
        self.gone |= polled.unplugged;
        for completion in polled.completions {
            self.sort(completion);
        }
        polled.wake_at.map(|at| at.max(now + SHORTEST_WAIT))
    }

    fn sort(&mut self, completion: UrbCompletion) {
        if let Some((id, answer)) = &mut self.control
            && *id == completion.id
        {
            *answer = Some(completion);
        } else if let Some(endpoint) = self.armed.remove(&completion.id) {
            let result = match completion.status {
                UrbStatus::Done => Ok(()),
                UrbStatus::Stall => Err(UsbError::Stall(endpoint)),
                UrbStatus::Cancelled => Err(UsbError::Cancelled),
                UrbStatus::Gone => Err(UsbError::Disconnected),
            };
            let (tag, moved) = (TransferTag(completion.id.0), completion.moved);
            self.ended.push_back(Completion { tag, endpoint, data: completion.data, moved, result });
        }
    }

    fn select(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError> {
        let request = ControlRequest {
            request_type: 1,
            request: 11,
            value: u16::from(alternate),
            index: u16::from(interface),
            data: Vec::new(),
            length: 0,
        };
        self.control(&request, SELECT_LIMIT).map(|_| ())
    }
}

impl UsbPort for VirtualUsbPort {
    fn description(&self) -> &DeviceDescription {
        &self.description
    }

    fn claim(&mut self, interface: u8, alternate: u8) -> Result<(), UsbError> {
        let known = |known: &InterfaceDescription| known.number == interface && known.alternate == alternate;
        if !self.description.interfaces.iter().any(known) {
            return Err(UsbError::NotFound("such interface or alternate setting"));
        }
        self.select(interface, alternate)?;
        self.claimed.insert(interface, alternate);
        Ok(())
    }

    fn release(&mut self, interface: u8) -> Result<(), UsbError> {
        self.claimed.remove(&interface).ok_or(UsbError::NotFound("claim on this interface"))?;
        // The kernel does the same: whoever comes next finds the first alternate setting.
        self.select(interface, 0)
    }

    fn submit_in(&mut self, endpoint: EndpointAddress, length: usize) -> Result<TransferTag, UsbError> {
        self.submit(endpoint, UrbKind::In { length })
    }

    fn submit_out(&mut self, endpoint: EndpointAddress, data: Vec<u8>) -> Result<TransferTag, UsbError> {
        self.submit(endpoint, UrbKind::Out { data })
    }

    fn wait(&mut self, limit: Duration) -> Wait {
        let until = self.clock.now() + limit;
        loop {
            self.socket.changed.take();
            if self.woken.swap(false, Ordering::AcqRel) {
                return Wait::Woken;
            }
            if let Some(completion) = self.ended.pop_front() {
                return Wait::Completed(completion);
            }
            let wake_at = self.poll();
            if !self.ended.is_empty() {
                continue;
            }
            if self.clock.now() >= until {
                return Wait::TimedOut;
            }
            self.clock.wait(&self.socket.changed, wake_at.map_or(until, |at| at.min(until)));
        }
    }

    fn waker(&self) -> Waker {
        let (woken, changed) = (self.woken.clone(), self.socket.changed.clone());
        Waker::new(move || {
            woken.store(true, Ordering::Release);
            changed.set();
        })
    }

    fn control(&mut self, request: &ControlRequest, limit: Duration) -> Result<Vec<u8>, UsbError> {
        let inward = request.direction() == Direction::In;
        let setup = Setup {
            request_type: request.request_type,
            request: request.request,
            value: request.value,
            index: request.index,
            length: if inward { request.length } else { request.data.len() as u16 },
        };
        let data = if inward { Vec::new() } else { request.data.clone() };
        let id = next_urb();
        self.control = Some((id, None));
        let kind = UrbKind::Control { setup, data };
        let endpoint = if inward { 0x80 } else { 0 };
        self.socket.device().submit(self.clock.now(), Urb { id, endpoint, kind });
        let until = self.clock.now() + limit;
        loop {
            let wake_at = self.poll();
            if let Some((_, Some(answer))) = self.control.take_if(|(_, answer)| answer.is_some()) {
                return match answer.status {
                    UrbStatus::Done => Ok(answer.data),
                    UrbStatus::Stall => Err(UsbError::Stall(EndpointAddress(endpoint))),
                    UrbStatus::Cancelled => Err(UsbError::Cancelled),
                    UrbStatus::Gone => Err(UsbError::Disconnected),
                };
            }
            if self.clock.now() >= until {
                self.control = None;
                self.socket.device().cancel(self.clock.now(), id);
                return Err(UsbError::TimedOut(limit));
            }
            self.clock.wait(&Signal::new(), wake_at.map_or(until, |at| at.min(until)));
        }
    }

    fn clear_halt(&mut self, endpoint: EndpointAddress) -> Result<(), UsbError> {
        let request = ControlRequest {
            request_type: 2,
            request: 1,
            value: 0,
            index: u16::from(endpoint.0),
            data: Vec::new(),
            length: 0,
        };
        self.control(&request, SELECT_LIMIT).map(|_| ())
    }

    fn reset(&mut self) -> Result<(), UsbError> {
        if self.gone {
            return Err(UsbError::Disconnected);
        }
        self.socket.device().reset(self.clock.now());
        self.poll();
        for (interface, alternate) in self.claimed.clone() {
            self.select(interface, alternate)?;
        }
        Ok(())
    }

    fn cancel_all(&mut self) {
        let now = self.clock.now();
        let mut armed: Vec<UrbId> = self.armed.keys().copied().collect();
        armed.sort();
        let mut device = self.socket.device();
        for id in armed {
            device.cancel(now, id);
        }
    }
}

impl Drop for VirtualUsbPort {
    fn drop(&mut self) {
        self.cancel_all();
        self.poll();
        for interface in std::mem::take(&mut self.claimed).into_keys() {
            // A device that is gone needs no alternate setting.
            let _ = self.select(interface, 0);
        }
    }
}

/// An id no other transfer of this process has.
pub(super) fn next_urb() -> UrbId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    UrbId(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The descriptors of a device, parsed as a host would.
pub fn describe(device: &dyn UsbDevice) -> DeviceDescription {
    let head = device.device_descriptor();
    let word =
        |at: usize| u16::from_le_bytes([head.get(at).copied().unwrap_or(0), head.get(at + 1).copied().unwrap_or(0)]);
    let string = |at: usize| head.get(at).filter(|index| **index != 0).and_then(|index| device.string(*index));
    DeviceDescription {
        vendor: word(8),
        product: word(10),
        release: word(12),
        manufacturer: string(14),
        name: string(15),
        serial: string(16),
        interfaces: configurations(&device.configuration_descriptor())
            .into_iter()
            .next()
            .map_or_else(Vec::new, |configuration| configuration.interfaces),
    }
}
