//! HTTP/1.1 over USB pipes and sockets: framing, limits, drain or poison.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use lightbar::clock::{Clock, ManualClock};
use lightbar::http::{Exchange, HttpClient, HttpError, LinkError, Method, Progress, Request, UsbPipe, pipes_of};
use lightbar::usb::{EndpointAddress, UsbError, UsbPort};

use crate::support::scripted_port::{Button, ScriptedPort, Seen, Step};

mod sockets;

const LIMIT: Duration = Duration::from_secs(20);

fn client_on(lanes: Vec<Vec<Vec<Step>>>) -> (HttpClient, Arc<ManualClock>, Arc<std::sync::Mutex<Seen>>) {
    let clock = ManualClock::start();
    let (port, seen) = ScriptedPort::new(&clock, lanes);
    let pipes = pipes_of(port.description());
    let pipe = UsbPipe::open(Box::new(port), &pipes, 2, clock.clone()).expect("claimed");
    (HttpClient::new(Box::new(pipe), clock.clone()), clock, seen)
}

fn data(text: &str) -> Step {
    Step::Data(text.as_bytes().to_vec())
}

fn get(client: &mut HttpClient) -> Result<(u16, String), HttpError> {
    let response = client.fetch(0, &Request::get("/x"), LIMIT, &|| false)?;
    Ok((response.head.status, String::from_utf8_lossy(&response.body).into_owned()))
}

/// Parses an answer in pieces of a size; the answer must be complete and eat everything.
fn parsed(bytes: &[u8], piece: usize) -> Result<(u16, Vec<u8>), HttpError> {
    let mut exchange = Exchange::new(Method::Get, 1 << 20, false);
    let mut body = Vec::new();
    for piece in bytes.chunks(piece) {
        assert_eq!(exchange.feed(piece)?, piece.len(), "nothing may be left over");
        exchange.take_body(&mut body);
    }
    assert!(exchange.is_complete());
    let response = exchange.into_response();
    body.extend(response.body);
    Ok((response.head.status, body))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn chunked(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(size) {
        out.extend(format!("{:X};name=\"v\"\r\n", chunk.len()).bytes());
        out.extend_from_slice(chunk);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\nTrailer: yes\r\n\r\n");
    out
}

#[test]
fn every_framing_gives_the_same_body_in_pieces_of_every_size() {
    let body: Vec<u8> = (0..3000_u32).map(|index| (index * 7 % 251) as u8).collect();
    let with = |head: &str, body: Vec<u8>| [head.as_bytes(), &body].concat();
    let answers = [
        with(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()), body.clone()),
        with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(&body, 700)),
        with(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nContent-Encoding: gzip\r\n\r\n",
            chunked(&gzip(&body), 100),
        ),
        with(
            &format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", gzip(&body).len()),
            gzip(&body),
        ),
        with(
            &format!("\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1  200  Very well\nContent-Length : {}\n\n", body.len()),
            body.clone(),
        ),
    ];
    for answer in &answers {
        for piece in [1, 2, 3, 7, 64, 512, 16_384] {
            assert_eq!(parsed(answer, piece), Ok((200, body.clone())), "pieces of {piece}");
        }
    }
}

#[test]
fn some_answers_have_no_body_whatever_their_head_says() {
    for head in ["HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 x\r\nContent-Length: 50\r\n\r\n"] {
        assert!(parsed(head.as_bytes(), 5).expect("complete").1.is_empty());
    }
    let mut exchange = Exchange::new(Method::Head, 100, false);
    exchange.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").expect("a head");
    assert!(exchange.is_complete());
}

