//! A client of a simulated scanner that knows nothing but HTTP bytes: what a test says and hears is
//! what is on the wire.

use std::sync::Arc;
use std::time::Duration;

use lightbar::clock::ManualClock;
use lightbar::usb::{EndpointAddress, UsbError, UsbPort, Wait};
use lightbar::virtual_device::{Options, VirtualScanner, VirtualUsbPort};

/// Longer than any page of any model takes.
const ANSWER_LIMIT: Duration = Duration::from_secs(400);
const READ: usize = 16 * 1024;
/// Far more than any page has that is read here: whoever sends more does not end.
const LONGEST_ANSWER: usize = 4 << 20;

/// An answer, unpacked.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// The body came to the end its framing announces.
    pub complete: bool,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A scanner with its first interfaces claimed for HTTP.
pub struct Bench {
    pub clock: Arc<ManualClock>,
    pub scanner: VirtualScanner,
    pub port: VirtualUsbPort,
}

impl Bench {
    pub fn new(model: &str, options: Options) -> Bench {
        let clock = ManualClock::start();
        let scanner = VirtualScanner::new(model, options, clock.clone()).expect("a model");
        let port = open(&scanner).expect("it opens");
        Bench { clock, scanner, port }
    }

    /// Closes the port and opens it again, as the next program would.
    pub fn reopen(&mut self) -> Result<(), UsbError> {
        let spare = VirtualScanner::new("flatbed", Options::default(), self.clock.clone()).expect("a model");
        self.port = spare.open().expect("it opens");
        self.port = open(&self.scanner)?;
        Ok(())
    }

    pub fn send(&mut self, interface: u8, request: &str, body: &str) {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: text/xml\r\nContent-Length: {}\r\n", body.len())
        };
        let bytes = format!("{request} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}").into_bytes();
        self.port.submit_out(EndpointAddress(1 + interface), bytes).expect("queued");
    }

    /// One read, to its end or to the limit.
    pub fn read(&mut self, interface: u8, limit: Duration) -> Result<Vec<u8>, UsbError> {
        let endpoint = EndpointAddress(0x81 + interface);
        let tag = self.port.submit_in(endpoint, READ)?;
        loop {
            match self.port.wait(limit) {
                Wait::Completed(ended) if ended.tag == tag => return ended.result.map(|()| ended.data),
                Wait::Completed(ended) if ended.endpoint == endpoint || ended.result.is_ok() => {}
                Wait::Completed(ended) => ended.result?,
                Wait::Woken => {}
                Wait::TimedOut => {
                    self.port.cancel_all();
                    while !matches!(self.port.wait(Duration::ZERO), Wait::TimedOut) {}
                    return Err(UsbError::TimedOut(limit));
                }
            }
        }
    }

    /// Reads one answer to the end its framing announces; gives up when that does not come.
    pub fn hear(&mut self, interface: u8) -> Result<Answer, UsbError> {
        let mut raw = Vec::new();
        loop {
            let answer = unpack(&raw);
            if answer.complete {
                return Ok(answer);
            }
            if raw.len() > LONGEST_ANSWER {
                return Err(UsbError::TimedOut(ANSWER_LIMIT));
            }
            raw.extend(self.read(interface, ANSWER_LIMIT)?);
        }
    }

    pub fn ask(&mut self, interface: u8, request: &str, body: &str) -> Result<Answer, UsbError> {
        self.send(interface, request, body);
        self.hear(interface)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask(0, &format!("GET {path}"), "").expect("an answer")
    }

    /// Posts a job; answers its path.
    pub fn job(&mut self, settings: &str) -> String {
        let answer = self.ask(0, "POST /eSCL/ScanJobs", settings).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.head);
        let location = answer.field("Location").expect("a location");
        location[location.find("/eSCL").expect("the root")..].to_owned()
    }

    pub fn next_page(&mut self, job: &str) -> Answer {
        self.get(&format!("{job}/NextDocument"))
    }

    pub fn status(&mut self) -> String {
        self.get("/eSCL/ScannerStatus").text()
    }

    /// Every page of a job, to the 404.
    pub fn pages(&mut self, job: &str) -> Vec<Vec<u8>> {
        let mut pages = Vec::new();
        loop {
            let answer = self.next_page(job);
            match answer.status {
                200 => pages.push(answer.body),
                503 => self.clock.advance(Duration::from_secs(1)),
                404 => return pages,
                other => panic!("answered {other}"),
            }
        }
    }
}

fn open(scanner: &VirtualScanner) -> Result<VirtualUsbPort, UsbError> {
    let mut port = scanner.open()?;
    let count = port.description().interfaces.len() as u8 / 2;
    for interface in 0..count {
        port.claim(interface, 1)?;
    }
    Ok(port)
}

/// Unpacks as much of an answer as is there.
pub fn unpack(raw: &[u8]) -> Answer {
    let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") else { return Answer::default() };
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut answer = Answer { status, head, ..Answer::default() };
    let mut rest = &raw[end + 4..];
    if answer.field("Transfer-Encoding").is_none() {
        match answer.field("Content-Length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => answer.complete = rest.len() >= length,
            // Nothing says where it ends: one read is all there is.
            None => answer.complete = true,
        }
        answer.body = rest.to_vec();
        return answer;
    }
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("a chunk size");
        if size == 0 {
            answer.complete = rest.len() >= line + 4;
            return answer;
        }
        let Some(chunk) = rest.get(line + 2..line + 2 + size) else { break };
        answer.body.extend_from_slice(chunk);
        rest = rest.get(line + 4 + size..).unwrap_or_default();
    }
    answer
}

/// ScanSettings as this project's own driver would write them.
pub fn settings(source: &str, mode: &str, dpi: u32, format: &str, extra: &str) -> String {
    settings_of_size(source, mode, dpi, format, (2480, 3508), extra)
}

pub fn settings_of_size(source: &str, mode: &str, dpi: u32, format: &str, size: (u32, u32), extra: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><scan:ScanSettings \
         xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\" xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\">\
         <pwg:Version>2.0</pwg:Version><pwg:ScanRegions><pwg:ScanRegion>\
         <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>\
         <pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset><pwg:Width>{}</pwg:Width><pwg:Height>{}</pwg:Height>\
         </pwg:ScanRegion></pwg:ScanRegions><pwg:InputSource>{source}</pwg:InputSource>\
         <scan:ColorMode>{mode}</scan:ColorMode><pwg:DocumentFormat>{format}</pwg:DocumentFormat>\
         <scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>{extra}</scan:ScanSettings>",
        size.0, size.1
    )
}
