//! A disk that is full or takes no change at all: documents on it can be read, listed, looked at and saved elsewhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use lightbar::document::{DocumentId, Edit, FolderError, KeptDocument, Rotation, StoreError};
use serde_json::{Value, json};

use super::found::pages_of_pdf;
use super::kept_faults::{copy, prepared};
use crate::support::disk::{Disk, Fault, How, quick_folder};

/// A program with the documents of a disk that takes nothing; its other files lie elsewhere.
fn lightbar(disk: &Disk, how: How, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
    command.args(arguments).current_dir(disk.beside("elsewhere"));
    command.env("LIGHTBAR_DATA_DIR", disk.path().join("data")).env_remove("RUST_LOG").stdin(Stdio::null());
    disk.load(&mut command, Some(Fault { at: 1, how, stays: true }));
    command.output().expect("it runs")
}

fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// What a disk has below a folder, with every byte.
fn everything(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            let bytes = fs::read(&path).expect("readable");
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// A disk with a document of three pages of which one is turned; `cut_off`: its program did not end well.
fn disk(cut_off: bool) -> Disk {
    let disk = prepared();
    fs::create_dir(disk.beside("elsewhere")).expect("created");
    let documents = disk.path().join("data/documents");
    let id = fs::read_dir(&documents).expect("readable").next().expect("one").expect("readable").file_name();
    let id = DocumentId::new(&id.to_string_lossy()).expect("a name");
    let (mut kept, _) = KeptDocument::open(&disk.path().join("data"), &id).expect("it opens");
    assert!(kept.change(|document| document.set_title(Some("Brief".to_owned()))).0);
    let folder = documents.join(id.as_str());
    if cut_off {
        // What is in the log and not yet in the database itself is there while it is open.
        let copied = disk.beside("copied");
        fs::create_dir(&copied).expect("created");
        copy(&folder, &copied);
        drop(kept);
        fs::remove_dir_all(&folder).expect("removed");
        fs::create_dir(&folder).expect("created");
        copy(&copied, &folder);
        assert!(fs::metadata(folder.join("document.sqlite-wal")).expect("it is there").len() > 0);
    }
    disk
}

#[test]
fn documents_on_a_full_or_read_only_disk_are_listed_checked_and_exported() {
    for how in [How::Full, How::ReadOnly] {
        for cut_off in [false, true] {
            let disk = disk(cut_off);
            let what = format!("{how:?}, cut off: {cut_off}");
            let before = everything(&disk.path());
            let listed = object(&lightbar(&disk, how, &["documents", "--json"]));
            let entry = &listed[0];
            assert_eq!(
                (&entry["state"], &entry["title"], &entry["pages"], &entry["damaged"]),
                (&json!("closed"), &json!("Brief"), &json!(3), &json!(0)),
                "{what}"
            );
            let output = lightbar(&disk, how, &["documents", "check"]);
            assert_eq!(output.status.code(), Some(0), "{what}: {output:?}");
            let output = lightbar(&disk, how, &["export", "last", "-o", "x.pdf", "--json"]);
            let told = object(&output);
            assert_eq!((output.status.code(), &told["pages"]), (Some(0), &json!(3)), "{what}: {output:?}");
            let file = fs::read(disk.beside("elsewhere").join("x.pdf")).expect("saved");
            assert_eq!(pages_of_pdf(&file), Some(3), "{what}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("the document does not know of it"), "{what}: {said}");
            // What would have to change something says that it cannot.
            let output = lightbar(&disk, how, &["edit", "last", "rotate"]);
            let said = String::from_utf8_lossy(&output.stderr);
            let why = if how == How::Full { "disk is full" } else { "may not be written" };
            assert!(output.status.code() == Some(1) && said.contains(why), "{what}: {said}");
            assert!(everything(&disk.path()) == before, "{what}: something was changed");
        }
    }
}

/// A program that was killed while it read leaves its copy in memory until the next one comes.
#[test]
fn copies_that_nobody_reads_any_more_are_removed() {
    let room = Path::new("/dev/shm");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let copy = |name: &str, age: Option<std::time::SystemTime>| {
        let folder = room.join(format!("lightbar-test-{}-{name}", std::process::id()));
        fs::create_dir(&folder)?;
        let file = fs::File::create(folder.join("in-use"))?;
        fs::write(folder.join("document.sqlite"), "something")?;
        age.map_or(Ok(()), |age| file.set_modified(age))?;
        Ok::<_, std::io::Error>((folder, file))
    };
    let Ok((left, file)) = copy("left", Some(old)) else {
        println!("SKIPPED: {} cannot be written", room.display());
        return;
    };
    drop(file);
    let (used, lock) = copy("used", Some(old)).expect("made");
    lock.lock().expect("locked");
    let (young, _) = copy("young", None).expect("made");
    let elsewhere = tempfile::tempdir_in(quick_folder()).expect("a folder");
    fs::write(elsewhere.path().join("in-use"), "").expect("written");
    let link = room.join(format!("lightbar-test-{}-link", std::process::id()));
    std::os::unix::fs::symlink(elsewhere.path(), &link).expect("linked");
    let disk = disk(true);
    let data = disk.path().join("data");
    let ids = lightbar::document::DocumentFolder::list(&data).expect("listed");
    KeptDocument::open_to_read(&data, &ids[0]).expect("it opens");
    let stay = [&used, &young, &link].map(|path| fs::symlink_metadata(path).is_ok());
    let linked = elsewhere.path().join("in-use").exists();
    fs::remove_file(&link).expect("removed");
    for folder in [&used, &young] {
        fs::remove_dir_all(folder).expect("removed");
    }
    assert!(!left.exists() && stay == [true; 3] && linked, "{stay:?}");
}

#[test]
fn what_is_opened_to_read_is_shared_and_never_changed() {
    let disk = disk(true);
    let data = disk.path().join("data");
    let ids = lightbar::document::DocumentFolder::list(&data).expect("listed");
    let before = everything(&disk.path());
    let (mut one, troubles) = KeptDocument::open_to_read(&data, &ids[0]).expect("it opens");
    let (two, _) = KeptDocument::open_to_read(&data, &ids[0]).expect("so it does for somebody else");
    assert_eq!((troubles, one.document().pages().len()), (vec![], two.document().pages().len()));
    assert_eq!(one.document().about().title.as_deref(), Some("Brief"));
    let pages = one.document().pages().iter().map(|page| page.id).collect();
    let (_, written) = one.change(|document| document.apply(Edit::Rotate { pages, by: Rotation::Half }));
    assert!(matches!(written, Err(StoreError::OpenedToRead)));
    let refused = KeptDocument::open(&data, &ids[0]).map(drop);
    assert!(matches!(refused, Err(FolderError::Locked)), "{refused:?}");
    drop((one, two));
    assert!(everything(&disk.path()) == before);
    let (writes, _) = KeptDocument::open(&data, &ids[0]).expect("they are gone");
    let refused = KeptDocument::open_to_read(&data, &ids[0]).map(drop);
    assert!(matches!(refused, Err(FolderError::Locked)), "{refused:?}");
    drop(writes);
}
