//! Documents that stay: listed, edited, added to, saved again, thrown away and taken back.

use lightbar::document::{DocumentId, KeptDocument};
use serde_json::{Value, json};

use super::{Desk, result, status, stderr, stdout};
use crate::support::judges;

impl Desk {
    /// A kept document of so many pages; its name.
    pub(super) fn kept(&self, pages: &str) -> String {
        let scan = ["-d", "virtual:feeder", "--sheets", pages, "--keep-document", "-o", "first.pdf", "--overwrite"];
        let output = self.scan(&scan);
        assert_eq!(status(&output), 0, "{output:?}");
        self.listed()[0]["id"].as_str().expect("a name").to_owned()
    }

    pub(super) fn listed(&self) -> Vec<Value> {
        let output = self.run(&["documents", "--json"]);
        assert_eq!(status(&output), 0, "{output:?}");
        result(&output).as_array().expect("an array").clone()
    }

    /// Edits the last document; what came of it.
    pub(super) fn edits(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["edit", "last", "--json"][..], arguments].concat());
        assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{output:?}");
        result(&output)
    }
}

#[test]
fn a_kept_document_is_listed_edited_and_saved() {
    let desk = Desk::new();
    assert_eq!(desk.listed(), Vec::<Value>::new());
    let id = desk.kept("4");
    let listed = desk.listed();
    let saved_to = desk.path("first.pdf").canonicalize().expect("it is there");
    assert_eq!((&listed[0]["pages"], &listed[0]["partial"], &listed[0]["title"]), (&json!(4), &json!(0), &Value::Null));
    assert_eq!(listed[0]["saved_to"], json!(saved_to.to_string_lossy()));
    let pages = |outcome: Value| (outcome["changed"].clone(), outcome["pages"].clone(), outcome["undo"].clone());
    assert_eq!(pages(desk.edits(&["rotate", "--pages", "2"])), (json!(true), json!(4), json!("Rotate")));
    assert_eq!(pages(desk.edits(&["delete", "3"])), (json!(true), json!(3), json!("Delete")));
    assert_eq!(pages(desk.edits(&["split", "1", "--across"])), (json!(true), json!(4), json!("Split")));
    assert_eq!(pages(desk.edits(&["move", "4", "--after", "0"])), (json!(true), json!(4), json!("Move")));
    assert_eq!(pages(desk.edits(&["move", "1", "--after", "0"])), (json!(false), json!(4), json!("Move")));
    assert_eq!(pages(desk.edits(&["combine", "--fronts", "1-2", "--backs", "3-4", "--reversed"])).2, "Combine sides");
    assert_eq!(pages(desk.edits(&["crop", "--part", "10,10,50x40", "--pages", "1"])).2, "Crop");
    assert_eq!(pages(desk.edits(&["tone", "--threshold", "128"])).2, "Brightness");
    assert_eq!(pages(desk.edits(&["replace", "1", "--with", "2"])), (json!(true), json!(3), json!("Replace")));
    assert_eq!(pages(desk.edits(&["clear"])), (json!(true), json!(0), json!("Clear")));
    let undone = desk.edits(&["undo", "100"]);
    assert_eq!((&undone["pages"], &undone["undo"], &undone["redo"]), (&json!(4), &Value::Null, &json!("Rotate")));
    let output = desk.run(&["export", &id[..10], "-o", "again.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 4 pages to again.pdf\n"), "{output:?}");
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("saved");
    assert!(bytes("first.pdf") == bytes("again.pdf"), "everything was taken back");
    assert_eq!(desk.edits(&["redo", "3"])["pages"], 4);
    let output = desk.run(&["export", "last", "--pages", "2-", "-o", "part.pdf", "--json"]);
    assert_eq!((&result(&output)["pages"], &result(&output)["files"]), (&json!(3), &json!(["part.pdf"])));
    judges::qpdf_accepts(&desk.path("part.pdf"));
    desk.edits(&["title", "Rechnung März"]);
    let found = |words: &str| result(&desk.run(&["documents", "--json", "--search", words])).as_array().map(Vec::len);
    assert_eq!((found("märz"), found("april")), (Some(1), Some(0)));
}

