//! The computer's sleep, as the system's bus tells of it. While a scan runs the sleep is held up for a moment, so
//! that the job can end and its device come to rest; the system itself says how long that may take at most.
//!
//! Without a bus, or without anybody on it who knows of sleep, nothing happens here: the session notices by the
//! clock that the computer has slept.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use zbus::blocking::proxy::SignalIterator;
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::OwnedFd;

use crate::clock::{Clock, Signal, SystemClock};
use crate::session::SleepTeller;
use crate::text::notices::WHY_SLEEP_WAITS;

const SERVICE: &str = "org.freedesktop.login1";
const OBJECT: &str = "/org/freedesktop/login1";
const INTERFACE: &str = "org.freedesktop.login1.Manager";
/// Told with `true` before the computer sleeps, and with `false` after.
const PREPARE_FOR_SLEEP: &str = "PrepareForSleep";

/// How long an answer on the bus may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Words about sleep that may wait.
const WAITING: usize = 4;
/// Without news the thread sleeps; this only bounds its wait.
const IDLE: Duration = Duration::from_secs(3600);

/// The bus that tells of sleep.
#[derive(Clone, Debug)]
pub enum Bus {
    /// The computer's own.
    System,
    /// The one at this address.
    At(String),
}

/// Tells the session of the computer's sleep from now on, on threads of their own that nobody waits for.
pub fn watch_sleep(session: SleepTeller, bus: Bus) {
    let watching = thread::Builder::new().name("sleep".to_owned()).spawn(move || {
        if let Err(error) = watch(&session, &bus) {
            tracing::debug!(%error, "nobody tells of the computer's sleep");
        }
    });
    if let Err(error) = watching {
        tracing::debug!(%error, "no thread to hear of the computer's sleep");
    }
}

fn watch(session: &SleepTeller, bus: &Bus) -> zbus::Result<()> {
    let connection = connect(bus)?;
    let manager = Proxy::new(&connection, SERVICE, OBJECT, INTERFACE)?;
    let signals = manager.receive_signal(PREPARE_FOR_SLEEP)?;
    let changed = session.activity();
    let (news, told) = bounded(WAITING);
    let wakes = changed.clone();
    thread::Builder::new().name("sleep news".to_owned()).spawn(move || listen(signals, &news, &wakes))?;
    let clock = SystemClock::start();
    let mut delay = None;
    loop {
        for begins in told.try_iter() {
            if begins { session.suspend() } else { session.resume() }
        }
        // Given back by dropping it.
        let at_work = session.is_at_work();
        delay = delay.filter(|_| at_work);
        if at_work && delay.is_none() {
            delay = hold_up(&manager);
        }
        clock.wait(&changed, clock.now() + IDLE);
        changed.take();
    }
}

fn connect(bus: &Bus) -> zbus::Result<Connection> {
    let builder = match bus {
        Bus::System => connection::Builder::system()?,
        Bus::At(address) => connection::Builder::address(address.as_str())?,
    };
    builder.method_timeout(ANSWER_LIMIT).build()
}

/// Passes on what the bus tells, until it is gone.
fn listen(signals: SignalIterator<'_>, news: &Sender<bool>, wakes: &Signal) {
    for signal in signals {
        match signal.body().deserialize::<bool>() {
            Ok(begins) if news.send(begins).is_ok() => wakes.set(),
            Ok(_) => return,
            Err(error) => tracing::debug!(%error, "words about sleep that cannot be read"),
        }
    }
}

/// Holds sleep up for as long as the answer is kept, within the system's own limit.
fn hold_up(manager: &Proxy<'_>) -> Option<OwnedFd> {
    let answer = manager.call("Inhibit", &("sleep", "Lightbar", WHY_SLEEP_WAITS, "delay"));
    answer.inspect_err(|error| tracing::debug!(%error, "sleep cannot be held up")).ok()
}
