//! What a program finds when it starts again.

use std::time::Instant;

use lightbar::document::{Edit, Rotation};
use lightbar::minidriver::Source;
use lightbar::raster::{PixelWindow, Tone};
use lightbar::session::pictures::PictureKind;
use lightbar::session::{
    Command, DocumentChoice, DocumentTrouble, Event, Made, Matter, PageState, Session, SessionOptions, Snapshot,
};

use crate::support::bench::{Bench, PATIENCE};

/// A window's session on the same documents.
fn started(bench: &Bench, document: DocumentChoice) -> Session {
    let options = SessionOptions { document, discover: false, ..SessionOptions::in_folder(bench.path("data")) };
    Session::start(options).expect("it starts")
}

fn happens<T>(session: &Session, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = session.events().recv_deadline(deadline).expect("the event comes in time");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

fn opened(session: &Session) -> Result<(), DocumentTrouble> {
    happens(session, |event| match event {
        Event::DocumentOpened(result) => Some(result.map(drop)),
        _ => None,
    })
}

/// Whether the command changed something.
fn changes(session: &Session, command: Command) -> bool {
    assert!(session.send(command), "the command was not taken");
    let made = happens(session, |event| match event {
        Event::Changed(made) => Some(made),
        _ => None,
    });
    assert_ne!(made, Made::NotWrittenDown);
    made == Made::WrittenDown
}

fn seen(snapshot: &Snapshot) -> Vec<(u64, PageState, u32, u32)> {
    snapshot.pages.iter().map(|page| (page.id.0, page.state, page.width, page.height)).collect()
}

/// A partial page comes back with its rows, and what was done can be undone.
#[test]
fn the_next_start_shows_the_last_document_as_it_was() {
    let bench = Bench::new("feeder", "jam@page3:row300", 3);
    bench.scan(Source::Feeder);
    bench.pauses();
    bench.send(Command::AnswerProblem(lightbar::session::ProblemAnswer::Finish));
    let report = bench.job_ends();
    assert_eq!((report.complete, report.partial), (2, 1));
    bench.device_rests();
    let ids: Vec<_> = bench.session.snapshot().pages.iter().map(|page| page.id).collect();
    assert!(changes(&bench.session, Command::Edit(Edit::Rotate { pages: vec![ids[1]], by: Rotation::Quarter })));
    assert!(changes(&bench.session, Command::Edit(Edit::Move { pages: vec![ids[2]], after: None })));
    assert!(changes(&bench.session, Command::DeletePages(vec![ids[0]])));
    assert!(!changes(&bench.session, Command::DeletePages(vec![ids[0]])));
    let (before, id) = (bench.session.snapshot(), bench.session.snapshot().id.clone().expect("it has one"));
    assert!(matches!(before.pages[0].state, PageState::Partial { rows: 1.. }), "{:?}", before.pages);
    let mut bench = bench;
    bench.end_session();
    let session = started(&bench, DocumentChoice::Last);
    assert_eq!(opened(&session), Ok(()));
    let after = session.snapshot();
    assert_eq!((seen(&after), after.id.clone()), (seen(&before), Some(id)));
    assert_eq!((after.undo, after.unsaved, after.opening), (Some("Delete"), before.unsaved, false));
    assert!(after.notices.is_empty(), "nothing was lost: {:?}", after.notices);
    for _ in 0..3 {
        assert!(changes(&session, Command::Undo));
    }
    let back: Vec<_> = session.snapshot().pages.iter().map(|page| page.id).collect();
    assert_eq!(back, ids);
    session.close();
}

#[test]
fn a_document_that_is_open_elsewhere_is_left_alone() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let id = bench.session.snapshot().id.clone().expect("it has one");
    let second = started(&bench, DocumentChoice::Last);
    assert!(second.send(Command::SetTitle(Some("x".to_owned()))));
    happens(&second, |event| matches!(event, Event::Changed(Made::WrittenDown)).then_some(()));
    let shown = second.snapshot();
    assert!(shown.pages.is_empty(), "it begins with a new one");
    let [notice] = shown.notices.as_slice() else { panic!("one notice, not {:?}", shown.notices) };
    assert!(
        matches!(&notice.matter, Matter::Document(DocumentTrouble::OpenElsewhere(open)) if *open == id),
        "and says why: {notice:?}"
    );
    assert!(second.send(Command::OpenDocument(id.clone())));
    assert_eq!(opened(&second), Err(DocumentTrouble::OpenElsewhere(id.clone())));
    bench.send(Command::NewDocument);
    bench.until_shown(|snapshot| snapshot.pages.is_empty() && snapshot.id.is_none());
    assert!(second.send(Command::OpenDocument(id)));
    assert_eq!(opened(&second), Ok(()));
    assert_eq!(second.snapshot().pages.len(), 1);
    let troubles =
        second.snapshot().notices.iter().filter(|notice| matches!(notice.matter, Matter::Document(_))).count();
    assert_eq!(troubles, 0, "what kept it from being opened is old");
    second.close();
}

