//! Single oddities of real devices, each played by a small script behind a USB port.

use std::path::Path;
use std::time::Duration;

use lightbar::clock::Clock;
use lightbar::minidriver::{
    AcquireEnd, AcquireError, ColorMode, Condition, DriverError, MiniDriver, PageFormat, PageLimit, PnpEvent, ScanJob,
    Settled, Unusable,
};
use lightbar::raster::{PixelFormat, RowLayout};
use lightbar::units::{Area, Dpi, Length};

use crate::support::escl_bench::Person;
use crate::support::pictures::{JpegKind, jpeg_of};
use crate::support::played_device::{
    JPEG, Script, answer, created, document, empty, failed, feeder, flatbed, open, page, status,
};
use crate::support::scripted_port::{Button, Step};

#[test]
fn the_location_gives_a_path_and_its_host_is_nobodys() {
    let play = vec![("POST", vec![created()]), ("NextDocument", vec![page(JPEG)])];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let done = played.scan(&flatbed(), Person::default());
    assert_eq!((done.result, done.pages), (Ok(AcquireEnd::Completed), vec![JPEG.to_vec()]));
    assert_eq!(played.requests(), ["POST /eSCL/ScanJobs", "GET /eSCL/ScanJobs/7/NextDocument"]);
    let post = &played.posts()[0];
    assert!(post.contains("Host: localhost\r\n") && !post.contains("Duplex"), "{post}");
    assert!(post.contains("<scan:Intent>Document</scan:Intent>") && post.contains("DocumentFormatExt"), "{post}");
}

#[test]
fn settings_hold_only_what_the_capabilities_list() {
    let play = || vec![("POST", vec![empty("409 Conflict")])];
    for (document, holds, lacks) in [
        ("formats-without-ext.xml", "DocumentFormat>image/jpeg", "DocumentFormatExt"),
        ("plain.xml", "pwg:InputSource>Platen", "CompressionFactor"),
        ("supports-without-normal-and-negative.xml", "<scan:CompressionFactor>0<", "Brightness"),
    ] {
        let mut played = open(1, document, play()).expect("it opens");
        played.scan(&flatbed(), Person::default());
        let post = &played.posts()[0];
        assert!(post.contains(holds) && !post.contains(lacks), "{document}: {post}");
    }
}

#[test]
fn a_wordless_refusal_is_answered_with_the_variants_in_order() {
    let refused = || empty("409 Conflict");
    let play = vec![("POST", vec![refused(), refused(), refused(), created()]), ("NextDocument", vec![page(JPEG)])];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    assert_eq!(played.scan(&flatbed(), Person::default()).result, Ok(AcquireEnd::Completed));
    let posts = played.posts();
    assert!(posts[0].contains("pwg:ScanRegions") && !posts[1].contains("ScanRegion"));
    assert!(posts[2].contains("scan:ScanRegions") && posts[2].contains("pwg:ScanRegion>"));
    assert!(posts[3].contains("pwg:ScanRegions") && !posts[3].contains("Intent"));
    // What it took last is what it gets first.
    assert_eq!(played.scan(&flatbed(), Person::default()).result, Ok(AcquireEnd::Completed));
    assert_eq!(played.posts().len(), 5);
    let mut played = open(2, "plain.xml", vec![("POST", vec![refused()])]).expect("it opens");
    assert_eq!(failed(&played.scan(&flatbed(), Person::default())), Some(Condition::Refused));
    assert_eq!(played.posts().len(), 4, "and no loop");
}

#[test]
fn a_page_without_its_region_is_told_as_the_whole_surface() {
    let play = vec![("POST", vec![empty("409 Conflict"), created()]), ("NextDocument", vec![page(JPEG)])];
    let mut played = open(1, "plain.xml", play).expect("it opens");
    let small = ScanJob { areas: vec![Area::of_size(Length::from_mm(50), Length::from_mm(50))], ..flatbed() };
    let done = played.scan(&small, Person::default());
    assert_eq!(done.infos[0].area.width, Length::from_three_hundredths(2550));
}

