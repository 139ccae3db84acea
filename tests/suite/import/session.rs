//! Importing as a window does it: pages one by one, one change, and nothing of what is refused.

use std::sync::Arc;
use std::time::Instant;

use lightbar::document::PageId;
use lightbar::export::{FileFormat, PdfPassword};
use lightbar::import::{ImportError, Password, Remark};
use lightbar::session::{
    Command, DocumentChoice, Event, ImportReport, ImportWish, Made, Matter, PageState, SaveWish, Session,
    SessionOptions,
};

use crate::support::bench::PATIENCE;
use crate::support::pictures::{JpegKind, jpeg};

use super::bench::{Bench, program};
use super::tiff;

fn session(bench: &Bench, document: DocumentChoice) -> Session {
    let options = SessionOptions {
        discover: false,
        document,
        pdf_reader: program(),
        ..SessionOptions::in_folder(bench.path("data"))
    };
    Session::start(options).expect("a session")
}

fn wait<Found>(session: &Session, wanted: impl Fn(&Event) -> Option<Found>) -> Found {
    loop {
        let event = session.events().recv().expect("an event");
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
}

fn imported(session: &Session) -> Arc<ImportReport> {
    wait(session, |event| match event {
        Event::Imported(report) => Some(report.clone()),
        _ => None,
    })
}

fn import(session: &Session, files: &[std::path::PathBuf], after: Option<PageId>) -> Arc<ImportReport> {
    session.send(Command::Import(ImportWish { files: files.to_vec(), after, password: None, asks: false }));
    imported(session)
}

fn change(session: &Session, command: Command) {
    session.send(command);
    let made = wait(session, |event| match event {
        Event::Changed(made) => Some(*made),
        _ => None,
    });
    assert_eq!(made, Made::WrittenDown);
}

fn shown(session: &Session) -> Vec<PageId> {
    session.snapshot().pages.iter().map(|page| page.id).collect()
}

fn gray(shade: u8) -> tiff::Page {
    tiff::Page::plain(4, 3, &[8], 1, &[shade; 12])
}

#[test]
fn files_become_pages_in_one_change_that_outlives_the_session() {
    let bench = Bench::new();
    let letter = bench.write("letter.tif", &tiff::file(false, &[gray(1), gray(2).with(274, &[6])]));
    let photo = bench.write("photo.jpg", &jpeg(JpegKind::COLOUR, 40, 30));
    let first = session(&bench, DocumentChoice::New);
    let report = import(&first, &[letter.clone(), photo], None);
    assert_eq!((report.pages.len(), report.partial, report.cancelled), (3, 0, false));
    assert_eq!(
        report.files.iter().map(|file| (file.name.as_str(), file.pages)).collect::<Vec<_>>(),
        [("letter.tif", 2), ("photo.jpg", 1)]
    );
    assert_eq!(shown(&first), report.pages);
    let sizes: Vec<(u32, u32)> = first.snapshot().pages.iter().map(|page| (page.width, page.height)).collect();
    assert_eq!(sizes, [(4, 3), (3, 4), (40, 30)], "the second page is turned");
    // Behind the first page.
    let more = import(&first, &[letter], Some(report.pages[0]));
    let order = [report.pages[0], more.pages[0], more.pages[1], report.pages[1], report.pages[2]];
    assert_eq!(shown(&first), order);
    change(&first, Command::Undo);
    assert_eq!(shown(&first), report.pages);
    change(&first, Command::Undo);
    assert_eq!(shown(&first), []);
    change(&first, Command::Redo);
    change(&first, Command::Redo);
    assert_eq!(shown(&first), order);
    let id = first.snapshot().id.clone().expect("a document");
    first.close();
    let second = session(&bench, DocumentChoice::Open(id));
    wait(&second, |event| matches!(event, Event::DocumentOpened(Ok(_))).then_some(()));
    assert_eq!(shown(&second), order);
    assert!(second.snapshot().pages.iter().all(|page| page.state == PageState::Complete));
    assert_eq!((second.snapshot().pages[2].width, second.snapshot().pages[2].height), (3, 4), "still turned");
    change(&second, Command::Undo);
    assert_eq!(shown(&second), report.pages);
    second.close();
}

#[test]
fn nothing_of_a_refused_file_stays_and_the_others_come() {
    let bench = Bench::new();
    let unread = gray(2).with(266, &[2]);
    let refused = bench.write("refused.tif", &tiff::file(false, &[gray(1), unread]));
    let good = bench.write("good.tif", &tiff::file(false, &[gray(3)]));
    let whole = jpeg(JpegKind::COLOUR, 320, 480);
    let cut = bench.write("cut.jpg", &whole[..whole.len() / 2]);
    let session = session(&bench, DocumentChoice::New);
    let report = import(&session, &[refused, good, cut], None);
    assert_eq!((report.pages.len(), report.partial), (2, 1));
    assert!(matches!(&report.refused[..], [(name, ImportError::Unsupported { page: 2, .. })] if name == "refused.tif"));
    assert_eq!(shown(&session), report.pages);
    let folder = session.snapshot().document.clone().expect("a document");
    assert_eq!(std::fs::read_dir(folder.join("pages")).expect("readable").count(), 2);
    let notices = session.snapshot().notices.clone();
    assert!(
        notices.iter().any(|notice| matches!(&notice.matter, Matter::ImportRefused(name, _) if name == "refused.tif"))
    );
    let partial = |matter: &Matter| matches!(matter, Matter::Imported(file) if file.remarks == [Remark::Partial(1)]);
    assert!(notices.iter().any(|notice| partial(&notice.matter)));
    for notice in &notices {
        let (_, sentences) = lightbar::text::notices::notice(&notice.matter);
        assert!(sentences.title.contains(".tif") || sentences.title.contains(".jpg"), "{sentences:?}");
    }
    change(&session, Command::Undo);
    assert_eq!(shown(&session), []);
    session.close();
}

#[test]
fn a_stopped_import_leaves_the_document_as_it_was() {
    let mut bench = Bench::new();
    let silent = bench.write("silent", b"#!/bin/sh\nexec sleep 600\n");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&silent, std::fs::Permissions::from_mode(0o700)).expect("executable");
    bench.options.pdf_reader = lightbar::import::pdf::PdfReader::Process(silent);
    let options = SessionOptions {
        discover: false,
        pdf_reader: bench.options.pdf_reader.clone(),
        ..SessionOptions::in_folder(bench.path("data"))
    };
    let session = Session::start(options).expect("a session");
    let good = bench.write("good.tif", &tiff::file(false, &[gray(3)]));
    let pdf = bench.write("x.pdf", b"%PDF-1.7");
    session.send(Command::Import(ImportWish {
        files: vec![good.clone(), pdf.clone(), good.clone()],
        after: None,
        password: None,
        asks: false,
    }));
    wait(&session, |event| matches!(event, Event::PageImported(_)).then_some(()));
    // Another one waits for it, and is stopped with it.
    session.send(Command::Import(ImportWish { files: vec![good], after: None, password: None, asks: false }));
    session.send(Command::NewDocument);
    session.send(Command::CancelImport);
    let report = imported(&session);
    assert!(report.cancelled && report.refused.is_empty());
    assert_eq!((report.pages.len(), report.files.len()), (1, 1), "the file before it came");
    assert_eq!(shown(&session), report.pages);
    assert_eq!(session.snapshot().importing, None);
    // A session that is closed stops its import, too.
    session.send(Command::Import(ImportWish { files: vec![pdf], after: None, password: None, asks: false }));
    session.close();
}

