//! Documents that were damaged, or made to do harm: opened as far as they are true, the rest named, nothing deleted.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use lightbar::document::library::{EntryState, Library};
use lightbar::document::{
    Arrival, Document, DocumentId, Edit, FolderError, KeptDocument, Origin, PageFacts, PageFile, PageId, Part,
    Rotation, Trouble,
};
use lightbar::export::{ExportDocument, ExportError, FileFormat, SaveOptions, save};
use lightbar::minidriver::{PageFormat, PageInfo, PageStream};
use lightbar::raster::{PixelFormat, PixelWindow, RowLayout};

use super::found::{FoundDocument, FoundPage, StateOfPages};
use super::worker::{Said, Task, command};
use crate::support::disk::quick_folder;
use crate::support::page_info::a4_page;
use crate::support::random::{Random, number};

/// Pixels in a row of the pages here.
const WIDTH: u32 = 24;
const ROWS: u32 = 20;
const DATABASE: &str = "document.sqlite";

/// The files of a document, by their paths in its folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A document of which copies are damaged.
struct Original {
    id: DocumentId,
    /// As it is when the program has ended well.
    files: Files,
    /// As it was before that, with its database's log.
    files_while_open: Files,
    state: StateOfPages,
    pages: BTreeMap<u64, FoundPage>,
}

fn info() -> PageInfo {
    let layout = RowLayout::packed(WIDTH, PixelFormat::Gray8);
    PageInfo { expected_width: WIDTH, expected_rows: Some(ROWS), ..a4_page(PageFormat::Rows(layout), 75) }
}

/// A page arrives, whole; its stream is moved and cut on the way, so that there are chunks of every kind.
fn page_arrives(kept: &mut KeptDocument, random: &mut Random, rows: u32) -> PageId {
    let origin = Origin { began: 1_767_322_645, ..Origin::default() };
    let info = PageInfo { expected_rows: Some(rows), ..info() };
    let (id, page) = kept.folder().begin_page(info, origin).expect("a page");
    let _ = kept.change(|document| document.page_began(&page.head(), Arrival::AtEnd));
    let mut stream = page.stream();
    let bytes = (rows * WIDTH) as usize;
    // What does not become smaller is kept as it is, and what does is packed.
    stream.write(&random.bytes(bytes / 2)).expect("written");
    stream.write(&vec![id.0 as u8; bytes - bytes / 2]).expect("written");
    stream.seek(std::io::SeekFrom::Start(7)).expect("moved");
    stream.write(&random.bytes(30)).expect("written");
    stream.set_len(bytes as u64 + 50).expect("longer");
    stream.set_len(bytes as u64).expect("cut");
    page.end(true, Some(rows)).expect("ended");
    let file = PageFile::open(&kept.folder().page_path(id).expect("it exists")).expect("readable");
    let facts = PageFacts::of(&file).expect("readable");
    let (_, written) = kept.change(|document| document.page_ended(id, facts));
    written.expect("written down");
    id
}

fn files_of(folder: &Path) -> Files {
    let mut files = Files::new();
    for below in [folder.to_path_buf(), folder.join("pages")] {
        for entry in fs::read_dir(&below).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_file() {
                files.insert(
                    path.strip_prefix(folder).expect("below it").to_path_buf(),
                    fs::read(&path).expect("readable"),
                );
            }
        }
    }
    files
}

impl Original {
    fn new() -> Original {
        let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
        let mut random = Random::seeded(7);
        let mut kept = KeptDocument::unborn(folder.path());
        let pages: Vec<PageId> = (0..6).map(|_| page_arrives(&mut kept, &mut random, ROWS)).collect();
        let crop = |top| PixelWindow { left: 0, top, width: WIDTH, height: ROWS / 2 };
        let parts = [0, ROWS / 2].map(|top| Part { page: kept.folder().name_page(), crop: crop(top) });
        for edit in [
            Edit::Rotate { pages: pages.clone(), by: Rotation::Quarter },
            Edit::Delete(vec![pages[1]]),
            Edit::Move { pages: vec![pages[5]], after: None },
            Edit::Split { page: pages[3], into: parts.to_vec() },
        ] {
            assert!(kept.change(|document| document.apply(edit)).0);
        }
        let _ = kept.change(|document| document.set_title(Some("Brief".to_owned())));
        let id = kept.folder().id().expect("it has pages");
        let path = kept.folder().path().expect("it has pages");
        let files_while_open = files_of(&path);
        let state = StateOfPages::of(kept.document());
        drop(kept);
        let files = files_of(&path);
        let found = FoundDocument::open(folder.path(), &id).expect("it opens");
        assert!(found.troubles.is_empty() && StateOfPages::of(found.kept.document()) == state);
        assert!(files_while_open.keys().any(|path| path.ends_with("document.sqlite-wal")));
        Original { id, files, files_while_open, state, pages: found.pages }
    }

