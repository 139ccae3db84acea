//! A device behind a scripted USB port that answers by what a request line contains, and the eSCL
//! driver on it. Time is a manual clock's.

use std::path::Path;
use std::sync::{Arc, Mutex};

use lightbar::clock::ManualClock;
use lightbar::drivers::escl::{EsclDriver, EsclOptions, PortFactory};
use lightbar::minidriver::{AcquireError, ColorMode, Condition, DriverError, ScanJob, Source};
use lightbar::usb::UsbError;

use super::escl_bench::{Delivered, Person, acquire, job};
use super::scripted_port::{Responder, ScriptedPort, Seen, Step};

/// A small page of 64 by 64 pixels, whole as far as its markers go.
pub(crate) const JPEG: &[u8] =
    b"\xff\xd8\xff\xc0\0\x0b\x08\0\x40\0\x40\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0abc\xff\xd9";

pub(crate) fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/escl").join(name);
    std::fs::read_to_string(path).expect("an own document")
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Step> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    vec![Step::Data([head.as_bytes(), body].concat())]
}

pub(crate) fn empty(status: &str) -> Vec<Step> {
    answer(status, "", b"")
}

pub(crate) fn created() -> Vec<Step> {
    answer("201 Created", "location: http://nobody.invalid/eSCL/ScanJobs/7\r\n", b"")
}

pub(crate) fn page(bytes: &[u8]) -> Vec<Step> {
    answer("200 OK", "Content-Type: image/jpeg\r\n", bytes)
}

pub(crate) fn status(state: &str, adf: &str, job: &str, reason: &str) -> Vec<Step> {
    let adf = if adf.is_empty() { String::new() } else { format!("<AdfState>ScannerAdf{adf}</AdfState>") };
    let job = if job.is_empty() {
        String::new()
    } else {
        format!(
            "<Jobs><JobInfo><JobUri>/eSCL/ScanJobs/7</JobUri><JobState>{job}</JobState>\
             <JobStateReasons><JobStateReason>{reason}</JobStateReason></JobStateReasons></JobInfo></Jobs>"
        )
    };
    let xml = format!("<ScannerStatus><State>{state}</State>{adf}{job}</ScannerStatus>");
    answer("200 OK", "Content-Type: text/xml\r\n", xml.as_bytes())
}

/// A scripted device and the driver on it.
pub(crate) struct Played {
    pub(crate) driver: EsclDriver,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

/// What a request line contains, and what it is answered: each entry's answers are given in turn, the
/// last one for ever.
pub(crate) type Script = Vec<(&'static str, Vec<Vec<Step>>)>;

struct Play(Script);

impl Play {
    fn respond(&mut self, request: &str) -> Vec<Step> {
        let line = request.lines().next().unwrap_or_default();
        let Some((_, answers)) = self.0.iter_mut().find(|(part, _)| line.contains(part)) else {
            return empty("404 Not Found");
        };
        if answers.len() > 1 { answers.remove(0) } else { answers.first().cloned().unwrap_or_default() }
    }
}

pub(crate) fn open(lanes: usize, capabilities: &str, play: Script) -> Result<Played, DriverError> {
    let mut play = Play(play);
    if !play.0.iter().any(|(part, _)| *part == "ScannerCapabilities") {
        let body = document(capabilities);
        play.0.push(("ScannerCapabilities", vec![answer("200 OK", "Content-Type: text/xml\r\n", body.as_bytes())]));
    }
    if !play.0.iter().any(|(part, _)| *part == "ScannerStatus") {
        play.0.push(("ScannerStatus", vec![status("Idle", "", "", "")]));
    }
    play.0.push(("DELETE", vec![empty("200 OK")]));
    let clock = ManualClock::start();
    let responder: Responder = Arc::new(Mutex::new(move |_lane: usize, request: &str| play.respond(request)));
    let (port, seen) = ScriptedPort::answered_by(&clock, lanes, responder);
    let mut port = Some(port);
    let ports: PortFactory = Box::new(move || match port.take() {
        Some(port) => Ok(Box::new(port)),
        None => Err(UsbError::Disconnected),
    });
    let driver = EsclDriver::open_usb(ports, clock.clone(), &EsclOptions::default())?;
    Ok(Played { driver, clock, seen })
}

impl Played {
    pub(crate) fn scan(&mut self, job: &ScanJob, person: Person) -> Delivered {
        acquire(&mut self.driver, &*self.clock, job, person)
    }

    /// Method and path of every request, capabilities and status left out.
    pub(crate) fn requests(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        let line = |(_, request): &(usize, String)| {
            let line = request.lines().next().unwrap_or_default();
            line.trim_end_matches(" HTTP/1.1").to_owned()
        };
        seen.requests.iter().map(line).filter(|line| !line.contains("/Scanner")).collect()
    }

    pub(crate) fn posts(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        let posts = seen.requests.iter().filter(|(_, request)| request.starts_with("POST"));
        posts.map(|(_, request)| request.clone()).collect()
    }
}

pub(crate) fn failed(delivered: &Delivered) -> Option<Condition> {
    match &delivered.result {
        Err(AcquireError::Device(failure)) => Some(failure.condition),
        _ => None,
    }
}

pub(crate) fn flatbed() -> ScanJob {
    job(Source::Flatbed, ColorMode::Color, 300)
}

pub(crate) fn feeder() -> ScanJob {
    job(Source::Feeder, ColorMode::Gray, 300)
}
