//! The whole application without a window: a wish goes in, pages and events come out.

mod auto_save;
mod drawn;
mod page_edits;
mod restart;

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, never};
use lightbar::document::{PageFile, Unsaved};
use lightbar::export::{FileFormat, SaveOptions};
use lightbar::minidriver::{ColorMode, Condition, DeviceEvent, PageLimit, Source};
use lightbar::session::settings::{Paper, ScanSettings, SettingsError};
use lightbar::session::{
    Command, Connection, Event, JobEnd, JobReport, LEAVE_SILENT_AFTER, Left, Matter, Outlet, PageState, ProblemAnswer,
    Remark, SaveWish, ScanState, ScanWish, SendWish, Session, SessionOptions,
};
use lightbar::units::Dpi;
use lightbar::virtual_device::Trouble;

use crate::support::bench::{Bench, PATIENCE, small};
use crate::support::judges;

#[test]
fn a_flatbed_gives_one_page_and_it_is_saved() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::Completed, 1, 0));
    assert_eq!(bench.pages(), [PageState::Complete]);
    let saved = bench.save_pdf("x.pdf");
    assert_eq!((saved.pages, saved.partial, saved.while_scanning), (1, 0, false));
    judges::qpdf_accepts(&saved.files[0]);
}

#[test]
fn a_feeder_gives_its_pages_front_and_back() {
    let bench = Bench::new("feeder", "", 3);
    bench.scan(Source::Duplex);
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete), (JobEnd::Completed, 6));
    let snapshot = bench.session.snapshot();
    let sides: Vec<_> = snapshot.pages.iter().map(|page| format!("{:?}", page.side)).collect();
    assert_eq!(sides, ["Front", "Back", "Front", "Back", "Front", "Back"]);
    assert!(snapshot.pages.iter().all(|page| (page.width, page.height) == (620, 877)));
}

#[test]
fn what_no_saved_file_has_is_known_through_every_change() {
    let bench = Bench::new("feeder", "", 3);
    assert_eq!(bench.session.snapshot().unsaved, Unsaved::Nothing);
    bench.scan(Source::Feeder);
    bench.job_ends();
    bench.device_rests();
    assert_eq!(bench.session.snapshot().unsaved, Unsaved::Pages(3));
    bench.save_pdf("x.pdf");
    let shown = bench.session.snapshot();
    assert_eq!(shown.unsaved, Unsaved::Nothing);
    bench.send(Command::DeletePages(vec![shown.pages[0].id]));
    bench.until_shown(|shown| shown.unsaved == Unsaved::Changes);
    bench.send(Command::Undo);
    bench.until_shown(|shown| shown.unsaved == Unsaved::Nothing);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    assert_eq!(bench.session.snapshot().unsaved, Unsaved::Pages(1));
    bench.save_pdf("y.pdf");
    let all = bench.session.snapshot().pages.iter().map(|page| page.id).collect();
    bench.send(Command::DeletePages(all));
    bench.until_shown(|shown| shown.pages.is_empty() && shown.unsaved == Unsaved::Nothing);
}

#[test]
fn pages_beyond_the_number_are_told_and_kept_but_left_out_of_the_document() {
    let bench = Bench::new("sheetfed", "", 9);
    bench.scan_with(Source::Feeder, small(), PageLimit::from_pages(2));
    let remark = bench.until(|event| match event {
        Event::Remark(remark) => Some(remark),
        _ => None,
    });
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.beyond), (JobEnd::Completed, 2, 2));
    assert_eq!(remark, Remark::PagesPassedOn(9 - 4 - bench.scanner.sheets_left()));
    let shown = bench.session.snapshot();
    assert!(shown.notices.iter().any(|notice| matches!(&notice.matter, Matter::Remark(told) if *told == remark)));
    assert_eq!(bench.pages(), [PageState::Complete; 2]);
    // One step back for each, and both are there again.
    bench.send(Command::Undo);
    bench.send(Command::Undo);
    bench.until_shown(|shown| shown.pages.len() == 4);
}