#[test]
fn busy_and_warming_up_are_waited_for() {
    let busy = || answer("503 Service Unavailable", "Retry-After: 2\r\n", b"");
    let play = vec![
        ("POST", vec![busy(), busy(), created()]),
        ("NextDocument", vec![busy(), busy(), page(JPEG)]),
        ("ScannerStatus", vec![status("Testing", "", "", "")]),
    ];
    let mut played = open(1, "plain.xml", play).expect("it opens");
    let done = played.scan(&flatbed(), Person::default());
    assert_eq!(done.result, Ok(AcquireEnd::Completed));
    assert!(done.device_statuses().contains(&Condition::WarmingUp));
    assert!(played.clock.now().elapsed() >= Duration::from_secs(8));
    let play = vec![("POST", vec![busy()]), ("ScannerStatus", vec![status("Processing", "", "", "")])];
    let mut played = open(1, "plain.xml", play).expect("it opens");
    assert_eq!(failed(&played.scan(&flatbed(), Person::default())), Some(Condition::Busy));
    assert_eq!(played.posts().len(), 11);
}

#[test]
fn a_404_in_the_middle_of_the_stack_is_asked_again() {
    let gone = || empty("404 Not Found");
    let play = vec![
        ("POST", vec![created()]),
        ("NextDocument", vec![page(JPEG), gone(), gone(), page(JPEG), gone()]),
        (
            "ScannerStatus",
            vec![
                status("Idle", "Loaded", "", ""),
                status("Idle", "Loaded", "", ""),
                status("Processing", "Empty", "Processing", "JobScanning"),
                status("Processing", "Empty", "Processing", "JobScanning"),
                status("Idle", "Empty", "Completed", "JobCompletedSuccessfully"),
            ],
        ),
    ];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let done = played.scan(&feeder(), Person::default());
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2));
    assert_eq!(played.requests().last().map(String::as_str), Some("DELETE /eSCL/ScanJobs/7"), "and it is released");
}

#[test]
fn a_device_that_ends_its_job_after_each_sheet_gets_the_next_job() {
    let over = || empty("404 Not Found");
    let play = vec![
        ("POST", vec![created()]),
        ("NextDocument", vec![page(JPEG), over(), page(JPEG), over()]),
        (
            "ScannerStatus",
            vec![
                status("Idle", "Loaded", "", ""),
                status("Idle", "Loaded", "Completed", ""),
                status("Idle", "Empty", "Completed", ""),
            ],
        ),
    ];
    let mut played = open(1, "feeder-finds-bottom.xml", play).expect("it opens");
    let done = played.scan(&feeder(), Person::default());
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2));
    assert_eq!(played.posts().len(), 2);
    // The sheet lies at the right: (2550 - 2480) from the left.
    assert!(played.posts()[0].contains("<pwg:XOffset>70</pwg:XOffset>"), "{}", played.posts()[0]);
    assert_eq!(done.infos[0].expected_rows, None, "the sheet's end decides");
}

#[test]
fn the_end_of_a_job_has_many_words() {
    for (name, last, state, expected) in [
        ("cancelled at the panel", empty("410 Gone"), status("Idle", "", "Canceled", "JobCanceledAtDevice"), None),
        ("jam", empty("404 Not Found"), status("Stopped", "Jam", "Aborted", ""), Some(Condition::PaperJam)),
        ("cover", page(b""), status("Idle", "HatchOpen", "Aborted", ""), Some(Condition::CoverOpen)),
        ("aborted", empty("404 Not Found"), status("Idle", "", "Aborted", "AbortedBySystem"), Some(Condition::General)),
        ("a PDF", page(b"%PDF-1.4 nothing we asked for"), status("Idle", "", "", ""), Some(Condition::NotAPicture)),
        ("a text", page(b"<html>please log in</html>"), status("Idle", "", "", ""), Some(Condition::NotAPicture)),
        ("cut", page(&JPEG[..JPEG.len() - 2]), status("Idle", "", "Completed", ""), Some(Condition::TruncatedPage)),
        ("protected", empty("403 Forbidden"), status("Idle", "", "", ""), Some(Condition::NotPermitted)),
        ("crash", empty("500 Oops"), status("Idle", "", "", ""), Some(Condition::General)),
    ] {
        let play = vec![
            ("POST", vec![created()]),
            ("NextDocument", vec![last]),
            ("ScannerStatus", vec![status("Idle", "", "", ""), state]),
        ];
        let mut played = open(1, "plain.xml", play).expect("it opens");
        let done = played.scan(&flatbed(), Person::default());
        match expected {
            None => assert_eq!(done.result, Ok(AcquireEnd::CancelledAtDevice), "{name}"),
            Some(_) => assert_eq!(failed(&done), expected, "{name}: {:?}", done.result),
        }
    }
}

