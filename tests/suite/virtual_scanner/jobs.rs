//! Jobs: what is refused, what is delivered, and when a job is over.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use lightbar::usb::{EndpointAddress, UsbError, UsbPort, Wait};
use lightbar::virtual_device::{DocumentSink, Options};

use super::{JPEG, RAW};
use crate::support::device_client::{Bench, settings, settings_of_size};

fn post(bench: &mut Bench, body: &str) -> u16 {
    bench.ask(0, "POST /eSCL/ScanJobs", body).expect("an answer").status
}

#[test]
fn what_the_capabilities_do_not_list_is_refused() {
    let mut bench = Bench::new("feeder", Options::default());
    let good = settings("Platen", "RGB24", 300, JPEG, "");
    for (from, to) in [
        ("RGB24", "RGB48"),
        ("RGB24", "BlackAndWhite1"),
        ("image/jpeg", "application/pdf"),
        (">300<", ">301<"),
        ("<pwg:Width>2480", "<pwg:Width>15"),
        ("<pwg:Width>2480", "<pwg:Width>2551"),
        ("<pwg:XOffset>0", "<pwg:XOffset>100"),
        ("<pwg:XOffset>0", "<pwg:XOffset>-1"),
        ("<pwg:Height>3508", "<pwg:Height>3509"),
        ("ThreeHundredthsOfInches", "Furlongs"),
        (">Platen<", ">Adf<"),
        ("<scan:ColorMode>", "<scan:Duplex>true</scan:Duplex><scan:ColorMode>"),
        ("<scan:ColorMode>", "<scan:CompressionFactor>101</scan:CompressionFactor><scan:ColorMode>"),
        ("<scan:ColorMode>", "<scan:Intent>Fax</scan:Intent><scan:ColorMode>"),
        ("</pwg:ScanRegions>", "<pwg:ScanRegion><pwg:Width>99</pwg:Width></pwg:ScanRegion></pwg:ScanRegions>"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert_eq!(post(&mut bench, &bad), 409, "{to}");
    }
    for malformed in ["<scan:ScanSettings>", "<html></html>", "nothing", &good[..good.len() - 9]] {
        assert_eq!(post(&mut bench, malformed), 400, "{malformed}");
    }
    assert!(!bench.scanner.is_busy());
    assert_eq!(post(&mut bench, &good), 201);
    assert_eq!(post(&mut bench, &good), 503, "one job at a time");
}

#[test]
fn what_real_clients_write_is_accepted() {
    let good = settings("Platen", "Grayscale8", 75, JPEG, "");
    for (from, to) in [
        ("pwg:InputSource", "scan:InputSource"),
        ("ThreeHundredthsOfInches", "ThreeHundredthsOfInch"),
        ("pwg:DocumentFormat", "scan:DocumentFormatExt"),
        ("<pwg:ScanRegions>", "<pwg:ScanRegions pwg:MustHonor=\"true\">"),
        ("pwg:ScanRegion", "scan:ScanRegion"),
    ] {
        let mut bench = Bench::new("feeder", Options::default());
        assert_eq!(post(&mut bench, &good.replace(from, to)), 201, "{to}");
    }
    let mut bench = Bench::new("slow", Options::default());
    let extended = good.replace("pwg:DocumentFormat", "scan:DocumentFormatExt");
    assert_eq!(post(&mut bench, &extended), 409, "a device of version 2.0 knows no DocumentFormatExt");
}

#[test]
fn duplex_pages_come_front_and_back_and_the_feeder_refills() {
    let mut bench = Bench::new("feeder", Options { sheets: Some(3), ..Options::default() });
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, "<scan:Duplex>true</scan:Duplex>"));
    let pages = bench.pages(&job);
    assert_eq!(pages.len(), 6);
    assert_ne!(pages[0], pages[1]);
    assert!(bench.status().contains("ScannerAdfEmpty"));
    assert!(bench.status().contains("JobCompletedSuccessfully"));
    bench.clock.advance(Duration::from_secs(3));
    assert!(bench.status().contains("ScannerAdfLoaded"));
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, "<scan:Duplex>true</scan:Duplex>"));
    assert!(bench.pages(&job) == pages, "the same sheets give the same bytes");
}

#[test]
fn sheets_that_look_alike_differ_in_their_number() {
    let mut bench = Bench::new("feeder", Options { sheets: Some(10), ..Options::default() });
    let job = bench.job(&settings("Feeder", "Grayscale8", 150, JPEG, ""));
    let mut pages = bench.pages(&job);
    assert_eq!(pages.len(), 10);
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 10);
}

