//! A network scanner with a flatbed that sends whatever it is told to, as the page of every job.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CAPABILITIES: &str = include_str!("../../documents/escl/flatbed-only.xml");
const STATUS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerStatus xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
  <pwg:Version>2.63</pwg:Version><pwg:State>Idle</pwg:State>
</scan:ScannerStatus>"#;

/// Serves until the test's process ends; the answer is its address.
pub(crate) fn odd_scanner(kind: &'static str, page: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let scanner = Arc::new(Scanner { kind, page, page_is_due: AtomicBool::new(false) });
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
    kind: &'static str,
    page: Vec<u8>,
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
        let (status, kind, body): (&str, &str, &[u8]) = match words[..] {
            ["GET", "/eSCL/ScannerCapabilities"] => ("200 OK", "text/xml", CAPABILITIES.as_bytes()),
            ["GET", "/eSCL/ScannerStatus"] => ("200 OK", "text/xml", STATUS.as_bytes()),
            ["POST", _] => {
                self.page_is_due.store(true, Ordering::SeqCst);
                ("201 Created\r\nLocation: /eSCL/ScanJobs/1", "text/xml", b"")
            }
            ["GET", "/eSCL/ScanJobs/1/NextDocument"] if self.page_is_due.swap(false, Ordering::SeqCst) => {
                ("200 OK", self.kind, &self.page)
            }
            ["DELETE", _] => ("200 OK", "text/xml", b""),
            _ => ("404 Not Found", "text/xml", b""),
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        stream.write_all(body)
    }
}