/// Whatever another window showed meanwhile.
#[test]
fn the_next_start_shows_the_document_that_was_worked_on_last() {
    let mut bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let other = bench.session.snapshot().id.clone().expect("it has one");
    bench.send(Command::NewDocument);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let (here, page) = (bench.session.snapshot().id.clone().expect("it has one"), bench.session.snapshot().pages[0].id);
    let library = lightbar::document::library::Library::in_folder(&bench.path("data"));
    assert_eq!(library.noted(), Some(here.clone()));
    let visit = || {
        let second = started(&bench, DocumentChoice::Last);
        assert_eq!(opened(&second), Err(DocumentTrouble::OpenElsewhere(here.clone())));
        assert!(second.send(Command::OpenDocument(other.clone())));
        assert_eq!(opened(&second), Ok(()));
        second.close();
        assert_eq!(library.noted(), Some(other.clone()));
    };
    // Also when the first window ends in no orderly way: it is noted when something is done.
    visit();
    assert!(changes(&bench.session, Command::Edit(Edit::Rotate { pages: vec![page], by: Rotation::Quarter })));
    assert_eq!(library.noted(), Some(here.clone()));
    visit();
    bench.end_session();
    assert_eq!(library.noted(), Some(here));
}

/// Nothing is a state, too: no document comes back that a person has put away, and none that was never shown.
#[test]
fn the_next_start_is_empty_where_the_last_one_was_left_empty() {
    for trashed in [false, true] {
        let mut bench = Bench::new("flatbed", "", 0);
        bench.scan(Source::Flatbed);
        bench.job_ends();
        bench.device_rests();
        let other = bench.session.snapshot().id.clone().expect("it has one");
        bench.send(Command::NewDocument);
        bench.scan(Source::Flatbed);
        bench.job_ends();
        bench.device_rests();
        let here = bench.session.snapshot().id.clone().expect("it has one");
        let library = lightbar::document::library::Library::in_folder(&bench.path("data"));
        assert_eq!(library.noted(), Some(here.clone()));
        if trashed {
            bench.send(Command::ThrowAway(here.clone()));
            bench.until_shown(|shown| shown.library.as_ref().is_some_and(|shelf| shelf.trash.len() == 1));
        } else {
            bench.send(Command::NewDocument);
            bench.until_shown(|shown| shown.id.is_none());
        }
        bench.end_session();
        assert_eq!(library.noted(), None);
        // For a command line it is still the one that was shown last, while it is there.
        assert_eq!(library.last(), Some(if trashed { other } else { here.clone() }));
        let next = started(&bench, DocumentChoice::Last);
        assert!(next.send(Command::SetTitle(Some("x".to_owned()))));
        happens(&next, |event| matches!(event, Event::Changed(_)).then_some(()));
        let shown = next.snapshot();
        assert!(shown.pages.is_empty() && shown.notices.is_empty(), "{:?}", shown.notices);
        // The one that was put away is noted again as soon as it is shown again.
        if !trashed {
            assert!(next.send(Command::OpenDocument(here.clone())));
            assert_eq!(opened(&next), Ok(()));
            assert_eq!(library.noted(), Some(here));
        }
        next.close();
    }
}

#[test]
fn documents_are_listed_thrown_away_and_taken_back() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let id = bench.session.snapshot().id.clone().expect("it has one");
    bench.send(Command::ListDocuments);
    let listed = bench.until_shown(|snapshot| snapshot.library.is_some());
    let names = |snapshot: &Snapshot| {
        let shelf = snapshot.library.clone().expect("it was asked for");
        let ids = |entries: &[lightbar::document::library::Entry]| -> Vec<_> {
            entries.iter().map(|entry| entry.id.clone()).collect()
        };
        (ids(&shelf.documents), ids(&shelf.trash))
    };
    assert_eq!(names(&listed), (vec![id.clone()], vec![]));
    bench.send(Command::ThrowAway(id.clone()));
    let shown = bench.until_shown(|snapshot| names(snapshot).1.len() == 1);
    assert!(shown.pages.is_empty(), "it was the one that was shown");
    bench.send(Command::TakeBack(id.clone()));
    bench.until_shown(|snapshot| names(snapshot).0.len() == 1);
    bench.send(Command::OpenDocument(id));
    assert_eq!(opened(&bench.session), Ok(()));
    assert_eq!(bench.pages(), [PageState::Complete]);
}

