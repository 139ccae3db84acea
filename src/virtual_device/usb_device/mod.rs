//! The scanner as a USB device: descriptors, control requests, and one stream per interface.

mod control;
mod descriptors;
mod talk;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Poll, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbDevice, UsbSpeed};
use super::fault::FaultName;
use super::model::Model;
use super::scanner::Scanner;
use super::shared::Shared;
use crate::clock::Moment;
use control::NotSupported;
use descriptors::MAX_PACKET;
use talk::Talk;

/// How often a device that thinks sends a zero-length packet.
const THINKING_PACKET: Duration = Duration::from_millis(10);
/// Transfers that may be pending on one endpoint; more end as stalled.
const PENDING_LIMIT: usize = 256;

/// The USB side of a simulated scanner.
pub(super) struct UsbScanner {
    shared: Arc<Shared>,
    model: &'static Model,
    configuration: u8,
    interfaces: Vec<Interface>,
    /// The interrupt endpoint of the button; nobody reaches it on a model without one.
    event: Endpoint,
    completions: Vec<UrbCompletion>,
}

struct Interface {
    /// Of an HTTP interface 0 prints and 1 speaks HTTP.
    alternate: u8,
    stream: Talk,
    input: Endpoint,
    output: Endpoint,
    /// Bytes since the last short packet; a multiple of the packet size may want a zero-length one.
    owes_zero_length: bool,
    /// The last read ended without data although there was some.
    just_withheld: bool,
    /// When the next zero-length packet of a thinking device is due.
    thinking_packet: Option<Moment>,
}

#[derive(Default)]
struct Endpoint {
    halted: bool,
    pending: VecDeque<Transfer>,
}

struct Transfer {
    id: UrbId,
    /// How much is wanted, for reads.
    length: usize,
    /// What is left to take, for writes.
    data: Vec<u8>,
    moved: usize,
}

impl UsbScanner {
    pub(super) fn new(shared: Arc<Shared>) -> UsbScanner {
        let model = shared.model();
        let interfaces = (0..model.interfaces).map(|_| Interface::new(model)).collect();
        UsbScanner { shared, model, configuration: 1, interfaces, event: Endpoint::default(), completions: Vec::new() }
    }

    /// The endpoint of an address; `None` when the model has none there.
    fn endpoint_at(&mut self, address: u8) -> Option<&mut Endpoint> {
        if self.model.has_button() && address == descriptors::event_endpoint(self.model) {
            return Some(&mut self.event);
        }
        let interface = &mut self.interfaces[descriptors::interface_of(self.model, address)?];
        Some(if address & 0x80 != 0 { &mut interface.input } else { &mut interface.output })
    }

    /// Every endpoint.
    fn endpoints(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        let bulk = self.interfaces.iter_mut().flat_map(|interface| [&mut interface.input, &mut interface.output]);
        bulk.chain([&mut self.event])
    }

    fn complete(&mut self, id: UrbId, status: UrbStatus, data: Vec<u8>, moved: usize) {
        self.completions.push(UrbCompletion { id, status, data, moved });
    }

    fn restart_stream(&mut self, now: Moment, index: usize) {
        let Some(interface) = self.interfaces.get_mut(index) else { return };
        interface.owes_zero_length = false;
        interface.just_withheld = false;
        interface.thinking_packet = None;
        let stream = std::mem::replace(&mut interface.stream, Talk::new(self.model.dialect));
        self.shared.with_quietly(|scanner| stream.abandon(now, scanner));
    }

    /// Ends every pending transfer.
    fn end_all(&mut self, status: UrbStatus) {
        let pending: Vec<Transfer> = self.endpoints().flat_map(|endpoint| endpoint.pending.drain(..)).collect();
        for transfer in pending {
            self.complete(transfer.id, status, Vec::new(), transfer.moved);
        }
    }
}

impl UsbDevice for UsbScanner {
    fn device_descriptor(&self) -> Vec<u8> {
        descriptors::device(self.model)
    }

    fn configuration_descriptor(&self) -> Vec<u8> {
        descriptors::configuration(self.model)
    }

    fn string(&self, index: u8) -> Option<String> {
        descriptors::string(self.model, index)
    }

    fn speed(&self) -> UsbSpeed {
        UsbSpeed::High
    }

