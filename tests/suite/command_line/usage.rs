//! Arguments that cannot be, and the help for them.

use super::{Desk, status, stderr, stdout};

#[test]
fn wrong_usage_is_status_two_and_says_what_is_allowed() {
    let desk = Desk::new();
    std::fs::write(desk.path("there.pdf"), "precious").expect("written");
    let cases: [(&[&str], &str); 12] = [
        (&["-d", "virtual:feeder"], "<--output <FILE>|--batch <NAME>>"),
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

#[test]
fn help_is_there_for_every_command() {
    let desk = Desk::new();
    for command in [&["--help"][..], &["scan", "--help"], &["devices", "--help"], &["virtual", "--help"]] {
        let output = desk.run(command);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).lines().count() > 5 && stdout(&output).lines().all(|line| line.len() <= 100));
    }
}
