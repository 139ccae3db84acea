//! Every fault, seen from the wire.

use std::time::Duration;

use lightbar::usb::{EndpointAddress, UsbError, UsbPort};
use lightbar::virtual_device::{FaultName, Options};

use super::{JPEG, bench_with_faults, frame_height};
use crate::support::device_client::{Bench, settings};

const FEEDER_IN: EndpointAddress = EndpointAddress(0x81);

#[test]
fn a_jam_breaks_the_page_off_until_a_person_has_been_there() {
    for (fault, adf_state) in
        [("jam", "ScannerAdfJam"), ("cover", "ScannerAdfHatchOpen"), ("multifeed", "ScannerAdfMultipickDetected")]
    {
        let mut bench = bench_with_faults("feeder", &format!("{fault}@page2:row400"));
        let gray = settings("Feeder", "Grayscale8", 75, JPEG, "");
        let job = bench.job(&gray);
        assert!(bench.next_page(&job).body.ends_with(&[0xff, 0xd9]));
        let broken = bench.next_page(&job);
        assert!(broken.complete && broken.body.len() > 1000 && !broken.body.ends_with(&[0xff, 0xd9]), "{fault}");
        let status = bench.status();
        assert!(status.contains(adf_state) && status.contains("Aborted") && status.contains("Stopped"), "{status}");
        assert_eq!(bench.next_page(&job).status, 404);
        assert_eq!(bench.ask(0, "POST /eSCL/ScanJobs", &gray).expect("an answer").status, 409);

        bench.scanner.fix();
        assert_eq!(bench.scanner.sheets_left(), 9, "the broken sheet is back on the stack");
        let job = bench.job(&gray);
        assert_eq!(bench.pages(&job).len(), 9);
    }
}

#[test]
fn a_jam_before_the_first_row_is_an_empty_answer() {
    let mut bench = bench_with_faults("feeder", "jam@page1");
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    let page = bench.next_page(&job);
    assert!(page.status == 200 && page.complete && page.body.is_empty());
}

