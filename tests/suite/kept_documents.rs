//! See `main.rs`.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lightbar::document::library::{EntryState, Freed, Library};
use lightbar::document::{
    Arrival, Document, DocumentId, Edit, FolderError, KeptDocument, Look, Origin, PageFacts, PageFile, PageFileError,
    PageFlaw, PageId, Part, Rotation, Sheet, StoreError, Trouble, render,
};
use lightbar::export::{ExportDocument, FileFormat, SaveOptions, SaveProgress, save};
use lightbar::minidriver::{PageFormat, PageInfo, PageStream};
use lightbar::raster::{PictureInfo, PixelFormat, PixelWindow, RowLayout, RowSink, Tone};
use lightbar::units::Dpi;

use crate::support::page_info::a4_page;
use crate::support::random::Random;

/// Pages of these tests have so many pixels a side.
const SIDE: u32 = 16;

/// A data directory with at most one document open.
struct Desk {
    folder: tempfile::TempDir,
    kept: KeptDocument,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = KeptDocument::unborn(&folder.path().join("data"));
        Desk { folder, kept }
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn id(&self) -> DocumentId {
        self.kept.folder().id().expect("it has a page")
    }

    fn path(&self) -> PathBuf {
        self.kept.folder().path().expect("it has a page")
    }

    /// A page of raw gray arrives; every page looks different.
    fn page_arrives(&mut self, after: Option<PageId>) -> PageId {
        let id = self.page_begins(after);
        let file = PageFile::open(&self.kept.folder().page_path(id).expect("it exists")).expect("readable");
        let facts = PageFacts::of(&file).expect("readable");
        self.changed(|document| document.page_ended(id, facts));
        id
    }

    /// The same up to the moment before its end is noted.
    fn page_begins(&mut self, after: Option<PageId>) -> PageId {
        let layout = RowLayout::packed(SIDE, PixelFormat::Gray8);
        let info =
            PageInfo { expected_width: SIDE, expected_rows: Some(SIDE), ..a4_page(PageFormat::Rows(layout), 75) };
        let (id, page) =
            self.kept.folder().begin_page(info, Origin { began: 1_767_322_645, ..Origin::default() }).expect("a page");
        let head = page.head();
        self.changed(|document| document.page_began(&head, after.map_or(Arrival::AtEnd, Arrival::Behind)));
        let mut stream = page.stream();
        let rows = Random(id.0 + 1).bytes((SIDE * SIDE) as usize);
        stream.write(&rows).expect("written");
        page.end(true, None).expect("ended");
        id
    }

    fn changed<Said>(&mut self, change: impl FnOnce(&mut Document) -> Said) -> Said {
        let (said, written) = self.kept.change(change);
        written.expect("written down");
        said
    }

    /// The program ends and starts again.
    fn restart(&mut self) -> Vec<Trouble> {
        let id = self.id();
        self.kept = KeptDocument::unborn(&self.data_dir());
        let (kept, troubles) = KeptDocument::open(&self.data_dir(), &id).expect("it opens");
        self.kept = kept;
        troubles
    }

    /// The pages as they would be saved: every pixel of them, in order.
    fn rendered(&self) -> Vec<(PageId, Rotation, u32)> {
        let pages = self.kept.document().pages().iter();
        pages.map(|page| (page.id, page.look.rotation, self.checksum(page.file, &page.look))).collect()
    }

    fn checksum(&self, file: PageId, look: &Look) -> u32 {
        struct Sum(crc32fast::Hasher);
        impl RowSink for Sum {
            fn begin(&mut self, picture: &PictureInfo) -> ControlFlow<()> {
                self.0.update(format!("{:?}", picture.layout).as_bytes());
                ControlFlow::Continue(())
            }
            fn row(&mut self, row: &[u8]) -> ControlFlow<()> {
                self.0.update(row);
                ControlFlow::Continue(())
            }
        }
        let file = PageFile::open(&self.kept.folder().page_path(file).expect("it exists")).expect("readable");
        let facts = PageFacts::of(&file).expect("readable");
        let mut sum = Sum(crc32fast::Hasher::new());
        render(&file, &facts, look, None, &mut sum).expect("rendered");
        sum.0.finalize()
    }
}

