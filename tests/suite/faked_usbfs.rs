//! Real libusb on a faked usbfs. Each test plugs a simulated scanner into a faked bus and runs a
//! scenario of `scenarios.rs` in a child process, which sees nothing but that bus.

mod older_model;
mod scenarios;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use lightbar::clock::{Signal, SystemClock};
use lightbar::virtual_device::{KeptDocuments, Options, Socket, UsbDevice, VirtualScanner};

use crate::support::fake_usbfs::{Counts, FakeUsbfs, preload_available};
use crate::support::silent_device::SilentDevice;

/// Names the scenario to the child.
const SCENARIO: &str = "LIGHTBAR_SCENARIO";
/// Where a scenario leaves the pages it scanned.
const PAGES_FOLDER: &str = "LIGHTBAR_PAGES_FOLDER";
/// The scenario is given the most a slow machine may need; then it is ended.
const CHILD_LIMIT: &str = "120";

/// A simulated scanner on a faked bus; `None` when there is no preload library to fake it with.
fn scanner(model: &str, faults: &str) -> Option<FakeUsbfs> {
    scanner_keeping(model, faults, None)
}

/// The same, keeping in a folder what the device sends.
fn scanner_keeping(model: &str, faults: &str, folder: Option<&Path>) -> Option<FakeUsbfs> {
    preload_available().then(|| {
        let sink = folder.map(|folder| KeptDocuments::in_folder(folder.to_owned()));
        let faults = faults.parse().expect("a fault");
        let pressed = Some(std::time::Duration::ZERO);
        let options = Options {
            sheets: Some(3),
            pages_per_minute: Some(0.0),
            faults,
            sink,
            press_after: pressed,
            ..Options::default()
        };
        let clock = SystemClock::start();
        let scanner = VirtualScanner::new(model, options, clock.clone()).expect("a model");
        FakeUsbfs::start(scanner.socket(), clock)
    })
}

/// Runs a scenario in a child process and answers what the kernel's side saw.
fn run(bus: &FakeUsbfs, scenario: &str) -> Counts {
    run_through(bus, scenario, &[])
}

/// The same, with a program in between that runs it.
fn run_through(bus: &FakeUsbfs, scenario: &str, through: &[&str]) -> Counts {
    let this = std::env::current_exe().expect("a test has a path");
    let mut command = Command::new("timeout");
    command.arg(CHILD_LIMIT).args(through).arg(this);
    command.args(["--exact", "faked_usbfs::child", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(SCENARIO, scenario);
    bus.redirect(&mut command);
    let output = command.output().expect("the child starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "scenario {scenario}: {}\n{said}", output.status);
    bus.counts()
}

/// Runs a scanning scenario; every page must be to the byte what the device sent.
fn scans(scenario: &str, faults: &str, pages: usize) {
    let (sent, received) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let Some(bus) = scanner_keeping("feeder", faults, Some(sent.path())) else { return };
    let folder = format!("{PAGES_FOLDER}={}", received.path().display());
    run_through(&bus, scenario, &["env", &folder]);
    let received = files(received.path());
    assert_eq!(received.len(), pages);
    assert!(received == files(sent.path()), "a page is not what the device sent");
}

/// The content of a folder's files, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    entries.map(|path| (name(&path), std::fs::read(&path).expect("readable"))).collect()
}

#[test]
fn the_escl_driver_scans_from_the_flatbed() {
    scans("scan-flatbed", "", 1);
}

#[test]
fn the_escl_driver_scans_both_sides_from_the_feeder() {
    scans("scan-duplex", "", 6);
}

#[test]
fn the_escl_driver_scans_through_short_and_empty_reads() {
    scans("scan-duplex", "short-reads,zero-length@transfer=20*5", 6);
}

#[test]
fn a_cancelled_scan_leaves_the_device_ready_for_the_next() {
    let Some(bus) = scanner("feeder", "") else { return };
    run(&bus, "scan-cancelled");
}

/// The child: a scenario in a redirected process. Without a name it is not meant to run.
#[test]
#[ignore = "runs as the child of this module's tests"]
fn child() {
    if let Ok(name) = std::env::var(SCENARIO) {
        scenarios::run(&name);
    }
}

#[test]
fn discovery_finds_the_scanner_without_a_word_to_it() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "discovery");
    assert_eq!(counts, Counts::default(), "no transfer, no claim");
}

/// A scanner that prints as well is taken by the kernel's driver for printers when it is plugged in.
#[test]
fn the_kernel_s_driver_gives_way_and_comes_back() {
    for (scenario, detached) in [("discovery", 0), ("alternates", 3), ("close", 4)] {
        let Some(bus) = scanner("feeder", "") else { return };
        (0..2).for_each(|interface| bus.bind_driver(interface));
        let counts = run(&bus, scenario);
        assert_eq!((counts.drivers_detached, counts.drivers_attached), (detached, detached), "{scenario}");
        assert_eq!((counts.drivers_bound, counts.claimed), (2, 0), "{scenario}: printing works again");
    }
}

#[test]
fn both_interfaces_and_both_alternate_settings_work() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "alternates");
    assert_eq!(counts.configurations_set, 0, "the right configuration was active already");
    assert_eq!((counts.claimed, counts.discarded), (0, 0), "given back, nothing in flight");
}