#[test]
fn pages_are_counted_and_paper_beyond_them_stays() {
    let bench = Bench::new("feeder", "", 5);
    bench.scan_with(Source::Feeder, small(), PageLimit::from_pages(2));
    assert_eq!(bench.job_ends().complete, 2);
    bench.device_rests();
    bench.scan_with(Source::Feeder, small(), PageLimit::from_pages(9));
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete), (JobEnd::FewerPages, 3));
}

#[test]
fn an_empty_feeder_asks_for_paper_and_goes_on_with_it() {
    let bench = Bench::new("feeder", "", 0);
    bench.scan(Source::Feeder);
    assert_eq!(bench.pauses().condition, Condition::PaperEmpty);
    assert!(matches!(bench.session.snapshot().scan, ScanState::Paused(_)));
    bench.scanner.load_sheets(2);
    bench.send(Command::AnswerProblem(ProblemAnswer::Continue));
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete), (JobEnd::Completed, 2));
}

#[test]
fn an_empty_feeder_that_stays_empty_is_said_so() {
    let bench = Bench::new("feeder", "", 0);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::AnswerProblem(ProblemAnswer::Finish));
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::FeederEmpty, 0, 0));
    assert!(bench.pages().is_empty());
}

#[test]
fn a_jam_keeps_what_came_and_the_page_fed_again_takes_its_place() {
    let bench = Bench::new("feeder", "jam@page2:row600", 3);
    bench.scan(Source::Feeder);
    assert_eq!(bench.pauses().condition, Condition::PaperJam);
    bench.scanner.fix();
    bench.send(Command::AnswerProblem(ProblemAnswer::Continue));
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::Completed, 3, 0));
    assert_eq!(bench.pages(), [PageState::Complete; 3]);
    // The partial page is within reach of undo.
    bench.send(Command::Undo);
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 4);
    let partial: Vec<u32> = shown
        .pages
        .iter()
        .filter_map(|page| match page.state {
            PageState::Partial { rows } => Some(rows),
            _ => None,
        })
        .collect();
    assert!(matches!(partial[..], [500..=700]), "{partial:?}");
}

#[test]
fn a_jam_given_up_leaves_complete_pages_and_a_partial_one() {
    let bench = Bench::new("feeder", "jam@page2:row600", 3);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::AnswerProblem(ProblemAnswer::Finish));
    let report = bench.job_ends();
    assert_eq!((report.complete, report.partial), (1, 1));
    assert!(matches!(report.end, JobEnd::Failed(_)));
    let saved = bench.save_pdf("x.pdf");
    assert_eq!((saved.pages, saved.partial), (2, 1));
    judges::qpdf_accepts(&saved.files[0]);
    bench.device_rests();
    bench.scanner.fix();
    bench.scanner.load_sheets(1);
    bench.scan(Source::Feeder);
    assert_eq!(bench.job_ends().complete, 1, "the next scan works");
}

#[test]
fn stop_keeps_the_page_as_far_as_it_came_and_the_next_scan_is_right() {
    let bench = Bench::on_the_wall("feeder", "silence@page2:row800*1", 3);
    bench.scan(Source::Feeder);
    bench.until_shown(|snapshot| match &snapshot.scan {
        ScanState::Scanning(scanning) => scanning.number == 2 && scanning.progress.rows > 200,
        _ => false,
    });
    bench.session.stop();
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete, report.partial), (JobEnd::Cancelled, 1, 1));
    assert!(matches!(bench.pages()[..], [PageState::Complete, PageState::Partial { rows: 200.. }]));
    bench.device_rests();
    bench.scanner.fix();
    bench.scanner.load_sheets(1);
    bench.scan(Source::Feeder);
    let report = bench.job_ends();
    assert_eq!((report.end, report.complete), (JobEnd::Completed, 1));
}