/// The method stays, and the settings go along (eSCL reference, 3).
#[test]
fn a_job_and_its_pages_may_be_elsewhere() {
    let moved = |code: &str, to: &str| answer(code, &format!("Location: {to}\r\n"), b"");
    let play = vec![
        ("POST /eSCL/ScanJobs ", vec![moved("307 Temporary Redirect", "/scan/jobs")]),
        ("POST /scan/jobs ", vec![created(), created()]),
        ("GET /eSCL/ScanJobs/7/NextDocument", vec![moved("302 Found", "/pages/1"), empty("404 Not Found")]),
        ("GET /pages/1", vec![moved("307 Temporary Redirect", "2")]),
        ("GET /pages/2", vec![page(JPEG)]),
        ("ScannerStatus", vec![status("Idle", "Loaded", "", "")]),
    ];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let done = played.scan(&feeder(), Person::default());
    assert_eq!((done.result, done.pages), (Ok(AcquireEnd::Completed), vec![JPEG.to_vec()]));
    let posts = played.posts();
    assert_eq!(posts.len(), 2);
    assert!(posts.iter().all(|post| post.contains("<scan:ScanSettings")), "{posts:?}");

    let circle = (0..20).map(|turn| moved("308 Permanent Redirect", if turn % 2 == 0 { "/a" } else { "/b" })).collect();
    let mut played = open(2, "plain.xml", vec![("POST", circle)]).expect("it opens");
    assert_eq!(failed(&played.scan(&flatbed(), Person::default())), Some(Condition::Communication));
    assert!(played.posts().len() < 9, "{}", played.posts().len());
}

/// A person can only act on what really came.
#[test]
fn what_came_instead_of_a_job_is_said() {
    for (answered, condition, words) in [
        (
            answer("200 OK", "Content-Type: text/html\r\n", b"<html>log in"),
            Condition::Communication,
            "“<html>log in” instead",
        ),
        (empty("201 Created"), Condition::Communication, "no address of a job"),
        (empty("500 Oops"), Condition::DeviceError, "HTTP 500"),
    ] {
        let mut played = open(2, "plain.xml", vec![("POST", vec![answered])]).expect("it opens");
        let done = played.scan(&flatbed(), Person::default());
        let Err(AcquireError::Device(failure)) = &done.result else { panic!("{:?}", done.result) };
        assert_eq!(failure.condition, condition, "{failure}");
        assert!(failure.detail.contains(words), "{failure}");
    }
}

/// The sheet has gone through, so what came instead of its picture is kept.
#[test]
fn a_page_that_is_no_picture_is_kept_as_it_came_and_named() {
    for (bytes, label, words) in [
        (&b"%PDF-1.4 nothing we asked for"[..], "image/jpeg", "a PDF"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "image/jpeg", "“SSH-2.0-OpenSSH_”"),
        (b"<html>please log in</html>", "text/html", "“<html>please log”"),
        (b"\x01\x02\x1b", "image/png", "01 02 1b"),
    ] {
        let odd = answer("200 OK", &format!("Content-Type: {label}\r\n"), bytes);
        let play = vec![
            ("POST", vec![created()]),
            ("NextDocument", vec![page(JPEG), odd, page(JPEG)]),
            ("ScannerStatus", vec![status("Idle", "Loaded", "", "")]),
        ];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let done = played.scan(&feeder(), Person::default());
        assert_eq!(failed(&done), Some(Condition::NotAPicture), "{words}: {:?}", done.result);
        assert_eq!(done.pages, [JPEG, bytes], "{words}");
        assert_eq!(done.infos[1].format, PageFormat::Unknown, "{words}");
        let Err(AcquireError::Device(failure)) = &done.result else { panic!("{:?}", done.result) };
        assert!(failure.detail.contains(words), "{failure}");
    }
}

