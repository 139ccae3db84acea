//! Documents that are scanned and saved: files, their names, what is said of them.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lightbar::document::PageFile;
use serde_json::json;

use super::{Desk, result, status, stderr, stdout};
use crate::support::judges;
use crate::support::odd_scanner::odd_scanner;
use crate::support::small_disk::SmallDisk;

#[test]
fn a_duplex_job_is_saved_as_the_device_sent_it() {
    let desk = Desk::new();
    let output = desk.scan(&[
        "-d",
        "virtual:feeder",
        "--source",
        "duplex",
        "--sheets",
        "3",
        "--keep-sent",
        "sent",
        "-o",
        "x.pdf",
    ]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 6 pages to x.pdf\n"), "{output:?}");
    assert_eq!(stderr(&output), "");
    assert_eq!(desk.documents(), 0, "after a complete save the document goes");
    judges::qpdf_accepts(&desk.path("x.pdf"));
    if let Some(images) = judges::extracted_images(&desk.path("x.pdf")) {
        let sent: Vec<Vec<u8>> =
            (1..=6).map(|n| std::fs::read(desk.path(&format!("sent/{n:03}.jpg"))).expect("kept")).collect();
        assert!(images == sent, "an image differs from what was sent");
    }
}

#[test]
fn a_number_of_pages_is_what_is_saved_although_the_scanner_draws_sheets_in_ahead() {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:sheetfed", "--sheets", "9", "--pages", "2", "-o", "x.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 2 pages to x.pdf\n"), "{output:?}");
    let told = stderr(&output);
    assert!(told.contains("2 pages beyond the number asked for received and left out"), "{told}");
    assert!(told.contains("2 pages went through unscanned"), "{told}");
    assert!(told.contains("the document is kept in"), "{told}");
    assert_eq!(desk.documents(), 1, "what was received is kept");
}

#[test]
fn gray_instead_of_black_and_white_is_said_where_a_source_has_none_of_its_own() {
    let desk = Desk::new();
    let gray = "his source has no black and white of its own";
    for (model, is_gray) in [("virtual:flatbed", true), ("virtual:feeder", false)] {
        let output =
            desk.scan(&["-d", model, "--source", "flatbed", "--mode", "lineart", "--overwrite", "-o", "x.pdf"]);
        assert_eq!((status(&output), stderr(&output).contains(gray)), (0, is_gray), "{model}: {output:?}");
    }
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_a_new_one_is_private() {
    let desk = Desk::new();
    let mode = |name: &str| std::fs::metadata(desk.path(name)).expect("it is there").permissions().mode() & 0o777;
    for (name, more) in [("x.pdf", &[][..]), ("x.png", &[]), ("x.pnm", &["--format", "pnm"])] {
        let scan = [&["-d", "virtual:flatbed", "-o", name][..], more].concat();
        assert_eq!(status(&desk.scan(&scan)), 0);
        assert_eq!(mode(name), 0o600, "{name}");
        std::fs::set_permissions(desk.path(name), Permissions::from_mode(0o664)).expect("set");
        assert_eq!(status(&desk.scan(&[&scan[..], &["--overwrite"]].concat())), 0);
        assert_eq!(mode(name), 0o664, "{name}");
    }
}

#[test]
fn a_name_may_be_as_long_as_the_file_system_takes_and_a_longer_one_is_told_as_such() {
    let desk = Desk::new();
    let longest = format!("{}.pdf", "x".repeat(251));
    let output = desk.scan(&["-d", "virtual:flatbed", "-o", &longest]);
    assert_eq!((status(&output), desk.path(&longest).exists()), (0, true), "{output:?}");
    let output = desk.scan(&["-d", "virtual:flatbed", "-o", &format!("x{longest}")]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("too long. Choose a shorter one"), "{}", stderr(&output));
}

#[test]
fn the_json_object_has_everything() {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "--json", "-o", "x.pdf"]);
    let expected = json!({
        "status": "done", "exit": 0, "device": "virtual:feeder", "pages": 2, "partial": 0, "files": ["x.pdf"],
        "document": null, "error": null,
    });
    assert_eq!(result(&output), expected);
}