#[test]
fn raw_rows_have_the_size_the_device_says() {
    for (model, source, mode, row) in [
        ("feeder", "Platen", "BlackAndWhite1", 78),
        ("feeder", "Platen", "Grayscale8", 620),
        ("feeder", "Platen", "RGB24", 1860),
        ("sheetfed", "Feeder", "Grayscale8", 640),
    ] {
        let mut bench = Bench::new(model, Options::default());
        let job = bench.job(&settings(source, mode, 75, RAW, ""));
        let page = bench.next_page(&job);
        assert_eq!(page.body.len(), 877 * row, "{model} {mode}");
        let info = bench.get(&format!("{job}/ScanImageInfo")).text();
        for fact in [
            "<scan:ActualWidth>620<".to_owned(),
            "<scan:ActualHeight>877<".to_owned(),
            format!("<scan:ActualBytesPerLine>{row}<"),
        ] {
            assert!(info.contains(&fact), "{info}");
        }
    }
}

#[test]
fn a_sheet_shorter_than_asked_for_ends_where_it_ends() {
    let mut bench = Bench::new("sheetfed", Options { sheets: Some(4), ..Options::default() });
    let long = settings_of_size("Feeder", "Grayscale8", 75, RAW, (2480, 9000), "");
    let job = bench.job(&long);
    let heights: Vec<usize> = bench.pages(&job).iter().map(|page| page.len() / 640).collect();
    assert_eq!(heights, [877, 877, 877, 608], "three of A4 and a receipt");
}

#[test]
fn a_deleted_job_ends_its_page_at_once_and_cleanly() {
    let mut bench = Bench::new("feeder", Options::default());
    let job = bench.job(&settings("Feeder", "Grayscale8", 300, JPEG, ""));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    let mut raw = bench.read(0, Duration::from_secs(5)).expect("a beginning");
    let deleted = bench.ask(1, &format!("DELETE {job}"), "").expect("an answer");
    assert_eq!(deleted.status, 200);
    while !crate::support::device_client::unpack(&raw).complete {
        raw.extend(bench.read(0, Duration::from_secs(1)).expect("the end comes at once"));
    }
    assert!(!crate::support::device_client::unpack(&raw).body.ends_with(&[0xff, 0xd9]));
    assert_eq!(bench.next_page(&job).status, 410);
    let status = bench.status();
    assert!(status.contains("Idle") && status.contains("JobCanceledByUser"), "{status}");
    assert_eq!(bench.ask(1, &format!("DELETE {job}"), "").expect("an answer").status, 404);
    let next = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
    assert_eq!(bench.pages(&next).len(), 1);
}

#[test]
fn some_devices_finish_the_page_of_a_deleted_job() {
    let mut bench = Bench::new("sheetfed", Options::default());
    let job = bench.job(&settings("Feeder", "Grayscale8", 300, JPEG, ""));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    bench.read(0, Duration::from_secs(5)).expect("a beginning");
    assert_eq!(bench.ask(1, &format!("DELETE {job}"), "").expect("an answer").status, 200);
    let gray = settings("Feeder", "Grayscale8", 300, JPEG, "");
    assert_eq!(bench.ask(1, "POST /eSCL/ScanJobs", &gray).expect("an answer").status, 503, "still busy");
    let mut last = Vec::new();
    while let Ok(bytes) = bench.read(0, Duration::from_secs(20)) {
        last.extend(bytes);
    }
    assert!(last.ends_with(b"\xff\xd9\r\n0\r\n\r\n"));
    assert_eq!(bench.next_page(&job).status, 410);
}

#[test]
fn a_button_on_the_panel_cancels_too() {
    let mut bench = Bench::new("feeder", Options::default());
    let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
    bench.scanner.press_cancel();
    assert_eq!(bench.next_page(&job).status, 410);
    assert!(bench.status().contains("JobCanceledAtDevice"));
}

#[test]
fn sheets_are_drawn_in_ahead_where_the_model_does_that() {
    for (model, left) in [("feeder", 9), ("sheetfed", 7)] {
        let mut bench = Bench::new(model, Options::default());
        let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
        bench.next_page(&job);
        bench.clock.advance(Duration::from_secs(60));
        assert_eq!(bench.scanner.sheets_left(), left, "{model}");
        assert_eq!(bench.pages(&job).len(), 9);
    }
}

#[test]
fn an_empty_feeder_says_so() {
    let mut bench = Bench::new("feeder", Options { sheets: Some(0), reload: None, ..Options::default() });
    assert!(bench.status().contains("ScannerAdfEmpty"));
    assert_eq!(post(&mut bench, &settings("Feeder", "RGB24", 75, JPEG, "")), 409);
    let mut bench = Bench::new("sheetfed", Options { sheets: Some(0), reload: None, ..Options::default() });
    let job = bench.job(&settings("Feeder", "RGB24", 75, JPEG, ""));
    assert!(bench.pages(&job).is_empty());
    assert!(bench.status().contains("Aborted"));
}

