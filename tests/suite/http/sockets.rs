//! The same client over TCP and TLS, against small servers in threads.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::certificate::tls_config;
use lightbar::clock::SystemClock;
use lightbar::http::{
    Address, HttpClient, HttpError, Identity, LinkError, Progress, RememberedIdentities, Request, Scheme, TcpLink,
    Trust,
};

const LIMIT: Duration = Duration::from_secs(20);

fn read_request(stream: &mut dyn Read) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            break;
        }
    }
    head
}

/// Serves each connection with one function after the other; answers the address.
fn serve(answers: Vec<Box<dyn FnOnce(TcpStream) + Send>>) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else { return };
            answer(stream);
        }
    });
    Address::parse(&format!("http://127.0.0.1:{port}/eSCL")).expect("an address")
}

fn says(answer: &'static str) -> Box<dyn FnOnce(TcpStream) + Send> {
    Box::new(move |mut stream| {
        let request = read_request(&mut stream);
        assert!(request.contains("Connection: close\r\n") && request.contains("Host: 127.0.0.1:"), "{request}");
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn client(address: &Address) -> HttpClient {
    let link = TcpLink::new(address.clone(), Trust::new(RememberedIdentities::default())).expect("sockets");
    HttpClient::new(Box::new(link), SystemClock::start())
}

fn get(client: &mut HttpClient) -> Result<String, HttpError> {
    let response = client.fetch(0, &Request::get("/eSCL/x"), LIMIT, &|| false)?;
    Ok(String::from_utf8_lossy(&response.body).into_owned())
}

#[test]
fn every_request_has_its_own_connection_and_may_end_with_it() {
    let address = serve(vec![
        says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
        says("HTTP/1.1 200 OK\r\n\r\nuntil the end"),
        says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n"),
        says("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nbroken off"),
        says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfive"),
    ]);
    let mut client = client(&address);
    assert_eq!(get(&mut client).as_deref(), Ok("one"));
    assert_eq!(get(&mut client).as_deref(), Ok("until the end"));
    assert_eq!(get(&mut client).as_deref(), Ok("three"));
    assert_eq!(get(&mut client), Err(HttpError::BrokenOff { received: 10 }));
    assert_eq!(get(&mut client).as_deref(), Ok("five"), "the lane is free after a broken answer");
}

#[test]
fn a_post_that_is_answered_by_its_head_alone_is_answered() {
    let address = serve(vec![says("HTTP/1.1 201 Created\r\nLocation: /eSCL/ScanJobs/1\r\nContent-Length: 99\r\n\r\n")]);
    let post = Request::new(lightbar::http::Method::Post, "/eSCL/ScanJobs");
    let response = client(&address).fetch(0, &post, LIMIT, &|| false).expect("the head is enough");
    assert_eq!(response.head.header("LOCATION"), Some("/eSCL/ScanJobs/1"));
}

#[test]
fn a_wake_ends_a_wait_on_a_silent_server_at_once() {
    let address = serve(vec![Box::new(|stream| {
        std::thread::park_timeout(Duration::from_secs(60));
        drop(stream);
    })]);
    let mut client = client(&address);
    let waker = client.waker();
    let stopped = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    let began = Instant::now();
    let person = std::thread::spawn(move || {
        flag.store(true, std::sync::atomic::Ordering::SeqCst);
        waker.wake();
    });
    let stop = move || stopped.load(std::sync::atomic::Ordering::SeqCst);
    let result = client.fetch(0, &Request::get("/"), LIMIT, &stop);
    assert_eq!(result, Err(HttpError::Interrupted));
    assert!(began.elapsed() < LIMIT, "the wake ended the wait, not the limit");
    person.join().expect("no panic");
}

/// An address that takes no further connection and refuses none: its queue is full. What keeps it so
/// comes along.
fn unanswering() -> (Address, Box<dyn std::any::Any>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    rustix::net::listen(&listener, 0).expect("a shorter queue");
    let at = listener.local_addr().expect("bound");
    let waiting = TcpStream::connect(at).expect("the only place in the queue");
    (Address::parse(&format!("http://{at}/eSCL")).expect("an address"), Box::new((listener, waiting)))
}

/// A server that takes a connection, reads what comes first, tells so, and never says anything.
fn silent_after_the_first_bytes() -> (Address, std::sync::mpsc::Receiver<()>) {
    let (heard, is_heard) = std::sync::mpsc::channel();
    let address = serve(vec![Box::new(move |mut stream| {
        let mut first = [0; 16];
        stream.read_exact(&mut first).expect("the client speaks first");
        heard.send(()).expect("the test listens");
        // Until the client closes it.
        let _ = stream.read_to_end(&mut Vec::new());
    })]);
    (address, is_heard)
}

/// Nothing but a wake ends these waits before their limit, which is longer than any test.
#[test]
fn a_wake_ends_the_wait_for_a_connection_a_handshake_or_an_answer() {
    let waits = |mut client: HttpClient, before: &dyn Fn()| {
        client.start(0, &Request::new(lightbar::http::Method::Post, "/eSCL/ScanJobs")).expect("it starts");
        let waker = client.waker();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(move || client.advance(Duration::from_secs(3600)));
            before();
            waker.wake();
            waiting.join().expect("no panic")
        })
    };
    let (address, _full) = unanswering();
    assert!(matches!(waits(client(&address), &|| {}), Progress::Woken), "while the connection is made");
    for scheme in [Scheme::Http, Scheme::Https] {
        let (address, is_heard) = silent_after_the_first_bytes();
        let ended = waits(client(&Address { scheme, ..address }), &|| {
            is_heard.recv_timeout(LIMIT).expect("the client speaks");
        });
        assert!(matches!(ended, Progress::Woken), "{scheme:?}: {ended:?}");
    }
}

#[test]
fn nobody_there_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let address = Address::parse(&format!("http://127.0.0.1:{port}")).expect("an address");
    assert!(matches!(get(&mut client(&address)), Err(HttpError::Link(LinkError::Unreachable { .. }))));
}