/// What lies in a document's folder under the name of one of its files and is none, or has something in it that no
/// version of this program makes, holds nobody up.
#[test]
fn what_would_be_waited_for_without_end_is_named_as_damage() {
    let desk = Desk::new();
    let id = desk.kept("2");
    let folder = desk.path(&format!("data/documents/{id}"));
    let pipe = |name: &str| {
        let place = folder.join(name);
        std::fs::remove_file(&place).expect("it was there");
        rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
    };
    pipe("pages/2.page");
    let output = desk.run(&["documents", "check", "--json"]);
    assert_eq!((status(&output), &result(&output)[0]["damaged"][0]["page"]), (1, &json!(2)), "{output:?}");
    let output = desk.run(&["export", "last", "-o", "one.pdf", "--json"]);
    assert_eq!((status(&output), &result(&output)["pages"]), (1, &json!(1)), "{output:?}");
    let connection = rusqlite::Connection::open(folder.join("document.sqlite")).expect("it opens");
    let numbers = "WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM q)";
    let view = format!("DROP TABLE page; CREATE VIEW page AS {numbers} SELECT n AS id, n AS file, n AS place FROM q");
    connection.execute_batch(&view).expect("changed");
    drop(connection);
    assert_eq!(desk.listed()[0]["state"], "damaged");
    let output = desk.run(&["documents", "check", "--json"]);
    assert_eq!((status(&output), &result(&output)[0]["database"]), (1, &json!("damaged")), "{output:?}");
    pipe("document.sqlite");
    assert_eq!(desk.listed()[0]["state"], "damaged");
    let output = desk.run(&["edit", "last", "rotate", "--pages", "1"]);
    assert!(stderr(&output).contains("database"), "{output:?}");
    assert_eq!(desk.listed()[0]["state"], "closed", "its database is a new one");
}

/// How much it was is said, page by page and document by document.
#[test]
fn what_is_removed_for_good_is_counted() {
    let desk = Desk::new();
    let ids = [desk.kept("2"), desk.kept("3")];
    desk.edits(&["delete", "1"]);
    let listed = desk.listed()[0].clone();
    assert_eq!(listed["history_pages"], 1);
    let size = |bytes: &Value| lightbar::text::numbers::bytes(bytes.as_u64().expect("a number") as f64);
    let output = desk.run(&["documents", "clean", "last"]);
    assert_eq!(stdout(&output), format!("1 page, {} freed\n", size(&listed["history_bytes"])));
    assert_eq!(stdout(&desk.run(&["documents", "clean", "last"])), "nothing was there to remove\n");
    for id in &ids {
        let output = desk.run(&["documents", "delete-forever", id]);
        assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "it is not in the trash: {output:?}");
        assert_eq!(status(&desk.run(&["documents", "delete", id])), 0);
    }
    let trash = result(&desk.run(&["documents", "--trash", "--json"]));
    let of = |id: &str| trash.as_array().and_then(|all| all.iter().find(|row| row["id"] == id)).expect("there").clone();
    let output = desk.run(&["documents", "delete-forever", &ids[0]]);
    let said = format!("1 document with 2 pages, {} freed\n", size(&of(&ids[0])["bytes"]));
    assert_eq!((status(&output), stdout(&output)), (0, said));
    let output = desk.run(&["documents", "empty-trash"]);
    let said = format!("1 document with 2 pages, {} freed\n", size(&of(&ids[1])["bytes"]));
    assert_eq!((status(&output), stdout(&output)), (0, said));
    assert_eq!(stdout(&desk.run(&["documents", "empty-trash"])), "nothing was there to remove\n");
}

