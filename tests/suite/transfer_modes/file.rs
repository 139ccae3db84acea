//! File transfer: what an application of the older model is told, and what becomes of its file (reference, parts 6
//! and 13; R29).

use std::path::PathBuf;

use lightbar::minidriver::{
    AcquireEnd, Code, Condition, DeviceFailure, ErrorHandler, HandlerAnswer, ScanJob, Source, Streams,
};
use lightbar::transfer::{Answer, FileCallback, FileMessage, FileReport, Kept, StatusSource, outcome_code};
use lightbar::units::Percent;

use crate::support::transfer::{Bench, ScriptedPage, Seen, Step, job, pages_of};

/// A message of the older model, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    PreviewDataHeader { page: u32, size: Option<u64> },
    Status(u8),
    FromDevice(u8),
    NewPage,
    Termination { complete: bool },
}

/// An application with a file in a folder of its own.
struct FileApplication {
    folder: tempfile::TempDir,
    told: Vec<Told>,
    /// Answers this message with that.
    answers: Option<(Told, Answer)>,
    /// What its own handler answers, if it has one, and what that was asked about.
    handles: Option<HandlerAnswer>,
    asked: Vec<Condition>,
}

impl FileApplication {
    fn new() -> FileApplication {
        let folder = tempfile::tempdir().expect("a folder");
        FileApplication { folder, told: Vec::new(), answers: None, handles: None, asked: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("page")
    }

    /// What the file has; `None` when there is none.
    fn file(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path()).ok()
    }

    /// A transfer with its settling.
    fn scan(&mut self, bench: &Bench, job: ScanJob) -> FileReport {
        let report = bench.broker.download_to_file(bench.broker.prepare(job), &self.path(), self);
        bench.broker.settle();
        report
    }

    fn count(&self, wanted: impl Fn(&Told) -> bool) -> usize {
        self.told.iter().filter(|told| wanted(told)).count()
    }
}

impl FileCallback for FileApplication {
    fn message(&mut self, message: FileMessage) -> Answer {
        let told = match message {
            FileMessage::PreviewDataHeader { size, page } => Told::PreviewDataHeader { page: page.number, size },
            FileMessage::Status { percent, from: StatusSource::ToClient } => Told::Status(percent.value()),
            FileMessage::Status { percent, from: StatusSource::FromDevice } => Told::FromDevice(percent.value()),
            FileMessage::NewPage => Told::NewPage,
            FileMessage::Termination { complete } => Told::Termination { complete },
        };
        self.told.push(told);
        self.answers.filter(|(at, _)| *at == told).map_or(Answer::Continue, |(_, answer)| answer)
    }

    fn error_handler(&mut self) -> Option<&mut dyn ErrorHandler> {
        self.handles.is_some().then_some(self as &mut dyn ErrorHandler)
    }
}

impl ErrorHandler for FileApplication {
    fn report_status(&mut self, failure: &DeviceFailure, _: Percent) -> HandlerAnswer {
        self.asked.push(failure.condition);
        self.handles.unwrap_or(HandlerAnswer::NotHandled)
    }
}

fn one_page() -> ScanJob {
    pages_of(Source::Feeder, 1)
}

/// All pages of the feeder in one file.
fn all_pages() -> ScanJob {
    ScanJob { streams: Streams::OneForAll, ..job(Source::Feeder) }
}

fn page(byte: u8) -> ScriptedPage {
    ScriptedPage::of(&[byte; 300], 100).announced(300)
}

fn header(size: Option<u64>) -> Told {
    Told::PreviewDataHeader { page: 1, size }
}

#[test]
fn a_file_application_sees_the_header_the_progress_and_the_end() {
    let bench = Bench::with_pages(vec![vec![Step::Page(page(1))]]);
    let mut application = FileApplication::new();
    let report = application.scan(&bench, one_page());
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Completed), Kept::Complete));
    assert_eq!(application.file(), Some(vec![1; 300]));
    let [first, second, between @ .., last] = &application.told[..] else { panic!("{:?}", application.told) };
    assert_eq!((*first, *second), (header(Some(300)), Told::Status(0)));
    assert_eq!((between.last(), *last), (Some(&Told::Status(100)), Told::Termination { complete: true }));
    assert!(between.iter().all(|told| matches!(told, Told::Status(_))), "{between:?}");
}

