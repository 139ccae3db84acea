//! `lightbar import`.

use std::fs;

use crate::support::pictures::{JpegKind, jpeg};

use super::{Desk, result, status, stderr, stdout};

#[test]
fn files_become_a_document_and_can_be_added_to_one() {
    let desk = Desk::new();
    let (colour, gray) = (jpeg(JpegKind::COLOUR, 120, 90), jpeg(JpegKind::GRAY, 90, 120));
    fs::write(desk.path("1.jpg"), &colour).expect("written");
    fs::write(desk.path("2.jpg"), &gray).expect("written");
    let output = desk.run(&["import", "1.jpg", "2.jpg", "--title", "Photos"]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{output:?}");
    let line = stdout(&output);
    let id = line.strip_prefix("imported 2 pages into ").expect("the line");
    let id = id.strip_suffix(", “Photos”\n").expect("and what it is called").to_owned();
    let listed = result(&desk.run(&["documents", "--json"]));
    assert_eq!((&listed[0]["id"], &listed[0]["title"]), (&id.as_str().into(), &"Photos".into()));
    assert_eq!((&listed[0]["pages"], &listed[0]["partial"]), (&2.into(), &0.into()));
    // Out as PDF, in again: byte for byte, read by a process with its limit.
    assert_eq!(status(&desk.run(&["export", &id, "-o", "x.pdf"])), 0);
    let output = desk.run(&["import", "x.pdf", "--append", &id, "--json"]);
    assert_eq!(status(&output), 0, "{output:?}");
    let told = result(&output);
    assert_eq!((&told["document"], &told["pages"], &told["status"]), (&id.as_str().into(), &2.into(), &"done".into()));
    assert_eq!((&told["files"], &told["device"]), (&serde_json::json!(["x.pdf"]), &serde_json::Value::Null));
    assert_eq!(told["imported"], serde_json::json!([{"name": "x.pdf", "pages": 2}]));
    assert_eq!(status(&desk.run(&["export", &id, "-o", "y.jpg"])), 0);
    let again = fs::read(desk.path("y-003.jpg")).expect("the third page");
    assert!(again == colour, "the JPEG came through the PDF untouched");
    let undone = desk.run(&["edit", &id, "undo"]);
    assert_eq!(status(&undone), 0, "{undone:?}");
    assert_eq!(result(&desk.run(&["documents", "--json"]))[0]["pages"], 2, "one change was taken back");
}

#[test]
fn what_cannot_be_imported_is_said_and_leaves_nothing() {
    let desk = Desk::new();
    fs::write(desk.path("notes.pdf"), b"not a PDF").expect("written");
    let output = desk.run(&["import", "notes.pdf", "none.png"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (1, ""));
    let said = stderr(&output);
    assert!(said.contains("notes.pdf is not a picture or PDF that Lightbar reads"), "{said}");
    assert!(said.contains("There is no file none.png"), "{said}");
    assert_eq!(desk.documents(), 0, "no empty document stays");
    let output = desk.run(&["import", "notes.pdf", "--json"]);
    assert_eq!((status(&output), &result(&output)["document"]), (1, &serde_json::Value::Null));
    assert_eq!(result(&output)["refused"][0]["name"], "notes.pdf");
    assert_eq!(status(&desk.run(&["import"])), 2);
    assert_eq!(status(&desk.run(&["import", "notes.pdf", "--append", "20200101-000000-000"])), 2);
    assert_eq!(status(&desk.run(&["import", "notes.pdf", "-d", "virtual:feeder"])), 2);
    let renamed = desk.run(&["import", "notes.pdf", "--append", "last", "--title", "Other"]);
    assert_eq!(status(&renamed), 2, "a document is given another name by nobody who adds to it: {renamed:?}");
}

/// The list, the line and the object say the same name; a title wins, and comes off again.
#[test]
fn a_document_is_called_like_the_files_it_was_imported_from() {
    let desk = Desk::new();
    for name in ["Bill.jpg", "b.jpg", "c.jpg"] {
        fs::write(desk.path(name), jpeg(JpegKind::GRAY, 90, 120)).expect("written");
    }
    fs::write(desk.path("none.pdf"), b"not a PDF").expect("written");
    // A file that is refused names nothing.
    let output = desk.run(&["import", "none.pdf", "Bill.jpg", "b.jpg", "c.jpg", "--json"]);
    let told = result(&output);
    assert_eq!((status(&output), &told["name"]), (1, &"Bill and 2 more".into()), "{output:?}");
    let id = told["document"].as_str().expect("it is kept").to_owned();
    let listed = || result(&desk.run(&["documents", "--json"]))[0].clone();
    assert_eq!((&listed()["name"], &listed()["title"]), (&"Bill and 2 more".into(), &serde_json::Value::Null));
    assert!(stdout(&desk.run(&["documents"])).contains("Bill and 2 more"));
    assert_eq!(result(&desk.run(&["documents", "--json", "--search", "bill"])).as_array().map(Vec::len), Some(1));
    // What is added later does not rename it.
    let output = desk.run(&["import", "c.jpg", "--append", &id]);
    assert_eq!(stdout(&output), format!("imported 1 page into {id}, “Bill and 2 more”\n"));
    assert_eq!(status(&desk.run(&["edit", &id, "title", "Mine"])), 0);
    assert_eq!((&listed()["name"], &listed()["title"]), (&"Mine".into(), &"Mine".into()));
    assert_eq!(status(&desk.run(&["edit", &id, "title"])), 0);
    assert_eq!(listed()["name"], "Bill and 2 more");
    // Taken out again, it says nothing of what is scanned into the empty document.
    assert_eq!(status(&desk.run(&["edit", &id, "clear"])), 0);
    let scan = ["-d", "virtual:flatbed", "--append", &id, "-o", "x.pdf", "--json"];
    assert_eq!(status(&desk.scan(&scan)), 0);
    assert_eq!(listed()["name"], "x");
}

#[test]
fn a_pdf_that_needs_a_password_is_imported_with_it() {
    let desk = Desk::new();
    let picture = jpeg(JpegKind::COLOUR, 120, 90);
    fs::write(desk.path("1.jpg"), &picture).expect("written");
    // Typed in one spelling, kept in another: ｗ is w (RFC 4013).
    fs::write(desk.path("secret.txt"), "Straße ｗ7\nthe second line is nothing\n").expect("written");
    fs::write(desk.path("plain.txt"), "Straße w7\n").expect("written");
    fs::write(desk.path("wrong.txt"), "strasse 7").expect("written");
    fs::write(desk.path("empty.txt"), "\n").expect("written");
    assert_eq!(status(&desk.run(&["import", "1.jpg"])), 0);
    assert_eq!(status(&desk.run(&["export", "last", "-o", "x.pdf", "--password-file", "secret.txt"])), 0);
    let refused = |arguments: &[&str], words: &str| {
        let output = desk.run(&[&["import", "x.pdf"][..], arguments].concat());
        let said = stderr(&output);
        assert!(status(&output) == 1 && said.contains(words) && !said.contains("stra"), "{said}");
        assert_eq!(desk.documents(), 1, "no empty document stays");
    };
    refused(&[], "x.pdf opens with a password only");
    refused(&[], "--password-file");
    refused(&["--password-file", "empty.txt"], "x.pdf opens with a password only");
    refused(&["--password-file", "wrong.txt"], "The password does not open x.pdf");
    assert_eq!(status(&desk.run(&["import", "x.pdf", "--password-file", "none.txt"])), 2);
    for (number, file) in ["secret.txt", "plain.txt"].into_iter().enumerate() {
        // What needs none is not kept out by one.
        let output = desk.run(&["import", "1.jpg", "x.pdf", "--password-file", file, "--json"]);
        let told = result(&output);
        assert_eq!((status(&output), &told["pages"]), (0, &2.into()), "{output:?}");
        let document = told["document"].as_str().expect("it has a name");
        let out = format!("out-{number}.jpg");
        assert_eq!(status(&desk.run(&["export", document, "--pages", "2", "-o", &out])), 0);
        assert!(fs::read(desk.path(&out)).expect("readable") == picture, "{file}");
    }
}