    fn submit(&mut self, now: Moment, urb: Urb) {
        if self.shared.with_quietly(|scanner| scanner.is_unplugged()) {
            return self.complete(urb.id, UrbStatus::Gone, Vec::new(), 0);
        }
        let (length, data) = match urb.kind {
            UrbKind::Control { setup, data } => {
                return match self.control(now, setup) {
                    Ok(answer) => {
                        let moved = answer.len() + data.len();
                        self.complete(urb.id, UrbStatus::Done, answer, moved);
                    }
                    Err(NotSupported) => self.complete(urb.id, UrbStatus::Stall, Vec::new(), 0),
                };
            }
            UrbKind::In { length } => (length, Vec::new()),
            UrbKind::Out { data } => (0, data),
        };
        match self.endpoint_at(urb.endpoint).filter(|endpoint| endpoint.pending.len() < PENDING_LIMIT) {
            Some(endpoint) => endpoint.pending.push_back(Transfer { id: urb.id, length, data, moved: 0 }),
            None => self.complete(urb.id, UrbStatus::Stall, Vec::new(), 0),
        }
    }

    fn cancel(&mut self, _now: Moment, id: UrbId) {
        let taken_back = self.endpoints().find_map(|endpoint| {
            let at = endpoint.pending.iter().position(|transfer| transfer.id == id)?;
            endpoint.pending.remove(at)
        });
        if let Some(transfer) = taken_back {
            self.shared.with_quietly(|scanner| scanner.transfers_taken_back += 1);
            self.complete(id, UrbStatus::Cancelled, Vec::new(), transfer.moved);
        }
    }

    fn poll(&mut self, now: Moment) -> Poll {
        let shared = self.shared.clone();
        let wake_at = shared.with_quietly(|scanner| {
            let mut wake_at = scanner.advance(now);
            for interface in &mut self.interfaces {
                if scanner.is_unplugged() {
                    break;
                }
                let next = interface.run(now, scanner, &mut self.completions);
                wake_at = [wake_at, next].into_iter().flatten().min();
            }
            self.event.tell_presses(scanner, &mut self.completions);
            wake_at
        });
        let unplugged = shared.with_quietly(|scanner| scanner.is_unplugged());
        if unplugged {
            self.end_all(UrbStatus::Gone);
            for interface in &mut self.interfaces {
                *interface = Interface::new(self.model);
            }
        }
        Poll { completions: std::mem::take(&mut self.completions), wake_at, unplugged }
    }

    fn reset(&mut self, now: Moment) {
        self.end_all(UrbStatus::Cancelled);
        for index in 0..self.interfaces.len() {
            self.restart_stream(now, index);
            self.interfaces[index] = Interface::new(self.model);
        }
        self.shared.with_quietly(|scanner| scanner.restart(now));
    }
}

impl Interface {
    fn new(model: &Model) -> Interface {
        Interface {
            alternate: 0,
            stream: Talk::new(model.dialect),
            input: Endpoint::default(),
            output: Endpoint::default(),
            owes_zero_length: false,
            just_withheld: false,
            thinking_packet: None,
        }
    }

    fn speaks(&self) -> bool {
        self.stream.is_spoken_in(self.alternate)
    }

    /// Moves what can be moved. Answers when time alone will change something.
    fn run(&mut self, now: Moment, scanner: &mut Scanner, ended: &mut Vec<UrbCompletion>) -> Option<Moment> {
        let mut wake_at = None;
        loop {
            let before = ended.len();
            self.take_writes(now, scanner, ended);
            if self.speaks() && !scanner.is_mute() {
                wake_at = self.stream.advance(now, scanner);
                self.owes_zero_length |= self.stream.keep_open_when_finished();
            }
            let next = self.serve_reads(now, scanner, ended);
            if ended.len() == before || scanner.is_unplugged() {
                return [wake_at, next].into_iter().flatten().min();
            }
        }
    }

