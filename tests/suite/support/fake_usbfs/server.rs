//! The kernel's side: ioctls of usbfs, answered by a simulated device.
//!
//! A message is three native unsigned longs. The program sends `IOCTL request argument`; we answer
//! by reading and writing its memory and end with `DONE result errno`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use lightbar::clock::{Clock, Moment};
use lightbar::virtual_device::{Setup, Socket, Taken, Urb, UrbCompletion, UrbId, UrbKind, UrbStatus, UsbSpeed};

use super::tree;

const IOCTL: u64 = 1;
const DONE: u64 = 3;
const DO_IT_YOURSELF: u64 = 4;
const READ_MEMORY: u64 = 5;
const WRITE_MEMORY: u64 = 6;

const ENOENT: i32 = 2;
const EAGAIN: i32 = 11;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const ENOTTY: i32 = 25;
const EPIPE: i32 = 32;
const ENODATA: i32 = 61;
const ESHUTDOWN: i32 = 108;
const ETIMEDOUT: i32 = 110;

/// What DISCONNECT_CLAIM spares is named.
const EXCEPT_DRIVER: u32 = 2;
/// Numbers of requests to drivers of the kernel.
const DISCONNECT: u32 = 22;
const CONNECT: u32 = 23;
/// The kernel's driver for printers, which takes interfaces of printing scanners.
const DRIVER: &[u8] = b"usblp\0";

/// Larger than any transfer a test makes.
const MEMORY_LIMIT: u64 = 4 << 20;
/// How long a synchronous control request may take, as in the kernel.
const CONTROL_LIMIT: Duration = Duration::from_secs(5);
/// How long the pump sleeps when nothing is pending.
const IDLE: Duration = Duration::from_secs(3600);
/// The "program" that holds what [`Server::hold`] names.
const SOMEBODY_ELSE: u64 = u64::MAX;
/// Zero-length packets on request, no packet size limit, one URB for large transfers, reaping after unplug.
const CAPABILITIES: u32 = 0x01 | 0x04 | 0x08 | 0x10;

/// What was asked of the kernel's side so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// SUBMITURB.
    pub(crate) submitted: u64,
    /// DISCARDURB of a transfer that was still armed.
    pub(crate) discarded: u64,
    /// Transfers handed back.
    pub(crate) reaped: u64,
    /// RESET.
    pub(crate) resets: u64,
    /// SETINTERFACE.
    pub(crate) alternates_set: u64,
    /// SETCONFIGURATION.
    pub(crate) configurations_set: u64,
    /// CLEAR_HALT.
    pub(crate) halts_cleared: u64,
    /// Interfaces that are claimed at this moment.
    pub(crate) claimed: u64,
    /// DISCONNECT and DISCONNECT_CLAIM of interfaces that a driver of the kernel had.
    pub(crate) drivers_detached: u64,
    /// CONNECT of interfaces that a driver of the kernel took.
    pub(crate) drivers_attached: u64,
    /// Interfaces that a driver of the kernel has at this moment.
    pub(crate) drivers_bound: u64,
}

pub(super) struct Server {
    shared: Arc<Shared>,
}

struct Shared {
    socket: Socket,
    _taken: Taken,
    clock: Arc<dyn Clock>,
    speed: u64,
    state: Mutex<State>,
    answered: Condvar,
    next_client: AtomicU64,
    stop: AtomicBool,
}

struct State {
    fifo: Fifo,
    next_urb: u64,
    urbs: HashMap<UrbId, Owner>,
    ready: BTreeMap<u64, VecDeque<(u64, UrbCompletion)>>,
    /// Answers to synchronous control requests.
    answers: HashMap<UrbId, UrbCompletion>,
    /// Which program has claimed an interface.
    claims: BTreeMap<u32, u64>,
    /// Interfaces that a driver of the kernel takes when it may, and whether it has them now.
    drivers: BTreeMap<u32, bool>,
    unplugged: bool,
    counts: Counts,
}

impl State {
    fn has_driver(&self, interface: u32) -> bool {
        self.drivers.get(&interface) == Some(&true)
    }

    /// A driver of the kernel lets go; whether it had the interface.
    fn detach_driver(&mut self, interface: u32) -> bool {
        let had = self.drivers.get_mut(&interface).is_some_and(std::mem::take);
        self.counts.drivers_detached += u64::from(had);
        had
    }
}