#[test]
fn a_stop_before_the_job_has_begun_ends_it() {
    let bench = Bench::new("feeder", "", 3);
    bench.scan(Source::Feeder);
    bench.session.stop();
    let report = bench.job_ends();
    assert_eq!(report.end, JobEnd::Cancelled);
    bench.device_rests();
    bench.session.stop();
    bench.scan(Source::Flatbed);
    assert_eq!(bench.job_ends().end, JobEnd::Completed, "a stop without a job hits nothing");
}

/// A job of four sheets that pauses, so that the wish to skip this page comes in time for certain.
fn skipping(faults: &str, page: u32) -> (Bench, JobReport) {
    let bench = Bench::new("feeder", faults, 4);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::SkipNextPage { page });
    bench.until_shown(|snapshot| match &snapshot.scan {
        ScanState::Paused(paused) => paused.scanning.skipping == Some(page),
        _ => false,
    });
    bench.scanner.fix();
    bench.send(Command::AnswerProblem(ProblemAnswer::Continue));
    let report = bench.job_ends();
    (bench, report)
}

#[test]
fn a_page_named_for_skipping_is_left_out_and_consumed() {
    let (bench, report) = skipping("cover@page2", 3);
    assert_eq!((report.end, report.complete, report.skipped), (JobEnd::Completed, 3, 1));
    assert_eq!(bench.scanner.sheets_left(), 0);
}

#[test]
fn a_skip_that_comes_late_hits_nothing() {
    let (_, report) = skipping("cover@page3", 2);
    assert_eq!((report.complete, report.skipped), (4, 0));
}

#[test]
fn a_page_deleted_while_it_arrives_comes_back_whole_with_undo() {
    let bench = Bench::on_the_wall("feeder", "silence@page1:row500*1", 1);
    bench.scan(Source::Feeder);
    let page = bench.until(|event| match event {
        Event::PageBegan(_, page) => Some(page),
        _ => None,
    });
    bench.until_shown(|snapshot| match &snapshot.scan {
        ScanState::Scanning(scanning) => scanning.progress.rows > 100,
        _ => false,
    });
    bench.send(Command::DeletePages(vec![page]));
    bench.until_shown(|snapshot| snapshot.pages.is_empty());
    bench.session.stop();
    bench.job_ends();
    bench.send(Command::Undo);
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 1);
    assert!(matches!(shown.pages[0].state, PageState::Partial { rows: 1.. }), "{shown:?}");
}

#[test]
fn deleting_is_undone_and_done_again() {
    let bench = Bench::new("feeder", "", 3);
    bench.scan(Source::Feeder);
    bench.job_ends();
    let ids: Vec<_> = bench.session.snapshot().pages.iter().map(|page| page.id).collect();
    bench.send(Command::DeletePages(vec![ids[1]]));
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 2);
    assert_eq!(shown.undo, Some("Delete"));
    bench.send(Command::Undo);
    let shown = bench.until_shown(|snapshot| snapshot.pages.len() == 3);
    assert_eq!(shown.pages.iter().map(|page| page.id).collect::<Vec<_>>(), ids);
    bench.send(Command::Redo);
    bench.until_shown(|snapshot| snapshot.pages.len() == 2);
}

#[test]
fn what_the_device_does_not_offer_is_refused_with_what_it_does() {
    let bench = Bench::new("flatbed", "", 0);
    let refused = |source, settings| {
        bench.send(Command::Scan(ScanWish { source, settings, pages: PageLimit::All }));
        bench.until(|event| match event {
            Event::Refused(error) => Some(error),
            Event::JobEnded(report) => panic!("it ran: {report:?}"),
            _ => None,
        })
    };
    let error = refused(Source::Feeder, ScanSettings::default());
    assert_eq!(error, SettingsError::Source { wanted: Source::Feeder, offered: vec![Source::Flatbed] });
    let error = refused(Source::Flatbed, ScanSettings { dpi: Dpi(123), ..ScanSettings::default() });
    assert!(matches!(error, SettingsError::Resolution { ref offered, .. } if offered.contains(&Dpi(300))), "{error:?}");
    let huge =
        Paper::Custom { width: lightbar::units::Length::from_mm(600), height: lightbar::units::Length::from_mm(900) };
    let error = refused(Source::Flatbed, ScanSettings { paper: huge, ..ScanSettings::default() });
    assert!(matches!(error, SettingsError::Paper { .. }), "{error:?}");
    assert!(bench.pages().is_empty());
}