/// 404 is the regular end of a job; nothing else is, while the feeder says that it holds paper.
#[test]
fn a_job_that_ends_with_paper_left_is_told_unless_it_ends_as_jobs_do() {
    for (last, adf, expected) in [
        (empty("204 No Content"), "Loaded", Some(Condition::PaperLeft)),
        (empty("409 Conflict"), "Loaded", Some(Condition::PaperLeft)),
        (empty("410 Gone"), "Loaded", Some(Condition::PaperLeft)),
        (page(b""), "Loaded", Some(Condition::PaperLeft)),
        (empty("404 Not Found"), "Loaded", None),
        (empty("204 No Content"), "Empty", None),
        (empty("409 Conflict"), "Empty", None),
        (empty("410 Gone"), "Empty", None),
    ] {
        let play = vec![
            ("POST", vec![created()]),
            ("NextDocument", vec![page(JPEG), last.clone()]),
            (
                "ScannerStatus",
                vec![status("Idle", "Loaded", "", ""), status("Idle", "Loaded", "", ""), status("Idle", adf, "", "")],
            ),
        ];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let done = played.scan(&feeder(), Person::default());
        assert_eq!(failed(&done), expected, "{last:?} {adf}: {:?}", done.result);
        assert_eq!(done.pages, [JPEG], "{last:?} {adf}");
        assert!(expected.is_some() || done.result == Ok(AcquireEnd::Completed), "{last:?} {adf}: {:?}", done.result);
    }
}

/// A page of which all came is not told as one of which a part is missing.
#[test]
fn pages_that_came_whole_and_are_wrong_are_not_said_to_be_broken_off() {
    // White blocks are a few bits each; what stands in their place are codes that no encoder writes, and
    // few blocks of many bits.
    let whole = jpeg_of(JpegKind::GRAY, 600, &[200; 600 * 800]);
    let middle = whole.len() / 2;
    let mut damaged = whole.clone();
    damaged[middle..middle + 400].fill(0x55);
    damaged[middle..middle + 16].copy_from_slice(&[0xff, 0].repeat(8));
    let mut rest = vec![0; 40];
    rest.extend([9; 30]);
    for (name, bytes, expected) in [
        ("damaged in the middle", damaged, Some(Condition::DamagedPage)),
        ("cut and closed", [&whole[..middle], b"\xff\xd9"].concat(), Some(Condition::TruncatedPage)),
        ("two of them", [&whole[..], &whole].concat(), Some(Condition::SeveralPictures)),
        ("two with zeros between", [&whole[..], &[0; 3], &whole].concat(), Some(Condition::SeveralPictures)),
        ("with something behind it", [&whole[..], &rest].concat(), None),
    ] {
        let play = vec![("POST", vec![created()]), ("NextDocument", vec![page(&bytes), empty("404 Not Found")])];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let done = played.scan(&flatbed(), Person::default());
        assert_eq!(failed(&done), expected, "{name}: {:?}", done.result);
        assert!(done.pages == [bytes], "{name}: every byte is kept");
    }
}

/// Not *no paper*: a person who is told that looks into a feeder full of it.
#[test]
fn a_device_that_sends_no_page_is_told_as_such() {
    let no_body = || page(b"");
    let loaded = || status("Idle", "Loaded", "", "");
    let at_work = || status("Processing", "Processing", "Processing", "JobScanning");
    let without_job = || status("Processing", "Loaded", "", "");
    let empty_feeder = || status("Idle", "Empty", "Completed", "");
    for (name, pages, later, expected) in [
        ("empty bodies", vec![no_body(), no_body(), no_body(), empty("404 Not Found")], loaded(), Condition::NoPages),
        ("only empty bodies", vec![no_body()], at_work(), Condition::NoPages),
        ("404 at once", vec![empty("404 Not Found")], loaded(), Condition::NoPages),
        ("404 at work", vec![empty("404 Not Found")], at_work(), Condition::NoPages),
        ("gone", vec![empty("410 Gone")], loaded(), Condition::General),
        ("gone at work", vec![empty("410 Gone")], without_job(), Condition::General),
        ("gone for want of paper", vec![empty("410 Gone")], empty_feeder(), Condition::PaperEmpty),
        ("404 for want of paper", vec![empty("404 Not Found")], empty_feeder(), Condition::PaperEmpty),
    ] {
        let play = vec![
            ("POST", vec![created()]),
            ("NextDocument", pages),
            // Before the job, on each lane, and then whenever something has to be explained.
            ("ScannerStatus", vec![loaded(), loaded(), later]),
        ];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let done = played.scan(&feeder(), Person::default());
        assert_eq!(failed(&done), Some(expected), "{name}: {:?}", done.result);
        assert!(played.clock.now().elapsed() < Duration::from_secs(10), "{name}: {:?}", played.clock.now());
        assert!(done.infos.is_empty(), "{name}");
    }
}