#[test]
fn a_document_without_the_folder_of_its_pages_is_one_all_the_same() {
    let desk = Desk::new();
    let id = desk.kept("3");
    let pages = desk.path(&format!("data/documents/{id}/pages"));
    std::fs::rename(&pages, desk.path("elsewhere")).expect("renamed");
    assert_eq!((&desk.listed()[0]["pages"], &desk.listed()[0]["damaged"]), (&json!(3), &json!(3)));
    let output = desk.run(&["documents", "check", "--json"]);
    assert_eq!((status(&output), &result(&output)[0]["damaged"][2]["flaw"]), (1, &json!("missing")), "{output:?}");
    let output = desk.run(&["edit", "last", "rotate", "--pages", "2"]);
    assert_eq!(stderr(&output).matches("is missing").count(), 3, "{output:?}");
    let output = desk.scan(&["-d", "virtual:flatbed", "--append", "last", "-o", "one.pdf", "--json"]);
    assert_eq!((status(&output), &result(&output)["pages"]), (1, &json!(1)), "{output:?}");
    // They are put back beside the new one.
    for page in 1..=3 {
        let name = format!("{page}.page");
        std::fs::rename(desk.path("elsewhere").join(&name), pages.join(&name)).expect("put back");
    }
    let output = desk.run(&["export", "last", "-o", "all.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 4 pages to all.pdf\n"), "{output:?}");
}

#[test]
fn a_title_is_one_line_that_moves_no_cursor() {
    let desk = Desk::new();
    desk.kept("1");
    desk.edits(&["title", "a\u{1b}[31mred\nnew\u{202e}line"]);
    assert_eq!(desk.listed()[0]["title"], "a[31mred newline");
    assert_eq!(stdout(&desk.run(&["documents"])).lines().count(), 2);
}

/// A day is the one of the place, also in a search: what is seen in the list finds it.
#[test]
fn a_document_is_found_by_the_day_that_is_shown() {
    let desk = Desk::new();
    desk.kept("1");
    // Clocks that are 26 hours apart never have the same day.
    let days = ["LOC-14", "LOC+12"].map(|place| {
        let listed = |arguments: &[&str]| {
            let output = desk.command(arguments).env("TZ", place).output().expect("it runs");
            assert_eq!(status(&output), 0, "{output:?}");
            stdout(&output)
        };
        let all = listed(&["documents"]);
        let day = all.split_whitespace().find(|word| word.starts_with("20") && word.len() == 10);
        let day = day.unwrap_or_else(|| panic!("no day in {all}")).to_owned();
        assert_eq!(listed(&["documents", "--search", &day]), all);
        assert!(!listed(&["documents", "--search", "1999-12-31"]).contains(&day));
        day
    });
    assert_ne!(days[0], days[1]);
}