/// A file's name is bytes; an object has text.
#[test]
fn a_name_that_is_no_text_is_told_as_text_and_as_bytes() {
    let desk = Desk::new();
    let mut command = desk.command(&["scan", "-d", "virtual:flatbed", "--resolution", "75", "--speed", "0", "--json"]);
    command.arg("-o").arg(OsStr::from_bytes(b"sc\xe4n.pdf"));
    command.arg("--keep-document").env("LIGHTBAR_DATA_DIR", desk.folder.path().join(OsStr::from_bytes(b"d\xff")));
    let said = result(&command.output().expect("it runs"));
    assert_eq!((&said["files"], &said["files_bytes"]), (&json!(["sc\u{fffd}n.pdf"]), &json!(["7363e46e2e706466"])));
    let document = said["document_bytes"].as_str().expect("it is kept");
    assert!(document.contains("64ff2f") && said["document"].as_str().is_some_and(|text| text.contains("d\u{fffd}/")));
    assert!(desk.folder.path().join(OsStr::from_bytes(b"sc\xe4n.pdf")).exists());
}

#[test]
fn a_feeder_writes_numbered_pictures_and_a_flatbed_exactly_the_file() {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "-o", "p.jpg"]);
    assert_eq!(status(&output), 0, "{output:?}");
    assert!(desk.path("p-001.jpg").exists() && desk.path("p-002.jpg").exists() && !desk.path("p.jpg").exists());
    let output = desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "-o", "p.pnm"]);
    assert_eq!(stdout(&output), "saved 2 pages to p-001.pnm … p-002.pnm\n", "{output:?}");
    assert!(desk.path("p-001.pnm").exists() && desk.path("p-002.pnm").exists() && !desk.path("p.pnm").exists());
    let output = desk.scan(&["-d", "virtual:flatbed", "-o", "q.png"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 1 page to q.png\n"));
    assert!(desk.path("q.png").exists());
}

#[test]
fn a_target_that_cannot_be_written_is_found_before_paper_moves() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("gone.pdf", desk.path("link.pdf")).expect("linked");
    std::os::unix::fs::symlink("loop.pdf", desk.path("loop.pdf")).expect("linked");
    let cases = [
        ("no/such/folder/x.pdf", "no folder"),
        ("link.pdf", "gone.pdf, which is not there"),
        ("loop.pdf", "in a circle"),
    ];
    for (target, words) in cases {
        let output = desk.scan(&["-d", "virtual:feeder", "--overwrite", "-o", target]);
        assert_eq!(status(&output), 1);
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    assert_eq!(desk.documents(), 0);
}

#[test]
fn an_empty_feeder_is_status_three() {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "0", "--json", "-o", "x.pdf"]);
    assert_eq!(status(&output), 3);
    assert_eq!(result(&output)["status"], "empty");
    assert!(!desk.path("x.pdf").exists());
}

#[test]
fn a_jam_saves_what_came_and_keeps_the_document() {
    let desk = Desk::new();
    let output = desk.scan(&[
        "-d",
        "virtual:feeder",
        "--source",
        "feeder",
        "--sheets",
        "3",
        "--fault",
        "jam@page2:row500",
        "--json",
        "-o",
        "x.pdf",
    ]);
    let result = result(&output);
    assert_eq!(status(&output), 1);
    assert_eq!((&result["status"], &result["pages"], &result["partial"]), (&"failed".into(), &2.into(), &1.into()));
    assert_eq!(result["error"]["condition"], "PaperJam");
    assert!(Path::new(result["document"].as_str().expect("kept")).is_dir());
    assert!(stderr(&output).contains("jammed"), "{}", stderr(&output));
    judges::qpdf_accepts(&desk.path("x.pdf"));
}