#[test]
fn r29_in_a_file_of_several_pages_a_page_change_is_told_between_each_two() {
    let bench = Bench::with_pages(vec![[1, 2, 3].map(|byte| Step::Page(page(byte))).into()]);
    let mut application = FileApplication::new();
    let report = application.scan(&bench, all_pages());
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Completed), Kept::Complete));
    assert_eq!(application.file(), Some([[1; 300], [2; 300], [3; 300]].concat()));
    assert_eq!(application.count(|told| matches!(told, Told::PreviewDataHeader { .. })), 1);
    assert_eq!(application.count(|told| *told == Told::NewPage), 2, "{:?}", application.told);
}

#[test]
fn several_pages_for_a_file_of_one_are_refused_before_the_device_is_touched() {
    let flatbed = job(Source::Flatbed);
    let two_areas = ScanJob { areas: vec![flatbed.areas[0]; 2], ..flatbed };
    for job in [job(Source::Feeder), pages_of(Source::Feeder, 2), pages_of(Source::Duplex, 2), two_areas] {
        let case = format!("{:?} {:?}", job.source, job.pages);
        let bench = Bench::with_pages(vec![vec![Step::Page(page(1))]]);
        let mut application = FileApplication::new();
        let report = application.scan(&bench, job);
        assert_eq!((outcome_code(&report.outcome), report.kept), (Code::E_INVALIDARG, Kept::Nothing), "{case}");
        assert_eq!((application.told.len(), application.file()), (0, None), "{case}");
        assert_eq!(bench.journal.all(), [], "{case}");
    }
    // On the flatbed every area is a page, whatever was asked for.
    let bench = Bench::with_pages(vec![vec![Step::Page(page(1))]]);
    let report = FileApplication::new().scan(&bench, job(Source::Flatbed));
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Completed), Kept::Complete));
}

/// One file, one stream. Here the device drew in a second sheet; the page that was asked for is whole and stays.
#[test]
fn a_second_stream_for_a_file_of_one_page_is_refused() {
    let bench = Bench::with_pages(vec![vec![Step::Page(page(1)), Step::DrawnAhead(page(2))]]);
    let mut application = FileApplication::new();
    let report = application.scan(&bench, one_page());
    assert_eq!((outcome_code(&report.outcome), report.kept), (Code::ERROR_GENERAL_ERROR, Kept::Complete));
    assert_eq!(application.file(), Some(vec![1; 300]));
    assert_eq!(application.count(|told| matches!(told, Told::PreviewDataHeader { .. })), 1);
    assert_eq!(application.told.last(), Some(&Told::Termination { complete: true }));
    assert_eq!(bench.journal.count(&Seen::Acquire), 1);
    bench.assert_locks_balanced();
}

#[test]
fn a_page_fed_again_ends_a_file_of_several_pages_and_keeps_those_before_it() {
    let jam = page(2).then_trouble(Condition::PaperJam);
    let bench = Bench::with_pages(vec![vec![Step::Page(page(1)), Step::Page(jam), Step::Page(page(2))]]);
    let mut application = FileApplication { handles: Some(HandlerAnswer::Handled), ..FileApplication::new() };
    let report = application.scan(&bench, all_pages());
    assert_eq!((outcome_code(&report.outcome), report.kept), (Code::ERROR_GENERAL_ERROR, Kept::Partial));
    assert_eq!(application.asked, [Condition::PaperJam]);
    assert_eq!(application.file().map(|bytes| bytes[..300] == [1; 300]), Some(true));
}