/// Through the library's thread: nothing of it is shown, and what somebody else has open is left alone.
#[test]
fn documents_are_renamed_and_deleted_for_ever_without_being_opened() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let id = bench.session.snapshot().id.clone().expect("it has one");
    let second = started(&bench, DocumentChoice::New);
    let until = |reached: &dyn Fn(&Snapshot) -> bool| {
        let deadline = Instant::now() + PATIENCE;
        while !reached(&second.snapshot()) {
            assert!(Instant::now() < deadline, "{:?}", second.snapshot());
            std::thread::yield_now();
        }
        second.snapshot()
    };
    let titles = |shown: &Snapshot| {
        let shelf = shown.library.clone().unwrap_or_default();
        shelf.documents.iter().map(|entry| entry.title.clone()).collect::<Vec<_>>()
    };
    let trouble = |shown: &Snapshot| {
        let mut troubles = shown.notices.iter().rev().filter_map(|notice| match &notice.matter {
            Matter::Document(trouble) => Some(trouble.clone()),
            _ => None,
        });
        troubles.next()
    };
    assert!(second.send(Command::Rename(id.clone(), Some("Lease".to_owned()))));
    let shown = until(&|shown| trouble(shown).is_some());
    assert_eq!(trouble(&shown), Some(DocumentTrouble::OpenElsewhere(id.clone())));
    // The one that is shown is renamed where it is shown, and the list tells of it.
    bench.send(Command::Rename(id.clone(), Some("Minutes".to_owned())));
    let shown = bench.until_shown(|shown| titles(shown) == [Some("Minutes".to_owned())]);
    assert_eq!(shown.about.title.as_deref(), Some("Minutes"));
    bench.send(Command::NewDocument);
    bench.until_shown(|shown| shown.id.is_none());
    assert!(second.send(Command::Rename(id.clone(), Some("Lease".to_owned()))));
    let shown = until(&|shown| titles(shown) == [Some("Lease".to_owned())]);
    assert!(shown.pages.is_empty() && shown.id.is_none(), "nothing of it is shown");
    assert!(second.send(Command::ThrowAway(id.clone())));
    let bytes =
        |shown: &Snapshot| shown.library.as_ref().and_then(|shelf| shelf.trash.first().map(|entry| entry.bytes));
    let bytes = bytes(&until(&|shown| bytes(shown).is_some()));
    assert!(second.send(Command::DeleteForever(id.clone())));
    let shown = until(&|shown| shown.library.as_ref().is_some_and(|shelf| shelf.trash.is_empty()));
    let freed = shown.notices.iter().find_map(|notice| match notice.matter {
        Matter::Freed(freed) => Some(freed),
        _ => None,
    });
    let freed = freed.expect("it is said");
    assert_eq!((freed.documents, freed.pages, Some(freed.bytes)), (1, 1, bytes));
    assert!(second.send(Command::DeleteForever(id.clone())));
    until(&|shown| trouble(shown) == Some(DocumentTrouble::Missing(id.clone())));
    second.close();
}