#[test]
fn line_art_comes_from_gray_where_the_device_has_none_of_its_own() {
    for model in ["feeder", "flatbed"] {
        let bench = Bench::new(model, "", 1);
        let settings = ScanSettings { mode: ColorMode::LineArt, ..small() };
        bench.scan_with(Source::Flatbed, settings, PageLimit::All);
        assert_eq!(bench.job_ends().complete, 1);
        let saved = bench.save_pdf("x.pdf");
        judges::qpdf_accepts(&saved.files[0]);
    }
}

#[test]
fn where_pages_cannot_be_kept_the_device_is_not_asked_for_any() {
    let bench = Bench::new("feeder", "", 2);
    let requests_before = bench.scanner.requests().len();
    std::fs::create_dir(bench.path("data")).expect("created");
    std::fs::write(bench.path("data/documents"), b"in the way").expect("written");
    bench.scan(Source::Feeder);
    let error = bench.until(|event| match event {
        Event::Refused(error) => Some(error),
        Event::JobEnded(report) => panic!("it ran: {report:?}"),
        _ => None,
    });
    assert_eq!(error, SettingsError::Storage(bench.path("data/documents")));
    assert_eq!(bench.scanner.requests().len(), requests_before, "{:?}", bench.scanner.requests());
    assert_eq!((bench.scanner.pages_begun(), bench.scanner.sheets_left()), (0, 2));
    std::fs::remove_file(bench.path("data/documents")).expect("removed");
    bench.scan(Source::Feeder);
    assert_eq!(bench.job_ends().complete, 2, "once they can be kept they come");
}

/// Whatever a device does, the job ends with one clear result, pages so far are kept, and the next
/// scan works.
#[test]
fn after_every_fault_the_pages_so_far_are_kept_and_the_next_scan_works() {
    const FAULTS: [&str; 13] = [
        "jam",
        "cover",
        "multifeed",
        "unplug",
        "stall",
        "silence",
        "short-reads",
        "zero-length",
        "html",
        "truncate",
        "503",
        "wedge-if-not-drained",
        "lost-page",
    ];
    for model in ["feeder", "sheetfed"] {
        for fault in FAULTS {
            for place in ["page2", "page2:row700"] {
                let case = format!("{model} {fault}@{place}");
                println!("{case}");
                let bench = Bench::new(model, &format!("{fault}@{place}*1"), 3);
                bench.scan(Source::Feeder);
                let report = bench.until(|event| match event {
                    Event::Paused(..) => {
                        bench.send(Command::AnswerProblem(ProblemAnswer::Finish));
                        None
                    }
                    Event::JobEnded(report) => Some(report),
                    _ => None,
                });
                assert!(report.complete >= 1, "{case}: {report:?}");
                let kept = report.complete + report.partial;
                assert_eq!(bench.pages().len() as u32, kept, "{case}");
                let harmless = matches!(fault, "short-reads" | "zero-length" | "503" | "wedge-if-not-drained");
                if harmless {
                    assert_eq!((&report.end, report.complete), (&JobEnd::Completed, 3), "{case}");
                } else if report.complete < 3 {
                    assert!(
                        matches!(report.end, JobEnd::Failed(_)),
                        "{case}: a page is missing and nobody says so: {report:?}"
                    );
                }
                let saved = bench.save_pdf("x.pdf");
                // What came instead of a picture is kept in the document alone.
                let without_picture = if fault == "html" { report.partial } else { 0 };
                assert_eq!(saved.pages, kept - without_picture, "{case}");
                judges::qpdf_accepts(&saved.files[0]);
                bench.device_rests();
                bench.scanner.fix();
                bench.scanner.replug();
                bench.scanner.load_sheets(2);
                bench.scan(Source::Feeder);
                let report = bench.job_ends();
                assert_eq!(
                    (&report.end, report.complete),
                    (&JobEnd::Completed, 2),
                    "{case}: the next scan: {report:?}"
                );
            }
        }
    }
}

