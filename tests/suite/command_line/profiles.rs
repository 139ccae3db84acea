//! `lightbar profiles` and `scan --profile`.

use super::{Desk, result, status, stderr, stdout};

#[test]
fn a_profile_is_saved_listed_used_and_removed() {
    let desk = Desk::new();
    assert_eq!(stdout(&desk.run(&["profiles"])), "");
    assert_eq!(stdout(&desk.run(&["profiles", "--json"])), "[]\n");
    let save = ["profiles", "save", "Receipts", "--source", "feeder", "--mode", "gray", "--resolution", "150"];
    let saved = desk.run(&[&save[..], &["--paper", "80x100mm", "--pages", "2", "--on-button"]].concat());
    let listed = "Receipts  feeder, gray, 150 dpi, 80x100mm, 2 pages, on the scanner's button\n";
    assert_eq!((status(&saved), stderr(&saved).as_str()), (0, ""));
    assert_eq!(stdout(&saved), listed);
    assert_eq!(stdout(&desk.run(&["profiles"])), listed);
    let listed = result(&desk.run(&["profiles", "--json"]));
    let expected = serde_json::json!([{
        "name": "Receipts", "source": "feeder", "mode": "gray", "resolution": 150, "paper": "80x100mm",
        "pages": 2, "on_button": true
    }]);
    assert_eq!(listed, expected);
    let fast = ["scan", "-d", "virtual:feeder", "--speed", "0", "--reload", "never", "--json", "--format", "png"];
    let used = desk.run(&[&fast[..], &["--profile", "receipts", "-o", "r.png"]].concat());
    assert_eq!(result(&used)["pages"], 2);
    assert_eq!(size(&desk, "r-001.png"), (472, 591));
    // What is asked for besides counts more.
    let more = ["--profile", "receipts", "--resolution", "75", "--pages", "1", "-o", "s.png"];
    assert_eq!(result(&desk.run(&[&fast[..], &more].concat()))["pages"], 1);
    assert_eq!(size(&desk, "s-001.png"), (236, 295));
    let piped = desk.run(&[&fast[..5], &["--profile", "Receipts", "--format", "pnm", "--batch", "p%d.pnm"]].concat());
    assert_eq!(status(&piped), 0, "{}", stderr(&piped));
    let pnm = std::fs::read(desk.path("p2.pnm")).expect("two images");
    let head: Vec<_> = pnm.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(3).collect();
    assert_eq!(head, [&b"P5"[..], b"472", b"591"]);
    assert!(!desk.path("p3.pnm").exists());
    assert_eq!(status(&desk.run(&["profiles", "remove", "RECEIPTS"])), 0);
    assert_eq!(stdout(&desk.run(&["profiles"])), "");
}

fn size(desk: &Desk, name: &str) -> (u32, u32) {
    image::image_dimensions(desk.path(name)).expect("a picture")
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let desk = Desk::new();
    let cases: [(&[&str], i32, &[&str]); 8] = [
        (&["scan", "--profile", "x", "-o", "x.pdf"], 2, &["no profile \"x\"", "lightbar profiles save"]),
        (&["profiles", "remove", "x"], 2, &["no profile \"x\""]),
        (&["profiles", "save", " "], 2, &["needs a name"]),
        (&["profiles", "save", "x", "--pages", "0"], 2, &["--pages"]),
        (
            &["profiles", "save", "x", "--source", "duplex", "--pages", "1"],
            2,
            &["One page of both sides cannot be scanned", "even number"],
        ),
        (&["profiles", "save"], 2, &["needs NAME. "]),
        (&["-d", "virtual:feeder", "profiles"], 2, &["--device is", "lightbar profiles"]),
        (&["--sheets", "5", "profiles"], 2, &["--sheets is", "lightbar profiles"]),
    ];
    for (arguments, expected, words) in cases {
        let output = desk.run(arguments);
        assert_eq!((status(&output), stdout(&output).as_str()), (expected, ""), "{arguments:?}: {output:?}");
        for word in words {
            assert!(stderr(&output).contains(word), "{arguments:?}: {}", stderr(&output));
        }
    }
}

#[test]
fn a_profile_is_replaced_only_when_that_was_said_and_a_damaged_file_never() {
    let desk = Desk::new();
    assert_eq!(status(&desk.run(&["profiles", "save", "x", "--mode", "gray"])), 0);
    let again = desk.run(&["profiles", "save", "X", "--mode", "lineart"]);
    assert_eq!(status(&again), 2);
    assert!(stderr(&again).contains("--overwrite"), "{}", stderr(&again));
    assert_eq!(stdout(&desk.run(&["profiles"])), "x  gray, 300 dpi, A4\n");
    assert_eq!(status(&desk.run(&["profiles", "save", "X", "--mode", "lineart", "--overwrite"])), 0);
    assert_eq!(stdout(&desk.run(&["profiles"])), "X  lineart, 300 dpi, A4\n");
    std::fs::write(desk.path("data/profiles.json"), "{\"version\": 1, \"profiles\": [").expect("damaged");
    for arguments in [&["profiles"][..], &["profiles", "save", "y"], &["scan", "--profile", "x", "-o", "x.pdf"]] {
        let output = desk.run(arguments);
        assert_eq!(status(&output), 1, "{arguments:?}");
        assert!(stderr(&output).contains("profiles.json does not hold profiles"), "{}", stderr(&output));
    }
    let left = std::fs::read_to_string(desk.path("data/profiles.json")).expect("there");
    assert_eq!(left, "{\"version\": 1, \"profiles\": [");
}