/// Two sentences about one thing, of which the second was not true, were said here once.
#[test]
fn a_document_that_is_scanned_into_is_not_thrown_away_and_that_is_said_once() {
    let bench = Bench::new("feeder", "jam@page1:row300", 1);
    bench.scan(Source::Feeder);
    bench.pauses();
    let id = bench.session.snapshot().id.clone().expect("it has one");
    bench.send(Command::ThrowAway(id.clone()));
    bench.send(Command::Clean(id.clone()));
    bench.send(Command::ListDocuments);
    let shown = bench.until_shown(|snapshot| snapshot.library.is_some());
    let said: Vec<_> = shown
        .notices
        .iter()
        .filter_map(|notice| match &notice.matter {
            Matter::Document(trouble) => Some(trouble.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(said, [DocumentTrouble::Busy, DocumentTrouble::Busy]);
    let listed = shown.library.as_ref().expect("it was asked for");
    assert_eq!((listed.documents.len(), listed.trash.len(), &shown.id), (1, 0, &Some(id)));
}

/// Whoever draws a page holds its document for a moment longer than it is shown.
#[test]
fn a_document_whose_pages_are_being_drawn_is_thrown_away_cleaned_and_opened() {
    let mut bench = Bench::new("flatbed", "", 0);
    for round in 1..=4 {
        bench.scan(Source::Flatbed);
        bench.job_ends();
        bench.device_rests();
        let shown = bench.session.snapshot();
        let (face, id) = (shown.pages[0].face, shown.id.clone().expect("it has one"));
        let kinds = [PictureKind::Fitted, PictureKind::Thumbnail, PictureKind::Tile { column: 0, row: 0 }];
        kinds.into_iter().for_each(|kind| drop(bench.session.pictures().get(face, kind)));
        bench.send(Command::NewDocument);
        if round % 2 == 0 {
            bench.send(Command::Clean(id.clone()));
        }
        bench.send(Command::OpenDocument(id.clone()));
        assert_eq!(opened(&bench.session), Ok(()));
        kinds.into_iter().for_each(|kind| drop(bench.session.pictures().get(face, kind)));
        bench.send(Command::ThrowAway(id));
        let shown = bench.until_shown(|shown| shown.library.as_ref().is_some_and(|shelf| shelf.trash.len() == round));
        assert!(!shown.notices.iter().any(|notice| matches!(notice.matter, Matter::Document(_))), "{shown:?}");
        assert!(shown.id.is_none() && shown.pages.is_empty());
    }
    bench.send(Command::EmptyTrash);
    bench.until_shown(|shown| shown.library.as_ref().is_some_and(|shelf| shelf.trash.is_empty()));
    // What was asked for before the end is done before the end.
    bench.send(Command::ListDocuments);
    bench.end_session();
}

#[test]
fn the_document_that_is_shown_is_cleaned() {
    let mut bench = Bench::new("feeder", "", 2);
    bench.scan(Source::Feeder);
    bench.job_ends();
    bench.device_rests();
    let shown = bench.session.snapshot();
    let (id, folder) = (shown.id.clone().expect("it has one"), shown.document.clone().expect("it has one"));
    let file = folder.join("pages/1.page");
    assert!(changes(&bench.session, Command::DeletePages(vec![shown.pages[0].id])));
    assert!(file.exists());
    bench.send(Command::Clean(id));
    let is_said = |shown: &Snapshot| shown.notices.iter().any(|notice| matches!(notice.matter, Matter::Freed(_)));
    let shown = bench.until_shown(|shown| shown.undo.is_none() && is_said(shown) && !file.exists());
    let said = shown.notices.iter().find_map(|notice| match notice.matter {
        Matter::Freed(freed) => Some((freed.documents, freed.pages)),
        _ => None,
    });
    assert_eq!(said, Some((0, 1)));
    assert_eq!(bench.pages(), [PageState::Complete]);
    bench.restart();
    let again = bench.until_shown(|shown| !shown.opening);
    assert!(again.pages.len() == 1 && again.notices.is_empty(), "{again:?}");
}

/// 620 × 877 pixels, of which a part is left, turned and darkened.
#[test]
fn pictures_show_what_was_done() {
    let bench = Bench::new("flatbed", "", 0);
    bench.scan(Source::Flatbed);
    bench.job_ends();
    bench.device_rests();
    let page = bench.session.snapshot().pages[0].clone();
    let part = PixelWindow { left: 100, top: 50, width: 300, height: 600 };
    let tone = Tone { threshold: Some(255), ..Tone::default() };
    assert!(changes(&bench.session, Command::Edit(Edit::Crop(vec![(page.id, Some(part))]))));
    assert!(changes(&bench.session, Command::Edit(Edit::Rotate { pages: vec![page.id], by: Rotation::Quarter })));
    let plain = bench.session.snapshot().pages[0].clone();
    assert_eq!((plain.width, plain.height), (600, 300));
    assert!(changes(&bench.session, Command::Edit(Edit::Tone { pages: vec![page.id], tone })));
    let toned = bench.session.snapshot().pages[0].clone();
    let picture = |face, kind| {
        bench.until_shown(|_| bench.session.pictures().get(face, kind).is_some());
        bench.session.pictures().get(face, kind).expect("it was there")
    };
    let whole = picture(page.face, PictureKind::Tile { column: 0, row: 0 });
    let tile = picture(plain.face, PictureKind::Tile { column: 0, row: 0 });
    assert_eq!((tile.width, tile.height), (512, 300));
    let at = |picture: &lightbar::session::pictures::Picture, x: u32, y: u32| {
        let at = ((y * picture.width + x) * 4) as usize;
        picture.pixels[at..at + 4].to_vec()
    };
    // A quarter turn clockwise: what was at the bottom is on the left.
    for (x, y) in [(511, 0), (400, 7), (300, 299), (250, 100)] {
        let (left, top) = (100 + y, 50 + 600 - 1 - x);
        if left < 512 && top < 512 {
            assert_eq!(at(&tile, x, y), at(&whole, left, top), "{x} {y}");
        }
    }
    let second = picture(plain.face, PictureKind::Tile { column: 1, row: 0 });
    assert_eq!((second.width, second.height), (600 - 512, 300));
    let thumbnail = picture(plain.face, PictureKind::Thumbnail);
    assert_eq!((thumbnail.width, thumbnail.height), (256, 128));
    let dark = picture(toned.face, PictureKind::Tile { column: 0, row: 0 });
    assert!(dark.pixels.chunks_exact(4).all(|pixel| matches!(pixel, [0, 0, 0, 255] | [255, 255, 255, 255])));
    assert!(dark.pixels.chunks_exact(4).any(|pixel| pixel[0] == 0));
}
