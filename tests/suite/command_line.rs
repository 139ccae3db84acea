//! The command line as a user meets it: arguments, what is printed where, exit statuses, files.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lightbar::clock::SystemClock;
use lightbar::document::PageFile;
use lightbar::virtual_device::{HttpServer, Options, VirtualScanner};
use serde_json::{Value, json};

use crate::support::judges;
use crate::support::odd_scanner::odd_scanner;
use crate::support::small_disk::SmallDisk;

/// The program with a data directory of its own.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("LIGHTBAR_DATA_DIR", self.path("data")).env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    /// Scans 75 dpi pages from a virtual device that is as fast as it goes.
    fn scan(&self, arguments: &[&str]) -> Output {
        let fast = ["scan", "--resolution", "75", "--speed", "0", "--reload", "never"];
        self.run(&[&fast[..], arguments].concat())
    }

    fn documents(&self) -> usize {
        std::fs::read_dir(self.path("data/documents")).map_or(0, Iterator::count)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn result(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

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
fn the_saved_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.scan(&["-d", "virtual:flatbed", "-o", "x.pdf"]);
    let mode = std::fs::metadata(desk.path("x.pdf")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
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

#[test]
fn a_feeder_writes_numbered_pictures_and_a_flatbed_exactly_the_file() {
    let desk = Desk::new();
    let output = desk.scan(&["-d", "virtual:feeder", "--source", "feeder", "--sheets", "2", "-o", "p.jpg"]);
    assert_eq!(status(&output), 0, "{output:?}");
    assert!(desk.path("p-001.jpg").exists() && desk.path("p-002.jpg").exists() && !desk.path("p.jpg").exists());
    let output = desk.scan(&["-d", "virtual:flatbed", "-o", "q.png"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 1 page to q.png\n"));
    assert!(desk.path("q.png").exists());
}

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
        assert!(stderr(&output).contains("saved 1 page to -"), "{:?}", stderr(&output));
    }
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).expect("readable").map(|e| e.expect("e").file_name()).collect();
    assert_eq!(left, ["data"], "nothing else is left behind");
    assert_eq!(desk.documents(), 0);
}

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

#[test]
fn the_list_of_devices_ends_with_the_virtual_ones() {
    let desk = Desk::new();
    let list = result(&desk.run(&["devices", "--json"]));
    let rows = list.as_array().expect("an array");
    let feeder = rows.iter().find(|row| row["id"] == "virtual:feeder").expect("it is listed");
    assert_eq!(feeder["sources"], json!(["flatbed", "feeder", "duplex"]));
    assert_eq!((&feeder["virtual"], &feeder["state"]), (&true.into(), &"ready".into()));
    let first_virtual = rows.iter().position(|row| row["virtual"] == true).expect("there are some");
    assert!(rows[first_virtual..].iter().all(|row| row["virtual"] == true));
    let table = stdout(&desk.run(&["devices"]));
    assert!(table.contains("virtual:slow"), "{table}");
}

#[test]
fn properties_are_listed_with_their_numbers_and_valid_values() {
    let desk = Desk::new();
    let list = result(&desk.run(&["devices", "virtual:feeder", "--properties", "--json"]));
    let [device] = list.as_array().expect("an array").as_slice() else { panic!("that device alone: {list}") };
    let items = device["items"].as_array().expect("items");
    let names: Vec<&str> = items.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!(names, ["Root", "Root/Flatbed", "Root/Feeder"]);
    let properties = items[2]["properties"].as_array().expect("properties");
    let property = |id: u64| properties.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!((&property(4103)["name"], &property(4103)["kind"]), (&"IPA_DATATYPE".into(), &"LIST".into()));
    let types = property(4103)["valid"].as_array().expect("elements");
    assert_eq!(types.len() as u64, types[0].as_u64().expect("a count") + 2, "[count, nominal, values …]");
    assert_eq!((&property(3088)["kind"], &property(3088)["access"]), (&"FLAG".into(), &"RW".into()));
    assert_eq!(property(4125)["value"], "fe131934-f84c-42ad-8da4-6129cddd7288");
    let table = stdout(&desk.run(&["devices", "virtual:feeder", "--properties"]));
    assert!(table.contains("6147  IPS_XRES") && table.contains("Root/Feeder"), "{table}");
    let nobody = desk.run(&["devices", "virtual:nobody"]);
    assert_eq!(status(&nobody), 2);
    assert!(stderr(&nobody).contains("nobody"), "{}", stderr(&nobody));
}

/// A lent device, ended when it goes out of scope.
struct Lent {
    process: Child,
    line: String,
}

impl Lent {
    fn new(desk: &Desk, before: &[&str], behind: &[&str]) -> Lent {
        let arguments = [before, &["virtual"], behind].concat();
        let mut process = desk.command(&arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("it says where");
        Lent { process, line }
    }

    fn address(&self) -> &str {
        self.line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_lent_scanner_is_scanned_from_over_the_network() {
    let desk = Desk::new();
    // What stands before the command counts as well.
    let lent = Lent::new(&desk, &["--sheets", "2"], &["--http", "127.0.0.1:0", "--speed", "0", "--keep-sent", "sent"]);
    std::fs::create_dir_all(desk.path("sent")).expect("created");
    let device = format!("escl:{}", lent.address());
    let output = desk.run(&["scan", "-d", &device, "--source", "duplex", "--resolution", "75", "-o", "x.pdf"]);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 4 pages to x.pdf\n"), "{output:?}");
    judges::qpdf_accepts(&desk.path("x.pdf"));
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
fn an_address_without_a_scanner_says_so() {
    let desk = Desk::new();
    // Nobody listens on a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let output = desk.run(&["scan", "-d", &format!("escl:http://127.0.0.1:{port}/eSCL"), "-o", "x.pdf"]);
    assert_eq!(status(&output), 1, "{output:?}");
    assert!(stderr(&output).contains("not reachable"), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("127.0.0.1:{port}")), "{}", stderr(&output));
}

/// A server that sends every request on, within itself.
#[test]
fn an_address_that_redirects_without_end_says_so() {
    for (first, second) in [("/eSCL/ScannerCapabilities", "/eSCL/ScannerCapabilities"), ("/a", "/b")] {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = server.local_addr().expect("bound");
        std::thread::spawn(move || {
            for (count, stream) in server.incoming().flatten().enumerate() {
                let mut reader = BufReader::new(stream);
                let mut line = String::new();
                while !line.ends_with("\r\n\r\n") && reader.read_line(&mut line).is_ok_and(|read| read > 0) {}
                let path = if count % 2 == 0 { first } else { second };
                let head = format!("HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 0\r\n\r\n");
                let _ = reader.get_mut().write_all(head.as_bytes());
            }
        });
        let desk = Desk::new();
        let output = desk.run(&["scan", "-d", &format!("escl:http://{address}/eSCL"), "-o", "x.pdf"]);
        assert_eq!(status(&output), 1, "{output:?}");
        assert!(stderr(&output).contains("sends every request on"), "{first}: {}", stderr(&output));
    }
}

/// A virtual scanner that other programs reach without encryption.
fn lent(address: &str) -> std::io::Result<(VirtualScanner, HttpServer)> {
    let options = Options { pages_per_minute: Some(0.0), ..Options::default() };
    let scanner = VirtualScanner::new("flatbed", options, SystemClock::start()).expect("a model");
    let server = scanner.serve_http(address)?;
    Ok((scanner, server))
}

#[test]
fn whoever_asks_for_encryption_gets_it_or_a_sentence() {
    let (scanner, server) = lent("127.0.0.1:0").expect("a port");
    let address = server.address();
    let desk = Desk::new();
    let output = desk.run(&["scan", "-d", &format!("escl:https://{address}/eSCL"), "-o", "x.pdf"]);
    assert_eq!(status(&output), 1, "{output:?}");
    let told = stderr(&output);
    assert!(told.contains(&format!("No encrypted connection to {address}")) && told.contains("http://"), "{told}");
    assert_eq!(scanner.requests(), Vec::<String>::new(), "nothing was asked without encryption");
}

/// A service announced without encryption on the port that is usual for it (eSCL reference, 2.1).
#[test]
fn without_encryption_where_nobody_asked_for_it_the_scan_goes_on_and_says_so() {
    let Ok((_scanner, _server)) = lent("127.0.0.47:443") else {
        println!("SKIPPED: port 443 cannot be listened on");
        return;
    };
    let desk = Desk::new();
    let wanted = ["scan", "-d", "escl:http://127.0.0.47:443/eSCL", "--resolution", "75", "-o", "x.pdf"];
    let output = desk.run(&wanted);
    assert_eq!((status(&output), stdout(&output).as_str()), (0, "saved 1 page to x.pdf\n"), "{output:?}");
    assert!(stderr(&output).contains("used without encryption"), "{}", stderr(&output));
}

/// A scan in mid page of a device that has fallen silent.
struct Silent {
    process: Child,
}

impl Silent {
    fn new(desk: &Desk, resolution: &str, output: &[&str]) -> Silent {
        let mut arguments = vec!["scan", "-d", "virtual:feeder", "--source", "feeder", "--speed", "0"];
        arguments.extend(["--resolution", resolution, "--fault", "silence@page2:row500", "--json"]);
        arguments.extend(output);
        let process =
            desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // The page's file has been there since its first band.
        let second_page_grows = || {
            let document = std::fs::read_dir(desk.path("data/documents")).ok()?.flatten().next()?.path();
            std::fs::metadata(document.join("pages/2.page")).ok().filter(|file| file.len() > 2000)
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while second_page_grows().is_none() {
            assert!(Instant::now() < deadline, "the second page never came");
            std::thread::yield_now();
        }
        Silent { process }
    }

    fn interrupt(&self) {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    }
}

/// Ctrl+C: the partial page is saved and the program is gone at once.
#[test]
fn an_interrupt_saves_what_came() {
    let desk = Desk::new();
    let silent = Silent::new(&desk, "75", &["-o", "x.pdf"]);
    silent.interrupt();
    let output = silent.process.wait_with_output().expect("it ends");
    let result = result(&output);
    assert_eq!(status(&output), 130, "{output:?}");
    assert_eq!((&result["status"], &result["pages"], &result["partial"]), (&"cancelled".into(), &2.into(), &1.into()));
    judges::qpdf_accepts(&desk.path("x.pdf"));
    let mut start = [0; 4];
    std::fs::File::open(desk.path("x.pdf")).and_then(|mut file| file.read_exact(&mut start)).expect("readable");
    assert_eq!(&start, b"%PDF");
}

/// Ctrl+C also ends images that go into a pipe and that nobody reads.
#[test]
fn an_interrupt_ends_images_that_nobody_reads() {
    let desk = Desk::new();
    let arguments =
        ["scan", "-d", "virtual:flatbed", "--resolution", "150", "--speed", "0", "--format", "pnm", "-o", "-"];
    let mut process =
        desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = process.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 2]).expect("an image has begun");
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match process.try_wait().expect("it can be asked") {
            Some(status) => break status,
            None if Instant::now() < deadline => std::thread::yield_now(),
            None => {
                process.kill().expect("ended");
                panic!("it waits for a reader that does not read");
            }
        }
    };
    assert_eq!(status.code(), Some(130));
    let mut words = String::new();
    process.stderr.take().expect("piped").read_to_string(&mut words).expect("readable");
    assert!(words.contains("cancelled after"), "{words}");
}

/// A second Ctrl+C ends the save as well, also one that waits for somebody who does not read on; the
/// document stays.
#[test]
fn a_second_interrupt_cancels_the_save_and_keeps_the_document() {
    let desk = Desk::new();
    // More than a pipe holds.
    let mut silent = Silent::new(&desk, "150", &["--format", "pdf", "-o", "-"]);
    silent.interrupt();
    let mut start = [0; 4];
    let mut stdout = silent.process.stdout.take().expect("piped");
    stdout.read_exact(&mut start).expect("the save has begun");
    assert_eq!(&start, b"%PDF");
    silent.interrupt();
    let mut words = String::new();
    silent.process.stderr.take().expect("piped").read_to_string(&mut words).expect("readable");
    let status = silent.process.wait().expect("it ends");
    assert_eq!(status.code(), Some(130), "{words}");
    let result: Value = serde_json::from_str(words.lines().last().unwrap_or_default()).expect("an object");
    assert_eq!((&result["status"], &result["pages"], &result["files"]), (&"cancelled".into(), &0.into(), &json!([])));
    assert_eq!(result["error"]["condition"], "Cancelled");
    let document = PathBuf::from(result["document"].as_str().expect("kept"));
    assert_eq!(std::fs::read_dir(document.join("pages")).expect("readable").count(), 2);
    assert_eq!(std::fs::read_dir(&document).expect("readable").count(), 2, "pages and lock, nothing else");
    assert!(words.contains("Saving was cancelled"), "{words}");
    assert!(!words.contains("nothing had arrived"), "{words}");
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

#[test]
fn a_scanner_with_a_driver_of_the_older_model_is_listed_and_scans() {
    let desk = Desk::new();
    let listed = stdout(&desk.run(&["devices"]));
    let line = listed.lines().find(|line| line.contains("virtual:legacy")).unwrap_or_else(|| panic!("{listed}"));
    assert!(line.contains("flatbed") && line.contains("feeder"), "{line}");
    for mode in ["color", "gray", "lineart"] {
        let name = format!("{mode}.pdf");
        let feeder = ["-d", "virtual:legacy", "--source", "feeder", "--mode", mode, "--sheets", "3", "-o", &name];
        let output = desk.scan(&feeder);
        assert_eq!((status(&output), stdout(&output)), (0, format!("saved 3 pages to {name}\n")), "{output:?}");
        judges::qpdf_accepts(&desk.path(&name));
    }
    let jammed =
        desk.scan(&["-d", "virtual:legacy", "--source", "feeder", "--fault", "jam@page2:row300", "-o", "y.pdf"]);
    assert!(status(&jammed) != 0 && stderr(&jammed).contains("jam"), "{jammed:?}");
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

#[test]
fn ctrl_c_ends_a_pipe_that_waits_for_a_silent_device() {
    let desk = Desk::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let device = format!("escl:http://{}/eSCL", listener.local_addr().expect("bound"));
    let mut process =
        desk.command(&["scan", "-d", &device, "--format", "pnm", "-o", "x.pnm"]).spawn().expect("it starts");
    let began = Instant::now();
    let _connected = listener.accept().expect("it connects");
    let id = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    assert_eq!(process.wait().expect("it ends").code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
