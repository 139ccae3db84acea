//! A device with a protocol of its own: found by its numbers, reached through libusb, and driven by the sample
//! driver of the older model.

use std::process::Command;

use lightbar::minidriver::{AcquireEnd, Button, DeviceEvent, ScanJob, Settled, Source};
use lightbar::session::{DeviceName, OpenedDevice, VirtualOptions, open_device};
use lightbar::transfer::{Answer, Broker, Outcome, TransferMessage};

use super::{PAGES_FOLDER, files, run_through, scanner_keeping};
use crate::support::transfer::{Application, Journal, small};

/// Bytes of the page after which the job is cancelled; a whole one has more than twice as many.
const MID_PAGE: u64 = 60_000;

#[test]
fn its_pages_are_right_to_the_byte_before_and_after_a_cancel() {
    let (sent, received) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let Some(bus) = scanner_keeping("legacy", "", Some(sent.path())) else { return };
    let folder = format!("{PAGES_FOLDER}={}", received.path().display());
    let counts = run_through(&bus, "older-model", &["env", &folder]);
    assert_eq!((counts.claimed, counts.submitted), (0, counts.reaped), "given back, nothing in flight");
    let (mut sent, mut received) = (files(sent.path()), files(received.path()));
    let begun = received.remove("003.bin").expect("the page under way at the cancel");
    let asked_for = sent.remove("003.bin").expect("the device sent it");
    assert!(begun.len() as u64 >= MID_PAGE && begun.len() < received["001.bin"].len(), "{}", begun.len());
    assert!(asked_for.starts_with(&begun), "what came of it is what was sent");
    assert_eq!(received.len(), 4);
    assert!(received == sent, "a page is not what the device sent");
}

/// The child's part: a page from the glass; a job that is cancelled in its second page; what is left in the feeder.
pub(super) fn scan_cancel_scan() {
    let data = tempfile::tempdir().expect("a folder");
    let name = DeviceName::meant("usb:1209:0002").expect("a name");
    let opened = open_device(Some(name), data.path().to_path_buf(), VirtualOptions::default());
    let OpenedDevice { broker, .. } = opened.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    let mut pages =
        scan(&broker, small(Source::Flatbed), Application::new(&Journal::default()), Ok(AcquireEnd::Completed));
    let cancelling = Application::new(&Journal::default()).on_message(|message, pages| match message {
        TransferMessage::Status { transferred: MID_PAGE.., .. } if pages.len() == 2 => Answer::Cancel,
        _ => Answer::Continue,
    });
    pages.extend(scan(&broker, small(Source::Feeder), cancelling, Ok(AcquireEnd::Cancelled)));
    assert_eq!(broker.settle(), Some(Settled::Ready), "its answer was read to the end");
    pages.extend(scan(
        &broker,
        small(Source::Feeder),
        Application::new(&Journal::default()),
        Ok(AcquireEnd::Completed),
    ));
    pages.extend(scan(
        &broker,
        small(Source::Flatbed),
        Application::new(&Journal::default()),
        Ok(AcquireEnd::Completed),
    ));
    // Somebody pressed the button when the device was switched on.
    let mut items = broker.application_items();
    let (_, events) = broker.poll_events(&mut items).expect("idle");
    assert_eq!(events, [DeviceEvent::Button(Button::Image)]);
    assert!(broker.release());
    let folder = std::path::PathBuf::from(std::env::var_os(PAGES_FOLDER).expect("a folder for the pages"));
    for (number, page) in pages.iter().enumerate() {
        std::fs::write(folder.join(format!("{:03}.bin", number + 1)), page).expect("written");
    }
}

fn scan(broker: &Broker, job: ScanJob, mut application: Application, expected: Outcome) -> Vec<Vec<u8>> {
    assert_eq!(broker.download(broker.prepare(job), &mut application), expected);
    application.bytes()
}

#[test]
fn the_program_lists_it_and_scans_from_it() {
    let Some(bus) = scanner_keeping("legacy", "", None) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let lightbar = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lightbar"));
        command.args(arguments).current_dir(folder.path()).env("LIGHTBAR_DATA_DIR", folder.path().join("data"));
        bus.redirect(&mut command);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let listed: serde_json::Value = serde_json::from_str(&lightbar(&["devices", "--json"])).expect("JSON");
    let device = &listed[0];
    assert_eq!((&device["id"], &device["state"]), (&"usb:1209:0002:LBV0005".into(), &"ready".into()));
    assert_eq!((&device["name"], &device["connection"]), (&"Lightbar Virtual Older Scanner".into(), &"usb".into()));
    assert_eq!(device["sources"], serde_json::json!(["flatbed", "feeder"]));
    // The only real scanner is taken unnamed.
    let said = lightbar(&["scan", "--source", "feeder", "--resolution", "75", "-o", "x.pdf"]);
    assert_eq!(said, "saved 3 pages to x.pdf\n");
}
