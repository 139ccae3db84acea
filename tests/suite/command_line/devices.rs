//! Devices: listed, lent, and named by their addresses.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use lightbar::clock::SystemClock;
use lightbar::virtual_device::{HttpServer, Options, VirtualScanner};
use serde_json::json;

use super::{Desk, result, status, stderr, stdout};
use crate::support::certificate::tls_config;
use crate::support::judges;

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
    assert_eq!(names, [r"0000\Root", r"0000\Root\Flatbed", r"0000\Root\Feeder"]);
    let properties = items[2]["properties"].as_array().expect("properties");
    let property = |id: u64| properties.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}"));
    assert_eq!((&property(4103)["name"], &property(4103)["kind"]), (&"IPA_DATATYPE".into(), &"LIST".into()));
    let types = property(4103)["valid"].as_array().expect("elements");
    assert_eq!(types.len() as u64, types[0].as_u64().expect("a count") + 2, "[count, nominal, values …]");
    assert_eq!((&property(3088)["kind"], &property(3088)["access"]), (&"FLAG".into(), &"RW".into()));
    assert_eq!(property(4125)["value"], "fe131934-f84c-42ad-8da4-6129cddd7288");
    let root = items[0]["properties"].as_array().expect("properties");
    let status_of_paper = root.iter().find(|one| one["id"] == 3087).expect("it is listed");
    assert_eq!(
        status_of_paper["value"].as_u64().expect("a number") & 1,
        1,
        "paper lies in the feeder: {status_of_paper}"
    );
    let table = stdout(&desk.run(&["devices", "virtual:feeder", "--properties"]));
    assert!(table.contains("6147  IPS_XRES") && table.contains(r"0000\Root\Feeder"), "{table}");
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

/// Answers everything with its capabilities, encrypted with whatever certificate stands there now.
fn encrypted_scanner(certificate: Arc<Mutex<Arc<rustls::ServerConfig>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let document = include_str!("../../documents/escl/flatbed-only.xml");
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{document}", document.len());
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let config = certificate.lock().expect("no panic").clone();
            let mut session = rustls::ServerConnection::new(config).expect("a session");
            let mut stream = BufReader::new(rustls::Stream::new(&mut session, &mut socket));
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_certificate_is_shown_at_the_first_meeting_and_when_it_changed_and_not_in_between() {
    let certificate = Arc::new(Mutex::new(tls_config()));
    let address = encrypted_scanner(certificate.clone());
    let desk = Desk::new();
    let told = || {
        let output = desk.run(&["devices", &format!("escl:https://{address}/eSCL")]);
        assert_eq!(status(&output), 0, "{output:?}");
        stderr(&output)
    };
    let first = told();
    assert!(first.contains("for the first time"), "{first}");
    let digits = |told: &str| told.rsplit("SHA-256: ").next().unwrap_or_default().split_whitespace().count();
    assert_eq!(digits(&first), 8, "{first}");
    assert_eq!(told(), "");
    *certificate.lock().expect("no panic") = tls_config();
    let changed = told();
    assert!(changed.contains("another certificate than before"), "{changed}");
    assert_eq!((digits(&changed), told().as_str()), (8, ""));
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
fn a_device_that_cannot_be_asked_is_listed_with_the_reason() {
    let desk = Desk::new();
    let output = desk.run(&["devices", "escl:http://127.0.0.1:1"]);
    assert_eq!((status(&output), stdout(&output).contains("unknown")), (1, true), "{output:?}");
    assert!(stderr(&output).contains("127.0.0.1:1 is not reachable"), "{}", stderr(&output));
}
