//! A link over USB: each claimed pair of bulk endpoints is one lane (eSCL reference, 9.4 and 9.5).
//!
//! Reads are queued and stay armed whatever ends a wait. An empty packet is no end: the read is
//! armed again after a pause that grows while nothing else comes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::{Arrival, Lane, Link, LinkError};
use crate::clock::{Clock, Moment, Waker};
use crate::usb::{
    Completion, DeviceDescription, Direction, EndpointAddress, InterfaceKind, TransferTag, UsbError, UsbPort, Wait,
};

/// Reads that are armed at once on a lane.
const QUEUED_READS: usize = 4;
/// Bytes of one read: a multiple of every packet size, and no more than devices take (reference, 9.5).
const READ_LENGTH: usize = 16 << 10;
/// First pause after an empty packet.
const EMPTY_PAUSE: Duration = Duration::from_millis(10);
/// Longest pause after empty packets.
const EMPTY_PAUSE_LIMIT: Duration = Duration::from_secs(1);
/// Most bytes of one write; a request is one write unless it is longer.
const WRITE_LENGTH: usize = 64 << 10;
/// Time for armed transfers to come back when the link is shut down or reset.
const CANCEL_LIMIT: Duration = Duration::from_millis(500);
/// Completions that may be waited for in that time.
const CANCEL_STEPS: usize = 256;

/// Time for transfers of a device that is gone to come back: the kernel ends them all at once.
const GONE_LIMIT: Duration = Duration::from_millis(50);

/// One interface with a pair of bulk endpoints that carries HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeEndpoints {
    /// bInterfaceNumber.
    pub interface: u8,
    /// The alternate setting that carries HTTP.
    pub alternate: u8,
    /// To the device.
    pub output: EndpointAddress,
    /// From the device.
    pub input: EndpointAddress,
}

/// The interfaces of a device that carry HTTP, one alternate setting of each (reference, 2.2).
pub fn pipes_of(device: &DeviceDescription) -> Vec<PipeEndpoints> {
    let mut found: Vec<PipeEndpoints> = Vec::new();
    for interface in &device.interfaces {
        if !matches!(interface.kind, InterfaceKind::IPP_USB | InterfaceKind::HP_IPP_USB)
            || found.iter().any(|known| known.interface == interface.number)
        {
            continue;
        }
        if let (Some(output), Some(input)) = (interface.bulk(Direction::Out), interface.bulk(Direction::In)) {
            found.push(PipeEndpoints {
                interface: interface.number,
                alternate: interface.alternate,
                output: output.address,
                input: input.address,
            });
        }
    }
    found
}

/// The lanes of an opened device.
pub struct UsbPipe {
    port: Box<dyn UsbPort>,
    clock: Arc<dyn Clock>,
    lanes: Vec<Pipe>,
    /// Arrivals that a wait for something else came upon.
    pending: VecDeque<Arrival>,
    open: bool,
}

struct Pipe {
    endpoints: PipeEndpoints,
    armed: usize,
    pause: Duration,
    /// Not to be read before.
    rest_until: Moment,
    writes: Vec<TransferTag>,
    failed: bool,
}

impl Pipe {
    fn of(endpoints: PipeEndpoints) -> Pipe {
        let (pause, rest_until) = (EMPTY_PAUSE, Moment::START);
        Pipe { endpoints, armed: 0, pause, rest_until, writes: Vec::new(), failed: false }
    }
}