/// Line art is raw rows, which have no end marker.
#[test]
fn a_torn_page_of_line_art_is_kept_as_partial_and_its_reason_is_told() {
    let feeder = ["-d", "virtual:feeder", "--source", "feeder", "--mode", "lineart", "--sheets", "3"];
    for (fault, condition) in [
        ("truncate@page2:row300", "TruncatedPage"),
        ("jam@page2:row300", "PaperJam"),
        ("cover@page2:row300", "CoverOpen"),
        ("multifeed@page2:row300", "MultiFeed"),
    ] {
        let desk = Desk::new();
        let output = desk.scan(&[&feeder[..], &["--fault", fault, "--json", "-o", "x.pdf"]].concat());
        let result = result(&output);
        assert_eq!(status(&output), 1, "{fault}: {result}");
        let told = (&result["status"], &result["pages"], &result["partial"]);
        assert_eq!(told, (&"failed".into(), &2.into(), &1.into()), "{fault}");
        assert_eq!(result["error"]["condition"], condition, "{fault}");
    }
}

#[test]
fn fewer_pages_than_asked_for_is_success_and_is_said() {
    let desk = Desk::new();
    let output =
        desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "--pages", "5", "-o", "x.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 2 pages to x.pdf\n"));
    assert!(stderr(&output).contains("2 of 5"), "{}", stderr(&output));
}

/// The device says that the page is whole; nobody can make a picture of it.
#[test]
fn a_page_that_is_no_picture_keeps_its_bytes_and_is_no_success() {
    let desk = Desk::new();
    let sent = [&b"II*\0"[..], b"and then nothing of a TIFF file"].concat();
    let device = format!("escl:{}", odd_scanner("image/tiff", sent.clone()));
    let output = desk.run(&["scan", "-d", &device, "--mode", "gray", "--resolution", "100", "--json", "-o", "x.pdf"]);
    let said = result(&output);
    assert_eq!((status(&output), &said["status"], &said["pages"]), (1, &"failed".into(), &0.into()), "{said}");
    assert!(stderr(&output).contains("not a picture"), "{}", stderr(&output));
    assert!(!desk.path("x.pdf").exists());
    let document = PathBuf::from(said["document"].as_str().expect("the document is kept"));
    let page = PageFile::open(&document.join("pages/1.page")).expect("the page's file is there");
    let mut kept = Vec::new();
    page.bytes().read_to_end(&mut kept).expect("readable");
    assert_eq!(kept, sent);
}

/// Where pages could not be kept nothing is begun: the device sends nothing.
#[test]
fn pages_that_cannot_be_kept_are_not_asked_for() {
    let desk = Desk::new();
    std::fs::write(desk.path("in-the-way"), b"").expect("written");
    let nowhere = Some((desk.path("in-the-way/data"), "Storage", "Pages cannot be kept in"));
    let small = SmallDisk::of(1024);
    let full = small.as_ref().map(|small| (small.path().to_path_buf(), "DiskFull", "Make room before scanning"));
    for (folder, condition, words) in [nowhere, full].into_iter().flatten() {
        let mut command = desk.command(&["scan", "-d", "virtual:feeder", "--source", "feeder", "--json"]);
        command.args(["--keep-sent", "sent", "-o", "x.pdf"]).env("LIGHTBAR_DATA_DIR", folder);
        let output = command.output().expect("it runs");
        let said = result(&output);
        assert_eq!((status(&output), &said["error"]["condition"]), (1, &condition.into()), "{output:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert_eq!(std::fs::read_dir(desk.path("sent")).expect("readable").count(), 0);
    }
}

#[test]
fn a_file_in_the_way_of_a_later_page_is_found_before_paper_moves() {
    let desk = Desk::new();
    for (in_the_way, arguments) in [("q-002.png", &["-o", "q.png"][..]), ("b2.pnm", &["--batch", "b%d.pnm"])] {
        std::fs::write(desk.path(in_the_way), "somebody's").expect("written");
        let sent = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "3", "--keep-sent", "sent"];
        let output = desk.scan(&[&sent[..], arguments].concat());
        assert_eq!(status(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains(in_the_way), "{}", stderr(&output));
        assert_eq!(std::fs::read_dir(desk.path("sent")).map_or(0, Iterator::count), 0, "no sheet has moved");
    }
    let slash = desk.scan(&["-d", "virtual:feeder", "--sheets", "1", "--format", "pdf", "-o", "nowhere/"]);
    assert_ne!(status(&slash), 0);
    assert!(stderr(&slash).contains("nowhere/"), "{}", stderr(&slash));
}
