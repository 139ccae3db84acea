//! Applications with destinations of little patience, and applications that cancel where they should
//! not need to: part 9.9 each time, and nobody waits for ever.

use std::cell::Cell;
use std::rc::Rc;

use lightbar::minidriver::{Code, ScanJob, Source, Streams};
use lightbar::transfer::{Answer, Canceller};

use crate::support::transfer::{Application, Bench, ScriptedPage, Seen, Step, job, page_bytes, without_deadlock};

const LENGTH: usize = 24;

fn small_page(number: u8) -> Step {
    Step::Page(ScriptedPage::of(&page_bytes(number, LENGTH), 10))
}

/// Takes little at a time, moves the position inside of every message, and is full at some byte.
fn impatient(bench: &Bench, at_most: usize, full_at: Option<usize>) -> Application {
    bench
        .application()
        .on_stream(move |_, page| {
            page.takes_at_most(at_most);
            if let Some(full_at) = full_at {
                page.fails_at(full_at as u64, Code::STG_E_MEDIUMFULL);
            }
            None
        })
        .on_message(move |_, pages| {
            if let Some(page) = pages.last() {
                page.move_to(page.bytes().len() as u64 / 3);
            }
            Answer::Continue
        })
}

#[test]
fn r16_a_destination_that_is_full_at_any_byte_ends_the_job_with_what_fitted() {
    for streams in [Streams::PerPage, Streams::OneForAll] {
        for at_most in 1..=7 {
            for full_at in 0..LENGTH {
                let case = format!("{streams:?}, {at_most} a write, full at {full_at}");
                let bench = Bench::with_pages(vec![vec![small_page(1), small_page(2)], vec![small_page(3)]]);
                let mut application = impatient(&bench, at_most, Some(full_at));
                let job = ScanJob { streams, ..job(Source::Feeder) };
                assert_eq!(bench.scan_code(job.clone(), &mut application), Code::STG_E_MEDIUMFULL, "{case}");
                assert_eq!(application.bytes(), [page_bytes(1, LENGTH)[..full_at].to_vec()], "{case}");
                assert_eq!(application.complete(), [false], "{case}");
                application.assert_legal(&case);
                bench.journal.clear();
                let mut next = impatient(&bench, at_most, None);
                assert_eq!(bench.scan_code(job, &mut next), Code::S_OK, "{case}");
                assert_eq!(next.bytes(), [page_bytes(3, LENGTH)], "{case}");
                bench.assert_locks_balanced();
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Cancels {
    Once,
    Twice,
    OnAnotherThread,
    OnTwoOtherThreads,
}

impl Cancels {
    fn cancel(self, canceller: &Canceller) {
        let threads = match self {
            Cancels::Once => return canceller.cancel(),
            Cancels::Twice => {
                canceller.cancel();
                return canceller.cancel();
            }
            Cancels::OnAnotherThread => 1,
            Cancels::OnTwoOtherThreads => 2,
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| canceller.cancel());
            }
        });
    }
}

#[test]
fn r05_a_cancel_inside_of_the_nth_callback_is_a_cancel_until_acquire_has_returned() {
    for cancels in [Cancels::Once, Cancels::Twice, Cancels::OnAnotherThread, Cancels::OnTwoOtherThreads] {
        for streams in [Streams::PerPage, Streams::OneForAll] {
            let mut at = 0;
            // As many callbacks as there are: the last case cancels nowhere.
            while without_deadlock(&format!("{cancels:?}, {streams:?}, at {at}"), move || {
                cancel_at(cancels, streams, at)
            }) {
                at += 1;
            }
            assert!(at > 10, "there are that many callbacks");
        }
    }
}

/// Cancels inside of this callback; whether there was one.
fn cancel_at(cancels: Cancels, streams: Streams, at: usize) -> bool {
    let case = format!("{cancels:?}, {streams:?}, at {at}");
    let bench = Bench::with_pages(vec![vec![small_page(1), small_page(2)], vec![small_page(3)]]);
    let transfer = bench.broker.prepare(ScanJob { streams, ..job(Source::Feeder) });
    let (id, canceller) = (transfer.id(), transfer.canceller());
    let (count, too_late) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(None)));
    let now = {
        let (journal, too_late) = (bench.journal.clone(), Rc::clone(&too_late));
        Rc::new(move || {
            if count.replace(count.get() + 1) == at {
                too_late.set(Some(journal.count(&Seen::AcquireReturned) > 0));
                cancels.cancel(&canceller);
            }
        })
    };
    let at_stream = Rc::clone(&now);
    let mut application = bench
        .application()
        .on_stream(move |_, _| {
            at_stream();
            None
        })
        .on_message(move |_, _| {
            now();
            Answer::Continue
        });
    let outcome = bench.broker.download(transfer, &mut application);
    bench.broker.settle();
    let (expected, told) = match too_late.get() {
        Some(false) => (Code::S_FALSE, 1),
        Some(true) | None => (Code::S_OK, 0),
    };
    assert_eq!(lightbar::transfer::outcome_code(&outcome), expected, "{case}");
    assert_eq!(bench.journal.count(&Seen::CancelIo(id)), told, "{case}");
    application.assert_legal(&case);
    bench.assert_locks_balanced();
    bench.journal.clear();
    let mut next = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut next), Code::S_OK, "{case}");
    assert_eq!(next.bytes(), [page_bytes(3, LENGTH)], "{case}");
    too_late.get().is_some()
}
