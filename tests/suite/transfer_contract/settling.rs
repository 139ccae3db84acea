//! One transfer at a time, and settling in between.

use std::time::Duration;

use crossbeam_channel::bounded;
use lightbar::clock::SystemClock;
use lightbar::minidriver::{AcquireEnd, AcquireError, Code, Settled, Source};
use lightbar::transfer::{Answer, Broker, TransferError};

use crate::support::transfer::{
    Application, Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, job, page_bytes,
};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn r56_a_second_download_is_busy_and_disturbs_nothing() {
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&page_bytes(1, 30), 10))]]);
    let (broker, journal) = (bench.broker.clone(), Journal::default());
    let inner_journal = journal.clone();
    let mut application = bench.application().on_message(move |_, _| {
        let second = broker.download(broker.prepare(job(Source::Feeder)), &mut Application::new(&inner_journal));
        assert_eq!(second, Err(TransferError::Busy));
        assert_eq!(broker.feeder_state(), Err(TransferError::Busy));
        assert!(!broker.release());
        assert_eq!(broker.settle(), None);
        Answer::Continue
    });
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.bytes(), [page_bytes(1, 30)]);
    assert_eq!(journal.all(), []);
    assert_eq!(TransferError::Busy.code(), Code::ERROR_BUSY);
    assert_eq!(bench.journal.count(&Seen::Acquire), 1);
    bench.assert_locks_balanced();
}

#[test]
fn settling_follows_end_of_transfer_with_the_lock_kept() {
    let bench = Bench::with_acquire(|_| Ok(AcquireEnd::Cancelled));
    let outcome = bench.broker.download(bench.broker.prepare(job(Source::Flatbed)), &mut bench.application());
    assert_eq!(outcome, Ok(AcquireEnd::Cancelled));
    assert!(bench.broker.is_settling());
    assert_eq!(bench.journal.count(&Seen::Unlock), 0);
    assert_eq!(bench.broker.settle(), Some(Settled::Ready));
    assert!(!bench.broker.is_settling());
    assert_eq!(bench.broker.settle(), None);
    assert_eq!(
        bench.journal.all(),
        [Seen::Lock, Seen::Acquire, Seen::AcquireReturned, Seen::EndOfTransfer, Seen::Settle, Seen::Unlock]
    );
}

#[test]
fn a_job_that_ended_by_itself_needs_no_settling() {
    let bench = Bench::with_acquire(|_| Ok(AcquireEnd::Completed));
    let outcome = bench.broker.download(bench.broker.prepare(job(Source::Flatbed)), &mut bench.application());
    assert_eq!(outcome, Ok(AcquireEnd::Completed));
    assert!(!bench.broker.is_settling());
    assert_eq!(bench.journal.count(&Seen::Unlock), 1);
    assert_eq!(bench.broker.settle(), None);
}

#[test]
fn a_download_settles_what_nobody_settled_and_says_that_it_waits() {
    let bench = Bench::with_acquire(|acquire| match acquire.turn {
        0 => Err(AcquireError::Application(Code::E_FAIL)),
        _ => Ok(AcquireEnd::Completed),
    });
    let first = bench.broker.download(bench.broker.prepare(job(Source::Flatbed)), &mut bench.application());
    assert!(first.is_err());
    let second = bench.broker.download(bench.broker.prepare(job(Source::Flatbed)), &mut bench.application());
    assert_eq!(second, Ok(AcquireEnd::Completed));
    assert_eq!(bench.journal.count(&Seen::Waiting), 1);
    assert_eq!(bench.journal.count(&Seen::Settle), 1);
    bench.assert_locks_balanced();
}