impl UsbPipe {
    /// Claims these interfaces of a port, at most `most` of them. Interfaces after the first that
    /// somebody else holds are left out.
    ///
    /// # Errors
    /// The first interface cannot be claimed, or there is none.
    pub fn open(
        mut port: Box<dyn UsbPort>,
        pipes: &[PipeEndpoints],
        most: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<UsbPipe, UsbError> {
        let mut lanes: Vec<Pipe> = Vec::new();
        for endpoints in pipes.iter().take(most.max(1)) {
            match port.claim(endpoints.interface, endpoints.alternate) {
                Ok(()) => lanes.push(Pipe::of(*endpoints)),
                Err(error) if lanes.is_empty() => return Err(error),
                Err(error) => tracing::info!(interface = endpoints.interface, %error, "not claimed"),
            }
        }
        if lanes.is_empty() {
            return Err(UsbError::NotFound("interface for HTTP over USB"));
        }
        Ok(UsbPipe { port, clock, lanes, pending: VecDeque::new(), open: true })
    }

    /// Arms what is not armed and not at rest; says when the next rest ends.
    fn arm(&mut self) -> Result<Option<Moment>, (Lane, UsbError)> {
        let now = self.clock.now();
        let mut next = None;
        for (lane, pipe) in self.lanes.iter_mut().enumerate() {
            if pipe.failed || pipe.armed == QUEUED_READS {
                continue;
            }
            if now < pipe.rest_until {
                // While some reads are armed the others need no hurry.
                next = Some(next.map_or(pipe.rest_until, |at: Moment| at.min(pipe.rest_until)));
                continue;
            }
            while pipe.armed < QUEUED_READS {
                match self.port.submit_in(pipe.endpoints.input, READ_LENGTH) {
                    Ok(_) => pipe.armed += 1,
                    // One armed read is enough to go on.
                    Err(UsbError::NoResources) if pipe.armed > 0 => break,
                    Err(error) => {
                        pipe.failed = true;
                        return Err((lane, error));
                    }
                }
            }
        }
        Ok(next)
    }

    fn lane_of(&self, endpoint: EndpointAddress) -> Option<Lane> {
        self.lanes.iter().position(|pipe| pipe.endpoints.input == endpoint || pipe.endpoints.output == endpoint)
    }

    fn completed(&mut self, completion: Completion) -> Option<Arrival> {
        let lane = self.lane_of(completion.endpoint)?;
        let now = self.clock.now();
        let pipe = &mut self.lanes[lane];
        if completion.endpoint.direction() == Direction::Out {
            pipe.writes.retain(|tag| *tag != completion.tag);
            return match completion.result {
                Ok(()) => None,
                Err(error) => Some(self.fail(lane, completion.endpoint, error)),
            };
        }
        pipe.armed = pipe.armed.saturating_sub(1);
        if let Err(error) = completion.result {
            let failure = self.fail(lane, completion.endpoint, error);
            if completion.data.is_empty() {
                return Some(failure);
            }
            self.pending.push_back(failure);
            return Some(Arrival::Data { lane, bytes: completion.data });
        }
        if completion.data.is_empty() {
            pipe.rest_until = now + pipe.pause;
            pipe.pause = (pipe.pause + pipe.pause / 4).min(EMPTY_PAUSE_LIMIT);
            return Some(Arrival::Empty { lane });
        }
        pipe.pause = EMPTY_PAUSE;
        pipe.rest_until = now;
        Some(Arrival::Data { lane, bytes: completion.data })
    }

    fn fail(&mut self, lane: Lane, endpoint: EndpointAddress, error: UsbError) -> Arrival {
        if let UsbError::Stall(_) = error
            && let Err(error) = self.port.clear_halt(endpoint)
        {
            tracing::warn!(%endpoint, %error, "halt not cleared");
        }
        self.lanes[lane].failed = true;
        Arrival::Failed { lane, error: error.into() }
    }

    /// A device is gone, or a lane of it is not to be used any more. What it sent before may stand in the
    /// port's queue behind the news of it, for any lane: that comes first, and then the failures.
    fn last_arrivals(&mut self) -> Arrival {
        let until = self.clock.now() + GONE_LIMIT;
        for _ in 0..CANCEL_STEPS {
            if self.lanes.iter().all(|pipe| pipe.armed == 0) {
                break;
            }
            match self.port.wait(until.since(self.clock.now())) {
                Wait::Completed(completion) => {
                    let arrival = self.completed(completion);
                    self.pending.extend(arrival);
                }
                Wait::Woken => self.pending.push_back(Arrival::Woken),
                Wait::TimedOut => break,
            }
        }
        self.pending.make_contiguous().sort_by_key(|arrival| match arrival {
            Arrival::Woken => 0,
            Arrival::Data { .. } | Arrival::Empty { .. } => 1,
            Arrival::Closed { .. } | Arrival::Failed { .. } | Arrival::TimedOut => 2,
        });
        self.pending.pop_front().unwrap_or(Arrival::TimedOut)
    }

    /// Takes every transfer back and waits until all have come. Says whether somebody woke it meanwhile.
    fn take_back(&mut self) -> bool {
        let mut woken = false;
        if self.lanes.iter().all(|pipe| pipe.armed == 0 && pipe.writes.is_empty()) {
            return woken;
        }
        self.port.cancel_all();
        let until = self.clock.now() + CANCEL_LIMIT;
        for _ in 0..CANCEL_STEPS {
            if self.lanes.iter().all(|pipe| pipe.armed == 0 && pipe.writes.is_empty()) {
                return woken;
            }
            match self.port.wait(until.since(self.clock.now())) {
                Wait::Completed(completion) => {
                    if let Some(lane) = self.lane_of(completion.endpoint) {
                        let pipe = &mut self.lanes[lane];
                        match completion.endpoint.direction() {
                            Direction::In => pipe.armed = pipe.armed.saturating_sub(1),
                            Direction::Out => pipe.writes.retain(|tag| *tag != completion.tag),
                        }
                    }
                }
                // The wake was for somebody who waits next.
                Wait::Woken => {
                    woken = true;
                    self.pending.push_back(Arrival::Woken);
                }
                Wait::TimedOut => {
                    tracing::warn!("transfers did not come back");
                    return woken;
                }
            }
        }
        woken
    }
}

impl Link for UsbPipe {
    fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn has_ends(&self) -> bool {
        false
    }

