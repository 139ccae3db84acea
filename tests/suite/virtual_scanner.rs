use std::time::Duration;

use lightbar::clock::{Clock, Moment};
use lightbar::usb::{InterfaceKind, UsbPort};
use lightbar::virtual_device::{MODELS, Options};

use crate::support::device_client::{Bench, settings};

mod faults;
mod jobs;
mod lending;

const JPEG: &str = "image/jpeg";
const RAW: &str = "application/octet-stream";

fn bench_with_faults(model: &str, spec: &str) -> Bench {
    Bench::new(model, Options { faults: spec.parse().expect("faults"), ..Options::default() })
}

#[test]
fn the_descriptors_announce_http_behind_printing() {
    for (model, interfaces) in [("feeder", 2), ("flatbed", 1), ("slow", 1), ("sheetfed", 2)] {
        let bench = Bench::new(model, Options::default());
        let description = bench.port.description();
        assert_eq!((description.vendor, description.product), (0x1209, 1));
        assert_eq!(description.interfaces.len(), interfaces * 2);
        for pair in description.interfaces.chunks(2) {
            assert_eq!((pair[0].alternate, pair[0].kind), (0, InterfaceKind(7, 1, 2)));
            assert_eq!((pair[1].alternate, pair[1].kind), (1, InterfaceKind::IPP_USB));
            assert_eq!(pair[1].extra[1], 0x21);
            assert_eq!(pair[1].extra[6] & 2, 2, "the scan bit");
        }
    }
}

#[test]
fn every_model_scans_a_page_that_decodes() {
    for model in MODELS.iter().filter(|model| model.speaks_escl()) {
        let mut bench = Bench::new(model.name, Options { sheets: Some(2), reload: None, ..Options::default() });
        let source = if model.name == "sheetfed" { "Feeder" } else { "Platen" };
        let job = bench.job(&settings(source, "RGB24", 75, JPEG, ""));
        let pages = bench.pages(&job);
        assert_eq!(pages.len(), if source == "Feeder" { 2 } else { 1 }, "{}", model.name);
        for page in pages {
            let height = frame_height(&page);
            let expected = if model.name == "sheetfed" { 65_535 } else { 877 };
            assert_eq!(height, expected, "{}", model.name);
            let (dnl, end) = page[page.len() - 8..].split_at(6);
            assert_eq!(end, [0xff, 0xd9]);
            assert_eq!(dnl.starts_with(&[0xff, 0xdc, 0, 4]), model.name == "sheetfed");
        }
        assert!(bench.status().contains("Completed"), "{}", model.name);
    }
}

#[test]
fn a_page_takes_as_long_as_paper_does() {
    let mut bench = Bench::new("feeder", Options::default());
    let job = bench.job(&settings("Platen", "Grayscale8", 300, JPEG, ""));
    bench.send(0, &format!("GET {job}/NextDocument"), "");
    bench.read(0, Duration::from_secs(5)).expect("the first bytes");
    let first = bench.clock.now();
    assert!(first.since(Moment::START) < Duration::from_secs(1));
    while bench.read(0, Duration::from_secs(2)).is_ok() {}
    let taken = bench.clock.now().since(first) - Duration::from_secs(2);
    assert!((4.5..7.0).contains(&taken.as_secs_f64()), "{taken:?}");
}

/// The height in a JPEG's frame header.
fn frame_height(jpeg: &[u8]) -> u16 {
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).expect("a frame header");
    u16::from_be_bytes([jpeg[frame + 5], jpeg[frame + 6]])
}

/// Set `LIGHTBAR_SHOW_PAPER` to a folder to look at every side of the stack.
#[test]
fn every_side_of_the_stack_can_be_looked_at() {
    let Some(folder) = std::env::var_os("LIGHTBAR_SHOW_PAPER") else { return };
    let folder = std::path::Path::new(&folder);
    let options = || Options { sheets: Some(5), pages_per_minute: Some(0.0), ..Options::default() };
    let mut bench = Bench::new("feeder", options());
    for (source, extra) in [("Feeder", "<scan:Duplex>true</scan:Duplex>"), ("Platen", "")] {
        let job = bench.job(&settings(source, "RGB24", 300, JPEG, extra));
        for (index, page) in bench.pages(&job).iter().enumerate() {
            std::fs::write(folder.join(format!("{source}-{index}.jpg")), page).expect("written");
        }
    }
}
