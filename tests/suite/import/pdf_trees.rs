//! Which pages a PDF has, and what of them cannot be drawn: nothing of a file stays out without a word.

use lightbar::import::{ImportError, Limit, Remark, limits};

use super::bench::Bench;
use super::pdf::{file, one_page, stream};

const CATALOG: &[u8] = b"<< /Type /Catalog /Pages 2 0 R >>";

/// A file with this page tree; objects from 6 on are `more`, object 3 is a page with a dark left, object 4 one with a
/// dark right, object 5 is what the pages are drawn with.
fn with_tree(root: &str, more: &[&str]) -> Vec<u8> {
    let page = |content: u32| format!("<< /Type /Page /MediaBox [0 0 72 36] /Contents {content} 0 R >>").into_bytes();
    let tail = 6 + more.len() as u32;
    let mut objects = vec![CATALOG.to_vec(), root.as_bytes().to_vec(), page(tail), page(tail + 1), b"null".to_vec()];
    objects.extend(more.iter().map(|object| object.as_bytes().to_vec()));
    objects.push(stream("", b"0 0 36 36 re f"));
    objects.push(stream("", b"36 0 36 36 re f"));
    file(&objects)
}

/// For each page whether its left or its right side is dark.
fn sides(bench: &Bench, bytes: &[u8]) -> (String, Vec<Remark>) {
    let imported = bench.import(bytes).expect("imported");
    let side = |page| {
        let picture = bench.pixels(page);
        let row = &picture.rows[picture.rows.len() / 2];
        let (left, right) = (row[row.len() / 4], row[row.len() * 3 / 4]);
        match (left, right) {
            (0, 255) => 'l',
            (255, 0) => 'r',
            _ => '?',
        }
    };
    (imported.pages.iter().map(side).collect(), imported.remarks)
}

#[test]
fn a_page_that_a_tree_names_several_times_comes_as_often() {
    let bench = Bench::new();
    let tree = with_tree("<< /Type /Pages /Count 5 /Kids [3 0 R 3 0 R 4 0 R 3 0 R 4 0 R] >>", &[]);
    assert_eq!(sides(&bench, &tree), ("llrlr".to_owned(), vec![]));
    let branches = with_tree(
        "<< /Type /Pages /Count 7 /Kids [6 0 R 3 0 R 6 0 R 7 0 R] >>",
        &["<< /Type /Pages /Count 2 /Kids [4 0 R 3 0 R] >>", "<< /Type /Pages /Count 3 /Kids [6 0 R 4 0 R 7 0 R] >>"],
    );
    assert_eq!(sides(&bench, &branches), ("rllrlrlr".to_owned(), vec![]), "a node within itself is no page");
}

#[test]
fn a_tree_that_grows_without_end_is_refused_by_its_limit() {
    let bench = Bench::new();
    let doubled = |next: u32| format!("<< /Type /Pages /Count 2 /Kids [{next} 0 R {next} 0 R] >>");
    let nodes: Vec<String> = (0..60).map(|depth| if depth == 59 { doubled(3) } else { doubled(7 + depth) }).collect();
    let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let limit = Limit::Pages(limits::MAX_PAGES);
    let tree = with_tree("<< /Type /Pages /Count 1 /Kids [6 0 R] >>", &nodes);
    assert_eq!(bench.import(&tree), Err(ImportError::TooLarge { page: None, limit }));
}

#[test]
fn pages_that_are_named_and_not_there_are_said() {
    let bench = Bench::new();
    let tree = with_tree("<< /Type /Pages /Count 4 /Kids [3 0 R 77 0 R 4 0 R 5 0 R] >>", &[]);
    assert_eq!(sides(&bench, &tree), ("lr".to_owned(), vec![Remark::PagesNotThere(2)]));
    let branch = with_tree("<< /Type /Pages /Count 4 /Kids [3 0 R 6 0 R] >>", &["<< /Type /Pages /Count 3 >>"]);
    assert_eq!(sides(&bench, &branch), ("l".to_owned(), vec![Remark::PagesNotThere(3)]));
}

#[test]
fn drawing_that_cannot_be_read_is_said() {
    let bench = Bench::new();
    let with = |contents: &str, object: Vec<u8>| {
        let page = format!("<< /Type /Page /MediaBox [0 0 72 72] /Contents {contents} >>");
        let tree = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_vec();
        file(&[CATALOG.to_vec(), tree, page.into_bytes(), object, stream("", b"0 0 36 36 re f")])
    };
    let remarks = |bytes: &[u8]| bench.page_of(bytes).1;
    let missing = [Remark::SomethingMissing(1)];
    assert_eq!(remarks(&with("[4 0 R 5 0 R]", stream("", b"0 g"))), [], "two parts that are there");
    assert_eq!(remarks(&with("[9 0 R 5 0 R]", stream("", b"0 g"))), missing, "a part is not there");
    assert_eq!(remarks(&with("9 0 R", stream("", b"0 g"))), missing, "nothing is there");
    let broken = stream("/Filter /FlateDecode", b"\x78\x9c\x13\x37 no such thing");
    assert_eq!(remarks(&with("4 0 R", broken)), missing, "it cannot be unpacked");
    let unknown = stream("/Filter /ASCII85Decode", b"\x01\x02z{|}");
    assert_eq!(remarks(&with("4 0 R", unknown)), missing, "another filter cannot unpack it");
}

/// A long drawing is one all the same.
#[test]
fn what_stands_behind_millions_of_spaces_is_drawn() {
    let bench = Bench::new();
    let content = [vec![b' '; 32 << 20], b"0 0 72 72 re f".to_vec()].concat();
    let (page, remarks) = bench.page_of(&one_page("/MediaBox [0 0 72 72]", &content, b"null".to_vec()));
    assert_eq!((bench.pixels(&page).rows[10][10], remarks), (0, vec![]));
}

#[test]
fn a_filled_in_field_without_a_look_is_said() {
    let bench = Bench::new();
    let remarks = |note: &str| {
        let page = format!("/MediaBox [0 0 72 72] /Annots [<< /Type /Annot /Rect [9 9 60 20] {note} >>]");
        bench.page_of(&one_page(&page, b"0 0 9 9 re f", stream("/Subtype /Form /BBox [0 0 9 9]", b"0 0 9 9 re f"))).1
    };
    let left_out = [Remark::NotesLeftOut(1)];
    assert_eq!(remarks("/Subtype /Widget /FT /Tx /V (Jane)"), left_out);
    assert_eq!(remarks("/Subtype /Widget /Parent << /FT /Tx /V (Jane) >>"), left_out);
    assert_eq!(remarks("/Subtype /FreeText /Contents (Jane)"), left_out);
    assert_eq!(remarks("/Subtype /Widget /FT /Tx /V (Jane) /AP << /N 5 0 R >>"), [], "it is drawn");
    assert_eq!(remarks("/Subtype /Widget /FT /Tx /V ()"), [], "nobody filled it in");
    assert_eq!(remarks("/Subtype /Widget /FT /Tx"), []);
    assert_eq!(remarks("/Subtype /Widget /FT /Btn /V /Off"), []);
    assert_eq!(remarks("/Subtype /Widget /FT /Tx /F 2 /V (Jane)"), [], "hidden");
    assert_eq!(remarks("/Subtype /Link"), []);
}
