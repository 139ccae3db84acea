//! File transfer.

use std::path::PathBuf;

use lightbar::minidriver::{AcquireEnd, Code, Condition, OnMultiFeed, PageInfo};
use lightbar::transfer::{Answer, FileRequest, outcome_code};
use lightbar::units::Percent;

use crate::support::transfer::{Bench, ScriptedPage, Step};

/// Files in a folder, one per page.
struct Files {
    folder: tempfile::TempDir,
    one: bool,
    cancel_at: Option<u8>,
}

impl Files {
    fn new() -> Files {
        Files { folder: tempfile::tempdir().expect("a folder"), one: false, cancel_at: None }
    }

    fn there(&self) -> usize {
        std::fs::read_dir(self.folder.path()).expect("readable").count()
    }
}

impl FileRequest for Files {
    fn path(&mut self, page: &PageInfo) -> PathBuf {
        let number = if self.one { 1 } else { page.number };
        self.folder.path().join(format!("{number}.page"))
    }

    fn status(&mut self, percent: Percent, _transferred: u64) -> Answer {
        if self.cancel_at.is_some_and(|at| percent.value() >= at) { Answer::Cancel } else { Answer::Continue }
    }
}

#[test]
fn a_file_of_a_failed_transfer_is_deleted_and_the_pages_before_it_stay() {
    let jam = || ScriptedPage::of(&[7; 500], 100).then_trouble(Condition::PaperJam);
    let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 300], 100)), Step::Page(jam())]]);
    let mut files = Files::new();
    let transfer = bench.broker.prepare(crate::support::transfer::job(lightbar::minidriver::Source::Feeder));
    let report = bench.broker.download_to_file(transfer, &mut files);
    assert_eq!(outcome_code(&report.outcome), Code::ERROR_PAPER_JAM);
    assert_eq!(report.files, [(files.folder.path().join("1.page"), true)]);
    assert_eq!((files.there(), std::fs::read(&report.files[0].0).expect("there")), (1, vec![1; 300]));
}

#[test]
fn a_multipage_file_is_kept_when_paper_was_the_trouble_and_deleted_otherwise() {
    for (condition, kept) in [(Condition::PaperJam, 1), (Condition::PaperProblem, 1), (Condition::Offline, 0)] {
        let torn = ScriptedPage::of(&[7; 500], 100).then_trouble(condition);
        let bench = Bench::with_pages(vec![vec![Step::Page(ScriptedPage::of(&[1; 300], 100)), Step::Page(torn)]]);
        let mut files = Files { one: true, ..Files::new() };
        let mut job = crate::support::transfer::job(lightbar::minidriver::Source::Feeder);
        job.streams = lightbar::minidriver::Streams::OneForAll;
        job.on_multi_feed = OnMultiFeed::Fail;
        let report = bench.broker.download_to_file(bench.broker.prepare(job), &mut files);
        assert_eq!(outcome_code(&report.outcome), condition.code());
        assert_eq!((report.files.len(), files.there()), (kept, kept), "{condition:?}");
    }
}

#[test]
fn a_file_that_exists_is_not_overwritten_and_a_cancelled_one_is_kept() {
    let page = || Step::Page(ScriptedPage::of(&[1; 300], 100).announced(300));
    let bench = Bench::with_pages(vec![vec![page()], vec![page()]]);
    let job = || crate::support::transfer::pages_of(lightbar::minidriver::Source::Feeder, 1);
    let mut files = Files { cancel_at: Some(30), ..Files::new() };
    let report = bench.broker.download_to_file(bench.broker.prepare(job()), &mut files);
    bench.broker.settle();
    assert_eq!((report.outcome, report.files.len()), (Ok(AcquireEnd::Cancelled), 1), "a cancel is a success");
    assert!(!report.files[0].1, "and its page is not complete");
    files.cancel_at = None;
    let report = bench.broker.download_to_file(bench.broker.prepare(job()), &mut files);
    assert_eq!((outcome_code(&report.outcome), report.files.len(), files.there()), (Code::E_FAIL, 0, 1));
}
