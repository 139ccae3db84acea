//! R44 to R50.

use lightbar::minidriver::{
    AcquireEnd, AcquireError, Code, Condition, HandlerAnswer, OnMultiFeed, ScanJob, Side, Sides, Source,
};
use lightbar::transfer::TransferError;

use crate::support::transfer::{Bench, Journal, ScriptedDriver, ScriptedPage, Seen, Step, job, page_bytes, pages_of};

fn page(number: u8) -> ScriptedPage {
    ScriptedPage::of(&page_bytes(number, 30), 10)
}

fn sheets(count: u8) -> Vec<Step> {
    (1..=count).map(|number| Step::Page(page(number))).collect()
}

#[test]
fn r44_all_pages_of_a_feeder_end_with_s_ok() {
    for count in 1..=4 {
        let bench = Bench::with_pages(vec![sheets(count)]);
        let mut application = bench.application();
        assert_eq!(bench.scan(job(Source::Feeder), &mut application), Ok(AcquireEnd::Completed));
        assert_eq!(application.complete(), vec![true; usize::from(count)]);
        assert_eq!(bench.journal.count(&Seen::Finish), 1);
        assert_eq!(bench.journal.count(&Seen::Settle), 0);
        bench.assert_locks_balanced();
    }
}

#[test]
fn r45_fewer_pages_than_asked_for_end_with_end_of_media() {
    for available in 1..=3 {
        let bench = Bench::with_pages(vec![sheets(available)]);
        let mut application = bench.application();
        assert_eq!(bench.scan_code(pages_of(Source::Feeder, 4), &mut application), Code::STATUS_END_OF_MEDIA);
        assert_eq!(application.complete(), vec![true; usize::from(available)]);
    }
}

#[test]
fn r46_an_empty_feeder_ends_with_paper_empty_and_asks_for_no_stream() {
    for pages in [0, 1, 5] {
        for source in [Source::Feeder, Source::Duplex] {
            let bench = Bench::with_pages(vec![vec![]]);
            let outcome = bench.scan(pages_of(source, pages), &mut bench.application());
            assert!(
                matches!(&outcome, Err(TransferError::Acquire(AcquireError::Device(failure)))
                    if failure.condition == Condition::PaperEmpty),
                "{outcome:?}"
            );
            assert_eq!(bench.journal.application(), [Seen::EndOfTransfer]);
        }
    }
}

#[test]
fn r46_paper_put_in_when_asked_for_is_scanned_in_the_same_transfer() {
    let journal = Journal::default();
    let notes = journal.clone();
    let driver = ScriptedDriver::with_acquire(&journal, move |acquire| {
        // The feeder says "empty" once; the person loads it and continues.
        let mut source =
            EmptyOnce { empty: true, inner: crate::support::transfer::ScriptedSource::new(sheets(2), &notes) };
        lightbar::minidriver::deliver_pages(&mut source, &acquire.transfer.job, acquire.callback)
    });
    let bench = Bench::around(driver, journal);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::S_OK);
    assert_eq!(application.complete(), [true, true]);
}

struct EmptyOnce {
    empty: bool,
    inner: crate::support::transfer::ScriptedSource,
}

impl lightbar::minidriver::PageSource for EmptyOnce {
    fn next_page(&mut self) -> Result<lightbar::minidriver::PageWait, lightbar::minidriver::DeviceFailure> {
        if self.empty { Ok(lightbar::minidriver::PageWait::NoMorePages) } else { self.inner.next_page() }
    }

    fn read_band(
        &mut self,
        band: &mut Vec<u8>,
    ) -> Result<lightbar::minidriver::BandRead, lightbar::minidriver::DeviceFailure> {
        self.inner.read_band(band)
    }

    fn resume(&mut self) -> Result<lightbar::minidriver::Resumed, lightbar::minidriver::DeviceFailure> {
        self.empty = false;
        self.inner.resume()
    }

    fn finish(&mut self) {
        self.inner.finish();
    }
}

#[test]
fn r47_further_paper_stays_untouched() {
    let bench = Bench::with_pages(vec![sheets(5)]);
    let mut application = bench.application();
    assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 30)]);
    assert_eq!(bench.journal.count(&Seen::NextStream(3)), 0);
}

#[test]
fn r47_a_page_that_the_device_drew_in_is_received_and_told_by_its_number() {
    let mut steps = sheets(2);
    steps.push(Step::DrawnAhead(page(3)));
    steps.push(Step::Page(page(4)));
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application();
    assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 30), page_bytes(3, 30)]);
    assert_eq!(application.infos[2].number, 3);
}

#[test]
fn r47_pages_that_pass_on_unreceived_are_told_and_spoil_nothing() {
    for has_handler in [true, false] {
        let mut steps = sheets(2);
        steps.push(Step::PassesOn(3));
        let bench = Bench::with_pages(vec![steps]);
        let mut application = bench.application();
        if has_handler {
            application = application.handled_by(|_| HandlerAnswer::NotHandled);
        }
        assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
        assert_eq!(application.complete(), [true, true]);
        let told = if has_handler { vec![Condition::PagesPassedOn(3)] } else { Vec::new() };
        assert_eq!(application.reported(), told);
    }
}