/// A PDF file that opens with this password only.
fn locked(bench: &Bench, name: &str, password: &str) -> std::path::PathBuf {
    let photo = bench.write("photo.jpg", &jpeg(JpegKind::COLOUR, 40, 30));
    let (session, target) = (session(bench, DocumentChoice::New), bench.path(name));
    import(&session, &[photo], None);
    let mut wish = SaveWish::of(target.clone(), FileFormat::Pdf);
    wish.options.pdf.password = Some(PdfPassword { user: password.to_owned(), owner: None });
    session.send(Command::Save(wish));
    wait(&session, |event| matches!(event, Event::Saved(_)).then_some(()));
    session.close();
    target
}

/// The question that is open, as soon as there is one of this number.
fn question(session: &Session, number: u64) -> (String, bool) {
    let limit = Instant::now() + PATIENCE;
    loop {
        if let Some(locked) = session.snapshot().locked.clone().filter(|locked| locked.number == number) {
            return (locked.name, locked.was_wrong);
        }
        assert!(Instant::now() < limit, "question {number} is not asked: {:?}", session.snapshot().locked);
        std::thread::yield_now();
    }
}

#[test]
fn an_import_waits_for_passwords_and_the_other_files_come_whatever_is_answered() {
    let bench = Bench::new();
    let (lease, diary) = (locked(&bench, "Lease.pdf", "sesame"), locked(&bench, "Diary.pdf", "other"));
    let good = |name: &str| bench.write(name, &tiff::file(false, &[gray(3)]));
    let files = vec![good("a.tif"), lease, diary.clone(), good("b.tif")];
    let asking = |files: Vec<std::path::PathBuf>| ImportWish { files, after: None, password: None, asks: true };
    let session = session(&bench, DocumentChoice::New);
    let answer = |number, typed: Option<&str>| {
        session.send(Command::AnswerPassword { number, password: typed.and_then(Password::new) });
    };
    session.send(Command::Import(asking(files)));
    assert_eq!(question(&session, 1), ("Lease.pdf".to_owned(), false));
    answer(1, Some("wrong"));
    assert_eq!(question(&session, 2), ("Lease.pdf".to_owned(), true));
    // One to the question before says nothing.
    answer(1, None);
    answer(2, Some("sesame"));
    // What opened the one file is tried with the next, and nobody is told that it was wrong.
    assert_eq!(question(&session, 3), ("Diary.pdf".to_owned(), false));
    answer(3, None);
    let report = imported(&session);
    let names: Vec<&str> = report.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names, report.pages.len()), (vec!["a.tif", "Lease.pdf", "b.tif"], 3), "in their order");
    assert_eq!(report.refused, [("Diary.pdf".to_owned(), ImportError::NeedsPassword)]);
    assert_eq!((shown(&session), report.cancelled, &session.snapshot().locked), (report.pages.clone(), false, &None));
    // Stopping is an answer, too, and so is the end of the program.
    session.send(Command::Import(asking(vec![diary.clone()])));
    question(&session, 4);
    session.send(Command::CancelImport);
    let report = imported(&session);
    assert!(report.cancelled && report.pages.is_empty() && report.refused.is_empty());
    session.send(Command::Import(asking(vec![diary])));
    question(&session, 5);
    session.close();
}

