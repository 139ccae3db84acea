//! What is told of devices that go wrong.

use std::io::Read;
use std::path::Path;

use lightbar::document::PageFile;

use super::{Desk, result, status, stderr};
use crate::support::odd_scanner::{CANCELLED_AT_PANEL, feeder_of, feeder_without_pages, odd_scanner};
use crate::support::pictures::{JpegKind, jpeg};

const FROM_FEEDER: [&str; 9] = ["--source", "feeder", "--mode", "gray", "--resolution", "100", "--json", "-o", "x.pdf"];

#[test]
fn a_page_that_did_not_come_as_it_should_is_told_for_what_it_is() {
    let device = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2"];
    for (fault, condition, words, kept) in [
        ("cut-short@page2:row300", "TruncatedPage", "broke off", (2, 1)),
        ("oversize@page2", "ImpossibleSize", "65535 × 65535 pixels", (1, 0)),
        ("lost-page@page2", "LostPage", "nothing of it came", (1, 0)),
    ] {
        let desk = Desk::new();
        let output = desk.scan(&[&device[..], &["--fault", fault, "--json", "-o", "x.pdf"]].concat());
        let result = result(&output);
        assert_eq!((status(&output), &result["error"]["condition"]), (1, &condition.into()), "{fault}: {result}");
        assert!(stderr(&output).contains(words), "{fault}: {}", stderr(&output));
        assert_eq!((&result["pages"], &result["partial"]), (&kept.0.into(), &kept.1.into()), "{fault}");
    }
}

/// What was wrong with the job stands before what is wrong with its save.
#[test]
fn a_job_that_failed_tells_its_own_reason_and_then_why_nothing_was_saved() {
    let desk = Desk::new();
    let device = format!("escl:{}", odd_scanner("image/jpeg", b"\xff\xd8\xff\xe0 and then nothing of a JPEG".to_vec()));
    let output = desk.run(&["scan", "-d", &device, "--mode", "gray", "--resolution", "100", "--json", "-o", "x.pdf"]);
    let said = result(&output);
    assert_eq!((status(&output), &said["error"]["condition"]), (1, &"TruncatedPage".into()), "{said}");
    let words = stderr(&output);
    let (job, save) = (words.find("broke off"), words.find("not a picture"));
    assert!(job.is_some() && job < save, "{words}");
}

/// Somebody at the scanner ended it; whoever sits here did not, and is told.
#[test]
fn a_job_that_was_cancelled_at_the_scanner_is_told_as_such() {
    for (pages, arrived) in [(1, "1 page scanned"), (0, "No page was scanned")] {
        let page = || ("200 OK", "image/jpeg", jpeg(JpegKind::GRAY, 600, 800));
        let desk = Desk::new();
        let device = format!("escl:{}", feeder_of((0..pages).map(|_| page()).collect(), CANCELLED_AT_PANEL));
        let output = desk.run(&[&["scan", "-d", &device][..], &FROM_FEEDER].concat());
        let said = result(&output);
        assert_eq!((status(&output), &said["status"]), (1, &"failed".into()), "{said}");
        assert_eq!(said["error"]["condition"], "CancelledAtDevice", "{said}");
        assert_eq!(said["pages"], pages, "{said}");
        assert!(stderr(&output).contains("The scan was cancelled at the scanner"), "{}", stderr(&output));
        assert!(stderr(&output).contains(arrived), "{}", stderr(&output));
    }
}

/// The sheet of a page that is no picture has gone through: its bytes stay in the document that is kept.
#[test]
fn what_is_no_picture_is_kept_in_the_document() {
    let desk = Desk::new();
    let sent = b"%PDF-1.4 and so on".to_vec();
    let pages =
        vec![("200 OK", "image/jpeg", jpeg(JpegKind::GRAY, 600, 800)), ("200 OK", "application/pdf", sent.clone())];
    let device = format!("escl:{}", feeder_of(pages, ""));
    let output = desk.run(&[&["scan", "-d", &device][..], &FROM_FEEDER].concat());
    let said = result(&output);
    assert_eq!((status(&output), &said["error"]["condition"]), (1, &"NotAPicture".into()), "{said}");
    assert!(stderr(&output).contains("a PDF instead of a picture"), "{}", stderr(&output));
    let kept = Path::new(said["document"].as_str().expect("it stays"));
    let page = PageFile::open(&kept.join("pages/2.page")).expect("the page's file is there");
    let mut bytes = Vec::new();
    page.bytes().read_to_end(&mut bytes).expect("readable");
    assert_eq!((bytes, page.is_complete()), (sent, false));
}

/// A person who is told that there is no paper looks into a feeder full of it.
#[test]
fn a_loaded_feeder_that_sends_no_page_is_not_called_empty() {
    for answer in ["200 OK", "204 No Content", "410 Gone", "404 Not Found"] {
        let desk = Desk::new();
        let device = format!("escl:{}", feeder_without_pages(answer));
        let arguments = ["--source", "feeder", "--mode", "gray", "--resolution", "100", "--json", "-o", "x.pdf"];
        let output = desk.run(&[&["scan", "-d", &device][..], &arguments].concat());
        let said = result(&output);
        assert_eq!((status(&output), &said["status"]), (1, &"failed".into()), "{answer}: {said}");
        assert!(!stderr(&output).contains("No paper"), "{answer}: {}", stderr(&output));
    }
}

/// A device that says nothing of an error has none to be named.
#[test]
fn a_page_that_breaks_off_without_an_error_is_told_without_a_number() {
    let desk = Desk::new();
    let device = ["-d", "virtual:legacy", "--source", "feeder", "--sheets", "2"];
    let output = desk.scan(&[&device[..], &["--fault", "cut-short@page2:row300", "-o", "x.pdf"]].concat());
    assert_eq!(status(&output), 1, "{output:?}");
    let words = stderr(&output);
    assert!(words.contains("an answer that makes no sense. Scan again") && !words.contains("error 0"), "{words}");
}