#[test]
fn an_enterprise_device_is_asked_as_localhost() {
    let body = document("plain.xml");
    let play = vec![
        (
            "ScannerCapabilities",
            vec![answer("200 OK", "Server: HP_Compact_Server\r\nContent-Type: text/xml\r\n", body.as_bytes())],
        ),
        ("POST", vec![created()]),
        ("NextDocument", vec![page(JPEG)]),
    ];
    let played = open(1, "plain.xml", play).expect("it opens");
    assert!(played.driver.quirks().host_localhost);
}

#[test]
fn what_is_no_scanner_is_refused_with_its_reason() {
    let refusal = |answer: Vec<Step>| match open(1, "plain.xml", vec![("ScannerCapabilities", vec![answer])]) {
        Err(DriverError::Unusable(reason)) => Some(reason),
        Err(other) => panic!("{other:?}"),
        Ok(_) => None,
    };
    assert_eq!(refusal(empty("404 Not Found")), Some(Unusable::NoScanner));
    let page = document("refused-web-page.html");
    assert_eq!(refusal(answer("200 OK", "Content-Type: text/html\r\n", page.as_bytes())), Some(Unusable::WebPage));
    assert_eq!(
        refusal(answer("200 OK", "", b"{}")),
        Some(Unusable::Unreadable("what is no whole XML and begins with “{}”".to_owned()))
    );
    let page = vec![Step::Data(b"<html>no HTTP at all</html>".to_vec())];
    assert_eq!(refusal(page), Some(Unusable::WebPage));
}

#[test]
fn a_stream_out_of_step_is_reset_once_when_it_is_opened() {
    let body = document("plain.xml");
    let good = || answer("200 OK", "Content-Type: text/xml\r\n", body.as_bytes());
    for first in [vec![Step::Data(b"rest of an old page \xff\xd9".to_vec())], vec![]] {
        let play = vec![("ScannerCapabilities", vec![first, good()])];
        let played = open(1, "plain.xml", play).expect("it opens");
        assert_eq!(played.seen.lock().expect("no panic").resets, 1);
    }
    let silent = open(1, "plain.xml", vec![("ScannerCapabilities", vec![vec![]])]);
    assert!(matches!(silent, Err(DriverError::Device(failure)) if failure.condition == Condition::NotAnswering));
    let booting = || empty("503 Service Unavailable");
    let play = vec![("ScannerCapabilities", vec![booting(), booting(), good()])];
    let played = open(1, "plain.xml", play).expect("it opens");
    assert_eq!(played.seen.lock().expect("no panic").resets, 0, "a device that is starting is not reset");
}

#[test]
fn a_cancel_before_the_job_has_a_name_deletes_the_job_that_comes() {
    let late = [vec![Step::Rest(Duration::from_secs(3))], created()].concat();
    let play = vec![("POST", vec![late])];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let person = Person { cancel_after_messages: Some(2), ..Person::default() };
    let done = played.scan(&flatbed(), person);
    assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
    assert_eq!(played.requests(), ["POST /eSCL/ScanJobs"], "no further request inside the transfer");
    assert_eq!(played.driver.settle(), Settled::Ready);
    assert_eq!(played.requests(), ["POST /eSCL/ScanJobs", "DELETE /eSCL/ScanJobs/7"]);
}

