//! The same, told by the system's bus: a bus of the test's own, and on it somebody who plays login1.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use crossbeam_channel::{Receiver, Sender, unbounded};
use lightbar::ui::{Bus, watch_sleep};
use zbus::blocking::{Connection, connection};
use zbus::zvariant;

use super::{assert_ended_for_sleep, assert_given_back, scanning};
use crate::support::bench::PATIENCE;
use crate::support::judges::judge;

const OBJECT: &str = "/org/freedesktop/login1";
const INTERFACE: &str = "org.freedesktop.login1.Manager";

/// A bus with nobody on it, until dropped.
struct PrivateBus {
    daemon: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl PrivateBus {
    fn start() -> PrivateBus {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("--address=unix:path={}", folder.path().join("bus").display());
        let mut command = Command::new("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1", &address]);
        let mut daemon = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("dbus-daemon starts");
        let mut address = String::new();
        let said = daemon.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut address).expect("it says where it is");
        PrivateBus { daemon, address: address.trim().to_owned(), _folder: folder }
    }

    /// Somebody who knows of sleep, and whom sleep waits for.
    fn login1(&self) -> (Connection, Receiver<Delay>) {
        let (delays, asked) = unbounded();
        let builder = connection::Builder::address(self.address.as_str()).expect("an address");
        let login1 = builder.name("org.freedesktop.login1").and_then(|it| it.serve_at(OBJECT, Login1 { delays }));
        (login1.and_then(connection::Builder::build).expect("it is on the bus"), asked)
    }
}

impl Drop for PrivateBus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

struct Login1 {
    delays: Sender<Delay>,
}

/// Sleep is held up until the other end is closed.
struct Delay {
    asked: [String; 4],
    end: UnixStream,
}

impl Delay {
    /// Whether it has been given back, or is within a test's patience.
    fn is_given_back(&mut self) -> bool {
        self.end.set_read_timeout(Some(PATIENCE)).expect("it has one");
        matches!(self.end.read(&mut [0]), Ok(0))
    }

    fn is_held(&mut self) -> bool {
        self.end.set_nonblocking(true).expect("it can");
        let held = self.end.read(&mut [0]).is_err();
        self.end.set_nonblocking(false).expect("it can");
        held
    }
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login1 {
    fn inhibit(&self, what: String, who: String, why: String, mode: String) -> zvariant::OwnedFd {
        let (end, given) = UnixStream::pair().expect("a pair");
        let asked = [what, who, why, mode];
        self.delays.send(Delay { asked, end }).expect("the test listens");
        zvariant::OwnedFd::from(OwnedFd::from(given))
    }
}

fn tell(login1: &Connection, begins: bool) {
    login1.emit_signal(None::<&str>, OBJECT, INTERFACE, "PrepareForSleep", &begins).expect("told");
}

#[test]
fn sleep_is_held_up_until_the_scan_has_ended() {
    if judge("dbus-daemon", &["--version".as_ref()]).is_none() {
        return;
    }
    let bus = PrivateBus::start();
    let (login1, asked) = bus.login1();
    let bench = scanning();
    watch_sleep(bench.session.sleep(), Bus::At(bus.address.clone()));
    let mut delay = asked.recv_timeout(PATIENCE).expect("it is asked to wait");
    assert_eq!(delay.asked, ["sleep", "Lightbar", "A scan is being ended", "delay"]);
    assert!(delay.is_held());
    tell(&login1, true);
    assert_ended_for_sleep(&bench);
    assert!(delay.is_given_back());
    tell(&login1, false);
    assert_given_back(&bench);
    // Each scan holds it up anew, and lets go when its device rests.
    let mut delay = asked.recv_timeout(PATIENCE).expect("it is asked to wait");
    assert!(delay.is_given_back());
}

#[test]
fn without_anybody_on_the_bus_or_without_a_bus_scans_go_on_as_ever() {
    if judge("dbus-daemon", &["--version".as_ref()]).is_none() {
        return;
    }
    let bus = PrivateBus::start();
    let bench = scanning();
    watch_sleep(bench.session.sleep(), Bus::At("unix:path=/nowhere/at/all".to_owned()));
    watch_sleep(bench.session.sleep(), Bus::At(bus.address.clone()));
    bench.session.sleep().suspend();
    assert_ended_for_sleep(&bench);
    bench.device_rests();
}
