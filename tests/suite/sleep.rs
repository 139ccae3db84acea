//! The computer goes to sleep: a job under way ends and keeps what came, the device is told and given back.

#[cfg(feature = "gui")]
mod bus;

use std::time::Instant;

use lightbar::clock::{Clock, SystemClock};
use lightbar::minidriver::Source;
use lightbar::session::{Event, JobEnd, PageState, Remark, ScanState};

use crate::support::bench::{Bench, PATIENCE};

/// A scan in mid page: the device says nothing more until somebody helps it.
fn scanning() -> Bench {
    let bench = Bench::on_the_wall("feeder", "silence@page2:row800*1", 3);
    bench.scan(Source::Feeder);
    bench.until_shown(|snapshot| match &snapshot.scan {
        ScanState::Scanning(scanning) => scanning.number == 2 && scanning.progress.rows > 200,
        _ => false,
    });
    bench
}

/// What is seen of a job that sleep ended.
fn assert_ended_for_sleep(bench: &Bench) {
    let remark = bench.until(|event| match event {
        Event::Remark(remark) => Some(remark),
        Event::JobEnded(report) => panic!("nobody said why: {report:?}"),
        _ => None,
    });
    assert_eq!(remark, Remark::StoppedForSleep);
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::Cancelled, 1, 1));
    assert!(matches!(bench.pages()[..], [PageState::Complete, PageState::Partial { rows: 200.. }]));
}

/// The device is somebody else's to open, and works when it is needed next.
fn assert_given_back(bench: &Bench) {
    drop(bench.scanner.open().expect("the session has given it back"));
    bench.scanner.fix();
    bench.scanner.load_sheets(1);
    bench.session.sleep().resume();
    bench.scan(Source::Feeder);
    assert_eq!(bench.job_ends().end, JobEnd::Completed);
}

/// Waits until sleep would have nothing to wait for.
fn until_ready_to_sleep(bench: &Bench) {
    let (sleep, wall, deadline) = (bench.session.sleep(), SystemClock::start(), Instant::now() + PATIENCE);
    let until = wall.now() + PATIENCE;
    while sleep.is_at_work() {
        assert!(Instant::now() < deadline, "still at work");
        wall.wait(&sleep.activity(), until);
        sleep.activity().take();
    }
}

#[test]
fn a_scan_under_way_ends_before_and_the_device_is_given_back() {
    let bench = scanning();
    assert!(bench.session.sleep().is_at_work());
    bench.session.sleep().suspend();
    assert!(bench.session.sleep().is_at_work(), "there is something to wait for");
    assert_ended_for_sleep(&bench);
    until_ready_to_sleep(&bench);
    assert_given_back(&bench);
}

#[test]
fn a_device_at_rest_is_given_back_at_once_and_nothing_is_said() {
    let bench = Bench::new("legacy", "", 2);
    assert!(bench.scanner.open().is_err(), "the session holds it");
    bench.session.sleep().suspend();
    until_ready_to_sleep(&bench);
    assert!(bench.session.snapshot().notices.is_empty());
    assert_given_back(&bench);
}

#[test]
fn a_job_that_waits_for_a_person_ends_too() {
    let bench = Bench::new("feeder", "jam@page2:row600", 3);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.session.sleep().suspend();
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::Cancelled, 1, 1));
    until_ready_to_sleep(&bench);
    assert_given_back(&bench);
}