fn window(random: &mut Random) -> PixelWindow {
    let mut side = || 1 + random.below(u64::from(SIDE) - 1) as u32;
    PixelWindow { left: side() - 1, top: side() - 1, width: side(), height: side() }
}

fn some_edit(random: &mut Random, desk: &Desk) -> Edit {
    let known: Vec<PageId> =
        desk.kept.document().pages().iter().chain(desk.kept.document().put_aside()).map(|page| page.id).collect();
    let mut page = || known[random.below(known.len() as u64) as usize];
    let (one, two, three) = (page(), page(), page());
    let after = (random.below(4) != 0).then_some(three);
    match random.below(10) {
        0 => Edit::Insert { pages: vec![one, two], after },
        1 => Edit::Delete(vec![one, two]),
        2 => Edit::Clear,
        3 => Edit::Move { pages: vec![two, one], after },
        4 => Edit::Rotate { pages: vec![one, two], by: [Rotation::Quarter, Rotation::Half][random.below(2) as usize] },
        5 => Edit::Replace { old: one, new: two },
        6 => {
            let (brightness, threshold) = (random.below(9) as i8, (random.below(2) == 0).then_some(90));
            Edit::Tone { pages: vec![one, two], tone: Tone { brightness, contrast: 10, threshold } }
        }
        7 => Edit::Crop(vec![(one, (random.below(3) != 0).then(|| window(random))), (two, Some(window(random)))]),
        8 => {
            let mut part = || Part { page: desk.kept.folder().name_page(), crop: window(random) };
            Edit::Split { page: one, into: vec![part(), part()] }
        }
        _ => Edit::Interleave { fronts: vec![one, two], backs: vec![three] },
    }
}

/// Edits at random, taken back to the start and made again to the end, with the program ending and starting again
/// in between, look the same at every step.
#[test]
fn undo_and_redo_reach_over_restarts() {
    let seed = 20_261_121;
    println!("seed {seed}");
    let mut random = Random(seed);
    for round in 0..25 {
        let mut desk = Desk::new();
        for _ in 0..1 + random.below(6) {
            desk.page_arrives(None);
        }
        let mut states = vec![desk.rendered()];
        for _ in 0..random.below(30) {
            let edit = some_edit(&mut random, &desk);
            if desk.changed(|document| document.apply(edit)) {
                states.push(desk.rendered());
            }
            if random.below(5) == 0 {
                assert_eq!(desk.restart(), [], "round {round}");
                assert_eq!(desk.rendered(), *states.last().expect("there is one"), "round {round}");
            }
            if random.below(4) == 0 && states.len() > 1 {
                assert!(desk.changed(Document::undo));
                states.pop();
                assert_eq!(desk.rendered(), *states.last().expect("there is one"), "round {round}");
            }
        }
        for state in states.iter().rev().skip(1) {
            if random.below(3) == 0 {
                desk.restart();
            }
            assert!(desk.changed(Document::undo), "round {round}");
            assert_eq!(desk.rendered(), *state, "round {round}");
        }
        assert!(!desk.changed(Document::undo), "round {round}");
        for state in states.iter().skip(1) {
            if random.below(3) == 0 {
                desk.restart();
            }
            assert!(desk.changed(Document::redo), "round {round}");
            assert_eq!(desk.rendered(), *state, "round {round}");
        }
    }
}

#[test]
fn a_new_change_after_undo_forgets_what_was_undone_for_good() {
    let mut desk = Desk::new();
    let pages: Vec<PageId> = (0..3).map(|_| desk.page_arrives(None)).collect();
    desk.changed(|document| document.apply(Edit::Delete(vec![pages[0]])));
    desk.changed(|document| document.apply(Edit::Rotate { pages: vec![pages[1]], by: Rotation::Half }));
    assert!(desk.changed(Document::undo) && desk.changed(Document::undo));
    desk.changed(|document| document.apply(Edit::Rotate { pages: vec![pages[2]], by: Rotation::Quarter }));
    desk.restart();
    assert_eq!(desk.kept.document().redo_name(), None);
    assert_eq!(desk.kept.document().undo_name(), Some("Rotate"));
    assert!(desk.changed(Document::undo) && !desk.changed(Document::undo));
}