/// A broker whose driver settles until the test lets it go, and what lets it go.
fn slow_to_settle() -> (Broker, Journal, crossbeam_channel::Sender<()>) {
    let journal = Journal::default();
    let (let_go, wait_here) = bounded(1);
    let mut driver = ScriptedDriver::with_acquire(&journal, |acquire| match acquire.turn {
        0 => Ok(AcquireEnd::Cancelled),
        _ => Ok(AcquireEnd::Completed),
    });
    driver.on_settle = Box::new(move || {
        wait_here.recv_timeout(SOON).expect("the test lets the device go");
        Settled::Ready
    });
    let broker = Broker::new(Box::new(driver), SystemClock::start());
    let first = broker.download(broker.prepare(job(Source::Flatbed)), &mut Application::new(&journal));
    assert_eq!(first, Ok(AcquireEnd::Cancelled));
    (broker, journal, let_go)
}

/// Tells the test that it waits.
struct TellsThatItWaits(Application, crossbeam_channel::Sender<()>);

impl lightbar::transfer::TransferCallback for TellsThatItWaits {
    fn next_stream(&mut self, page: &lightbar::minidriver::PageInfo) -> lightbar::transfer::NextStream {
        self.0.next_stream(page)
    }

    fn message(&mut self, message: &lightbar::transfer::TransferMessage) -> Answer {
        self.0.message(message)
    }

    fn waiting_for_device(&mut self) {
        self.0.waiting_for_device();
        self.1.send(()).expect("the test listens");
    }
}

#[test]
fn a_download_waits_for_a_settling_under_way() {
    let (broker, journal, let_go) = slow_to_settle();
    let settling = broker.clone();
    std::thread::scope(|scope| {
        scope.spawn(move || settling.settle());
        let (waits, is_waiting) = bounded(1);
        scope.spawn(move || {
            is_waiting.recv_timeout(SOON).expect("the second download waits");
            let_go.send(()).expect("the driver listens");
        });
        let mut application = TellsThatItWaits(Application::new(&journal), waits);
        assert_eq!(broker.download(broker.prepare(job(Source::Flatbed)), &mut application), Ok(AcquireEnd::Completed));
    });
    assert_eq!(journal.count(&Seen::Waiting), 1);
    assert_eq!(journal.count(&Seen::Settle), 1);
    assert_eq!(journal.count(&Seen::Acquire), 2);
    assert_eq!(journal.count(&Seen::Unlock), 2);
}

#[test]
fn a_download_that_waits_can_be_cancelled() {
    let (broker, journal, let_go) = slow_to_settle();
    let transfer = broker.prepare(job(Source::Flatbed));
    let canceller = transfer.canceller();
    std::thread::scope(|scope| {
        let (waits, is_waiting) = bounded(1);
        scope.spawn(move || {
            is_waiting.recv_timeout(SOON).expect("the second download waits");
            canceller.cancel();
        });
        let mut application = TellsThatItWaits(Application::new(&journal), waits);
        // Returns although the device still settles: nobody has let it go.
        assert_eq!(broker.download(transfer, &mut application), Ok(AcquireEnd::Cancelled));
    });
    assert!(broker.is_settling());
    assert_eq!(journal.count(&Seen::Acquire), 1);
    assert!(!journal.all().iter().any(|seen| matches!(seen, Seen::CancelIo(_))));
    let_go.send(()).expect("the driver listens");
    let mut last = Application::new(&journal);
    assert_eq!(broker.download(broker.prepare(job(Source::Flatbed)), &mut last), Ok(AcquireEnd::Completed));
    assert_eq!(journal.count(&Seen::Settle), 1);
    assert_eq!(journal.count(&Seen::Unlock), 2);
}

#[test]
fn what_the_device_does_not_have_is_refused_before_it_is_touched() {
    let bench = Bench::with_pages(vec![]);
    let mut flat = job(Source::Feeder);
    flat.areas.push(flat.areas[0]);
    let refused = bench.scan(flat, &mut bench.application());
    assert_eq!(refused, Err(TransferError::WrongAreas(2)));
    let mut nothing = job(Source::Flatbed);
    nothing.areas.clear();
    let refused = bench.scan(nothing, &mut bench.application());
    assert_eq!(refused.map_err(|error| error.code()), Err(Code::E_INVALIDARG));
    assert_eq!(bench.journal.all(), []);
}