#[test]
fn cancel_deletes_on_the_second_lane_while_the_first_is_drained() {
    for (lanes, order) in [(2, ["NextDocument", "DELETE"]), (1, ["NextDocument", "DELETE"])] {
        let mut slow = vec![Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n\xff\xd8\xff\xe0".to_vec())];
        slow.push(Step::Data(vec![0; 1996]));
        slow.push(Step::Rest(Duration::from_millis(1500)));
        slow.push(Step::Data(vec![0; 2000]));
        let play = vec![("POST", vec![created()]), ("NextDocument", vec![slow])];
        let mut played = open(lanes, "plain.xml", play).expect("it opens");
        let done = played.scan(&flatbed(), Person::cancels_at(1, 1000));
        assert_eq!(done.result, Ok(AcquireEnd::Cancelled));
        let (cancelled_at, before) = (played.clock.now(), played.requests().len());
        assert!(!played.requests().iter().any(|line| line.starts_with("DELETE")));
        assert_eq!(played.driver.settle(), Settled::Ready, "{lanes}");
        assert!(played.clock.now().since(cancelled_at) < Duration::from_secs(3));
        let requests = played.requests();
        assert!(requests[before - 1].contains(order[0]) && requests[before].starts_with(order[1]), "{requests:?}");
        let seen = played.seen.lock().expect("no panic");
        let lane_of_delete =
            seen.requests.iter().find(|(_, request)| request.starts_with("DELETE")).map(|(lane, _)| *lane);
        assert_eq!(lane_of_delete, Some(lanes - 1));
        assert_eq!(seen.resets, 0);
    }
}

#[test]
fn a_device_silent_before_the_cancel_and_after_it_is_reset_at_once() {
    let play = vec![
        ("POST", vec![created()]),
        ("NextDocument", vec![vec![]]),
        ("DELETE", vec![vec![], empty("404 Not Found")]),
    ];
    let mut played = open(2, "plain.xml", play).expect("it opens");
    let person = Person { cancel_after_messages: Some(12), ..Person::default() };
    assert_eq!(played.scan(&flatbed(), person).result, Ok(AcquireEnd::Cancelled));
    let cancelled_at = played.clock.now();
    assert_eq!(played.driver.settle(), Settled::Reset);
    // 300 ms for the DELETE and 2 s of rest after the reset.
    assert!(played.clock.now().since(cancelled_at) < Duration::from_secs(3));
    assert_eq!(played.seen.lock().expect("no panic").resets, 1);
}

#[test]
fn a_number_of_pages_ends_the_job_with_a_delete() {
    let play = vec![("POST", vec![created()]), ("NextDocument", vec![page(JPEG)])];
    let mut played = open(2, "feeder-only.xml", play).expect("it opens");
    let two = ScanJob { pages: PageLimit::from_pages(2), ..feeder() };
    let done = played.scan(&two, Person::default());
    assert_eq!((done.result, done.pages.len()), (Ok(AcquireEnd::Completed), 2));
    let requests = played.requests();
    assert_eq!(requests.iter().filter(|line| line.contains("NextDocument")).count(), 2);
    assert_eq!(requests.last().map(String::as_str), Some("DELETE /eSCL/ScanJobs/7"));
}

/// White rows that nothing tells apart from rows without padding, in chunks, so that the length
/// comes last; and what the device says of them afterwards.
fn white_rows(width: u32, stride: usize, told: bool) -> (Vec<u8>, Script) {
    const ROWS: usize = 3508;
    let body = vec![0xff; stride * ROWS];
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = [format!("{head}{:X}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    let pieces = chunked.chunks(16 << 10).map(|piece| Step::Data(piece.to_vec())).collect();
    let info = format!(
        "<ScanImageInfo><ActualWidth>{width}</ActualWidth><ActualHeight>{ROWS}</ActualHeight>\
         <ActualBytesPerLine>{stride}</ActualBytesPerLine></ScanImageInfo>"
    );
    let info = match told {
        true => answer("200 OK", "Content-Type: text/xml\r\n", info.as_bytes()),
        false => empty("404 Not Found"),
    };
    let play = vec![("POST", vec![created()]), ("NextDocument", vec![pieces]), ("ScanImageInfo", vec![info])];
    (body, play)
}

#[test]
fn a_page_whose_rows_lie_otherwise_than_announced_comes_again_with_the_right_layout() {
    let wanted = ScanJob { mode: ColorMode::LineArt, ..flatbed() };
    for (lanes, told) in [(1, true), (2, true), (2, false)] {
        let (body, play) = white_rows(2480, 320, told);
        let mut played = open(lanes, "raw-line-art.xml", play).expect("it opens");
        let done = played.scan(&wanted, Person::default());
        assert_eq!(done.result, Ok(AcquireEnd::Completed), "{lanes} {told}");
        let announced: Vec<_> = done.infos.iter().map(|info| (info.number, info.format)).collect();
        let rows = |stride| PageFormat::Rows(RowLayout { width: 2480, format: PixelFormat::Bw1, stride });
        assert_eq!(announced, [(1, rows(310)), (1, rows(320))], "{lanes} {told}");
        assert_eq!(done.pages, [body.clone(), body], "every byte both times");
        let asked = |part: &str| played.requests().iter().filter(|line| line.contains(part)).count();
        assert_eq!((asked("NextDocument"), asked("ScanImageInfo")), (1, 1), "it was sent once");
    }
    // Left out once, left out for good.
    let (_, play) = white_rows(2480, 320, true);
    let mut played = open(2, "raw-line-art.xml", play).expect("it opens");
    let done = played.scan(&wanted, Person { skip: vec![1], ..Person::default() });
    assert_eq!((done.result, done.pages.len(), done.infos.len()), (Ok(AcquireEnd::Completed), 0, 1));
}

/// Of 35 MB no copy is kept, but what the device says of them serves the next page.
#[test]
fn rows_too_many_to_come_again_teach_how_the_next_page_lies() {
    let area = Area::of_size(Length::from_mm(210), Length::from_pixels(3508, Dpi(600)));
    let wanted = ScanJob { mode: ColorMode::Gray16, dpi: Dpi(600), areas: vec![area], ..flatbed() };
    let (body, play) = white_rows(4960, 9984, true);
    let mut played = open(2, "raw-line-art.xml", play).expect("it opens");
    let first = played.scan(&wanted, Person::default());
    assert_eq!(failed(&first), Some(Condition::LongPage));
    assert!(first.pages == [body], "every byte is kept");
    played.driver.settle();
    let second = played.scan(&wanted, Person { skip: vec![1], ..Person::default() });
    assert_eq!(second.result, Ok(AcquireEnd::Completed));
    assert!(matches!(second.infos[0].format, PageFormat::Rows(layout) if layout.stride == 9984));
}

/// Real pages through the driver: to the byte, or refused.
#[test]
fn real_pages_come_to_the_byte_or_are_told_apart() {
    let shared = std::env::var_os("LIGHTBAR_SHARED").map(std::path::PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    for (file, expected) in [
        ("images/hp-adf-height-65535-dnl.jpg", None),
        ("peers/airsane-cancelled-page.jpg", Some(Condition::TruncatedPage)),
    ] {
        let Ok(bytes) = std::fs::read(shared.join("corpus/escl").join(file)) else {
            println!("SKIPPED: {file} is not there");
            continue;
        };
        let play = vec![("POST", vec![created()]), ("NextDocument", vec![page(&bytes), empty("404 Not Found")])];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let done = played.scan(&feeder(), Person::default());
        assert_eq!(failed(&done), expected, "{file}: {:?}", done.result);
        assert_eq!(done.pages[0], bytes, "{file}");
    }
}

/// Its bytes are in the computer already when the news comes that the device is gone.
#[test]
fn bytes_that_came_before_the_device_was_unplugged_are_kept() {
    for before in [vec![], vec![Step::Rest(Duration::from_millis(1))]] {
        let unplugged = Button::default();
        let first = [b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", JPEG].concat();
        let steps =
            [before, vec![Step::Data(first), Step::Press(unplugged.clone()), Step::Data(vec![7; 500])]].concat();
        let play = vec![("POST", vec![created()]), ("NextDocument", vec![steps])];
        let mut played = open(2, "plain.xml", play).expect("it opens");
        let notifications = played.driver.notifications();
        unplugged.wire(move || notifications.notify(PnpEvent::Disconnected));
        let done = played.scan(&flatbed(), Person::default());
        assert_eq!(failed(&done), Some(Condition::Offline), "{:?}", done.result);
        assert_eq!(done.pages, [[JPEG, &[7; 500]].concat()]);
    }
}
