//! What the child processes do: each scenario is a program on a bus with one simulated device.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lightbar::clock::SystemClock;
use lightbar::drivers::escl::{EsclDriver, EsclOptions};
use lightbar::drivers::is_scanner;
use lightbar::minidriver::{AcquireEnd, ColorMode, MiniDriver, ScanJob, Settled, Source};
use lightbar::usb::{
    BusLocation, Completion, ControlRequest, DeviceEvent, Discovery, EndpointAddress, InterfaceKind, LibusbPort,
    UsbError, UsbPort, Wait,
};

use super::{PAGES_FOLDER, older_model};
use crate::support::device_client::{Answer, unpack};
use crate::support::escl_bench::{Delivered, Person, acquire, job};
use crate::support::fake_usbfs::{ADDRESS, BUS};

/// More than anything here needs; reaching it is a failure.
const FAR: Duration = Duration::from_secs(30);
const READ: usize = 16 * 1024;
/// Where the device is on the faked bus.
const HERE: BusLocation = BusLocation { bus: BUS, address: ADDRESS };
/// Reads that the cancel scenario has in flight, and how often.
pub(super) const READS_TO_CANCEL: usize = 8;
pub(super) const CANCEL_ROUNDS: usize = 9;

/// Runs a scenario by name.
pub(super) fn run(name: &str) {
    match name {
        "discovery" => discovery(),
        "alternates" => alternates(),
        "wake" => wake(),
        "cancel" => cancel(),
        "close" => close(),
        "stall" => stall(),
        "short-reads" => short_reads(),
        "reset" => reset(),
        "busy" => busy(),
        "control" => control(),
        "silent-device" => silent_device(),
        "unplug" => unplug(),
        "broken-descriptors" => broken_descriptors(),
        "no-permission" => no_permission(),
        "no-usb" => no_usb(),
        "scan-flatbed" => drop(scan(&job(Source::Flatbed, ColorMode::Color, 150), Person::default())),
        "scan-duplex" => drop(scan(&job(Source::Duplex, ColorMode::Gray, 150), Person::default())),
        "scan-cancelled" => scan_cancelled(),
        "older-model" => older_model::scan_cancel_scan(),
        other => panic!("no scenario is called {other}"),
    }
}

fn input(interface: u8) -> EndpointAddress {
    EndpointAddress(0x81 + interface)
}

fn output(interface: u8) -> EndpointAddress {
    EndpointAddress(0x01 + interface)
}

/// Where the only scanner is: found, so that the same scenarios run on a real kernel's bus.
fn here() -> BusLocation {
    let listing = Discovery::start(SystemClock::start(), is_scanner).list(FAR);
    listing.devices.first().expect("a scanner on the bus").location
}

fn opened() -> LibusbPort {
    LibusbPort::open(here(), is_scanner, FAR).expect("it opens")
}

/// Opened, with the HTTP alternate of the first interfaces claimed.
fn claimed(interfaces: u8) -> LibusbPort {
    let mut port = opened();
    for interface in 0..interfaces {
        port.claim(interface, 1).expect("it is free");
    }
    port
}

fn completion(port: &mut LibusbPort) -> Completion {
    match port.wait(FAR) {
        Wait::Completed(completion) => completion,
        other => panic!("{other:?} instead of a completion"),
    }
}

fn request(port: &mut LibusbPort, interface: u8, path: &str) {
    let bytes = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
    let length = bytes.len();
    let tag = port.submit_out(output(interface), bytes).expect("queued");
    let sent = completion(port);
    assert_eq!((sent.tag, sent.moved, &sent.result), (tag, length, &Ok(())));
}

/// Reads one answer to its end, one read at a time so that none is left armed.
fn answer(port: &mut LibusbPort, interface: u8) -> Answer {
    let mut raw = Vec::new();
    loop {
        let answer = unpack(&raw);
        if answer.complete {
            return answer;
        }
        port.submit_in(input(interface), READ).expect("armed");
        let read = completion(port);
        assert_eq!(read.result, Ok(()));
        assert_eq!(read.data.len(), read.moved);
        raw.extend(read.data);
    }
}

fn capabilities(port: &mut LibusbPort, interface: u8) -> String {
    request(port, interface, "/eSCL/ScannerCapabilities");
    let answer = answer(port, interface);
    assert_eq!(answer.status, 200, "{}", answer.head);
    answer.text()
}

