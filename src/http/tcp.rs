//! A link over TCP, plain or encrypted: every request has its own connection.
//!
//! Sockets never block. Name look-up and connect do, so they run on a thread of their own that can
//! be left behind: when it comes back too late its result is dropped.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::tls::{TlsStream, Trust};
use super::{Address, Arrival, Lane, Link, LinkError, Scheme};
use crate::clock::Waker;

/// Time for one address to take a connection (eSCL reference, 6.5).
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Addresses of one host that are tried.
const ADDRESS_LIMIT: usize = 6;
/// Connections at once: one for pages, one for everything else.
const LANES: usize = 2;
/// Bytes of one read.
const READ_LENGTH: usize = 16 << 10;

/// Connections to one address.
pub struct TcpLink {
    address: Address,
    trust: Arc<Trust>,
    lanes: [Option<Connection>; LANES],
    /// The lane that is looked at first, so that a busy one does not starve the other.
    turn: Lane,
    bell: Bell,
    open: bool,
}

/// Wakes the wait: a byte in a socket pair, and a flag that says whether a person's side rang.
struct Bell {
    inside: UnixStream,
    outside: Arc<UnixStream>,
    woken: Arc<AtomicBool>,
}

enum Connection {
    Connecting { result: Receiver<Result<TcpStream, LinkError>>, request: Vec<u8> },
    Plain(Plain),
    Tls(Box<TlsStream>),
}

struct Plain {
    stream: TcpStream,
    request: Vec<u8>,
    written: usize,
}

/// What a connection has to say after it was looked at.
pub(super) enum Look {
    Nothing,
    Data(Vec<u8>),
    Closed,
}

impl TcpLink {
    /// To an address; connections are made with the requests.
    ///
    /// # Errors
    /// The system has no sockets left.
    pub fn new(address: Address, trust: Arc<Trust>) -> Result<TcpLink, LinkError> {
        Ok(TcpLink { address, trust, lanes: [None, None], turn: 0, bell: Bell::new().map_err(broken)?, open: true })
    }

    fn look(&mut self, lane: Lane) -> Option<Arrival> {
        let slot = self.lanes.get_mut(lane)?;
        if let Some(Connection::Connecting { result, request }) = slot {
            let stream = match result.try_recv() {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return self.fail(lane, error),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return self.fail(lane, LinkError::Broken("connect".into())),
            };
            let request = std::mem::take(request);
            *slot = Some(match self.address.scheme {
                Scheme::Http => Connection::Plain(Plain { stream, request, written: 0 }),
                Scheme::Https => match TlsStream::start(stream, &self.address, &self.trust, request) {
                    Ok(stream) => Connection::Tls(Box::new(stream)),
                    Err(error) => return self.fail(lane, error),
                },
            });
        }
        let looked = match self.lanes.get_mut(lane)?.as_mut()? {
            Connection::Connecting { .. } => return None,
            Connection::Plain(plain) => plain.look(),
            Connection::Tls(stream) => stream.look(),
        };
        match looked {
            Ok(Look::Nothing) => None,
            Ok(Look::Data(bytes)) => Some(Arrival::Data { lane, bytes }),
            Ok(Look::Closed) => {
                self.lanes[lane] = None;
                Some(Arrival::Closed { lane })
            }
            Err(error) => self.fail(lane, error),
        }
    }

    fn fail(&mut self, lane: Lane, error: LinkError) -> Option<Arrival> {
        self.lanes[lane] = None;
        Some(Arrival::Failed { lane, error })
    }

