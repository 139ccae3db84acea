//! A network scanner that sends whatever it is told to, as the page of every job.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const FLATBED: &str = include_str!("../../documents/escl/flatbed-only.xml");
const FEEDER: &str = include_str!("../../documents/escl/plain.xml");

/// A flatbed with this page. Serves until the test's process ends; the answer is its address.
pub(crate) fn odd_scanner(kind: &'static str, page: Vec<u8>) -> String {
    served(Scanner::new(FLATBED, vec![("200 OK", kind, page)]))
}

/// A feeder that says it holds paper and answers so, without a byte, when it is asked for the first page.
pub(crate) fn feeder_without_pages(answer: &'static str) -> String {
    feeder_of(vec![(answer, "image/jpeg", Vec::new())], "")
}

/// A feeder that always says it holds paper, with these answers to the questions for a page of each job, then 404.
/// Once all of them are given its status holds this as well.
pub(crate) fn feeder_of(pages: Vec<Answer>, later: &'static str) -> String {
    let adf = "<scan:AdfState>ScannerAdfLoaded</scan:AdfState>";
    served(Scanner { adf, later, ..Scanner::new(FEEDER, pages) })
}

/// A status' list of jobs in which a person ended the job at the device.
pub(crate) const CANCELLED_AT_PANEL: &str = "<scan:Jobs><scan:JobInfo><pwg:JobUri>/eSCL/ScanJobs/1</pwg:JobUri>\
    <pwg:JobState>Canceled</pwg:JobState></scan:JobInfo></scan:Jobs>";

/// A flatbed that sends its page again and again until the connection is closed, whatever it is told.
pub(crate) fn flooding_scanner() -> String {
    let page = ("200 OK", "image/jpeg", [b"\xff\xd8\xff\xe0", &[0; 60_000][..]].concat());
    served(Scanner { endless: true, ..Scanner::new(FLATBED, vec![page]) })
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
    /// What it says besides once all answers are given.
    later: &'static str,
    /// The answers to NextDocument, in turn for each job.
    pages: Vec<Answer>,
    /// The page's body does not end.
    endless: bool,
    /// How many answers of the job have been given.
    given: AtomicUsize,
}

/// Status, media type, body.
pub(crate) type Answer = (&'static str, &'static str, Vec<u8>);

impl Scanner {
    fn new(capabilities: &'static str, pages: Vec<Answer>) -> Scanner {
        // Before a job there is no page.
        let given = AtomicUsize::new(pages.len());
        Scanner { capabilities, adf: "", later: "", pages, endless: false, given }
    }

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
              <pwg:Version>2.63</pwg:Version><pwg:State>Idle</pwg:State>{}{}
            </scan:ScannerStatus>"#,
            self.adf,
            if self.given.load(Ordering::SeqCst) >= self.pages.len() { self.later } else { "" }
        );
        let mut is_page = false;
        let (status, kind, body): (&str, &str, &[u8]) = match words[..] {
            ["GET", "/eSCL/ScannerCapabilities"] => ("200 OK", "text/xml", self.capabilities.as_bytes()),
            ["GET", "/eSCL/ScannerStatus"] => ("200 OK", "text/xml", state.as_bytes()),
            ["POST", _] => {
                self.given.store(0, Ordering::SeqCst);
                ("201 Created\r\nLocation: /eSCL/ScanJobs/1", "text/xml", b"")
            }
            ["GET", "/eSCL/ScanJobs/1/NextDocument"] => {
                let answer = self.pages.get(self.given.fetch_add(1, Ordering::SeqCst));
                is_page = answer.is_some();
                answer.map_or(("404 Not Found", "text/xml", b""), |(status, kind, body)| (status, kind, body))
            }
            ["DELETE", _] => ("200 OK", "text/xml", b""),
            _ => ("404 Not Found", "text/xml", b""),
        };
        if self.endless && is_page {
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