#[test]
fn a_file_application_without_a_handler_hears_of_delays_and_can_cancel_there() {
    let steps =
        || vec![Step::Delay(Condition::WarmingUp, 10), Step::Delay(Condition::Calibrating, 60), Step::Page(page(1))];
    let bench = Bench::with_pages(vec![steps(), steps(), steps()]);
    let mut application = FileApplication::new();
    let report = application.scan(&bench, one_page());
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Completed), Kept::Complete));
    // Until the stream is asked for the last status is nothing yet.
    let heard = application.told.iter().filter(|told| **told != Told::Status(0)).take(3).copied();
    assert_eq!(heard.collect::<Vec<_>>(), [Told::FromDevice(10), Told::FromDevice(60), header(Some(300))]);

    let answers = Some((Told::FromDevice(60), Answer::Cancel));
    let mut application = FileApplication { answers, ..FileApplication::new() };
    let report = application.scan(&bench, one_page());
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Cancelled), Kept::Nothing));
    let end = Told::Termination { complete: false };
    assert_eq!(application.told, [Told::FromDevice(10), Told::FromDevice(60), end]);

    let mut application = FileApplication { handles: Some(HandlerAnswer::Handled), ..FileApplication::new() };
    let report = application.scan(&bench, one_page());
    assert_eq!((report.outcome, report.kept), (Ok(AcquireEnd::Completed), Kept::Complete));
    assert_eq!(application.asked, [Condition::WarmingUp, Condition::Calibrating], "its own handler is asked instead");
    assert_eq!(application.count(|told| matches!(told, Told::FromDevice(_))), 0);
}

#[test]
fn each_answer_of_a_file_application_can_end_the_job() {
    let cases = [(header(Some(300)), Kept::Nothing), (Told::Status(33), Kept::Partial)];
    for (at, kept) in cases {
        for (answer, code) in [(Answer::Cancel, Code::S_FALSE), (Answer::Code(Code::E_FAIL), Code::E_FAIL)] {
            let bench = Bench::with_pages(vec![vec![Step::Page(page(1))]]);
            let mut application = FileApplication { answers: Some((at, answer)), ..FileApplication::new() };
            let report = application.scan(&bench, one_page());
            // A cancel is a success, so its file stays as far as it came.
            let kept = if code.is_failure() { Kept::Nothing } else { kept };
            assert_eq!((outcome_code(&report.outcome), report.kept), (code, kept), "{at:?} {answer:?}");
            assert_eq!(application.file().is_some(), kept != Kept::Nothing, "{at:?} {answer:?}");
            let told = &application.told;
            assert_eq!(told[told.len() - 2..], [at, Told::Termination { complete: false }], "{at:?} {answer:?}");
        }
    }
}

#[test]
fn a_file_of_a_failed_transfer_is_deleted_unless_it_has_several_pages_and_paper_was_the_trouble() {
    for (condition, of_several) in [
        (Condition::PaperJam, Kept::Partial),
        (Condition::PaperProblem, Kept::Partial),
        (Condition::Offline, Kept::Nothing),
    ] {
        for (job, kept) in [(one_page(), Kept::Nothing), (all_pages(), of_several)] {
            let torn = page(1).then_trouble(condition);
            let bench = Bench::with_pages(vec![vec![Step::Page(torn)]]);
            let mut application = FileApplication::new();
            let report = application.scan(&bench, job);
            assert_eq!((outcome_code(&report.outcome), report.kept), (condition.code(), kept), "{condition:?}");
            assert_eq!(application.file().is_some(), kept != Kept::Nothing, "{condition:?}");
        }
    }
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    let bench = Bench::with_pages(vec![vec![Step::Page(page(1))]]);
    let mut application = FileApplication::new();
    std::fs::write(application.path(), "mine").expect("writable");
    let report = application.scan(&bench, one_page());
    assert_eq!((outcome_code(&report.outcome), report.kept), (Code::E_FAIL, Kept::Nothing));
    assert_eq!(application.file(), Some(b"mine".to_vec()));
}