/// Who submitted a transfer: the program, and the URB's address there. None for synchronous requests.
#[derive(Clone, Copy)]
struct Owner(Option<(u64, u64)>);

/// The device's node. It is full while there is nothing to reap, so that `poll` for writing waits.
struct Fifo {
    file: File,
    full: bool,
}

impl Fifo {
    fn set_reapable(&mut self, reapable: bool) {
        let block = [0u8; 4096];
        let mut sink = [0u8; 4096];
        if reapable && self.full {
            while matches!((&self.file).read(&mut sink), Ok(1..)) {}
        } else if !reapable && !self.full {
            while (&self.file).write(&block).is_ok() {}
            while (&self.file).write(&block[..1]).is_ok() {}
        }
        self.full = !reapable;
    }
}

impl Server {
    pub(super) fn start(root: &Path, socket: &Socket, clock: Arc<dyn Clock>) -> Server {
        const O_NONBLOCK: i32 = 0o4000;
        let node = OpenOptions::new().read(true).write(true).custom_flags(O_NONBLOCK).open(tree::node(root));
        let mut fifo = Fifo { file: node.expect("the node"), full: false };
        fifo.set_reapable(false);
        let speed = match socket.device().speed() {
            UsbSpeed::Full => 2,
            UsbSpeed::High => 3,
            UsbSpeed::Super => 5,
        };
        let state = State {
            fifo,
            next_urb: 1 << 32,
            urbs: HashMap::new(),
            ready: BTreeMap::new(),
            answers: HashMap::new(),
            claims: BTreeMap::new(),
            drivers: BTreeMap::new(),
            unplugged: false,
            counts: Counts::default(),
        };
        let shared = Arc::new(Shared {
            socket: socket.clone(),
            _taken: socket.take().expect("nobody else hosts the device"),
            clock,
            speed,
            state: Mutex::new(state),
            answered: Condvar::new(),
            next_client: AtomicU64::new(1),
            stop: AtomicBool::new(false),
        });
        let listener = UnixListener::bind(tree::ioctl_socket(root)).expect("the ioctl socket");
        let (pumping, accepting) = (Arc::clone(&shared), Arc::clone(&shared));
        std::thread::spawn(move || pumping.keep_pumping());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), false) = (stream, accepting.stop.load(Ordering::SeqCst)) else { return };
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || {
                    let number = shared.next_client.fetch_add(1, Ordering::SeqCst);
                    let mut client = Client { shared, stream, number };
                    // The program closed the device, or ended.
                    let _ = client.serve();
                    client.leave();
                });
            }
        });
        Server { shared }
    }

    pub(super) fn hold(&self, interface: u32) {
        self.shared.state().claims.insert(interface, SOMEBODY_ELSE);
    }

    pub(super) fn bind_driver(&self, interface: u32) {
        self.shared.state().drivers.insert(interface, true);
    }

    pub(super) fn counts(&self) -> Counts {
        let state = self.shared.state();
        let claimed = state.claims.values().filter(|owner| **owner != SOMEBODY_ELSE).count() as u64;
        let drivers_bound = state.drivers.values().filter(|bound| **bound).count() as u64;
        Counts { claimed, drivers_bound, ..state.counts }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.socket.changed().set();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while locked")
    }

    /// Asks the device what happened and sorts it. Answers when to ask again.
    fn pump(&self) -> Option<Moment> {
        let mut device = self.socket.device();
        let polled = device.poll(self.clock.now());
        let mut state = self.state();
        state.unplugged = polled.unplugged;
        for completion in polled.completions {
            match state.urbs.remove(&completion.id) {
                Some(Owner(Some((client, address)))) => {
                    state.ready.entry(client).or_default().push_back((address, completion));
                }
                Some(Owner(None)) => drop(state.answers.insert(completion.id, completion)),
                None => {}
            }
        }
        let reapable = state.ready.values().any(|ready| !ready.is_empty());
        state.fifo.set_reapable(reapable);
        drop(state);
        self.answered.notify_all();
        polled.wake_at
    }

    fn keep_pumping(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            self.socket.changed().take();
            let wake_at = self.pump();
            let now = self.clock.now();
            // A device that wants to be asked at once is asked a little later: no spinning.
            let at = wake_at.map_or(now + IDLE, |at| at.max(now + Duration::from_micros(200)));
            self.clock.wait(self.socket.changed(), at);
        }
    }

    fn submit(&self, owner: Owner, endpoint: u8, kind: UrbKind) -> UrbId {
        let mut device = self.socket.device();
        let id = {
            let mut state = self.state();
            state.next_urb += 1;
            let id = UrbId(state.next_urb);
            state.urbs.insert(id, owner);
            id
        };
        device.submit(self.clock.now(), Urb { id, endpoint, kind });
        drop(device);
        self.pump();
        self.socket.changed().set();
        id
    }

    /// A request the kernel makes itself and waits for.
    fn control(&self, setup: Setup, data: Vec<u8>) -> Result<Vec<u8>, i32> {
        let id = self.submit(Owner(None), setup.request_type & 0x80, UrbKind::Control { setup, data });
        let waiting = self.state();
        let (mut state, _) = self
            .answered
            .wait_timeout_while(waiting, CONTROL_LIMIT, |state| !state.answers.contains_key(&id))
            .expect("no panic while locked");
        let answer = state.answers.remove(&id).ok_or(ETIMEDOUT)?;
        match answer.status {
            UrbStatus::Done => Ok(answer.data),
            status => Err(-errno(status)),
        }
    }
}