fn discovery() {
    let discovery = Discovery::start(SystemClock::start(), is_scanner);
    let listing = discovery.list(FAR);
    assert!(listing.complete && listing.unavailable.is_none(), "{listing:?}");
    let [found] = &listing.devices[..] else { panic!("{listing:?}") };
    assert_eq!(found.location, HERE);
    assert_eq!(found.access, Ok(()));
    assert_eq!(found.port.as_ref().map(ToString::to_string).as_deref(), Some("1-1"), "where the bus has it");
    assert!(found.id.to_string().starts_with("usb:1209:0001:"), "{}", found.id);
    assert!(found.description.name.is_some() && found.description.manufacturer.is_some());
    let kinds: Vec<_> =
        found.description.interfaces.iter().map(|setting| (setting.number, setting.alternate)).collect();
    assert_eq!(kinds, [(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(found.description.interfaces[1].kind, InterfaceKind::IPP_USB);
    let event = discovery.events().recv_timeout(FAR).expect("the arrival is an event too");
    assert_eq!(event, DeviceEvent::Arrived(found.clone()));
}

fn alternates() {
    let mut port = opened();
    port.claim(0, 0).expect("the first alternate");
    // In it there is no HTTP; endpoints of interfaces that are not claimed cannot be used.
    assert!(matches!(port.submit_in(input(1), READ), Err(UsbError::NotFound(_))));
    assert!(matches!(port.claim(0, 7), Err(UsbError::NotFound(_))));
    assert!(matches!(port.claim(9, 0), Err(UsbError::NotFound(_))));
    port.release(0).expect("given back");
    port.claim(0, 1).expect("the second alternate");
    port.claim(1, 1).expect("the second interface");
    let first = capabilities(&mut port, 0);
    assert!(first.contains("ScannerCapabilities"));
    assert_eq!(capabilities(&mut port, 1), first);
    port.release(1).expect("given back");
    assert!(matches!(port.submit_out(output(1), vec![0]), Err(UsbError::NotFound(_))));
    assert_eq!(capabilities(&mut port, 0), first);
}

fn wake() {
    let mut port = claimed(1);
    for _ in 0..4 {
        port.submit_in(input(0), READ).expect("armed");
    }
    let waker = port.waker();
    let other = std::thread::spawn(move || waker.wake());
    let start = Instant::now();
    assert!(matches!(port.wait(FAR), Wait::Woken));
    assert!(start.elapsed() < FAR / 2);
    other.join().expect("the waking thread does not panic");
    assert!(matches!(port.wait(Duration::from_millis(20)), Wait::TimedOut));
    // The reads are still armed, and bring the answer to what is asked only now, in order.
    let question = b"GET /eSCL/ScannerStatus HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec();
    port.submit_out(output(0), question).expect("queued");
    let mut raw = Vec::new();
    while !unpack(&raw).complete {
        let ended = completion(&mut port);
        assert_eq!(ended.result, Ok(()));
        raw.extend(ended.data);
    }
    assert_eq!(unpack(&raw).status, 200);
    // Forgotten on purpose: dropping the port would take the remaining reads back, and this
    // scenario's count is of wakes alone.
    std::mem::forget(port);
}

fn cancel() {
    let mut port = claimed(1);
    let mut times: Vec<Duration> = (0..CANCEL_ROUNDS).map(|_| cancelled_reads(&mut port)).collect();
    times.sort();
    println!("cancelled {READS_TO_CANCEL} reads, {CANCEL_ROUNDS} times, sorted: {times:?}");
    // The middle one: a loaded machine may stop this process for longer at any moment.
    assert!(times[CANCEL_ROUNDS / 2] < Duration::from_millis(100), "{times:?}");
    // What was taken back is not in the way of what comes next.
    assert!(capabilities(&mut port, 0).contains("ScannerCapabilities"));
}

/// Arms reads and takes them back; how long until the last of them had come back.
fn cancelled_reads(port: &mut LibusbPort) -> Duration {
    let tags: Vec<_> = (0..READS_TO_CANCEL).map(|_| port.submit_in(input(0), READ).expect("armed")).collect();
    assert!(matches!(port.wait(Duration::from_millis(20)), Wait::TimedOut));
    let start = Instant::now();
    port.cancel_all();
    let mut ended: Vec<_> = tags.iter().map(|_| completion(port)).collect();
    let took = start.elapsed();
    ended.sort_by_key(|completion| completion.tag);
    assert_eq!(ended.iter().map(|completion| completion.tag).collect::<Vec<_>>(), tags);
    assert!(ended.iter().all(|completion| completion.result == Err(UsbError::Cancelled)), "{ended:?}");
    assert!(matches!(port.wait(Duration::ZERO), Wait::TimedOut));
    took
}

fn close() {
    let mut port = claimed(2);
    for interface in 0..2 {
        for _ in 0..2 {
            port.submit_in(input(interface), READ).expect("armed");
        }
    }
    let start = Instant::now();
    drop(port);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // It is free for the next one at once.
    let mut port = claimed(2);
    assert!(capabilities(&mut port, 1).contains("ScannerCapabilities"));
}

fn stall() {
    let mut port = claimed(1);
    port.submit_out(output(0), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()).expect("queued");
    port.submit_in(input(0), READ).expect("armed");
    let stalled = loop {
        if let Err(error) = completion(&mut port).result {
            break error;
        }
    };
    let UsbError::Stall(endpoint) = stalled else { panic!("{stalled:?}") };
    assert_eq!(endpoint, input(0));
    port.clear_halt(endpoint).expect("cleared");
    // The answer that was refused comes now.
    assert_ne!(answer(&mut port, 0).status, 0);
    assert!(capabilities(&mut port, 0).contains("ScannerCapabilities"));
}

fn short_reads() {
    let mut port = claimed(2);
    let text = capabilities(&mut port, 0);
    assert!(text.trim_end().ends_with("ScannerCapabilities>"), "{text}");
    assert_eq!(capabilities(&mut port, 1), text);
}

fn reset() {
    let mut port = claimed(2);
    let before = capabilities(&mut port, 0);
    let tag = port.submit_in(input(0), READ).expect("armed");
    port.reset().expect("reset");
    let ended = completion(&mut port);
    assert_eq!((ended.tag, ended.result), (tag, Err(UsbError::Cancelled)));
    for interface in 0..2 {
        assert_eq!(capabilities(&mut port, interface), before);
    }
}

fn busy() {
    let mut port = opened();
    assert_eq!(port.claim(1, 1), Err(UsbError::Busy { interface: 1 }));
    port.claim(0, 1).expect("this one is free");
    assert!(capabilities(&mut port, 0).contains("ScannerCapabilities"));
}

fn get_descriptor(kind: u16, length: u16) -> ControlRequest {
    ControlRequest { request_type: 0x80, request: 6, value: kind << 8, index: 0, data: Vec::new(), length }
}

fn control() {
    let mut port = opened();
    let descriptor = port.control(&get_descriptor(1, 64), FAR).expect("answered");
    assert_eq!((descriptor.len(), &descriptor[..2], &descriptor[8..10]), (18, &[18, 1][..], &[0x09, 0x12][..]));
    let vendor = ControlRequest { request_type: 0xc0, request: 0x99, value: 0, index: 0, data: Vec::new(), length: 4 };
    assert!(matches!(port.control(&vendor, FAR), Err(UsbError::Stall(_))));
    // Out, without data, is acknowledged.
    let configure = ControlRequest { request_type: 0x00, request: 9, value: 1, index: 0, data: Vec::new(), length: 0 };
    assert_eq!(port.control(&configure, FAR), Ok(Vec::new()));
}

fn silent_device() {
    let mut port = opened();
    assert!(port.description().serial.is_none());
    port.claim(0, 0).expect("claiming needs no answer of the device itself");
    let vendor = ControlRequest { request_type: 0xc0, request: 1, value: 0, index: 0, data: Vec::new(), length: 4 };
    let limit = Duration::from_millis(50);
    let start = Instant::now();
    assert_eq!(port.control(&vendor, limit), Err(UsbError::TimedOut(limit)));
    assert!(start.elapsed() >= limit && start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // A wake ends the wait for an answer too, and is still there for the wait of the transfers.
    // Waking goes on until it is noticed: a wake from before the request belongs to nobody's answer.
    let (waker, noticed) = (port.waker(), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&noticed);
    let waking = std::thread::spawn(move || {
        while !seen.load(Ordering::SeqCst) {
            waker.wake();
            std::thread::yield_now();
        }
    });
    assert_eq!(port.control(&vendor, FAR), Err(UsbError::Cancelled));
    noticed.store(true, Ordering::SeqCst);
    waking.join().expect("the waking thread does not panic");
    assert!(matches!(port.wait(FAR), Wait::Woken));
    for _ in 0..4 {
        port.submit_in(input(0), READ).expect("armed");
        port.submit_out(output(0), vec![1; 100]).expect("queued");
    }
    let start = Instant::now();
    drop(port);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // The device is closed for certain when it can be claimed again.
    let mut port = opened();
    port.claim(0, 0).expect("free");
}

fn unplug() {
    let mut port = claimed(1);
    assert!(capabilities(&mut port, 0).contains("ScannerCapabilities"));
    for _ in 0..3 {
        port.submit_in(input(0), READ).expect("armed");
    }
    port.submit_out(output(0), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()).expect("queued");
    let mut reads = 0;
    while reads < 3 {
        let ended = completion(&mut port);
        if ended.endpoint == input(0) {
            assert_eq!(ended.result, Err(UsbError::Disconnected));
            reads += 1;
        }
    }
    // From now on everything is answered at once, and as what it is.
    while let Wait::Completed(_) = port.wait(Duration::from_millis(50)) {}
    port.submit_in(input(0), READ).expect("taken");
    assert_eq!(completion(&mut port).result, Err(UsbError::Disconnected));
    assert_eq!(port.control(&get_descriptor(1, 18), FAR), Err(UsbError::Disconnected));
}

fn broken_descriptors() {
    let listing = Discovery::start(SystemClock::start(), is_scanner).list(FAR);
    assert!(listing.complete, "{listing:?}");
    match LibusbPort::open(HERE, is_scanner, FAR) {
        Err(error) => println!("{error}"),
        Ok(mut port) => {
            let settings: Vec<_> = port.description().interfaces.iter().map(|s| (s.number, s.alternate)).collect();
            println!("opened with settings {settings:?}");
            for (interface, alternate) in settings {
                println!("{:?}", port.claim(interface, alternate));
            }
        }
    }
}

fn no_permission() {
    assert!(matches!(LibusbPort::open(HERE, is_scanner, FAR), Err(UsbError::NoPermission)));
    let discovery = Discovery::start(SystemClock::start(), is_scanner);
    let listing = discovery.list(FAR);
    let [found] = &listing.devices[..] else { panic!("{listing:?}") };
    assert_eq!(found.access, Err(UsbError::NoPermission));
    assert!(found.description.name.is_some(), "it can be named although it cannot be opened");
}

fn no_usb() {
    let listing = Discovery::start(SystemClock::start(), is_scanner).list(FAR);
    assert!(listing.devices.is_empty() && listing.complete, "{listing:?}");
    assert!(matches!(
        LibusbPort::open(HERE, is_scanner, FAR),
        Err(UsbError::Disconnected | UsbError::Io { .. } | UsbError::NotFound(_))
    ));
}

/// Scans with the eSCL driver, keeping the pages in the folder that the environment names.
fn scan(job: &ScanJob, person: Person) -> Delivered {
    let (mut driver, clock) = driver();
    let delivered = acquire(&mut driver, &*clock, job, person);
    let end = delivered.result.as_ref().expect("it ends well");
    println!("{end:?} with {} pages", delivered.pages.len());
    let folder = PathBuf::from(std::env::var_os(PAGES_FOLDER).expect("a folder for the pages"));
    for (number, page) in delivered.pages.iter().enumerate() {
        std::fs::write(folder.join(format!("{:03}.jpg", number + 1)), page).expect("written");
    }
    delivered
}

fn driver() -> (EsclDriver, Arc<SystemClock>) {
    let clock = SystemClock::start();
    let ports = || LibusbPort::open(here(), is_scanner, FAR).map(|port| Box::new(port) as Box<dyn UsbPort>);
    let driver = EsclDriver::open_usb(Box::new(ports), clock.clone(), &EsclOptions::default());
    (driver.expect("the scanner says what it can do"), clock)
}

/// Cancelled in mid page; then settled, and scanned again to the end.
fn scan_cancelled() {
    let (mut driver, clock) = driver();
    let job = job(Source::Duplex, ColorMode::Gray, 150);
    let delivered = acquire(&mut driver, &*clock, &job, Person::cancels_at(2, 20_000));
    assert!(matches!(delivered.result, Ok(AcquireEnd::Cancelled)), "{:?}", delivered.result);
    assert_eq!(delivered.pages.len(), 2);
    driver.lock().expect("still there");
    assert_eq!(driver.settle(), Settled::Ready);
    driver.unlock();
    let again = acquire(&mut driver, &*clock, &job, Person::default());
    assert!(again.result.is_ok() && !again.pages.is_empty(), "{:?}", again.result);
    assert!(again.pages.iter().all(|page| page.starts_with(b"\xff\xd8") && page.ends_with(b"\xff\xd9")));
}
