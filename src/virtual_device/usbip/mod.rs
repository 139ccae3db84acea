//! A simulated device over USB/IP: lent to a real kernel, which then drives it like any other.
//!
//! Protocol version 1.1.1. UNLINK takes a transfer back, an endpoint that is silent holds its
//! transfers, a pulled plug closes the connection; who imports the device again has put it back.

mod protocol;

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::core::{Urb, UrbCompletion, UrbId, UrbStatus};
use super::handle::VirtualScanner;
use super::port::{Socket, describe, next_urb};
use crate::clock::Clock;
use protocol::{Command, CommandError, Operation};

/// The name a client imports the device by.
pub const BUS_ID: &str = "1-1";
/// A client that takes nothing for this long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(60);
/// A client that connects says within this what it wants.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// A device that has nothing to do is looked at this often all the same.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A running server. Dropping it stops it and closes its connections.
#[derive(Debug)]
pub struct UsbIpServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    client: Arc<Mutex<Option<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl UsbIpServer {
    /// Listens at an address; port 0 is any free one. One client is served at a time.
    pub(super) fn start(scanner: VirtualScanner, address: impl ToSocketAddrs) -> io::Result<UsbIpServer> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let client = Arc::new(Mutex::new(None));
        let (stopped, shown) = (stop.clone(), client.clone());
        let accept = move || {
            while let Ok((stream, _)) = listener.accept() {
                if stopped.load(Ordering::Acquire) {
                    return;
                }
                *shown.lock().unwrap_or_else(PoisonError::into_inner) = stream.try_clone().ok();
                if let Err(error) = serve_client(&scanner, &stream) {
                    tracing::debug!(%error, "USB/IP client ended");
                }
                // The client may have closed it already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        };
        let thread = std::thread::Builder::new().name("virtual-usbip".to_owned()).spawn(accept)?;
        Ok(UsbIpServer { address, stop, client, thread: Some(thread) })
    }

    /// Where it really listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for UsbIpServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(client) = self.client.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It may have gone by itself.
            let _ = client.shutdown(Shutdown::Both);
        }
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let (true, Some(thread)) = (woken, self.thread.take()) {
            // A thread that panicked has nothing more to say here.
            let _ = thread.join();
        }
    }
}

/// A stream that can be used from two threads and closed from either.
pub trait TwoWay: Read + Write + Send + Sized {
    /// The same stream once more.
    fn twin(&self) -> io::Result<Self>;
    /// Ends it for both sides.
    fn close(&self);
    /// Limits the next reads; `None` waits for ever.
    fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()>;
    /// Limits writes.
    fn limit_writes(&self, limit: Duration) -> io::Result<()>;
}

macro_rules! two_way {
    ($stream:ty) => {
        impl TwoWay for $stream {
            fn twin(&self) -> io::Result<Self> {
                self.try_clone()
            }
            fn close(&self) {
                // The other side may have closed it already.
                let _ = self.shutdown(Shutdown::Both);
            }
            fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(limit)
            }
            fn limit_writes(&self, limit: Duration) -> io::Result<()> {
                self.set_write_timeout(Some(limit))
            }
        }
    };
}

two_way!(TcpStream);
#[cfg(unix)]
two_way!(std::os::unix::net::UnixStream);

fn serve_client(scanner: &VirtualScanner, stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    serve_stream(scanner, stream.try_clone()?)
}

/// Serves one client on a connected stream until it leaves or the device is unplugged.
pub fn serve_stream<S: TwoWay>(scanner: &VirtualScanner, mut stream: S) -> io::Result<()> {
    let socket = scanner.socket();
    stream.limit_reads(Some(HELLO_LIMIT))?;
    stream.limit_writes(WRITE_LIMIT)?;
    match protocol::read_operation(&mut stream)? {
        Operation::ListDevices => {
            let device = socket.device();
            let list = protocol::device_list(&describe(&**device), device.speed(), BUS_ID);
            drop(device);
            stream.write_all(&list)
        }
        Operation::Import(bus_id) => {
            let taken = if bus_id == BUS_ID { socket.take() } else { None };
            let Some(_taken) = taken else { return stream.write_all(&protocol::import_refused()) };
            scanner.replug();
            let answer = {
                let mut device = socket.device();
                device.reset(scanner.clock().now());
                protocol::import_answer(&describe(&**device), device.speed(), BUS_ID)
            };
            stream.write_all(&answer)?;
            stream.limit_reads(None)?;
            Link::run(socket, scanner.clock().clone(), stream)
        }
    }
}