#[test]
fn an_existing_file_is_replaced_only_when_that_was_asked() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    let target = bench.path("x.pdf");
    std::fs::write(&target, b"precious").expect("written");
    let wish = SaveWish::of(target.clone(), FileFormat::Pdf);
    bench.send(Command::Save(wish.clone()));
    bench.until(|event| matches!(event, Event::SaveFailed(_)).then_some(()));
    assert_eq!(std::fs::read(&target).expect("readable"), b"precious");
    let shown = bench.until_shown(|snapshot| !snapshot.notices.is_empty() && snapshot.saving.is_none());
    assert!(shown.notices.iter().any(|notice| matches!(notice.matter, Matter::SaveFailed(_))));
    bench.send(Command::Save(wish.overwriting(true)));
    bench.until(|event| matches!(event, Event::Saved(_)).then_some(()));
    assert!(std::fs::read(&target).expect("readable").starts_with(b"%PDF"));
}

#[test]
fn a_save_during_a_scan_has_the_pages_complete_at_that_moment_and_says_so() {
    let bench = Bench::on_the_wall("feeder", "silence@page2:row800*1", 2);
    bench.scan(Source::Feeder);
    bench.until_shown(|snapshot| match &snapshot.scan {
        ScanState::Scanning(scanning) => scanning.number == 2 && scanning.progress.rows > 200,
        _ => false,
    });
    let saved = bench.save_pdf("x.pdf");
    assert_eq!((saved.pages, saved.while_scanning), (1, true));
    bench.session.stop();
    bench.job_ends();
}

/// Somebody who reads along and stops: every write waits until the sender is gone.
struct Stalled {
    began: Sender<()>,
    held: Receiver<()>,
}

impl std::io::Write for Stalled {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        self.began.send(()).expect("somebody wants to know");
        let _ = self.held.recv();
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_session_ends_although_somebody_who_reads_along_does_not_go_on() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    let (began, writing) = bounded(1);
    let (hold, held) = bounded(0);
    let to = Outlet::new(Stalled { began, held });
    bench.send(Command::Send(SendWish { options: Box::new(SaveOptions::of(FileFormat::Pdf)), to }));
    writing.recv_timeout(PATIENCE).expect("the passing on has begun");
    let (closed, is_closed) = bounded(1);
    let Bench { session, folder: _folder, .. } = bench;
    std::thread::spawn(move || {
        session.close();
        closed.send(()).expect("somebody waits");
    });
    is_closed.recv_timeout(PATIENCE).expect("the session does not wait for a reader");
    drop(hold);
}

#[test]
fn pictures_of_pages_are_made_when_they_are_asked_for() {
    use lightbar::session::pictures::PictureKind;
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    let page = bench.session.snapshot().pages[0].face;
    for (kind, size) in [
        (PictureKind::Thumbnail, (181, 256)),
        (PictureKind::Fitted, (620, 877)),
        (PictureKind::Tile { column: 1, row: 1 }, (620 - 512, 877 - 512)),
    ] {
        bench.until_shown(|_| bench.session.pictures().get(page, kind).is_some());
        let picture = bench.session.pictures().get(page, kind).expect("it was there");
        assert_eq!((picture.width, picture.height), size, "{kind:?}");
        assert_eq!(picture.pixels.len(), (size.0 * size.1 * 4) as usize);
        let bright = picture.pixels.chunks(4).filter(|pixel| pixel[0] > 200).count();
        assert!(bright > picture.pixels.len() / 8, "{kind:?} is mostly paper");
    }
}

