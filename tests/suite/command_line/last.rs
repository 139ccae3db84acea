//! Which document is meant, what it is called, and what looks like a change to it.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lightbar::document::library::Library;
use lightbar::document::{DocumentId, KeptDocument};
use serde_json::{Value, json};

use super::{Desk, status, stderr, stdout};
use crate::support::pictures::{JpegKind, jpeg};

const LONG_AGO: u64 = 1_600_000_000;

impl Desk {
    fn library(&self) -> Library {
        Library::in_folder(&self.path("data"))
    }

    fn row(&self, id: &DocumentId) -> Value {
        self.listed().into_iter().find(|row| row["id"] == id.as_str()).expect("it is listed")
    }

    /// A kept document that was changed long ago.
    fn old_document(&self, pages: &str) -> DocumentId {
        let id = DocumentId::new(&self.kept(pages)).expect("a name");
        let folder = self.path("data/documents").join(id.as_str());
        set_times(&folder, UNIX_EPOCH + Duration::from_secs(LONG_AGO));
        assert_eq!(self.row(&id)["changed"], json!(LONG_AGO));
        id
    }
}

fn set_times(folder: &Path, time: SystemTime) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        File::open(entry.path()).and_then(|file| file.set_modified(time)).expect("set");
    }
}

/// It is refused as by its name, and no other one is taken in its place.
#[test]
fn the_last_document_is_the_last_one_also_while_it_is_open() {
    let desk = Desk::new();
    let older = desk.old_document("1");
    let last = DocumentId::new(&desk.kept("1")).expect("a name");
    assert_eq!(desk.library().latest(), Some(last.clone()));
    let (open, _) = KeptDocument::open(&desk.path("data"), &last).expect("it opens");
    std::fs::write(desk.path("1.jpg"), jpeg(JpegKind::GRAY, 90, 120)).expect("written");
    for arguments in [
        &["documents", "delete", "last"][..],
        &["documents", "clean", "last"],
        &["edit", "last", "rotate"],
        &["export", "last", "-o", "y.pdf"],
        &["import", "1.jpg", "--append", "last"],
    ] {
        let output = desk.run(arguments);
        let said = stderr(&output);
        let named = format!("The document {last} is open in another window or program.");
        assert!(status(&output) == 1 && said.contains(&named), "{arguments:?}: {said}");
    }
    assert!(!desk.path("y.pdf").exists() && desk.documents() == 2);
    drop(open);
    // What a window shows is the last one from then on.
    desk.library().shows(&older).expect("noted");
    assert_eq!(desk.library().latest(), Some(older.clone()));
    let output = desk.run(&["documents", "delete", "last"]);
    assert!(status(&output) == 0 && stdout(&output).starts_with(&format!("{older} is in the trash")), "{output:?}");
    assert_eq!(desk.library().latest(), Some(last));
}

#[test]
fn to_check_to_save_and_to_clean_a_document_is_no_change() {
    let desk = Desk::new();
    let id = desk.old_document("2");
    let other = DocumentId::new(&desk.kept("1")).expect("a name");
    assert_eq!(status(&desk.run(&["export", id.as_str(), "-o", "again.pdf"])), 0);
    let row = desk.row(&id);
    let saved_to = row["saved_to"].as_str().expect("it is noted");
    assert!(saved_to.ends_with("/again.pdf") && row["changed"] == json!(LONG_AGO), "{row}");
    let file = desk.path(&format!("data/documents/{id}/pages/2.page"));
    let mut bytes = std::fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    assert_eq!(status(&desk.run(&["documents", "check", id.as_str()])), 1);
    let row = desk.row(&id);
    assert_eq!((&row["damaged"], &row["changed"]), (&json!(1), &json!(LONG_AGO)), "{row}");
    assert_eq!((desk.library().latest(), desk.listed()[0]["id"].as_str()), (Some(other.clone()), Some(other.as_str())));
    let output = desk.run(&["edit", id.as_str(), "delete", "1"]);
    assert_eq!(status(&output), 0, "{output:?}");
    assert!(desk.row(&id)["changed"].as_u64() > Some(LONG_AGO), "that was a change");
    assert_eq!(desk.library().latest(), Some(id.clone()));
    set_times(&desk.path("data/documents").join(id.as_str()), UNIX_EPOCH + Duration::from_secs(LONG_AGO));
    let output = desk.run(&["documents", "clean", id.as_str()]);
    assert!(status(&output) == 0 && stdout(&output).starts_with("1 page,"), "{output:?}");
    assert_eq!(desk.row(&id)["changed"], json!(LONG_AGO));
}

