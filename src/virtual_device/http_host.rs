//! A simulated scanner on loopback HTTP, for programs that scan over the network.
//!
//! A thread per connection, each of which lends the passive connection a socket and the time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::fault::FaultName;
use super::http_server::Connection;
use super::scanner::PageBody;
use super::shared::Shared;
use crate::clock::Clock;

/// Connections served at once; more are closed at once.
const CONNECTION_LIMIT: usize = 32;
/// A client that takes nothing for this long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(60);
/// A connection without a request is closed after this.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
/// How soon a connection notices what happened elsewhere: a deleted job, a pulled plug.
const NOTICE: Duration = Duration::from_millis(50);
/// The same for a connection between two requests.
const IDLE_NOTICE: Duration = Duration::from_millis(500);
/// The shortest wait of a socket.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// Bytes of one read and of one write.
const READ_SIZE: usize = 16 * 1024;
const WRITE_SIZE: usize = 64 * 1024;

/// A running server. Dropping it stops it and closes its connections.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Listens at an address; port 0 is any free one.
    pub(super) fn start(
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        address: impl ToSocketAddrs,
    ) -> io::Result<HttpServer> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let accept = move || accept_all(&listener, &shared, &clock, &stopped);
        let thread = std::thread::Builder::new().name("virtual-http".to_owned()).spawn(accept)?;
        Ok(HttpServer { address, stop, thread: Some(thread) })
    }

    /// Where it really listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the scanner as eSCL clients want it.
    pub fn url(&self) -> String {
        format!("http://{}/eSCL", self.address)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // The listener waits for a connection: it gets one.
        let mut own = self.address;
        if own.ip().is_unspecified() {
            own.set_ip(match own {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let woken = TcpStream::connect_timeout(&own, Duration::from_secs(1)).is_ok();
        if let (true, Some(thread)) = (woken, self.thread.take()) {
            // A thread that panicked has nothing more to say here.
            let _ = thread.join();
        }
    }
}

fn accept_all(listener: &TcpListener, shared: &Arc<Shared>, clock: &Arc<dyn Clock>, stop: &Arc<AtomicBool>) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let accepted = listener.accept();
        if stop.load(Ordering::Acquire) {
            return;
        }
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                clock.wait(&crate::clock::Signal::new(), clock.now() + NOTICE);
                continue;
            }
        };
        if open.fetch_add(1, Ordering::AcqRel) >= CONNECTION_LIMIT {
            open.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let (shared, clock, stop, served) = (shared.clone(), clock.clone(), stop.clone(), open.clone());
        let serve = move || {
            let mut talk = Talk { socket, connection: Connection::default(), shared, clock, stop };
            if let Err(error) = talk.serve() {
                tracing::debug!(%error, "connection ended");
            }
            talk.close();
            served.fetch_sub(1, Ordering::AcqRel);
        };
        if let Err(error) = std::thread::Builder::new().name("virtual-http-client".to_owned()).spawn(serve) {
            tracing::warn!(%error, "no thread for a connection");
            open.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// One connection.
struct Talk {
    socket: TcpStream,
    connection: Connection<PageBody>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
}

/// What to do after looking at the scanner.
enum Next {
    Write(Vec<u8>),
    /// Wait for the client, this long.
    Listen(Duration),
    Close,
}

impl Talk {
    fn serve(&mut self) -> io::Result<()> {
        self.socket.set_nodelay(true)?;
        self.socket.set_write_timeout(Some(WRITE_LIMIT))?;
        let mut buffer = vec![0; READ_SIZE];
        let mut last_used = self.clock.now();
        while !self.stop.load(Ordering::Acquire) {
            let wait = match self.look() {
                Next::Close => return Ok(()),
                Next::Write(bytes) => {
                    self.socket.write_all(&bytes)?;
                    last_used = self.clock.now();
                    continue;
                }
                Next::Listen(wait) => wait,
            };
            let busy = self.connection.is_thinking() || self.connection.is_undrained();
            if !busy && self.clock.now().since(last_used) >= IDLE_LIMIT {
                return Ok(());
            }
            self.socket.set_read_timeout(Some(if busy { wait } else { IDLE_NOTICE }))?;
            match self.socket.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    last_used = self.clock.now();
                    // A client that says more than fits before it hears an answer is not spoken to any longer.
                    if !self.hear(&buffer[..count]) {
                        return Ok(());
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn look(&mut self) -> Next {
        let now = self.clock.now();
        let connection = &mut self.connection;
        self.shared.with_quietly(|scanner| {
            let listen = |until: Option<crate::clock::Moment>| {
                let wait = until.map_or(NOTICE, |at| at.since(now));
                Next::Listen(wait.clamp(SHORTEST_WAIT, NOTICE))
            };
            scanner.advance(now);
            if scanner.is_unplugged() {
                return Next::Close;
            }
            if scanner.is_mute() {
                return listen(None);
            }
            let next = connection.advance(now, scanner);
            if connection.waiting() == 0 {
                return if connection.is_finished() { Next::Close } else { listen(next) };
            }
            scanner.faults.transfers += 1;
            scanner.misbehave(now);
            if scanner.is_unplugged() || scanner.faults.fires(FaultName::Stall) {
                return Next::Close;
            }
            if scanner.is_mute() {
                return listen(None);
            }
            let mut limit = scanner.faults.next_write(WRITE_SIZE);
            if scanner.faults.fires(FaultName::ZeroLength) {
                // A socket has no empty packets: a byte alone comes nearest.
                limit = 1;
            }
            let bytes = connection.take(limit).bytes;
            scanner.faults.bytes += bytes.len() as u64;
            Next::Write(bytes)
        })
    }

    /// Takes what the client sent. Whether there was room for it.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        let connection = &mut self.connection;
        self.shared.with_quietly(|scanner| {
            if connection.is_undrained() && scanner.faults.fires(FaultName::WedgeIfNotDrained) {
                scanner.go_mute();
            }
        });
        self.connection.receive(bytes) == bytes.len()
    }

    fn close(self) {
        let now = self.clock.now();
        // The client may have closed it already.
        let _ = self.socket.shutdown(Shutdown::Both);
        self.shared.with(|scanner| self.connection.abandon(now, scanner));
    }
}