    fn take_writes(&mut self, now: Moment, scanner: &mut Scanner, ended: &mut Vec<UrbCompletion>) {
        // In its printing setting it swallows everything.
        let printing = !self.speaks();
        while let Some(transfer) = self.output.pending.front_mut() {
            if scanner.is_mute() || scanner.is_unplugged() {
                return;
            }
            if transfer.moved == 0 && !self.output.halted {
                scanner.faults.transfers += 1;
                scanner.misbehave(now);
                if scanner.is_mute() || scanner.is_unplugged() {
                    return;
                }
                self.output.halted = scanner.faults.fires(FaultName::Stall);
            }
            let status = if self.output.halted {
                UrbStatus::Stall
            } else {
                if self.stream.is_undrained() && scanner.faults.fires(FaultName::WedgeIfNotDrained) {
                    return scanner.go_mute();
                }
                let taken = if printing { transfer.data.len() } else { self.stream.receive(&transfer.data) };
                transfer.moved += taken;
                transfer.data.drain(..taken);
                if !transfer.data.is_empty() {
                    return;
                }
                UrbStatus::Done
            };
            let moved = transfer.moved;
            ended.extend(self.output.end_first(status, Vec::new(), moved));
        }
    }

    fn serve_reads(&mut self, now: Moment, scanner: &mut Scanner, ended: &mut Vec<UrbCompletion>) -> Option<Moment> {
        while let Some(length) = self.input.pending.front().map(|transfer| transfer.length) {
            if scanner.is_mute() || scanner.is_unplugged() {
                return None;
            }
            if self.input.halted {
                ended.extend(self.input.end_first(UrbStatus::Stall, Vec::new(), 0));
                continue;
            }
            if self.stream.waiting() == 0 {
                if std::mem::take(&mut self.owes_zero_length) {
                    ended.extend(self.input.end_first(UrbStatus::Done, Vec::new(), 0));
                    continue;
                }
                return self.think(now, scanner, ended);
            }
            scanner.faults.transfers += 1;
            scanner.misbehave(now);
            if scanner.is_mute() || scanner.is_unplugged() {
                return None;
            }
            if scanner.faults.fires(FaultName::Stall) {
                self.input.halted = true;
                continue;
            }
            if !self.just_withheld && scanner.faults.fires(FaultName::ZeroLength) {
                self.just_withheld = true;
                ended.extend(self.input.end_first(UrbStatus::Done, Vec::new(), 0));
                continue;
            }
            self.just_withheld = false;
            let data = self.read(length, scanner);
            let moved = data.len();
            ended.extend(self.input.end_first(UrbStatus::Done, data, moved));
            self.stream.advance(now, scanner);
        }
        None
    }

    /// Bytes for one read.
    fn read(&mut self, length: usize, scanner: &mut Scanner) -> Vec<u8> {
        let limit = scanner.faults.next_write(length);
        let taken = self.stream.take(limit);
        scanner.faults.bytes += taken.bytes.len() as u64;
        let fills_packets = !taken.bytes.is_empty() && taken.bytes.len().is_multiple_of(MAX_PACKET);
        let says_so = scanner.model().quirks.zero_length_after_multiple;
        self.owes_zero_length = taken.ends_answer && fills_packets && taken.bytes.len() == length && says_so;
        taken.bytes
    }

    /// Nothing to send: some devices say so with zero-length packets, most hold the read.
    fn think(&mut self, now: Moment, scanner: &Scanner, ended: &mut Vec<UrbCompletion>) -> Option<Moment> {
        if !(scanner.model().quirks.zero_length_while_thinking && self.stream.is_thinking()) {
            self.thinking_packet = None;
            return None;
        }
        let due = *self.thinking_packet.get_or_insert(now + THINKING_PACKET);
        if due > now {
            return Some(due);
        }
        self.thinking_packet = Some(now + THINKING_PACKET);
        ended.extend(self.input.end_first(UrbStatus::Done, Vec::new(), 0));
        self.thinking_packet
    }
}

impl Endpoint {
    /// The button's endpoint: a packet for each press, when somebody listens.
    fn tell_presses(&mut self, scanner: &mut Scanner, ended: &mut Vec<UrbCompletion>) {
        while !self.halted
            && let Some(transfer) = self.pending.front()
            && let Some(mut packet) = scanner.take_press()
        {
            packet.truncate(transfer.length);
            let moved = packet.len();
            ended.extend(self.end_first(UrbStatus::Done, packet, moved));
        }
    }

    fn end_first(&mut self, status: UrbStatus, data: Vec<u8>, moved: usize) -> Option<UrbCompletion> {
        self.pending.pop_front().map(|transfer| UrbCompletion { id: transfer.id, status, data, moved })
    }
}
