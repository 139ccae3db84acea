//! What receiving costs: page file, decoding and preview picture of 300 dpi colour pages, in CPU time,
//! against `djpeg` of the same pages at full size; and raw rows into a page file, and in bands to whoever
//! passes them on, against the compressor alone.
//!
//! `cargo bench --bench receive`. Prints ratios; the budgets are in the design, section 9.

#[path = "../tests/suite/support/page_info.rs"]
mod page_info;
mod row_driver;

use std::fs;
use std::hint::black_box;
use std::io::SeekFrom;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use lightbar::clock::SystemClock;
use lightbar::document::{DocumentFolder, Origin, PageIntake};
use lightbar::minidriver::property::{Batch, Format, keys};
use lightbar::minidriver::{AcquireEnd, ItemCategory, PageFormat, PageStream};
use lightbar::raster::{DecodeOptions, Encoding, JpegExtent, PictureInfo, PixelFormat, PreviewSink, RowLayout, decode};
use lightbar::transfer::{Answer, BandCallback, BandMessage, BandRequest, Broker};
use page_info::a4_page;
use row_driver::RowDriver;

const PAGES: u32 = 60;
const DPI: u32 = 300;
const WIDTH: usize = 2480;
const HEIGHT: usize = 3508;
/// What arrives at once.
const BAND: usize = 32 << 10;
/// The longer side of the preview picture.
const PREVIEW: u32 = 1600;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = page();
    let jpeg = encoded(&samples);
    println!("a page: {} kB as JPEG, {} kB raw", jpeg.len() / 1000, samples.len() / 1000);
    count_rows(&jpeg);
    receive(folder.path(), &jpeg);
    raw_rows(folder.path(), &samples);
    bands(samples);
}

/// What the driver adds to find out whether a page is all there.
fn count_rows(jpeg: &[u8]) {
    let before = cpu();
    for _ in 0..PAGES {
        let mut extent = JpegExtent::new();
        jpeg.chunks(BAND).for_each(|band| extent.feed(band));
        assert!(!extent.lacks_rows(HEIGHT as u32));
        black_box(extent.complete_rows());
    }
    let took = (cpu().own - before.own) * 1000.0 / f64::from(PAGES);
    println!("counting the rows of a page: {took:.1} ms CPU (budget 40)");
}

fn receive(folder: &Path, jpeg: &[u8]) {
    let file = folder.join("page.jpg");
    fs::write(&file, jpeg).expect("written");
    let document = DocumentFolder::unborn(&folder.join("data"));
    let before = cpu();
    for _ in 0..PAGES {
        receive_page(&document, jpeg);
    }
    let ours = cpu().own - before.own;
    let before = cpu();
    for _ in 0..PAGES {
        let djpeg = Command::new("djpeg").arg(&file).stdout(Stdio::null()).status();
        if !djpeg.is_ok_and(|status| status.success()) {
            println!(
                "SKIPPED: djpeg is not installed; receiving takes {:.1} ms a page",
                ours * 1000.0 / f64::from(PAGES)
            );
            return;
        }
    }
    let theirs = cpu().children - before.children;
    let per_page = |seconds: f64| seconds * 1000.0 / f64::from(PAGES);
    println!("receiving: {:.1} ms CPU a page, djpeg at full size {:.1} ms", per_page(ours), per_page(theirs));
    println!("ratio {:.2} (budget 1)", ours / theirs);
}

fn receive_page(document: &DocumentFolder, jpeg: &[u8]) {
    let (page, open) = document.begin_page(a4_page(PageFormat::Jpeg, DPI), Origin::default()).expect("a page");
    let tail = open.tail();
    let preview = thread::spawn(move || {
        let size = |picture: &PictureInfo| {
            let longer = picture.width.max(picture.height);
            Some((picture.width * PREVIEW / longer, picture.height * PREVIEW / longer))
        };
        let mut picture = Vec::new();
        let mut sink = PreviewSink::new(size, |rows: &[u8]| {
            picture.extend_from_slice(rows);
            ControlFlow::Continue(())
        });
        let options = DecodeOptions { expected_rows: Some(HEIGHT as u32), enough: Some(PREVIEW) };
        assert!(decode(tail, Encoding::Jpeg, &options, &mut sink).expect("a good picture").whole);
        sink.finish();
        drop(sink);
        black_box(picture.len())
    });
    let intake = PageIntake::new(open);
    let mut stream = intake.stream();
    for band in jpeg.chunks(BAND) {
        stream.write(band).expect("written");
    }
    assert!(intake.end(true, None).expect("the end is written").is_some(), "nothing has to be read again");
    preview.join().expect("no panic");
    document.remove_page(page).expect("removed");
}

