//! R31 to R35.

use lightbar::minidriver::{AcquireEnd, Code, Condition, Flow, HandlerAnswer, ScanJob, Source, Streams};
use lightbar::transfer::{Answer, TransferMessage};

use crate::support::transfer::{Bench, ScriptedPage, Seen, Step, job, page_bytes, page_info, status};

/// Two pages with everything that takes time around them.
fn long_job(announced: bool) -> Vec<Step> {
    let page = |number: u8| {
        let page = ScriptedPage::of(&page_bytes(number, 3000), 100).then_tick().then_tick();
        if announced { page.announced(3000) } else { page }
    };
    vec![
        Step::Wait,
        Step::Delay(Condition::WarmingUp, 40),
        Step::Wait,
        Step::Page(page(1)),
        Step::Wait,
        Step::Wait,
        Step::Page(page(2)),
        Step::Wait,
    ]
}

/// The statuses of each stream, from its GetNextStream to its END_OF_STREAM.
fn statuses_by_stream(seen: &[Seen]) -> Vec<Vec<(u8, u64)>> {
    let mut streams: Vec<Vec<(u8, u64)>> = Vec::new();
    let mut open = false;
    for seen in seen {
        match seen {
            Seen::NextStream(_) => {
                open = true;
                streams.push(Vec::new());
            }
            Seen::EndOfStream { .. } => open = false,
            Seen::Status(percent, transferred) if open => {
                streams.last_mut().expect("a stream is open").push((*percent, *transferred));
            }
            _ => {}
        }
    }
    streams
}

#[test]
fn r31_percent_and_bytes_reach_the_application_as_the_driver_sent_them() {
    // Nonsense included: falling percents, bytes that were never written.
    let sent = [(5, 10), (90, 3), (20, 0), (99, u64::MAX), (100, 1), (0, 0)];
    let bench = Bench::with_acquire(move |acquire| {
        let _stream = acquire.callback.next_stream(&page_info(1));
        for (percent, transferred) in sent {
            assert_eq!(acquire.callback.send_message(&status(percent, transferred)), Ok(Flow::Continue));
        }
        Ok(AcquireEnd::Completed)
    });
    bench.scan_code(job(Source::Feeder), &mut bench.application());
    assert_eq!(statuses_by_stream(&bench.journal.application()), [sent.to_vec()]);
}

#[test]
fn r32_within_a_stream_percent_never_falls_and_it_starts_again_for_the_next() {
    for streams in [Streams::PerPage, Streams::OneForAll] {
        for announced in [true, false] {
            let bench = Bench::with_pages(vec![long_job(announced)]);
            let job = ScanJob { streams, ..job(Source::Feeder) };
            assert_eq!(bench.scan_code(job, &mut bench.application()), Code::S_OK);
            for stream in statuses_by_stream(&bench.journal.application()) {
                assert!(stream.is_sorted(), "{stream:?}");
                assert_eq!(stream.first(), Some(&(0, 0)));
            }
        }
    }
}

#[test]
fn r33_one_hundred_is_reported_only_when_all_bytes_are_written() {
    for announced in [true, false] {
        let bench = Bench::with_pages(vec![long_job(announced)]);
        let mut application = bench.application().on_message(|message, pages| {
            if let (TransferMessage::Status { percent, .. }, Some(page)) = (message, pages.last()) {
                assert_eq!(percent.value() == 100, percent.value() == 100 && page.bytes().len() == 3000);
            }
            Answer::Continue
        });
        assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
        assert_eq!(application.complete(), [true, true]);
        for stream in statuses_by_stream(&bench.journal.application()) {
            assert_eq!(stream.last(), Some(&(100, 3000)));
        }
    }
}

#[test]
fn r33_a_page_that_fails_never_says_one_hundred() {
    let page = ScriptedPage::of(&page_bytes(1, 90), 30).announced(90).then_trouble(Condition::TruncatedPage);
    let bench = Bench::with_pages(vec![vec![Step::Page(page)]]);
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_DEVICE_COMMUNICATION);
    assert_eq!(application.complete(), [false]);
    assert!(bench.journal.application().iter().all(|seen| !matches!(seen, Seen::Status(100, _))));
}

#[test]
fn r34_transferred_is_what_was_written_to_the_current_stream() {
    for streams in [Streams::PerPage, Streams::OneForAll] {
        let bench = Bench::with_pages(vec![long_job(true)]);
        let mut application = bench.application().on_message(|message, pages| {
            if let TransferMessage::Status { transferred, .. } = message {
                let written = pages.last().map_or(0, |page| page.bytes().len() as u64);
                assert_eq!(*transferred, written);
            }
            Answer::Continue
        });
        let job = ScanJob { streams, ..job(Source::Feeder) };
        assert_eq!(bench.scan_code(job, &mut application), Code::S_OK);
    }
}

#[test]
fn r35_a_transfer_reports_at_least_ten_times_even_when_the_page_comes_at_once() {
    for announced in [Some(5000), None] {
        let mut page = ScriptedPage::of(&page_bytes(1, 5000), 5000);
        if let Some(bytes) = announced {
            page = page.announced(bytes);
        }
        let bench = Bench::with_pages(vec![vec![Step::Page(page)]]);
        bench.scan_code(job(Source::Feeder), &mut bench.application());
        let statuses = statuses_by_stream(&bench.journal.application());
        assert!(statuses[0].len() >= 10, "{statuses:?}");
        // Not the same one ten times: each is a step.
        let mut steps: Vec<u64> = statuses[0].iter().map(|(_, transferred)| *transferred).collect();
        steps.dedup();
        assert!(steps.len() >= 10, "{steps:?}");
    }
}

#[test]
fn r35_each_half_second_of_waiting_is_reported() {
    let silent = ScriptedPage::of(&[], 1).then_tick().then_tick().then_tick();
    let steps = vec![Step::Wait, Step::Wait, Step::Delay(Condition::WarmingUp, 1), Step::Wait, Step::Page(silent)];
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    bench.scan_code(job(Source::Feeder), &mut application);
    let before = bench.journal.application().iter().take_while(|seen| matches!(seen, Seen::Status(0, 0))).count();
    assert_eq!(before, 3);
    assert_eq!(bench.journal.count(&Seen::Report("application", Code::STATUS_WARMING_UP, 1)), 1);
    // The early chance to cancel, three ticks, and the end.
    assert_eq!(statuses_by_stream(&bench.journal.application())[0].len(), 5);
}