/// An imported device: one thread takes commands, another sends what ended.
struct Link {
    socket: Socket,
    clock: Arc<dyn Clock>,
    /// Transfers under way, and what is needed to answer them.
    pending: Mutex<HashMap<UrbId, Pending>>,
    over: AtomicBool,
}

#[derive(Clone, Copy)]
struct Pending {
    sequence: u32,
    /// The UNLINK that took it back.
    unlinked_by: Option<u32>,
}

impl Link {
    fn run<S: TwoWay>(socket: &Socket, clock: Arc<dyn Clock>, mut stream: S) -> io::Result<()> {
        let link = Link { socket: socket.clone(), clock, pending: Mutex::default(), over: AtomicBool::new(false) };
        let mut answers = stream.twin()?;
        let result = std::thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let result = link.send_answers(&mut answers);
                answers.close();
                result
            });
            let result = link.take_commands(&mut stream);
            link.over.store(true, Ordering::Release);
            link.socket.changed().set();
            stream.close();
            // A panic of the sender ends the connection like any other error.
            let sent = sender.join().unwrap_or_else(|_| Err(io::Error::other("the sending thread panicked")));
            result.and(sent)
        });
        link.let_go();
        result
    }

    fn take_commands(&self, stream: &mut impl Read) -> io::Result<()> {
        loop {
            match protocol::read_command(stream) {
                Ok(command) => self.obey(command),
                Err(CommandError::Closed) => return Ok(()),
                Err(CommandError::Io(error)) => return Err(error),
                Err(CommandError::Unknown) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    fn obey(&self, command: Command) {
        let now = self.clock.now();
        // The device first: nothing may complete between the two locks.
        let mut device = self.socket.device();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match command {
            Command::Submit { sequence, endpoint, kind } => {
                let id = next_urb();
                pending.insert(id, Pending { sequence, unlinked_by: None });
                device.submit(now, Urb { id, endpoint, kind });
            }
            Command::Unlink { sequence, of } => {
                let found = pending.iter_mut().find(|(_, transfer)| transfer.sequence == of);
                match found {
                    Some((id, transfer)) => {
                        transfer.unlinked_by = Some(sequence);
                        let id = *id;
                        device.cancel(now, id);
                    }
                    // It had ended: its answer is on the way, and this one says so.
                    None => {
                        pending.insert(next_urb(), Pending { sequence: 0, unlinked_by: Some(sequence) });
                    }
                }
            }
        }
        drop((device, pending));
        self.socket.changed().set();
    }

    fn send_answers(&self, stream: &mut impl Write) -> io::Result<()> {
        loop {
            self.socket.changed().take();
            if self.over.load(Ordering::Acquire) {
                return Ok(());
            }
            let now = self.clock.now();
            let (answers, wake_at, unplugged) = {
                let mut device = self.socket.device();
                let polled = device.poll(now);
                let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                let mut answers: Vec<u8> = Vec::new();
                for ended in polled.completions {
                    if let Some(transfer) = pending.remove(&ended.id) {
                        answers.extend(answer_to(transfer, &ended));
                    }
                }
                pending.retain(|_, transfer| match transfer {
                    Pending { sequence: 0, unlinked_by: Some(sequence) } => {
                        answers.extend(protocol::unlinked(*sequence, 0));
                        false
                    }
                    _ => true,
                });
                (answers, polled.wake_at, polled.unplugged)
            };
            stream.write_all(&answers)?;
            if unplugged {
                return Ok(());
            }
            let until = now + LOOK_AGAIN;
            self.clock.wait(self.socket.changed(), wake_at.map_or(until, |at| at.min(until)));
        }
    }

    /// The client is gone: so are its transfers and what it had begun.
    fn let_go(&self) {
        let now = self.clock.now();
        let mut device = self.socket.device();
        device.reset(now);
        device.poll(now);
    }
}

fn answer_to(transfer: Pending, ended: &UrbCompletion) -> Vec<u8> {
    match (ended.status, transfer.unlinked_by) {
        (UrbStatus::Cancelled, Some(sequence)) => protocol::unlinked(sequence, protocol::CONNECTION_RESET),
        (status, Some(sequence)) => {
            // It ended before it could be taken back: both are answered.
            let mut answers = protocol::submitted(transfer.sequence, status, &ended.data, ended.moved);
            answers.extend(protocol::unlinked(sequence, 0));
            answers
        }
        (status, None) => protocol::submitted(transfer.sequence, status, &ended.data, ended.moved),
    }
}