#[test]
fn what_breaks_the_rules_or_the_limits_is_refused() {
    let error = |bytes: &[u8]| {
        let mut exchange = Exchange::new(Method::Get, 1000, false);
        exchange.feed(bytes).expect_err("refused")
    };
    assert!(matches!(error(b"<html>"), HttpError::NotHttp { .. }));
    assert!(matches!(error(b"\xff\xd8\xff"), HttpError::NotHttp { .. }));
    assert!(matches!(error(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), HttpError::BadHead(_)));
    assert!(matches!(error(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), HttpError::TooLong { limit: 1000 }));
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert!(matches!(error(&[&chunk[..], b"zz\r\n"].concat()), HttpError::BadBody(_)));
    assert!(matches!(error(&[&chunk[..], b"1\r\nab\r\n"].concat()), HttpError::BadBody(_)));
    assert!(matches!(error(&[&chunk[..], b"fffffffffffffffffff\r\n"].concat()), HttpError::BadBody(_)));
    assert!(matches!(error(&[&chunk[..], &[b'1'; 5000]].concat()), HttpError::BadBody(_)));
    let long = [b"HTTP/1.1 200 OK\r\nX: ", &[b'y'; 100_000][..]].concat();
    assert!(matches!(error(&long), HttpError::BadHead(_)));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(500));
    assert!(matches!(error(many.as_bytes()), HttpError::BadHead(_)));
    // A small answer that unpacks to a large one.
    let bomb = gzip(&vec![0; 10 << 20]);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let mut exchange = Exchange::new(Method::Get, 1 << 20, false);
    let mut result = exchange.feed(head.as_bytes());
    for piece in bomb.chunks(512) {
        result = result.and_then(|_| exchange.feed(piece));
        assert!(exchange.buffered() <= 1 << 20);
    }
    assert!(matches!(result, Err(HttpError::TooLong { .. })));
}

#[test]
fn mutated_answers_never_panic_and_never_grow() {
    let seed: u64 = std::env::var("LIGHTBAR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121);
    println!("seed {seed}");
    let mut state = seed;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % bound.max(1)
    };
    let body = vec![b'a'; 500];
    let answer = [
        &b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
        &chunked(&gzip(&body), 20),
    ]
    .concat();
    let mut whole = 0;
    for _ in 0..5000 {
        let mut bytes = answer.clone();
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            bytes[at] = below(256) as u8;
        }
        bytes.truncate(below(bytes.len() * 2));
        let mut exchange = Exchange::new(Method::Get, 10_000, false);
        let mut eaten = 0;
        while eaten < bytes.len() && !exchange.is_complete() {
            let piece = &bytes[eaten..(eaten + 1 + below(60)).min(bytes.len())];
            match exchange.feed(piece) {
                Ok(count) => eaten += count,
                Err(_) => break,
            }
            assert!(exchange.buffered() <= 10_000);
        }
        whole += u32::from(exchange.is_complete());
    }
    assert!(whole > 0);
}

#[test]
fn an_answer_over_usb_comes_through_empty_packets_rests_and_wakes() {
    let answer = vec![
        Step::Empty,
        Step::Empty,
        data("HTTP/1.1 200 OK\r\nContent-"),
        Step::Wake,
        data("Length: 10\r\n\r\n01234"),
        Step::Rest(Duration::from_secs(7)),
        Step::Empty,
        data("56789"),
    ];
    let (mut client, _, seen) = client_on(vec![vec![answer]]);
    assert_eq!(get(&mut client), Ok((200, "0123456789".into())));
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen.requests[0].1, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(seen.reads_armed > 1, "several reads are armed at once");
    assert!(seen.lengths.iter().all(|length| length % 1024 == 0 && *length <= 16 << 10));
}

#[test]
fn pauses_after_empty_packets_grow_to_a_second() {
    let steps = [vec![Step::Empty; 200], vec![data("HTTP/1.1 204 x\r\n\r\n")]].concat();
    let (mut client, clock, _) = client_on(vec![vec![steps]]);
    assert_eq!(
        client.fetch(0, &Request::get("/"), Duration::from_secs(900), &|| false).map(|r| r.head.status),
        Ok(204)
    );
    let took = clock.now().elapsed();
    assert!(took > Duration::from_secs(20) && took < Duration::from_secs(220), "{took:?}");
}

#[test]
fn an_unframed_answer_ends_with_an_empty_packet_and_silence() {
    let unframed = vec![data("HTTP/1.1 503 Busy\r\n\r\nwait"), Step::Empty];
    let next = vec![data("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")];
    let (mut client, clock, _) = client_on(vec![vec![unframed, next]]);
    assert_eq!(get(&mut client), Ok((503, "wait".into())));
    assert!(clock.now().elapsed() < Duration::from_secs(5));
    assert_eq!(get(&mut client), Ok((200, "ok".into())));
}

