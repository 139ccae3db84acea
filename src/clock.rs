//! Time as something that is passed in, and the one way to wait for it.
//!
//! Whatever waits in this program waits with [`Clock::wait`]: until a moment, or until a [`Signal`]
//! is set. The running program uses [`SystemClock`]. Tests use [`ManualClock`], where waiting
//! *moves* the clock, so that a three minute limit takes no time and every run is the same.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A point in time of one clock, counted from that clock's start. Moments of two clocks must not be mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The start of the clock.
    pub const START: Moment = Moment(Duration::ZERO);

    /// The moment this long after the clock's start.
    pub const fn after_start(elapsed: Duration) -> Moment {
        Moment(elapsed)
    }

    /// Time since the clock's start.
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// Time since an earlier moment; zero when that one is later.
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Moment;
    fn add(self, by: Duration) -> Moment {
        Moment(self.0.saturating_add(by))
    }
}

/// A sticky flag that one thread waits for and any thread may set. Setting it touches nothing else,
/// so it is safe from any thread and inside any callback.
#[derive(Clone, Default)]
pub struct Signal(Arc<SignalState>);

#[derive(Default)]
struct SignalState {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// A signal that is not set.
    pub fn new() -> Signal {
        Signal::default()
    }

    /// Sets the flag and wakes whoever waits.
    pub fn set(&self) {
        *self.lock() = true;
        self.0.changed.notify_all();
    }

    /// Takes the flag back and says whether it was set.
    pub fn take(&self) -> bool {
        std::mem::take(&mut *self.lock())
    }

    /// Whether the flag is set, leaving it as it is.
    pub fn is_set(&self) -> bool {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({})", self.is_set())
    }
}

/// Ends somebody's wait without touching what is waited for: no device, no socket and no lock that
/// the waiting side holds. A wake that comes when nobody waits ends the next wait.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// A waker that calls this. The call must not block.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Waker {
        Waker(Arc::new(wake))
    }

    /// Wakes whoever waits.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl From<Signal> for Waker {
    fn from(signal: Signal) -> Waker {
        Waker::new(move || signal.set())
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// Wakes whatever is open at the moment: a waker that outlives what is opened, closed and opened again.
/// The lock is held only to look up the waker.
#[derive(Clone, Debug, Default)]
pub struct WakerRelay(Arc<Mutex<Option<Waker>>>);

impl WakerRelay {
    /// The waker that stays.
    pub fn waker(&self) -> Waker {
        let relay = self.clone();
        Waker::new(move || {
            let waker = relay.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(waker) = waker {
                waker.wake();
            }
        })
    }

    /// Whom it wakes from now on; nobody when `None`.
    pub fn set(&self, waker: Option<Waker>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = waker;
    }
}

/// Where a part of the program gets its time from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present.
    fn now(&self) -> Moment;

    /// Returns when the signal is set or the moment has come, whichever is first. The signal stays
    /// as it is: [`Signal::take`] takes it back.
    fn wait(&self, signal: &Signal, until: Moment);

    /// How long the computer has slept so far, as far as it can tell.
    fn slept(&self) -> Duration {
        Duration::ZERO
    }
}

/// The clock on the wall.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> Arc<SystemClock> {
        Arc::new(SystemClock(Instant::now()))
    }
}

impl Clock for SystemClock {
    /// One of the system's clocks goes on while it sleeps, the other does not.
    fn slept(&self) -> Duration {
        let time = |id| Duration::try_from(rustix::time::clock_gettime(id)).unwrap_or_default();
        // The later one is read last, so that the moment in between counts for nothing.
        let awake = time(rustix::time::ClockId::Monotonic);
        time(rustix::time::ClockId::Boottime).saturating_sub(awake)
    }

    fn now(&self) -> Moment {
        Moment(self.0.elapsed())
    }

    fn wait(&self, signal: &Signal, until: Moment) {
        let mut set = signal.lock();
        while !*set {
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            set = match signal.0.changed.wait_timeout(set, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

/// A clock that stands still until somebody waits: waiting moves it to the awaited moment at once.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<Moment>);

impl ManualClock {
    /// A clock that stands at its start.
    pub fn start() -> Arc<ManualClock> {
        Arc::new(ManualClock::default())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, signal: &Signal, until: Moment) {
        if signal.is_set() {
            return;
        }
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (*now).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_moves_a_manual_clock_unless_the_signal_is_set() {
        let clock = ManualClock::start();
        let signal = Signal::new();
        clock.wait(&signal, Moment::START + Duration::from_secs(180));
        assert_eq!(clock.now().elapsed(), Duration::from_secs(180));
        signal.set();
        clock.wait(&signal, Moment::START + Duration::from_secs(999));
        assert_eq!(clock.now().elapsed(), Duration::from_secs(180));
        assert!(signal.take() && !signal.take());
    }

    #[test]
    fn a_signal_ends_a_wait_on_the_system_clock() {
        let clock = SystemClock::start();
        let signal = Signal::new();
        let remote = signal.clone();
        let setter = std::thread::spawn(move || remote.set());
        clock.wait(&signal, Moment::START + Duration::from_secs(60));
        assert!(signal.is_set());
        setter.join().expect("the setter does not panic");
    }
}
