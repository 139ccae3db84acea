//! Lent to others: over HTTP, and over USB/IP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lightbar::clock::SystemClock;
use lightbar::virtual_device::{Options, VirtualScanner, serve_stream};

use super::JPEG;
use crate::support::device_client::{Answer, settings, unpack};

/// Longer than anything here takes; only a failing test waits for it.
const LIMIT: Duration = Duration::from_secs(20);

fn scanner(options: Options) -> VirtualScanner {
    let options = Options { pages_per_minute: options.pages_per_minute.or(Some(0.0)), ..options };
    VirtualScanner::new("feeder", options, SystemClock::start()).expect("a model")
}

fn say(stream: &mut impl Write, request: &str, body: &str) {
    let head = format!(
        "{request} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("sent");
}

fn hear(stream: &mut impl Read) -> Answer {
    let (mut raw, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let answer = unpack(&raw);
        if answer.complete {
            return answer;
        }
        let count = stream.read(&mut buffer).expect("an answer in time");
        if count == 0 {
            return answer;
        }
        raw.extend_from_slice(&buffer[..count]);
    }
}

fn connect(url: &str) -> TcpStream {
    let address = url.trim_start_matches("http://").trim_end_matches("/eSCL");
    let stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    stream
}

#[test]
fn over_http_pages_come_on_one_connection_and_a_cancel_on_another() {
    let scanner = scanner(Options { sheets: Some(3), reload: None, ..Options::default() });
    let server = scanner.serve_http("127.0.0.1:0").expect("it listens");
    let mut first = connect(&server.url());
    say(&mut first, "POST /eSCL/ScanJobs", &settings("Feeder", "Grayscale8", 75, JPEG, ""));
    let posted = hear(&mut first);
    let location = posted.field("Location").expect("a location").to_owned();
    assert!(location.starts_with("http://127.0.0.1/eSCL/ScanJobs/"), "{location}");
    let job = location.trim_start_matches("http://127.0.0.1").to_owned();
    say(&mut first, &format!("GET {job}/NextDocument"), "");
    assert!(hear(&mut first).body.ends_with(&[0xff, 0xd9]));
    let mut second = connect(&server.url());
    say(&mut second, &format!("DELETE {job}"), "");
    assert_eq!(hear(&mut second).status, 200);
    say(&mut first, &format!("GET {job}/NextDocument"), "");
    assert_eq!(hear(&mut first).status, 410);
}

#[test]
fn a_client_that_leaves_in_mid_page_leaves_an_idle_scanner() {
    let scanner = scanner(Options { pages_per_minute: Some(10.0), ..Options::default() });
    let server = scanner.serve_http("127.0.0.1:0").expect("it listens");
    let mut client = connect(&server.url());
    say(&mut client, "POST /eSCL/ScanJobs", &settings("Platen", "Grayscale8", 300, JPEG, ""));
    let location = hear(&mut client).field("Location").expect("a location").to_owned();
    say(&mut client, &format!("GET {location}/NextDocument"), "");
    client.read_exact(&mut [0; 2000]).expect("a beginning");
    drop(client);
    let mut next = connect(&server.url());
    for _ in 0..1000 {
        say(&mut next, "GET /eSCL/ScannerStatus", "");
        if hear(&mut next).text().contains("<pwg:State>Idle<") {
            return;
        }
    }
    panic!("the scanner is still busy");
}

#[test]
fn a_request_that_is_none_is_refused_and_the_connection_closed() {
    let scanner = scanner(Options::default());
    let server = scanner.serve_http("127.0.0.1:0").expect("it listens");
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(20_000)), 431),
        ("POST /eSCL/ScanJobs HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n".to_owned(), 413),
        ("POST /eSCL/ScanJobs HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(), 400),
    ] {
        let mut client = connect(&server.url());
        client.write_all(request.as_bytes()).expect("sent");
        assert_eq!(hear(&mut client).status, status);
        assert_eq!(client.read(&mut [0; 16]).unwrap_or(0), 0, "closed");
    }
}

/// What a kernel says over USB/IP, as far as a test needs it.
struct Client {
    stream: UnixStream,
    sequence: u32,
}

impl Client {
    fn import(scanner: &VirtualScanner) -> (Client, std::thread::JoinHandle<()>) {
        let (stream, served) = UnixStream::pair().expect("a pair");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let scanner = scanner.clone();
        let server = std::thread::spawn(move || {
            // How it ended is seen from the other side.
            let _ = serve_stream(&scanner, served);
        });
        let mut client = Client { stream, sequence: 0 };
        let mut request = vec![0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0];
        request.extend(b"1-1");
        request.resize(40, 0);
        client.stream.write_all(&request).expect("sent");
        let reply = client.read(8 + 312);
        assert_eq!(reply[..8], [0x01, 0x11, 0, 3, 0, 0, 0, 0]);
        assert_eq!(reply[8 + 300..8 + 304], [0x12, 0x09, 0x00, 0x01], "vendor and product");
        (client, server)
    }

    fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("bytes in time");
        bytes
    }

    fn command(
        &mut self,
        command: u32,
        inward: bool,
        endpoint: u32,
        second: [u32; 2],
        setup: [u8; 8],
        data: &[u8],
    ) -> u32 {
        self.sequence += 1;
        let mut message = Vec::new();
        for word in [command, self.sequence, 0x10002, u32::from(inward), endpoint, second[0], second[1], 0, 0, 0] {
            message.extend(word.to_be_bytes());
        }
        message.extend(setup);
        message.extend(data);
        self.stream.write_all(&message).expect("sent");
        self.sequence
    }

    fn control(&mut self, setup: [u8; 8]) -> (i32, Vec<u8>) {
        let length = u32::from(u16::from_le_bytes([setup[6], setup[7]]));
        let sequence = self.command(1, setup[0] & 0x80 != 0, 0, [0, length], setup, &[]);
        let (kind, of, status, data) = self.reply(true);
        assert_eq!((kind, of), (3, sequence));
        (status, data)
    }

    fn reply(&mut self, inward: bool) -> (u32, u32, i32, Vec<u8>) {
        let head = self.read(48);
        let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (kind, moved) = (word(0), word(24));
        let data = if kind == 3 && inward { self.read(moved as usize) } else { Vec::new() };
        (kind, word(4), word(20) as i32, data)
    }
}

#[test]
fn over_usbip_the_device_enumerates_and_answers() {
    let scanner = scanner(Options::default());
    let (mut client, server) = Client::import(&scanner);
    let (status, device) = client.control([0x80, 6, 0, 1, 0, 0, 18, 0]);
    assert_eq!((status, device.len(), device[8]), (0, 18, 0x09));
    let (status, configuration) = client.control([0x80, 6, 0, 2, 0, 0, 255, 0]);
    assert_eq!(status, 0);
    assert_eq!(usize::from(u16::from_le_bytes([configuration[2], configuration[3]])), configuration.len());
    assert_eq!(client.control([0x80, 6, 9, 3, 9, 4, 255, 0]).0, -32, "no such string");
    assert_eq!(client.control([0, 9, 1, 0, 0, 0, 0, 0]).0, 0, "SET_CONFIGURATION");
    assert_eq!(client.control([1, 11, 1, 0, 0, 0, 0, 0]).0, 0, "SET_INTERFACE");
    let request = b"GET /eSCL/ScannerStatus HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.command(1, false, 1, [0, request.len() as u32], [0; 8], request);
    assert_eq!(client.reply(false).2, 0);
    client.command(1, true, 1, [0, 16_384], [0; 8], &[]);
    let (_, _, status, data) = client.reply(true);
    assert_eq!(status, 0);
    assert!(String::from_utf8_lossy(&data).contains("ScannerAdfLoaded"));
    drop(client);
    server.join().expect("it ends by itself");
}

#[test]
fn over_usbip_a_silent_read_is_held_and_taken_back_by_unlink() {
    let scanner = scanner(Options::default());
    let (mut client, _server) = Client::import(&scanner);
    let read = client.command(1, true, 1, [0, 512], [0; 8], &[]);
    let unlink = client.command(2, false, 0, [read, 0], [0; 8], &[]);
    let (kind, of, status, _) = client.reply(false);
    assert_eq!((kind, of, status), (4, unlink, -104));
    let late = client.command(2, false, 0, [read, 0], [0; 8], &[]);
    assert_eq!(client.reply(false), (4, late, 0, Vec::new()), "nothing left to take back");
    assert_eq!(scanner.transfers_taken_back(), 1);
    assert!(scanner.open().is_err(), "a device that is lent is not here");
}

#[test]
fn over_usbip_a_pulled_plug_closes_and_a_new_import_puts_it_back() {
    let scanner = scanner(Options::default());
    let (mut client, server) = Client::import(&scanner);
    client.command(1, true, 1, [0, 512], [0; 8], &[]);
    scanner.unplug();
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).expect("closed by the other side");
    server.join().expect("it ends by itself");
    let (mut client, _server) = Client::import(&scanner);
    assert_eq!(client.control([0x80, 6, 0, 1, 0, 0, 18, 0]).0, 0);
}

#[test]
fn a_usbip_server_lists_its_device_and_refuses_another() {
    let scanner = scanner(Options::default());
    let server = scanner.serve_usbip("127.0.0.1:0").expect("it listens");
    let mut list = TcpStream::connect(server.address()).expect("connected");
    list.set_read_timeout(Some(LIMIT)).expect("a limit");
    list.write_all(&[0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0]).expect("sent");
    let mut answer = Vec::new();
    list.read_to_end(&mut answer).expect("an answer");
    assert_eq!(answer[..12], [0x01, 0x11, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(answer.len(), 12 + 312 + 2 * 4);
    let mut other = TcpStream::connect(server.address()).expect("connected");
    let mut request = vec![0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0];
    request.extend(b"9-9");
    request.resize(40, 0);
    other.write_all(&request).expect("sent");
    let mut refusal = [0; 8];
    other.read_exact(&mut refusal).expect("an answer");
    assert_eq!(refusal, [0x01, 0x11, 0, 3, 0, 0, 0, 1]);
}