#[test]
fn a_wake_ends_the_wait_and_no_read() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "wake");
    assert_eq!(counts.discarded, 0, "waking took no transfer back");
}

#[test]
fn cancelling_takes_every_read_back_in_the_kernel() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "cancel");
    assert_eq!(counts.discarded, (scenarios::READS_TO_CANCEL * scenarios::CANCEL_ROUNDS) as u64);
    assert_eq!(counts.submitted, counts.reaped);
}

#[test]
fn closing_takes_reads_back_and_frees_the_device() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "close");
    assert_eq!(counts.discarded, 4);
    assert_eq!(counts.claimed, 0);
}

#[test]
fn a_stall_is_told_and_cleared() {
    let Some(bus) = scanner("feeder", "stall@request=1") else { return };
    let counts = run(&bus, "stall");
    assert_eq!(counts.halts_cleared, 1);
}

#[test]
fn short_reads_lose_no_byte() {
    let Some(bus) = scanner("feeder", "short-reads") else { return };
    run(&bus, "short-reads");
}

#[test]
fn a_reset_restores_claims_and_alternate_settings() {
    let Some(bus) = scanner("feeder", "") else { return };
    let counts = run(&bus, "reset");
    assert_eq!(counts.resets, 1);
}

#[test]
fn an_interface_somebody_else_holds_is_busy() {
    let Some(bus) = scanner("feeder", "") else { return };
    bus.hold(1);
    run(&bus, "busy");
}

#[test]
fn control_requests_are_answered_refused_and_limited() {
    let Some(bus) = scanner("feeder", "") else { return };
    run(&bus, "control");
}

#[test]
fn a_device_that_answers_nothing_costs_no_more_than_the_limits() {
    if !preload_available() {
        return;
    }
    let socket = Socket::new(Box::new(SilentDevice::default()), Signal::new());
    let bus = FakeUsbfs::start(&socket, SystemClock::start());
    let counts = run(&bus, "silent-device");
    assert_eq!(counts.claimed, 0);
    assert_eq!(counts.submitted, counts.reaped, "every transfer was given back");
}

#[test]
fn unplugging_ends_every_transfer_as_gone() {
    let Some(bus) = scanner("feeder", "unplug@request=2") else { return };
    run(&bus, "unplug");
}

/// Broken descriptors: each kind of mutation, drawn anew from a seed. The child must end well.
#[test]
fn broken_descriptors_do_no_harm() {
    const SEED: u64 = 0x5eed_0005;
    const CASES: u32 = 24;
    if !preload_available() {
        return;
    }
    println!("seed {SEED:#x}");
    let mut random = SEED;
    let mut draw = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for case in 0..CASES {
        let mut bytes = SilentDevice::default().configuration_descriptor();
        match case % 4 {
            0 => bytes.truncate(draw(bytes.len())),
            1 => bytes.extend((0..draw(600)).map(|_| draw(256) as u8).collect::<Vec<_>>()),
            _ => {}
        }
        for _ in 0..=draw(6) {
            if !bytes.is_empty() {
                let at = draw(bytes.len());
                bytes[at] = if case % 4 == 3 { [0, 1, 255][draw(3)] } else { draw(256) as u8 };
            }
        }
        println!("case {case}: {bytes:02x?}");
        let socket = Socket::new(Box::new(SilentDevice::with_configuration(bytes)), Signal::new());
        run(&FakeUsbfs::start(&socket, SystemClock::start()), "broken-descriptors");
    }
}

#[test]
fn without_permission_that_is_what_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let Some(bus) = scanner("feeder", "") else { return };
    std::fs::set_permissions(bus.node(), std::fs::Permissions::from_mode(0o000)).expect("it is ours");
    // For the superuser permissions are not looked at, unless that right is given up.
    let drop_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
    let through = if rustix::process::geteuid().is_root() { &drop_rights[..] } else { &[] };
    run_through(&bus, "no-permission", through);
}

#[test]
fn without_a_bus_the_list_is_empty_and_says_why_or_is_just_empty() {
    if !preload_available() {
        return;
    }
    let nothing = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("a test has a path");
    let child = Command::new(this)
        .args(["--exact", "faked_usbfs::child", "--ignored", "--nocapture"])
        .env(SCENARIO, "no-usb")
        .env("LD_PRELOAD", "libumockdev-preload.so.0")
        .env("UMOCKDEV_DIR", nothing.path())
        .output()
        .expect("the child starts");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

/// The host of `tests/judges/ipp_usb.sh`: a simulated scanner on a faked bus, until standard input
/// ends. Prints the folder that other programs are to be redirected to.
#[test]
#[ignore = "runs as the host of the judges' script"]
fn serve_for_judges() {
    let Ok(model) = std::env::var("LIGHTBAR_SERVE_MODEL") else { return };
    let sent = std::env::var_os("LIGHTBAR_SERVE_SENT").map(PathBuf::from);
    let bus = scanner_keeping(&model, "", sent.as_deref()).expect("umockdev's preload library");
    println!("\nUMOCKDEV_DIR={}", bus.root().display());
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    println!("{:?}", bus.counts());
}