/// The first files of a document name it; a person's title is theirs, whatever is imported.
#[test]
fn a_document_is_named_after_its_first_files() {
    let bench = Bench::new();
    let bill = bench.write("Bill.tif", &tiff::file(false, &[gray(1)]));
    let other = bench.write("other.tif", &tiff::file(false, &[gray(2)]));
    let session = session(&bench, DocumentChoice::New);
    let name = |session: &Session| lightbar::text::library::own_name(&session.snapshot().about);
    assert_eq!(name(&session), None);
    import(&session, &[bill.clone(), other.clone()], None);
    assert_eq!(name(&session).as_deref(), Some("Bill and 1 more"));
    import(&session, std::slice::from_ref(&other), None);
    assert_eq!(name(&session).as_deref(), Some("Bill and 1 more"), "what is added later names nothing");
    change(&session, Command::SetTitle(Some("Mine".to_owned())));
    assert_eq!(name(&session).as_deref(), Some("Mine"));
    change(&session, Command::SetTitle(None));
    // All of it is taken back, and something else comes into the empty document.
    change(&session, Command::Undo);
    change(&session, Command::Undo);
    import(&session, std::slice::from_ref(&other), None);
    assert_eq!(name(&session).as_deref(), Some("other"));
    let id = session.snapshot().id.clone().expect("a document");
    session.close();
    let listed = lightbar::document::library::Library::in_folder(&bench.path("data")).entries().expect("listed");
    let entry = listed.iter().find(|entry| entry.id == id).expect("it is there");
    assert_eq!(lightbar::text::library::document_name(entry), "other");
}