    /// Sleeps until a socket or the bell has something, or the moment comes.
    fn sleep(&self, until: Instant) -> io::Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: left.as_secs().min(i32::MAX as u64) as i64, tv_nsec: left.subsec_nanos().into() };
        let mut waiting = vec![PollFd::new(&self.bell.inside, PollFlags::IN)];
        for connection in self.lanes.iter().flatten() {
            let (stream, writing) = match connection {
                Connection::Connecting { .. } => continue,
                Connection::Plain(plain) => (&plain.stream, plain.written < plain.request.len()),
                Connection::Tls(stream) => (stream.socket(), stream.wants_write()),
            };
            let flags = if writing { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            waiting.push(PollFd::new(stream, flags));
        }
        match poll(&mut waiting, Some(&timeout)) {
            Ok(_) => Ok(()),
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Link for TcpLink {
    fn lanes(&self) -> usize {
        LANES
    }

    fn has_ends(&self) -> bool {
        true
    }

    fn host(&self) -> String {
        self.address.authority()
    }

    fn redirect(&mut self, address: &Address) {
        tracing::info!(from = %self.address, to = %address, "redirected");
        self.address = Address { path: self.address.path.clone(), ..address.clone() };
    }

    fn send(&mut self, lane: Lane, bytes: Vec<u8>) -> Result<(), LinkError> {
        if !self.open || lane >= LANES {
            return Err(LinkError::ShutDown);
        }
        let (sender, result) = sync_channel(1);
        let (host, port) = (self.address.host.clone(), self.address.port);
        let outside = Arc::clone(&self.bell.outside);
        std::thread::Builder::new()
            .name("connect".into())
            .spawn(move || {
                // Nobody may be listening any more; then the connection is dropped here.
                let _ = sender.send(connect(&host, port));
                let _ = (&*outside).write(&[1]);
            })
            .map_err(broken)?;
        self.lanes[lane] = Some(Connection::Connecting { result, request: bytes });
        Ok(())
    }

    fn close(&mut self, lane: Lane) {
        if let Some(slot) = self.lanes.get_mut(lane) {
            *slot = None;
        }
    }

    fn wait(&mut self, limit: Duration) -> Arrival {
        let until = Instant::now() + limit;
        loop {
            if self.bell.take() {
                return Arrival::Woken;
            }
            for step in 0..LANES {
                let lane = (self.turn + step) % LANES;
                if let Some(arrival) = self.look(lane) {
                    self.turn = (lane + 1) % LANES;
                    return arrival;
                }
            }
            if Instant::now() >= until {
                return Arrival::TimedOut;
            }
            if let Err(error) = self.sleep(until) {
                return Arrival::Failed { lane: 0, error: broken(error) };
            }
        }
    }

    fn waker(&self) -> Waker {
        self.bell.waker()
    }

    fn reset(&mut self) -> Result<(), LinkError> {
        self.lanes = [None, None];
        Ok(())
    }

    fn shut_down(&mut self) {
        self.open = false;
        self.lanes = [None, None];
    }
}

impl Plain {
    fn look(&mut self) -> Result<Look, LinkError> {
        while self.written < self.request.len() {
            match self.stream.write(&self.request[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The answer may have come before the whole request was taken.
                Err(error) => {
                    self.written = self.request.len();
                    tracing::debug!(%error, "request not taken whole");
                }
            }
        }
        let mut buffer = vec![0; READ_LENGTH];
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(Look::Closed),
            Ok(count) => {
                buffer.truncate(count);
                Ok(Look::Data(buffer))
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(Look::Nothing)
            }
            Err(error) => Err(broken(error)),
        }
    }
}

impl Bell {
    fn new() -> io::Result<Bell> {
        let (inside, outside) = UnixStream::pair()?;
        inside.set_nonblocking(true)?;
        outside.set_nonblocking(true)?;
        Ok(Bell { inside, outside: Arc::new(outside), woken: Arc::new(AtomicBool::new(false)) })
    }

    fn waker(&self) -> Waker {
        let (outside, woken) = (Arc::clone(&self.outside), Arc::clone(&self.woken));
        Waker::new(move || {
            woken.store(true, Ordering::SeqCst);
            // A full pipe wakes as well as one more byte would.
            let _ = (&*outside).write(&[0]);
        })
    }

    /// Empties the bell and says whether it was rung by a waker.
    fn take(&mut self) -> bool {
        let mut rings = [0; 64];
        while matches!(self.inside.read(&mut rings), Ok(count) if count == rings.len()) {}
        self.woken.swap(false, Ordering::SeqCst)
    }
}

fn connect(host: &str, port: u16) -> Result<TcpStream, LinkError> {
    let named = format!("{host}:{port}");
    let addresses = (host, port).to_socket_addrs().map_err(|_| LinkError::UnknownHost { host: host.to_owned() })?;
    let mut addresses: Vec<_> = addresses.take(ADDRESS_LIMIT).collect();
    // IPv4 first (eSCL reference, 2.1).
    addresses.sort_by_key(|address| !address.is_ipv4());
    let mut reason = "no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_LIMIT) {
            Ok(stream) => {
                let prepared = stream.set_nodelay(true).and_then(|()| stream.set_nonblocking(true));
                return prepared.map(|()| stream).map_err(broken);
            }
            Err(error) => reason = error.to_string(),
        }
    }
    Err(LinkError::Unreachable { host: named, reason })
}

pub(super) fn broken(error: io::Error) -> LinkError {
    LinkError::Broken(error.to_string())
}
