//! A network scanner that sends whatever it is told to, as the page of every job.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const FLATBED: &str = include_str!("../../documents/escl/flatbed-only.xml");
const FEEDER: &str = include_str!("../../documents/escl/plain.xml");

/// A flatbed with this page. Serves until the test's process ends; the answer is its address.
pub(crate) fn odd_scanner(kind: &'static str, page: Vec<u8>) -> String {
    let page = ("200 OK", kind, page);
    served(Scanner { capabilities: FLATBED, adf: "", page, endless: false, page_is_due: AtomicBool::new(false) })
}

/// A feeder that says it holds paper and answers so, without a byte, when it is asked for the first page.
pub(crate) fn feeder_without_pages(answer: &'static str) -> String {
    let adf = "<scan:AdfState>ScannerAdfLoaded</scan:AdfState>";
    let page = (answer, "image/jpeg", Vec::new());
    served(Scanner { capabilities: FEEDER, adf, page, endless: false, page_is_due: AtomicBool::new(false) })
}

/// A flatbed that sends its page again and again until the connection is closed, whatever it is told.
pub(crate) fn flooding_scanner() -> String {
    let page = ("200 OK", "image/jpeg", [b"\xff\xd8\xff\xe0", &[0; 60_000][..]].concat());
    served(Scanner { capabilities: FLATBED, adf: "", page, endless: true, page_is_due: AtomicBool::new(false) })
}

fn served(scanner: Scanner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let scanner = Arc::new(scanner);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let scanner = scanner.clone();
            // A client that goes away in the middle is none of ours to mind.
            std::thread::spawn(move || scanner.serve(stream));
        }
    });
    format!("http://127.0.0.1:{port}/eSCL")
}

struct Scanner {
    capabilities: &'static str,
    /// What the status says of the feeder.
    adf: &'static str,
    /// The first answer to NextDocument: status, media type, body.
    page: (&'static str, &'static str, Vec<u8>),
    /// The page's body does not end.
    endless: bool,
    page_is_due: AtomicBool,
}

impl Scanner {
    /// One request, one answer, one connection.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        reader.take(length.unwrap_or(0)).read_to_end(&mut Vec::new())?;
        let words: Vec<&str> = head.split_whitespace().take(2).collect();
        let state = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <scan:ScannerStatus xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
              <pwg:Version>2.63</pwg:Version><pwg:State>Idle</pwg:State>{}
            </scan:ScannerStatus>"#,
            self.adf
        );
        let (status, kind, body): (&str, &str, &[u8]) = match words[..] {
            ["GET", "/eSCL/ScannerCapabilities"] => ("200 OK", "text/xml", self.capabilities.as_bytes()),
            ["GET", "/eSCL/ScannerStatus"] => ("200 OK", "text/xml", state.as_bytes()),
            ["POST", _] => {
                self.page_is_due.store(true, Ordering::SeqCst);
                ("201 Created\r\nLocation: /eSCL/ScanJobs/1", "text/xml", b"")
            }
            ["GET", "/eSCL/ScanJobs/1/NextDocument"] if self.page_is_due.swap(false, Ordering::SeqCst) => {
                (self.page.0, self.page.1, &self.page.2)
            }
            ["DELETE", _] => ("200 OK", "text/xml", b""),
            _ => ("404 Not Found", "text/xml", b""),
        };
        if self.endless && std::ptr::eq(body, &*self.page.2) {
            write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n")?;
            loop {
                stream.write_all(body)?;
            }
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        stream.write_all(body)
    }
}