    /// Opens a damaged copy; what is wrong with what comes of it. `expects_news`: it must be said that something is not as it
    /// was left.
    fn judge(&self, what: &str, files: &Files, expects: Expect) {
        let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
        let path = folder.path().join("documents").join(self.id.as_str());
        fs::create_dir_all(path.join("pages")).expect("created");
        for (name, bytes) in files {
            fs::write(path.join(name), bytes).expect("written");
        }
        // A list comes before anything is opened, and changes nothing.
        let listed = Library::in_folder(folder.path()).entries().expect("listed");
        assert_eq!(listed.len(), 1, "{what}");
        let mut found = match FoundDocument::open(folder.path(), &self.id) {
            Ok(found) => found,
            Err(why) => panic!("{what}: {why}"),
        };
        let state = StateOfPages::of(found.kept.document());
        let troubles = found.troubles.clone();
        match expects {
            Expect::SameOrNamed => {
                assert!(!troubles.is_empty() || state == self.state, "{what}: nothing is said, and it is {state:?}");
            }
            Expect::Named => assert!(!troubles.is_empty(), "{what}: nothing is said of it"),
            Expect::Opens => {}
        }
        // Every page that is whole on the disk is a page of the document, or undo can bring it back.
        for (number, page) in &self.pages {
            if found.pages.get(number) == Some(page) {
                assert!(found.knows(*number), "{what}: page {number} is whole and forgotten; {troubles:?}");
            }
        }
        // What a person would do next: all the way back and forth, and a save.
        while found.kept.change(Document::undo).0 {}
        while found.kept.change(Document::redo).0 {}
        can_be_saved(what, &found.kept, folder.path());
        drop(found);

        // No page file was touched, and of the database what was damaged is still there.
        let now = files_of(&path);
        for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("pages")) {
            assert!(now.get(name) == Some(bytes), "{what}: {} was changed", name.display());
        }
        let aside = troubles.iter().any(|trouble| matches!(trouble, Trouble::DatabaseDamaged(_)));
        if let (true, Some(damaged)) = (aside, files.get(Path::new(DATABASE))) {
            assert!(now.values().any(|bytes| bytes == damaged), "{what}: the damaged database is gone");
        }
        // From now on it is as it is, and the database is not damaged any more.
        let again = FoundDocument::open(folder.path(), &self.id).unwrap_or_else(|why| panic!("{what}, again: {why}"));
        assert!(
            !again.troubles.iter().any(|trouble| matches!(
                trouble,
                Trouble::DatabaseDamaged(_) | Trouble::DatabaseLost | Trouble::PagesFound(_)
            )),
            "{what}, again: {:?}",
            again.troubles
        );
    }

    /// What a check says of a copy, which it does not change but for its database.
    fn is_sound(&self, files: &Files) -> bool {
        let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
        let path = folder.path().join("documents").join(self.id.as_str());
        fs::create_dir_all(path.join("pages")).expect("created");
        for (name, bytes) in files {
            fs::write(path.join(name), bytes).expect("written");
        }
        let library = Library::in_folder(folder.path());
        let check = library.check(&self.id, &mut |_| ()).expect("it can be read");
        let now = files_of(&path);
        for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("pages")) {
            assert!(now.get(name) == Some(bytes), "{} was changed", name.display());
        }
        // What was found is known to the list from then on.
        let listed = library.entries().expect("listed");
        assert_eq!(listed[0].damaged > 0, !check.is_sound(), "{check:?}");
        check.is_sound()
    }

    fn with_database(&self, bytes: &[u8]) -> Files {
        let mut files = self.files.clone();
        files.insert(DATABASE.into(), bytes.to_vec());
        files
    }
}

/// What is expected of a damaged copy.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// It opens.
    Opens,
    /// It is as it was, or it is said that it is not.
    SameOrNamed,
    /// It is said that it is not as it was.
    Named,
}

/// Saving ends in a whole file or in an error that has a sentence.
fn can_be_saved(what: &str, kept: &KeptDocument, folder: &Path) {
    let document = ExportDocument::of(kept, kept.document().pages().iter());
    let options = SaveOptions { overwrite: true, ..SaveOptions::of(FileFormat::Pdf) };
    match save(&document, &folder.join("x.pdf"), &options, &mut |_| ControlFlow::Continue(())) {
        Ok(_) | Err(ExportError::NoPages | ExportError::PageUnreadable(_)) => {}
        Err(error) => panic!("{what}: {error:?}"),
    }
}