fn says_encrypted(config: Arc<rustls::ServerConfig>, answer: &'static str) -> Box<dyn FnOnce(TcpStream) + Send> {
    Box::new(move |mut socket| {
        let mut session = rustls::ServerConnection::new(config).expect("a session");
        let mut stream = rustls::Stream::new(&mut session, &mut socket);
        read_request(&mut stream);
        let _ = stream.write_all(answer.as_bytes());
        let _ = stream.flush();
        // No close-notify: many devices just hang up.
    })
}

#[test]
fn a_self_signed_device_is_accepted_remembered_and_its_change_reported() {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("identities");
    let (first, second) = (tls_config(), tls_config());
    let mut address = serve(vec![
        says_encrypted(first.clone(), ANSWER),
        says_encrypted(first, "HTTP/1.1 200 OK\r\n\r\nwithout an end"),
        says_encrypted(second, ANSWER),
    ]);
    address.scheme = lightbar::http::Scheme::Https;
    let meet = || {
        let trust = Trust::new(RememberedIdentities::from_file(file.clone()));
        let link = TcpLink::new(address.clone(), Arc::clone(&trust)).expect("sockets");
        let mut client = HttpClient::new(Box::new(link), SystemClock::start());
        let body = get(&mut client);
        (body, trust.identity(&address))
    };
    let (body, identity) = meet();
    assert_eq!(body.as_deref(), Ok("secret"));
    let Some(Identity::New(fingerprint)) = identity else { panic!("{identity:?}") };
    assert_eq!(fingerprint.len(), 64);
    let (body, identity) = meet();
    assert_eq!((body.as_deref(), identity), (Ok("without an end"), Some(Identity::Known(fingerprint.clone()))));
    let (body, identity) = meet();
    assert_eq!(body.as_deref(), Ok("secret"));
    assert!(matches!(identity, Some(Identity::Changed { before, .. }) if before == fingerprint));
}

#[test]
fn what_speaks_no_tls_is_told_from_silence() {
    let mut address = serve(vec![says("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    address.scheme = lightbar::http::Scheme::Https;
    assert!(matches!(get(&mut client(&address)), Err(HttpError::Link(LinkError::Tls { .. }))));
}