#[test]
fn what_cannot_be_done_with_a_document_is_said_and_changes_nothing() {
    let desk = Desk::new();
    let output = desk.run(&["export", "last", "-o", "x.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (1, ""), "{output:?}");
    assert!(stderr(&output).contains("There is no document yet"), "{}", stderr(&output));
    desk.kept("2");
    for (arguments, said) in [
        (&["edit", "nothing", "clear"][..], "There is no document nothing"),
        (&["edit", "last", "delete", "3"], "There is no page 3. The document has 2 pages."),
        (&["edit", "last", "move", "1-2", "--after", "1"], "cannot come behind one of themselves"),
        (&["edit", "last", "combine", "--fronts", "1", "--backs", "1-2"], "cannot be front and back at once"),
        (&["edit", "last", "crop", "--part", "300,300,10x10"], "beside the page"),
        (&["edit", "last", "crop"], "--part"),
        (&["edit", "last", "rotate", "--by", "45"], "45"),
        (&["edit", "last", "delete", "x"], "ages are named like"),
        (&["export", "last", "-o", "first.pdf"], "--overwrite"),
        (&["export", "last", "-o", "x.docx"], "x.docx"),
        (&["export", "last", "--pages", "5", "-o", "x.pdf"], "There is no page 5"),
        (&["scan", "-d", "virtual:flatbed", "--append", "nothing"], "There is no document nothing"),
        (&["scan", "-d", "virtual:flatbed", "--append", "last", "--after", "9"], "There is no page 9"),
        (&["scan", "-d", "virtual:flatbed", "--after", "9", "-o", "x.pdf"], "--append"),
        (&["scan", "-d", "virtual:flatbed", "--append", "last", "-o", "x.pnm"], "--append"),
        (&["documents", "restore", "last"], "There is no document last"),
        (&["-d", "virtual:flatbed", "documents"], "--device"),
    ] {
        let output = desk.run(arguments);
        assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
    let failure = result(&desk.run(&["edit", "last", "delete", "9", "--json"]));
    assert_eq!(failure["error"]["condition"], "Usage", "{failure}");
    let outcome = desk.edits(&["undo"]);
    assert_eq!((&outcome["changed"], &outcome["pages"]), (&json!(false), &json!(2)));
}

/// One object for every command, with more in it where there is more to say.
#[test]
fn what_a_command_did_has_the_same_object_everywhere() {
    let desk = Desk::new();
    desk.kept("3");
    let edited = desk.edits(&["tone", "--brightness", "10", "--pages", "2"]);
    let exported = result(&desk.run(&["export", "last", "-o", "x.jpg", "--json"]));
    for (told, pages) in [(&edited, 3), (&exported, 3)] {
        assert_eq!(
            (&told["status"], &told["exit"], &told["error"]),
            (&json!("done"), &json!(0), &Value::Null),
            "{told}"
        );
        assert_eq!((&told["pages"], &told["partial"], &told["device"]), (&json!(pages), &json!(0), &Value::Null));
        assert!(told["files"].is_array(), "{told}");
    }
    assert_eq!((&edited["changed"], &edited["undo"]), (&json!(true), &json!("Brightness")));
    assert_eq!((&exported["encoded_anew"], &exported["left_out"]), (&json!([2]), &json!([])));
}

#[test]
fn a_document_is_passed_on_to_standard_output() {
    let desk = Desk::new();
    desk.kept("2");
    let first = std::fs::read(desk.path("first.pdf")).expect("saved");
    let output = desk.run(&["export", "last", "--format", "pdf", "-o", "-"]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, "saved 2 pages to standard output\n"));
    assert!(output.stdout == first, "byte for byte the file that was saved");
    let output = desk.run(&["export", "last", "--format", "jpeg", "--pages", "2", "--json", "-o", "-"]);
    assert!(status(&output) == 0 && output.stdout.starts_with(b"\xff\xd8"), "{}", stderr(&output));
    let told: Value = serde_json::from_str(stderr(&output).lines().last().expect("a line")).expect("an object");
    assert_eq!((&told["files"], &told["pages"]), (&json!(["-"]), &json!(1)));
    for (arguments, said) in [
        (&["--format", "png", "-o", "-"][..], "standard output is one"),
        (&["--format", "pdf", "--pages-per-file", "1", "-o", "-"], "standard output is one"),
        (&["-o", "-"], "name one with --format"),
        (&["--format", "pnm", "-o", "x.pnm"], "Allowed are pdf, tiff, png, jpeg"),
    ] {
        let output = desk.run(&[&["export", "last"], arguments].concat());
        assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
    let saved_to = desk.path("first.pdf").canonicalize().expect("it is there");
    assert_eq!(desk.listed()[0]["saved_to"], json!(saved_to), "what was passed on is in no file");
}

#[test]
fn pages_without_another_side_are_named_when_sides_are_combined() {
    let desk = Desk::new();
    desk.kept("5");
    for (fronts, backs, reversed, alone, said) in [
        ("1-3", "4-5", false, json!([3]), "The other side of page 3 was not named"),
        ("1", "2-4", true, json!([2, 3]), "The other sides of pages 2–3 were not named"),
    ] {
        let arguments = ["edit", "last", "--json", "combine", "--fronts", fronts, "--backs", backs];
        let output = desk.run(&[&arguments[..], if reversed { &["--reversed"] } else { &[] }].concat());
        assert_eq!((status(&output), &result(&output)["without_partner"]), (0, &alone), "{output:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        desk.edits(&["undo"]);
    }
    let told = desk.edits(&["combine", "--fronts", "1-2", "--backs", "3-4"]);
    assert_eq!(told["without_partner"], Value::Null, "{told}");
}

/// Two names that are one file: nothing is asked, nothing is replaced, and it is said which they are.
#[test]
fn names_that_are_one_file_are_told_apart_from_files_that_exist() {
    let desk = Desk::new();
    desk.kept("2");
    std::fs::write(desk.path("one.png"), b"somebody's").expect("written");
    for link in ["x-001.png", "x-002.png", "b1.pnm", "b2.pnm"] {
        std::os::unix::fs::symlink("one.png", desk.path(link)).expect("linked");
    }
    let output = desk.run(&["export", "last", "--overwrite", "-o", "x.png"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (1, ""), "{output:?}");
    assert!(stderr(&output).contains("x-001.png and x-002.png are the same file"), "{}", stderr(&output));
    let scan = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "--overwrite"];
    for to in [&["-o", "x.png"][..], &["--batch", "b%d.pnm"]] {
        let output = desk.scan(&[&scan[..], to].concat());
        assert_eq!(status(&output), 1, "{output:?}");
        assert!(stderr(&output).contains("are the same file"), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read(desk.path("one.png")).expect("there"), b"somebody's");
}

/// A save of more files than the system lets a program hold open.
#[test]
fn more_files_than_can_be_open_are_saved_all_the_same() {
    let desk = Desk::new();
    desk.kept("40");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lightbar")]);
    shell.args(["export", "last", "-o", "x.jpg"]).current_dir(desk.folder.path());
    let output = shell.env("LIGHTBAR_DATA_DIR", desk.path("data")).output().expect("it runs");
    assert_eq!(status(&output), 0, "{output:?}");
    let names = std::fs::read_dir(desk.folder.path()).expect("readable").map(|entry| entry.expect("one").file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(names.iter().filter(|name| name.ends_with(".jpg")).count(), 40, "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{names:?}");
}

/// Every time, by its number, and not as a success: whoever reads only the last line knows it, too.
#[test]
fn a_page_that_is_missing_is_named_by_each_export() {
    let desk = Desk::new();
    let id = desk.kept("3");
    std::fs::remove_file(desk.path(&format!("data/documents/{id}/pages/2.page"))).expect("removed");
    for round in 0..2 {
        let output = desk.run(&["export", "last", "--overwrite", "-o", "x.pdf", "--json"]);
        let told = result(&output);
        assert_eq!((status(&output), &told["pages"], &told["status"]), (1, &json!(2), &json!("failed")), "{round}");
        assert_eq!((&told["error"]["condition"], &told["left_out"]), (&json!("PagesMissing"), &json!([2])));
        assert!(stderr(&output).contains("Nothing is there of page 2"), "{round}: {}", stderr(&output));
    }
    let scan = ["-d", "virtual:flatbed", "--append", "last", "--json", "-o", "y.pdf"];
    let output = desk.scan(&scan);
    let told = result(&output);
    assert_eq!((status(&output), &told["pages"], &told["status"]), (1, &json!(3), &json!("failed")), "{told}");
    assert_eq!(told["error"]["condition"], "PagesMissing");
    assert!(stderr(&output).contains("Nothing is there of page 2"), "{}", stderr(&output));
    assert_ne!(desk.listed()[0]["saved_to"], json!(desk.path("y.pdf")), "a file that lacks a page is not the document");
    let listed = desk.listed();
    assert_eq!((&listed[0]["damaged"], &listed[0]["partial"]), (&json!(1), &json!(0)));
    let output = desk.run(&["edit", "last", "delete", "2"]);
    assert!(stderr(&output).contains("The file of page 2 is missing"), "{output:?}");
    // It is none of the document's pages any more.
    let output = desk.run(&["export", "last", "--overwrite", "-o", "x.pdf"]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, ""));
}

/// Not one that came in part: it is said what it had and what is left, wherever the document is met.
#[test]
fn a_page_that_is_damaged_is_named_by_check_list_and_export() {
    let desk = Desk::new();
    let id = desk.kept("3");
    let output = desk.run(&["documents", "check"]);
    assert_eq!((status(&output), stdout(&output)), (0, format!("{id}: 3 pages, nothing is damaged\n")));
    let file = desk.path(&format!("data/documents/{id}/pages/2.page"));
    let whole = std::fs::read(&file).expect("it is there");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    std::fs::write(&file, &flipped).expect("written");
    // Nobody has read it yet.
    assert_eq!(desk.listed()[0]["damaged"], 0);
    let output = desk.run(&["export", "last", "--overwrite", "-o", "x.pdf", "--json"]);
    let told = result(&output);
    assert_eq!((status(&output), &told["pages"], &told["partial"]), (1, &json!(3), &json!(0)), "{output:?}");
    assert_eq!((&told["status"], &told["error"]["condition"]), (&json!("failed"), &json!("PagesDamaged")));
    assert!(stderr(&output).contains("Damaged on the disk: page 2 ("), "{}", stderr(&output));
    judges::qpdf_accepts(&desk.path("x.pdf"));
    let output = desk.run(&["documents", "check", "last", "--json"]);
    let checked = result(&output);
    let page = &checked[0]["damaged"][0];
    assert_eq!((status(&output), &checked[0]["state"], &page["page"]), (1, &json!("damaged"), &json!(2)), "{checked}");
    // One bit of a picture: it is as tall as it was.
    assert_eq!((&page["rows"], &page["had"]), (&json!(877), &json!(877)), "{checked}");
    let output = desk.run(&["documents", "check"]);
    assert!(
        stdout(&output).contains("page 2: damaged, all rows are there, and some may look wrong")
            && stdout(&output).contains("2.page"),
        "{output:?}"
    );
    // From now on it is known, and told by whatever opens the document.
    assert_eq!((&desk.listed()[0]["damaged"], &desk.listed()[0]["partial"]), (&json!(1), &json!(0)));
    let output = desk.run(&["edit", "last", "rotate"]);
    assert!(stderr(&output).contains("Page 2 is damaged"), "{output:?}");
    let output = desk.run(&["documents"]);
    assert!(stdout(&output).contains("damaged: 1 page"), "{output:?}");
    // A copy is put back.
    std::fs::write(&file, &whole).expect("written");
    desk.edits(&["undo"]);
    assert_eq!(desk.listed()[0]["damaged"], 0);
    let output = desk.run(&["export", "last", "--overwrite", "-o", "x.pdf"]);
    assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{output:?}");
    assert!(std::fs::read(desk.path("x.pdf")).expect("saved") == std::fs::read(desk.path("first.pdf")).expect("saved"));
    // Of a page whose beginning is gone there is nothing to save; the others are saved.
    let beheaded = [&[0; 64][..], &whole[64..]].concat();
    std::fs::write(&file, beheaded).expect("written");
    let output = desk.run(&["export", "last", "--overwrite", "-o", "x.pdf", "--json"]);
    let told = result(&output);
    assert_eq!((status(&output), &told["pages"]), (1, &json!(2)), "{output:?}");
    assert_eq!(told["error"]["condition"], json!("PagesMissing"));
    judges::qpdf_accepts(&desk.path("x.pdf"));
    // It is no success for whoever adds a page and saves, either.
    std::fs::write(&file, &flipped).expect("written");
    let output = desk.scan(&["-d", "virtual:flatbed", "--append", "last", "--json", "-o", "y.pdf"]);
    let told = result(&output);
    assert_eq!((status(&output), &told["pages"], &told["partial"]), (1, &json!(4), &json!(0)), "{told}");
    assert_eq!((&told["status"], &told["error"]["condition"]), (&json!("failed"), &json!("PagesDamaged")));
}

/// Removed, or emptied as a disk does that was full: order, edits and title are lost, and that is said.
#[test]
fn a_database_that_is_gone_is_told_and_listed_until_it_is_made_anew() {
    for emptied in [false, true] {
        let desk = Desk::new();
        let id = desk.kept("3");
        desk.edits(&["move", "3", "--after", "0"]);
        desk.edits(&["title", "Brief"]);
        let database = desk.path(&format!("data/documents/{id}/document.sqlite"));
        if emptied {
            std::fs::write(&database, "").expect("emptied");
        } else {
            std::fs::remove_file(&database).expect("removed");
        }
        for round in 0..2 {
            let listed = desk.listed();
            assert_eq!((&listed[0]["state"], &listed[0]["pages"]), (&json!("damaged"), &json!(3)), "{round}");
            let output = desk.run(&["documents", "check"]);
            assert!(status(&output) == 1 && stdout(&output).contains("database is gone"), "{output:?}");
            assert_eq!(result(&desk.run(&["documents", "check", "--json"]))[0]["database"], "lost");
            assert!(stdout(&desk.run(&["documents"])).contains("damaged: its database"));
        }
        // Looking and checking change nothing; what changes the document says so and makes it a new one.
        assert_eq!(database.metadata().ok().map(|file| file.len()), emptied.then_some(0));
        let output = desk.run(&["edit", "last", "rotate"]);
        assert!(stderr(&output).contains("order, what was done to them, the title"), "{output:?}");
        assert_eq!((&desk.listed()[0]["state"], &desk.listed()[0]["title"]), (&json!("closed"), &Value::Null));
        assert_eq!(status(&desk.run(&["documents", "check"])), 0);
    }
}

#[test]
fn pages_are_added_where_they_belong() {
    let desk = Desk::new();
    desk.kept("2");
    let output = desk.scan(&["-d", "virtual:feeder", "--sheets", "2", "--append", "last", "--after", "1"]);
    let id = desk.listed()[0]["id"].as_str().expect("a name").to_owned();
    assert_eq!((status(&output), stdout(&output)), (0, format!("added 2 pages to {id}\n")), "{output:?}");
    assert_eq!(stderr(&output), "");
    let order = || -> Vec<u64> {
        let document = DocumentId::new(&id).expect("a name");
        let (kept, _) = KeptDocument::open(&desk.path("data"), &document).expect("it opens");
        kept.document().pages().iter().map(|page| page.id.0).collect()
    };
    assert_eq!(order(), [1, 3, 4, 2]);
    let undone = desk.edits(&["undo"]);
    assert_eq!((&undone["pages"], &undone["redo"]), (&json!(2), &json!("Insert")));
    assert_eq!(desk.edits(&["redo"])["pages"], 4);
    let output = desk.scan(&["-d", "virtual:flatbed", "--append", &id, "--replace", "4", "-o", "x.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 4 pages to x.pdf\n"), "{output:?}");
    let undone = desk.edits(&["undo"]);
    assert_eq!((&undone["pages"], &undone["redo"]), (&json!(4), &json!("Replace")));
    desk.scan(&["-d", "virtual:flatbed", "--append", "last", "--after", "0"]);
    assert_eq!((order()[0], desk.edits(&["undo"])["pages"].clone()), (6, json!(4)));
    desk.scan(&["-d", "virtual:flatbed", "--append", "last"]);
    let after = desk.edits(&["undo"]);
    assert_eq!(after["redo"], "Insert", "pages at the end are no change: {after}");
    assert_eq!(desk.listed()[0]["pages"], 3);
}

#[test]
fn a_document_thrown_away_is_taken_back() {
    let desk = Desk::new();
    let id = desk.kept("1");
    assert_eq!(status(&desk.run(&["documents", "delete", "last"])), 0);
    assert_eq!(desk.listed().len(), 0);
    let output = desk.run(&["edit", &id, "clear"]);
    assert_eq!(status(&output), 2, "{output:?}");
    let trash = result(&desk.run(&["documents", "--trash", "--json"]));
    assert_eq!(trash[0]["id"], id.as_str());
    assert_eq!(status(&desk.run(&["documents", "restore", &id])), 0);
    assert_eq!(desk.edits(&["delete", "1"])["pages"], 0);
    let output = desk.run(&["documents", "clean", &id]);
    assert!(stdout(&output).ends_with(" freed\n") && !stdout(&output).starts_with("0 "), "{output:?}");
    assert_eq!(desk.edits(&["undo"])["changed"], false);
    assert_eq!(status(&desk.run(&["documents", "delete", &id])), 0);
    assert_eq!(status(&desk.run(&["documents", "empty-trash"])), 0);
    assert_eq!(result(&desk.run(&["documents", "--trash", "--json"])), json!([]));
}

#[test]
fn black_and_white_of_a_scanner_without_it_is_a_change_that_undo_takes_back() {
    let desk = Desk::new();
    let scan = ["-d", "virtual:flatbed", "--mode", "lineart", "--keep-document", "-o", "x.pdf"];
    let output = desk.scan(&scan);
    assert_eq!(status(&output), 0, "{output:?}");
    assert!(stderr(&output).contains("were made black and white"), "{}", stderr(&output));
    let undone = desk.edits(&["undo"]);
    assert_eq!((&undone["changed"], &undone["redo"]), (&json!(true), &json!("Brightness")));
}

/// Two A4 pages and one of A5, of 75, 150 and 75 dpi.
#[test]
fn the_same_millimetres_are_left_of_every_page() {
    let desk = Desk::new();
    desk.kept("1");
    for size in [["--resolution", "150", "--paper", "a4"], ["--resolution", "75", "--paper", "a5"]] {
        let slow = ["scan", "--speed", "0", "-d", "virtual:flatbed", "--append", "last", "-o", "x.pdf", "--overwrite"];
        let output = desk.run(&[&slow[..], &size].concat());
        assert_eq!(status(&output), 0, "{output:?}");
    }
    assert_eq!(desk.edits(&["crop", "--part", "10,20,50x40"])["changed"], true);
    let output = desk.run(&["export", "last", "-o", "part.png"]);
    assert_eq!(status(&output), 0, "{output:?}");
    let sizes = [1, 2, 3].map(|page| {
        let bytes = std::fs::read(desk.path(&format!("part-00{page}.png"))).expect("it is there");
        let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        (side(16), side(20))
    });
    assert_eq!(sizes, [(148, 118), (295, 236), (148, 118)]);
    desk.edits(&["undo"]);
    // The foot of an A4 sheet: an A5 one is shorter.
    let output = desk.run(&["edit", "last", "crop", "--part", "0,250,50x40", "--json"]);
    assert_eq!(stderr(&output), "lightbar: Page 3 was not cropped. Nothing of it lies in that part.\n");
    assert_eq!((&result(&output)["changed"], &result(&output)["not_cropped"]), (&json!(true), &json!([3])));
    let output = desk.run(&["edit", "last", "crop", "--part", "0,250,50x40", "--pages", "3"]);
    assert_eq!(status(&output), 2, "{output:?}");
}