#[test]
fn a_database_that_is_cut_short_anywhere() {
    let original = Original::new();
    let whole = &original.files[Path::new(DATABASE)];
    for length in (0..whole.len()).step_by(512) {
        original.judge(&format!("cut at {length}"), &original.with_database(&whole[..length]), Expect::SameOrNamed);
    }
    let mut random = Random::seeded(number("LIGHTBAR_HOSTILE_SEED", 2026));
    for _ in 0..20 {
        let length = random.below(whole.len() as u64) as usize;
        original.judge(&format!("cut at {length}"), &original.with_database(&whole[..length]), Expect::SameOrNamed);
    }
}

#[test]
fn a_database_with_bytes_of_somebody_else() {
    let original = Original::new();
    let whole = &original.files[Path::new(DATABASE)];
    let mut random = Random::seeded(number("LIGHTBAR_HOSTILE_SEED", 2026));
    for round in 0..150 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            let length = (1 + random.below(64) as usize).min(bytes.len() - at);
            // The header's version has a test of its own.
            let noise = random.bytes(length);
            bytes[at..at + length].copy_from_slice(&noise);
        }
        bytes[60..64].copy_from_slice(&whole[60..64]);
        original.judge(&format!("round {round}"), &original.with_database(&bytes), Expect::Opens);
    }
    original.judge("noise", &original.with_database(&random.bytes(9000)), Expect::Named);
    original.judge("zeros", &original.with_database(&vec![0; 9000]), Expect::Named);
    original.judge("text", &original.with_database(b"<html>404</html>"), Expect::Named);
}

#[test]
fn a_log_of_the_database_that_is_missing_cut_or_somebody_elses() {
    let original = Original::new();
    let log = Path::new("document.sqlite-wal");
    let whole = &original.files_while_open[log];
    let with = |bytes: Option<&[u8]>| {
        let mut files = original.files_while_open.clone();
        files.remove(log);
        files.extend(bytes.map(|bytes| (log.to_path_buf(), bytes.to_vec())));
        files
    };
    original.judge("the log as it was", &with(Some(whole)), Expect::SameOrNamed);
    original.judge("no log", &with(None), Expect::Named);
    let mut random = Random::seeded(number("LIGHTBAR_HOSTILE_SEED", 2026));
    for _ in 0..40 {
        let length = random.below(whole.len() as u64) as usize;
        original.judge(&format!("log cut at {length}"), &with(Some(&whole[..length])), Expect::Opens);
        let mut bytes = whole.clone();
        bytes[length] ^= 1 << random.below(8);
        original.judge(&format!("a bit of the log at {length}"), &with(Some(&bytes)), Expect::Opens);
    }
}

#[test]
fn a_page_whose_file_is_missing_empty_or_cut() {
    let original = Original::new();
    for number in original.pages.keys() {
        let name = PathBuf::from(format!("pages/{number}.page"));
        let whole = &original.files[&name];
        let mut without = original.files.clone();
        without.remove(&name);
        original.judge(&format!("no {}", name.display()), &without, Expect::Named);
        for length in [0, 5, 10, 200, whole.len() / 2, whole.len() - 20, whole.len() - 1] {
            let mut cut = original.files.clone();
            cut.insert(name.clone(), whole[..length].to_vec());
            original.judge(&format!("{} cut at {length}", name.display()), &cut, Expect::Named);
            // Without a database its file alone tells; an empty one tells of no page.
            cut.remove(Path::new(DATABASE));
            original.judge(&format!("{} cut at {length}, no database", name.display()), &cut, Expect::Named);
        }
    }
}

/// Where the chunks of a page file begin, with their kinds (`src/document/page_file/frame.rs` has their form).
fn chunks(file: &[u8]) -> Vec<(usize, u8, usize)> {
    let mut found = Vec::new();
    let mut at = 10;
    while at + 9 <= file.len() {
        let length = u32::from_le_bytes(file[at + 1..at + 5].try_into().expect("four bytes")) as usize;
        found.push((at, file[at], 9 + length));
        at += 9 + length;
    }
    found
}

#[test]
fn a_wrong_checksum_in_every_kind_of_chunk_is_found() {
    let original = Original::new();
    let name = PathBuf::from("pages/1.page");
    let whole = &original.files[&name];
    let chunks = chunks(whole);
    let mut kinds: Vec<u8> = chunks.iter().map(|(_, kind, _)| *kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [1, 4, 5, 7, 8, 9], "a page with chunks of every kind");
    assert!(original.is_sound(&original.files) && original.is_sound(&original.files_while_open));
    for (at, kind, length) in chunks {
        for place in [at, at + 2, at + 6, at + length - 1] {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            let mut files = original.files.clone();
            files.insert(name.clone(), bytes.clone());
            let what = format!("chunk of kind {kind} at {at}, byte {place}");
            // Its length is what it was: that is not found before the page is used.
            original.judge(&what, &files, Expect::Opens);
            assert!(!original.is_sound(&files), "{what}: a check finds it");
            files.remove(Path::new(DATABASE));
            original.judge(&format!("{what}, no database"), &files, Expect::Named);
            let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
            let path = folder.path().join("1.page");
            fs::write(&path, &bytes).expect("written");
            let page = PageFile::open(&path);
            assert_eq!(page.is_err(), kind == 1, "{what}: {page:?}");
            assert!(page.is_err() || !page.is_ok_and(|page| page.is_complete()), "{what}: complete");
        }
    }
}

