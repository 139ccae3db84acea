//! Names of files from templates, several files of one document, and how a file is to be.

use serde_json::json;

use super::{Desk, result, status, stderr, stdout};
use crate::support::judges;

fn kept(pages: &str) -> Desk {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:feeder", "--sheets", pages, "--keep-document", "-o", "first.pdf"]);
    assert_eq!(status(&output), 0, "{output:?}");
    desk
}

fn files(desk: &Desk) -> Vec<String> {
    let entries = std::fs::read_dir(desk.path("out")).expect("readable").flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_template_names_files_and_never_takes_a_name_that_is_taken() {
    let desk = kept("3");
    std::fs::create_dir(desk.path("out")).expect("created");
    desk.run(&["edit", "last", "title", "../Brief: an Müller/Söhne"]);
    for file in ["x-001.pdf", "x-002.pdf"] {
        let output = desk.run(&["export", "last", "-o", "out/x-{counter}.pdf"]);
        assert_eq!((status(&output), stdout(&output)), (0, format!("saved 3 pages to out/{file}\n")), "{output:?}");
    }
    let output = desk.run(&["export", "last", "-o", "out/{title}.pdf"]);
    assert_eq!(status(&output), 0, "{output:?}");
    let output = desk.run(&["export", "last", "-o", "out/{page} of {pages}.png"]);
    assert_eq!(status(&output), 0, "{output:?}");
    let output = desk.run(&["export", "last", "--pages-per-file", "2", "-o", "out/two.tif"]);
    assert_eq!(stdout(&output), "saved 3 pages to out/two-001.tif … out/two-002.tif\n", "{output:?}");
    let scanned = desk.scan(&["-d", "virtual:flatbed", "-o", "out/{device}.pdf"]);
    assert_eq!(status(&scanned), 0, "{scanned:?}");
    let names = files(&desk);
    let pages = ["001 of 3.png", "002 of 3.png", "003 of 3.png"];
    assert!(pages.iter().all(|page| names.iter().any(|name| name == page)), "{names:?}");
    assert!(names.contains(&"-Brief: an Müller-Söhne.pdf".to_owned()), "{names:?}");
    assert_eq!(names.iter().filter(|name| name.ends_with(".tif")).count(), 2, "{names:?}");
    assert_eq!(names.len(), 9, "{names:?}");
    for (name, said) in [
        ("out/{dat}.pdf", "{dat} is no field"),
        ("out/{date.pdf", "A brace stands alone"),
        ("{date}/x.pdf", "folder's name cannot have fields"),
    ] {
        let output = desk.scan(&["-d", "virtual:flatbed", "-o", name]);
        assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "{output:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_file_is_as_was_asked() {
    let desk = kept("2");
    std::fs::write(desk.path("password"), "Geheimnis ä\nsecond line\n").expect("written");
    let export = |more: &[&str]| desk.run(&[&["export", "last", "--json", "--overwrite"][..], more].concat());
    let size = |name: &str| std::fs::metadata(desk.path(name)).expect("saved").len();
    for (more, file) in [
        (&["--pdfa", "--author", "Jemand"][..], "a.pdf"),
        (&["--quality", "small"], "small.pdf"),
        (&["--quality", "lossless"], "lossless.pdf"),
        (&["--password-file", "password"], "secret.pdf"),
        (&["--compression", "lzw"], "lzw.tif"),
    ] {
        let output = export(&[more, &["-o", file]].concat());
        assert_eq!((status(&output), &result(&output)["pages"]), (0, &json!(2)), "{output:?}");
    }
    let estimate =
        result(&desk.run(&["export", "last", "--quality", "small", "--estimate", "--json", "-o", "none.pdf"]));
    let (told, true_size) = (estimate["bytes"].as_u64().expect("a number"), size("small.pdf"));
    assert!(told > true_size / 2 && told < true_size * 2 && !desk.path("none.pdf").exists(), "{told} {true_size}");
    judges::qpdf_accepts(&desk.path("a.pdf"));
    assert!(size("small.pdf") < size("a.pdf"), "{} {}", size("small.pdf"), size("a.pdf"));
    for (more, said) in [
        (&["--pdfa", "--password-file", "password", "-o", "x.pdf"][..], "cannot have a password"),
        (&["--quality", "small", "-o", "x.tif"], "--quality means nothing"),
        (&["--compression", "g4", "-o", "x.pdf"], "--compression means nothing"),
        (&["--compression", "g4", "-o", "x.tif"], "black and white"),
        (&["--password-file", "nothing", "-o", "x.pdf"], "There is no file nothing"),
        (&["--jpeg-quality", "0", "-o", "x.jpg"], "1 to 100"),
        (&["--pages-per-file", "0", "-o", "x.pdf"], "from 1 on"),
    ] {
        let output = export(more);
        assert!(status(&output) != 0, "{more:?}: {output:?}");
        let message = result(&output)["error"]["message"].as_str().expect("said").to_owned();
        assert!(message.contains(said), "{more:?}: {message}");
        assert!(!desk.path("x.pdf").exists() && !desk.path("x.tif").exists(), "{more:?}");
    }
}