fn raw_rows(folder: &Path, samples: &[u8]) {
    let document = DocumentFolder::unborn(&folder.join("raw"));
    let layout = RowLayout::packed(WIDTH as u32, PixelFormat::Rgb8);
    let bands = || samples.chunks(layout.stride * 16);
    let rounds = 4;
    // In turn, so that a busy machine disturbs both alike.
    let (mut writing, mut packing) = (0.0, 0.0);
    let mut packed = Vec::new();
    for _ in 0..rounds {
        let (page, open) =
            document.begin_page(a4_page(PageFormat::Rows(layout), DPI), Origin::default()).expect("a page");
        let mut stream = open.stream();
        let start = cpu();
        for band in bands() {
            stream.write(band).expect("written");
        }
        writing += cpu().own - start.own;
        assert_eq!(stream.seek(SeekFrom::Current(0)), Ok(samples.len() as u64));
        open.end(true, None).expect("the end is written");
        document.remove_page(page).expect("removed");
        packing += packed_alone(bands(), &mut packed);
    }
    let rate = |seconds: f64| samples.len() as f64 * f64::from(rounds) / 1e6 / seconds;
    println!("raw rows into the page file: {:.0} MB/s, the compressor alone {:.0} MB/s", rate(writing), rate(packing));
    println!("ratio {:.2} (budget 0.7)", packing / writing);
}

/// CPU seconds that the compressor takes for these bands.
fn packed_alone<'a>(bands: impl Iterator<Item = &'a [u8]>, packed: &mut Vec<u8>) -> f64 {
    let start = cpu();
    for band in bands {
        packed.resize(lz4_flex::block::get_maximum_output_size(band.len()), 0);
        black_box(lz4_flex::block::compress_into(band, packed).expect("room"));
    }
    cpu().own - start.own
}

/// Somebody who passes bands on and does nothing with them.
#[derive(Default)]
struct Taker {
    bytes: usize,
}

impl BandCallback for Taker {
    fn message(&mut self, message: BandMessage) -> Answer {
        if let BandMessage::Data(band) = message {
            self.bytes += black_box(&band.bytes).len();
        }
        Answer::Continue
    }
}

/// Raw rows from a driver through the broker, as `scan --format pnm -o -` takes them.
fn bands(samples: Vec<u8>) {
    let layout = RowLayout::packed(WIDTH as u32, PixelFormat::Rgb8);
    let samples = Arc::new(samples);
    let page = a4_page(PageFormat::Rows(layout), DPI);
    let driver = RowDriver::new(page, Arc::clone(&samples), layout.stride * 16);
    let broker = Broker::new(Box::new(driver), SystemClock::start());
    let mut items = broker.application_items();
    let item = items.item_mut(ItemCategory::Flatbed).expect("a glass");
    item.write(&Batch::new().set(keys::FORMAT, Format::Raw)).expect("offered");
    let request = BandRequest { format: Format::Raw, buffer_size: 1 << 20, double_buffer: true };
    let rounds = 8;
    let (mut reading, mut packing) = (0.0, 0.0);
    let mut packed = Vec::new();
    for _ in 0..rounds {
        let mut taker = Taker::default();
        let transfer = broker.prepare_item(item).expect("transferable");
        let start = cpu();
        assert_eq!(broker.read_bands(item, transfer, &request, &mut taker), Ok(AcquireEnd::Completed));
        reading += cpu().own - start.own;
        assert!(taker.bytes > samples.len(), "{} bytes", taker.bytes);
        packing += packed_alone(samples.chunks(layout.stride * 16), &mut packed);
    }
    let rate = |seconds: f64| samples.len() as f64 * f64::from(rounds) / 1e6 / seconds;
    println!("raw rows in bands: {:.0} MB/s, the compressor alone {:.0} MB/s", rate(reading), rate(packing));
    println!("ratio {:.2} (budget 0.7)", packing / reading);
}

/// CPU seconds of this process and of its children that have ended.
struct Cpu {
    own: f64,
    children: f64,
}

fn cpu() -> Cpu {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<f64> =
        stat.rsplit(')').next().expect("fields").split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    // Behind the name: state is the first, utime the twelfth; a tick is 1/100 s.
    Cpu { own: (fields[11] + fields[12]) / 100.0, children: (fields[13] + fields[14]) / 100.0 }
}

/// Something like a scanned page: paper with a little noise, lines of text, a picture.
fn page() -> Vec<u8> {
    let start = Instant::now();
    let mut noise = 1u32;
    let mut samples = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (noise >> 30) as u8;
            let text = y / 25 % 2 == 1 && (x / 9 + y / 50 * 13) % 7 < 3 && x % 9 < 3 && (300..2200).contains(&x);
            let picture = (1800..2800).contains(&y) && (400..2000).contains(&x);
            let [red, green, blue] = match (picture, text) {
                (true, _) => [(x / 9) as u8, (y / 13) as u8, ((x + y) / 17) as u8],
                (_, true) => [40, 40, 60],
                _ => [246, 244, 238],
            };
            samples.extend([red.saturating_add(grain), green.saturating_add(grain), blue.saturating_add(grain)]);
        }
    }
    println!("drawn in {:.1} s", start.elapsed().as_secs_f64());
    samples
}

fn encoded(samples: &[u8]) -> Vec<u8> {
    let mut compress = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    compress.set_fastest_defaults();
    compress.set_size(WIDTH, HEIGHT);
    compress.set_quality(88.0);
    let mut started = compress.start_compress(Vec::new()).expect("an encoder");
    started.write_scanlines(samples).expect("encoded");
    started.finish().expect("finished")
}