#[test]
fn what_a_later_version_wrote_is_named_and_left_alone() {
    let original = Original::new();
    // A page.
    let name = PathBuf::from("pages/2.page");
    let mut files = original.files.clone();
    files.get_mut(&name).expect("a page")[8] = 99;
    original.judge("page of version 99", &files, Expect::Opens);
    files.remove(Path::new(DATABASE));
    original.judge("page of version 99, no database", &files, Expect::Named);
    // A database: SQLite keeps the number in its header.
    let mut bytes = original.files[Path::new(DATABASE)].clone();
    bytes[60..64].copy_from_slice(&77u32.to_be_bytes());
    let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
    let path = folder.path().join("documents").join(original.id.as_str());
    fs::create_dir_all(path.join("pages")).expect("created");
    for (name, bytes) in original.with_database(&bytes) {
        fs::write(path.join(name), bytes).expect("written");
    }
    let before = files_of(&path);
    let refused = KeptDocument::open(folder.path(), &original.id);
    assert!(matches!(refused, Err(FolderError::Store(_))), "{refused:?}");
    let listed = Library::in_folder(folder.path()).entries().expect("listed");
    assert_eq!(listed.iter().map(|entry| entry.state).collect::<Vec<_>>(), [EntryState::Newer]);
    let now = files_of(&path);
    for (name, bytes) in before {
        assert!(now.get(&name) == Some(&bytes), "{} was changed", name.display());
    }
}

#[test]
fn ten_thousand_pages_and_a_hundred_thousand_rows() {
    const PAGES: usize = 10_000;
    let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
    let mut random = Random::seeded(1);
    let mut kept = KeptDocument::unborn(folder.path());
    let first = page_arrives(&mut kept, &mut random, 100_000);
    let (id, path) = (kept.folder().id().expect("an id"), kept.folder().path().expect("a folder"));
    assert_eq!(kept.document().page(first).and_then(|page| page.facts()).map(|facts| facts.height), Some(100_000));
    can_be_saved("100,000 rows", &kept, folder.path());
    page_arrives(&mut kept, &mut random, ROWS);
    drop(kept);
    // All others are copies of the second one, which the database does not know.
    for number in 3..=PAGES {
        fs::hard_link(path.join("pages/2.page"), path.join(format!("pages/{number}.page"))).expect("linked");
    }
    let found = KeptDocument::open(folder.path(), &id);
    let (kept, troubles) = found.expect("it opens");
    assert_eq!(kept.document().pages().len(), PAGES);
    assert!(matches!(&troubles[..], [Trouble::PagesFound(pages)] if pages.len() == PAGES - 2), "{}", troubles.len());
    drop(kept);
    let (kept, troubles) = KeptDocument::open(folder.path(), &id).expect("it opens");
    assert_eq!((kept.document().pages().len(), troubles.len()), (PAGES, 0));
    let entry = &Library::in_folder(folder.path()).entries().expect("listed")[0];
    assert_eq!((entry.pages as usize, entry.state), (PAGES, EntryState::Open));
}

#[test]
fn two_processes_do_not_write_one_document() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir_in(quick_folder()).expect("a folder");
    fs::create_dir(folder.path().join("out")).expect("created");
    let task = Task {
        folder: folder.path().to_string_lossy().into_owned(),
        seed: 3,
        rounds: 1000,
        edits: 5,
        pages_per_minute: 0.0,
        goes_on: false,
        large_pages: false,
        says_how_far: false,
    };
    let mut child = command(&task).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let id = lines.by_ref().map_while(Result::ok).find_map(|line| match Said::in_line(&line) {
        Some(Said::Document(id)) => DocumentId::new(&id),
        _ => None,
    });
    let id = id.expect("it has a document");
    let data = folder.path().join("data");
    for _ in 0..20 {
        let refused = KeptDocument::open(&data, &id);
        assert!(matches!(refused, Err(FolderError::Locked)), "{refused:?}");
        let listed = Library::in_folder(&data).entries().expect("listed");
        assert_eq!(listed.iter().map(|entry| entry.state).collect::<Vec<_>>(), [EntryState::Open]);
    }
    child.kill().expect("killed");
    child.wait().expect("it ends");
    let found = FoundDocument::open(&data, &id).expect("its lock went with it");
    assert!(found.damage().is_empty(), "{:?}", found.troubles);
}