#[test]
fn a_body_one_byte_short_ends_like_that_too() {
    let short = vec![data("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234"), Step::Empty];
    let (mut client, _, _) = client_on(vec![vec![short]]);
    assert_eq!(get(&mut client), Ok((200, "1234".into())));
}

#[test]
fn a_wake_ends_the_wait_and_never_the_request() {
    let button = Button::default();
    let answer = vec![
        data("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"),
        Step::Press(button.clone()),
        Step::Wake,
        Step::Rest(Duration::from_secs(1)),
        data("cd"),
    ];
    let (mut client, clock, _) = client_on(vec![vec![answer]]);
    let stop = || button.pressed_at().is_some();
    assert_eq!(client.fetch(0, &Request::get("/"), LIMIT, &stop).map(|_| ()), Err(HttpError::Interrupted));
    assert_eq!(clock.now().elapsed(), Duration::ZERO, "the wake ended it at once");
    let response = client.await_answer(0, LIMIT, &|| false).expect("the answer goes on");
    assert_eq!(response.body, b"abcd");
}

#[test]
fn what_nobody_wants_any_more_is_not_sent_and_not_waited_for() {
    let (mut client, clock, seen) = client_on(vec![vec![vec![]]]);
    assert_eq!(client.fetch(0, &Request::get("/"), LIMIT, &|| true).map(|_| ()), Err(HttpError::Interrupted));
    assert!(seen.lock().expect("no panic").requests.is_empty());
    // The wake that told of it may have ended an earlier wait: none comes now.
    client.start(0, &Request::get("/")).expect("sent");
    assert_eq!(client.await_answer(0, LIMIT, &|| true).map(|_| ()), Err(HttpError::Interrupted));
    assert_eq!(clock.now().elapsed(), Duration::ZERO);
}

#[test]
fn an_abandoned_answer_is_drained_before_the_lane_is_used_again() {
    let long = vec![
        data("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"),
        Step::Rest(Duration::from_secs(3)),
        data("4\r\nefgh\r\n0\r\n\r\n"),
    ];
    let next = vec![data("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext")];
    let (mut client, _, _) = client_on(vec![vec![long, next]]);
    client.start(0, &Request::get("/page")).expect("sent");
    while client.exchange(0).is_none_or(|exchange| exchange.received() == 0) {
        client.advance(LIMIT);
    }
    client.abandon(0);
    assert_eq!(client.start(0, &Request::get("/x")), Err(HttpError::LaneBusy));
    while !client.is_free(0) {
        assert!(!matches!(client.advance(LIMIT), Progress::TimedOut | Progress::Failed(..)));
    }
    assert_eq!(get(&mut client), Ok((200, "next".into())));
}

#[test]
fn bytes_of_nobodys_answer_poison_the_lane_until_a_reset() {
    let stale = vec![data("tail of an old page\r\nHTTP/1.1 200 OK\r\n\r\n")];
    let good = || vec![data("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")];
    let too_much = vec![data("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab and more")];
    let (mut client, _, seen) = client_on(vec![vec![stale, good(), too_much, good()]]);
    assert!(matches!(get(&mut client), Err(HttpError::NotHttp { .. })));
    assert_eq!(get(&mut client), Err(HttpError::Poisoned));
    client.reset().expect("reset");
    assert_eq!(get(&mut client), Ok((200, "good".into())));
    assert_eq!(get(&mut client), Err(HttpError::Poisoned));
    client.reset().expect("reset");
    assert_eq!(get(&mut client), Ok((200, "good".into())));
    assert_eq!(seen.lock().expect("no panic").resets, 2);
}

#[test]
fn a_stall_is_cleared_and_the_stream_is_suspect() {
    let answer = vec![data("HTTP/1.1 200 OK\r\n"), Step::Fail(UsbError::Stall(EndpointAddress(0x81)))];
    let (mut client, _, seen) = client_on(vec![vec![answer]]);
    assert!(matches!(get(&mut client), Err(HttpError::Link(LinkError::Usb(UsbError::Stall(_))))));
    assert!(client.is_poisoned(0));
    assert_eq!(seen.lock().expect("no panic").halts_cleared, 1);
}