#[test]
fn paper_and_covers_are_told_when_the_device_is_looked_at_and_start_nothing() {
    let bench = Bench::new("feeder", "", 0);
    let told = |bench: &Bench, expected: DeviceEvent| {
        bench.send(Command::LookAtFeeder);
        let event = bench.until(|event| match event {
            Event::Device(event) => Some(event),
            _ => None,
        });
        assert_eq!(event, expected);
    };
    bench.scanner.load_sheets(3);
    told(&bench, DeviceEvent::FeederLoaded);
    bench.scanner.begin_trouble(Trouble::CoverOpen);
    told(&bench, DeviceEvent::CoverOpened);
    bench.scanner.fix();
    told(&bench, DeviceEvent::CoverClosed);
    assert_eq!((bench.scanner.pages_begun(), bench.session.snapshot().pages.len()), (0, 0));
}

#[test]
fn a_silent_device_is_left_and_what_came_stays() {
    let bench = Bench::on_the_wall("feeder", "silence@page1:row400", 1);
    bench.scan(Source::Feeder);
    let shown = bench.until_shown(
        |shown| matches!(&shown.scan, ScanState::Scanning(job) if job.page.is_some() && job.progress.bytes > 0),
    );
    let document = shown.document.clone().expect("it has a page");
    let began = Instant::now();
    assert_eq!(bench.session.leave(&never(), || ()), Left::Silent, "settling it would take ten seconds");
    assert!(began.elapsed() >= LEAVE_SILENT_AFTER);
    let page = PageFile::open(&document.join("pages/1.page")).expect("its file can be read");
    assert!(page.length() > 0);
    assert_eq!(page.end().map(|end| end.complete), Some(false), "its end is in the file: nothing has to be repaired");
}

#[test]
fn a_session_at_rest_is_left_at_once_and_a_save_is_done_before() {
    let bench = Bench::on_the_wall("feeder", "", 2);
    bench.scan(Source::Feeder);
    bench.job_ends();
    let target = bench.path("x.pdf");
    let wish = SaveWish::of(target.clone(), FileFormat::Pdf);
    bench.send(Command::Save(wish));
    assert_eq!(bench.session.leave(&never(), || ()), Left::AtRest);
    judges::qpdf_accepts(&target);
}

/// The device is being asked for its paper and says nothing; that question has a limit of twenty seconds.
#[test]
fn a_stop_is_heard_although_the_feeder_is_being_looked_at() {
    let bench = Bench::on_the_wall("feeder", "", 1);
    let asked = bench.scanner.requests().len();
    bench.scanner.add_faults(format!("silence@request={}", asked + 1).parse().expect("a fault"));
    bench.send(Command::LookAtFeeder);
    bench.until_shown(|_| bench.scanner.requests().len() > asked);
    let began = Instant::now();
    bench.scan(Source::Flatbed);
    bench.session.stop();
    assert_eq!(bench.job_ends().end, JobEnd::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Printing goes over the same cable: whoever wants the device after the program's end finds it free.
#[test]
fn a_session_that_was_left_has_given_its_device_back() {
    for _ in 0..20 {
        let bench = Bench::new("feeder", "", 1);
        bench.scan(Source::Feeder);
        bench.job_ends();
        let scanner = bench.scanner.clone();
        assert!(scanner.open().is_err(), "it is in use until then");
        assert_eq!(bench.session.leave(&never(), || ()), Left::AtRest);
        scanner.open().expect("nobody has it any more");
    }
}

#[test]
fn whoever_is_in_a_hurry_does_not_wait_for_the_device() {
    let bench = Bench::on_the_wall("feeder", "silence@page1:row400", 1);
    bench.scan(Source::Feeder);
    bench.until_shown(
        |shown| matches!(&shown.scan, ScanState::Scanning(job) if job.page.is_some() && job.progress.bytes > 0),
    );
    let (hurries, hurry) = bounded(1);
    hurries.send(()).expect("there is room");
    assert_eq!(bench.session.leave(&hurry, || ()), Left::InHurry);
}

#[test]
fn a_search_is_shown_from_the_first_look_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let session = Session::start(SessionOptions::in_folder(folder.path().to_path_buf())).expect("it starts");
    let shown = session.snapshot();
    assert!(shown.searching || shown.devices.iter().any(|entry| entry.connection == Connection::Virtual), "{shown:?}");
}