#[test]
fn a_job_nobody_asks_for_is_given_up() {
    let mut bench = Bench::new("feeder", Options::default());
    bench.job(&settings("Platen", "RGB24", 75, JPEG, ""));
    bench.clock.advance(Duration::from_secs(179));
    assert!(bench.scanner.is_busy());
    bench.clock.advance(Duration::from_secs(1));
    assert!(!bench.scanner.is_busy());
}

#[test]
fn the_old_flatbed_has_its_habits() {
    let mut bench = Bench::new("slow", Options::default());
    let capabilities = bench.get("/eSCL/ScannerCapabilities");
    assert_eq!(capabilities.field("Transfer-Encoding"), Some("chunked"));
    assert!(capabilities.text().starts_with("<!--") && capabilities.text().contains("<pwg:MakeAndModel>xxxx<"));
    let posted = bench.ask(0, "POST /eSCL/ScanJobs", &settings("Platen", "RGB24", 75, JPEG, "")).expect("an answer");
    let location = posted.field("Location").expect("a location").to_owned();
    assert!(location.starts_with("http://BR54"), "{location}");
    let job = location[location.find("/eSCL").expect("the root")..].to_owned();
    for _ in 0..2 {
        let busy = bench.next_page(&job);
        assert_eq!((busy.status, busy.field("Content-Length")), (503, None));
        assert_eq!(bench.read(0, Duration::from_secs(1)), Ok(Vec::new()), "an empty packet, then silence");
        assert!(matches!(bench.read(0, Duration::from_secs(1)), Err(UsbError::TimedOut(_))));
    }
    assert!(bench.status().contains("Testing"));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    assert_eq!(bench.read(0, Duration::from_secs(1)), Ok(Vec::new()), "empty packets while it warms up");
    assert!(bench.hear(0).expect("the page").body.ends_with(&[0xff, 0xd9]));
}

#[test]
fn an_answer_that_fills_its_packets_is_followed_by_an_empty_one() {
    // The length of the host decides the length of the answer, which repeats it in Location.
    let answer_to = |host: &str| {
        let mut bench = Bench::new("feeder", Options::default());
        let body = settings("Platen", "RGB24", 75, JPEG, "");
        let head = format!("POST /eSCL/ScanJobs HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\n");
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        bench.port.submit_out(EndpointAddress(1), request.into_bytes()).expect("queued");
        let mut reads = Vec::new();
        let endpoint = EndpointAddress(0x81);
        loop {
            bench.port.submit_in(endpoint, 512).expect("armed");
            match bench.port.wait(Duration::from_secs(1)) {
                Wait::Completed(ended) if ended.endpoint == endpoint => reads.push(ended.data.len()),
                Wait::Completed(_) => {}
                Wait::Woken | Wait::TimedOut => return reads,
            }
        }
    };
    let short: usize = answer_to("h").iter().sum();
    assert_eq!(answer_to("h"), [short]);
    assert_eq!(answer_to(&"h".repeat(513 - short)), [512, 0]);
    assert_eq!(answer_to(&"h".repeat(514 - short)), [512, 1]);
}

/// Counts what passes.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<(u64, u64, u64)>>);

impl DocumentSink for Counter {
    fn bytes(&mut self, document: u64, bytes: &[u8]) {
        let mut counted = self.0.lock().expect("not poisoned");
        counted.0 = document;
        counted.1 += bytes.len() as u64;
    }

    fn end(&mut self, _document: u64, complete: bool) {
        self.0.lock().expect("not poisoned").2 += u64::from(complete);
    }
}

#[test]
fn what_is_sent_can_be_kept_by_another() {
    let counter = Counter::default();
    let options = Options { sheets: Some(4), sink: Some(Box::new(counter.clone())), ..Options::default() };
    let mut bench = Bench::new("feeder", options);
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    let total: usize = bench.pages(&job).iter().map(Vec::len).sum();
    assert_eq!(*counter.0.lock().expect("not poisoned"), (4, total as u64, 4));
}

#[test]
fn a_long_job_is_as_light_as_a_short_one() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
    };
    let options = Options { sheets: Some(1000), pages_per_minute: Some(0.0), ..Options::default() };
    let mut bench = Bench::new("feeder", options);
    let job = bench.job(&settings("Feeder", "Grayscale8", 100, JPEG, ""));
    let mut after_hundred = 0;
    for page in 0..1000 {
        assert_eq!(bench.next_page(&job).status, 200);
        if page == 100 {
            after_hundred = resident();
        }
    }
    assert_eq!(bench.next_page(&job).status, 404);
    // Other tests run beside this one: a thousand kept pages would be a hundred megabytes more.
    assert!(resident() < after_hundred + 60_000_000, "{} after {after_hundred}", resident());
}