fn errno(status: UrbStatus) -> i32 {
    match status {
        UrbStatus::Done => 0,
        UrbStatus::Stall => -EPIPE,
        UrbStatus::Cancelled => -ENOENT,
        UrbStatus::Gone => -ESHUTDOWN,
    }
}

/// One opened node: one connection.
struct Client {
    shared: Arc<Shared>,
    stream: UnixStream,
    number: u64,
}

/// The result of an ioctl: its value, or an errno. The outer error is a program that went away.
type Answer = std::io::Result<Result<u64, i32>>;

impl Client {
    fn serve(&mut self) -> std::io::Result<()> {
        loop {
            let [command, request, argument] = self.receive()?;
            if command != IOCTL {
                self.send([DO_IT_YOURSELF, 0, 0])?;
                self.receive()?;
                continue;
            }
            match self.ioctl(request, argument)? {
                Ok(value) => self.send([DONE, value, 0])?,
                Err(errno) => self.send([DONE, u64::MAX, errno as u64])?,
            }
        }
    }

    fn receive(&mut self) -> std::io::Result<[u64; 3]> {
        let mut bytes = [0; 24];
        self.stream.read_exact(&mut bytes)?;
        let word = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        Ok([word(0), word(8), word(16)])
    }

    fn send(&mut self, words: [u64; 3]) -> std::io::Result<()> {
        self.stream.write_all(&words.map(u64::to_ne_bytes).concat())
    }

    fn peek(&mut self, address: u64, length: u64) -> std::io::Result<Vec<u8>> {
        assert!(length <= MEMORY_LIMIT, "a transfer of {length} bytes");
        let mut bytes = vec![0; length as usize];
        if length > 0 {
            self.send([READ_MEMORY, address, length])?;
            self.stream.read_exact(&mut bytes)?;
        }
        Ok(bytes)
    }

    fn poke(&mut self, address: u64, bytes: &[u8]) -> std::io::Result<()> {
        if !bytes.is_empty() {
            self.send([WRITE_MEMORY, address, bytes.len() as u64])?;
            self.stream.write_all(bytes)?;
        }
        Ok(())
    }

    fn word(&mut self, address: u64) -> std::io::Result<u32> {
        Ok(u32_at(&self.peek(address, 4)?, 0))
    }

