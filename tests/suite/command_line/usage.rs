//! Arguments that cannot be, and the help for them.

use serde_json::{Value, json};

use super::{Desk, result, status, stderr, stdout};

#[test]
fn wrong_usage_is_status_two_and_says_what_is_allowed() {
    let desk = Desk::new();
    std::fs::write(desk.path("there.pdf"), "precious").expect("written");
    let cases: [(&[&str], &str); 12] = [
        (&["-d", "virtual:feeder"], "--output or --batch"),
        (&["-d", "virtual:feeder", "-o", "x.doc"], ".pdf, .tif, .png"),
        (&["-d", "virtual:feeder", "-o", "there.pdf"], "--overwrite"),
        (&["-d", "virtual:nosuch", "-o", "x.pdf"], "lightbar devices"),
        (&["-d", "nonsense", "-o", "x.pdf"], "virtual:feeder"),
        (&["-d", "virtual:flatbed", "--source", "feeder", "-o", "x.pdf"], "flatbed"),
        (&["-d", "virtual:feeder", "--resolution", "77", "-o", "x.pdf"], "300"),
        (&["-d", "virtual:feeder", "--paper", "2000x3000mm", "-o", "x.pdf"], "mm"),
        (&["-d", "virtual:feeder", "--paper", "a99", "-o", "x.pdf"], "letter"),
        (&["-d", "virtual:feeder", "--mode", "sepia", "-o", "x.pdf"], "lineart"),
        (&["-d", "virtual:feeder", "--fault", "earthquake", "-o", "x.pdf"], "unplug"),
        (&["-d", "virtual:feeder", "--source", "feeder", "--format", "png", "-o", "-"], "pdf"),
    ];
    for (arguments, hint) in cases {
        let output = desk.run(&[&["scan"], arguments].concat());
        assert_eq!(status(&output), 2, "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(hint), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    assert_eq!(std::fs::read(desk.path("there.pdf")).expect("readable"), b"precious");
    assert_eq!(desk.documents(), 0, "no paper moved");
}

/// A fault that a model cannot have would be a scan in which nothing goes wrong.
#[test]
fn a_fault_that_a_virtual_scanner_cannot_have_is_refused_with_those_it_can() {
    let desk = Desk::new();
    for fault in ["html", "503", "no-image-info", "oversize", "jam@page2,lost-page@page2"] {
        for (before, behind) in [
            (&["scan", "-d", "virtual:legacy"][..], &["-o", "x.pdf"][..]),
            (&["scan", "-d", "virtual:legacy"], &["-o", "x.pnm"]),
            (&["virtual", "--model", "legacy"], &["--usbip", "127.0.0.1:0"]),
        ] {
            let output = desk.run(&[before, &["--fault", fault], behind].concat());
            assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "{fault}: {output:?}");
            let words = stderr(&output);
            assert!(
                words.contains("virtual:legacy cannot go wrong") && words.contains("jam, cover, multifeed"),
                "{words}"
            );
            assert!(!words.contains("503,") && !words.contains("html,"), "{words}");
        }
    }
    let output = desk.scan(&["-d", "virtual:flatbed", "--fault", "html@request=999", "-o", "x.pdf"]);
    assert_eq!(status(&output), 0, "one that speaks eSCL can: {output:?}");
}

/// What only a virtual scanner understands, or only another command, is not passed over in silence.
#[test]
fn options_that_would_do_nothing_are_refused() {
    let desk = Desk::new();
    let cases: [(&[&str], &[&str]); 9] = [
        (&["scan", "-d", "usb:04b8:1182", "--fault", "jam"], &["--fault is", "usb:04b8:1182", "virtual:feeder"]),
        (&["-d", "usb:04b8:1182", "--fault", "jam", "scan"], &["--fault is", "usb:04b8:1182", "virtual:feeder"]),
        (
            &["scan", "-d", "escl:http://127.0.0.1:1/eSCL", "--sheets", "5", "--speed", "0"],
            &["--sheets and --speed are", "virtual:feeder"],
        ),
        (&["scan", "-d", "127.0.0.1:1", "--keep-sent", "s", "--reload", "3"], &["--reload and --keep-sent are"]),
        (&["scan", "--fault", "jam"], &["--fault is", "none is named", "virtual:feeder"]),
        (&["--sheets", "5", "devices"], &["--sheets is", "lightbar devices"]),
        (&["-d", "virtual:feeder", "virtual", "--http", "127.0.0.1:0"], &["--device is", "lightbar virtual"]),
        (&["virtual"], &["--http", "--usbip"]),
        (&["virtual", "--model", "nosuch", "--http", "127.0.0.1:0"], &["feeder, flatbed, slow"]),
    ];
    for (arguments, words) in cases {
        let output: &[&str] = if arguments.contains(&"scan") { &["-o", "x.pdf"] } else { &[] };
        let output = desk.run(&[arguments, output].concat());
        assert_eq!((status(&output), stdout(&output).as_str()), (2, ""), "{arguments:?}: {output:?}");
        for word in words {
            assert!(stderr(&output).contains(word), "{arguments:?}: {}", stderr(&output));
        }
    }
    assert!(!desk.path("s").exists(), "nothing was made for what is refused");
}

/// Also for the window, before a display is looked for: there is none here.
#[test]
fn a_name_that_no_device_can_have_is_refused_alike_by_window_and_scan() {
    let desk = Desk::new();
    for name in ["bogus", "virtual:nosuch", "usb:1"] {
        let scan = desk.run(&["scan", "-d", name, "-o", "x.pdf"]);
        let mut window = desk.command(&["-d", name]);
        let window = window.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("it runs");
        assert_eq!(status(&window), 2, "{name}: {window:?}");
        assert!(stderr(&window).contains(name), "{}", stderr(&window));
        assert_eq!(stderr(&window), stderr(&scan), "{name}");
    }
}

/// Whoever reads an object gets one for wrong usage, too, whoever found it: the parser or the program.
#[test]
fn wrong_usage_is_an_object_for_whoever_asked_for_one() {
    let desk = Desk::new();
    let feeder = ["scan", "--json", "-d", "virtual:feeder"];
    let cases: [(&[&str], &str); 8] = [
        (&[], "needs --output or --batch"),
        (&["-o", "x.pdf", "--mode", "sepia"], "--mode cannot be “sepia”. Allowed are color, gray, lineart."),
        (&["-o", "x.pdf", "--sheets", "q"], "--sheets cannot be “q”. Allowed is a whole number."),
        (&["-o", "x.pdf", "--resolution", "9601"], "Allowed are 1 to 9600."),
        (&["-o", "x.pdf", "--prof", "text"], "`lightbar scan` has no option --prof. Did you mean --profile?"),
        (&["-o", "x.pdf", "--batch", "%d"], "exclude each other"),
        (&["-o", "x.doc"], "does not say which format"),
        (&["-o", "x.pdf", "--fault", "earthquake"], "earthquake"),
    ];
    for (more, words) in cases {
        let output = desk.run(&[&feeder[..], more].concat());
        let said = result(&output);
        assert_eq!((status(&output), &said["exit"], &said["status"]), (2, &2.into(), &"failed".into()), "{output:?}");
        assert_eq!((&said["error"]["condition"], &said["files"]), (&"Usage".into(), &json!([])), "{said}");
        let message = said["error"]["message"].as_str().expect("a message");
        assert!(message.contains(words), "{message}");
        assert_eq!(stderr(&output), format!("lightbar: {message}\n"), "people read the same");
    }
    for devices in [&["devices", "--json", "nonsense"][..], &["--sheets", "3", "devices", "--json"]] {
        let said = result(&desk.run(devices));
        assert_eq!((&said["exit"], &said["error"]["condition"]), (&2.into(), &"Usage".into()), "{said}");
    }
    // Standard output is for the pages.
    for to_stdout in [&["-o", "-"][..], &["--output=-"]] {
        let output = desk.run(&[&feeder[..], to_stdout, &["--mode", "sepia"]].concat());
        assert_eq!(stdout(&output), "");
        let last: Value = serde_json::from_str(stderr(&output).lines().last().expect("a line")).expect("an object");
        assert_eq!(last["exit"], 2);
    }
}

/// The parser's refusals read as the program's own.
#[test]
fn every_refusal_is_a_sentence_that_says_what_helps() {
    let desk = Desk::new();
    let actions = "It can rotate, crop, tone, delete, clear, move, replace, split, combine, title, undo and redo.";
    let (no_action, other_action) = (
        format!("`lightbar edit` needs to be told what to do. {actions}"),
        format!("`lightbar edit` cannot “rotat”. {actions}"),
    );
    let cases: [(&[&str], &str); 22] = [
        (
            &["scna"],
            "There is no command “scna”. There are devices, scan, documents, edit, export, import, profiles and virtual; \
             without one the window opens.",
        ),
        (&["edit", "last"], &no_action),
        (&["edit", "last", "rotat"], &other_action),
        (
            &["edit", "last", "crop"],
            "`lightbar edit` needs --part or --whole. `lightbar edit --help` says what there is.",
        ),
        (&["edit", "last", "tone", "--brightness", "101"], "--brightness cannot be “101”. Allowed are -100 to 100."),
        (&["edit", "last", "tone", "--threshold", "256"], "--threshold cannot be “256”. Allowed are 0 to 255."),
        (&["edit", "last", "split", "1", "--at", "0"], "--at cannot be “0”. Allowed are 1 to 99."),
        (&["edit", "last", "split", "x"], "PAGE cannot be “x”. Allowed is a whole number from 1 on."),
        (
            &["edit", "last", "delete", "x"],
            "PAGES cannot be “x”. Pages are named like 3, 1-4, 2,5-7, 4-, odd, even or all.",
        ),
        (&["export", "last", "--pdfa=x", "-o", "x.pdf"], "--pdfa takes no value. Leave out what stands behind it."),
        (&["import"], "`lightbar import` needs FILE. `lightbar import --help` says what there is."),
        (
            &["scan", "--append", "last", "--replace", "0"],
            "--replace cannot be “0”. Allowed is a whole number from 1 on.",
        ),
        (&["export", "last"], "`lightbar export` needs --output. `lightbar export --help` says what there is."),
        (&["--foo"], "`lightbar` has no option --foo. `lightbar --help` says what there is."),
        (&["scan", "--page", "2", "-o", "x.pdf"], "`lightbar scan` has no option --page. Did you mean --pages?"),
        (
            &["scan", "x.pdf"],
            "`lightbar scan` does not know what to do with “x.pdf”. `lightbar scan --help` says what there is.",
        ),
        (&["scan", "-o"], "--output needs a value"),
        (&["scan", "-o", "x.pdf", "--mode"], "--mode needs a value. Allowed are color, gray, lineart."),
        (&["scan", "-o", "x.pdf", "-o", "y.pdf"], "--output was given twice. Leave one out."),
        (&["scan", "-o", "x.pdf", "--pages", "0"], "--pages cannot be “0”. Allowed is a whole number from 1 on."),
        (&["virtual", "--http", "nowhere"], "--http cannot be “nowhere”. An address is like 127.0.0.1:0, or [::1]:0."),
        (&["virtual"], "`lightbar virtual` needs --http or --usbip. `lightbar virtual --help` says what there is."),
    ];
    for (arguments, words) in cases {
        let output = desk.run(arguments);
        assert_eq!((status(&output), stderr(&output)), (2, format!("lightbar: {words}\n")), "{arguments:?}");
    }
}

#[test]
fn the_pattern_of_a_batch_is_refused_in_words_and_percent_signs_can_be_written() {
    let desk = Desk::new();
    let batch =
        |pattern: &str| desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "1", "--batch", pattern]);
    let cases = [
        ("page.pnm", "needs a %d"),
        ("a%s.pnm", "%s means nothing"),
        ("%d-%d.pnm", "two numbers"),
        ("%99d.pnm", "At most 10"),
        ("p%d/x.pnm", "in the name of a folder"),
    ];
    for (pattern, words) in cases {
        let output = batch(pattern);
        assert_eq!(status(&output), 2, "{pattern}");
        assert!(stderr(&output).contains(words), "{pattern}: {}", stderr(&output));
    }
    let output = batch("100%%-%02d.ppm");
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 1 page to 100%-01.ppm\n"), "{output:?}");
}

/// There is no display, or one that nobody answers at.
#[test]
fn without_a_display_the_way_without_one_is_told() {
    let desk = Desk::new();
    for display in ["", ":7777"] {
        let mut window = desk.command(&["-d", "virtual:feeder"]);
        window.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").env("DISPLAY", display);
        let output = window.output().expect("it runs");
        let words = stderr(&output);
        assert_eq!((status(&output), words.lines().count()), (1, 1), "{words}");
        assert!(words.contains("`lightbar scan -o letter.pdf`") && !words.contains(".rs"), "{words}");
    }
}

#[test]
fn help_is_there_for_every_command() {
    let desk = Desk::new();
    for command in [
        &["--help"][..],
        &["scan", "--help"],
        &["devices", "--help"],
        &["virtual", "--help"],
        &["documents", "--help"],
        &["edit", "--help"],
        &["edit", "last", "combine", "--help"],
        &["export", "--help"],
        &["import", "--help"],
    ] {
        let output = desk.run(command);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).lines().count() > 5 && stdout(&output).lines().all(|line| line.len() <= 100));
    }
}