#[test]
fn two_lanes_do_not_disturb_each_other() {
    let page =
        vec![data("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc"), Step::Rest(Duration::from_secs(5)), data("def")];
    let status = vec![Step::Rest(Duration::from_secs(1)), data("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")];
    let (mut client, clock, _) = client_on(vec![vec![page], vec![status]]);
    client.start(0, &Request::get("/page")).expect("sent");
    let answer = client.fetch(1, &Request::get("/status"), LIMIT, &|| false).expect("answered");
    assert_eq!((answer.body.as_slice(), clock.now().elapsed()), (&b"ok"[..], Duration::from_secs(1)));
    let page = client.await_answer(0, LIMIT, &|| false).expect("the page");
    assert_eq!(page.body, b"abcdef");
}

#[test]
fn silence_has_a_limit_and_a_gone_device_is_named() {
    let (mut client, clock, _) = client_on(vec![vec![vec![]]]);
    assert_eq!(get(&mut client), Err(HttpError::Silent(LIMIT)));
    assert_eq!(clock.now().elapsed(), LIMIT);
    let (mut client, _, _) = client_on(vec![vec![vec![Step::Fail(UsbError::Disconnected)]]]);
    assert!(get(&mut client).expect_err("gone").is_gone());
}

#[test]
fn redirects_are_followed_a_few_times_and_keep_their_method() {
    let moved = |status: u16, to: &str| {
        vec![data(&format!("HTTP/1.1 {status} x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))]
    };
    let good = vec![data("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")];
    let (mut client, _, seen) = client_on(vec![vec![moved(301, "/y"), moved(307, "http://other/z"), good]]);
    assert_eq!(get(&mut client), Ok((200, "good".into())));
    let lines: Vec<String> = seen
        .lock()
        .expect("no panic")
        .requests
        .iter()
        .map(|(_, request)| request.lines().next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(lines, ["GET /x HTTP/1.1", "GET /y HTTP/1.1", "GET /z HTTP/1.1"]);
    let (mut client, _, _) = client_on(vec![(0..9).map(|n| moved(302, &format!("/{n}"))).collect()]);
    assert!(matches!(get(&mut client), Err(HttpError::Redirected)));
    // A DELETE that is sent elsewhere is as good as done (Canon D570).
    let (mut client, _, _) = client_on(vec![vec![moved(301, "https://x/y")]]);
    let delete = Request::new(Method::Delete, "/job");
    assert_eq!(client.fetch(0, &delete, LIMIT, &|| false).map(|response| response.head.status), Ok(301));
}

#[test]
fn a_client_that_is_dropped_gives_its_interfaces_back() {
    let (client, _, seen) = client_on(vec![vec![], vec![]]);
    drop(client);
    assert_eq!(seen.lock().expect("no panic").released, [0, 1]);
}

/// The news that a device is gone can overtake its last bytes, and comes on every lane.
#[test]
fn what_a_device_sent_before_it_was_gone_comes_before_the_news_of_it() {
    let gone = || Step::Fail(UsbError::Disconnected);
    let page = vec![
        data("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\none"),
        Step::Rest(Duration::from_millis(5)),
        data("two"),
        data("three"),
        gone(),
    ];
    let (mut client, _clock, _) = client_on(vec![vec![page], vec![vec![gone()]]]);
    client.start(0, &Request::get("/page")).expect("sent");
    client.start(1, &Request::get("/status")).expect("sent");
    let mut body = Vec::new();
    let mut failed = Vec::new();
    while failed.len() < 2 {
        match client.advance(LIMIT) {
            Progress::Failed(lane, error) => {
                assert!(error.is_gone(), "{error}");
                failed.push(lane);
            }
            Progress::TimedOut => panic!("silent"),
            _ => {
                assert!(failed.is_empty(), "bytes after the news");
                client.take_body(0, &mut body);
            }
        }
    }
    assert_eq!(String::from_utf8_lossy(&body), "onetwothree");
}