#[test]
fn r47_trouble_with_a_page_that_nobody_asked_for_spoils_nothing() {
    let mut steps = sheets(2);
    steps.push(Step::DrawnAhead(ScriptedPage::of(&page_bytes(3, 12), 6).then_trouble(Condition::PaperJam)));
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application();
    assert_eq!(bench.scan(pages_of(Source::Feeder, 2), &mut application), Ok(AcquireEnd::Completed));
    assert_eq!(application.complete(), [true, true, false]);
}

#[test]
fn r48_a_jam_leaves_the_pages_before_it() {
    let mut steps = sheets(2);
    steps.push(Step::Page(ScriptedPage::of(&page_bytes(3, 12), 6).then_trouble(Condition::PaperJam)));
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Feeder), &mut application), Code::ERROR_PAPER_JAM);
    assert_eq!(application.bytes(), [page_bytes(1, 30), page_bytes(2, 30), page_bytes(3, 12)]);
    assert_eq!(application.complete(), [true, true, false]);
}

#[test]
fn r49_duplex_delivers_front_back_front_back_and_counts_sides() {
    let bench = Bench::with_pages(vec![sheets(4), sheets(4)]);
    let mut application = bench.application();
    assert_eq!(bench.scan_code(job(Source::Duplex), &mut application), Code::S_OK);
    let sides: Vec<Side> = application.infos.iter().map(|page| page.side).collect();
    assert_eq!(sides, [Side::Front, Side::Back, Side::Front, Side::Back]);
    let mut application = bench.application();
    assert_eq!(bench.scan_code(pages_of(Source::Duplex, 3), &mut application), Code::S_OK);
    assert_eq!(application.pages.len(), 3);
}

#[test]
fn r49_a_sheet_fed_again_comes_with_both_sides() {
    // Sheet 2 jams at its back: front and back come again, under the same numbers.
    let steps = vec![
        Step::Page(page(1)),
        Step::Page(page(2)),
        Step::Page(page(3)),
        Step::Page(ScriptedPage::of(&page_bytes(4, 12), 6).then_trouble(Condition::PaperJam)),
        Step::Page(page(3)),
        Step::Page(page(4)),
    ];
    let bench = Bench::with_pages(vec![steps]);
    let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
    assert_eq!(bench.scan_code(job(Source::Duplex), &mut application), Code::S_OK);
    let numbers: Vec<u32> = application.infos.iter().map(|page| page.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 3, 4]);
    assert_eq!(application.complete(), [true, true, true, false, true, true]);
}

#[test]
fn r49_backs_come_first_or_alone_where_the_job_says_so() {
    use Side::{Back, Front};
    for (sides, expected, again) in [
        (Sides::BackFirst, [Back, Front, Back, Front], vec![1, 2, 3, 4, 3, 4]),
        (Sides::BackOnly, [Back; 4], vec![1, 2, 3, 4, 4]),
    ] {
        let trouble = || Step::Page(ScriptedPage::of(&page_bytes(4, 12), 6).then_trouble(Condition::PaperJam));
        let mut jammed = sheets(3);
        jammed.push(trouble());
        jammed.extend(sheets(again.len() as u8 - 4));
        let bench = Bench::with_pages(vec![sheets(4), jammed]);
        let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
        let job = ScanJob { sides, ..job(Source::Duplex) };
        assert_eq!(bench.scan_code(job.clone(), &mut application), Code::S_OK);
        assert_eq!(application.infos.iter().map(|page| page.side).collect::<Vec<_>>(), expected, "{sides:?}");
        // A sheet fed again comes with all that is wanted of it.
        let mut application = bench.application().handled_by(|_| HandlerAnswer::Handled);
        assert_eq!(bench.scan_code(job, &mut application), Code::S_OK);
        assert_eq!(application.infos.iter().map(|page| page.number).collect::<Vec<_>>(), again, "{sides:?}");
    }
}

#[test]
fn r50_a_multi_feed_ends_as_the_job_says_in_mid_page_and_between_pages() {
    for (on_multi_feed, expected) in [(OnMultiFeed::Fail, Code::ERROR_MULTI_FEED), (OnMultiFeed::End, Code::S_OK)] {
        for in_mid_page in [true, false] {
            let mut steps = sheets(2);
            steps.push(if in_mid_page {
                Step::Page(ScriptedPage::of(&page_bytes(3, 12), 6).then_trouble(Condition::MultiFeed))
            } else {
                Step::Trouble(Condition::MultiFeed)
            });
            let bench = Bench::with_pages(vec![steps]);
            let mut application = bench.application();
            let job = ScanJob { on_multi_feed, ..job(Source::Feeder) };
            assert_eq!(bench.scan_code(job, &mut application), expected);
            assert_eq!(application.complete().iter().filter(|complete| **complete).count(), 2);
        }
    }
}
