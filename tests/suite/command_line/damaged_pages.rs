//! Pages that a disk has damaged, as people meet them: one rule for what can be read, everywhere.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Desk, result, status, stderr, stdout};

/// A kept document of which the first page's file is damaged in many ways.
struct Damaged {
    desk: Desk,
    id: String,
    file: PathBuf,
    whole: Vec<u8>,
    /// Where the first page's JPEG begins in its file.
    jpeg: usize,
}

impl Damaged {
    fn of(pages: &str) -> Damaged {
        let desk = Desk::new();
        let id = desk.kept(pages);
        let file = desk.path(&format!("data/documents/{id}/pages/1.page"));
        let whole = std::fs::read(&file).expect("it is there");
        let jpeg = whole.windows(3).position(|bytes| bytes == [0xff, 0xd8, 0xff]).expect("a JPEG");
        Damaged { desk, id, file, whole, jpeg }
    }

    /// Where the third restart marker is.
    fn restart(&self) -> usize {
        let marker = self.whole[self.jpeg..].windows(2).position(|bytes| bytes == [0xff, 0xd2]);
        self.jpeg + marker.expect("a restart marker")
    }

    fn damage(&self, what: impl FnOnce(&mut [u8])) {
        let mut bytes = self.whole.clone();
        what(&mut bytes);
        std::fs::write(&self.file, bytes).expect("written");
    }

    fn exported(&self, arguments: &[&str]) -> Value {
        let output = self.desk.run(&[&["export", "last", "--overwrite", "--json"][..], arguments].concat());
        assert_eq!(status(&output), i32::from(result(&output)["status"] != "done"), "{output:?}");
        result(&output)
    }

    /// The first page's pixels.
    fn picture(&self) -> Vec<u8> {
        self.exported(&["--pages", "1", "-o", "page.png"]);
        std::fs::read(self.desk.path("page.png")).expect("saved")
    }

    /// The rows of the first page that a check says can be read, and those it had.
    fn checked(&self) -> (u64, u64) {
        let output = self.desk.run(&["documents", "check", "--json"]);
        let page = &result(&output)[0]["damaged"][0];
        assert_eq!((status(&output), &page["page"]), (1, &json!(1)), "{output:?}");
        (page["rows"].as_u64().expect("a number"), page["had"].as_u64().expect("a number"))
    }

    /// Every kind of file has both pages, and says that the first one is damaged.
    fn both_are_saved(&self) {
        for name in ["x.png", "x.tif", "x.jpg", "x.pdf"] {
            let told = self.exported(&["-o", name]);
            assert_eq!((&told["pages"], &told["damaged"], &told["left_out"]), (&json!(2), &json!([1]), &json!([])));
            assert_eq!(told["error"]["condition"], "PagesDamaged", "{name}: {told}");
        }
    }
}

/// Rows of a PNG file.
fn rows(png: &[u8]) -> u64 {
    u64::from(u32::from_be_bytes(png[20..24].try_into().expect("four bytes")))
}

#[test]
fn a_damaged_jpeg_is_drawn_as_far_as_it_goes_and_keeps_no_other_page_from_being_saved() {
    let page = Damaged::of("2");
    let sound = page.picture();
    // A restart marker that is none any more is known by its place, and so is a segment that became a frame header.
    for (at, bit) in [(page.restart() + 1, 0x40), (page.jpeg + 3, 0x20)] {
        page.damage(|bytes| bytes[at] ^= bit);
        let (readable, had) = page.checked();
        assert_eq!((readable, had), (rows(&sound), rows(&sound)));
        assert!(page.picture() == sound, "nothing of it is lost");
        page.both_are_saved();
    }
    // What cannot be known is missing, and what lies behind it is in its place.
    page.damage(|bytes| bytes[page.restart()] ^= 0x80);
    let (readable, had) = page.checked();
    assert!(readable < had && readable + 32 >= had, "{readable} of {had}");
    let picture = page.picture();
    assert!(rows(&picture) == rows(&sound) && picture != sound);
    page.both_are_saved();
    let hole = page.whole.len() / 4;
    for filling in [0, 0xff] {
        page.damage(|bytes| bytes[hole..hole + 16_384].fill(filling));
        let (readable, had) = page.checked();
        assert!(readable < had && readable > had / 2, "{readable} of {had}");
        assert_eq!(rows(&page.picture()), rows(&sound));
        page.both_are_saved();
    }
}

#[test]
fn a_page_whose_beginning_is_damaged_is_named_and_is_well_when_its_file_is_back() {
    let page = Damaged::of("2");
    page.damage(|bytes| bytes[60] ^= 1);
    let told = page.exported(&["--pages", "1", "-o", "x.pdf"]);
    assert_eq!((&told["damaged"], &told["left_out"], &told["files"]), (&json!([1]), &json!([1]), &json!([])));
    assert_eq!(told["error"]["condition"], "PagesDamaged", "{told}");
    assert!(told["error"]["message"].as_str().is_some_and(|said| said.contains("damaged")), "{told}");
    let told = page.exported(&["-o", "x.png"]);
    assert_eq!((&told["pages"], &told["damaged"], &told["left_out"]), (&json!(1), &json!([1]), &json!([1])));
    assert_eq!(page.checked().0, 0);
    assert_eq!(page.desk.listed()[0]["damaged"], 1);
    // A check notes also that a page is whole again.
    page.damage(|_| ());
    let output = page.desk.run(&["documents", "check"]);
    assert_eq!((status(&output), stdout(&output)), (0, format!("{}: 2 pages, nothing is damaged\n", page.id)));
    assert_eq!(page.desk.listed()[0]["damaged"], 0);
    assert_eq!(page.exported(&["-o", "x.pdf"])["status"], "done");
}

#[test]
fn pages_that_were_made_of_one_file_are_counted_as_pages_and_told_once() {
    let page = Damaged::of("1");
    page.desk.edits(&["split", "1", "--across"]);
    page.damage(|bytes| bytes[page.restart()] ^= 0x80);
    let output = page.desk.run(&["documents", "check", "--json"]);
    let shown =
        result(&output)[0]["damaged"].as_array().expect("a list").iter().filter(|page| !page["page"].is_null()).count();
    assert_eq!((shown, &page.desk.listed()[0]["damaged"]), (2, &json!(2)));
    let output = page.desk.run(&["export", "last", "--overwrite", "-o", "x.pdf"]);
    assert_eq!(stderr(&output).matches("Its file is").count(), 1, "{output:?}");
    assert!(stderr(&output).contains("Pages 1–2 are damaged."), "{output:?}");
}