    fn ioctl(&mut self, request: u64, argument: u64) -> Answer {
        let number = request & 0xff;
        let may_come_after_unplug = [11, 12, 13].contains(&number);
        if (request >> 8) & 0xff != u64::from(b'U') {
            return Ok(Err(ENOTTY));
        }
        if self.shared.state().unplugged && !may_come_after_unplug {
            return Ok(Err(ENODEV));
        }
        match number {
            0 => self.control(argument),
            3 => Ok(Ok(0)),
            4 => self.set_interface(argument),
            5 => {
                let value = self.word(argument)?;
                self.shared.state().counts.configurations_set += 1;
                Ok(self.standard(0, 9, value as u16, 0))
            }
            8 => self.driver(argument),
            10 => self.submit(argument),
            11 => Ok(self.discard(argument).inspect(|_| self.shared.state().counts.discarded += 1)),
            12 | 13 => self.reap(argument),
            15 => self.claim(argument),
            16 => self.release(argument),
            18 => self.driver_ioctl(argument),
            20 => Ok(self.reset()),
            21 => {
                let endpoint = self.word(argument)?;
                self.shared.state().counts.halts_cleared += 1;
                Ok(self.standard(2, 1, 0, endpoint as u16))
            }
            26 => {
                self.poke(argument, &CAPABILITIES.to_ne_bytes())?;
                Ok(Ok(0))
            }
            27 => self.detach_and_claim(argument),
            31 => Ok(Ok(self.shared.speed)),
            _ => Ok(Err(ENOTTY)),
        }
    }

    /// A standard request without data.
    fn standard(&self, request_type: u8, request: u8, value: u16, index: u16) -> Result<u64, i32> {
        self.shared.control(Setup { request_type, request, value, index, length: 0 }, Vec::new()).map(|_| 0)
    }

    fn control(&mut self, argument: u64) -> Answer {
        let transfer = self.peek(argument, 24)?;
        let setup = setup_of(&transfer);
        let data_at = u64_at(&transfer, 16);
        let inward = setup.request_type & 0x80 != 0;
        let data = if inward { Vec::new() } else { self.peek(data_at, u64::from(setup.length))? };
        match self.shared.control(setup, data) {
            Ok(answer) => {
                self.poke(data_at, &answer)?;
                Ok(Ok(if inward { answer.len() as u64 } else { u64::from(setup.length) }))
            }
            Err(errno) => Ok(Err(errno)),
        }
    }

    fn set_interface(&mut self, argument: u64) -> Answer {
        let pair = self.peek(argument, 8)?;
        let (interface, alternate) = (u32_at(&pair, 0), u32_at(&pair, 4));
        if self.shared.state().claims.get(&interface) != Some(&self.number) {
            return Ok(Err(EINVAL));
        }
        self.shared.state().counts.alternates_set += 1;
        Ok(self.standard(1, 11, alternate as u16, interface as u16))
    }

    fn submit(&mut self, argument: u64) -> Answer {
        let urb = self.peek(argument, 56)?;
        let (kind, endpoint) = (urb[0], urb[1]);
        let (buffer, length) = (u64_at(&urb, 16), u64::from(u32_at(&urb, 24)));
        let kind = match kind {
            // Control: the setup packet stands before the data.
            2 => {
                let packet = self.peek(buffer, length)?;
                if packet.len() < 8 {
                    return Ok(Err(EINVAL));
                }
                let setup = setup_of(&packet);
                let data = if setup.request_type & 0x80 != 0 { Vec::new() } else { packet[8..].to_vec() };
                UrbKind::Control { setup, data }
            }
            1 | 3 if endpoint & 0x80 != 0 => UrbKind::In { length: length as usize },
            1 | 3 => UrbKind::Out { data: self.peek(buffer, length)? },
            _ => return Ok(Err(EINVAL)),
        };
        self.shared.state().counts.submitted += 1;
        self.shared.submit(Owner(Some((self.number, argument))), endpoint, kind);
        Ok(Ok(0))
    }

    fn discard(&self, argument: u64) -> Result<u64, i32> {
        let mut device = self.shared.socket.device();
        let id = {
            let state = self.shared.state();
            let ours = |(id, owner): (&UrbId, &Owner)| (owner.0 == Some((self.number, argument))).then_some(*id);
            state.urbs.iter().find_map(ours).ok_or(EINVAL)?
        };
        device.cancel(self.shared.clock.now(), id);
        drop(device);
        self.shared.pump();
        self.shared.socket.changed().set();
        Ok(0)
    }

    fn reap(&mut self, argument: u64) -> Answer {
        let ended = {
            let mut state = self.shared.state();
            let ended = state.ready.get_mut(&self.number).and_then(VecDeque::pop_front);
            state.counts.reaped += u64::from(ended.is_some());
            let reapable = state.ready.values().any(|ready| !ready.is_empty());
            state.fifo.set_reapable(reapable);
            ended
        };
        let Some((address, completion)) = ended else {
            return Ok(Err(if self.shared.state().unplugged { ENODEV } else { EAGAIN }));
        };
        let urb = self.peek(address, 32)?;
        let is_control = urb[0] == 2;
        let buffer = u64_at(&urb, 16) + if is_control { 8 } else { 0 };
        let moved = if completion.data.is_empty() { completion.moved } else { completion.data.len() };
        self.poke(buffer, &completion.data)?;
        self.poke(address + 4, &errno(completion.status).to_ne_bytes())?;
        self.poke(address + 28, &(moved as u32).to_ne_bytes())?;
        self.poke(argument, &address.to_ne_bytes())?;
        Ok(Ok(0))
    }