#[test]
fn a_person_comes_by_when_told_to() {
    let options = Options {
        faults: "cover@page1".parse().expect("a fault"),
        fixed_after: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mut bench = Bench::new("feeder", options);
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    bench.next_page(&job);
    assert!(bench.status().contains("ScannerAdfHatchOpen"));
    bench.clock.advance(Duration::from_secs(10));
    assert!(bench.status().contains("ScannerAdfLoaded"));
}

#[test]
fn a_pulled_plug_ends_everything_and_comes_back_fresh() {
    let mut bench = bench_with_faults("feeder", "unplug@page1:row300");
    let gray = settings("Platen", "Grayscale8", 75, JPEG, "");
    let job = bench.job(&gray);
    let lost = bench.ask(0, &format!("GET {job}/NextDocument"), "");
    assert!(matches!(lost, Err(UsbError::Disconnected)), "{lost:?}");
    assert_eq!(bench.port.submit_in(FEEDER_IN, 512), Err(UsbError::Disconnected));
    assert!(matches!(bench.reopen(), Err(UsbError::Disconnected)));
    bench.scanner.replug();
    bench.reopen().expect("it is back");
    let job = bench.job(&gray);
    assert_eq!(bench.pages(&job).len(), 1);
}

#[test]
fn a_stalled_endpoint_goes_on_once_it_is_cleared() {
    let mut bench = bench_with_faults("feeder", "stall@page1:row300");
    let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    let mut raw = Vec::new();
    let error = loop {
        match bench.read(0, Duration::from_secs(60)) {
            Ok(bytes) => raw.extend(bytes),
            Err(error) => break error,
        }
    };
    assert_eq!(error, UsbError::Stall(FEEDER_IN));
    assert!(matches!(bench.read(0, Duration::from_secs(1)), Err(UsbError::Stall(_))), "halted until cleared");
    bench.port.clear_halt(FEEDER_IN).expect("cleared");
    while !crate::support::device_client::unpack(&raw).complete {
        raw.extend(bench.read(0, Duration::from_secs(60)).expect("more"));
    }
    assert!(crate::support::device_client::unpack(&raw).body.ends_with(&[0xff, 0xd9]));
}

#[test]
fn a_silent_device_holds_every_read_until_it_is_reset_whoever_comes_by() {
    let options = Options {
        faults: "silence@page1:row300".parse().expect("a fault"),
        fixed_after: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mut bench = Bench::new("feeder", options);
    let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    while bench.read(0, Duration::from_secs(30)).is_ok() {}
    bench.send(1, "GET /eSCL/ScannerStatus", "");
    assert!(matches!(bench.read(1, Duration::from_secs(3600)), Err(UsbError::TimedOut(_))));
    bench.port.reset().expect("reset");
    assert!(bench.status().contains("Idle"));
}

#[test]
fn misplaced_ends_of_reads_lose_no_byte() {
    let expected = {
        let mut bench = bench_with_faults("feeder", "");
        let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
        bench.pages(&job)
    };
    for spec in ["short-reads", "zero-length", "short-reads@transfer=5*200,zero-length@bytes=3000*50"] {
        let mut bench = bench_with_faults("feeder", spec);
        let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
        assert!(bench.pages(&job) == expected, "{spec}");
    }
}

#[test]
fn wrong_answers_come_where_they_are_asked_for() {
    let mut bench = bench_with_faults("feeder", "html@request=1,503@page2*3,truncate@page3:row200");
    assert!(bench.get("/eSCL/ScannerCapabilities").text().starts_with("<!doctype html>"));
    assert!(bench.get("/eSCL/ScannerCapabilities").text().contains("ScannerCapabilities"));
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    assert_eq!(bench.next_page(&job).status, 200);
    for _ in 0..3 {
        let busy = bench.next_page(&job);
        assert_eq!((busy.status, busy.field("Retry-After")), (503, Some("1")));
    }
    assert_eq!(bench.next_page(&job).status, 200);
    let cut = bench.next_page(&job);
    assert!(cut.complete && !cut.body.ends_with(&[0xff, 0xd9]) && frame_height(&cut.body) == 877);
    assert_eq!(bench.pages(&job).len(), 7, "the job goes on");
}

#[test]
fn an_answer_left_behind_is_read_by_whoever_asks_next() {
    let mut bench = bench_with_faults("flatbed", "");
    bench.send(0, "GET /eSCL/ScannerCapabilities", "");
    bench.send(0, "GET /eSCL/ScannerStatus", "");
    assert!(bench.hear(0).expect("an answer").text().contains("ScannerCapabilities"));
    assert!(bench.hear(0).expect("an answer").text().contains("ScannerStatus"));
}

#[test]
fn a_device_that_wedges_does_so_only_when_an_answer_is_left_behind() {
    let mut bench = bench_with_faults("flatbed", "wedge-if-not-drained");
    for _ in 0..3 {
        assert_eq!(bench.get("/eSCL/ScannerStatus").status, 200);
    }
    bench.send(0, "GET /eSCL/ScannerCapabilities", "");
    bench.port.wait(Duration::from_secs(1));
    bench.send(0, "GET /eSCL/ScannerStatus", "");
    assert!(matches!(bench.read(0, Duration::from_secs(600)), Err(UsbError::TimedOut(_))));
    bench.port.reset().expect("reset");
    assert_eq!(bench.get("/eSCL/ScannerStatus").status, 200);
}

#[test]
fn a_page_whose_size_is_not_told_is_like_any_other() {
    let mut bench = bench_with_faults("feeder", "no-image-info*1");
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    assert_eq!(bench.next_page(&job).status, 200);
    assert_eq!(bench.get(&format!("{job}/ScanImageInfo")).status, 404);
    assert_eq!(bench.get(&format!("{job}/ScanImageInfo")).status, 200);
}

#[test]
fn a_lost_page_is_counted_and_empty_and_the_next_one_comes() {
    let mut bench = bench_with_faults("feeder", "lost-page@page2");
    bench.scanner.load_sheets(3);
    let job = bench.job(&settings("Feeder", "Grayscale8", 75, JPEG, ""));
    let answers: Vec<_> = (0..4).map(|_| bench.next_page(&job)).collect();
    let seen: Vec<_> = answers.iter().map(|page| (page.status, page.body.is_empty())).collect();
    assert_eq!(seen, [(200, false), (200, true), (200, false), (404, true)]);
    assert!(bench.status().contains("ImagesCompleted>3<"), "{}", bench.status());
}

#[test]
fn a_page_without_end_ends_with_its_job() {
    let mut bench = bench_with_faults("feeder", "endless@page1:row100");
    let job = bench.job(&settings("Platen", "Grayscale8", 75, JPEG, ""));
    assert!(bench.ask(0, &format!("GET {job}/NextDocument"), "").is_err());
    assert_eq!(bench.ask(1, &format!("DELETE {job}"), "").expect("an answer").status, 200);
    while bench.read(0, Duration::from_secs(1)).is_ok() {}
    assert!(!bench.scanner.is_busy());
}

#[test]
fn any_fault_at_any_place_leaves_a_device_that_works_after_a_reset() {
    let gray = settings("Feeder", "Grayscale8", 75, JPEG, "");
    for (name, _) in FaultName::ALL {
        for place in ["page2", "page1:row100", "bytes=9000", "transfer=7", "request=3"] {
            let mut bench = bench_with_faults("feeder", &format!("{name}@{place}"));
            // Whatever comes of this job, the next one must be right.
            let posted = bench.ask(0, "POST /eSCL/ScanJobs", &gray);
            if let Some(location) = posted.ok().and_then(|answer| answer.field("Location").map(str::to_owned)) {
                let path = location[location.find("/eSCL").expect("the root")..].to_owned();
                for _ in 0..4 {
                    if bench.ask(0, &format!("GET {path}/NextDocument"), "").is_err() {
                        break;
                    }
                }
            }
            bench.scanner.replug();
            bench.scanner.fix();
            bench.reopen().expect("it opens");
            bench.port.reset().expect("reset");
            bench.scanner.load_sheets(2);
            let job = bench.job(&gray);
            assert_eq!(bench.pages(&job).len(), 2, "{name}@{place}");
        }
    }
}