#[test]
fn damage_that_cannot_be_noted_is_said_to_be_in_no_list() {
    let desk = Desk::new();
    let id = DocumentId::new(&desk.kept("2")).expect("a name");
    let (reader, _) = KeptDocument::open_to_read(&desk.path("data"), &id).expect("it opens");
    let file = desk.path(&format!("data/documents/{id}/pages/2.page"));
    let mut bytes = std::fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    let output = desk.run(&["documents", "check", "last"]);
    let said = stderr(&output);
    assert!(status(&output) == 1 && stdout(&output).contains("page 2: damaged"), "{output:?}");
    assert!(said.starts_with(&format!("lightbar: What was found of {id} could not be noted")), "{said}");
    assert_eq!((said.lines().count(), &desk.row(&id)["damaged"]), (1, &json!(0)));
    drop(reader);
    let output = desk.run(&["documents", "check", "last"]);
    assert_eq!((status(&output), stderr(&output).as_str(), &desk.row(&id)["damaged"]), (1, "", &json!(1)));
    let full = lightbar::text::documents::damage_not_noted(&id, std::io::ErrorKind::StorageFull).joined();
    assert!(full.ends_with("does not tell of it. The disk is full. Make room."), "{full}");
}

#[test]
fn a_document_that_is_looked_for_in_the_wrong_place_is_said_to_be_in_the_other() {
    let desk = Desk::new();
    let id = desk.kept("1");
    let output = desk.run(&["documents", "delete-forever", &id]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains(&format!("The document {id} is not in the trash")), "{output:?}");
    assert_eq!(status(&desk.run(&["documents", "delete", &id])), 0);
    for arguments in [&["documents", "check", &id][..], &["export", &id[..12], "-o", "y.pdf"]] {
        let output = desk.run(arguments);
        assert_eq!(status(&output), 2);
        assert!(stderr(&output).contains(&format!("The document {id} is in the trash")), "{output:?}");
    }
}

#[test]
fn a_damaged_database_is_where_it_is_said_to_be() {
    let desk = Desk::new();
    let id = desk.kept("1");
    let database = desk.path(&format!("data/documents/{id}/document.sqlite"));
    let file = File::options().write(true).open(&database).expect("it is there");
    file.set_len(9000).expect("cut off");
    let output = desk.run(&["export", &id, "-o", "y.pdf"]);
    let said = stderr(&output);
    let told = said.rsplit_once("was kept as ").and_then(|(_, behind)| behind.lines().next()).expect("it is said");
    let told = Path::new(told.trim_end_matches('.'));
    assert!(told.file_name().is_some_and(|name| name == "document.sqlite.damaged-1"), "{said}");
    assert_eq!(told.metadata().expect("it is there").len(), 9000);
    assert!(!said.contains("  "), "{said}");
}

/// The list, the objects and the names of files agree.
#[test]
fn a_document_has_one_name_everywhere() {
    let desk = Desk::new();
    std::fs::write(desk.path("Bill.jpg"), jpeg(JpegKind::GRAY, 90, 120)).expect("written");
    assert_eq!(status(&desk.run(&["import", "Bill.jpg"])), 0);
    assert_eq!(status(&desk.run(&["export", "last", "-o", "saved.pdf"])), 0);
    assert_eq!(desk.listed()[0]["name"], "Bill");
    let table = stdout(&desk.run(&["documents"]));
    assert!(table.contains("  Bill  saved to "), "{table}");
    assert_eq!(status(&desk.run(&["export", "last", "-o", "{title}-{counter}.pdf"])), 0);
    assert!(desk.path("Bill-001.pdf").exists());
    let id = desk.kept("1");
    assert_eq!(status(&desk.run(&["export", &id, "-o", "{date} {title}.pdf", "--json"])), 0);
    let names = std::fs::read_dir(desk.folder.path()).expect("readable").flatten();
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(
        names.iter().any(|name| name.len() == "2026-11-21 Scan.pdf".len() && name.ends_with(" Scan.pdf")),
        "{names:?}"
    );
}

#[test]
fn less_than_a_dot_is_no_part_and_help_is_where_the_option_would_be() {
    let desk = Desk::new();
    desk.kept("1");
    let output = desk.run(&["edit", "last", "crop", "--part", "0,0,0.01x0.01"]);
    assert_eq!(status(&output), 2, "{output:?}");
    assert!(stderr(&output).contains("smaller than a dot of the page"), "{output:?}");
    assert_eq!(desk.edits(&["undo"])["changed"], false);
    let output = desk.run(&["edit", "last", "crop", "--area", "0,0,1x1"]);
    let said = stderr(&output);
    assert_eq!(status(&output), 2);
    assert!(said.contains("has no option --area") && said.contains("`lightbar edit DOC crop --help`"), "{said}");
    let help = desk.run(&["edit", "DOC", "crop", "--help"]);
    assert!(status(&help) == 0 && stdout(&help).contains("--part"), "{help:?}");
    let output = desk.run(&["documents", "check", "--all"]);
    assert!(stderr(&output).contains("`lightbar documents check --help`"), "{output:?}");
}