#[test]
fn pages_put_in_by_hand_are_one_change_and_keep_their_place() {
    let mut desk = Desk::new();
    let (first, last) = (desk.page_arrives(None), desk.page_arrives(None));
    let one = desk.page_arrives(Some(first));
    let two = desk.page_arrives(Some(one));
    assert!(desk.changed(|document| document.came_by_hand(&[one, two], Some(first))));
    let order = |desk: &Desk| desk.kept.document().pages().iter().map(|page| page.id).collect::<Vec<_>>();
    desk.restart();
    assert_eq!(order(&desk), [first, one, two, last]);
    assert!(desk.changed(Document::undo));
    desk.restart();
    assert_eq!(order(&desk), [first, last]);
    assert!(desk.changed(Document::redo));
    assert_eq!(order(&desk), [first, one, two, last]);
}

/// Every document that an earlier release kept has page files and no database.
#[test]
fn a_document_of_version_0_is_brought_to_this_one() {
    let mut desk = Desk::new();
    let pages = [desk.page_arrives(None), desk.page_arrives(None)];
    let before = desk.rendered();
    let (id, path) = (desk.id(), desk.path());
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    for name in ["document.sqlite", "document.sqlite-wal", "document.sqlite-shm"] {
        drop(fs::remove_file(path.join(name)));
    }
    fs::write(path.join("lock"), "").expect("that release wrote nothing into it");
    let (kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    desk.kept = kept;
    assert_eq!(troubles, [Trouble::PagesFound(pages.to_vec())]);
    assert_eq!(desk.rendered(), before);
    assert_eq!(desk.kept.document().began(), Some(1_767_322_645));
    assert_eq!(desk.restart(), [], "it has a database now");
}

/// What version 1 wrote, in SQLite's own words: later versions must go on reading it.
const VERSION_1: &str = include_str!("../documents/store-version-1.sql");

#[test]
fn a_document_of_version_1_is_read() {
    let mut desk = Desk::new();
    let pages = [desk.page_arrives(None), desk.page_arrives(None), desk.page_arrives(None)];
    assert_eq!(pages, [PageId(1), PageId(2), PageId(3)]);
    let (id, path) = (desk.id(), desk.path());
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    fs::remove_file(path.join("document.sqlite")).expect("removed");
    let database = rusqlite::Connection::open(path.join("document.sqlite")).expect("made");
    database.execute_batch(VERSION_1).expect("it is SQL");
    database.close().expect("closed");
    let (mut kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    assert_eq!(troubles, []);
    assert!(kept.document().pages().iter().all(|page| page.facts().is_some_and(|facts| facts.sheet.is_some())));
    let seen = |kept: &KeptDocument| -> Vec<(u64, Look)> {
        kept.document().pages().iter().map(|page| (page.id.0, page.look)).collect()
    };
    let crop = |top| Some(PixelWindow { left: 0, top, width: 16, height: 8 });
    let upright = Look { rotation: Rotation::None, crop: None, tone: Tone::default() };
    let turned = Look { rotation: Rotation::Quarter, ..upright };
    let tone = Tone { brightness: 20, contrast: -5, threshold: Some(128) };
    assert_eq!(
        seen(&kept),
        [(4, Look { crop: crop(0), ..turned }), (5, Look { crop: crop(8), ..turned }), (3, Look { tone, ..upright })]
    );
    assert_eq!(kept.document().about().title.as_deref(), Some("Brief"));
    assert_eq!(kept.document().about().saved_to.as_deref(), Some(Path::new("/tmp/x.pdf")));
    let names = ["Brightness", "Delete", "Split", "Rotate"];
    for name in names {
        assert_eq!(kept.document().undo_name(), Some(name));
        assert!(kept.change(Document::undo).0);
    }
    assert_eq!(seen(&kept), [(1, upright), (2, upright), (3, upright)]);
}

/// What versions before this one did not note of a page stands in its file's head: it is read once.
#[test]
fn the_sheet_of_a_page_that_an_earlier_version_noted_is_found() {
    let mut desk = Desk::new();
    desk.page_arrives(None);
    let (id, path) = (desk.id(), desk.path().join("document.sqlite"));
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    let with_a_sheet = || -> bool {
        let database = rusqlite::Connection::open(&path).expect("opened");
        database.query_row("SELECT facts LIKE '%sheet%' FROM page", [], |row| row.get(0)).expect("a page")
    };
    assert!(with_a_sheet());
    let database = rusqlite::Connection::open(&path).expect("opened");
    database.execute("UPDATE page SET facts = json_remove(facts, '$.sheet')", []).expect("written");
    database.close().expect("closed");
    let sheet = |kept: &KeptDocument| kept.document().pages()[0].facts().and_then(|facts| facts.sheet);
    let (to_read, troubles) = KeptDocument::open_to_read(&desk.data_dir(), &id).expect("it opens");
    assert_eq!((sheet(&to_read), troubles), (Some(Sheet { dpi: Dpi(75), rows: SIDE }), vec![]));
    drop(to_read);
    assert!(!with_a_sheet(), "reading changes nothing");
    let (kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    assert_eq!((sheet(&kept), troubles), (Some(Sheet { dpi: Dpi(75), rows: SIDE }), vec![]));
    drop(kept);
    assert!(with_a_sheet(), "the next start need not look");
}

#[test]
fn a_later_versions_document_is_not_touched() {
    let mut desk = Desk::new();
    desk.page_arrives(None);
    let (id, path) = (desk.id(), desk.path());
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    let database = rusqlite::Connection::open(path.join("document.sqlite")).expect("opened");
    database.pragma_update(None, "user_version", 99).expect("written");
    database.pragma_update(None, "journal_mode", "DELETE").expect("written");
    database.close().expect("closed");
    let before = fs::read(path.join("document.sqlite")).expect("readable");
    let refused = KeptDocument::open(&desk.data_dir(), &id).map(|(_, troubles)| troubles);
    assert!(matches!(refused, Err(FolderError::Store(StoreError::FromTheFuture(99)))), "{refused:?}");
    assert!(fs::read(path.join("document.sqlite")).expect("readable") == before);
    let listed = Library::in_folder(&desk.data_dir()).entries().expect("listed");
    assert_eq!(listed.iter().map(|entry| entry.state).collect::<Vec<_>>(), [EntryState::Newer]);
}

#[test]
fn what_the_database_does_not_know_and_what_is_not_there_is_named() {
    let mut desk = Desk::new();
    let pages: Vec<PageId> = (0..4).map(|_| desk.page_arrives(None)).collect();
    desk.changed(|document| document.apply(Edit::Rotate { pages: pages.clone(), by: Rotation::Half }));
    let file = |desk: &Desk, page: PageId| desk.kept.folder().page_path(page).expect("it exists");
    let (missing, short, broken) = (file(&desk, pages[0]), file(&desk, pages[1]), file(&desk, pages[2]));
    fs::remove_file(&missing).expect("removed");
    let length = fs::metadata(&short).expect("there").len();
    fs::OpenOptions::new().write(true).open(&short).and_then(|file| file.set_len(length - 40)).expect("cut");
    fs::write(&broken, b"no page").expect("written");
    let lost = desk.page_begins(None);
    let troubles = desk.restart();
    let expected = [
        Trouble::PageMissing(pages[0], missing),
        Trouble::PageDamaged(pages[1], short),
        Trouble::PageUnreadable(pages[2], broken),
    ];
    assert_eq!(troubles, expected);
    let seen: Vec<(PageId, Rotation, u32)> = desk
        .kept
        .document()
        .pages()
        .iter()
        .map(|page| (page.id, page.look.rotation, page.facts().expect("all have ended").height))
        .collect();
    let turned = Rotation::Half;
    let first = [(pages[0], turned, 0), (pages[1], turned, 0), (pages[2], turned, 0), (pages[3], turned, SIDE)];
    assert_eq!(seen[..4], first);
    assert_eq!(seen[4], (lost, Rotation::None, SIDE), "its end was not noted, and its file has it");
}

/// Two page files in each other's place, of pages that are as long as each other or not: neither is shown as the other, both are
/// named, and all is well when they are put back.
#[test]
fn page_files_that_were_exchanged_are_named() {
    let mut desk = Desk::new();
    let pages = [desk.page_arrives(None), desk.page_arrives(None), desk.page_arrives(None)];
    let file = |desk: &Desk, page: PageId| desk.kept.folder().page_path(page).expect("it exists");
    let (one, other) = (file(&desk, pages[0]), file(&desk, pages[2]));
    let exchange = |one: &Path, other: &Path| {
        let aside = one.with_extension("aside");
        fs::rename(one, &aside).and_then(|()| fs::rename(other, one)).expect("renamed");
        fs::rename(aside, other).expect("renamed");
    };
    let before = desk.rendered();
    exchange(&one, &other);
    let expected = [Trouble::PageExchanged(pages[0], one.clone()), Trouble::PageExchanged(pages[2], other.clone())];
    // Of the same length they look as they were until they are read.
    assert_eq!(desk.restart(), []);
    let export = ExportDocument::of(&desk.kept, desk.kept.document().pages().iter());
    let target = desk.folder.path().join("x.pdf");
    let go_on = &mut |_: SaveProgress| ControlFlow::Continue(());
    let saved = save(&export, &target, &SaveOptions::of(FileFormat::Pdf), go_on).expect("saved");
    assert_eq!((saved.written.pages, saved.written.left_out), (1, vec![pages[0], pages[2]]));
    let library = Library::in_folder(&desk.data_dir());
    let id = desk.id();
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    let check = library.check(&id, &mut |_| ()).expect("checked");
    let flaws: Vec<_> = check.damaged.iter().map(|page| (page.number, page.flaw)).collect();
    assert_eq!(flaws, [(Some(1), PageFlaw::Exchanged), (Some(3), PageFlaw::Exchanged)]);
    // From then on it is known.
    let (kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    desk.kept = kept;
    assert_eq!(troubles, expected);
    exchange(&one, &other);
    assert_eq!(desk.restart(), []);
    assert_eq!(desk.rendered(), before);
    assert!(desk.kept.document().pages().iter().all(|page| page.facts().is_some_and(|facts| facts.complete)));
    // A page of another document that has the same name, size and length.
    let mut foreign = KeptDocument::unborn(&desk.data_dir());
    std::mem::swap(&mut desk.kept, &mut foreign);
    desk.page_arrives(None);
    let other = file(&desk, PageId(1));
    desk.kept = foreign;
    assert_ne!(other, one);
    fs::copy(other, &one).expect("copied");
    let own = desk.kept.document().page(pages[0]).and_then(|page| page.facts().copied()).expect("it is over");
    let put_there = PageFile::open(&one).expect("readable");
    assert_eq!(own.bytes, put_there.length());
    assert!(matches!(own.again(&put_there, pages[0]), Err(PageFileError::AnotherPage)));
}

/// Whoever only looks whether a document is sound is in nobody's way, and what others do meanwhile is no damage.
#[test]
fn a_document_that_is_checked_can_be_opened_and_cleaned() {
    let mut desk = Desk::new();
    let pages = [desk.page_arrives(None), desk.page_arrives(None), desk.page_arrives(None)];
    desk.changed(|document| document.apply(Edit::Delete(vec![pages[1]])));
    let (id, data, path) = (desk.id(), desk.data_dir(), desk.path());
    desk.kept = KeptDocument::unborn(&data);
    let library = Library::in_folder(&data);
    let mut opened = None;
    let check = library.check(&id, &mut |read| {
        if read == 0 {
            let (mut kept, troubles) = KeptDocument::open(&data, &id).expect("it is free");
            assert!(troubles.is_empty() && kept.clean().expect("cleaned") > 0);
            opened = Some(kept);
        }
    });
    let check = check.expect("checked");
    assert!(check.is_sound() && (check.pages, check.put_aside) == (2, 1) && opened.is_some(), "{check:?}");
    assert!(!path.join("pages/2.page").exists(), "it is gone, and nobody misses it");
    assert!(matches!(library.check(&id, &mut |_| ()), Err(FolderError::Locked)), "it is open");
    // What is really missing is missed, whoever has the document by then.
    drop(opened.take());
    let check = library.check(&id, &mut |read| {
        if read == 0 {
            fs::remove_file(path.join("pages/3.page")).expect("removed");
            opened = Some(KeptDocument::open(&data, &id).expect("it is free").0);
        }
    });
    let flaws: Vec<_> = check.expect("checked").damaged.iter().map(|page| (page.page, page.flaw)).collect();
    assert_eq!(flaws, [(pages[2], PageFlaw::Missing)]);
    // One that is thrown away meanwhile is not damaged, but gone.
    drop(opened.take());
    let gone = library.check(&id, &mut |read| {
        if read == 0 {
            library.throw_away(&id).expect("thrown away");
        }
    });
    assert!(matches!(gone, Err(FolderError::Missing)), "{gone:?}");
}

#[test]
fn a_library_is_searched_and_has_a_trash() {
    let mut desk = Desk::new();
    desk.page_arrives(None);
    desk.changed(|document| document.set_title(Some("Rechnung März".to_owned())));
    let library = Library::in_folder(&desk.data_dir());
    let (id, open) = (desk.id(), library.entries().expect("listed"));
    assert_eq!((open.len(), open[0].pages, open[0].state), (1, 1, EntryState::Open));
    assert!(open[0].bytes > u64::from(SIDE * SIDE) / 2, "{}", open[0].bytes);
    assert!(matches!(library.throw_away(&id), Err(FolderError::Locked)));
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    let closed = library.entries().expect("listed").remove(0);
    assert_eq!((closed.state, closed.title.as_deref()), (EntryState::Closed, Some("Rechnung März")));
    for (words, matches) in [("märz", true), ("rech 2026-01", true), ("brief", false), (id.as_str(), true), ("", true)]
    {
        assert_eq!(closed.matches(words), matches, "{words}");
    }
    assert_eq!(library.last(), Some(id.clone()));
    library.throw_away(&id).expect("thrown away");
    assert_eq!((library.entries().expect("listed").len(), library.trash().expect("listed").len()), (0, 1));
    assert_eq!(library.last(), None);
    assert_eq!(library.take_back(&id).expect("taken back"), id);
    let (kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    assert_eq!((kept.document().pages().len(), troubles.len()), (1, 0));
    drop(kept);
    library.throw_away(&id).expect("thrown away");
    let in_trash = library.trash().expect("listed");
    let freed = library.empty_trash().expect("emptied");
    assert_eq!(freed, Freed { documents: 1, pages: 1, bytes: in_trash[0].bytes });
    assert!(freed.bytes > 0 && library.trash().expect("listed").is_empty());
    assert!(matches!(library.take_back(&id), Err(FolderError::Missing)));
}

#[test]
fn one_document_of_the_trash_is_deleted_for_ever_and_the_others_stay() {
    let mut desk = Desk::new();
    let mut ids = Vec::new();
    for _ in 0..2 {
        desk.page_arrives(None);
        ids.push(desk.id());
        desk.kept = KeptDocument::unborn(&desk.data_dir());
    }
    let library = Library::in_folder(&desk.data_dir());
    assert!(matches!(library.delete_forever(&ids[0]), Err(FolderError::Missing)), "it is not in the trash");
    ids.iter().for_each(|id| library.throw_away(id).expect("thrown away"));
    let bytes = library.trash().expect("listed").iter().find(|entry| entry.id == ids[0]).map(|entry| entry.bytes);
    let freed = library.delete_forever(&ids[0]).expect("deleted");
    assert_eq!((freed.documents, freed.pages, Some(freed.bytes)), (1, 1, bytes));
    assert_eq!(library.names_in_trash().expect("listed"), ids[1..]);
    assert!(matches!(library.delete_forever(&ids[0]), Err(FolderError::Missing)));
    assert_eq!(library.take_back(&ids[1]).expect("it is whole"), ids[1]);
}

#[test]
fn a_document_is_renamed_without_being_shown_and_not_while_it_is_open() {
    let mut desk = Desk::new();
    desk.page_arrives(None);
    let (library, id) = (Library::in_folder(&desk.data_dir()), desk.id());
    assert!(matches!(library.rename(&id, Some("x".to_owned())), Err(FolderError::Locked)));
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    assert_eq!(library.rename(&id, Some(" Tax\n2026 ".to_owned())).expect("renamed"), []);
    assert_eq!(library.entries().expect("listed")[0].title.as_deref(), Some("Tax 2026"));
    library.rename(&id, None).expect("renamed");
    assert_eq!(library.entries().expect("listed")[0].title, None);
}

#[test]
fn cleaning_removes_what_only_the_history_needs() {
    let mut desk = Desk::new();
    let pages: Vec<PageId> = (0..3).map(|_| desk.page_arrives(None)).collect();
    let into = [0, 8].map(|top| Part {
        page: desk.kept.folder().name_page(),
        crop: PixelWindow { left: 0, top, width: SIDE, height: 8 },
    });
    desk.changed(|document| document.apply(Edit::Split { page: pages[0], into: into.to_vec() }));
    desk.changed(|document| document.apply(Edit::Delete(vec![pages[1]])));
    let before = desk.rendered();
    let library = Library::in_folder(&desk.data_dir());
    let history = library.entries().expect("listed")[0].history;
    let size = fs::metadata(desk.kept.folder().page_path(pages[1]).expect("named")).expect("there").len();
    assert_eq!(history, Freed { documents: 0, pages: 2, bytes: size }, "the split page's file is still needed");
    let there = |desk: &Desk, page| desk.kept.folder().page_path(page).is_some_and(|path| path.exists());
    assert_eq!(desk.kept.clean().expect("cleaned"), size);
    assert_eq!(library.entries().expect("listed")[0].history, Freed::default());
    assert!(there(&desk, pages[0]), "two pages are made of it");
    assert!(!there(&desk, pages[1]) && there(&desk, pages[2]));
    assert_eq!(desk.restart(), []);
    assert_eq!((desk.rendered(), desk.kept.document().undo_name()), (before, None));
}

/// A program that ended between forgetting the history and removing the files is not a reason to find them again.
#[test]
fn a_cleaning_that_was_cut_off_is_finished_by_the_next_start() {
    let mut desk = Desk::new();
    let pages: Vec<PageId> = (0..2).map(|_| desk.page_arrives(None)).collect();
    desk.changed(|document| document.apply(Edit::Delete(vec![pages[1]])));
    let (path, id) = (desk.path(), desk.id());
    desk.kept = KeptDocument::unborn(&desk.data_dir());
    let database = rusqlite::Connection::open(path.join("document.sqlite")).expect("opened");
    let cut_off = "DELETE FROM page WHERE id = 2; DELETE FROM history; INSERT INTO about VALUES ('leaving', '[2]');";
    database.execute_batch(cut_off).expect("written");
    database.close().expect("closed");
    let (kept, troubles) = KeptDocument::open(&desk.data_dir(), &id).expect("it opens");
    assert_eq!((troubles, kept.document().pages().len()), (vec![], 1));
    assert!(!path.join("pages/2.page").exists() && path.join("pages/1.page").exists());
}

/// So is one that ended while it removed a document.
#[test]
fn a_document_that_is_being_removed_is_gone_at_once() {
    let mut desk = Desk::new();
    desk.page_arrives(None);
    let (documents, path) = (desk.data_dir().join("documents"), desk.path());
    desk.kept.abandon().remove().expect("removed");
    assert_eq!(fs::read_dir(&documents).expect("readable").count(), 0);
    fs::create_dir_all(documents.join(".leaving-x/pages")).expect("created");
    let library = Library::in_folder(&desk.data_dir());
    assert!(!path.exists() && library.entries().expect("listed").is_empty());
    library.empty_trash().expect("emptied");
    assert_eq!(fs::read_dir(&documents).expect("readable").count(), 0);
}