    fn host(&self) -> String {
        "localhost".to_owned()
    }

    fn send(&mut self, lane: Lane, bytes: Vec<u8>) -> Result<(), LinkError> {
        if !self.open {
            return Err(LinkError::ShutDown);
        }
        let pipe = self.lanes.get_mut(lane).ok_or(LinkError::ShutDown)?;
        pipe.pause = EMPTY_PAUSE;
        pipe.rest_until = Moment::START;
        for piece in bytes.chunks(WRITE_LENGTH) {
            let tag = self.port.submit_out(pipe.endpoints.output, piece.to_vec())?;
            pipe.writes.push(tag);
        }
        match self.arm() {
            Ok(_) => Ok(()),
            Err((_, error)) => Err(error.into()),
        }
    }

    fn close(&mut self, _lane: Lane) {}

    fn wait(&mut self, limit: Duration) -> Arrival {
        if let Some(arrival) = self.pending.pop_front() {
            return arrival;
        }
        let until = self.clock.now() + limit;
        loop {
            if !self.open {
                return Arrival::Failed { lane: 0, error: LinkError::ShutDown };
            }
            let rest = match self.arm() {
                Ok(rest) => rest,
                Err((lane, error)) => {
                    self.pending.push_back(Arrival::Failed { lane, error: error.into() });
                    return self.last_arrivals();
                }
            };
            let now = self.clock.now();
            let next = rest.map_or(until, |rest| rest.min(until));
            match self.port.wait(next.since(now)) {
                Wait::Completed(completion) => {
                    let is_gone = matches!(completion.result, Err(UsbError::Disconnected));
                    let arrival = self.completed(completion);
                    if is_gone {
                        self.pending.extend(arrival);
                        return self.last_arrivals();
                    }
                    if let Some(arrival) = arrival {
                        return arrival;
                    }
                }
                Wait::Woken => return Arrival::Woken,
                Wait::TimedOut if self.clock.now() >= until || next == until => return Arrival::TimedOut,
                Wait::TimedOut => {}
            }
        }
    }

    fn waker(&self) -> Waker {
        self.port.waker()
    }

    fn hear_wakes(&mut self) {
        self.pending.retain(|arrival| !matches!(arrival, Arrival::Woken));
        // A wake is answered before anything else.
        if let Wait::Completed(completion) = self.port.wait(Duration::ZERO) {
            let arrival = self.completed(completion);
            self.pending.extend(arrival);
        }
    }

    fn reset(&mut self) -> Result<(), LinkError> {
        if self.take_back() {
            return Err(UsbError::Cancelled.into());
        }
        self.pending.retain(|arrival| matches!(arrival, Arrival::Woken));
        let result = self.port.reset();
        for pipe in &mut self.lanes {
            *pipe = Pipe::of(pipe.endpoints);
        }
        Ok(result?)
    }

    fn shut_down(&mut self) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        self.take_back();
        for pipe in &self.lanes {
            if let Err(error) = self.port.release(pipe.endpoints.interface) {
                tracing::debug!(interface = pipe.endpoints.interface, %error, "not released");
            }
        }
    }
}
