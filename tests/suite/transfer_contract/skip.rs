//! R18 to R20.

use lightbar::minidriver::{AcquireEnd, Source};
use lightbar::transfer::NextStream;

use crate::support::transfer::{Bench, ScriptedPage, Seen, Step, assert_legal, job, page_bytes, pages_of};

fn sheets(count: u8) -> Vec<Step> {
    (1..=count).map(|page| Step::Page(ScriptedPage::of(&page_bytes(page, 30), 10).then_tick())).collect()
}

#[test]
fn r18_a_skipped_page_delivers_no_byte_no_status_and_no_end_of_stream() {
    let bench = Bench::with_pages(vec![sheets(3)]);
    let mut application = bench.application().on_stream(|page, _| (page.number == 2).then_some(NextStream::Skip));
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    let seen = bench.journal.application();
    let skipped = bench.journal.application().iter().position(|seen| *seen == Seen::NextStream(2)).expect("asked");
    assert_eq!(seen[skipped - 1], Seen::EndOfStream { complete: true });
    assert_eq!(seen[skipped + 1], Seen::NextStream(3));
    assert_eq!(application.complete(), [true, true]);
    assert_legal(&seen);
}

#[test]
fn r19_the_page_after_a_skipped_page_is_the_next_physical_page() {
    let bench = Bench::with_pages(vec![sheets(3)]);
    let mut application = bench.application().on_stream(|page, _| (page.number == 1).then_some(NextStream::Skip));
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [page_bytes(2, 30), page_bytes(3, 30)]);
}

#[test]
fn r20_a_skipped_page_counts_against_pages_and_is_never_the_end_code() {
    let bench = Bench::with_pages(vec![sheets(3)]);
    let mut application = bench.application().on_stream(|page, _| (page.number == 2).then_some(NextStream::Skip));
    assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [page_bytes(1, 30)]);
    // Every page skipped: S_OK and no stream (part 10).
    let bench = Bench::with_pages(vec![sheets(3)]);
    let mut application = bench.application().on_stream(|_, _| Some(NextStream::Skip));
    assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes().len(), 0);
    assert_eq!(bench.journal.application().last(), Some(&Seen::EndOfTransfer));
}