    /// GETDRIVER: interface, then room for a name.
    fn driver(&mut self, argument: u64) -> Answer {
        let interface = self.word(argument)?;
        if !self.shared.state().has_driver(interface) {
            return Ok(Err(ENODATA));
        }
        self.poke(argument + 4, DRIVER)?;
        Ok(Ok(0))
    }

    /// IOCTL: interface, number and data of a request to its driver.
    fn driver_ioctl(&mut self, argument: u64) -> Answer {
        let request = self.peek(argument, 16)?;
        let interface = u32_at(&request, 0);
        let mut state = self.shared.state();
        match u32_at(&request, 4) & 0xff {
            DISCONNECT => Ok(if state.detach_driver(interface) { Ok(0) } else { Err(ENODATA) }),
            CONNECT if state.claims.contains_key(&interface) || state.has_driver(interface) => Ok(Err(EBUSY)),
            CONNECT => {
                let taken = state.drivers.get_mut(&interface).is_some_and(|bound| !std::mem::replace(bound, true));
                state.counts.drivers_attached += u64::from(taken);
                Ok(Ok(u64::from(taken)))
            }
            _ => Ok(Err(ENOTTY)),
        }
    }

    /// DISCONNECT_CLAIM: interface, flags, name of a driver. Whoever asks spares usbfs, which is another program.
    fn detach_and_claim(&mut self, argument: u64) -> Answer {
        let request = self.peek(argument, 16)?;
        assert!(u32_at(&request, 4) == EXCEPT_DRIVER && request[8..].starts_with(b"usbfs\0"), "{request:?}");
        self.shared.state().detach_driver(u32_at(&request, 0));
        self.claim(argument)
    }

    fn claim(&mut self, argument: u64) -> Answer {
        let interface = self.word(argument)?;
        let mut state = self.shared.state();
        match state.claims.get(&interface) {
            _ if state.has_driver(interface) => Ok(Err(EBUSY)),
            Some(owner) if *owner != self.number => Ok(Err(EBUSY)),
            _ => {
                state.claims.insert(interface, self.number);
                Ok(Ok(0))
            }
        }
    }

    fn release(&mut self, argument: u64) -> Answer {
        let interface = self.word(argument)?;
        if self.shared.state().claims.get(&interface) != Some(&self.number) {
            return Ok(Err(EINVAL));
        }
        self.shared.state().claims.remove(&interface);
        // As the kernel does when a driver lets go of an interface.
        let _ = self.standard(1, 11, 0, interface as u16);
        Ok(Ok(0))
    }

    fn reset(&self) -> Result<u64, i32> {
        self.shared.state().counts.resets += 1;
        self.shared.socket.device().reset(self.shared.clock.now());
        self.shared.pump();
        Ok(0)
    }

    /// The program has closed the device: what it had in flight is taken back, what it held is free.
    fn leave(&mut self) {
        let owned: Vec<u64> = {
            let state = self.shared.state();
            let ours = state.urbs.values().filter_map(|owner| owner.0);
            ours.filter(|(client, _)| *client == self.number).map(|(_, address)| address).collect()
        };
        for address in owned {
            let _ = self.discard(address);
        }
        let held: Vec<u32> = {
            let mut state = self.shared.state();
            state.ready.remove(&self.number);
            let held = state.claims.iter().filter(|(_, owner)| **owner == self.number).map(|(held, _)| *held).collect();
            state.claims.retain(|_, owner| *owner != self.number);
            held
        };
        for interface in held {
            let _ = self.standard(1, 11, 0, interface as u16);
        }
        self.shared.pump();
    }
}

fn setup_of(bytes: &[u8]) -> Setup {
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    Setup { request_type: bytes[0], request: bytes[1], value: word(2), index: word(4), length: word(6) }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
