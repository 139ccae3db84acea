//! A device that takes its time to be locked, or is not at rest when it should be: no cancel waits for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use lightbar::clock::ManualClock;
use lightbar::minidriver::{AcquireEnd, Condition, DriverError, Settled, Source};
use lightbar::transfer::{Broker, Outcome, TransferError};

use crate::support::transfer::{Application, Bench, Journal, ScriptedDriver, Seen, job};

const SOON: Duration = Duration::from_secs(20);

/// A driver whose every acquire ends well.
fn willing(journal: &Journal) -> ScriptedDriver {
    ScriptedDriver::with_acquire(journal, |_| Ok(AcquireEnd::Completed))
}

/// Stands in the middle of a driver's call until the test lets it go.
fn standstill() -> (impl FnMut() + Send, Receiver<()>, Sender<()>) {
    let (entered, is_inside) = bounded(1);
    let (let_go, wait_here) = bounded::<()>(1);
    let stand = move || {
        // Without a test that listens there is nothing to wait for.
        if entered.send(()).is_ok() {
            let _ = wait_here.recv_timeout(SOON);
        }
    };
    (stand, is_inside, let_go)
}

/// Cancels a download while the driver stands where it never comes back from before the test wants it.
fn cancelled_while_inside(broker: &Broker, journal: &Journal, is_inside: &Receiver<()>) -> Outcome {
    let transfer = broker.prepare(job(Source::Flatbed));
    let canceller = transfer.canceller();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            is_inside.recv_timeout(SOON).expect("the driver is called");
            canceller.cancel();
        });
        broker.download(transfer, &mut Application::new(journal))
    })
}

fn scan(broker: &Broker, journal: &Journal) -> Outcome {
    broker.download(broker.prepare(job(Source::Flatbed)), &mut Application::new(journal))
}

#[test]
fn a_cancel_does_not_wait_until_the_device_is_locked() {
    let journal = Journal::default();
    let mut driver = willing(&journal);
    let (stand, is_inside, let_go) = standstill();
    driver.on_lock = Box::new(stand);
    let broker = Broker::new(Box::new(driver), ManualClock::start());
    // Returns although nobody has let the driver go.
    assert_eq!(cancelled_while_inside(&broker, &journal, &is_inside), Ok(AcquireEnd::Cancelled));
    assert_eq!(journal.all(), []);
    assert_eq!(broker.feeder_state(), Err(TransferError::Busy));
    let_go.send(()).expect("the driver listens");
    drop((let_go, is_inside));
    // The next transfer waits until the lock that nobody wants any more is given back.
    assert_eq!(scan(&broker, &journal), Ok(AcquireEnd::Completed));
    let second = [Seen::Lock, Seen::Acquire, Seen::AcquireReturned, Seen::EndOfTransfer, Seen::Unlock];
    assert_eq!(journal.all(), [&[Seen::Lock, Seen::Unlock], &second[..]].concat());
}

#[test]
fn a_lock_that_fails_after_the_cancel_disturbs_nobody() {
    let journal = Journal::default();
    let mut driver = willing(&journal);
    driver.lock_result = Err(DriverError::Device(Condition::Offline.with("scripted")));
    let (stand, is_inside, let_go) = standstill();
    driver.on_lock = Box::new(stand);
    let broker = Broker::new(Box::new(driver), ManualClock::start());
    assert_eq!(cancelled_while_inside(&broker, &journal, &is_inside), Ok(AcquireEnd::Cancelled));
    let_go.send(()).expect("the driver listens");
    drop((let_go, is_inside));
    assert!(matches!(scan(&broker, &journal), Err(TransferError::Lock(DriverError::Device(_)))));
    assert_eq!(journal.all(), []);
}

#[test]
fn while_the_device_is_locked_for_a_transfer_another_one_is_busy() {
    let journal = Journal::default();
    let mut driver = willing(&journal);
    let (stand, is_inside, let_go) = standstill();
    driver.on_lock = Box::new(stand);
    let broker = Broker::new(Box::new(driver), ManualClock::start());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| scan(&broker, &journal));
        is_inside.recv_timeout(SOON).expect("the driver is called");
        assert_eq!(scan(&broker, &journal), Err(TransferError::Busy));
        let_go.send(()).expect("the driver listens");
        assert_eq!(first.join().expect("no panic"), Ok(AcquireEnd::Completed));
    });
}

#[test]
fn closing_work_that_did_not_succeed_is_done_in_settling() {
    let journal = Journal::default();
    let driver = willing(&journal);
    let at_rest = Arc::clone(&driver.at_rest);
    at_rest.store(false, Ordering::SeqCst);
    let bench = Bench::around(driver, journal);
    // Settled before the first transfer too: somebody may have asked the device something.
    let outcome = bench.broker.download(bench.broker.prepare(job(Source::Flatbed)), &mut bench.application());
    assert_eq!(outcome, Ok(AcquireEnd::Completed), "the pages are there");
    assert!(bench.broker.is_settling());
    at_rest.store(true, Ordering::SeqCst);
    assert_eq!(bench.broker.settle(), Some(Settled::Ready));
    assert!(!bench.broker.is_settling());
    let settled = [Seen::Lock, Seen::Settle, Seen::Unlock];
    let scanned = [Seen::Lock, Seen::Acquire, Seen::AcquireReturned, Seen::EndOfTransfer, Seen::Settle, Seen::Unlock];
    let happened: Vec<Seen> = bench.journal.all().into_iter().filter(|seen| *seen != Seen::Waiting).collect();
    // What settling did not cure is not tried again before acquire.
    assert_eq!(happened, [&settled[..], &scanned[..]].concat());
    assert_eq!(bench.journal.count(&Seen::Waiting), 1);
}

#[test]
fn a_cancel_does_not_wait_for_a_settling_that_its_own_transfer_began() {
    let journal = Journal::default();
    let mut driver = willing(&journal);
    let at_rest = Arc::clone(&driver.at_rest);
    at_rest.store(false, Ordering::SeqCst);
    let (mut stand, is_inside, let_go) = standstill();
    driver.on_settle = Box::new(move || {
        stand();
        at_rest.store(true, Ordering::SeqCst);
        Settled::Ready
    });
    let broker = Broker::new(Box::new(driver), ManualClock::start());
    assert_eq!(cancelled_while_inside(&broker, &journal, &is_inside), Ok(AcquireEnd::Cancelled));
    assert!(broker.is_settling());
    assert_eq!(journal.count(&Seen::Acquire), 0);
    // It goes on, and the next transfer finds the device at rest.
    let_go.send(()).expect("the driver listens");
    assert_eq!(scan(&broker, &journal), Ok(AcquireEnd::Completed));
    assert_eq!((journal.count(&Seen::Settle), journal.count(&Seen::Unlock)), (1, 2));
}
