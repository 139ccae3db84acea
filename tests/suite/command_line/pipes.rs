//! Standard output as the place for pages, and standard streams that nobody takes from.

use std::process::Command;

use super::{Desk, result, status, stderr, stdout};

#[test]
fn standard_output_takes_the_file_and_standard_error_the_words() {
    let desk = Desk::new();
    for (format, magic) in [("pdf", &b"%PDF"[..]), ("tiff", b"II*\0"), ("jpeg", b"\xff\xd8"), ("png", b"\x89PNG")] {
        let arguments = ["scan", "--resolution", "75", "--speed", "0", "-d", "virtual:flatbed", "--format", format];
        // No temporary folder is needed, wherever the system has one.
        let mut command = desk.command(&[&arguments[..], &["-o", "-"]].concat());
        let output = command.env("TMPDIR", desk.path("no/such/folder")).output().expect("it runs");
        assert_eq!(status(&output), 0, "{format}: {:?}", stderr(&output));
        assert!(output.stdout.starts_with(magic), "{format}: {:?}", stderr(&output));
        assert!(stderr(&output).contains("saved 1 page to standard output"), "{:?}", stderr(&output));
    }
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("readable").map(|e| e.expect("e").file_name()).collect();
    assert_eq!(left, ["data"], "nothing else is left behind");
    assert_eq!(desk.documents(), 0);
}

/// The netpbm images of a file: magic, width, height and samples of each.
fn netpbm(mut bytes: &[u8]) -> Vec<(String, usize, usize, Vec<u8>)> {
    let mut images = Vec::new();
    while !bytes.is_empty() {
        let mut word = || {
            let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).expect("a word");
            let length = bytes[start..].iter().position(u8::is_ascii_whitespace).expect("its end");
            let word = String::from_utf8(bytes[start..start + length].to_vec()).expect("letters");
            bytes = &bytes[start + length..];
            word
        };
        let magic = word();
        let (width, height): (usize, usize) = (word().parse().expect("a width"), word().parse().expect("a height"));
        assert_eq!(word(), "255");
        let channels = if magic == "P6" { 3 } else { 1 };
        let (samples, rest) = bytes[1..].split_at(width * height * channels);
        images.push((magic, width, height, samples.to_vec()));
        bytes = rest;
    }
    images
}

#[test]
fn images_stream_to_standard_output_as_the_device_sent_them() {
    let desk = Desk::new();
    let feeder = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2"];
    let output = desk.scan(&[&feeder[..], &["--format", "pnm", "--keep-sent", "sent", "-o", "-"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let images = netpbm(&output.stdout);
    assert_eq!(images.len(), 2);
    let mut sent: Vec<_> =
        std::fs::read_dir(desk.path("sent")).expect("kept").map(|entry| entry.expect("one").path()).collect();
    sent.sort();
    for ((magic, width, height, samples), sent) in images.iter().zip(&sent) {
        assert_eq!((magic.as_str(), *width, *height), ("P6", 620, 877));
        assert!(std::fs::read(sent).expect("there") == *samples, "{}: byte for byte", sent.display());
    }
    assert_eq!(desk.documents(), 0, "nothing is kept");
}

#[test]
fn a_batch_makes_a_file_of_every_page() {
    let desk = Desk::new();
    let feeder = ["-d", "virtual:feeder", "--source", "duplex", "--sheets", "1", "--mode", "gray"];
    let output = desk.scan(&[&feeder[..], &["--batch", "page%02d.pgm"]].concat());
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 2 pages to page01.pgm … page02.pgm\n"));
    for name in ["page01.pgm", "page02.pgm"] {
        let images = netpbm(&std::fs::read(desk.path(name)).expect("there"));
        assert_eq!((images.len(), images[0].0.as_str()), (1, "P5"));
    }
    let again = desk.scan(&[&feeder[..], &["--batch", "page%02d.pgm"]].concat());
    assert_eq!(status(&again), 2);
    assert!(stderr(&again).contains("exists"), "{}", stderr(&again));
    for wrong in [
        &["--batch", "page.pgm"][..],
        &["--batch", "p%d.pgm", "--format", "pdf"],
        &["--batch", "p%d.pgm", "-o", "x.pgm"],
    ] {
        assert_eq!(status(&desk.scan(&[&feeder[..], wrong].concat())), 2, "{wrong:?}");
    }
}

/// An ending that promises less than the pages are is refused before paper moves; one that promises more holds.
#[test]
fn the_ending_of_a_netpbm_image_says_what_it_is() {
    let desk = Desk::new();
    let flatbed = ["-d", "virtual:flatbed", "--overwrite", "--mode"];
    for (mode, name, magic) in [
        ("color", "q.pnm", "P6"),
        ("color", "q.ppm", "P6"),
        ("gray", "q.pgm", "P5"),
        ("gray", "q.ppm", "P5"),
        ("gray", "q.pnm", "P5"),
        // It has no black and white of its own.
        ("lineart", "q.PGM", "P5"),
    ] {
        let output = desk.scan(&[&flatbed[..], &[mode, "-o", name]].concat());
        assert_eq!(status(&output), 0, "{mode} {name}: {output:?}");
        assert_eq!(netpbm(&std::fs::read(desk.path(name)).expect("there"))[0].0, magic, "{mode} {name}");
    }
    for (mode, name, words) in [
        ("color", "r.pgm", "Choose --mode gray, or name it .pnm"),
        ("color", "r.pbm", "the pages are in colour"),
        ("gray", "r.pbm", "the pages are gray"),
        ("lineart", "r.pbm", "the pages are gray"),
    ] {
        let output = desk.scan(&[&flatbed[..], &[mode, "--keep-sent", "sent", "-o", name]].concat());
        assert_eq!(status(&output), 2, "{mode} {name}: {output:?}");
        assert!(stderr(&output).contains(words), "{mode} {name}: {}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(desk.path("sent")).expect("made").count(), 0, "nothing was scanned");
}

/// Nobody would get what goes to a standard output that is closed.
#[test]
fn a_closed_standard_output_is_told_before_paper_moves() {
    let desk = Desk::new();
    for (format, redirection, expected) in
        [("pdf", ">&-", 1), ("png", ">&-", 1), ("pnm", ">&-", 1), ("jpeg", ">/dev/null", 0), ("tiff", ">/dev/null", 0)]
    {
        let scan = format!(
            "exec \"$0\" scan -d virtual:flatbed --resolution 75 --speed 0 --keep-sent {format} --format {format} -o - {redirection}"
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &scan, env!("CARGO_BIN_EXE_lightbar")]).current_dir(desk.folder.path());
        shell.env("LIGHTBAR_DATA_DIR", desk.path("data")).env_remove("RUST_LOG");
        let output = shell.output().expect("it runs");
        assert_eq!(status(&output), expected, "{format} {redirection}: {output:?}");
        let sent = std::fs::read_dir(desk.path(format)).expect("made").count();
        if expected == 1 {
            assert!(stderr(&output).contains("Standard output is closed"), "{}", stderr(&output));
            assert_eq!(sent, 0, "nothing was scanned");
        } else {
            assert_eq!(sent, 1);
        }
    }
    assert_eq!(desk.documents(), 0);
}

#[test]
fn images_of_a_jammed_job_are_those_before_the_jam_and_an_empty_feeder_has_none() {
    let desk = Desk::new();
    let feeder = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "3"];
    let output = desk.scan(&[&feeder[..], &["--fault", "jam@page2", "--batch", "p%d.ppm"]].concat());
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("jam"), "{}", stderr(&output));
    assert_eq!(netpbm(&std::fs::read(desk.path("p1.ppm")).expect("whole"))[0].2, 877);
    let empty = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "0", "--format", "pnm", "-o", "-"];
    let output = desk.scan(&empty);
    assert_eq!((status(&output), output.stdout.len()), (3, 0));
}

/// A disk that is full behind standard output is no reader who left.
#[test]
fn images_that_find_no_room_say_so() {
    let desk = Desk::new();
    let scan = ["scan", "--resolution", "75", "--speed", "0", "-d", "virtual:flatbed", "--format", "pnm"];
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there");
    let output = desk.command(&[&scan[..], &["-o", "-"]].concat()).stdout(full).output().expect("it runs");
    assert_eq!(status(&output), 1, "{output:?}");
    assert!(stderr(&output).contains("There is no room left where standard output goes"), "{}", stderr(&output));
    let output = desk.run(&[&scan[..], &["-o", "/dev/full"]].concat());
    assert_eq!(status(&output), 1, "{output:?}");
    assert!(stderr(&output).contains("There is no room left in /dev/full"), "{}", stderr(&output));
}

/// Files beside a device would be a surprise: one image goes into it, and several are refused before paper moves.
#[test]
fn a_pipe_that_has_a_name_takes_one_image() {
    let desk = Desk::new();
    let pipe = desk.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("it runs");
    assert!(made.success());
    let feeder = ["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "--keep-sent", "sent"];
    for format in ["pnm", "png"] {
        let output = desk.scan(&[&feeder[..], &["--format", format, "-o", "pipe"]].concat());
        assert_eq!(status(&output), 2, "{format}: {output:?}");
        assert!(stderr(&output).contains("pipe is no file, and there is to be one for each page"), "{output:?}");
    }
    let nobody = desk.scan(&[&feeder[..], &["--pages", "1", "--format", "pnm", "-o", "pipe"]].concat());
    assert_eq!(status(&nobody), 1, "{nobody:?}");
    assert!(stderr(&nobody).contains("Nobody reads from pipe"), "{}", stderr(&nobody));
    assert_eq!(std::fs::read_dir(desk.path("sent")).expect("made").count(), 0, "nothing was scanned");
    // Open in both directions it can be opened by either side at once, and it ends when this is dropped.
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("it opens");
    let reader = std::fs::File::open(&pipe).expect("it opens");
    let reading = std::thread::spawn(move || {
        let (mut reader, mut image) = (reader, Vec::new());
        std::io::Read::read_to_end(&mut reader, &mut image).map(|_| image)
    });
    let output = desk.scan(&[&feeder[..], &["--pages", "1", "--format", "pnm", "-o", "pipe"]].concat());
    drop(held);
    assert_eq!(status(&output), 0, "{output:?}");
    let image = reading.join().expect("no panic").expect("all of it");
    assert_eq!(netpbm(&image).len(), 1);
    let mut there: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("readable").map(|entry| entry.expect("one").file_name()).collect();
    there.sort();
    assert_eq!(there, ["data", "pipe", "sent"]);
}

#[test]
fn words_that_nobody_can_read_change_nothing() {
    let desk = Desk::new();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there");
    let scan = ["scan", "--speed", "0", "--reload", "never", "--resolution", "75", "-d", "virtual:feeder"];
    let feeder = [&scan[..], &["--source", "feeder", "--sheets", "2", "--pages", "5", "-o", "x.pdf"]].concat();
    let output = desk.command(&feeder).stderr(full()).output().expect("it runs");
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 2 pages to x.pdf\n"));
    let jam =
        [&scan[..], &["--source", "feeder", "--sheets", "2", "--fault", "jam@page2", "--json", "-o", "y.pdf"]].concat();
    let output = desk.command(&jam).stderr(full()).output().expect("it runs");
    assert_eq!((status(&output), result(&output)["status"].as_str()), (1, Some("failed")));
    let devices = desk.command(&["devices"]).stderr(full()).output().expect("it runs");
    assert_eq!(status(&devices), 0);
}
